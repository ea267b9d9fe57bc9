//! Whole demo months, end to end: every document keeps its schema, the tools of an auditor's machine
//! accept every package, both verifiers and OPA itself agree, and the report tells the scenario.
//!
//! Each month is played once per run of this program.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test ends at the first surprise, and packages are named exactly"
)]

#[path = "months/documents.rs"]
mod documents;
#[path = "support/evidence.rs"]
mod evidence;
#[path = "months/exceptions.rs"]
mod exceptions;
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "support/forge.rs"]
mod forge;
#[path = "months/opa.rs"]
mod opa;
#[path = "months/second.rs"]
mod second;
#[path = "months/story.rs"]
mod story;

use std::path::PathBuf;
use std::sync::LazyLock;

use collector::demo::scenario::Scenario;
use evidence::{judge, outcome, play};
use verify_core::model::{ControlStatus, Outcome};
use verify_core::report::{Rung, VerdictWord};
use verify_core::source::Folder;
use verify_core::verify::Options;

const USERS: usize = 24;

/// A month that was played, in a folder of its own.
pub(crate) struct Month {
    _folder: tempfile::TempDir,
    pub(crate) root: PathBuf,
}

fn month(profile: &'static str) -> Month {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("evidence");
    play(&root, 30, USERS, 11, profile, Scenario::default_month().unwrap());
    Month { _folder: folder, root }
}

pub(crate) static REFERENCE: LazyLock<Month> = LazyLock::new(|| month("reference"));
pub(crate) static GENESYS: LazyLock<Month> = LazyLock::new(|| month("genesys-cloud"));

#[test]
fn a_genesys_cloud_month_shows_its_gap_and_nothing_else() {
    let report = judge(&Folder::new(&GENESYS.root), &Options::default());
    assert_eq!(outcome(&report), (["CHAIN-CADENCE"].into(), 3), "{:#?}", report.findings);
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    assert_eq!(report.verdict.word, VerdictWord::Gaps);
    let reached: Vec<_> = report.assurance.iter().filter(|step| step.reached).map(|step| step.rung).collect();
    assert_eq!(reached, [Rung::Hashed, Rung::Chained, Rung::RePerformed], "{:?}", report.verdict);
    let summary = report.chain.as_ref().unwrap();
    assert_eq!((summary.tenant.platform.as_str(), summary.uncommitted), ("genesys-cloud", 0));
    let coverage = &report.coverage;
    assert_eq!((coverage.expected, coverage.sealed, coverage.failed, coverage.missing), (30, 28, 1, 1));
    let days = |control: &str, status| {
        let row = report.controls.iter().find(|row| row.control_id == control).unwrap();
        let cells = row.cells.iter().filter(move |cell| cell.recorded == status);
        cells.map(|cell| cell.scheduled_utc.unwrap().civil().day()).collect::<Vec<_>>()
    };
    assert_eq!(days("CC6.1", ControlStatus::NotEvaluated), [26]);
    assert_eq!(days("CC6.3", ControlStatus::Fail), [15]);
    assert_eq!(days("CC6.3", ControlStatus::NotEvaluated), [19]);
    assert_eq!(days("CC6.6", ControlStatus::Fail), [20, 21]);
    assert_eq!(days("CC6.6", ControlStatus::NotEvaluated), [26]);
    let drifted = report.records.iter().filter(|record| record.drift_baseline.is_some_and(|count| count > 0));
    let drifted: Vec<_> = drifted.map(|record| record.scheduled_utc.unwrap().civil().day()).collect();
    assert_eq!(drifted, [9, 10, 11, 15, 20, 21, 23], "the profile reads no schedules, so not 13");
    let incomplete = report
        .incomplete
        .iter()
        .map(|row| (row.scheduled_utc.unwrap().civil().day(), row.resource.as_str(), row.outcome));
    assert_eq!(
        incomplete.collect::<Vec<_>>(),
        [(19, "telephony_trunks", Outcome::Denied), (26, "users", Outcome::Quarantined)]
    );
    // What a control gave is what it gives again, wherever it could be asked.
    for cell in report.controls.iter().flat_map(|row| &row.cells) {
        assert_eq!(cell.replayed, Some(cell.recorded), "record {}", cell.sequence);
    }
}
