//! Verdict, identity, coverage, and what is not claimed.

use verify_core::report::{Report, SlotRow, SlotStatus};

use super::Sheet;
use crate::display::escape;
use crate::words::{self, counted, minute};

pub(super) fn verdict(report: &Report, sheet: &mut Sheet) {
    let verdict = &report.verdict;
    let word = words::verdict(verdict.word);
    sheet.wrapped("", 0, &format!("{word} (exit code {}): {}", verdict.exit_code, escape(&verdict.sentence)));
    sheet.blank();
    sheet.field("proven", &words::proven(&report.assurance));
    sheet.field("not proven", &escape(&words::not_proven(&report.assurance)));
}

pub(super) fn identity(report: &Report, sheet: &mut Sheet) {
    sheet.blank();
    let read = format!("{} ({}, {})", escape(&report.source), escape(&report.mode), escape(&report.tool));
    sheet.field("source", &read);
    let Some(chain) = &report.chain else {
        sheet.field("records", "none could be read");
        return;
    };
    let tenant = &chain.tenant;
    sheet.field("origin", &escape(&chain.origin));
    let whose = format!(
        "{}, {}, organization {} ({})",
        escape(&tenant.platform),
        escape(&tenant.region),
        escape(&tenant.subdomain),
        escape(&tenant.organization_id)
    );
    sheet.field("tenant", &whose);
    sheet.field("chain id", &chain.chain_id.map_or("genesis absent".to_owned(), |id| id.to_string()));
    let uncommitted = match chain.uncommitted {
        0 => String::new(),
        number => format!(", and {} that was never committed", counted(number, "package")),
    };
    sheet.field("records", &format!("{}{uncommitted}", words::grouped(chain.records)));
    let head = &chain.head;
    let newest =
        format!("record {}, sealed {} UTC; later records may exist", head.sequence, minute(head.sealed_utc));
    sheet.field("head", &newest);
    sheet.field("", "keep this line and give it next time:");
    sheet.line(&format!("  --head {}:{}", head.sequence, head.manifest_sha256));
    if let Some(save) = words::keep_command(report) {
        sheet.field("", "better: keep its checkpoint, which also shows that it was not cut or forked:");
        sheet.line(&format!("  {save}"));
    }
}

pub(super) fn coverage(report: &Report, sheet: &mut Sheet) {
    let coverage = &report.coverage;
    sheet.title("COVERAGE");
    let (Some(from), Some(to)) = (coverage.from_utc, coverage.to_utc) else {
        sheet.line("  no schedule is known, so no cycle could be counted");
        return;
    };
    let asked = if coverage.requested { "as requested" } else { "as found; give --from and --to for yours" };
    sheet.wrapped("  ", 2, &format!("{} to {} UTC, {asked}", minute(from), minute(to)));
    let figures = format!(
        "{} expected: {} sealed, {} failed (declared in time), {} explained afterwards, {} missing",
        counted(coverage.expected, "cycle"),
        coverage.sealed,
        coverage.failed,
        coverage.explained,
        coverage.missing
    );
    sheet.wrapped("  ", 2, &figures);
    for stretch in not_plain(&coverage.rows) {
        sheet.wrapped("  ", 4, &stretch);
    }
}

/// Slots that are not sealed with every resource complete; neighbours that ended alike share a line.
fn not_plain(rows: &[SlotRow]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut run: Option<(String, &SlotRow, &SlotRow, u64)> = None;
    let close = |run: Option<(String, &SlotRow, &SlotRow, u64)>, lines: &mut Vec<String>| {
        let Some((words, first, last, number)) = run else { return };
        if number == 1 {
            lines.push(format!("{}: {words}", minute(first.scheduled_utc)));
        } else {
            let (first, last) = (minute(first.scheduled_utc), minute(last.scheduled_utc));
            lines.push(format!("{first} to {last}: {}, each {words}", counted(number, "cycle")));
        }
    };
    for row in rows {
        let words = match row.status {
            SlotStatus::Sealed if row.incomplete_resources == 0 => None,
            SlotStatus::Sealed => {
                Some(format!("sealed, {} not complete", counted(row.incomplete_resources, "resource")))
            }
            SlotStatus::Failed => Some("FAILED (failure record)".to_owned()),
            SlotStatus::Explained => Some("EXPLAINED afterwards".to_owned()),
            SlotStatus::Missing => Some("MISSING".to_owned()),
        };
        run = match (run.take(), words) {
            (Some((same, first, _, number)), Some(words)) if same == words => {
                Some((words, first, row, number + 1))
            }
            (before, words) => {
                close(before, &mut lines);
                words.map(|words| (words, row, row, 1))
            }
        };
    }
    close(run, &mut lines);
    lines
}

pub(super) fn not_claimed(report: &Report, sheet: &mut Sheet) {
    if report.not_claimed.is_empty() {
        return;
    }
    sheet.title("NOT CLAIMED");
    for sentence in &report.not_claimed {
        sheet.wrapped("  - ", 4, &escape(sentence));
    }
}
