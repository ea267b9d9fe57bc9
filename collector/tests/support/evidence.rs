//! Evidence for tests: the demo, played once per test program.

use std::collections::BTreeSet;
use std::path::Path;

use collector::demo::runner::{Demo, DemoPlan};
use collector::demo::scenario::Scenario;
use verify_core::report::Report;
use verify_core::source::Source;
use verify_core::verify::{InProcessEvaluators, Options, Silent, verify};

/// Plays a demo into `out`, which must not exist.
pub(crate) fn play(
    out: &Path,
    days: u32,
    users: usize,
    seed: u64,
    profile: &'static str,
    scenario: Scenario,
) {
    let plan = DemoPlan { days, users, out: out.to_owned(), seed, scenario, profile, faults: Vec::new() };
    let mut demo = Demo::begin(plan).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for day in 1..=days {
            demo.play(day).await.unwrap();
        }
    });
    demo.end().unwrap();
}

/// Verifies with everything on.
pub(crate) fn judge(source: &dyn Source, options: &Options) -> Report {
    verify(source, options, &InProcessEvaluators, &Silent)
}

/// Codes of all findings that decide, and the exit code.
pub(crate) fn outcome(report: &Report) -> (BTreeSet<&'static str>, u8) {
    let codes = report.decisive().map(|finding| finding.code.as_str()).collect();
    (codes, report.verdict.exit_code)
}
