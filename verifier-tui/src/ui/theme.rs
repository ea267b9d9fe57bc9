//! Colours: few, from the terminal's own palette, readable on light and dark, and never the only sign.

use ratatui::style::{Color, Modifier, Style};

use crate::app::overview::Paint;

/// With colour or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    colour: bool,
}

impl Theme {
    /// A theme.
    #[must_use]
    pub const fn new(colour: bool) -> Self {
        Self { colour }
    }

    /// As the environment wishes: any `NO_COLOR` that is not empty turns colour off.
    #[must_use]
    pub fn from_no_color(no_color: Option<&std::ffi::OsStr>) -> Self {
        Self::new(no_color.is_none_or(std::ffi::OsStr::is_empty))
    }

    fn coloured(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    /// The style of a paint.
    #[must_use]
    pub fn paint(self, paint: Paint) -> Style {
        match paint {
            Paint::Plain | Paint::Strip => Style::new(),
            Paint::Strong => Style::new().add_modifier(Modifier::BOLD),
            Paint::Dim => Style::new().add_modifier(Modifier::DIM),
            Paint::Good => self.coloured(Color::Green).add_modifier(Modifier::BOLD),
            // Magenta: yellow cannot be read on light terminals, blue not on dark ones.
            Paint::Warn => self.coloured(Color::Magenta),
            Paint::Bad => self.coloured(Color::Red).add_modifier(Modifier::BOLD),
            Paint::Moved => self.coloured(Color::Cyan),
        }
    }

    /// The selected row.
    #[must_use]
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// One letter of a strip of slots or cells.
    #[must_use]
    pub fn letter(self, letter: char) -> Style {
        match letter {
            'F' | 'M' => self.paint(Paint::Bad),
            'E' | 'i' | '?' => self.paint(Paint::Warn),
            '\u{b7}' => self.coloured(Color::Green),
            _ => Style::new(),
        }
    }
}
