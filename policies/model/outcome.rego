# The one shape in which every control answers.
#
# Violations outweigh gaps: what is known to be wrong is said even when something else could not be
# judged. Without violations a gap is never a pass.
package model.outcome

of(violations, _) := {"status": "FAIL", "violations": violations, "reason": null} if count(violations) > 0

of(violations, gaps) := {"status": "NOT_EVALUATED", "violations": [], "reason": reason} if {
	count(violations) == 0
	count(gaps) > 0
	reason := listed(sort(gaps))
}

of(violations, gaps) := {"status": "PASS", "violations": [], "reason": null} if {
	count(violations) == 0
	count(gaps) == 0
}

listed(texts) := concat("; ", texts) if count(texts) <= 10

listed(texts) := sprintf("%s; and %d more", [concat("; ", array.slice(texts, 0, 10)), count(texts) - 10]) if count(texts) > 10
