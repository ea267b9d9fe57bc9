//! All records: one row each, and the selected one with its digests and resources.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use verify_core::model::{Kind, Outcome};
use verify_core::report::RecordSummary;

use super::Theme;
use super::chrome::NARROW;
use super::table::{self, Table};
use super::text::{beside, fit, wrap};
use crate::app::overview::Paint;
use crate::app::{Model, Screen};
use crate::words;

pub(super) fn render(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let narrow = area.width < NARROW;
    let heading = if narrow {
        "record  what".to_owned()
    } else {
        format!(
            "{} {} {} {} {} {} what",
            fit("record", 6),
            fit("kind", 11),
            fit("cycle (UTC)", 16),
            fit("proven", 7),
            fit("findings", 8),
            fit("drift", 5)
        )
    };
    let table =
        Table { screen: Screen::Packages, heading, empty: "no record could be read", detail_height: 11 };
    table::render(
        model,
        theme,
        frame,
        area,
        &table,
        |index| model.records.get(index).map(|record| (line(record, narrow), style(record, theme))),
        |index, width| model.records.get(index).map_or_else(Vec::new, |record| detail(record, theme, width)),
    );
}

fn style(record: &RecordSummary, theme: Theme) -> Style {
    let incomplete = record.resources.values().any(|outcome| *outcome != Outcome::Complete);
    if record.findings > 0 || record.rungs.is_empty() {
        theme.paint(Paint::Bad)
    } else if record.kind == Kind::Failure || incomplete {
        theme.paint(Paint::Warn)
    } else {
        theme.paint(Paint::Plain)
    }
}

fn line(record: &RecordSummary, narrow: bool) -> String {
    let what = what(record);
    if narrow {
        return format!("{:>6}  {} {what}", record.sequence, record.kind.as_str());
    }
    let cycle = record.scheduled_utc.map_or_else(|| "-".to_owned(), words::minute);
    let drift = record.drift_previous.map_or_else(|| "-".to_owned(), |changes| changes.to_string());
    format!(
        "{:>6} {} {} {} {:>8} {:>5} {what}",
        record.sequence,
        fit(record.kind.as_str(), 11),
        fit(&cycle, 16),
        words::letters(&record.rungs),
        record.findings,
        drift
    )
}

fn what(record: &RecordSummary) -> String {
    if let Some(note) = &record.note {
        return note.clone();
    }
    let incomplete: Vec<String> = record
        .resources
        .iter()
        .filter(|(_, outcome)| **outcome != Outcome::Complete)
        .map(|(resource, outcome)| format!("{resource} {}", words::outcome(*outcome)))
        .collect();
    match (incomplete.is_empty(), record.violations) {
        (false, _) => incomplete.join(", "),
        (true, 0) => String::new(),
        (true, violations) => words::counted(violations, "violation"),
    }
}

fn detail(record: &RecordSummary, theme: Theme, width: usize) -> Vec<(String, Style)> {
    let plain = theme.paint(Paint::Plain);
    let mut lines = Vec::new();
    let title = format!("{}  sealed {} UTC", record.collection_id, words::minute(record.sealed_utc));
    lines.extend(wrap(&title, width).into_iter().map(|line| (line, plain)));
    let mut add = |name: &str, text: &str| {
        lines.extend(beside(name, 10, text, width).into_iter().map(|line| (line, plain)));
    };
    add("proven", &words::standing(&record.rungs));
    let package = record.package.as_deref().unwrap_or("none");
    add("package", &format!("{package} ({} bytes)", words::grouped(record.package_bytes)));
    add("manifest", &record.manifest_sha256.to_string());
    if let Some(state) = &record.state_sha256 {
        add("state", &state.to_string());
    }
    if let Some(note) = &record.note {
        add("note", note);
    }
    let resources: Vec<String> = record
        .resources
        .iter()
        .map(|(resource, outcome)| match record.counts.get(resource) {
            Some(count) if *outcome == Outcome::Complete => format!("{resource} {count}"),
            _ => format!("{resource} {}", words::outcome(*outcome).to_uppercase()),
        })
        .collect();
    if !resources.is_empty() {
        add("resources", &resources.join(", "));
    }
    lines
}
