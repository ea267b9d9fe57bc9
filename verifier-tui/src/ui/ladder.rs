//! The assurance ladder explained: per rung who stands on it, what it proves, what not, and what is missing.

use verify_core::report::{LadderStep, RecordSummary};

use super::text::{fit, wrap};
use crate::app::overview::Paint;
use crate::app::{Model, Screen};
use crate::display::escape;
use crate::words;

/// Columns before the texts.
const INDENT: usize = 14;

/// The whole text for the present width.
pub(super) fn lines(model: &Model) -> Vec<(Paint, String)> {
    let Some(report) = &model.report else {
        return vec![(Paint::Plain, "the verification is still running: nothing is proven yet".to_owned())];
    };
    let width = usize::from(model.size.0);
    let opened = record(model);
    let mut lines = Vec::new();
    if let Some(record) = opened {
        let text = format!("record {}: {}", record.sequence, words::standing(&record.rungs));
        lines.extend(wrap(&text, width).into_iter().map(|line| (Paint::Strong, line)));
    }
    for step in &report.assurance {
        rung(step, opened, width, &mut lines);
    }
    lines.push((Paint::Strong, "Held against".to_owned()));
    for (name, text) in words::held_against(report) {
        add(&mut lines, width, name, &text);
    }
    lines
}

fn rung(step: &LadderStep, opened: Option<&RecordSummary>, width: usize, lines: &mut Vec<(Paint, String)>) {
    let paint = match (step.reached, step.records) {
        (true, _) => Paint::Good,
        (false, 0) => Paint::Dim,
        (false, _) => Paint::Warn,
    };
    let this = match opened.map(|record| record.rungs.contains(&step.rung)) {
        Some(true) => ", this one too",
        Some(false) => ", NOT this one",
        None => "",
    };
    lines.push((paint, format!("{}: {}{this}", step.rung.word(), words::share(step))));
    // Of a rung that nobody stands on nothing is proven: it must not read as if it were.
    let proves = if step.records > 0 { "proves" } else { "would prove" };
    add(lines, width, proves, words::proves(step.rung));
    add(lines, width, "open", words::open(step.rung));
    if let Some(why) = &step.why {
        let whom = step.up_to.map_or_else(String::new, |record| format!("after record {record}: "));
        add(lines, width, "missing", &format!("{whom}{}", escape(why)));
        add(lines, width, "takes", words::reach(step.rung));
    }
}

fn add(lines: &mut Vec<(Paint, String)>, width: usize, name: &str, text: &str) {
    for (index, part) in wrap(text, width.saturating_sub(INDENT)).into_iter().enumerate() {
        let head = if index == 0 { format!("  {name}") } else { String::new() };
        lines.push((Paint::Plain, format!("{}{part}", fit(&head, INDENT))));
    }
}

/// The record that the screen is about.
fn record(model: &Model) -> Option<&RecordSummary> {
    let sequence = match model.screen {
        Screen::Package => model.package.as_ref()?.sequence,
        _ => model.selected_sequence()?,
    };
    model.records.iter().find(|record| record.sequence == sequence)
}
