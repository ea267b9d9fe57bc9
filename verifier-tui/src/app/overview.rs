//! The overview as lines for the present width: verdict, proof, coverage, counts, head, story.
//!
//! It is one text to scroll in, made when the report arrives or the width changes.

use verify_core::report::{Report, SlotRow};

use super::model::{Model, Phase};
use crate::display::escape;
use crate::story::{Stretch, Tone, tell};
use crate::ui::text::wrap;
use crate::words::{self, counted, minute};

/// How a line is painted; never the only sign of what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// As text.
    Plain,
    /// Stands out.
    Strong,
    /// Steps back.
    Dim,
    /// All is well.
    Good,
    /// Something is absent or open.
    Warn,
    /// Something is wrong.
    Bad,
    /// Something moved.
    Moved,
    /// Letters of slots, each painted by itself.
    Strip,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverviewLine {
    /// How it is painted.
    pub paint: Paint,
    /// What it says, escaped.
    pub text: String,
}

/// Collects wrapped lines.
struct Lines {
    width: usize,
    lines: Vec<OverviewLine>,
}

impl Lines {
    fn add(&mut self, paint: Paint, indent: usize, hanging: usize, text: &str) {
        for (index, part) in wrap(text, self.width.saturating_sub(hanging)).into_iter().enumerate() {
            let indent = " ".repeat(if index == 0 { indent } else { hanging });
            self.lines.push(OverviewLine { paint, text: format!("{indent}{part}") });
        }
    }

    /// A name in a column of 12, and its text wrapped beside it.
    fn field(&mut self, name: &str, text: &str) {
        for (index, part) in wrap(text, self.width.saturating_sub(12)).into_iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            self.lines.push(OverviewLine { paint: Paint::Plain, text: format!("{name:<12}{part}") });
        }
    }

    fn blank(&mut self) {
        self.lines.push(OverviewLine { paint: Paint::Plain, text: String::new() });
    }
}

/// The overview of a model.
#[must_use]
pub fn lines(model: &Model) -> Vec<OverviewLine> {
    let mut lines = Lines { width: usize::from(model.size.0).max(1), lines: Vec::new() };
    match (&model.phase, &model.report) {
        (Phase::Crashed, _) => {
            let text = "internal error: the verification broke off, there is no verdict (exit code 70)";
            lines.add(Paint::Bad, 0, 2, text);
        }
        (_, Some(report)) => complete(report, &mut lines),
        (phase, None) => running(model, *phase, &mut lines),
    }
    lines.lines
}

fn running(model: &Model, phase: Phase, lines: &mut Lines) {
    let Phase::Running(progress) = phase else { return };
    lines.add(
        Paint::Strong,
        0,
        2,
        "verification is running; no verdict yet (leaving now ends with exit code 5)",
    );
    if let Some(progress) = progress {
        let total = if progress.total == 0 { "?".to_owned() } else { words::grouped(progress.total) };
        let done = words::grouped(progress.done);
        let read = progress.bytes / 1_048_576;
        lines.add(Paint::Plain, 0, 2, &format!("{}: {done} of {total}, {read} MiB read", progress.stage));
    }
    let with_findings = model.records.iter().filter(|record| record.findings > 0).count() as u64;
    let seen = counted(model.records.len() as u64, "record");
    let paint = if with_findings > 0 { Paint::Bad } else { Paint::Plain };
    lines.add(paint, 0, 2, &format!("{seen} judged, {} with findings", words::grouped(with_findings)));
    lines.add(Paint::Dim, 0, 2, "2 lists the records as they come in");
}

fn complete(report: &Report, lines: &mut Lines) {
    let verdict = &report.verdict;
    let paint = match verdict.exit_code {
        0 => Paint::Good,
        1 | 4 => Paint::Bad,
        _ => Paint::Warn,
    };
    let word = words::verdict(verdict.word);
    lines.add(
        paint,
        0,
        2,
        &format!("{word} (exit code {}): {}", verdict.exit_code, escape(&verdict.sentence)),
    );
    lines.field("proven", &words::proven(&report.assurance));
    lines.field("not proven", &escape(&words::not_proven(&report.assurance)));
    for (name, text) in words::held_against(report) {
        lines.field(name, &text);
    }
    lines.add(Paint::Dim, 0, 2, "L explains the ladder, rung by rung");
    lines.blank();
    coverage(report, lines);
    counts(report, lines);
    head(report, lines);
    story(report, lines);
    lines.blank();
    for sentence in &report.not_claimed {
        lines.add(Paint::Dim, 0, 2, &format!("- {}", escape(sentence)));
    }
}

fn coverage(report: &Report, lines: &mut Lines) {
    let coverage = &report.coverage;
    let (Some(from), Some(to)) = (coverage.from_utc, coverage.to_utc) else {
        lines.add(Paint::Warn, 0, 2, "coverage: no schedule is known, so no cycle could be counted");
        return;
    };
    let paint = if coverage.missing + coverage.explained > 0 { Paint::Warn } else { Paint::Plain };
    let text = format!(
        "coverage {} to {}: {} expected, {} sealed, {} failed, {} explained, {} missing",
        minute(from),
        minute(to),
        coverage.expected,
        coverage.sealed,
        coverage.failed,
        coverage.explained,
        coverage.missing
    );
    lines.add(paint, 0, 2, &text);
    // Whole tens per line make the letters countable.
    let per_line = (lines.width.saturating_sub(11) / 10 * 10).clamp(1, 100);
    for run in coverage.rows.chunks(per_line) {
        let cells: String = run.iter().map(letter).collect();
        let date = run.first().map_or_else(String::new, |row| row.scheduled_utc.date().to_string());
        lines.lines.push(OverviewLine { paint: Paint::Strip, text: format!("{date} {cells}") });
    }
    let legend = "\u{b7} sealed  i resource incomplete  F failed, declared  E explained later  M missing";
    lines.add(Paint::Dim, 0, 2, legend);
    lines.blank();
}

fn letter(row: &SlotRow) -> char {
    words::slot_letter(row.status, row.incomplete_resources)
}

fn counts(report: &Report, lines: &mut Lines) {
    let sum =
        |part: fn(&verify_core::report::CheckSummary) -> u64| report.checks.iter().map(part).sum::<u64>();
    let (failed, open) = (sum(|check| check.failed), sum(|check| check.not_evaluated));
    let paint = if failed > 0 { Paint::Bad } else { Paint::Plain };
    let passed = words::grouped(sum(|check| check.passed));
    let text = format!(
        "checks: {passed} passed, {} failed, {} not evaluated",
        words::grouped(failed),
        words::grouped(open)
    );
    lines.add(paint, 0, 2, &text);
    for check in report.checks.iter().filter(|check| check.not_evaluated > 0) {
        for (reason, count) in check.reasons.iter().take(3) {
            lines.add(
                Paint::Warn,
                2,
                4,
                &format!("not evaluated {}, {}: {}", check.code, counted(*count, "time"), escape(reason)),
            );
        }
    }
    for control in &report.controls {
        let paint = if control.fail > 0 { Paint::Bad } else { Paint::Plain };
        let text = format!(
            "control {}: {} pass, {} fail, {} not evaluated",
            escape(&control.control_id),
            control.pass,
            control.fail,
            control.not_evaluated
        );
        lines.add(paint, 0, 2, &text);
    }
    lines.blank();
}

fn head(report: &Report, lines: &mut Lines) {
    let Some(chain) = &report.chain else {
        lines.add(Paint::Warn, 0, 2, "no record could be read");
        return;
    };
    let tenant = &chain.tenant;
    let whose = format!(
        "{} \u{2014} {}, {}, {}",
        escape(&chain.origin),
        escape(&tenant.platform),
        escape(&tenant.region),
        escape(&tenant.subdomain)
    );
    lines.add(Paint::Plain, 0, 2, &whose);
    let head = &chain.head;
    let newest = format!(
        "{}; newest is record {}, sealed {}. Keep this line for next time:",
        counted(chain.records, "record"),
        head.sequence,
        minute(head.sealed_utc)
    );
    lines.add(Paint::Plain, 0, 2, &newest);
    lines.add(Paint::Strong, 0, 2, &format!("--head {}:{}", head.sequence, head.manifest_sha256));
    if let Some(save) = words::keep_command(report) {
        lines.add(Paint::Strong, 0, 2, &save);
    }
    lines.blank();
}

fn story(report: &Report, lines: &mut Lines) {
    let story = tell(report);
    for stretch in &story.stretches {
        match stretch {
            Stretch::Quiet { .. } => lines.add(Paint::Dim, 0, 2, &stretch.heading()),
            Stretch::Day { events, .. } => {
                lines.add(Paint::Strong, 0, 2, &stretch.heading());
                for event in events {
                    let paint = match event.tone {
                        Tone::Record => Paint::Plain,
                        Tone::Drift => Paint::Moved,
                        Tone::Gap => Paint::Warn,
                        Tone::Bad => Paint::Bad,
                    };
                    let record = event.sequence.map_or_else(String::new, |sequence| format!("#{sequence} "));
                    lines.add(paint, 2, 4, &format!("{record}{}", event.headline));
                    for detail in &event.details {
                        lines.add(Paint::Plain, 6, 8, detail);
                    }
                }
            }
        }
    }
    if story.records_outside > 0 {
        let outside = counted(story.records_outside, "record");
        lines.add(
            Paint::Dim,
            0,
            2,
            &format!("{outside} outside the requested period: verified, not told here"),
        );
    }
}
