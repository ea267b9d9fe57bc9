//! The register of schedule approvals (`inputs/schedule-approvals.json`) that belongs to a scenario.

use std::collections::HashMap;

use serde_json::{Value, json};
use verify_core::time::UtcTime;

use super::{Approval, Event, Scenario};

/// How the version of a schedule moves. Tenant and register follow the same rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VersionCounter {
    /// Version shown now.
    pub(crate) current: u32,
    /// Version at the last baseline approval.
    approved: u32,
    /// Highest version ever written.
    highest: u32,
}

impl Default for VersionCounter {
    fn default() -> Self {
        Self { current: 1, approved: 1, highest: 1 }
    }
}

impl VersionCounter {
    /// A new version is written.
    pub(crate) fn change(&mut self) {
        self.highest += 1;
        self.current = self.highest;
    }

    /// The approved version is written again, under its old number.
    pub(crate) fn revert(&mut self) {
        self.current = self.approved;
    }

    /// The current version becomes part of the baseline.
    pub(crate) fn approve(&mut self) {
        self.approved = self.current;
    }
}

/// The register as it stands on `day`, with every approval entered up to then.
///
/// Approvals are dated shortly before 08:00 UTC of the day of their change, a quarter of an hour apart.
pub(super) fn on_day(scenario: &Scenario, day: u32) -> Value {
    let mut counters: HashMap<&str, VersionCounter> = HashMap::new();
    let mut entries = Vec::new();
    let mut approval_pending = 0;
    for event in scenario.events().iter().take_while(|event| event.day() <= day) {
        // A baseline is approved after the snapshot of its day, so it counts from the next day on.
        if approval_pending != 0 && event.day() > approval_pending {
            counters.values_mut().for_each(VersionCounter::approve);
            approval_pending = 0;
        }
        match event {
            Event::BaselineApproval { day, .. } => approval_pending = *day,
            Event::ScheduleChange { day, schedule, approvals, .. } => {
                let counter = counters.entry(schedule).or_default();
                counter.change();
                enter(&mut entries, schedule, counter.current, scenario.midnight(*day), approvals);
            }
            Event::ScheduleRevert { day, schedule, approvals, .. } => {
                let counter = counters.entry(schedule).or_default();
                counter.revert();
                enter(&mut entries, schedule, counter.current, scenario.midnight(*day), approvals);
            }
            _ => {}
        }
    }
    json!({ "approvals": entries })
}

fn enter(entries: &mut Vec<Value>, schedule: &str, version: u32, midnight: UtcTime, approvals: &[Approval]) {
    let mut moment = midnight.plus_seconds(7 * 3_600);
    for approval in approvals {
        entries.push(json!({
            "schedule_id": schedule,
            "version": version,
            "approved_by": approval.by,
            "approved_utc": moment.to_string(),
            "ticket": approval.ticket,
        }));
        moment = moment.plus_seconds(15 * 60);
    }
}
