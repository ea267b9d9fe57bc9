//! The promised cycles: five cron fields in UTC, and the slots they make (F-60, F-61).
//!
//! Deliberately small: names, `@daily`, `L`, `#` and seconds are refused, so that every
//! implementation of the format counts the same population.

use jiff::civil::{Date, Weekday};

use crate::model::Schedule;
use crate::time::UtcTime;

/// A schedule that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slots {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    day_restricted: bool,
    weekday_restricted: bool,
    tolerance_seconds: i64,
}

/// Why a schedule was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// The expression has not five fields.
    #[error("expected five cron fields, found {found}")]
    Fields {
        /// Number of fields.
        found: usize,
    },
    /// One field is not understood.
    #[error("cron field {field} holds {found:?}, expected numbers from {low} to {high} with * , - /")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// Its text.
        found: String,
        /// Least value.
        low: u8,
        /// Greatest value.
        high: u8,
    },
    /// Another time zone than UTC.
    #[error("expected time zone UTC, found {found:?}")]
    TimeZone {
        /// The zone.
        found: String,
    },
}

impl Slots {
    /// Understands a schedule of a manifest or configuration.
    pub fn new(schedule: &Schedule) -> Result<Self, ScheduleError> {
        if schedule.timezone != "UTC" {
            return Err(ScheduleError::TimeZone { found: schedule.timezone.clone() });
        }
        let fields: Vec<&str> = schedule.cron.split(' ').collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(ScheduleError::Fields { found: fields.len() });
        };
        let weekdays = parse_field("day of week", weekday, 0, 7)?;
        Ok(Self {
            minutes: parse_field("minute", minute, 0, 59)?,
            hours: parse_field("hour", hour, 0, 23)?,
            days: parse_field("day of month", day, 1, 31)?,
            months: parse_field("month", month, 1, 12)?,
            // 7 is Sunday as well as 0.
            weekdays: (weekdays | (weekdays >> 7)) & 0x7f,
            day_restricted: *day != "*",
            weekday_restricted: *weekday != "*",
            tolerance_seconds: i64::from(schedule.tolerance_seconds),
        })
    }

    /// All slots in `[from, to]`, ascending. There can be billions: take only so many.
    pub fn between(&self, from: UtcTime, to: UtcTime) -> impl Iterator<Item = UtcTime> + '_ {
        let first_day = UtcTime::midnight(from.date()).unix();
        let days = (to.unix() - first_day).div_euclid(86_400);
        (0..=days)
            .map(move |day| UtcTime::from_unix(first_day + day * 86_400))
            .filter(|midnight| self.day_matches(midnight.date()))
            .flat_map(move |midnight| self.times_of_day().map(move |seconds| midnight.plus_seconds(seconds)))
            .filter(move |slot| *slot >= from && *slot <= to)
    }

    /// Whether a cycle that started at `started` may answer `slot` (F-62).
    #[must_use]
    pub fn answers(&self, slot: UtcTime, started: UtcTime) -> bool {
        started >= slot && started.unix() - slot.unix() <= self.tolerance_seconds
    }

    /// The newest slot that a cycle starting at `now` may answer.
    #[must_use]
    pub fn open_slot(&self, now: UtcTime) -> Option<UtcTime> {
        self.between(now.plus_seconds(-self.tolerance_seconds), now).last()
    }

    fn day_matches(&self, date: Date) -> bool {
        let day = bit(self.days, date.day());
        let weekday = bit(
            self.weekdays,
            match date.weekday() {
                Weekday::Sunday => 0,
                other => other.to_monday_one_offset(),
            },
        );
        let day_of_either_kind = match (self.day_restricted, self.weekday_restricted) {
            (true, true) => day || weekday,
            _ => day && weekday,
        };
        bit(self.months, date.month()) && day_of_either_kind
    }

    fn times_of_day(&self) -> impl Iterator<Item = i64> + '_ {
        (0..24_i8).filter(|hour| bit(self.hours, *hour)).flat_map(move |hour| {
            (0..60_i8)
                .filter(|minute| bit(self.minutes, *minute))
                .map(move |minute| i64::from(hour) * 3_600 + i64::from(minute) * 60)
        })
    }
}

fn bit(set: u64, value: i8) -> bool {
    u32::try_from(value).ok().and_then(|value| 1_u64.checked_shl(value)).is_some_and(|mask| set & mask != 0)
}

fn parse_field(field: &'static str, text: &str, low: u8, high: u8) -> Result<u64, ScheduleError> {
    let refused = || ScheduleError::Field { field, found: text.chars().take(80).collect(), low, high };
    let number = |text: &str| -> Option<u8> {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let value = text.parse().ok()?;
        (digits && (low..=high).contains(&value)).then_some(value)
    };
    let mut set = 0_u64;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => {
                let step: u8 =
                    step.parse().ok().filter(|step| (1..=high).contains(step)).ok_or_else(refused)?;
                (range, Some(step))
            }
            None => (part, None),
        };
        let (first, last) = if range == "*" {
            (low, high)
        } else if let Some((first, last)) = range.split_once('-') {
            (number(first).ok_or_else(refused)?, number(last).ok_or_else(refused)?)
        } else {
            let first = number(range).ok_or_else(refused)?;
            // As in Vixie cron, `n/step` runs from n to the end of the range.
            (first, if step.is_some() { high } else { first })
        };
        if first > last {
            return Err(refused());
        }
        for value in (first..=last).step_by(usize::from(step.unwrap_or(1))) {
            set |= 1 << value;
        }
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slots(cron: &str) -> Result<Slots, ScheduleError> {
        Slots::new(&Schedule { cron: cron.to_owned(), timezone: "UTC".to_owned(), tolerance_seconds: 3_600 })
    }

    fn time(text: &str) -> UtcTime {
        text.parse().unwrap()
    }

    #[test]
    fn a_daily_schedule_has_one_slot_a_day() {
        let slots = slots("0 8 * * *").unwrap();
        let found: Vec<_> =
            slots.between(time("2024-02-28T08:00:00Z"), time("2024-03-01T08:00:00Z")).collect();
        let expected = ["2024-02-28T08:00:00Z", "2024-02-29T08:00:00Z", "2024-03-01T08:00:00Z"].map(time);
        assert_eq!(found, expected);
        assert_eq!(slots.open_slot(time("2024-03-01T08:59:59Z")), Some(time("2024-03-01T08:00:00Z")));
        assert_eq!(slots.open_slot(time("2024-03-01T09:00:01Z")), None);
        assert!(!slots.answers(time("2024-03-01T08:00:00Z"), time("2024-03-01T07:59:59Z")));
    }

    #[test]
    fn names_and_extensions_are_refused() {
        for cron in [
            "@daily",
            "0 8 * * MON",
            "0 8 L * *",
            "0 8 * *",
            "0 0 8 * * *",
            "60 8 * * *",
            "5-1 * * * *",
            "*/0 * * * *",
            "0  8 * * *",
            "+1 * * * *",
        ] {
            assert!(slots(cron).is_err(), "{cron}");
        }
    }

    fn field(low: u8, high: u8) -> impl Strategy<Value = String> {
        prop_oneof![
            Just("*".to_owned()),
            (low..=high).prop_map(|n| n.to_string()),
            (low..=high, low..=high).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
            (1..=high.min(30)).prop_map(|step| format!("*/{step}")),
            (low..=high, low..=high).prop_map(|(a, b)| format!("{a},{b}")),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        // Oracle from outside: the croner crate's reading of the same five fields.
        #[test]
        fn slots_agree_with_an_independent_implementation(
            minute in field(0, 59), hour in field(0, 23), day in field(1, 31), month in field(1, 12), weekday in field(0, 6),
        ) {
            let cron = format!("{minute} {hour} {day} {month} {weekday}");
            let from = time("2024-02-27T00:00:00Z");
            let to = time("2024-03-09T23:59:59Z");
            let ours: Vec<i64> = slots(&cron).unwrap().between(from, to).map(UtcTime::unix).collect();
            let oracle: croner::Cron = cron.parse().unwrap();
            let start = chrono::DateTime::from_timestamp(from.unix() - 1, 0).unwrap();
            let theirs: Vec<i64> = oracle
                .iter_after(start)
                .map(|at| at.timestamp())
                .take_while(|at| *at <= to.unix())
                .collect();
            prop_assert_eq!(ours, theirs, "{}", cron);
        }
    }
}
