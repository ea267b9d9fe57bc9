# Every privileged role is protected by multi-factor authentication.
package controls.mfa_privileged

import data.model.access
import data.model.outcome

result := outcome.of(violations, access.gaps | access.mfa_gaps)

violations contains violation if {
	some id, state in access.unprotected
	holders := access.holders({id})
	violation := {
		"resource": "security_roles",
		"entity": id,
		"message": sprintf("privileged role %s: %s", [access.name_of(id), statement[state]]),
		"details": {
			"mfa": state,
			"privileged_permissions": sort(access.privileged_roles[id]),
			"holders": count(holders),
			"first_holders": array.slice(sort(holders), 0, 20),
		},
	}
}

statement := {
	"not_enforced": "multi-factor authentication is not enforced",
	"not_stated": "whether multi-factor authentication is enforced is not stated",
}

violations contains violation if {
	some id in access.unreadable_roles
	violation := {
		"resource": "security_roles",
		"entity": id,
		"message": sprintf("role %s: its permissions cannot be read, so its protection cannot be shown", [access.name_of(id)]),
		"details": {},
	}
}

violations contains violation if {
	some id in access.unknown_roles
	violation := {
		"resource": "security_roles",
		"entity": id,
		"message": sprintf("role %v is held but not listed, so its protection cannot be shown", [id]),
		"details": {},
	}
}

violations contains violation if {
	some id in access.unreadable_users
	violation := {
		"resource": "users",
		"entity": id,
		"message": sprintf("user %v: the roles or groups cannot be read, so it cannot be shown which roles are held", [id]),
		"details": {},
	}
}
