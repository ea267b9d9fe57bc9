# Genesys Cloud's shapes: roles are granted per division to users, groups and clients; groups pass
# grants on to their members; MFA is one setting of the organization.
package model.genesys_cloud

roles := input.state.security_roles

grants := input.state.role_grants

role_permissions := {role.id: held |
	some role in roles
	readable_permissions(role)
	plain := {lower(permission) | some permission in role.permissions}
	by_policy := {permission |
		some policy in role.permissionPolicies
		some action in policy.actionSet
		permission := lower(concat(":", [policy.domain, object.get(policy, "entityName", "*"), action]))
	}
	held := plain | by_policy
}

role_names := {role.id: name |
	some role in roles
	name := role.name
}

# A role must state its permissions in at least one of the two forms, and each stated form must read.
readable_permissions(role) if {
	stated := object.keys(role) & {"permissions", "permissionPolicies"}
	count(stated) > 0
	is_array(object.get(role, "permissions", []))
	is_array(object.get(role, "permissionPolicies", []))
	every permission in object.get(role, "permissions", []) {
		is_string(permission)
	}
	every policy in object.get(role, "permissionPolicies", []) {
		readable_policy(policy)
	}
}

readable_policy(policy) if {
	is_string(policy.domain)
	is_string(object.get(policy, "entityName", "*"))
	is_array(policy.actionSet)
	every action in policy.actionSet {
		is_string(action)
	}
}

unreadable_roles := {role.id |
	some role in roles
	not readable_permissions(role)
}

held_roles := {grant.role.id | some grant in grants}

# Groups whose grants do not reach their members.
closed_groups := {group.id |
	some group in input.state.groups
	group.rolesEnabled == false
}

group_ids := {group.id | some group in input.state.groups}

user_ids := {user.id | some user in input.state.users}

# Clients hold grants as well; they are no persons and are left out here.
holders(ids) := (direct & user_ids) | through if {
	direct := {grant.subjectId |
		some grant in grants
		grant.role.id in ids
	}
	granting := (direct & group_ids) - closed_groups
	through := {member.id |
		some member in input.state.group_members
		member.groupId in granting
	}
}

routes(user, ids) := direct | through if {
	direct := {{"role": grant.role.id, "via": "direct", "division": division(grant)} |
		some grant in grants
		grant.subjectId == user
		grant.role.id in ids
	}
	member_of := {member.groupId |
		some member in input.state.group_members
		member.id == user
	} - closed_groups
	through := {{"role": grant.role.id, "via": "group", "group": grant.subjectId, "division": division(grant)} |
		some grant in grants
		grant.subjectId in member_of
		grant.role.id in ids
	}
}

division(grant) := object.get(grant, ["division", "id"], null)

access_gaps contains "security_roles lists no role" if count(roles) == 0

access_gaps contains "users lists no user" if count(input.state.users) == 0

access_gaps contains "role_grants lists no grant" if count(grants) == 0

access_gaps contains "role_grants holds a grant without subject or role" if {
	some grant in grants
	not readable_grant(grant)
}

access_gaps contains "group_members holds a member without group or id" if {
	some member in input.state.group_members
	not readable_member(member)
}

readable_grant(grant) if {
	is_string(grant.subjectId)
	is_string(grant.role.id)
}

readable_member(member) if {
	is_string(member.groupId)
	is_string(member.id)
}

settings := input.state.org_auth_settings[0]

mfa_required := settings.multifactorAuthenticationRequired if mfa_stated

mfa_stated if is_boolean(settings.multifactorAuthenticationRequired)

mfa_gaps contains "org_auth_settings does not say whether multi-factor authentication is required" if {
	not mfa_stated
}

# The configuration stands on the trunk bases. Which property is the SIP access list is policy data.
access := data.sip_access["genesys-cloud"]

external_bases := [base |
	some base in input.state.telephony_trunk_bases
	not inside_only(base)
]

inside_only(entity) if entity.trunkType in access.internal_trunk_types

access_lists(base) := {key: list |
	some key in access.access_list_properties
	list := base.properties[key].value.instance
}

trunks contains accepting if {
	some base in external_bases
	lists := access_lists(base)
	count(lists) > 0
	every list in lists {
		is_array(list)
	}
	accepting := {
		"resource": "telephony_trunk_bases",
		"entity": base.id,
		"name": object.get(base, "name", base.id),
		"addresses": [address | some list in lists; some address in list],
	}
}

unreadable_trunks contains base.id if {
	some base in external_bases
	some list in access_lists(base)
	not is_array(list)
}

trunk_gaps contains "telephony_trunk_bases lists no external trunk" if count(external_bases) == 0

trunk_gaps contains "the policy data names no property for the SIP access list" if {
	not access_lists_named
}

access_lists_named if {
	is_array(access.access_list_properties)
	count(access.access_list_properties) > 0
}

trunk_gaps contains gap if {
	some base in external_bases
	count(access_lists(base)) == 0
	gap := sprintf("trunk base %v states no SIP access list", [base.id])
}

based(trunk) if trunk.trunkBase.id in base_ids

base_ids := {base.id | some base in input.state.telephony_trunk_bases}

trunk_gaps contains gap if {
	some trunk in input.state.telephony_trunks
	not inside_only(trunk)
	not based(trunk)
	gap := sprintf("trunk %v belongs to no listed trunk base", [trunk.id])
}
