//! The words people read for the states of a report. One function per kind of state, used by text and
//! screens alike.

use std::collections::BTreeSet;

use verify_core::digest::Digest;
use verify_core::finding::{Code, ExitClass, Finding, Place, Severity};
use verify_core::model::{ChangeKind, ControlStatus, Outcome};
use verify_core::report::{Against, Report, SlotStatus, VerdictWord};
use verify_core::time::UtcTime;

use crate::cli::quoted;

mod ladder;

pub use ladder::{held_against, letters, meaning, not_proven, open, proven, proves, reach, share, standing};

/// The verdict in capitals.
#[must_use]
pub const fn verdict(word: VerdictWord) -> &'static str {
    match word {
        VerdictWord::Verified => "VERIFIED",
        VerdictWord::Failed => "FAILED",
        VerdictWord::ReplayDiffers => "REPLAY DIFFERS",
        VerdictWord::Gaps => "GAPS",
        VerdictWord::Inconclusive => "INCONCLUSIVE",
        VerdictWord::Violations => "VIOLATIONS",
    }
}

/// A slot in one letter, so that colour is never needed.
#[must_use]
pub const fn slot_letter(status: SlotStatus, incomplete: u64) -> char {
    match status {
        SlotStatus::Sealed if incomplete > 0 => 'i',
        SlotStatus::Sealed => '\u{b7}',
        SlotStatus::Failed => 'F',
        SlotStatus::Explained => 'E',
        SlotStatus::Missing => 'M',
    }
}

/// A control's result in one word.
#[must_use]
pub const fn control(status: ControlStatus) -> &'static str {
    match status {
        ControlStatus::Pass => "pass",
        ControlStatus::Fail => "FAIL",
        ControlStatus::NotEvaluated => "not evaluated",
    }
}

/// A control's result in one letter.
#[must_use]
pub const fn control_letter(status: ControlStatus) -> char {
    match status {
        ControlStatus::Pass => '\u{b7}',
        ControlStatus::Fail => 'F',
        ControlStatus::NotEvaluated => '?',
    }
}

/// How the reading of a resource ended.
#[must_use]
pub const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Complete => "complete",
        Outcome::Partial => "read in part",
        Outcome::Denied => "denied",
        Outcome::NotLicensed => "not licensed",
        Outcome::Quarantined => "quarantined",
        Outcome::Failed => "failed",
    }
}

/// Kind of a change.
#[must_use]
pub const fn change(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::Changed => "changed",
        ChangeKind::Reidentified => "re-identified",
    }
}

/// What a change is compared with.
#[must_use]
pub const fn against(against: Against) -> &'static str {
    match against {
        Against::Baseline => "baseline",
        Against::Previous => "previous state",
    }
}

/// Severity.
#[must_use]
pub const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// What to do about a finding.
#[must_use]
pub fn hint(code: Code) -> &'static str {
    match code {
        Code::SrcStable => "copy the evidence to a quiet place and verify the copy",
        Code::SrcLimits | Code::PkgZipLimits | Code::JsonLimits => {
            "if the size is legitimate, raise the limit (see the --max options) and verify again"
        }
        Code::SrcStray | Code::SrcName | Code::SrcType => "ask who put it there; it is part of no record",
        Code::ChainEmpty => "name the folder that holds chain/ and packages/",
        Code::ChainGenesis | Code::ChainGap | Code::PkgMissing => {
            "ask for the whole folder; if the owner cannot deliver it, the history is not proven there"
        }
        Code::ChainCadence => {
            "ask why the cycle did not run; an explanation record can be added, never a snapshot"
        }
        Code::ChainPeriod | Code::ChainTruncated | Code::AnchorHead => {
            "compare with the head line you kept; ask for the records up to the end of the period"
        }
        Code::RulesUnapproved | Code::RulesBaseline => "ask who changed it, and for the approval record",
        Code::OutEscape => "look at it here, where it is shown escaped; ask how this text came to be there",
        Code::PolicyPin => {
            "the report lists under RULES AND BASELINE which records were judged by what; ask who approved it"
        }
        Code::LockVersions => {
            "the first version was judged here; compare it with the others, and ask who put them there and when"
        }
        Code::LockRetention => "ask who shortened or never set the lock; until then keep a copy of your own",
        Code::LockDeclared => {
            "ask why the collector was configured so; records sealed before cannot be changed"
        }
        Code::LockKey => "ask who changed the encryption of the bucket, and who can use that key",
        Code::LockReceipt => {
            "ask who could write to the copy, and copy anew from the store; a receipt of another copy says this, too"
        }
        Code::PolicyLimits => "read the policy: it does not end, or needs more than the limits allow",
        _ => match code.exit_class() {
            ExitClass::Integrity => "compare with another copy of the evidence; do not rely on this record",
            ExitClass::Replay => {
                "compare the recorded with the recomputed result; do not rely on the recorded one"
            }
            ExitClass::Cadence | ExitClass::Note => "note it in the working papers",
        },
    }
}

/// The command that keeps the newest signed checkpoint, where the evidence holds one and nothing speaks against it.
#[must_use]
pub fn keep_command(report: &Report) -> Option<String> {
    let whole = report.verdict.word != VerdictWord::Failed && report.bundle.is_none();
    report.proofs.checkpoint.as_ref().filter(|_| whole)?;
    let key = if report.proofs.keys.iter().any(|row| row.given) { " --key VKEY" } else { "" };
    Some(format!("verifier checkpoint save {}{key} --out FILE", quoted(&report.source)))
}

/// The codes of all decisive findings, each once.
#[must_use]
pub fn codes(report: &Report) -> String {
    let codes: BTreeSet<_> = report.decisive().map(|finding| finding.code.as_str()).collect();
    codes.into_iter().collect::<Vec<_>>().join(", ")
}

/// A place in one line, raw: escape it before it is shown.
#[must_use]
pub fn place(place: &Place) -> String {
    let mut parts = Vec::new();
    if let Some(sequence) = place.sequence {
        parts.push(format!("record {sequence}"));
    }
    parts.extend([&place.file, &place.member, &place.pointer].into_iter().flatten().cloned());
    if parts.is_empty() { "the evidence as a whole".to_owned() } else { parts.join(" \u{203a} ") }
}

/// Findings, the heaviest first, then by record and code.
#[must_use]
pub fn by_weight(findings: &[Finding]) -> Vec<&Finding> {
    let mut ordered: Vec<_> = findings.iter().collect();
    ordered.sort_by(|a, b| {
        let class = |finding: &Finding| finding.code.exit_class() == ExitClass::Note;
        (b.severity, class(a), a.place.sequence, a.code, a).cmp(&(
            a.severity,
            class(b),
            b.place.sequence,
            b.code,
            b,
        ))
    });
    ordered
}

/// `2026-05-09 08:00`, the seconds only when there are any.
#[must_use]
pub fn minute(time: UtcTime) -> String {
    let text = time.to_string();
    let shown = text.trim_end_matches('Z').replace('T', " ");
    shown.strip_suffix(":00").map_or(shown.clone(), str::to_owned)
}

/// A digest for a narrow column. Only where the full one stands elsewhere on the same screen.
#[must_use]
pub fn short(digest: &Digest) -> String {
    digest.to_string().chars().take(12).chain("\u{2026}".chars()).collect()
}

/// `1 cycle`, `2 cycles`.
#[must_use]
pub fn counted(count: u64, noun: &str) -> String {
    let plural = match (count, noun.strip_suffix('y')) {
        (1, _) => return format!("1 {noun}"),
        (_, Some(stem)) => format!("{stem}ies"),
        (_, None) if noun.ends_with('h') => format!("{noun}es"),
        (_, None) => format!("{noun}s"),
    };
    format!("{} {plural}", grouped(count))
}

/// `12,345`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_nouns() {
        assert_eq!(counted(1, "cycle"), "1 cycle");
        assert_eq!(counted(1_234_567, "entity"), "1,234,567 entities");
        assert_eq!(counted(2, "leaf hash"), "2 leaf hashes");
        assert_eq!(grouped(999), "999");
    }

    #[test]
    fn minutes_drop_only_empty_seconds() {
        assert_eq!(minute("2026-05-09T08:00:00Z".parse().unwrap()), "2026-05-09 08:00");
        assert_eq!(minute("2026-05-09T08:00:07Z".parse().unwrap()), "2026-05-09 08:00:07");
    }

    #[test]
    fn the_heaviest_finding_comes_first() {
        let make = |code, sequence| {
            Finding::new(code, Place { sequence: Some(sequence), ..Place::default() }, "", "", "")
        };
        let findings = [
            make(Code::SrcStray, 0),
            make(Code::ChainTime, 9),
            make(Code::ChainEmpty, 1),
            make(Code::ChainLink, 8),
        ];
        let codes: Vec<_> = by_weight(&findings).iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [Code::ChainLink, Code::ChainEmpty, Code::ChainTime, Code::SrcStray]);
    }

    #[test]
    fn every_code_has_a_hint() {
        assert!(Code::ALL.iter().all(|code| !hint(*code).is_empty()));
    }
}
