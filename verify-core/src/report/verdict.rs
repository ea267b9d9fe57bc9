//! From checks and findings to one verdict and one exit code (design: 1, 5, 4, 3, 6 in that order).

use serde::{Deserialize, Serialize};

use super::{BundleSummary, Coverage, LadderStep, ladder_words};
use crate::finding::{ExitClass, Finding};

/// The answer in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictWord {
    /// Whole and replayed.
    Verified,
    /// Integrity failed.
    Failed,
    /// Whole, but a replay differs from what was recorded.
    ReplayDiffers,
    /// Whole, but cycles are missing, or only explained afterwards.
    Gaps,
    /// Nothing, or not enough, could be checked.
    Inconclusive,
    /// Whole, and it records violations that the user asked to fail on.
    Violations,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// In one word.
    pub word: VerdictWord,
    /// In one sentence, with how far it is proven.
    pub sentence: String,
    /// The process exit code, the same in every mode.
    pub exit_code: u8,
}

/// What the verdict is made from.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'a> {
    /// All findings.
    pub findings: &'a [Finding],
    /// Integrity findings that are counted, but not among them.
    pub omitted: u64,
    /// The cycles.
    pub coverage: &'a Coverage,
    /// The ladder over all records.
    pub assurance: &'a [LadderStep],
    /// The size of the sample, if it is one.
    pub bundle: Option<BundleSummary>,
    /// Records judged.
    pub records: u64,
    /// Checks evaluated, passed or failed.
    pub evaluated: u64,
    /// Why a required check could not run; any entry makes it inconclusive.
    pub required_but_missing: &'a [String],
    /// Whether explained cycles are accepted.
    pub accept_explained: bool,
    /// Whether recorded violations fail.
    pub fail_on_violations: bool,
    /// Violations recorded and not covered by an exception.
    pub violations: u64,
}

impl<'a> Grounds<'a> {
    /// Grounds on which nothing can be claimed.
    #[must_use]
    pub const fn nothing(coverage: &'a Coverage) -> Self {
        Self {
            findings: &[],
            omitted: 0,
            coverage,
            assurance: &[],
            bundle: None,
            records: 0,
            evaluated: 0,
            required_but_missing: &[],
            accept_explained: false,
            fail_on_violations: false,
            violations: 0,
        }
    }
}

/// Decides. Never green on nothing: no record or no evaluated check is inconclusive (rule 1).
#[must_use]
pub fn judge(grounds: Grounds<'_>) -> Verdict {
    let count = |class| grounds.findings.iter().filter(|finding| finding.code.exit_class() == class).count();
    let integrity = count(ExitClass::Integrity);
    let replay = count(ExitClass::Replay);
    let cadence = count(ExitClass::Cadence);
    let explained = if grounds.accept_explained { 0 } else { grounds.coverage.explained };
    let (word, exit_code, sentence) = if integrity > 0 {
        (
            VerdictWord::Failed,
            1,
            format!(
                "integrity failed: {}",
                plural(integrity as u64 + grounds.omitted, "finding", "findings")
            ),
        )
    } else if let [first, rest @ ..] = grounds.required_but_missing {
        let more = match rest.len() {
            0 => String::new(),
            1 => " (and 1 more reason)".to_owned(),
            more => format!(" (and {more} more reasons)"),
        };
        (VerdictWord::Inconclusive, 5, format!("inconclusive: {first}{more}"))
    } else if grounds.records == 0 || grounds.evaluated == 0 {
        (VerdictWord::Inconclusive, 5, "inconclusive: there was nothing to verify".to_owned())
    } else if replay > 0 {
        (VerdictWord::ReplayDiffers, 4, format!("whole, but {} from what was recorded", differ(replay)))
    } else if cadence > 0 || explained > 0 {
        let missing = grounds.coverage.missing;
        let sentence = match (missing, explained) {
            (0, 0) => "whole, but later records may have been cut".to_owned(),
            (_, 0) => format!("whole, but {} missing", plural(missing, "cycle is", "cycles are")),
            (0, _) => format!(
                "whole, but {} only explained afterwards",
                plural(explained, "cycle is", "cycles are")
            ),
            _ => format!("whole, but {missing} cycles are missing and {explained} only explained afterwards"),
        };
        (VerdictWord::Gaps, 3, sentence)
    } else if grounds.fail_on_violations && grounds.violations > 0 {
        let violations = grounds.violations;
        (
            VerdictWord::Violations,
            6,
            format!("verified evidence of {}", plural(violations, "violation", "violations")),
        )
    } else {
        (VerdictWord::Verified, 0, "verified".to_owned())
    };
    let sentence = if exit_code == 1 || exit_code == 5 {
        sentence
    } else {
        format!("{sentence} ({})", ladder_words(grounds.assurance))
    };
    // A sample is always said to be one, whatever else is said: a gap must never look like a choice.
    let sentence = match grounds.bundle {
        Some(BundleSummary { records, of }) => {
            format!("{sentence}; sampled: {records} of {of} records, coverage not claimed")
        }
        None => sentence,
    };
    Verdict { word, sentence, exit_code }
}

fn differ(count: usize) -> String {
    if count == 1 { "1 replay differs".to_owned() } else { format!("{count} replays differ") }
}

fn plural(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
