//! The overview: verdict, proof, coverage strip, counts, head, story; one text to scroll in.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::text::fit;
use super::{Theme, row};
use crate::app::overview::{OverviewLine, Paint};
use crate::app::{Model, Screen};

pub(super) fn render(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let height = usize::from(area.height);
    let first = model.list(Screen::Overview).selected.min(model.overview.len().saturating_sub(height));
    for (offset, line) in (0..area.height).zip(model.overview.iter().skip(first)) {
        frame.render_widget(Paragraph::new(painted(line, theme, area.width.into())), row(area, offset));
    }
}

fn painted(line: &OverviewLine, theme: Theme, width: usize) -> Line<'static> {
    let text = fit(&line.text, width);
    if line.paint != Paint::Strip {
        return Line::styled(text, theme.paint(line.paint));
    }
    // After the date, every letter is a slot.
    let (date, letters) = text.split_at(text.find(' ').unwrap_or(0));
    let mut spans = vec![Span::raw(date.to_owned())];
    spans.extend(letters.chars().map(|letter| Span::styled(letter.to_string(), theme.letter(letter))));
    Line::from(spans)
}
