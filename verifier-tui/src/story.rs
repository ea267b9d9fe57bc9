//! What happened, day by day, told from a report. Text and screens both tell it from here.
//!
//! Every day with something to say becomes a block; days on which all cycles were sealed, nothing moved
//! and every control passed become one line per stretch. All texts in a [`Story`] are already escaped.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use verify_core::report::{RecordSummary, Report, SlotRow};
use verify_core::time::UtcTime;

use crate::words;

mod changes;
pub(crate) use changes::provenance;
mod day;

/// The days of a report in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Story {
    /// Blocks and quiet stretches by date.
    pub stretches: Vec<Stretch>,
    /// Records on days outside the requested period: verified, but not told.
    pub records_outside: u64,
}

/// One part of the story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stretch {
    /// Days on which nothing happened that an auditor must read.
    Quiet {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
        /// Cycles on them.
        cycles: u64,
        /// What held on all of them.
        words: String,
    },
    /// A day with events.
    Day {
        /// The day.
        date: Date,
        /// What happened, by time.
        events: Vec<Event>,
    },
}

/// What an event is about; text shows the word, screens add a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Somebody decided or recorded something.
    Record,
    /// Something moved.
    Drift,
    /// Something is absent or could not be judged.
    Gap,
    /// A control failed, or the evidence is wrong.
    Bad,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When: the slot, or the moment of sealing.
    pub time: UtcTime,
    /// What it is ordered by: the moment of sealing, which follows the chain.
    pub order: UtcTime,
    /// Record it stands in.
    pub sequence: Option<u64>,
    /// What it is about.
    pub tone: Tone,
    /// One line, escaped.
    pub headline: String,
    /// Further lines, escaped.
    pub details: Vec<String>,
}

/// Everything of a report by record, so that no day searches the whole of it.
#[derive(Debug, Default)]
struct BySequence<'a> {
    drift: BTreeMap<u64, Vec<&'a verify_core::report::DriftRow>>,
    violations: BTreeMap<u64, Vec<&'a verify_core::report::ViolationRow>>,
    incomplete: BTreeMap<u64, Vec<&'a verify_core::report::IncompleteRow>>,
    cells: BTreeMap<u64, Vec<(&'a verify_core::report::ControlRow, &'a verify_core::report::ControlCell)>>,
    findings: BTreeMap<u64, Vec<&'a verify_core::finding::Finding>>,
}

impl<'a> BySequence<'a> {
    fn of(report: &'a Report) -> Self {
        let mut index = Self::default();
        for row in &report.drift {
            index.drift.entry(row.sequence).or_default().push(row);
        }
        for row in &report.violations {
            index.violations.entry(row.sequence).or_default().push(row);
        }
        for row in &report.incomplete {
            index.incomplete.entry(row.sequence).or_default().push(row);
        }
        for control in &report.controls {
            for cell in &control.cells {
                index.cells.entry(cell.sequence).or_default().push((control, cell));
            }
        }
        for finding in &report.findings {
            if let Some(sequence) = finding.place.sequence {
                index.findings.entry(sequence).or_default().push(finding);
            }
        }
        index
    }
}

fn rows<T>(map: &BTreeMap<u64, Vec<T>>, sequence: u64) -> &[T] {
    map.get(&sequence).map_or(&[], Vec::as_slice)
}

/// The moment a record is told at.
fn moment(record: &RecordSummary) -> UtcTime {
    record.scheduled_utc.unwrap_or(record.sealed_utc)
}

/// Tells the story of a report.
#[must_use]
pub fn tell(report: &Report) -> Story {
    let index = BySequence::of(report);
    let mut records: BTreeMap<Date, Vec<&RecordSummary>> = BTreeMap::new();
    for record in &report.records {
        records.entry(moment(record).date()).or_default().push(record);
    }
    let mut slots: BTreeMap<Date, Vec<&SlotRow>> = BTreeMap::new();
    for slot in &report.coverage.rows {
        slots.entry(slot.scheduled_utc.date()).or_default().push(slot);
    }
    let dates: BTreeSet<Date> = records.keys().chain(slots.keys()).copied().collect();
    let mut story = Story::default();
    for date in dates {
        let records = records.get(&date).map_or(&[][..], Vec::as_slice);
        if outside(report, date) {
            story.records_outside += records.len() as u64;
            continue;
        }
        let slots = slots.get(&date).map_or(&[][..], Vec::as_slice);
        let events = day::events(&index, records, slots);
        if events.is_empty() {
            add_quiet(&mut story.stretches, date, slots.len() as u64, day::quiet_words(&index, records));
        } else {
            story.stretches.push(Stretch::Day { date, events });
        }
    }
    story
}

fn outside(report: &Report, date: Date) -> bool {
    let coverage = &report.coverage;
    coverage.requested
        && (coverage.from_utc.is_some_and(|from| date < from.date())
            || coverage.to_utc.is_some_and(|to| date > to.date()))
}

fn add_quiet(stretches: &mut Vec<Stretch>, date: Date, cycles: u64, words: String) {
    match stretches.last_mut() {
        Some(Stretch::Quiet { to, cycles: before, words: same, .. }) if *same == words => {
            *to = date;
            *before += cycles;
        }
        _ => stretches.push(Stretch::Quiet { from: date, to: date, cycles, words }),
    }
}

impl Stretch {
    /// The heading of this part: a date, or a span with what held on it.
    #[must_use]
    pub fn heading(&self) -> String {
        match self {
            Self::Day { date, .. } => date.to_string(),
            Self::Quiet { from, to, cycles, words } if from == to => {
                format!("{from}: {}, {words}", words::counted(*cycles, "cycle"))
            }
            Self::Quiet { from, to, cycles, words } => {
                format!("{from} to {to}: {}, {words}", words::counted(*cycles, "cycle"))
            }
        }
    }
}

#[cfg(test)]
mod tests;
