//! All failed checks, the heaviest first; the selected one with what was expected and what was found.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use verify_core::finding::{ExitClass, Finding, Severity};

use super::Theme;
use super::chrome::NARROW;
use super::table::{self, Table};
use super::text::{beside, fit, wrap};
use crate::app::overview::Paint;
use crate::app::{Model, Screen};
use crate::words;

pub(super) fn render(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let finding = |index: usize| model.report.as_deref().and_then(|report| report.findings.get(index));
    let narrow = area.width < NARROW;
    let heading = if narrow {
        "finding".to_owned()
    } else {
        format!("{} {} {} place", fit("severity", 8), fit("code", 18), fit("what is wrong", 28))
    };
    let table = Table { screen: Screen::Findings, heading, empty: "no check failed", detail_height: 14 };
    table::render(
        model,
        theme,
        frame,
        area,
        &table,
        |index| finding(index).map(|finding| (line(finding, narrow), theme.paint(paint(finding)))),
        |index, width| finding(index).map_or_else(Vec::new, |finding| detail(finding, theme, width)),
    );
}

fn paint(finding: &Finding) -> Paint {
    match (finding.severity, finding.code.exit_class()) {
        (_, ExitClass::Note) => Paint::Plain,
        (Severity::Critical | Severity::High, ExitClass::Integrity | ExitClass::Replay) => Paint::Bad,
        _ => Paint::Warn,
    }
}

fn line(finding: &Finding, narrow: bool) -> String {
    if narrow {
        return format!("{} {}", finding.code, finding.message);
    }
    format!(
        "{} {} {} {}",
        fit(words::severity(finding.severity), 8),
        fit(finding.code.as_str(), 18),
        fit(&finding.message, 28),
        words::place(&finding.place)
    )
}

fn detail(finding: &Finding, theme: Theme, width: usize) -> Vec<(String, Style)> {
    let head =
        format!("{} [{}] {}", finding.code, words::severity(finding.severity), words::place(&finding.place));
    let named = [
        ("expected", finding.expected.as_str()),
        ("found", &finding.found),
        ("means", finding.code.meaning()),
        ("do", words::hint(finding.code)),
    ];
    let paint = |lines: Vec<String>, paint| lines.into_iter().map(move |line| (line, theme.paint(paint)));
    let mut lines: Vec<_> = paint(wrap(&head, width), Paint::Strong).collect();
    lines.extend(paint(wrap(&finding.message, width), Paint::Plain));
    for (name, text) in named {
        lines.extend(paint(beside(name, 9, text, width), Paint::Plain));
    }
    lines
}
