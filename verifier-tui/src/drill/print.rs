//! The report of a drill as plain text that an auditor can file: readable at 80 columns, every digest in full.

use verify_core::digest::Digest;

use super::attack::ATTACKS;
use super::forge::either;
use super::report::{AttackOutcome, AttackResult, ChangeSummary, DrillReport, Outside};
use crate::cli::quoted;
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
    held_against(&report.outside, sheet);
    let untouched = &report.untouched;
    let word = words::verdict(untouched.word);
    let verdict = format!("{word} (exit code {}): {}", untouched.exit_code, escape(&untouched.sentence));
    sheet.field("untouched", &verdict);
    let findings: Vec<String> =
        untouched.findings.iter().map(|entry| format!("{} {}", entry.count, entry.code)).collect();
    let findings = if findings.is_empty() { "no findings".to_owned() } else { findings.join(", ") };
    sheet.field("background", &format!("{findings}; never counted as caught"));
}

/// What came from outside of the evidence. What somebody may want to copy stands on a line of its own.
fn held_against(outside: &Outside, sheet: &mut Sheet) {
    let mut known: Vec<(&str, String, Option<String>)> = Vec::new();
    let period = [("from", outside.from_utc), ("to", outside.to_utc)];
    let period: Vec<String> =
        period.iter().filter_map(|(word, time)| Some(format!("{word} {} UTC", minute((*time)?)))).collect();
    if !period.is_empty() {
        known.push(("period", period.join(" "), None));
    }
    if let Some(head) = &outside.head {
        known.push(("record", "kept from an earlier report".to_owned(), Some(format!("--head {head}"))));
    }
    for key in &outside.keys {
        let whole = format!("--key {}", quoted(key));
        known.push(("key", "of the log, as it was handed to you".to_owned(), Some(whole)));
    }
    for kept in &outside.checkpoints {
        let leaves = if kept.leaves { ", with their leaf hashes" } else { "" };
        let text = format!("{} of {}{leaves}", escape(&kept.name), counted(kept.size, "record"));
        known.push(("checkpoint", text, Some(format!("root {}", kept.root_sha256))));
    }
    for witness in &outside.witnesses {
        known.push((
            "witness",
            "asked to have cosigned".to_owned(),
            Some(format!("--witness {}", quoted(witness))),
        ));
    }
    if outside.quorum > 0 {
        known.push(("quorum", counted(outside.quorum, "witness"), None));
    }
    for certificate in &outside.authorities {
        let lag = format!(
            "of time-stamps, in time within {} s of a sealing",
            grouped(outside.time_lag_seconds.unsigned_abs())
        );
        known.push(("authority", lag, Some(format!("SHA-256 {certificate}"))));
    }
    if !outside.required.is_empty() {
        known.push(("demanded", format!("{} of every record", outside.required.join(", ")), None));
    }
    if known.is_empty() {
        let nothing = "nothing was given (--to, --head, --key, --checkpoint, --witness, --tsa)";
        sheet.field("outside", nothing);
    }
    for (name, text, whole) in known {
        sheet.field(name, &text);
        if let Some(whole) = whole {
            sheet.line(&format!("  {whole}"));
        }
    }
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
        (None, reason) => {
            let reason = reason.as_deref().unwrap_or("no reason");
            field("result", &format!("{}: {}", word(attack.outcome), escape(reason)));
        }
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
        AttackOutcome::NotEvaluated => "not evaluated",
        AttackOutcome::Error => "ERROR",
    }
}

fn table(report: &DrillReport, sheet: &mut Sheet) {
    sheet.title("SUMMARY");
    // No name and no code may push its neighbours out of line, whatever is added to the attacks.
    let (widest_name, widest_code) = ATTACKS.iter().fold((0, 0), |(name, code), attack| {
        let codes = attack.expects.iter().map(|code| code.as_str().len()).max().unwrap_or(0);
        (name.max(attack.name.len()), code.max(codes))
    });
    let row = |number: &str, name: &str, result: &str, check: &str, time: &str| {
        format!("{number:>3}  {name:<widest_name$} {result:<13}  {check:<widest_code$} {time:>7}")
    };
    sheet.line(&row("#", "attack", "result", "caught by", "ms"));
    for attack in &report.attacks {
        let (number, name) = (attack.number.to_string(), attack.name.as_str());
        if !attack.needs.is_empty() {
            let before = format!("{number:>3}  {name:<widest_name$} {:<13}  ", word(attack.outcome));
            sheet.wrapped(&before, before.len(), &format!("needs {}", either(&attack.needs)));
            continue;
        }
        let check = attack.caught_by.as_ref().map_or("-", |finding| finding.code.as_str());
        // Where nothing ran, there is no time to tell.
        let time = if attack.exit_code.is_some() { grouped(attack.milliseconds) } else { String::new() };
        sheet.line(&row(&number, name, word(attack.outcome), check, &time));
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
