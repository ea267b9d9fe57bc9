//! Counting checks: each place where a check applies ends passed, failed or not evaluated.
//!
//! Nothing is dropped: a check that never ran is still listed, with zero in every column.

use std::collections::BTreeMap;

use crate::finding::{Code, Finding, Place};
use crate::report::CheckSummary;

#[derive(Debug, Clone, Default)]
struct Count {
    passed: u64,
    failed: u64,
    not_evaluated: u64,
    reasons: BTreeMap<String, u64>,
}

/// Counts and findings of one part of the work; parts are merged in the order of the chain.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    counts: BTreeMap<Code, Count>,
    findings: Vec<Finding>,
}

impl Tally {
    /// The check held at one place.
    pub(super) fn pass(&mut self, code: Code) {
        self.counts.entry(code).or_default().passed += 1;
    }

    /// The check failed at one place.
    pub(super) fn fail(&mut self, finding: Finding) {
        self.counts.entry(finding.code).or_default().failed += 1;
        self.findings.push(finding);
    }

    /// Every finding is a failure at its place.
    pub(super) fn fail_all(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            self.fail(finding);
        }
    }

    /// Each of the checks held at one place.
    pub(super) fn pass_all(&mut self, codes: &[Code]) {
        for code in codes {
            self.pass(*code);
        }
    }

    /// The check could not be evaluated at one place.
    pub(super) fn skip(&mut self, code: Code, reason: &str) {
        let count = self.counts.entry(code).or_default();
        count.not_evaluated += 1;
        *count.reasons.entry(reason.to_owned()).or_default() += 1;
    }

    /// Passes if both sides are equal, else fails with them.
    pub(super) fn equal<T: PartialEq + ToString>(
        &mut self,
        code: Code,
        place: &Place,
        expected: &T,
        found: &T,
        message: &str,
    ) -> bool {
        let holds = expected == found;
        if holds {
            self.pass(code);
        } else {
            self.fail(Finding::new(code, place.clone(), expected.to_string(), found.to_string(), message));
        }
        holds
    }

    /// Fails with every finding, or passes once if there is none.
    pub(super) fn all(&mut self, code: Code, findings: Vec<Finding>) -> bool {
        if findings.is_empty() {
            self.pass(code);
            return true;
        }
        self.fail_all(findings);
        false
    }

    /// Adds what another part found, after what is here.
    pub(super) fn merge(&mut self, other: Self) {
        for (code, count) in other.counts {
            let sum = self.counts.entry(code).or_default();
            sum.passed += count.passed;
            sum.failed += count.failed;
            sum.not_evaluated += count.not_evaluated;
            for (reason, times) in count.reasons {
                *sum.reasons.entry(reason).or_default() += times;
            }
        }
        self.findings.extend(other.findings);
    }

    /// Whether the check was evaluated at least once and skipped nowhere.
    pub(super) fn ran(&self, code: Code) -> bool {
        self.counts
            .get(&code)
            .is_some_and(|count| count.passed + count.failed > 0 && count.not_evaluated == 0)
    }

    /// Findings so far.
    pub(super) fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Places evaluated, passed or failed.
    pub(super) fn evaluated(&self) -> u64 {
        self.counts.values().map(|count| count.passed + count.failed).sum()
    }

    /// One line per check that exists, and the findings.
    pub(super) fn finish(mut self) -> (Vec<CheckSummary>, Vec<Finding>) {
        let summaries = Code::ALL
            .iter()
            .map(|code| {
                let count = self.counts.remove(code).unwrap_or_default();
                CheckSummary {
                    code: *code,
                    passed: count.passed,
                    failed: count.failed,
                    not_evaluated: count.not_evaluated,
                    reasons: count.reasons,
                }
            })
            .collect();
        (summaries, self.findings)
    }
}
