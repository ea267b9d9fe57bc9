//! From verified records to the rows of the report.

use std::collections::BTreeMap;

use super::assemble::Plan;
use super::payload::Payload;
use super::record::{Recorded, Verified};
use super::signers::omission;
use crate::coverage::CycleRecord;
use crate::finding::{Code, Finding, Place};
use crate::model::{ControlResult, ControlStatus, Kind, Manifest, Outcome, Proof, Sequence, Violation};
use crate::report::{
    Against, ControlCell, ControlRow, DriftRow, IncompleteRow, MAXIMUM_DRIFT_ROWS, RecordSummary, Report,
    Rung, ViolationRow,
};

/// One record for the list of records; `own` are the findings about it.
pub(super) fn record_summary(plan: &Plan, verified: &Verified, own: &[&Finding]) -> RecordSummary {
    let manifest = &plan.manifest;
    let recorded = verified.recorded.as_ref();
    let drift = recorded.and_then(|recorded| recorded.drift.as_ref());
    RecordSummary {
        sequence: plan.sequence(),
        kind: manifest.kind,
        collection_id: manifest.collection_id.to_string(),
        scheduled_utc: manifest.scheduled_utc,
        sealed_utc: manifest.sealed_utc,
        manifest_sha256: plan.sha256,
        package: plan.package.as_ref().map(|item| item.name.clone()),
        package_bytes: verified.package_bytes,
        rungs: rungs(plan, verified, own),
        findings: own.len() as u64,
        state_sha256: manifest.state_sha256,
        resources: manifest.resources.iter().map(|(name, r)| (name.to_string(), r.outcome)).collect(),
        counts: manifest
            .resources
            .iter()
            .filter(|(_, record)| record.outcome == Outcome::Complete)
            .map(|(name, record)| (name.to_string(), record.count))
            .collect(),
        drift_previous: drift.map(|drift| drift.against_previous.change_count() as u64),
        drift_baseline: drift
            .and_then(|drift| drift.against_baseline.as_ref())
            .map(|comparison| comparison.change_count() as u64),
        violations: recorded
            .and_then(|recorded| recorded.validation.as_ref())
            .map_or(0, |validation| validation.policy_violations.len() as u64),
        note: told(manifest, verified.payload.as_ref().and_then(note)),
    }
}

/// The rungs that record and neighbours alone can show: never further than what was really done again.
fn rungs(plan: &Plan, verified: &Verified, findings: &[&Finding]) -> Vec<Rung> {
    if !verified.hashed {
        return Vec::new();
    }
    let mut unchained = false;
    let mut differs = false;
    for finding in findings {
        unchained |= super::Group::of(finding.code) == super::Group::Chain
            && finding.code.exit_class() != crate::finding::ExitClass::Note;
        differs |= finding.code.exit_class() == crate::finding::ExitClass::Replay;
    }
    // Other kinds record no results that could be performed again.
    let replayed = plan.manifest.kind == Kind::Snapshot
        && verified.tally.ran(Code::PolicyReplay)
        && verified.tally.ran(Code::DriftReplay);
    let stands =
        [(Rung::Hashed, true), (Rung::Chained, !unchained), (Rung::RePerformed, replayed && !differs)];
    stands.into_iter().filter(|(_, stands)| *stands).map(|(rung, _)| rung).collect()
}

/// The record's own note, and what it says of the time between its sealing and its commit (F-144).
fn told(manifest: &Manifest, note: Option<String>) -> Option<String> {
    let Some(reason) = omission(manifest, Proof::Store) else { return note };
    let later = format!("sealed {}, stored later: {reason}", manifest.sealed_utc);
    Some(note.map_or(later.clone(), |note| format!("{note}; {later}")))
}

fn note(payload: &Payload) -> Option<String> {
    Some(match payload {
        Payload::Genesis(genesis) => {
            format!(
                "chain started, rules approved by {} ({}): {}",
                genesis.approved_by, genesis.ticket, genesis.reason
            )
        }
        Payload::Approval(approval) => format!(
            "{} approved by {} ({}): {}",
            approval.subject.as_str(),
            approval.approved_by,
            approval.ticket,
            approval.reason
        ),
        Payload::Failure(failure) => format!("not collected, {}: {}", failure.code, failure.message),
        Payload::Exception(exception) => format!(
            "exception for {} {} {} until {}, owner {} ({}): {}",
            exception.control_id,
            exception.resource,
            exception.entity,
            exception.expires_utc,
            exception.owner,
            exception.ticket,
            exception.reason
        ),
        Payload::Explanation(explanation) => format!(
            "cycle of {} explained by {} ({}): {}",
            explanation.scheduled_utc, explanation.explained_by, explanation.ticket, explanation.reason
        ),
        Payload::KeyChange(change) => {
            let what =
                if change.emergency { "emergency change of the signing key" } else { "signing key changed" };
            format!("{what}, approved by {} ({}): {}", change.approved_by, change.ticket, change.reason)
        }
        Payload::Other => return None,
    })
}

/// What coverage needs of one record.
pub(super) fn cycle_record(plan: &Plan, payload: Option<&Payload>) -> CycleRecord {
    let manifest = &plan.manifest;
    let incomplete = manifest.resources.values().filter(|record| record.outcome != Outcome::Complete).count();
    CycleRecord {
        sequence: plan.sequence(),
        kind: manifest.kind,
        scheduled_utc: manifest.scheduled_utc,
        started_utc: manifest.started_utc,
        sealed_utc: manifest.sealed_utc,
        schedule: manifest.schedule.clone(),
        incomplete_resources: incomplete as u64,
        explains: match payload {
            Some(Payload::Explanation(explanation)) => Some(explanation.scheduled_utc),
            _ => None,
        },
    }
}

/// Which row of the report a control has, by its id and policy.
pub(super) type ControlIndex = BTreeMap<(String, String), usize>;

/// Adds one snapshot's rows to the report.
pub(super) fn add_snapshot(
    report: &mut Report,
    index: &mut ControlIndex,
    plan: &Plan,
    recorded: Option<&Recorded>,
) {
    if plan.manifest.kind != Kind::Snapshot {
        return;
    }
    let (sequence, scheduled_utc) = (plan.sequence(), plan.manifest.scheduled_utc);
    for (name, record) in &plan.manifest.resources {
        if record.outcome != Outcome::Complete {
            report.incomplete.push(IncompleteRow {
                sequence,
                scheduled_utc,
                resource: name.to_string(),
                outcome: record.outcome,
                reason: record.reason.clone().unwrap_or_else(|| "no reason was recorded".to_owned()),
            });
        }
    }
    let Some(recorded) = recorded else { return };
    if let Some(validation) = &recorded.validation {
        let replayed: BTreeMap<&str, &ControlResult> = recorded
            .replayed
            .iter()
            .flat_map(|judgement| &judgement.controls)
            .map(|result| (result.control_id.as_str(), result))
            .collect();
        for result in &validation.controls_validated {
            let again = replayed.get(result.control_id.as_str()).map(|result| result.status);
            add_cell(&mut report.controls, index, result, again, sequence, scheduled_utc);
        }
        let rows = validation.policy_violations.iter().map(|violation| ViolationRow {
            sequence,
            scheduled_utc,
            control_id: violation.control_id.clone(),
            resource: violation.resource.clone(),
            entity: violation.entity.clone(),
            message: violation.message.clone(),
            exception_sequence: violation.exception_sequence.map(|Sequence(sequence)| sequence),
        });
        report.violations.extend(rows);
    }
    let Some(drift) = &recorded.drift else { return };
    let both = [
        (Against::Baseline, drift.against_baseline.as_ref()),
        (Against::Previous, Some(&drift.against_previous)),
    ];
    for (against, comparison) in both {
        for (name, resource) in comparison.iter().flat_map(|comparison| &comparison.resources) {
            for change in &resource.changes {
                if report.drift.len() >= MAXIMUM_DRIFT_ROWS {
                    report.drift_rows_omitted += 1;
                    continue;
                }
                report.drift.push(DriftRow {
                    sequence,
                    scheduled_utc,
                    against,
                    against_sequence: resource.against.as_ref().map_or(0, |side| side.sequence.0),
                    resource: name.to_string(),
                    change: change.clone(),
                });
            }
        }
    }
}

fn add_cell(
    rows: &mut Vec<ControlRow>,
    index: &mut ControlIndex,
    result: &ControlResult,
    replayed: Option<ControlStatus>,
    sequence: u64,
    scheduled_utc: Option<crate::time::UtcTime>,
) {
    let next = rows.len();
    let index = *index.entry((result.control_id.clone(), result.policy.clone())).or_insert(next);
    if index == next {
        rows.push(ControlRow {
            control_id: result.control_id.clone(),
            description: result.description.clone(),
            criteria: result.criteria.clone(),
            policy: result.policy.clone(),
            evidence_reference: result.evidence_reference.clone(),
            pass: 0,
            fail: 0,
            not_evaluated: 0,
            cells: Vec::new(),
        });
    }
    let Some(row) = rows.get_mut(index) else { return };
    match result.status {
        ControlStatus::Pass => row.pass += 1,
        ControlStatus::Fail => row.fail += 1,
        ControlStatus::NotEvaluated => row.not_evaluated += 1,
    }
    row.cells.push(ControlCell {
        sequence,
        scheduled_utc,
        recorded: result.status,
        replayed,
        with_exceptions: result.status_with_exceptions,
        reason: result.reason.clone(),
    });
}

/// Violations that lean on an exception outside of its time (F-75, F-97).
pub(super) fn expired_exceptions(
    plan: &Plan,
    recorded: &Recorded,
    exceptions: &[(Sequence, crate::model::Exception)],
) -> Vec<Finding> {
    let slot = plan.manifest.scheduled_utc.unwrap_or(plan.manifest.started_utc);
    let violations = recorded.validation.iter().flat_map(|validation| &validation.policy_violations);
    let covered = |violation: &&Violation| {
        let by = violation.exception_sequence?;
        let (_, exception) = exceptions.iter().find(|(sequence, _)| *sequence == by)?;
        let outside = slot < exception.valid_from_utc || slot >= exception.expires_utc;
        outside.then_some((by, exception.valid_from_utc, exception.expires_utc))
    };
    violations
        .filter_map(|violation| {
            let (by, from, until) = covered(&violation)?;
            let place = Place {
                member: Some("validation.json".to_owned()),
                pointer: Some(format!(
                    "{} {} {}",
                    violation.control_id, violation.resource, violation.entity
                )),
                ..plan.place()
            };
            let message = "the exception does not hold at the time of the cycle";
            let expected = format!("a time from {from} to before {until} (record {by})");
            Some(Finding::new(Code::ExceptionExpired, place, expected, slot.to_string(), message))
        })
        .collect()
}
