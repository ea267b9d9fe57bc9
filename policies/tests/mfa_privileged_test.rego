package tests.mfa_privileged_test

import data.controls.mfa_privileged

user(id, roles, groups) := {"id": id, "role_ids": roles, "group_ids": groups}

role(id, permissions, mfa) := {"id": id, "name": id, "permissions": permissions, "mfa_enforced": mfa}

reference(roles) := {"platform": "reference", "state": {
	"security_roles": roles,
	"users": [user("u1", ["r1"], []), user("u2", [], ["g1"])],
	"groups": [{"id": "g1", "role_ids": ["r1"], "member_ids": ["u3"]}],
}}

test_pass if {
	result := mfa_privileged.result with input as reference([role("r1", ["admin:write"], true)])
	result == {"status": "PASS", "violations": [], "reason": null}
}

test_unprivileged_role_needs_no_mfa if {
	result := mfa_privileged.result with input as reference([role("r1", ["user:read"], false)])
	result.status == "PASS"
}

test_fail_names_role_and_holders if {
	result := mfa_privileged.result with input as reference([role("r1", ["telephony:edit", "user:read"], false)])
	result.status == "FAIL"
	some violation in result.violations
	violation.resource == "security_roles"
	violation.entity == "r1"
	violation.details == {
		"mfa": "not_enforced",
		"privileged_permissions": ["telephony:edit"],
		"holders": 3,
		"first_holders": ["u1", "u2", "u3"],
	}
}

test_wildcards_are_privileged if {
	every permission in ["*", "telephony:*", "*:edit", "Admin:Write", "tele*:edit", "admin:w*"] {
		result := mfa_privileged.result with input as reference([role("r1", [permission], false)])
		result.status == "FAIL"
	}
}

test_missing_flag_fails if {
	result := mfa_privileged.result with input as reference([{"id": "r1", "name": "r1", "permissions": ["admin:write"]}])
	result.status == "FAIL"
	some violation in result.violations
	violation.details.mfa == "not_stated"
}

test_flag_as_text_fails if {
	result := mfa_privileged.result with input as reference([role("r1", ["admin:write"], "true")])
	result.status == "FAIL"
}

test_unreadable_permissions_fail if {
	every permissions in ["admin:write", null, [7], {}] {
		result := mfa_privileged.result with input as reference([role("r1", permissions, true)])
		result.status == "FAIL"
	}
}

test_role_held_but_not_listed_fails if {
	result := mfa_privileged.result with input as reference([role("r2", ["user:read"], true)])
	result.status == "FAIL"
}

test_unreadable_user_fails if {
	every broken in [{"id": "u1"}, {"id": "u1", "role_ids": null, "group_ids": []}] {
		result := mfa_privileged.result with input as {"platform": "reference", "state": {
			"security_roles": [role("r1", ["admin:write"], true)],
			"users": [broken],
			"groups": [],
		}}
		result.status == "FAIL"
	}
}

test_no_roles_is_not_evaluated if {
	result := mfa_privileged.result with input as {
		"platform": "reference",
		"state": {"security_roles": [], "users": [user("u1", [], [])], "groups": []},
	}
	result.status == "NOT_EVALUATED"
	contains(result.reason, "security_roles lists no role")
}

test_missing_policy_data_is_not_evaluated if {
	result := mfa_privileged.result with input as reference([role("r1", ["admin:write"], false)])
		with data.privileged as {}
	result.status == "NOT_EVALUATED"
}

cloud(settings) := {"platform": "genesys-cloud", "state": {
	"security_roles": [{
		"id": "r1",
		"name": "Telephony Admin",
		"permissions": [],
		"permissionPolicies": [{"domain": "telephony", "entityName": "plugin", "actionSet": ["*"]}],
	}],
	"users": [{"id": "u1"}, {"id": "u2"}],
	"groups": [{"id": "g1", "rolesEnabled": true}],
	"group_members": [{"groupId": "g1", "id": "u2"}],
	"role_grants": [{"subjectId": "g1", "role": {"id": "r1"}, "division": {"id": "d1"}}],
	"org_auth_settings": settings,
}}

test_cloud_pass if {
	result := mfa_privileged.result with input as cloud([{"multifactorAuthenticationRequired": true}])
	result.status == "PASS"
}

test_cloud_fail_through_group if {
	result := mfa_privileged.result with input as cloud([{"multifactorAuthenticationRequired": false}])
	result.status == "FAIL"
	some violation in result.violations
	violation.entity == "r1"
	violation.details.first_holders == ["u2"]
}

test_cloud_silent_platform_is_not_evaluated if {
	every settings in [[], [{}], [{"multifactorAuthenticationRequired": "yes"}]] {
		result := mfa_privileged.result with input as cloud(settings)
		result.status == "NOT_EVALUATED"
		contains(result.reason, "org_auth_settings")
	}
}
