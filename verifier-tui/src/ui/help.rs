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
    let lines = lines(model);
    let height = usize::from(area.height);
    let first = model.help_line.min(lines.len().saturating_sub(height));
    let more = if lines.len() > height { ", Up and Down show the rest" } else { "" };
    let title = (Paint::Strong, format!("Keys (? or Esc closes this help{more})"));
    let shown = std::iter::once(title).chain(lines.into_iter().skip(1).skip(first));
    for (offset, (paint, text)) in (0..area.height).zip(shown) {
        let line = Line::styled(fit(&text, area.width.into()), theme.paint(paint));
        frame.render_widget(Paragraph::new(line), row(area, offset));
    }
}

/// Number of lines of the whole help.
pub(crate) fn help_lines(model: &Model) -> usize {
    lines(model).len()
}

/// The whole help; its first line is the title, which stays while the rest moves.
fn lines(model: &Model) -> Vec<(Paint, String)> {
    let mut lines = vec![(Paint::Strong, String::new())];
    lines.extend(
        keys::TABLE
            .iter()
            .map(|binding| (Paint::Plain, format!("  {} {}", fit(binding.label, 14), binding.help))),
    );
    if let Some(report) = &model.report {
        lines.push((Paint::Strong, "What is not proven".to_owned()));
        lines.push((Paint::Plain, format!("  {}", words::not_proven(&report.assurance))));
    }
    lines.push((Paint::Strong, "Exit codes".to_owned()));
    lines.extend(exit::TABLE.iter().map(|(code, meaning)| (Paint::Plain, format!("  {code:>2} {meaning}"))));
    lines
}
