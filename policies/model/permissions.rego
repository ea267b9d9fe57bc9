# Permissions and patterns of permissions, `domain:entity:action` or shorter, with `*` on either side.
#
# Two patterns overlap when some permission could match both. Overlap errs towards privileged: a role
# with `telephony:*` holds `telephony:edit`, and a privileged pattern `telephony:*` covers any
# telephony permission.
package model.permissions

# Those of `permissions` that overlap one of `patterns`; both are collections of strings.
matching(permissions, patterns) := {permission |
	some permission in permissions
	some pattern in patterns
	is_string(pattern)
	overlap(permission, pattern)
}

overlap(one, other) if {
	a := split(lower(one), ":")
	b := split(lower(other), ":")
	same_reach(a, b)
	shared := min([count(a), count(b)])
	every i, segment in array.slice(a, 0, shared) {
		segments_meet(segment, b[i])
	}
}

# Equally long, or the shorter one ends in a wildcard that stands for all that follows.
same_reach(a, b) if count(a) == count(b)

same_reach(a, b) if {
	count(a) < count(b)
	endswith(a[count(a) - 1], "*")
}

same_reach(a, b) if {
	count(b) < count(a)
	endswith(b[count(b) - 1], "*")
}

segments_meet(s, t) if s == t

segments_meet(s, t) if {
	contains(s, "*")
	startswith(t, split(s, "*")[0])
}

segments_meet(s, t) if {
	contains(t, "*")
	startswith(s, split(t, "*")[0])
}

# Two different wildcards: whether they meet is not worked out, they are taken to.
segments_meet(s, t) if {
	contains(s, "*")
	contains(t, "*")
}
