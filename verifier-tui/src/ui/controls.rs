//! Controls over all cycles: one row each with a letter per cycle, and one control opened.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use verify_core::model::ControlStatus;
use verify_core::report::{ControlRow, Report};

use super::Theme;
use super::table::{self, Table};
use super::text::{fit, wrap};
use crate::app::model::{ControlLine, OpenControl};
use crate::app::overview::Paint;
use crate::app::{Model, Screen};
use crate::words;

pub(super) fn render(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    match (&model.control, model.report.as_deref()) {
        (Some(open), Some(report)) => opened(model, report, open, theme, frame, area),
        (_, report) => all(model, report, theme, frame, area),
    }
}

fn all(model: &Model, report: Option<&Report>, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let control = |index: usize| report.and_then(|report| report.controls.get(index));
    let heading =
        "control       pass   fail      ?  newest right: \u{b7} pass  F fail  ? not evaluated".to_owned();
    let table =
        Table { screen: Screen::Controls, heading, empty: "no control is recorded", detail_height: 8 };
    let strip_width = usize::from(area.width).saturating_sub(34);
    table::render(
        model,
        theme,
        frame,
        area,
        &table,
        |index| {
            let control = control(index)?;
            let paint = if control.fail > 0 { Paint::Bad } else { Paint::Plain };
            Some((line(control, strip_width), theme.paint(paint)))
        },
        |index, width| control(index).map_or_else(Vec::new, |control| about(control, theme, width)),
    );
}

fn line(control: &ControlRow, strip_width: usize) -> String {
    let skipped = control.cells.len().saturating_sub(strip_width);
    let strip: String =
        control.cells.iter().skip(skipped).map(|cell| words::control_letter(cell.recorded)).collect();
    format!(
        "{} {:>6} {:>6} {:>6}  {strip}",
        fit(&control.control_id, 11),
        control.pass,
        control.fail,
        control.not_evaluated
    )
}

fn about(control: &ControlRow, theme: Theme, width: usize) -> Vec<(String, Style)> {
    let replayed = control.cells.iter().filter(|cell| cell.replayed == Some(cell.recorded)).count();
    [
        format!("{}: {}", control.control_id, control.description),
        format!(
            "criteria {}; policy {}; looks at {}",
            control.criteria.join(", "),
            control.policy,
            control.evidence_reference
        ),
        format!(
            "replayed with equal result in {replayed} of {}",
            words::counted(control.cells.len() as u64, "cycle")
        ),
        "Enter lists every cycle in which it did not pass, with the violating entities".to_owned(),
    ]
    .iter()
    .flat_map(|text| wrap(text, width))
    .map(|line| (line, theme.paint(Paint::Plain)))
    .collect()
}

fn opened(
    model: &Model,
    report: &Report,
    open: &OpenControl,
    theme: Theme,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let Some(control) = report.controls.get(open.control) else { return };
    let heading =
        format!("{}: cycles in which it did not pass, and why (Esc: all controls)", control.control_id);
    let table = Table {
        screen: Screen::Controls,
        heading,
        empty: "it passed in every cycle, and every replay gave the same result",
        detail_height: 7,
    };
    table::render(
        model,
        theme,
        frame,
        area,
        &table,
        |index| {
            let line = *open.rows.get(index)?;
            let paint = match line {
                ControlLine::Cell(cell)
                    if control.cells.get(cell)?.recorded == ControlStatus::NotEvaluated =>
                {
                    Paint::Warn
                }
                ControlLine::Cell(_) => Paint::Bad,
                ControlLine::Violation(_) => Paint::Plain,
            };
            Some((text(report, control, line)?, theme.paint(paint)))
        },
        |index, width| {
            let line = open.rows.get(index).and_then(|line| text(report, control, *line));
            let lines = line.map_or_else(Vec::new, |text| wrap(text.trim_start(), width));
            lines.into_iter().map(|line| (line, theme.paint(Paint::Plain))).collect()
        },
    );
}

fn text(report: &Report, control: &ControlRow, line: ControlLine) -> Option<String> {
    Some(match line {
        ControlLine::Cell(cell) => {
            let cell = control.cells.get(cell)?;
            let when = cell.scheduled_utc.map_or_else(|| "-".to_owned(), words::minute);
            let replay = match cell.replayed {
                Some(replayed) if replayed == cell.recorded => "replayed: equal".to_owned(),
                Some(replayed) => format!("REPLAY DIFFERS: {}", words::control(replayed)),
                None => "not replayed".to_owned(),
            };
            let reason = cell.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
            format!("#{} {when}  {}{reason} ({replay})", cell.sequence, words::control(cell.recorded))
        }
        ControlLine::Violation(row) => {
            let row = report.violations.get(row)?;
            let covered =
                row.exception_sequence.map_or_else(String::new, |it| format!(" (exception in record {it})"));
            format!("      {} {}: {}{covered}", row.resource, row.entity, row.message)
        }
    })
}
