//! A hostile policy costs its time once, not once for every day of the chain.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends at the first surprise"
)]

#[expect(dead_code, reason = "other tests tamper with more of it")]
#[path = "support/chain.rs"]
mod chain;
#[path = "support/documents.rs"]
mod documents;

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use verify_core::coverage::Period;
use verify_core::finding::Code;
use verify_core::model::Control;
use verify_core::policy::{
    Evaluator, PolicyError, PolicyErrorKind, PolicyFiles, PolicyOutcome, SPENT_REASON,
};
use verify_core::report::Report;
use verify_core::source::Memory;
use verify_core::verify::{Evaluators, Mode, Options, Silent, verify};

use chain::{standard, time};

/// Every policy exceeds its limits here; counts how often one was tried.
#[derive(Default)]
struct Exhausting(AtomicUsize);

struct One<'a>(&'a Exhausting);

impl Evaluator for One<'_> {
    fn evaluate(&mut self, _: &PolicyFiles, _: &Control, _: &[u8]) -> Result<PolicyOutcome, PolicyError> {
        self.0.0.fetch_add(1, Ordering::Relaxed);
        Err(PolicyError {
            kind: PolicyErrorKind::Limits,
            place: "p".to_owned(),
            message: "too slow".to_owned(),
        })
    }
}

impl Evaluators for &'static Exhausting {
    fn make(&self) -> Box<dyn Evaluator + Send> {
        Box::new(One(self))
    }
}

fn judge(chain: &chain::Chain, mode: Mode) -> (Report, usize) {
    let evaluators: &'static Exhausting = Box::leak(Box::default());
    let period = Period { from_utc: None, to_utc: Some(time("2026-05-03T23:59:59Z")) };
    let options = Options { period, mode, ..Options::default() };
    let report = verify(&Memory { files: chain.files() }, &options, &evaluators, &Silent);
    (report, evaluators.0.load(Ordering::Relaxed))
}

fn places(report: &Report, code: Code) -> (u64, u64, u64) {
    let check = report.checks.iter().find(|check| check.code == code).unwrap();
    (check.passed, check.failed, check.not_evaluated)
}

#[test]
fn a_set_of_policies_that_exceeds_its_limits_is_tried_once() {
    for mode in [Mode::Incremental, Mode::FromScratch] {
        let (report, tried) = judge(&standard(), mode);
        assert_eq!((tried, report.verdict.exit_code), (1, 4), "{:#?}", report.findings);
        assert_eq!(places(&report, Code::PolicyLimits), (0, 1, 2));
        let check = report.checks.iter().find(|check| check.code == Code::PolicyLimits).unwrap();
        assert_eq!(check.reasons.get(SPENT_REASON), Some(&2), "{:?}", check.reasons);
        let (_, _, not_evaluated) = places(&report, Code::PolicyReplay);
        assert_eq!(not_evaluated, 2, "what was not tried is no difference");
    }
}

#[test]
fn after_two_such_sets_no_other_is_tried() {
    let mut chain = chain::Chain::start(documents::usual(), "acme", "2026-05-01T00:00:00Z");
    for day in 1..=8 {
        chain.snapshot(&format!("2026-05-0{day}T08:00:00Z"));
        let limits = json!({"most_administrators": day + 2});
        chain.approve_policy("policies/data/limits.json", &limits, &format!("2026-05-0{day}T12:00:00Z"));
    }
    let (report, tried) = judge(&chain, Mode::Incremental);
    assert_eq!((tried, report.verdict.exit_code), (2, 4), "{:#?}", report.findings);
    assert_eq!(places(&report, Code::PolicyLimits), (0, 2, 6));
}
