package tests.separation_of_duties_test

import data.controls.separation_of_duties

roles := [
	{"id": "admin", "name": "Admin", "permissions": ["admin:write"], "mfa_enforced": true},
	{"id": "phone", "name": "Phone", "permissions": ["telephony:edit"], "mfa_enforced": true},
	{"id": "plain", "name": "Plain", "permissions": ["user:read"], "mfa_enforced": false},
]

reference(users, groups) := {
	"platform": "reference",
	"state": {"security_roles": roles, "users": users, "groups": groups},
}

user(id, role_ids, group_ids) := {"id": id, "role_ids": role_ids, "group_ids": group_ids}

test_pass if {
	result := separation_of_duties.result with input as reference([user("u1", ["admin"], []), user("u2", ["phone", "plain"], [])], [])
	result == {"status": "PASS", "violations": [], "reason": null}
}

test_direct_roles_fail if {
	result := separation_of_duties.result with input as reference([user("u1", ["admin", "phone"], []), user("u2", ["plain"], [])], [])
	result.status == "FAIL"
	entities := {violation.entity | some violation in result.violations}
	entities == {"u1"}
	some violation in result.violations
	violation.details == {
		"administration": [{"role": "admin", "via": "direct"}],
		"telephony": [{"role": "phone", "via": "direct"}],
	}
}

test_group_named_by_the_user_fails if {
	groups := [{"id": "g1", "role_ids": ["phone"], "member_ids": []}]
	result := separation_of_duties.result with input as reference([user("u1", ["admin"], ["g1"])], groups)
	result.status == "FAIL"
	some violation in result.violations
	violation.details.telephony == [{"role": "phone", "via": "group", "group": "g1"}]
}

test_member_named_by_the_group_fails if {
	groups := [{"id": "g1", "role_ids": ["phone"], "member_ids": ["u1"]}]
	result := separation_of_duties.result with input as reference([user("u1", ["admin"], [])], groups)
	result.status == "FAIL"
}

test_two_groups_fail if {
	groups := [
		{"id": "g1", "role_ids": ["phone"], "member_ids": ["u1"]},
		{"id": "g2", "role_ids": ["admin"], "member_ids": ["u1"]},
	]
	result := separation_of_duties.result with input as reference([user("u1", [], [])], groups)
	result.status == "FAIL"
}

test_one_role_with_a_wildcard_fails if {
	result := separation_of_duties.result with input as {
		"platform": "reference",
		"state": {
			"security_roles": [{"id": "all", "name": "All", "permissions": ["*"], "mfa_enforced": true}],
			"users": [user("u1", ["all"], [])],
			"groups": [],
		},
	}
	result.status == "FAIL"
}

test_unreadable_user_fails if {
	every broken in [{"id": "u1"}, {"id": "u1", "role_ids": "admin"}, {"id": "u1", "role_ids": [], "group_ids": {}}] {
		result := separation_of_duties.result with input as reference([broken], [])
		result.status == "FAIL"
		some violation in result.violations
		violation.entity == "u1"
	}
}

test_unlisted_role_fails if {
	result := separation_of_duties.result with input as reference([user("u1", ["ghost"], [])], [])
	result.status == "FAIL"
	some violation in result.violations
	violation.entity == "ghost"
}

test_unreadable_group_is_not_evaluated if {
	result := separation_of_duties.result with input as reference([user("u1", [], [])], [{"id": "g1"}])
	result.status == "NOT_EVALUATED"
}

test_no_users_is_not_evaluated if {
	result := separation_of_duties.result with input as reference([], [])
	result.status == "NOT_EVALUATED"
}

test_undefined_duty_is_not_evaluated if {
	result := separation_of_duties.result with input as reference([user("u1", [], [])], [])
		with data.privileged as {"reference": {
			"duties": {"administration": ["admin:write"]},
			"incompatible": [["administration", "telephony"]],
			"also_privileged": [],
		}}
	result.status == "NOT_EVALUATED"
}

cloud(grants, roles_enabled) := {"platform": "genesys-cloud", "state": {
	"security_roles": [
		{"id": "admin", "name": "Admin", "permissions": ["authorization:grant:add"]},
		{"id": "phone", "name": "Phone", "permissionPolicies": [{"domain": "telephony", "entityName": "plugin", "actionSet": ["all"]}]},
		{"id": "look", "name": "Look", "permissions": ["authorization:grant:view"]},
	],
	"users": [{"id": "u1"}, {"id": "u2"}],
	"groups": [{"id": "g1", "rolesEnabled": roles_enabled}],
	"group_members": [{"groupId": "g1", "id": "u1"}],
	"role_grants": grants,
}}

grant(subject, role, division) := {"subjectId": subject, "role": {"id": role}, "division": {"id": division}}

test_cloud_pass if {
	result := separation_of_duties.result with input as cloud([grant("u1", "phone", "d1"), grant("u1", "look", "d1"), grant("u2", "admin", "d1")], true)
	result.status == "PASS"
}

test_cloud_divisions_and_group_fail if {
	result := separation_of_duties.result with input as cloud([grant("u1", "admin", "d1"), grant("g1", "phone", "d2")], true)
	result.status == "FAIL"
	some violation in result.violations
	violation.entity == "u1"
	violation.details == {
		"administration": [{"role": "admin", "via": "direct", "division": "d1"}],
		"telephony": [{"role": "phone", "via": "group", "group": "g1", "division": "d2"}],
	}
}

test_cloud_closed_group_passes_nothing_on if {
	result := separation_of_duties.result with input as cloud([grant("u1", "admin", "d1"), grant("g1", "phone", "d2")], false)
	result.status == "PASS"
}

test_cloud_client_is_no_person if {
	result := separation_of_duties.result with input as cloud([grant("client", "admin", "d1"), grant("client", "phone", "d1")], true)
	result.status == "PASS"
}

test_cloud_broken_grant_is_not_evaluated if {
	result := separation_of_duties.result with input as cloud([grant("u2", "admin", "d1"), {"subjectId": "u1", "division": {"id": "d1"}}], true)
	result.status == "NOT_EVALUATED"
}
