//! The help screen, made from the one table of keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Paragraph};

use super::text::fit;
use super::{Theme, row};
use crate::app::overview::Paint;
use crate::app::{Model, keys};
use crate::exit;
use crate::words;

pub(super) fn render(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    frame.render_widget(Clear, area);
    let mut lines = vec![(Paint::Strong, "Keys (? or Esc closes this help)".to_owned())];
    lines.extend(
        keys::TABLE
            .iter()
            .map(|binding| (Paint::Plain, format!("  {} {}", fit(binding.label, 14), binding.help))),
    );
    if let Some(report) = &model.report {
        lines.push((Paint::Strong, "What is not proven".to_owned()));
        lines.push((Paint::Plain, format!("  {}", words::not_proven(report.verdict.rung))));
    }
    lines.push((Paint::Strong, "Exit codes".to_owned()));
    lines.extend(exit::TABLE.iter().map(|(code, meaning)| (Paint::Plain, format!("  {code:>2} {meaning}"))));
    for (offset, (paint, text)) in (0..area.height).zip(lines) {
        let line = Line::styled(fit(&text, area.width.into()), theme.paint(paint));
        frame.render_widget(Paragraph::new(line), row(area, offset));
    }
}
