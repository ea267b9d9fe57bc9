# Every change of a workforce schedule carries two distinct approvals, neither of them by its editor.
package controls.schedule_approvals

import data.model.outcome
import data.model.schedules

result := outcome.of(violations, schedules.gaps)

required := 2

violations contains violation if {
	some change in schedules.changes
	approvers := schedules.approvers(change)
	count(approvers) < required
	violation := {
		"resource": "wfm_schedules",
		"entity": change.entity,
		"message": sprintf("schedule %s was %s with %d of %d approvals", [change.entity, change.kind, count(approvers), required]),
		"details": {
			"change": change.kind,
			"version": change.version,
			"editor": change.editor,
			"approvers": sort(approvers),
		},
	}
}

# Without its editor nobody can tell whether an approver approved his own change.
violations contains violation if {
	some change in schedules.changes
	change.kind != "removed"
	change.editor == null
	violation := {
		"resource": "wfm_schedules",
		"entity": change.entity,
		"message": sprintf("schedule %s was %s by an editor who is not recorded", [change.entity, change.kind]),
		"details": {"change": change.kind, "version": change.version},
	}
}
