//! Evidence that promises, holds or repeats too much, or nothing at all: both implementations stop in
//! time, and say the same.

use std::time::{Duration, Instant};

use verify_core::model::Schedule;
use verify_core::report::Report;
use verify_core::source::Memory;
use verify_core::verify::{InProcessEvaluators, Options, Silent, verify};

use super::chain::{Chain, standard};
use super::documents::{self, Documents};
use super::python::{Files, judge};

/// Longest that either implementation may take for one of these: ten seconds, times what tests that run beside
/// each other cost on a small machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Verdicts of both, which must agree on the exit code; the verifier's report.
fn both(files: &Files, exit: u8) -> Report {
    let started = Instant::now();
    let report = verify(&Memory { files: files.clone() }, &Options::default(), &InProcessEvaluators, &Silent);
    assert!(started.elapsed() < PATIENCE, "verifier: {:?}", started.elapsed());
    let shown = (&report.verdict.sentence, report.findings.first());
    assert_eq!(report.verdict.exit_code, exit, "{shown:#?}");
    let started = Instant::now();
    let answer = judge(files, &[]);
    assert!(started.elapsed() < PATIENCE, "verify.py: {:?}", started.elapsed());
    assert_eq!(answer.exit, i32::from(exit), "{shown:#?}");
    report
}

fn under(cron: &str) -> Chain {
    let schedule = Schedule { cron: cron.to_owned(), ..documents::daily() };
    Chain::start(Documents { schedule, ..documents::usual() }, "acme", "2026-05-01T00:00:00Z")
}

#[test]
fn a_chain_that_covers_nothing_is_inconclusive() {
    for chain in [under("0 8 * * *"), under("0 0 30 2 *")] {
        let report = both(&chain.files(), 5);
        assert!(report.findings.is_empty(), "{:#?}", report.findings);
        let sentence = "inconclusive: no cycle was due yet and no snapshot was taken";
        assert_eq!(report.verdict.sentence, sentence);
    }
    let mut never = under("0 0 30 2 *");
    never.failure("2026-05-01T08:00:00Z");
    both(&never.files(), 5);
}

#[test]
fn a_schedule_for_every_minute_until_the_year_9998_is_inconclusive() {
    let mut chain = under("* * * * *");
    chain.snapshot("9998-12-31T08:00:00Z");
    let report = both(&chain.files(), 5);
    let sentence = &report.verdict.sentence;
    assert!(sentence.contains("the schedule promises more than 1000000 cycles from 2026-05-01T00:00:00Z"));
    assert!(sentence.contains("to 9998-12-31T08:00:00Z (--max-cycles)"), "{sentence}");
    let cadence = report.checks.iter().find(|check| check.code.as_str() == "CHAIN-CADENCE").unwrap();
    assert_eq!((cadence.failed, cadence.not_evaluated), (0, 1));
}

#[test]
fn a_flood_of_missing_cycles_is_counted_and_the_first_are_listed() {
    let mut chain = under("* * * * *");
    chain.snapshot("2027-05-01T08:00:00Z");
    let report = both(&chain.files(), 3);
    assert_eq!(report.coverage.missing, 526_080);
    let cadence = report.checks.iter().find(|check| check.code.as_str() == "CHAIN-CADENCE").unwrap();
    assert_eq!(cadence.failed, 526_080);
    let listed = report.findings.iter().filter(|finding| finding.code.as_str() == "CHAIN-CADENCE").count();
    assert_eq!((listed, report.findings_omitted), (10_000, 516_080));
}

/// A document whose tree would take a thousand times its text, in a member and in an entity of a snapshot.
#[test]
fn documents_of_too_many_values_are_json_limits() {
    let flood = |count: usize| format!("[{}]", vec!["{\"a\":0}"; count].join(","));
    for (member, count, exit) in [("validation.json", 500_010, 1), ("snapshot.json", 2_000_010, 1)] {
        let mut chain = standard();
        let link = chain.links.last_mut().unwrap();
        link.members.insert(member.to_owned(), format!("{{\"z\":{}}}", flood(count)).into_bytes());
        link.reseal();
        let report = both(&chain.files(), exit);
        let limits = report.findings.iter().find(|finding| finding.code.as_str() == "JSON-LIMITS").unwrap();
        let option = if member == "snapshot.json" { "--max-snapshot-values" } else { "--max-values" };
        assert!(limits.found.contains(option), "{limits:?}");
    }
    // One entity of a snapshot may hold no more than a document.
    let mut chain = standard();
    let link = chain.links.last_mut().unwrap();
    let text = String::from_utf8(link.members["snapshot.json"].clone()).unwrap();
    let text = text.replacen(
        "\"extraction_metadata\"",
        &format!("\"aa\":[{}],\"extraction_metadata\"", flood(500_010)),
        1,
    );
    link.members.insert("snapshot.json".to_owned(), text.into_bytes());
    link.reseal();
    let report = both(&chain.files(), 1);
    assert!(
        report.findings.iter().any(|finding| finding.code.as_str() == "JSON-LIMITS"),
        "{:#?}",
        report.findings
    );
}
