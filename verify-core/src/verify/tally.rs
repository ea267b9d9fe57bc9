//! Counting checks: each place where a check applies ends passed, failed or not evaluated.
//!
//! Nothing is dropped: a check that never ran is still listed, with zero in every column.

use std::collections::BTreeMap;

use crate::finding::{Code, ExitClass, Finding, Place};
use crate::report::CheckSummary;

#[derive(Debug, Clone, Default)]
struct Count {
    passed: u64,
    failed: u64,
    /// Failures that are counted, but not listed any more.
    omitted: u64,
    not_evaluated: u64,
    reasons: BTreeMap<String, u64>,
}

/// Findings of one code that one part of the work lists about one record; more are counted.
const MOST_OF_RECORD: usize = 100;

/// The same where no record is known: strays, missing cycles.
const MOST_OF_SOURCE: usize = 10_000;

/// Counts and findings of one part of the work; parts are merged in the order of the chain.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    counts: BTreeMap<Code, Count>,
    findings: Vec<Finding>,
    listed: BTreeMap<(Code, Option<u64>), usize>,
}

impl Tally {
    /// The check held at one place.
    pub(super) fn pass(&mut self, code: Code) {
        self.counts.entry(code).or_default().passed += 1;
    }

    /// The check failed at one place.
    pub(super) fn fail(&mut self, finding: Finding) {
        let count = self.counts.entry(finding.code).or_default();
        count.failed += 1;
        let most = if finding.place.sequence.is_some() { MOST_OF_RECORD } else { MOST_OF_SOURCE };
        let listed = self.listed.entry((finding.code, finding.place.sequence)).or_default();
        if *listed < most {
            *listed += 1;
            self.findings.push(finding);
        } else {
            count.omitted += 1;
        }
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
            sum.omitted += count.omitted;
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

    /// As [`Self::skip`], where the check was asked nowhere.
    pub(super) fn skip_if_unasked(&mut self, code: Code, reason: &str) {
        if !self.counts.contains_key(&code) {
            self.skip(code, reason);
        }
    }

    /// Places where the check failed so far.
    pub(super) fn failures(&self, code: Code) -> u64 {
        self.counts.get(&code).map_or(0, |count| count.failed)
    }

    /// Takes back what is said of checks that nobody asked for.
    pub(super) fn leave_out_quietly(&mut self, asked: impl Fn(Code) -> bool) {
        self.findings.retain(|finding| asked(finding.code));
        self.counts.retain(|code, count| asked(*code) || count.not_evaluated > 0 && count.failed == 0);
    }

    /// As [`Self::leave_out_quietly`], and lists each such check with why.
    pub(super) fn leave_out(&mut self, asked: impl Fn(Code) -> bool, reason: &str) {
        self.findings.retain(|finding| asked(finding.code));
        for code in Code::ALL.iter().filter(|code| !asked(**code)) {
            let not_evaluated = self.counts.get(code).is_some_and(|count| count.not_evaluated > 0);
            if !not_evaluated || self.failures(*code) > 0 {
                self.counts.remove(code);
                self.skip(*code, reason);
            } else if let Some(count) = self.counts.get_mut(code) {
                count.passed = 0;
            }
        }
    }

    /// Findings so far.
    pub(super) fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Failures that are counted, but not listed, of codes with this exit class.
    pub(super) fn omitted(&self, class: ExitClass) -> u64 {
        let own = self.counts.iter().filter(|(code, _)| code.exit_class() == class);
        own.map(|(_, count)| count.omitted).sum()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_and_no_record_is_forgotten() {
        let mut tally = Tally::default();
        for sequence in 0..3 {
            for _ in 0..1_000 {
                let place = Place { sequence: Some(sequence), ..Place::default() };
                tally.fail(Finding::new(Code::PkgHashMember, place, "a", "b", "c"));
            }
        }
        let mut other = Tally::default();
        other.fail(Finding::new(Code::PkgHashMember, Place::default(), "a", "b", "c"));
        tally.merge(other);
        assert_eq!(tally.findings().len(), 3 * MOST_OF_RECORD + 1);
        assert_eq!(tally.omitted(ExitClass::Integrity), 3 * (1_000 - MOST_OF_RECORD as u64));
        assert_eq!(tally.omitted(ExitClass::Replay), 0);
        let (checks, _) = tally.finish();
        let check = checks.iter().find(|check| check.code == Code::PkgHashMember).unwrap();
        assert_eq!(check.failed, 3_001);
    }
}
