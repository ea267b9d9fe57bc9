//! Drawing: the model in, a frame out. No state changes, nothing recomputed, and no text reaches a cell
//! that has not passed [`text::fit`] or [`text::wrap`].
//!
//! ```text
//! header   what is verified, and the verdict
//! tabs     the six screens
//! body     the rows of the screen, and below them the selected row in full
//! footer   the keys that work here
//! command  the command that prints the same
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::app::{Model, Screen};

mod chrome;
mod controls;
mod drift;
mod findings;
mod help;
mod ladder;
mod overview;
mod package;
mod packages;
mod pane;
mod table;
pub mod text;
mod theme;

pub(crate) use pane::pane_lines;
pub use theme::Theme;

/// Draws everything.
pub fn render(model: &Model, theme: Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    let body = chrome::render(model, theme, frame, area);
    match model.screen {
        Screen::Overview => overview::render(model, theme, frame, body),
        Screen::Packages => packages::render(model, theme, frame, body),
        Screen::Package => package::render(model, theme, frame, body),
        Screen::Controls => controls::render(model, theme, frame, body),
        Screen::Drift => drift::render(model, theme, frame, body),
        Screen::Findings => findings::render(model, theme, frame, body),
    }
    pane::render(model, theme, frame, area);
}

/// One row of `area`, counted from its top; empty when there is none.
fn row(area: Rect, index: u16) -> Rect {
    if index < area.height {
        Rect { y: area.y + index, height: 1, ..area }
    } else {
        Rect { height: 0, ..area }
    }
}

#[cfg(test)]
mod tests;
