//! Drift of one record: one event per entity, saying once what differs from the previous state, from the
//! baseline, or from both.

use std::collections::BTreeMap;

use serde_json::Value;
use verify_core::model::{Change, ChangeKind};
use verify_core::report::{Against, DriftRow, RecordSummary};

use super::{Event, Tone, moment};
use crate::display::{escape, escape_within};
use crate::words::{self, counted};

/// Entities of one record and fields of one entity that are told; the rest is counted.
const MOST_ENTITIES: usize = 12;
const MOST_FIELDS: usize = 12;

/// Elements of a set that are told, of those gone and of those new.
const MOST_ELEMENTS: usize = 5;

/// Characters of one value that are told; the drift screen and the JSON hold all of it.
const LONGEST_VALUE: usize = 160;

/// One field that moved: its row against the previous state and its row against the baseline.
#[derive(Default, Clone, Copy)]
struct Pair<'a> {
    previous: Option<&'a DriftRow>,
    baseline: Option<&'a DriftRow>,
}

pub(super) fn events(record: &RecordSummary, drift: &[&DriftRow], events: &mut Vec<Event>) {
    let mut entities: BTreeMap<(&str, &str), BTreeMap<&str, Pair<'_>>> = BTreeMap::new();
    for row in drift {
        let fields = entities.entry((&row.resource, &row.change.entity)).or_default();
        let pair = fields.entry(&row.change.pointer).or_default();
        match row.against {
            Against::Previous => pair.previous = Some(row),
            Against::Baseline => pair.baseline = Some(row),
        }
    }
    let mut event = |headline, details| {
        events.push(Event {
            time: moment(record),
            order: record.sealed_utc,
            sequence: Some(record.sequence),
            tone: Tone::Drift,
            headline,
            details,
        });
    };
    for ((resource, entity), fields) in entities.iter().take(MOST_ENTITIES) {
        let pairs: Vec<Pair<'_>> = fields.values().copied().collect();
        let headline =
            format!("drift: {} {} {}", escape(resource), escape(entity), how(&pairs, record.drift_baseline));
        event(headline, details(fields));
    }
    if entities.len() > MOST_ENTITIES {
        let rest = counted((entities.len() - MOST_ENTITIES) as u64, "entity");
        event(format!("drift: {rest} more, see the drift screen or the JSON"), Vec::new());
    }
    let recorded = record.drift_previous.unwrap_or(0) + record.drift_baseline.unwrap_or(0);
    let left_out = recorded.saturating_sub(drift.len() as u64);
    if left_out > 0 {
        event(format!("drift: {} left out of this report", counted(left_out, "change")), Vec::new());
    }
}

/// Which of the two comparisons see it.
fn how(pairs: &[Pair<'_>], baseline: Option<u64>) -> &'static str {
    let previous = pairs.iter().any(|pair| pair.previous.is_some());
    let against_baseline = pairs.iter().any(|pair| pair.baseline.is_some());
    match (previous, against_baseline) {
        (true, true) => "differs from the previous state and from the baseline",
        (true, false) if baseline.is_some() => "differs from the previous state; now as in the baseline",
        (true, false) => "differs from the previous state; there is no baseline yet",
        (false, _) => "still differs from the baseline; unchanged since the previous state",
    }
}

fn details(fields: &BTreeMap<&str, Pair<'_>>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut stamps = None;
    for pair in fields.values().take(MOST_FIELDS) {
        let Some(row) = pair.previous.or(pair.baseline) else { continue };
        difference(&row.change, &mut lines);
        // The baseline's own value is news only where it is not the previous value.
        if let (Some(previous), Some(baseline)) = (pair.previous, pair.baseline)
            && previous.change.previous != baseline.change.previous
        {
            lines.push(format!("in the baseline: {}", value(&baseline.change.previous)));
        }
        stamps = stamps.or_else(|| provenance(&row.change.provenance));
    }
    if fields.len() > MOST_FIELDS {
        lines.push(format!("and {} more", counted((fields.len() - MOST_FIELDS) as u64, "field")));
    }
    lines.extend(stamps.map(|stamps| format!("who and when: {stamps}")));
    lines
}

/// One change: one line, or for a large set one line per element.
fn difference(change: &Change, lines: &mut Vec<String>) {
    let field =
        if change.pointer.is_empty() { "entity".to_owned() } else { escape(&change.pointer).into_owned() };
    let mut set = elements("-", change.set_removed.as_deref());
    set.extend(elements("+", change.set_added.as_deref()));
    if set.len() > 1 {
        lines.push(format!("{field} (set):"));
        lines.extend(set);
        return;
    }
    lines.push(match (set.pop(), change.change) {
        (Some(element), _) => format!("{field} (set): {element}"),
        (None, ChangeKind::Added) => format!("{field} added: {}", value(&change.new)),
        (None, ChangeKind::Removed) => format!("{field} removed: {}", value(&change.previous)),
        (None, kind) => {
            format!("{field} {}: {} -> {}", words::change(kind), value(&change.previous), value(&change.new))
        }
    });
}

fn elements(sign: &str, elements: Option<&[Value]>) -> Vec<String> {
    let elements = elements.unwrap_or_default();
    let mut lines: Vec<String> =
        elements.iter().take(MOST_ELEMENTS).map(|element| format!("{sign}{}", value(element))).collect();
    if elements.len() > MOST_ELEMENTS {
        let rest = counted((elements.len() - MOST_ELEMENTS) as u64, "element");
        lines.push(format!("{sign} and {rest} more"));
    }
    lines
}

fn value(value: &Value) -> String {
    escape_within(&value.to_string(), LONGEST_VALUE).into_owned()
}

/// Modification stamps in one line, e.g. `modifiedBy "user-3", dateModified "…"`.
#[must_use]
pub(crate) fn provenance(stamps: &Value) -> Option<String> {
    match stamps {
        Value::Null => None,
        Value::Object(members) if members.is_empty() => None,
        Value::Object(members) => {
            let parts: Vec<String> = members
                .iter()
                .map(|(name, stamp)| format!("{} {}", escape(name.trim_start_matches('/')), value(stamp)))
                .collect();
            Some(parts.join(", "))
        }
        other => Some(value(other)),
    }
}
