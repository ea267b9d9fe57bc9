//! Every event on its day, told once, and nothing more.

use verify_core::model::ControlStatus;

use super::*;
use crate::sample;

fn day(story: &Story, wanted: &str) -> Vec<String> {
    let found = story.stretches.iter().find_map(|stretch| match stretch {
        Stretch::Day { date, events } if date.to_string() == wanted => Some(events),
        _ => None,
    });
    found
        .unwrap_or_else(|| panic!("no events on {wanted}: {story:#?}"))
        .iter()
        .flat_map(|event| std::iter::once(&event.headline).chain(&event.details).cloned())
        .collect()
}

#[test]
fn quiet_days_are_one_line() {
    let story = tell(&sample::verified());
    assert_eq!(story.stretches.len(), 2);
    let quiet = story.stretches.last().unwrap();
    assert_eq!(quiet.heading(), "2026-05-02 to 2026-05-09: 8 cycles, no drift, all controls pass");
}

#[test]
fn each_event_stands_on_its_day() {
    let story = tell(&sample::gaps());
    let first = day(&story, "2026-05-01");
    assert!(
        first.iter().any(|line| line == "approval: baseline approved by j.doe (CHG-42): quarterly review")
    );
    assert!(
        first.iter().any(|line| line.starts_with("control CC7.2 NOT EVALUATED: there is no previous state"))
    );
    let fourth = day(&story, "2026-05-04");
    assert!(fourth.iter().any(|line| line
        == "drift: security_roles role-0000000007 differs from the previous state and from the baseline"));
    assert!(fourth.iter().any(|line| line == "/permissions (set): +\"telephony:edit\""));
    assert!(fourth.iter().any(|line| line == "/mfa_enforced changed: true -> false"));
    assert!(
        fourth
            .iter()
            .any(|line| line.starts_with("who and when: dateModified \"2026-05-04T07:12:00Z\", modifiedBy"))
    );
    assert!(fourth.iter().any(|line| line.starts_with("control CC6.1 FAILED")));
    assert!(
        fourth
            .iter()
            .any(|line| line.ends_with("privileged role without enforced second factor: Quality_Supervisor"))
    );
    assert!(day(&story, "2026-05-05").iter().any(|line| line.contains("still differs from the baseline")));
    assert!(day(&story, "2026-05-06").iter().any(|line| line.contains("now as in the baseline")));
    let seventh = day(&story, "2026-05-07");
    assert!(seventh.iter().any(|line| line == "users QUARANTINED"));
    assert!(seventh.iter().any(|line| line.starts_with("why: page 2")));
    assert!(seventh.iter().any(|line| line == "control CC6.1 NOT EVALUATED: users is quarantined"));
    assert_eq!(day(&story, "2026-05-08"), ["cycle MISSING: no snapshot and no failure record answers it"]);
    let quiet: Vec<_> = story
        .stretches
        .iter()
        .filter(|part| matches!(part, Stretch::Quiet { .. }))
        .map(Stretch::heading)
        .collect();
    assert_eq!(
        quiet,
        [
            "2026-05-02 to 2026-05-03: 2 cycles, no drift, all controls pass",
            "2026-05-09: 1 cycle, no drift, all controls pass"
        ]
    );
}

#[test]
fn a_replay_that_differs_is_told_even_on_a_passing_day() {
    let mut report = sample::verified();
    if let Some(cell) = report.controls.first_mut().and_then(|control| control.cells.last_mut()) {
        cell.replayed = Some(ControlStatus::Fail);
    }
    let told = day(&tell(&report), "2026-05-09");
    assert_eq!(told, ["control CC6.1: REPLAY DIFFERS, recorded pass, replayed FAIL"]);
}

#[test]
fn changes_that_are_only_counted_are_no_quiet_day() {
    let mut report = sample::verified();
    if let Some(record) = report.records.last_mut() {
        record.drift_previous = Some(300_000);
    }
    assert_eq!(day(&tell(&report), "2026-05-09"), ["drift: 300,000 changes left out of this report"]);
}

#[test]
fn the_requested_period_bounds_the_story() {
    let mut report = sample::gaps();
    report.coverage.from_utc = Some(sample::time("2026-05-05T00:00:00Z"));
    let story = tell(&report);
    assert_eq!(story.records_outside, 6);
    assert!(
        matches!(story.stretches.first(), Some(Stretch::Day { date, .. }) if date.to_string() == "2026-05-05")
    );
}

#[test]
fn no_control_recorded_is_not_all_pass() {
    let mut report = sample::verified();
    report.controls.clear();
    assert!(tell(&report).stretches.last().unwrap().heading().ends_with("no drift, no control recorded"));
}

#[test]
fn a_large_set_is_told_in_part() {
    let mut report = sample::gaps();
    for row in &mut report.drift {
        if row.change.set_added.is_some() {
            row.change.set_added = Some((0..40).map(|number| format!("p{number:02}").into()).collect());
        }
    }
    let told = day(&tell(&report), "2026-05-04");
    let at = told.iter().position(|line| line == "/permissions (set):").unwrap();
    assert_eq!(
        told[at + 1..at + 7],
        ["+\"p00\"", "+\"p01\"", "+\"p02\"", "+\"p03\"", "+\"p04\"", "+ and 35 elements more"]
    );
}
