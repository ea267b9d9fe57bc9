//! Another story, another seed, twice the days: the report tells every event on its day.
//!
//! What is expected comes from the scenario file, or from a table of days written beside it; what is
//! found is read from the report's own JSON form.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use collector::demo::scenario::{Event, Scenario};
use serde_json::Value;
use verify_core::model::{ControlStatus, Kind, Outcome};
use verify_core::report::{Against, Report, SlotStatus};
use verify_core::source::Folder;
use verify_core::time::UtcTime;
use verify_core::verify::Options;

use super::USERS;
use super::evidence::{judge, outcome, play};
use super::forge::Forge;

const SIXTY: &str = include_str!("../../../fixtures/scenarios/sixty-days.toml");
const DAYS: u32 = 60;

/// A resource with an entity: its key, or its name in a scenario.
type Place = (String, String);

struct Story {
    scenario: Scenario,
    report: Report,
    /// Entity keys by resource and name.
    keys: BTreeMap<Place, String>,
}

static STORY: LazyLock<Story> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("evidence");
    let scenario = Scenario::from_toml(SIXTY).unwrap();
    play(&root, DAYS, USERS, 90_210, "reference", scenario.clone());
    let found = judge(&Folder::new(&root), &Options::default());
    let report: Report = serde_json::from_slice(&found.to_json().unwrap()).unwrap();
    assert_eq!(report, found, "the JSON form loses nothing");
    Story { scenario, report, keys: keys_by_name(&Forge::open(&root)) }
});

/// The entities of the first snapshot by their names.
fn keys_by_name(forge: &Forge) -> BTreeMap<Place, String> {
    let first = &forge.records[forge.index_of("evidence-2026-05-01")];
    let snapshot: Value = serde_json::from_slice(&first.members["snapshot.json"]).unwrap();
    let mut keys = BTreeMap::new();
    for (resource, entities) in snapshot.as_object().unwrap() {
        for entity in entities.as_array().into_iter().flatten() {
            if let (Some(name), Some(id)) = (entity["name"].as_str(), entity["id"].as_str()) {
                keys.insert((resource.clone(), name.to_owned()), id.to_owned());
            }
        }
    }
    keys
}

impl Story {
    fn slot(&self, day: u32) -> UtcTime {
        self.scenario.midnight(day).plus_seconds(8 * 3_600)
    }

    fn day(&self, slot: Option<UtcTime>) -> u32 {
        (1..=DAYS).find(|day| Some(self.slot(*day)) == slot).unwrap()
    }

    /// The place with the entity's key instead of its name.
    fn key(&self, resource: &str, entity: &str) -> Place {
        let place = (resource.to_owned(), entity.to_owned());
        let key = self.keys.get(&place).cloned().unwrap_or_else(|| entity.to_owned());
        (place.0, key)
    }

    fn is_outage(&self, day: u32) -> bool {
        self.scenario.events_on(day).any(|event| matches!(event, Event::Outage { .. }))
    }

    fn is_sealed(&self, day: u32) -> bool {
        !self.scenario.is_skipped(day) && !self.is_outage(day)
    }

    /// Whether a resource could be read on a day that was sealed.
    fn is_complete(&self, resource: &str, day: u32) -> bool {
        self.is_sealed(day) && !INCOMPLETE.iter().any(|(bad, name, _)| (*bad, *name) == (day, resource))
    }

    /// What a day's events touched: the entities that must differ from the day before.
    fn touched(&self, day: u32) -> BTreeSet<Place> {
        let place = |event: &Event| match event {
            Event::RoleChange { role, .. } => Some(self.key("security_roles", role)),
            Event::TrunkChange { trunk, .. } => Some(self.key("telephony_trunks", trunk)),
            Event::UserRoles { user, .. } | Event::UserTitle { user, .. } => Some(self.key("users", user)),
            Event::QueueRemoved { queue, .. } => Some(self.key("routing_queues", queue)),
            Event::ScheduleChange { schedule, .. } | Event::ScheduleRevert { schedule, .. } => {
                Some(self.key("wfm_schedules", schedule))
            }
            Event::Revert { resource, entity, .. } => Some(self.key(resource, entity)),
            Event::QueueAdded { .. } => panic!("this story adds no queue"),
            _ => None,
        };
        self.scenario.events_on(day).filter_map(place).collect()
    }

    fn drifted(&self, day: u32, against: Against) -> BTreeSet<Place> {
        let of_day = |row: &&verify_core::report::DriftRow| {
            row.against == against && self.day(row.scheduled_utc) == day
        };
        let rows = self.report.drift.iter().filter(of_day);
        rows.map(|row| (row.resource.clone(), row.change.entity.clone())).collect()
    }
}

/// Resources that could not be read: by day, as the scenario says.
const INCOMPLETE: [(u32, &str, Outcome); 3] = [
    (30, "groups", Outcome::Failed),
    (31, "security_roles", Outcome::Denied),
    (50, "wfm_schedules", Outcome::Quarantined),
];

#[test]
fn every_slot_is_sealed_failed_or_missing_as_the_story_says() {
    let story = &*STORY;
    let report = &story.report;
    assert_eq!(outcome(report), (["CHAIN-CADENCE"].into(), 3), "{:#?}", report.findings);
    assert!(report.findings.iter().all(|finding| finding.code.as_str() == "CHAIN-CADENCE"));
    assert_eq!(report.coverage.rows.len(), 60);
    for (row, day) in report.coverage.rows.iter().zip(1..) {
        let expected = match () {
            () if story.is_outage(day) => SlotStatus::Failed,
            () if story.scenario.is_skipped(day) => SlotStatus::Missing,
            () => SlotStatus::Sealed,
        };
        assert_eq!((row.scheduled_utc, row.status), (story.slot(day), expected), "day {day}");
    }
    let coverage = (report.coverage.sealed, report.coverage.failed, report.coverage.missing);
    assert_eq!(coverage, (54, 3, 3), "days 4, 41, 42 failed; days 25, 52, 53 are missing");
    for record in report.records.iter().filter(|record| record.kind == Kind::Failure) {
        assert!(record.note.as_ref().unwrap().contains("503"), "{record:?}");
    }
}

#[test]
fn every_approval_stands_on_its_day() {
    let story = &*STORY;
    let approvals = story.report.records.iter().filter(|record| record.kind == Kind::Approval);
    let found: Vec<_> =
        approvals.map(|record| (record.sealed_utc.civil().date(), record.note.clone().unwrap())).collect();
    let expected: Vec<_> = story
        .scenario
        .events()
        .iter()
        .filter_map(|event| match event {
            Event::BaselineApproval { day, by, ticket, reason } => Some((
                story.slot(*day).civil().date(),
                format!("baseline approved by {by} ({ticket}): {reason}"),
            )),
            _ => None,
        })
        .collect();
    assert_eq!(expected.len(), 2);
    assert_eq!(found, expected);
}

#[test]
fn every_resource_that_could_not_be_read_is_told() {
    let story = &*STORY;
    let found: Vec<_> = story
        .report
        .incomplete
        .iter()
        .map(|row| (story.day(row.scheduled_utc), row.resource.as_str(), row.outcome))
        .collect();
    assert_eq!(found, INCOMPLETE);
    // The table above and the scenario say the same; a total that moved once was read again.
    for (day, resource, _) in INCOMPLETE {
        let told = story.scenario.events_on(day).any(|event| match event {
            Event::Denied { resource: name, .. }
            | Event::BreakingBody { resource: name, .. }
            | Event::Fault { resource: name, .. } => name == resource,
            _ => false,
        });
        assert!(told, "day {day}");
    }
}

#[test]
fn drift_against_the_baseline_is_what_differs_from_it() {
    let story = &*STORY;
    for record in story.report.records.iter().filter(|record| record.kind == Kind::Snapshot) {
        let day = story.day(record.scheduled_utc);
        assert_eq!(record.drift_baseline.is_none(), day <= 2, "day {day}");
        let differing = story.scenario.differing(day).into_keys();
        let expected: BTreeSet<_> = differing
            .filter(|(resource, _)| day > 2 && story.is_complete(resource, day))
            .map(|(resource, entity)| story.key(resource, &entity))
            .collect();
        assert_eq!(story.drifted(day, Against::Baseline), expected, "day {day}");
        assert_eq!(record.drift_baseline.unwrap_or(0) > 0, !expected.is_empty(), "day {day}");
    }
}

#[test]
fn drift_against_the_previous_state_is_what_happened_since() {
    let story = &*STORY;
    // Events on days without a look at their resource wait for the next one.
    let mut waiting: BTreeSet<Place> = BTreeSet::new();
    let mut seen = 0;
    for day in 1..=DAYS {
        waiting.extend(story.touched(day));
        let (now, later) = waiting.into_iter().partition(|(resource, _)| story.is_complete(resource, day));
        waiting = later;
        assert_eq!(story.drifted(day, Against::Previous), now, "day {day}");
        seen += now.len();
    }
    assert!(waiting.is_empty() && seen == 14, "{seen} changes, {waiting:?}");
}

#[test]
fn controls_fail_and_rest_on_their_days() {
    let story = &*STORY;
    let days = |control: &str, status| {
        let row = story.report.controls.iter().find(|row| row.control_id == control).unwrap();
        assert_eq!(row.cells.len(), 54, "one per snapshot");
        let cells = row.cells.iter().filter(|cell| cell.recorded == status);
        cells.map(|cell| story.day(cell.scheduled_utc)).collect::<Vec<_>>()
    };
    // No second factor on days 10 to 12; a trunk address for nine days; two duties in one hand, seen the
    // day after the one that was not run; one schedule without approval, the next with two.
    let expected: [(&str, Vec<u32>, Vec<u32>); 4] = [
        ("CC6.1", vec![10, 11, 12], vec![30, 31]),
        ("CC6.3", (7..=15).collect(), vec![]),
        ("CC6.6", vec![26], vec![30, 31]),
        ("CC7.2", vec![18], vec![1, 50]),
    ];
    for (control, failed, not_evaluated) in expected {
        assert_eq!(days(control, ControlStatus::Fail), failed, "{control}");
        assert_eq!(days(control, ControlStatus::NotEvaluated), not_evaluated, "{control}");
    }
    let violators: BTreeSet<_> = story
        .report
        .violations
        .iter()
        .map(|row| (row.control_id.clone(), row.resource.clone(), row.entity.clone()))
        .collect();
    let named = |control: &str, resource: &str, entity: &str| {
        let (resource, key) = story.key(resource, entity);
        (control.to_owned(), resource, key)
    };
    let expected = BTreeSet::from([
        named("CC6.1", "security_roles", "Telephony_Admin"),
        named("CC6.3", "telephony_trunks", "Carrier_01"),
        named("CC6.6", "users", "user-000005"),
        named("CC7.2", "wfm_schedules", "schedule-0008"),
    ]);
    assert_eq!(violators, expected);
}
