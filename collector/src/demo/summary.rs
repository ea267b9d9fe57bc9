//! The table at the end of a demo: one row per day, in the words of the evidence.

use std::io::{self, Write};

use verify_core::model::{ControlStatus, Sequence};
use verify_core::time::UtcTime;

use crate::cycle::{CycleOutcome, CycleReport};

/// One played day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    number: u32,
    slot: UtcTime,
    report: Option<CycleReport>,
    headline: Option<String>,
}

impl Day {
    /// A day on which nothing was collected.
    #[must_use]
    pub fn skipped(day: u32, slot: UtcTime, headline: Option<String>) -> Self {
        Self { number: day, slot, report: None, headline }
    }

    /// A day with a sealed cycle.
    #[must_use]
    pub fn collected(day: u32, report: CycleReport, headline: Option<String>) -> Self {
        Self { number: day, slot: report.scheduled_utc, report: Some(report), headline }
    }

    /// What was sealed, if anything was.
    #[must_use]
    pub const fn report(&self) -> Option<&CycleReport> {
        self.report.as_ref()
    }

    fn outcome(&self) -> &'static str {
        match self.report.as_ref().map(|report| &report.outcome) {
            None => "missing",
            Some(CycleOutcome::Sealed) => "sealed",
            Some(CycleOutcome::Failed(_)) => "failed",
        }
    }
}

/// Writes the table.
pub fn table(days: &[Day], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{:>3}  {:<20}  {:>6}  {:<7}  {:>9}  {:>5}  {:<28}  what happened",
        "day", "slot", "record", "outcome", "complete", "drift", "controls"
    )?;
    for day in days {
        let report = day.report.as_ref();
        let none = || "-".to_owned();
        let record = report.map_or_else(none, |report| report.sequence.to_string());
        let complete = report
            .filter(|report| !report.resources.is_empty())
            .map_or_else(none, |report| format!("{} of {}", report.complete(), report.resources.len()));
        let drift = report
            .and_then(|report| report.drift.as_ref())
            .map_or_else(none, |drift| drift.against_baseline.map_or_else(none, |count| count.to_string()));
        writeln!(
            out,
            "{:>3}  {:<20}  {record:>6}  {:<7}  {complete:>9}  {drift:>5}  {:<28}  {}",
            day.number,
            day.slot.to_string(),
            day.outcome(),
            controls(report),
            day.headline.as_deref().unwrap_or_default()
        )?;
    }
    Ok(())
}

/// Only what deserves a look: everything else passed.
fn controls(report: Option<&CycleReport>) -> String {
    let Some(report) = report.filter(|report| !report.controls.is_empty()) else { return "-".to_owned() };
    let listed = |status: ControlStatus, word: &str| {
        let ids: Vec<&str> = report
            .controls
            .iter()
            .filter(|control| control.status == status)
            .map(|control| control.control_id.as_str())
            .collect();
        if ids.is_empty() { None } else { Some(format!("{word} {}", ids.join(" "))) }
    };
    let notes: Vec<String> =
        [listed(ControlStatus::Fail, "FAIL"), listed(ControlStatus::NotEvaluated, "n/e")]
            .into_iter()
            .flatten()
            .collect();
    if notes.is_empty() { "all pass".to_owned() } else { notes.join(", ") }
}

/// The newest record and its manifest, as an auditor may note them down.
#[must_use]
pub fn head(days: &[Day]) -> Option<(Sequence, String)> {
    let report = days.iter().rev().find_map(Day::report)?;
    Some((report.sequence, report.manifest_sha256.to_string()))
}
