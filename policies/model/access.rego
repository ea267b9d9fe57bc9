# Who may do what, in one vocabulary for every platform.
#
#   role_permissions   {role id: set of permission strings}
#   unreadable_roles   roles whose permissions cannot be read
#   unreadable_users   users whose roles cannot be read
#   unknown_roles      role ids that are held but not listed
#   duty_roles         {duty: set of role ids}; duties are policy data
#   privileged_roles   {role id: its privileged permissions}
#   unprotected        {privileged role id: how its protection by MFA is missing}
#   holders(ids)       users who hold one of the roles, directly or through a group
#   routes(user, ids)  the ways by which a user holds them
#   gaps               why the platform's answers cannot be judged at all
#
# A `not` always stands before a rule of our own that takes a plain variable. Before a built-in call
# on a field that may be missing it would not hold: the field is looked up first, outside the `not`.
package model.access

import data.model.genesys_cloud
import data.model.permissions
import data.model.reference

role_permissions := reference.role_permissions if input.platform == "reference"

role_permissions := genesys_cloud.role_permissions if input.platform == "genesys-cloud"

role_names := reference.role_names if input.platform == "reference"

role_names := genesys_cloud.role_names if input.platform == "genesys-cloud"

unreadable_roles := reference.unreadable_roles if input.platform == "reference"

unreadable_roles := genesys_cloud.unreadable_roles if input.platform == "genesys-cloud"

unreadable_users := reference.unreadable_users if input.platform == "reference"

unreadable_users := set() if input.platform == "genesys-cloud"

unknown_roles := reference.held_roles - known_roles if input.platform == "reference"

unknown_roles := genesys_cloud.held_roles - known_roles if input.platform == "genesys-cloud"

gaps := reference.access_gaps | rule_gaps if input.platform == "reference"

gaps := genesys_cloud.access_gaps | rule_gaps if input.platform == "genesys-cloud"

mfa_gaps := set() if input.platform == "reference"

mfa_gaps := genesys_cloud.mfa_gaps if input.platform == "genesys-cloud"

holders(ids) := reference.holders(ids) if input.platform == "reference"

holders(ids) := genesys_cloud.holders(ids) if input.platform == "genesys-cloud"

routes(user, ids) := reference.routes(user, ids) if input.platform == "reference"

routes(user, ids) := genesys_cloud.routes(user, ids) if input.platform == "genesys-cloud"

# On the reference platform the role itself says whether it demands MFA, held or not.
unprotected := {id: state |
	some id in object.keys(privileged_roles)
	state := reference.mfa_state(id)
	state != "enforced"
} if input.platform == "reference"

# On Genesys Cloud one setting speaks for the whole organization; roles nobody holds are left aside.
unprotected := {id: "not_enforced" |
	genesys_cloud.mfa_required == false
	some id in object.keys(privileged_roles)
	count(holders({id})) > 0
} if input.platform == "genesys-cloud"

known_roles := object.keys(role_permissions) | unreadable_roles

rules := data.privileged[input.platform]

patterns contains pattern if {
	some duty in rules.duties
	some pattern in duty
}

patterns contains pattern if some pattern in rules.also_privileged

# Matched once per distinct permission, however many roles hold it.
distinct_permissions := {permission |
	some permissions_of_role in role_permissions
	some permission in permissions_of_role
}

privileged_permissions := permissions.matching(distinct_permissions, patterns)

privileged_roles := {id: held |
	some id, permissions_of_role in role_permissions
	held := permissions_of_role & privileged_permissions
	count(held) > 0
}

duty_roles := {duty: ids |
	some duty, duty_patterns in rules.duties
	matched := permissions.matching(distinct_permissions, duty_patterns)
	ids := {id |
		some id, permissions_of_role in role_permissions
		count(permissions_of_role & matched) > 0
	}
}

rule_gaps contains "the policy data names no privileged permission for this platform" if count(patterns) == 0

rule_gaps contains "the policy data names a duty without a list of permissions" if {
	some duty in rules.duties
	not is_array(duty)
}

rule_gaps contains "the policy data holds a permission pattern that is no text" if {
	some pattern in patterns
	not is_string(pattern)
}

name_of(id) := role_names[id] if named(id)

name_of(id) := id if not named(id)

named(id) if is_string(role_names[id])
