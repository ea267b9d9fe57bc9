# What changed in the workforce schedules since the previous state, and who approved it.
#
#   changes          {entity, kind, version, editor} of each schedule added, changed or removed
#   approvers(c)     names that approved exactly this change, written alike, the editor left out
#   gaps             why the register cannot be judged
package model.schedules

now := {schedule.id: schedule | some schedule in input.state.wfm_schedules}

before := {schedule.id: schedule | some schedule in input.previous.wfm_schedules}

changes contains change if {
	some id, schedule in now
	kind := kind_of(id, schedule)
	change := {"entity": id, "kind": kind, "version": object.get(schedule, "version", null), "editor": editor(id)}
}

changes contains change if {
	some id, schedule in before
	not now[id]
	change := {"entity": id, "kind": "removed", "version": object.get(schedule, "version", null), "editor": null}
}

kind_of(id, _) := "added" if not before[id]

kind_of(id, schedule) := "changed" if before[id] != schedule

# The editor stands in the modification stamps, beside the state.
editor(id) := alike(input.provenance.wfm_schedules[id]["/modifiedBy"])

editor(id) := null if not edited_by_name(id)

edited_by_name(id) if is_string(input.provenance.wfm_schedules[id]["/modifiedBy"])

alike(name) := lower(trim_space(name))

register := input.inputs["schedule-approvals"].approvals

gaps contains "the register of schedule approvals holds no list of approvals" if not listed

listed if is_array(register)

# Only approvals of something that changed: the register grows, the changes of a day are few.
relevant := {[change.entity, change.version] | some change in changes}

approvals contains [approval.schedule_id, approval.version, removal(approval), alike(approval.approved_by)] if {
	listed
	some approval in register
	[approval.schedule_id, approval.version] in relevant
	usable(approval)
}

usable(approval) if {
	is_string(approval.approved_by)
	trim_space(approval.approved_by) != ""
	is_number(approval.version)
	is_string(approval.approved_utc)
	regex.match(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$`, approval.approved_utc)
	is_string(approval.ticket)
}

# An approval of the version does not approve taking it away: that must be said.
removal(approval) := object.get(approval, "removal", false) == true

approvers(change) := {name |
	some [entity, version, removed, name] in approvals
	entity == change.entity
	version == change.version
	removed == (change.kind == "removed")
	name != change.editor
}
