//! All changes: one row each, and the selected one with previous and new side by side.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use serde_json::Value;
use verify_core::report::{DriftRow, Report};

use super::Theme;
use super::chrome::NARROW;
use super::table::{self, Table};
use super::text::{fit, wrap};
use crate::app::overview::Paint;
use crate::app::{Model, Screen};
use crate::display::escape_within;
use crate::words;

/// Characters of one value on the screen; a whole entity can be larger than any screen.
const LONGEST_VALUE: usize = 4_000;

pub(super) fn render(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let report = model.report.as_deref();
    let change = |index: usize| report.and_then(|report| report.drift.get(index));
    let narrow = area.width < NARROW;
    let heading = if narrow {
        "cycle (UTC)      what".to_owned()
    } else {
        format!(
            "{} {} {} {} entity, field",
            fit("cycle (UTC)", 16),
            fit("against", 8),
            fit("change", 8),
            fit("resource", 18)
        )
    };
    let empty = if report.is_some_and(|report| report.drift_rows_omitted > 0) {
        "all changes were left out of this report"
    } else {
        "nothing moved: no drift is recorded"
    };
    let table = Table { screen: Screen::Drift, heading, empty, detail_height: 12 };
    table::render(
        model,
        theme,
        frame,
        area,
        &table,
        |index| change(index).map(|row| (line(row, narrow), theme.paint(Paint::Plain))),
        |index, width| match (report, change(index)) {
            (Some(report), Some(row)) => detail(report, row, theme, width),
            _ => Vec::new(),
        },
    );
}

fn line(row: &DriftRow, narrow: bool) -> String {
    let cycle = row.scheduled_utc.map_or_else(|| format!("record {}", row.sequence), words::minute);
    let change = &row.change;
    let what = format!("{} {}", change.entity, change.pointer);
    if narrow {
        return format!("{} {} {what}", fit(&cycle, 16), row.resource);
    }
    let against = match row.against {
        verify_core::report::Against::Baseline => "baseline",
        verify_core::report::Against::Previous => "previous",
    };
    let resource = fit(&row.resource, 18);
    format!("{} {} {} {resource} {what}", fit(&cycle, 16), against, fit(words::change(change.change), 8))
}

fn detail(report: &Report, row: &DriftRow, theme: Theme, width: usize) -> Vec<(String, Style)> {
    let change = &row.change;
    let mut lines = Vec::new();
    let field = if change.pointer.is_empty() { "the whole entity" } else { &change.pointer };
    let title = format!(
        "record {}: {} {}, {field} {} against the {} (record {})",
        row.sequence,
        row.resource,
        change.entity,
        words::change(change.change),
        words::against(row.against),
        row.against_sequence
    );
    lines.extend(wrap(&title, width));
    if let Some(stamps) = crate::story::provenance(&change.provenance) {
        lines.extend(wrap(&format!("who and when: {stamps}"), width));
    }
    let element = |sign: &str, value: &Value| format!("{sign} {}", shown(value));
    let removed = change.set_removed.iter().flatten().map(|value| element("-", value));
    let added = change.set_added.iter().flatten().map(|value| element("+", value));
    let set: Vec<String> = removed.chain(added).collect();
    if set.is_empty() {
        lines.extend(side_by_side(&shown(&change.previous), &shown(&change.new), width));
    } else {
        lines.extend(set.iter().flat_map(|element| wrap(element, width)));
    }
    if report.drift_rows_omitted > 0 {
        lines.push(format!(
            "{} are left out of this report",
            words::counted(report.drift_rows_omitted, "change")
        ));
    }
    lines.into_iter().map(|line| (line, theme.paint(Paint::Plain))).collect()
}

fn shown(value: &Value) -> String {
    escape_within(&value.to_string(), LONGEST_VALUE).into_owned()
}

fn side_by_side(previous: &str, new: &str, width: usize) -> Vec<String> {
    if width < usize::from(NARROW) {
        let mut lines = wrap(&format!("previous: {previous}"), width);
        lines.extend(wrap(&format!("new: {new}"), width));
        return lines;
    }
    let half = (width - 3) / 2;
    let (left, right) = (wrap(previous, half), wrap(new, half));
    let mut lines = vec![format!("{} \u{2502} new", fit("previous", half))];
    for index in 0..left.len().max(right.len()) {
        let part = |lines: &[String]| fit(lines.get(index).map_or("", String::as_str), half);
        lines.push(format!("{} \u{2502} {}", part(&left), part(&right)));
    }
    lines
}
