//! Which slot a run answers: the newest whose tolerance holds the present moment, or none.
//!
//! Today's state is never yesterday's, so a slot whose tolerance has passed stays unanswered, however
//! much somebody would like to fill it (F-62).

use verify_core::model::Schedule;
use verify_core::schedule::{ScheduleError, Slots};
use verify_core::time::UtcTime;

/// How far to look for the next slot when none is open: nine years hold every date.
const LOOKED_AHEAD_SECONDS: i64 = 9 * 366 * 86_400;

/// Why no slot can be answered now.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// The schedule is not understood.
    #[error("the schedule is not understood")]
    Schedule(#[from] ScheduleError),
    /// No slot is open.
    #[error(
        "no cycle is due at {now}: the schedule \"{cron}\" is answered within {tolerance} s of its slots"
    )]
    NotDue {
        /// Present moment.
        now: UtcTime,
        /// The schedule.
        cron: String,
        /// Its tolerance in seconds.
        tolerance: u32,
        /// When the next slot opens.
        next: Option<UtcTime>,
    },
    /// The slot that was asked for is none.
    #[error("{slot} is no slot of the schedule \"{cron}\"")]
    NoSlot {
        /// What was asked for.
        slot: UtcTime,
        /// The schedule.
        cron: String,
    },
    /// The slot that was asked for is not open.
    #[error("slot {slot} is answered from {slot} to {ends}, but it is {now}")]
    Closed {
        /// What was asked for.
        slot: UtcTime,
        /// End of its tolerance.
        ends: UtcTime,
        /// Present moment.
        now: UtcTime,
    },
}

/// The slot a cycle starting at `now` answers: `asked`, or the newest open one.
pub fn due(schedule: &Schedule, now: UtcTime, asked: Option<UtcTime>) -> Result<UtcTime, SlotError> {
    let slots = Slots::new(schedule)?;
    let Some(slot) = asked else {
        return slots.open_slot(now).ok_or_else(|| SlotError::NotDue {
            now,
            cron: schedule.cron.clone(),
            tolerance: schedule.tolerance_seconds,
            next: slots.between(now, now.plus_seconds(LOOKED_AHEAD_SECONDS)).next(),
        });
    };
    if slots.between(slot, slot).next().is_none() {
        return Err(SlotError::NoSlot { slot, cron: schedule.cron.clone() });
    }
    if !slots.answers(slot, now) {
        let ends = slot.plus_seconds(i64::from(schedule.tolerance_seconds));
        return Err(SlotError::Closed { slot, ends, now });
    }
    Ok(slot)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UtcTime {
        text.parse().unwrap()
    }

    fn schedule() -> Schedule {
        Schedule { cron: "0 8 * * *".to_owned(), timezone: "UTC".to_owned(), tolerance_seconds: 14_400 }
    }

    #[test]
    fn a_slot_is_open_for_its_tolerance_and_no_longer() {
        let slot = at("2026-05-01T08:00:00Z");
        for now in ["2026-05-01T08:00:00Z", "2026-05-01T12:00:00Z"] {
            assert_eq!(due(&schedule(), at(now), None).unwrap(), slot);
            assert_eq!(due(&schedule(), at(now), Some(slot)).unwrap(), slot);
        }
        for now in ["2026-05-01T07:59:59Z", "2026-05-01T12:00:01Z"] {
            assert!(matches!(due(&schedule(), at(now), None), Err(SlotError::NotDue { next: Some(_), .. })));
            assert!(matches!(due(&schedule(), at(now), Some(slot)), Err(SlotError::Closed { .. })));
        }
    }

    #[test]
    fn only_slots_can_be_asked_for() {
        let asked = Some(at("2026-05-01T08:00:01Z"));
        assert!(matches!(due(&schedule(), at("2026-05-01T08:10:00Z"), asked), Err(SlotError::NoSlot { .. })));
    }
}
