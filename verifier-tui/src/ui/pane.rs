//! A text over the whole screen that can be read to its end on any size.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Paragraph};

use super::text::fit;
use super::{Theme, help, ladder, row};
use crate::app::overview::Paint;
use crate::app::{Model, Overlay};

/// Draws what lies over the screen, if it is a text.
pub(super) fn render(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let Some((title, lines)) = content(model) else { return };
    frame.render_widget(Clear, area);
    let height = usize::from(area.height);
    let room = height.saturating_sub(1);
    let first = model.pane_line.min(lines.len().saturating_sub(room));
    let more = if lines.len() > room { ", Up and Down show the rest" } else { "" };
    let title = (Paint::Strong, format!("{title}{more})"));
    let shown = std::iter::once(title).chain(lines.into_iter().skip(first));
    for (offset, (paint, text)) in (0..area.height).zip(shown) {
        let line = Line::styled(fit(&text, area.width.into()), theme.paint(paint));
        frame.render_widget(Paragraph::new(line), row(area, offset));
    }
}

/// Lines of the text with its title, which stays while the rest moves.
pub(crate) fn pane_lines(model: &Model) -> usize {
    content(model).map_or(0, |(_, lines)| lines.len() + 1)
}

/// The title, its bracket left open, and the text.
fn content(model: &Model) -> Option<(&'static str, Vec<(Paint, String)>)> {
    match model.overlay {
        Overlay::Help => Some(("Keys (? or Esc closes this help", help::lines(model))),
        Overlay::Ladder => Some(("How far it is proven (L or Esc closes this", ladder::lines(model))),
        Overlay::None | Overlay::Filter => None,
    }
}
