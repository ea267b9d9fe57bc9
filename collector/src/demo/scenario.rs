//! The story of the demo month: what changes on which day, read from a TOML file.
//!
//! A scenario is data. It refuses unknown keys, days before 1, and (in [`Scenario::check`]) days
//! beyond the run, entities the organization does not have, and steps that contradict each other.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use verify_core::time::UtcTime;

mod check;
mod event;
mod register;

pub use check::ScenarioError;
pub use event::{Approval, Event};
pub(crate) use register::VersionCounter;

/// The embedded default month.
const MONTH: &str = include_str!("../../../fixtures/scenarios/month.toml");

/// A whole story, its events ordered by day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Date of day 1.
    #[serde(deserialize_with = "date")]
    start: Date,
    /// Everything that happens; of one day, in this order.
    #[serde(default, rename = "event")]
    events: Vec<Event>,
}

impl Scenario {
    /// The default month: `fixtures/scenarios/month.toml`.
    pub fn default_month() -> Result<Self, ScenarioError> {
        Self::from_toml(MONTH)
    }

    /// A month in which nothing happens, for tests that switch on one thing at a time.
    #[must_use]
    pub const fn quiet(start: Date) -> Self {
        Self { start, events: Vec::new() }
    }

    /// Reads a scenario file. Entities are checked by [`Scenario::check`], which knows how many users there are.
    pub fn from_toml(text: &str) -> Result<Self, ScenarioError> {
        let mut scenario: Self =
            toml::from_str(text).map_err(|source| ScenarioError::Toml(Box::new(source)))?;
        if let Some(event) = scenario.events.iter().find(|event| event.day() == 0) {
            return Err(ScenarioError::Day { day: 0, days: None, event: event.describe() });
        }
        scenario.events.sort_by_key(Event::day);
        Ok(scenario)
    }

    /// Checks the story for a run of `days` days over a tenant of `users` users by playing it once,
    /// without HTTP. Whether an entity exists does not depend on the seed.
    pub fn check(&self, days: u32, users: usize) -> Result<(), ScenarioError> {
        check::check(self, days, users)
    }

    /// The same story without what happens after `days`.
    #[must_use]
    pub fn first_days(mut self, days: u32) -> Self {
        self.events.retain(|event| event.day() <= days);
        self
    }

    /// The same story with one more event.
    #[must_use]
    pub fn with(mut self, event: Event) -> Self {
        self.events.push(event);
        self.events.sort_by_key(Event::day);
        self
    }

    /// All events, ordered by day.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The events of one day, in the order they happen.
    pub fn events_on(&self, day: u32) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(move |event| event.day() == day)
    }

    /// The date of day 1.
    #[must_use]
    pub const fn start(&self) -> Date {
        self.start
    }

    /// Midnight UTC of `day`.
    #[must_use]
    pub fn midnight(&self, day: u32) -> UtcTime {
        UtcTime::midnight(self.start).plus_seconds((i64::from(day) - 1) * 86_400)
    }

    /// Whether the collector is not run on `day`.
    #[must_use]
    pub fn is_skipped(&self, day: u32) -> bool {
        self.events_on(day).any(|event| matches!(event, Event::Skipped { .. }))
    }

    /// The content of `inputs/schedule-approvals.json` on `day`.
    #[must_use]
    pub fn approvals_register(&self, day: u32) -> Value {
        register::on_day(self, day)
    }

    /// The entities that differ from the last approved baseline in the snapshot of `day`, as
    /// `(resource, entity as the scenario names it)` with the day they began to differ.
    ///
    /// Resource names are those of the `reference` dialect.
    #[must_use]
    pub fn differing(&self, day: u32) -> BTreeMap<(&'static str, String), u32> {
        let mut open = BTreeMap::new();
        let mut approved_on = 0;
        for event in self.events.iter().take_while(|event| event.day() <= day) {
            if approved_on != 0 && event.day() > approved_on {
                open.retain(|_, since| *since > approved_on);
                approved_on = 0;
            }
            match event {
                Event::BaselineApproval { day, .. } => approved_on = *day,
                Event::Revert { resource, entity, .. } => {
                    open.retain(|(kind, name): &(&str, String), _| *kind != resource || name != entity);
                }
                Event::ScheduleRevert { schedule, .. } => {
                    open.remove(&("wfm_schedules", schedule.clone()));
                }
                other => {
                    if let Some(place) = changed_entity(other) {
                        open.entry(place).or_insert_with(|| other.day());
                    }
                }
            }
        }
        if approved_on != 0 && approved_on < day {
            open.retain(|_, since| *since > approved_on);
        }
        open
    }

    /// What an auditor must see on `day`, in one line; `None` on a day without news.
    #[must_use]
    pub fn headline(&self, day: u32) -> Option<String> {
        let mut parts: Vec<String> = self
            .events_on(day)
            .filter(|event| !matches!(event, Event::TokenExpiry { .. }))
            .map(Event::describe)
            .collect();
        let still = self.differing(day).into_iter().filter(|(_, since)| *since < day);
        parts.extend(still.map(|((resource, entity), since)| {
            format!("{resource} {entity} still differs from the baseline (since day {since})")
        }));
        if parts.is_empty() { None } else { Some(parts.join("; ")) }
    }
}

/// A date as `YYYY-MM-DD` text.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map_err(|_| serde::de::Error::custom(format!("expected a date like 2026-05-01, found {text:?}")))
}

/// The entity a configuration change touches.
fn changed_entity(event: &Event) -> Option<(&'static str, String)> {
    match event {
        Event::RoleChange { role, .. } => Some(("security_roles", role.clone())),
        Event::TrunkChange { trunk, .. } => Some(("telephony_trunks", trunk.clone())),
        Event::UserRoles { user, .. } | Event::UserTitle { user, .. } => Some(("users", user.clone())),
        Event::QueueAdded { name, .. } => Some(("routing_queues", name.clone())),
        Event::QueueRemoved { queue, .. } => Some(("routing_queues", queue.clone())),
        Event::ScheduleChange { schedule, .. } => Some(("wfm_schedules", schedule.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
