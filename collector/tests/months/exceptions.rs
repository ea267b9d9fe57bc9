//! Exceptions, explanations and approved rules, end to end: recorded between two days of a demo, relied
//! on by the cycles that follow, and judged again by the verifier.

use std::path::Path;
use std::sync::Arc;

use collector::cli::Decision;
use collector::command::approve::{Approving, approve};
use collector::demo::runner::{Demo, DemoPlan};
use collector::demo::scenario::Scenario;
use collector::rules::Rules;
use collector::seal::SealedRecord;
use collector::session::{Built, Session, SessionError, small_record};
use serde_json::Value;
use verify_core::finding::Code;
use verify_core::model::{
    ControlStatus, Exception, ExceptionDocument, Explanation, ExplanationDocument, Kind, Sequence, Subject,
};
use verify_core::report::{ControlCell, Report, SlotStatus, VerdictWord};
use verify_core::source::Folder;
use verify_core::time::UtcTime;
use verify_core::verify::Options;

use super::USERS;
use super::evidence::{judge, outcome};
use super::forge::Forge;

/// A role loses its second factor on day 3, for good; day 6 is never run.
const STORY: &str = r#"
start = "2026-05-01"
event = [
    { day = 1, kind = "baseline_approval", by = "Ines Duarte", ticket = "CHG-1", reason = "reviewed" },
    { day = 3, kind = "role_change", role = "Telephony_Admin", mfa_enforced = false },
    { day = 6, kind = "skipped" },
]
"#;

struct Run {
    demo: Demo,
    runtime: tokio::runtime::Runtime,
}

impl Run {
    fn begin(root: &Path, days: u32) -> Self {
        let scenario = Scenario::from_toml(STORY).unwrap().first_days(days);
        let (out, faults) = (root.to_owned(), Vec::new());
        let demo = Demo::begin(DemoPlan {
            days,
            users: USERS,
            out,
            seed: 5,
            scenario,
            profile: "reference",
            faults,
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { demo: demo.unwrap(), runtime }
    }

    fn play(&mut self, days: std::ops::RangeInclusive<u32>) {
        for day in days {
            self.runtime.block_on(self.demo.play(day)).unwrap();
        }
    }
}

fn time(text: &str) -> UtcTime {
    text.parse().unwrap()
}

fn decision() -> Decision {
    Decision { by: "j.doe".to_owned(), ticket: "CHG-7".to_owned(), reason: "a test".to_owned() }
}

/// Commits one small record; with the rules in force, or with those of `session` whoever approved them.
fn commit<T: serde::Serialize>(
    session: &Session,
    kind: Kind,
    in_force: bool,
    document: impl Fn(Sequence) -> T,
) -> SealedRecord {
    let mut chain = session.chain().unwrap().unwrap();
    let record = session.commit::<SessionError>(&mut chain, |chain| {
        let rules = if in_force {
            session.rules.in_force(chain, session.store.as_ref(), &session.schedule, None)?
        } else {
            session.rules.configured(&session.schedule)
        };
        let draft = small_record(kind, &document(chain.head), &rules, "j.doe")?;
        Ok(Some(Built { draft, rules }))
    });
    record.unwrap().unwrap()
}

fn exception(entity: &str, from: &str, expires: &str) -> ExceptionDocument {
    ExceptionDocument {
        exception: Exception {
            control_id: "CC6.1".to_owned(),
            resource: "security_roles".to_owned(),
            entity: entity.to_owned(),
            owner: "a.lee".to_owned(),
            approved_by: "j.doe".to_owned(),
            ticket: "CHG-8".to_owned(),
            reason: "the second factor is being rolled out".to_owned(),
            valid_from_utc: time(from),
            expires_utc: time(expires),
        },
    }
}

fn verified(root: &Path, options: &Options) -> Report {
    judge(&Folder::new(root), options)
}

/// The cell of CC6.1 on a day of May.
fn cell(report: &Report, day: i8) -> &ControlCell {
    let row = report.controls.iter().find(|row| row.control_id == "CC6.1").unwrap();
    row.cells.iter().find(|cell| cell.scheduled_utc.unwrap().civil().day() == day).unwrap()
}

/// Recorded, replayed and with exceptions; and the exceptions of the day's violations.
fn judged(report: &Report, day: i8) -> ([ControlStatus; 3], Vec<Option<u64>>) {
    let cell = cell(report, day);
    let violations = report.violations.iter().filter(|row| row.sequence == cell.sequence);
    let exceptions = violations.map(|row| row.exception_sequence).collect();
    ([cell.recorded, cell.replayed.unwrap(), cell.with_exceptions], exceptions)
}

const PASS: ControlStatus = ControlStatus::Pass;
const FAIL: ControlStatus = ControlStatus::Fail;

#[test]
fn an_exception_covers_its_time_and_an_explanation_its_slot() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("evidence");
    let mut run = Run::begin(&root, 8);
    run.play(1..=3);
    let report = verified(&root, &Options::default());
    assert_eq!(judged(&report, 2), ([PASS; 3], vec![]));
    assert_eq!(judged(&report, 3), ([FAIL; 3], vec![None]));
    let entity = report.violations[0].entity.clone();

    // Up to, and without, the slot of day 5.
    let document = exception(&entity, "2026-05-04T00:00:00Z", "2026-05-05T08:00:00Z");
    let sequence = commit(run.demo.session(), Kind::Exception, true, |_| document.clone()).sequence.0;
    run.play(4..=8);
    let report = verified(&root, &Options::default());
    assert_eq!(judged(&report, 3), ([FAIL; 3], vec![None]), "an exception says nothing of earlier days");
    assert_eq!(judged(&report, 4), ([FAIL, FAIL, PASS], vec![Some(sequence)]));
    assert_eq!(judged(&report, 5), ([FAIL; 3], vec![None]), "expired");
    assert_eq!(outcome(&report), (["CHAIN-CADENCE"].into(), 3), "{:#?}", report.findings);
    assert_eq!(report.chain.as_ref().unwrap().uncommitted, 0);

    commit(run.demo.session(), Kind::Explanation, true, |head| ExplanationDocument {
        explanation: Explanation {
            scheduled_utc: time("2026-05-06T08:00:00Z"),
            explained_by: "j.doe".to_owned(),
            ticket: "INC-3".to_owned(),
            reason: "the host was rebuilt".to_owned(),
            written_after: head,
        },
    });
    run.demo.end().unwrap();
    explained(&root);
    forged(&root);
}

fn explained(root: &Path) {
    let report = verified(root, &Options::default());
    assert_eq!(report.findings, [], "explained is not missing");
    assert_eq!((report.verdict.word, report.verdict.exit_code), (VerdictWord::Gaps, 3));
    let row = &report.coverage.rows[5];
    assert_eq!((row.status, row.sequences.len()), (SlotStatus::Explained, 1));
    assert_eq!((report.coverage.sealed, report.coverage.explained, report.coverage.missing), (7, 1, 0));

    let accepted = Options { accept_explained: true, ..Options::default() };
    let report = verified(root, &accepted);
    assert_eq!((report.verdict.word, report.verdict.exit_code), (VerdictWord::Verified, 0));
    assert_eq!(report.coverage.rows[5].status, SlotStatus::Explained);
    let strict = Options { fail_on_violations: true, ..accepted };
    let report = verified(root, &strict);
    assert_eq!((report.verdict.word, report.verdict.exit_code), (VerdictWord::Violations, 6));
    // The gap weighs more than the violations.
    let report = verified(root, &Options { accept_explained: false, ..strict });
    assert_eq!(report.verdict.exit_code, 3);
}

/// What exceptions cover is replayed: neither a result nor an exception can be stretched afterwards.
fn forged(root: &Path) {
    let accepted = Options { accept_explained: true, ..Options::default() };
    let sound = Forge::open(root);
    let mut result = sound.clone();
    let index = result.index_of("evidence-2026-05-05");
    result.records[index].edit("validation.json", |value| {
        let results = value["validation_results"]["controls_validated"].as_array_mut().unwrap();
        let control = results.iter_mut().find(|control| control["control_id"] == "CC6.1").unwrap();
        control["status_with_exceptions"] = Value::from("PASS");
    });
    let report = judge(&result.rewrite_from(index), &accepted);
    assert_eq!(outcome(&report), (["POLICY-REPLAY"].into(), 4), "{:#?}", report.findings);

    let mut relied = sound.clone();
    let known = relied.records[relied.index_of("exception-2026-05-03")].manifest.sequence.0;
    relied.records[index].edit("validation.json", |value| {
        let violations = &mut value["validation_results"]["policy_violations"];
        violations[0]["exception_sequence"] = Value::from(known);
    });
    let report = judge(&relied.rewrite_from(index), &accepted);
    let (codes, exit) = outcome(&report);
    assert_eq!((codes, exit), (["POLICY-REPLAY"].into(), 4), "{:#?}", report.findings);
    let expired = report.findings.iter().filter(|finding| finding.code == Code::ExceptionExpired);
    assert_eq!(expired.count(), 1, "{:#?}", report.findings);

    let mut stretched = sound;
    let index = stretched.index_of("exception-2026-05-03");
    stretched.records[index].edit("exception.json", |value| {
        value["exception"]["expires_utc"] = Value::from("2026-06-01T00:00:00Z");
    });
    let report = judge(&stretched.rewrite_from(index), &accepted);
    assert_eq!(outcome(&report), (["POLICY-REPLAY"].into(), 4), "{:#?}", report.findings);
}

#[test]
fn covered_violations_do_not_fail_a_verification_that_fails_on_violations() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("evidence");
    let mut run = Run::begin(&root, 3);
    run.play(1..=2);
    let role = {
        let forge = Forge::open(&root);
        let snapshot: Value = serde_json::from_slice(&forge.records[1].members["snapshot.json"]).unwrap();
        let roles = snapshot["security_roles"].as_array().unwrap();
        let role = roles.iter().find(|role| role["name"] == "Telephony_Admin").unwrap();
        role["id"].as_str().unwrap().to_owned()
    };
    let document = exception(&role, "2026-05-03T00:00:00Z", "2026-06-01T00:00:00Z");
    let sequence = commit(run.demo.session(), Kind::Exception, true, |_| document.clone()).sequence.0;
    run.play(3..=3);
    run.demo.end().unwrap();
    let report = verified(&root, &Options { fail_on_violations: true, ..Options::default() });
    assert_eq!(judged(&report, 3), ([FAIL, FAIL, PASS], vec![Some(sequence)]));
    assert_eq!((report.findings.len(), report.verdict.exit_code), (0, 0), "{:#?}", report.verdict);
}

#[test]
fn an_approval_ends_the_finding_about_changed_policies() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("evidence");
    let mut run = Run::begin(&root, 1);
    run.play(1..=1);
    let session = run.demo.session();
    let mut members = session.rules.members.clone();
    let loosened = br#"{"networks":["0.0.0.0/0"]}"#.to_vec();
    members.insert("policies/data/approved_networks.json".to_owned(), loosened).unwrap();
    let rules = Rules::of(session.rules.profile.clone(), members, &session.schedule).unwrap();
    let edited = Session { rules: Arc::new(rules), ..session.clone() };
    let document = exception("role-0000000007", "2026-05-02T00:00:00Z", "2026-05-03T00:00:00Z");
    let before = commit(&edited, Kind::Exception, false, |_| document.clone()).sequence.0;
    let mut chain = edited.chain().unwrap().unwrap();
    approve(&edited, &mut chain, &Approving::Rule(Subject::Policies), &decision()).unwrap();
    let after = commit(&edited, Kind::Exception, false, |_| document.clone()).sequence.0;
    assert_eq!(after, before + 2);
    let report = verified(&root, &Options::default());
    let unapproved: Vec<_> = report.findings.iter().map(|f| (f.code, f.place.sequence)).collect();
    assert_eq!(unapproved, [(Code::RulesUnapproved, Some(before))], "{:#?}", report.findings);
    assert_eq!(report.verdict.exit_code, 1);
    run.demo.end().unwrap();
}
