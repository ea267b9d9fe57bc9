//! What several tests share: small demo runs, and the verifier over a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use collector::demo::runner::{Demo, DemoPlan};
use collector::demo::scenario::Scenario;
use collector::demo::summary::Day;
use verify_core::finding::ExitClass;
use verify_core::report::Report;
use verify_core::source::Folder;
use verify_core::verify::{InProcessEvaluators, Options, Silent, verify};

/// A small run of the default month.
pub(crate) fn plan(out: PathBuf, days: u32) -> DemoPlan {
    DemoPlan {
        days,
        users: 20,
        out,
        seed: 7,
        scenario: Scenario::default_month().unwrap().first_days(days),
        profile: "reference",
        faults: Vec::new(),
    }
}

/// A runtime for one test.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Plays all days of `demo`.
pub(crate) fn play(demo: &mut Demo) -> Vec<Day> {
    let runtime = runtime();
    (1..=demo.days()).map(|day| runtime.block_on(demo.play(day)).unwrap()).collect()
}

/// What the verifier says of the evidence in `root`.
pub(crate) fn verified(root: &Path) -> Report {
    verify(&Folder::new(root), &Options::default(), &InProcessEvaluators, &Silent)
}

/// Codes of findings that speak against the evidence or its replay.
pub(crate) fn against(report: &Report) -> Vec<String> {
    report
        .findings
        .iter()
        .filter(|finding| matches!(finding.code.exit_class(), ExitClass::Integrity | ExitClass::Replay))
        .map(|finding| format!("{} {:?}: {}", finding.code, finding.place, finding.message))
        .collect()
}

/// Every file below `root` with its bytes.
pub(crate) fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn collect(folder: &Path, root: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, root, into);
            } else {
                into.insert(path.strip_prefix(root).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    if root.exists() {
        collect(root, root, &mut found);
    }
    found
}
