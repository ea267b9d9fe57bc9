//! The report of a drill as plain text that an auditor can file: readable at 80 columns, every digest in full.

use verify_core::digest::Digest;

use super::attack::ATTACKS;
use super::report::{AttackOutcome, AttackResult, ChangeSummary, DrillReport, KeptLine};
use crate::display::escape;
use crate::print::Sheet;
use crate::words::{self, counted, grouped, minute};

/// The whole report.
#[must_use]
pub fn text(report: &DrillReport) -> String {
    let mut sheet = Sheet::default();
    sheet.wrapped("", 0, &verdict(report));
    head(report, &mut sheet);
    sheet.title("ATTACKS");
    for attack in &report.attacks {
        one(attack, &mut sheet);
    }
    table(report, &mut sheet);
    for (title, sentences) in
        [("WHAT THIS PROVES", &report.proves), ("WHAT THIS DOES NOT PROVE", &report.does_not_prove)]
    {
        sheet.title(title);
        for sentence in sentences {
            sheet.wrapped("  - ", 4, sentence);
        }
    }
    sheet.into_text()
}

/// The verdict in one line.
#[must_use]
pub fn verdict(report: &DrillReport) -> String {
    let summary = &report.summary;
    format!("TAMPER DRILL (exit code {}): {}", summary.exit_code, summary.sentence)
}

/// Every attack there is.
#[must_use]
pub fn list() -> String {
    let mut sheet = Sheet::default();
    sheet.line(&format!(
        "{}; each is caught when one of its checks fails",
        counted(ATTACKS.len() as u64, "attack")
    ));
    for (index, attack) in ATTACKS.iter().enumerate() {
        sheet.blank();
        sheet.line(&format!("{:>3}  {}", index + 1, attack.name));
        sheet.wrapped("     ", 5, attack.title);
        let codes: Vec<&str> = attack.expects.iter().map(|code| code.as_str()).collect();
        sheet.wrapped("     checks   ", 14, &codes.join(", "));
    }
    sheet.into_text()
}

fn head(report: &DrillReport, sheet: &mut Sheet) {
    sheet.blank();
    sheet.field("source", &format!("{} ({})", escape(&report.source), escape(&report.tool)));
    let copy = &report.copy;
    let left_out = match copy.left_out {
        0 => String::new(),
        number => format!("; {} no regular file and left out", counted(number, "item")),
    };
    let size = format!("{}, {} bytes", counted(copy.files, "file"), grouped(copy.bytes));
    sheet.field("copy", &format!("{size} in memory{left_out}; nothing was written to the source"));
    if let Some(chain) = &report.chain {
        sheet.field("origin", &escape(&chain.origin));
        let sealed = minute(chain.head.sealed_utc);
        let newest = format!(
            "{}, the newest is record {}, sealed {sealed} UTC",
            grouped(chain.records),
            chain.head.sequence
        );
        sheet.field("records", &newest);
        sheet.line(&format!("  --head {}:{}", chain.head.sequence, chain.head.manifest_sha256));
    }
    let outside = &report.outside;
    let mut known: Vec<String> = [
        outside.from_utc.map(|from| format!("from {from}")),
        outside.to_utc.map(|to| format!("to {to}")),
        outside.head.as_ref().map(|head| format!("head {head}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    known.extend(outside.keys.iter().map(|key| format!("key {}", escape(key))));
    let kept =
        |kept: &KeptLine| format!("checkpoint {} of {}", escape(&kept.name), counted(kept.size, "record"));
    known.extend(outside.checkpoints.iter().map(kept));
    if known.is_empty() {
        known.push("nothing was given (--to, --head, --key, --checkpoint)".to_owned());
    }
    for (index, line) in known.iter().enumerate() {
        sheet.field(if index == 0 { "outside" } else { "" }, line);
    }
    let untouched = &report.untouched;
    let word = words::verdict(untouched.word);
    let verdict = format!("{word} (exit code {}): {}", untouched.exit_code, escape(&untouched.sentence));
    sheet.field("untouched", &verdict);
    let findings: Vec<String> =
        untouched.findings.iter().map(|entry| format!("{} {}", entry.count, entry.code)).collect();
    let findings = if findings.is_empty() { "no findings".to_owned() } else { findings.join(", ") };
    sheet.field("background", &format!("{findings}; never counted as caught"));
}

fn one(attack: &AttackResult, sheet: &mut Sheet) {
    sheet.blank();
    sheet.wrapped(&format!("{:>3}  {}: ", attack.number, attack.name), 5, &attack.title);
    let mut field = |name: &str, text: &str| sheet.wrapped(&format!("     {name:<9} "), 15, text);
    field("wanted", &attack.wants);
    if let Some(change) = &attack.change {
        field("done", &escape(&change.done));
        field("where", &escape(&place(change)));
        let removed =
            change.now.as_deref().map_or("no file".to_owned(), |now| format!("no file, but a {now}"));
        field("before", &digest(change.before_sha256.as_ref(), "no file"));
        field("after", &digest(change.after_sha256.as_ref(), &removed));
        if change.other_files > 0 {
            let verb = if change.other_files == 1 { "differs" } else { "differ" };
            field("also", &format!("{} {verb}", counted(change.other_files, "more file")));
        }
    }
    let codes: Vec<&str> = attack.expected.iter().map(|code| code.as_str()).collect();
    field("expected", &codes.join(" or "));
    match (&attack.caught_by, &attack.reason) {
        (Some(finding), _) => {
            let severity = words::severity(finding.severity);
            field(
                "caught by",
                &format!("{} [{severity}] {}", finding.code, escape(&words::place(&finding.place))),
            );
            field("", &escape(&finding.message));
        }
        (None, reason) => field(word(attack.outcome), &escape(reason.as_deref().unwrap_or("no reason"))),
    }
    let others: Vec<&str> = attack
        .new_codes
        .iter()
        .filter(|code| attack.caught_by.as_ref().is_none_or(|finding| finding.code != **code))
        .map(|code| code.as_str())
        .collect();
    if !others.is_empty() {
        field("besides", &others.join(", "));
    }
    if let Some(code) = attack.exit_code {
        field("verified", &format!("with exit code {code}, in {} ms", grouped(attack.milliseconds)));
    }
}

fn place(change: &ChangeSummary) -> String {
    let record = change.record.map(|record| format!("record {record}"));
    let parts = [record, Some(change.file.clone()), change.member.clone(), change.field.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" \u{203a} ")
}

fn digest(digest: Option<&Digest>, otherwise: &str) -> String {
    digest.map_or_else(|| otherwise.to_owned(), ToString::to_string)
}

/// The outcome in a few words.
const fn word(outcome: AttackOutcome) -> &'static str {
    match outcome {
        AttackOutcome::Caught => "caught",
        AttackOutcome::Missed => "MISSED",
        AttackOutcome::NotEvaluated => "not eval.",
        AttackOutcome::Error => "ERROR",
    }
}

fn table(report: &DrillReport, sheet: &mut Sheet) {
    sheet.title("SUMMARY");
    sheet.line(&format!("{:>3}  {:<24} {:<14} {:<20} {:>6}", "#", "attack", "result", "check", "ms"));
    for attack in &report.attacks {
        let check = attack.caught_by.as_ref().map_or("-", |finding| finding.code.as_str());
        let result = match attack.outcome {
            AttackOutcome::NotEvaluated => "not evaluated",
            other => word(other),
        };
        let (number, name, time) = (attack.number, &attack.name, grouped(attack.milliseconds));
        sheet.line(&format!("{number:>3}  {name:<24} {result:<14} {check:<20} {time:>6}"));
    }
    sheet.blank();
    sheet.wrapped("", 0, &verdict(report));
    if !report.summary.complete {
        sheet.wrapped(
            "",
            0,
            "This is a part: the drill was interrupted, and says nothing about the attacks left out.",
        );
    }
}
