//! Checks a scenario against the organization it will be played on.

use verify_core::time::UtcTime;

use super::{Event, Scenario};
use crate::demo::tenant::{ChangeError, Rehearsal};

/// Why a scenario cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// Not a scenario file.
    #[error("the scenario file cannot be read")]
    Toml(#[source] Box<toml::de::Error>),
    /// A day outside the run.
    #[error("scenario day {day} is out of range: expected {}, for: {event}", expected_days(*.days))]
    Day {
        /// The day found.
        day: u32,
        /// Last day of the run, if it is known.
        days: Option<u32>,
        /// What should happen on it.
        event: String,
    },
    /// An event that cannot happen to this organization.
    #[error("scenario day {day} cannot be played: {event}")]
    Event {
        /// Its day.
        day: u32,
        /// What should happen.
        event: String,
        /// Why it cannot.
        #[source]
        source: ChangeError,
    },
    /// A day that is never run but has a cycle to show something in.
    #[error("scenario day {day} is skipped, so it cannot show: {event}")]
    Skipped {
        /// The day.
        day: u32,
        /// What could not be seen.
        event: String,
    },
}

fn expected_days(days: Option<u32>) -> String {
    days.map_or_else(|| "1 or later".to_owned(), |last| format!("1 to {last}"))
}

/// Plays the whole story on a rehearsal organization.
pub(super) fn check(scenario: &Scenario, days: u32, users: usize) -> Result<(), ScenarioError> {
    let mut rehearsal = Rehearsal::new(users);
    for event in scenario.events() {
        let day = event.day();
        if day == 0 || day > days {
            return Err(ScenarioError::Day { day, days: Some(days), event: event.describe() });
        }
        // Changes may be made on a day nobody looks; a fault or an approval needs a cycle.
        let needs_cycle = matches!(
            event,
            Event::BaselineApproval { .. }
                | Event::Outage { .. }
                | Event::Denied { .. }
                | Event::BreakingBody { .. }
                | Event::TokenExpiry { .. }
                | Event::Fault { .. }
        );
        if needs_cycle && scenario.is_skipped(day) {
            return Err(ScenarioError::Skipped { day, event: event.describe() });
        }
        let morning: UtcTime = scenario.midnight(day).plus_seconds(6 * 3_600);
        rehearsal.play(day, morning, event).map_err(|source| ScenarioError::Event {
            day,
            event: event.describe(),
            source,
        })?;
    }
    Ok(())
}
