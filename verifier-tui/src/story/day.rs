//! The events of one day.

use verify_core::finding::ExitClass;
use verify_core::model::{ControlStatus, Kind};
use verify_core::report::{RecordSummary, SlotRow, SlotStatus};

use super::{BySequence, Event, Tone, changes, moment, rows};
use crate::display::escape;
use crate::words::{self, counted};

/// Violations of one control in one record that are told; the rest is counted.
const MOST_VIOLATIONS: usize = 20;

pub(super) fn events(index: &BySequence<'_>, records: &[&RecordSummary], slots: &[&SlotRow]) -> Vec<Event> {
    let mut events: Vec<Event> = slots.iter().filter_map(|slot| of_slot(slot)).collect();
    for record in records {
        events.extend(of_kind(record));
        incomplete(index, record, &mut events);
        changes::events(record, rows(&index.drift, record.sequence), &mut events);
        controls(index, record, &mut events);
        findings(index, record, &mut events);
    }
    // Stable: events of one moment stay in the order in which they explain each other.
    events.sort_by_key(|event| event.order);
    events
}

/// A slot that no record of its own tells about.
fn of_slot(slot: &SlotRow) -> Option<Event> {
    let headline = match slot.status {
        SlotStatus::Missing => "cycle MISSING: no snapshot and no failure record answers it".to_owned(),
        SlotStatus::Explained => "cycle missing, only EXPLAINED afterwards".to_owned(),
        SlotStatus::Sealed | SlotStatus::Failed => return None,
    };
    Some(Event {
        time: slot.scheduled_utc,
        order: slot.scheduled_utc,
        sequence: slot.sequences.first().copied(),
        tone: Tone::Gap,
        headline,
        details: Vec::new(),
    })
}

/// Records that are events by their kind.
fn of_kind(record: &RecordSummary) -> Option<Event> {
    let (tone, what) = match record.kind {
        Kind::Snapshot if record.note.is_none() => return None,
        // A cycle tells its story by what it found; only that it waited for its store is an event.
        Kind::Snapshot => (Tone::Record, "cycle"),
        Kind::Genesis => (Tone::Record, "chain begins"),
        Kind::Approval => (Tone::Record, "approval"),
        Kind::Failure => (Tone::Gap, "cycle FAILED, declared in time"),
        Kind::Revalidation => (Tone::Record, "quarantined body judged again"),
        Kind::Exception => (Tone::Record, "exception"),
        Kind::Explanation => (Tone::Record, "explanation"),
        Kind::KeyChange => (Tone::Record, "change of the signing key"),
    };
    let headline = match &record.note {
        Some(note) => format!("{what}: {}", escape(note)),
        None => what.to_owned(),
    };
    Some(Event {
        time: moment(record),
        order: record.sealed_utc,
        sequence: Some(record.sequence),
        tone,
        headline,
        details: Vec::new(),
    })
}

fn incomplete(index: &BySequence<'_>, record: &RecordSummary, events: &mut Vec<Event>) {
    for row in rows(&index.incomplete, record.sequence) {
        events.push(Event {
            time: moment(record),
            order: record.sealed_utc,
            sequence: Some(record.sequence),
            tone: Tone::Gap,
            headline: format!("{} {}", escape(&row.resource), words::outcome(row.outcome).to_uppercase()),
            details: vec![format!("why: {}", escape(&row.reason))],
        });
    }
}

fn controls(index: &BySequence<'_>, record: &RecordSummary, events: &mut Vec<Event>) {
    for (control, cell) in rows(&index.cells, record.sequence) {
        let id = escape(&control.control_id);
        let mut push = |tone, headline, details| {
            events.push(Event {
                time: moment(record),
                order: record.sealed_utc,
                sequence: Some(record.sequence),
                tone,
                headline,
                details,
            });
        };
        match cell.recorded {
            ControlStatus::Pass => {}
            ControlStatus::Fail => {
                let mut details = violations(index, record.sequence, &control.control_id);
                if cell.with_exceptions == ControlStatus::Pass {
                    details.push("with exceptions taken into account it passes".to_owned());
                }
                push(Tone::Bad, format!("control {id} FAILED: {}", escape(&control.description)), details);
            }
            ControlStatus::NotEvaluated => {
                let reason = cell.reason.as_deref().unwrap_or("no reason recorded");
                let headline = format!("control {id} NOT EVALUATED: {}", escape(reason));
                push(Tone::Gap, headline, Vec::new());
            }
        }
        if let Some(replayed) = cell.replayed.filter(|replayed| *replayed != cell.recorded) {
            let headline = format!(
                "control {id}: REPLAY DIFFERS, recorded {}, replayed {}",
                words::control(cell.recorded),
                words::control(replayed)
            );
            push(Tone::Bad, headline, Vec::new());
        }
    }
}

fn violations(index: &BySequence<'_>, sequence: u64, control_id: &str) -> Vec<String> {
    let of_control = || rows(&index.violations, sequence).iter().filter(|row| row.control_id == control_id);
    let mut lines: Vec<String> = of_control()
        .take(MOST_VIOLATIONS)
        .map(|row| {
            let covered = row
                .exception_sequence
                .map_or_else(String::new, |exception| format!(" (exception in record {exception})"));
            format!("{} {}: {}{covered}", escape(&row.resource), escape(&row.entity), escape(&row.message))
        })
        .collect();
    let rest = of_control().count().saturating_sub(MOST_VIOLATIONS);
    if rest > 0 {
        lines.push(format!("and {} more", counted(rest as u64, "violation")));
    }
    lines
}

/// One line per record; the findings themselves have a section of their own.
fn findings(index: &BySequence<'_>, record: &RecordSummary, events: &mut Vec<Event>) {
    let mut codes: Vec<&str> = rows(&index.findings, record.sequence)
        .iter()
        .filter(|finding| finding.code.exit_class() != ExitClass::Note)
        .map(|finding| finding.code.as_str())
        .collect();
    if codes.is_empty() {
        return;
    }
    let number = counted(codes.len() as u64, "finding");
    codes.sort_unstable();
    codes.dedup();
    events.push(Event {
        time: moment(record),
        order: record.sealed_utc,
        sequence: Some(record.sequence),
        tone: Tone::Bad,
        headline: format!("the evidence of this record is WRONG: {number} ({})", codes.join(", ")),
        details: Vec::new(),
    });
}

/// What held on a day without events.
pub(super) fn quiet_words(index: &BySequence<'_>, records: &[&RecordSummary]) -> String {
    let snapshots = || records.iter().filter(|record| record.kind == Kind::Snapshot);
    let judged = snapshots().any(|record| !rows(&index.cells, record.sequence).is_empty());
    let against_baseline = snapshots().all(|record| record.drift_baseline.is_some());
    let against_previous = snapshots().all(|record| record.drift_previous.is_some());
    let drift = match (against_previous, against_baseline) {
        (true, true) => "no drift",
        (true, false) => "no drift against the previous state, no baseline to compare with",
        (false, true) => "no drift against the baseline, no previous state to compare with",
        (false, false) => "drift not recorded",
    };
    let controls = if judged { "all controls pass" } else { "no control recorded" };
    format!("{drift}, {controls}")
}
