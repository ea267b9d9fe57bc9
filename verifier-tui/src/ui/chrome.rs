//! Header, tabs, footer and command line around the body.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::text::fit;
use super::{Theme, row};
use crate::app::overview::Paint;
use crate::app::{Model, Overlay, Phase, Screen, keys};
use crate::words;

/// Below this height only the body is drawn.
const LOWEST: u16 = 8;

/// Below this width the screens stand in one column and the tabs are one word.
pub(super) const NARROW: u16 = 60;

/// Draws the frame around the body and gives back the body's place.
pub(super) fn render(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) -> Rect {
    if area.height < LOWEST {
        return area;
    }
    frame.render_widget(Paragraph::new(header(model, theme, area.width.into())), row(area, 0));
    frame.render_widget(Paragraph::new(tabs(model, theme, area.width)), row(area, 1));
    let footer = if model.overlay == Overlay::Filter { filter(model) } else { keys_here(model) };
    let footer = Line::styled(fit(&footer, area.width.into()), theme.paint(Paint::Strong));
    frame.render_widget(Paragraph::new(footer), row(area, area.height - 2));
    let command =
        Line::styled(fit(&format!("$ {}", model.command), area.width.into()), theme.paint(Paint::Dim));
    frame.render_widget(Paragraph::new(command), row(area, area.height - 1));
    Rect { y: area.y + 2, height: area.height - 4, ..area }
}

fn header(model: &Model, theme: Theme, width: usize) -> Line<'static> {
    let (state, paint) = match (&model.phase, &model.report) {
        (Phase::Crashed, _) => ("internal error (70)".to_owned(), Paint::Bad),
        (_, Some(report)) => {
            let code = report.verdict.exit_code;
            let paint = match code {
                0 => Paint::Good,
                1 | 4 => Paint::Bad,
                _ => Paint::Warn,
            };
            (format!("{} ({code})", words::verdict(report.verdict.word)), paint)
        }
        (Phase::Running(Some(progress)), None) if progress.total > 0 => {
            (format!("running {} of {}", progress.done, progress.total), Paint::Plain)
        }
        _ => ("running".to_owned(), Paint::Plain),
    };
    let left = width.saturating_sub(state.width() + 1);
    let name = fit(&format!("verifier  {}", model.source), left);
    Line::from(vec![
        Span::styled(name, theme.paint(Paint::Strong)),
        Span::raw(if left > 0 { " " } else { "" }),
        Span::styled(fit(&state, width.min(state.width())), theme.paint(paint)),
    ])
}

fn tabs(model: &Model, theme: Theme, width: u16) -> Line<'static> {
    if width < NARROW {
        let text = format!("{} of 6: {}", model.screen.number(), model.screen.title());
        return Line::styled(fit(&text, width.into()), theme.selected());
    }
    let mut spans = Vec::new();
    for screen in Screen::ALL {
        let count = match screen {
            Screen::Packages | Screen::Drift | Screen::Findings if model.all_rows(screen) > 0 => {
                format!(" ({})", words::grouped(model.all_rows(screen) as u64))
            }
            _ => String::new(),
        };
        let text = format!("{} {}{count}", screen.number(), screen.title());
        let style = if screen == model.screen { theme.selected() } else { theme.paint(Paint::Plain) };
        spans.push(Span::styled(text, style));
        spans.push(Span::raw("  "));
    }
    Line::from(spans)
}

fn filter(model: &Model) -> String {
    let list = model.list(model.screen);
    format!(
        "/{}_  {} rows; Enter keeps the filter, Esc drops it",
        list.filter,
        model.shown_rows(model.screen)
    )
}

fn keys_here(model: &Model) -> String {
    let list = model.list(model.screen);
    let mut parts = Vec::new();
    if !list.filter.is_empty() {
        parts.push(format!("filter \"{}\" (Esc: all)", list.filter));
    }
    for binding in keys::on(model.screen).filter(|binding| !binding.footer.is_empty()) {
        let key = binding.label.split(' ').next().unwrap_or_default();
        parts.push(format!("{key} {}", binding.footer));
    }
    parts.push("1-6 screens".to_owned());
    parts.join("  ")
}
