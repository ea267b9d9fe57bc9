package tests.schedule_approvals_test

import data.controls.schedule_approvals

schedule(id, version, start) := {"id": id, "name": id, "version": version, "shifts": [{"agent_id": "a1", "start": start, "end": "17:00"}]}

approval(version, name) := {
	"schedule_id": "s1",
	"version": version,
	"approved_by": name,
	"approved_utc": "2026-05-13T07:00:00Z",
	"ticket": "CHG-1",
}

document(before, now, approvals) := {
	"platform": "reference",
	"state": {"wfm_schedules": now},
	"previous": {"wfm_schedules": before},
	"inputs": {"schedule-approvals": {"approvals": approvals}},
	"provenance": {"wfm_schedules": {"s1": {"/modifiedBy": "editor"}}},
}

changed(approvals) := result if {
	result := schedule_approvals.result with input as document([schedule("s1", 3, "08:00")], [schedule("s1", 4, "09:00")], approvals)
}

test_nothing_changed_passes if {
	result := schedule_approvals.result with input as document([schedule("s1", 3, "08:00")], [schedule("s1", 3, "08:00")], [])
	result == {"status": "PASS", "violations": [], "reason": null}
}

test_two_approvals_pass if changed([approval(4, "ann"), approval(4, "bob")]).status == "PASS"

test_one_approval_fails_and_names_it if {
	result := changed([approval(4, "ann"), approval(3, "bob")])
	result.status == "FAIL"
	some violation in result.violations
	violation.entity == "s1"
	violation.details == {"change": "changed", "version": 4, "editor": "editor", "approvers": ["ann"]}
}

test_one_person_twice_fails if changed([approval(4, "ann"), approval(4, " Ann ")]).status == "FAIL"

test_editor_does_not_count if changed([approval(4, "ann"), approval(4, "Editor")]).status == "FAIL"

test_unusable_approvals_do_not_count if {
	every broken in [
		{"schedule_id": "s1", "version": 4, "approved_by": "bob", "ticket": "CHG-1"},
		{"schedule_id": "s1", "version": 4, "approved_by": "", "approved_utc": "2026-05-13T07:00:00Z", "ticket": "CHG-1"},
		{"schedule_id": "s1", "version": "4", "approved_by": "bob", "approved_utc": "2026-05-13T07:00:00Z", "ticket": "CHG-1"},
		"bob",
	] {
		changed([approval(4, "ann"), broken]).status == "FAIL"
	}
}

test_change_without_new_version_fails if {
	result := schedule_approvals.result with input as document([schedule("s1", 4, "08:00")], [schedule("s1", 4, "09:00")], [])
	result.status == "FAIL"
}

test_added_schedule_needs_approvals if {
	result := schedule_approvals.result with input as document([], [schedule("s1", 1, "08:00")], [approval(1, "ann")])
	result.status == "FAIL"
	other := schedule_approvals.result with input as document([], [schedule("s1", 1, "08:00")], [approval(1, "ann"), approval(1, "bob")])
	other.status == "PASS"
}

test_removed_schedule_needs_approvals_of_the_removal if {
	plain := schedule_approvals.result with input as document([schedule("s1", 4, "08:00")], [], [approval(4, "ann"), approval(4, "bob")])
	plain.status == "FAIL"
	removal := [object.union(approval(4, name), {"removal": true}) | some name in ["ann", "bob"]]
	other := schedule_approvals.result with input as document([schedule("s1", 4, "08:00")], [], removal)
	other.status == "PASS"
}

test_unknown_editor_fails if {
	whole := document([schedule("s1", 3, "08:00")], [schedule("s1", 4, "09:00")], [approval(4, "ann"), approval(4, "bob")])
	result := schedule_approvals.result with input as object.union(whole, {"provenance": {"wfm_schedules": null}})
	result.status == "FAIL"
}

test_register_without_list_is_not_evaluated if {
	every register in [{}, {"approvals": null}, []] {
		whole := object.remove(document([], [], []), ["inputs"])
		result := schedule_approvals.result with input as object.union(whole, {"inputs": {"schedule-approvals": register}})
		result.status == "NOT_EVALUATED"
	}
}
