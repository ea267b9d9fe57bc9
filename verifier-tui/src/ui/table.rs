//! A list of rows with the selected one in full below it. Only the rows that are visible are built.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::text::fit;
use super::{Theme, row};
use crate::app::overview::Paint;
use crate::app::{Model, Phase, Screen};

/// From this height on the selected row is shown in full below the list.
const HIGH_ENOUGH: u16 = 12;

/// What a screen says about its rows.
pub(super) struct Table<'a> {
    /// The screen.
    pub(super) screen: Screen,
    /// Heading of the columns.
    pub(super) heading: String,
    /// What to say when there are no rows.
    pub(super) empty: &'a str,
    /// Rows of the detail below.
    pub(super) detail_height: u16,
}

/// First visible row: the selected one stays in the middle where it can.
pub(super) fn first_visible(selected: usize, rows: usize, height: usize) -> usize {
    selected.saturating_sub(height / 2).min(rows.saturating_sub(height))
}

/// Draws a list; `line` builds one row by its index, `detail` the selected one in full.
pub(super) fn render(
    model: &Model,
    theme: Theme,
    frame: &mut Frame<'_>,
    area: Rect,
    table: &Table<'_>,
    line: impl Fn(usize) -> Option<(String, Style)>,
    detail: impl Fn(usize, usize) -> Vec<(String, Style)>,
) {
    let width = usize::from(area.width);
    let heading = Line::styled(fit(&table.heading, width), theme.paint(Paint::Dim));
    frame.render_widget(Paragraph::new(heading), row(area, 0));
    let rows = model.shown_rows(table.screen);
    if rows == 0 {
        let text = match model.phase {
            Phase::Running(_) if model.report.is_none() && table.screen != Screen::Package => {
                "not known yet: the verification is running"
            }
            _ if !model.list(table.screen).filter.is_empty() => "no row contains the filter's text",
            _ => table.empty,
        };
        frame.render_widget(Paragraph::new(fit(text, width)), row(area, 1));
        return;
    }
    let below = if area.height >= HIGH_ENOUGH { table.detail_height.min(area.height / 2) } else { 0 };
    let height = area.height.saturating_sub(1 + below);
    let selected = model.list(table.screen).selected;
    let first = first_visible(selected, rows, height.into());
    for (offset, position) in (0..height).zip(first..rows) {
        let Some(index) = model.row_at(table.screen, position) else { break };
        let Some((text, style)) = line(index) else { continue };
        let style = if position == selected { theme.selected() } else { style };
        let text = Line::styled(fit(&text, width), style);
        frame.render_widget(Paragraph::new(text), row(area, 1 + offset));
    }
    if below == 0 {
        return;
    }
    let top = area.height - below;
    let rule = Line::styled("\u{2500}".repeat(width), theme.paint(Paint::Dim));
    frame.render_widget(Paragraph::new(rule), row(area, top));
    let Some(index) = model.selected(table.screen) else { return };
    let lines = detail(index, width);
    let room = below - 1;
    let cut = lines.len() > usize::from(room);
    for (offset, (text, style)) in (0..room).zip(lines) {
        let text = if cut && offset + 1 == room { "\u{2026} more in the JSON".to_owned() } else { text };
        let text = Line::styled(fit(&text, width), style);
        frame.render_widget(Paragraph::new(text), row(area, top + 1 + offset));
    }
}
