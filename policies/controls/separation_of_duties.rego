# Nobody holds two duties that must stay apart.
package controls.separation_of_duties

import data.model.access
import data.model.outcome

result := outcome.of(violations, access.gaps | gaps)

duty_holders := {duty: access.holders(ids) | some duty, ids in access.duty_roles}

violations contains violation if {
	some [one, other] in access.rules.incompatible
	some user in duty_holders[one] & duty_holders[other]
	violation := {
		"resource": "users",
		"entity": user,
		"message": sprintf("user %s holds the duties %s and %s, which must stay apart", [user, one, other]),
		"details": {
			one: sort(access.routes(user, access.duty_roles[one])),
			other: sort(access.routes(user, access.duty_roles[other])),
		},
	}
}

violations contains violation if {
	some id in access.unreadable_users
	violation := {
		"resource": "users",
		"entity": id,
		"message": sprintf("user %v: the roles or groups cannot be read, so the duties cannot be judged", [id]),
		"details": {},
	}
}

violations contains violation if {
	some id in access.unreadable_roles
	violation := {
		"resource": "security_roles",
		"entity": id,
		"message": sprintf("role %s: its permissions cannot be read, so its duties cannot be judged", [access.name_of(id)]),
		"details": {},
	}
}

violations contains violation if {
	some id in access.unknown_roles
	violation := {
		"resource": "security_roles",
		"entity": id,
		"message": sprintf("role %v is held but not listed, so its duties cannot be judged", [id]),
		"details": {},
	}
}

gaps contains "the policy data names no duties that must stay apart" if {
	not apart
}

apart if {
	is_array(access.rules.incompatible)
	count(access.rules.incompatible) > 0
}

gaps contains "the policy data sets apart a duty that it does not define" if {
	some pair in access.rules.incompatible
	not defined(pair)
}

defined(pair) if {
	is_array(pair)
	count(pair) == 2
	every duty in pair {
		is_array(access.rules.duties[duty])
	}
}
