# The reference platform's shapes: roles are listed on users and on groups, MFA is a flag of the role.
package model.reference

roles := input.state.security_roles

users := input.state.users

groups := input.state.groups

role_permissions := {role.id: held |
	some role in roles
	readable_permissions(role)
	held := {lower(permission) | some permission in role.permissions}
}

role_names := {role.id: name |
	some role in roles
	name := role.name
}

readable_permissions(role) if {
	is_array(role.permissions)
	every permission in role.permissions {
		is_string(permission)
	}
}

unreadable_roles := {role.id |
	some role in roles
	not readable_permissions(role)
}

# Joins run over what can be read; the rest is named as unreadable, never left out in silence.
# Almost always every user can be read: two counts say so, and no second list is made.
people := users if all_readable

people := [user |
	some user in users
	is_array(user.role_ids)
	is_array(object.get(user, "group_ids", []))
] if not all_readable

all_readable if {
	count([1 | is_array(users[_].role_ids)]) == count(users)
	count([1 | is_array(users[_].group_ids)]) == count(users)
}

teams := [group |
	some group in groups
	readable_group(group)
]

# A user without any list of groups is in none that the user's own record names.
unreadable_users := {user.id | some user in users} - {user.id | some user in people} if count(people) != count(users)

unreadable_users := set() if count(people) == count(users)

held_roles := {id | id := people[_].role_ids[_]} | {id | id := teams[_].role_ids[_]}

mfa_flags := {role.id: flag |
	some role in roles
	flag := role.mfa_enforced
}

mfa_state(id) := "enforced" if mfa_flags[id] == true

mfa_state(id) := "not_enforced" if mfa_flags[id] == false

mfa_state(id) := "not_stated" if not mfa_stated(id)

mfa_stated(id) if is_boolean(mfa_flags[id])

# Membership is stated twice, on the user and on the group: either is enough.
holders(ids) := direct | by_user | by_group if {
	granting := granting_groups(ids)
	direct := {people[index].id | people[index].role_ids[_] in ids}
	by_user := {people[index].id | people[index].group_ids[_] in granting}
	by_group := {member |
		some group in teams
		group.id in granting
		some member in group.member_ids
	}
}

granting_groups(ids) := {group.id |
	some group in teams
	some id in group.role_ids
	id in ids
}

routes(user, ids) := direct | through if {
	direct := {{"role": id, "via": "direct"} |
		some id in roles_of[user]
		id in ids
	}
	through := {{"role": id, "via": "group", "group": group.id} |
		some group in teams
		is_member(user, group)
		some id in group.role_ids
		id in ids
	}
}

# Only of users who are asked about: an index over all users would cost more than the join itself.
roles_of := {user.id: ids |
	some user in people
	ids := user.role_ids
}

groups_of := {user.id: ids |
	some user in people
	ids := user.group_ids
}

is_member(user, group) if user in group.member_ids

is_member(user, group) if group.id in groups_of[user]

access_gaps contains "security_roles lists no role" if count(roles) == 0

access_gaps contains "users lists no user" if count(users) == 0

access_gaps contains "groups holds a group whose roles or members cannot be read" if {
	some group in groups
	not readable_group(group)
}

readable_group(group) if {
	is_array(group.role_ids)
	is_array(group.member_ids)
}

# Trunks state the addresses they accept as bare addresses.
trunks contains accepting if {
	some trunk in input.state.telephony_trunks
	readable_trunk(trunk)
	accepting := {
		"resource": "telephony_trunks",
		"entity": trunk.id,
		"name": object.get(trunk, "name", trunk.id),
		"addresses": trunk.ip_addresses,
	}
}

unreadable_trunks contains trunk.id if {
	some trunk in input.state.telephony_trunks
	not readable_trunk(trunk)
}

readable_trunk(trunk) if is_array(trunk.ip_addresses)

trunk_gaps contains "telephony_trunks lists no trunk" if count(input.state.telephony_trunks) == 0
