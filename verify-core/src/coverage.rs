//! Coverage: the population of cycles is the schedule, not what was found (F-60 to F-64).
//!
//! Every expected slot becomes one row that lists all its records. Two records removed from the end or
//! the middle are two rows *missing*; nothing here looks at file names.

use std::collections::BTreeMap;

use crate::limits::option;
use crate::model::{Kind, Schedule};
use crate::report::{Coverage, SlotRow, SlotStatus};
use crate::schedule::{ScheduleError, Slots};
use crate::time::UtcTime;

/// What coverage needs to know about one record.
#[derive(Debug, Clone)]
pub struct CycleRecord {
    /// Its sequence.
    pub sequence: u64,
    /// Its kind; only snapshots and failures answer slots.
    pub kind: Kind,
    /// The slot it names.
    pub scheduled_utc: Option<UtcTime>,
    /// When it started.
    pub started_utc: UtcTime,
    /// When it was sealed.
    pub sealed_utc: UtcTime,
    /// Schedule in force in it.
    pub schedule: Schedule,
    /// Resources that are not complete.
    pub incomplete_resources: u64,
    /// For an explanation: the slot it explains.
    pub explains: Option<UtcTime>,
}

/// The period an auditor asks for; either end may be left open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    /// First moment.
    pub from_utc: Option<UtcTime>,
    /// Last moment.
    pub to_utc: Option<UtcTime>,
}

impl Period {
    fn requested(self) -> bool {
        self.from_utc.is_some() || self.to_utc.is_some()
    }
}

/// Why the population cannot be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoverageError {
    /// A schedule is not understood: the evidence is wrong.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// There are more cycles than the limit: nothing is said about any of them.
    #[error("the schedule promises more than {limit} cycles from {from} to {to} ({option})", option = option::CYCLES)]
    TooMany {
        /// The limit.
        limit: usize,
        /// First moment of the period.
        from: UtcTime,
        /// Last moment of the period.
        to: UtcTime,
    },
}

/// Counts the population of `records` (by sequence) over `period`, if it has at most `limit` cycles.
///
/// Without records there is no schedule and so no population: everything is zero.
pub fn count(records: &[CycleRecord], period: Period, limit: usize) -> Result<Coverage, CoverageError> {
    let Some(first) = records.first() else {
        return Ok(Coverage { requested: period.requested(), ..Coverage::default() });
    };
    let from = period.from_utc.unwrap_or(first.sealed_utc);
    let to = period.to_utc.or_else(|| newest_slot(records)).unwrap_or(first.sealed_utc);
    let mut coverage = Coverage {
        from_utc: Some(from),
        to_utc: Some(to),
        requested: period.requested(),
        ..Coverage::default()
    };
    let by_slot = records_by_slot(records);
    for slot in expected_slots(records, from, to, limit)? {
        let row = row(slot.time, &slot.slots, by_slot.get(&slot.time).map_or(&[][..], Vec::as_slice));
        match row.status {
            SlotStatus::Sealed => coverage.sealed += 1,
            SlotStatus::Failed => coverage.failed += 1,
            SlotStatus::Explained => coverage.explained += 1,
            SlotStatus::Missing => coverage.missing += 1,
        }
        coverage.expected += 1;
        coverage.rows.push(row);
    }
    Ok(coverage)
}

/// The newest slot that a snapshot or failure names.
#[must_use]
pub fn newest_slot(records: &[CycleRecord]) -> Option<UtcTime> {
    records.iter().filter_map(|record| record.scheduled_utc).max()
}

struct Expected {
    time: UtcTime,
    slots: std::rc::Rc<Slots>,
}

/// Slots of each stretch of time under the schedule in force then: that of the newest record sealed
/// at or before the slot; before the genesis, the first schedule. Times that run backwards (`CHAIN-TIME`)
/// count as standing still, so that no moment lies in two stretches.
fn expected_slots(
    records: &[CycleRecord],
    from: UtcTime,
    to: UtcTime,
    limit: usize,
) -> Result<Vec<Expected>, CoverageError> {
    let mut stretches: Vec<(UtcTime, &Schedule)> = Vec::new();
    let mut sealed = None;
    for record in records {
        let newest = sealed.map_or(record.sealed_utc, |before| record.sealed_utc.max(before));
        sealed = Some(newest);
        if stretches.last().is_none_or(|(_, schedule)| **schedule != record.schedule) {
            stretches.push((newest, &record.schedule));
        }
    }
    let mut expected = Vec::new();
    for (index, (start, schedule)) in stretches.iter().enumerate() {
        let start = if index == 0 { from } else { from.max(*start) };
        let end = match stretches.get(index + 1) {
            Some((next, _)) => to.min(next.plus_seconds(-1)),
            None => to,
        };
        let slots = std::rc::Rc::new(Slots::new(schedule)?);
        for time in slots.between(start, end) {
            if expected.len() >= limit {
                return Err(CoverageError::TooMany { limit, from, to });
            }
            expected.push(Expected { time, slots: std::rc::Rc::clone(&slots) });
        }
    }
    Ok(expected)
}

fn records_by_slot(records: &[CycleRecord]) -> BTreeMap<UtcTime, Vec<&CycleRecord>> {
    let mut by_slot: BTreeMap<UtcTime, Vec<&CycleRecord>> = BTreeMap::new();
    for record in records {
        if let Some(slot) = record.scheduled_utc.or(record.explains) {
            by_slot.entry(slot).or_default().push(record);
        }
    }
    by_slot
}

fn row(slot: UtcTime, slots: &Slots, records: &[&CycleRecord]) -> SlotRow {
    // The answering record first: a whole snapshot before a partial one, that before a failure,
    // that before an explanation; records outside the tolerance answer nothing and come last.
    let rank = |record: &CycleRecord| match record.kind {
        Kind::Snapshot | Kind::Failure if !slots.answers(slot, record.started_utc) => (4, 0),
        Kind::Snapshot => (0, record.incomplete_resources),
        Kind::Failure => (1, 0),
        Kind::Explanation => (2, 0),
        _ => (5, 0),
    };
    let mut ranked: Vec<_> = records.iter().map(|record| (rank(record), *record)).collect();
    ranked.sort_by_key(|(rank, record)| (*rank, record.sequence));
    let status = match ranked.first() {
        Some(((0, _), _)) => SlotStatus::Sealed,
        Some(((1, _), _)) => SlotStatus::Failed,
        Some(((2, _), _)) => SlotStatus::Explained,
        _ => SlotStatus::Missing,
    };
    let incomplete_resources = match ranked.first() {
        Some(((0, incomplete), _)) => *incomplete,
        _ => 0,
    };
    SlotRow {
        scheduled_utc: slot,
        status,
        sequences: ranked.iter().map(|(_, record)| record.sequence).collect(),
        incomplete_resources,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: usize = 1_000;

    fn daily() -> Schedule {
        Schedule { cron: "0 8 * * *".to_owned(), timezone: "UTC".to_owned(), tolerance_seconds: 3_600 }
    }

    fn time(text: &str) -> UtcTime {
        text.parse().unwrap()
    }

    fn record(sequence: u64, kind: Kind, slot: Option<&str>, started: &str) -> CycleRecord {
        CycleRecord {
            sequence,
            kind,
            scheduled_utc: slot.map(time),
            started_utc: time(started),
            sealed_utc: time(started),
            schedule: daily(),
            incomplete_resources: 0,
            explains: None,
        }
    }

    fn statuses(coverage: &Coverage) -> Vec<SlotStatus> {
        coverage.rows.iter().map(|row| row.status).collect()
    }

    #[test]
    fn two_removed_neighbours_are_two_missing_rows() {
        let records = [
            record(0, Kind::Genesis, None, "2026-05-01T00:00:00Z"),
            record(1, Kind::Snapshot, Some("2026-05-01T08:00:00Z"), "2026-05-01T08:00:05Z"),
            record(4, Kind::Snapshot, Some("2026-05-04T08:00:00Z"), "2026-05-04T08:00:05Z"),
        ];
        let coverage = count(&records, Period::default(), MANY).unwrap();
        assert_eq!(
            statuses(&coverage),
            [SlotStatus::Sealed, SlotStatus::Missing, SlotStatus::Missing, SlotStatus::Sealed]
        );
        assert_eq!((coverage.expected, coverage.sealed, coverage.missing), (4, 2, 2));
    }

    #[test]
    fn a_late_snapshot_answers_nothing_and_a_snapshot_outranks_a_failure() {
        let slot = Some("2026-05-01T08:00:00Z");
        let records = [
            record(0, Kind::Genesis, None, "2026-05-01T00:00:00Z"),
            record(1, Kind::Failure, slot, "2026-05-01T08:00:05Z"),
            record(2, Kind::Snapshot, slot, "2026-05-01T08:30:00Z"),
            record(3, Kind::Snapshot, Some("2026-05-02T08:00:00Z"), "2026-05-02T09:00:01Z"),
        ];
        let coverage = count(&records, Period::default(), MANY).unwrap();
        assert_eq!(statuses(&coverage), [SlotStatus::Sealed, SlotStatus::Missing]);
        assert_eq!(coverage.rows[0].sequences, [2, 1]);
        assert_eq!(coverage.rows[1].sequences, [3]);
    }

    #[test]
    fn an_explanation_is_a_row_of_its_own_kind() {
        let mut explanation = record(2, Kind::Explanation, None, "2026-05-03T09:00:00Z");
        explanation.explains = Some(time("2026-05-02T08:00:00Z"));
        let records = [
            record(0, Kind::Genesis, None, "2026-05-02T00:00:00Z"),
            explanation,
            record(3, Kind::Snapshot, Some("2026-05-03T08:00:00Z"), "2026-05-03T08:00:00Z"),
        ];
        let coverage = count(&records, Period::default(), MANY).unwrap();
        assert_eq!(statuses(&coverage), [SlotStatus::Explained, SlotStatus::Sealed]);
    }

    #[test]
    fn the_requested_period_reaches_past_the_newest_record() {
        let records = [
            record(0, Kind::Genesis, None, "2026-05-01T00:00:00Z"),
            record(1, Kind::Snapshot, Some("2026-05-01T08:00:00Z"), "2026-05-01T08:00:00Z"),
        ];
        let to_utc = Some(time("2026-05-03T23:59:59Z"));
        let coverage = count(&records, Period { from_utc: None, to_utc }, MANY).unwrap();
        assert_eq!((coverage.expected, coverage.missing), (3, 2));
    }

    #[test]
    fn a_changed_schedule_counts_from_its_record_on() {
        let mut changed = record(2, Kind::Approval, None, "2026-05-02T12:00:00Z");
        changed.schedule.cron = "0 8,20 * * *".to_owned();
        let mut last = record(3, Kind::Snapshot, Some("2026-05-03T20:00:00Z"), "2026-05-03T20:00:00Z");
        last.schedule = changed.schedule.clone();
        let records = [record(0, Kind::Genesis, None, "2026-05-01T00:00:00Z"), changed, last];
        let coverage = count(&records, Period::default(), MANY).unwrap();
        let slots: Vec<_> = coverage.rows.iter().map(|row| row.scheduled_utc.to_string()).collect();
        assert_eq!(
            slots,
            [
                "2026-05-01T08:00:00Z",
                "2026-05-02T08:00:00Z",
                "2026-05-02T20:00:00Z",
                "2026-05-03T08:00:00Z",
                "2026-05-03T20:00:00Z"
            ]
        );
    }

    // The newest slot is 8,000 years ahead; two records more in between change the schedule back and forth.
    #[test]
    fn more_cycles_than_the_limit_are_refused_and_never_cut_silently() {
        let mut far = record(1, Kind::Snapshot, Some("9998-05-01T08:00:00Z"), "2026-05-02T00:00:00Z");
        far.schedule.cron = "* * * * *".to_owned();
        let mut records = vec![record(0, Kind::Genesis, None, "2026-05-01T00:00:00Z"), far];
        records[0].schedule.cron = "* * * * *".to_owned();
        let started = std::time::Instant::now();
        let error = count(&records, Period::default(), MANY).unwrap_err();
        assert!(matches!(error, CoverageError::TooMany { limit: MANY, .. }));
        assert_eq!(
            error.to_string(),
            "the schedule promises more than 1000 cycles from 2026-05-01T00:00:00Z to 9998-05-01T08:00:00Z (--max-cycles)"
        );
        // Exactly the limit is counted, over more than fifty years.
        for record in &mut records {
            record.schedule.cron = "0 8 1 5 *".to_owned();
        }
        let coverage = count(&records, Period::default(), 7_973).unwrap();
        assert_eq!((coverage.expected, coverage.missing), (7_973, 7_973));
        assert!(count(&records, Period::default(), 7_972).is_err());
        assert!(started.elapsed() < std::time::Duration::from_secs(10), "{:?}", started.elapsed());
    }

    #[test]
    fn a_schedule_that_never_fires_is_looked_at_in_bounded_time() {
        let mut records: Vec<_> = (0..2_000)
            .map(|sequence| {
                // Sealed far ahead and far back in turn, each time under another schedule.
                let sealed = if sequence % 2 == 0 { "0001-01-01T00:00:00Z" } else { "9999-01-01T00:00:00Z" };
                let mut record = record(sequence, Kind::Approval, None, sealed);
                record.schedule.cron = format!("{} 0 30 2 *", sequence % 60);
                record
            })
            .collect();
        records.push(record(2_000, Kind::Snapshot, Some("9999-12-01T08:00:00Z"), "9999-12-01T08:00:00Z"));
        let started = std::time::Instant::now();
        assert_eq!(count(&records, Period::default(), MANY).unwrap().expected, 1);
        assert!(started.elapsed() < std::time::Duration::from_secs(10), "{:?}", started.elapsed());
    }
}
