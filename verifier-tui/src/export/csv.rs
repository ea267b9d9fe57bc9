//! Comma-separated values (RFC 4180) in which no cell can act, hide or reorder.

use verify_core::time::UtcTime;

use crate::display::escape_within;

/// Most characters of one cell: spreadsheets keep no more. The JSON beside it has everything.
const LONGEST: usize = 32_000;

/// What makes a spreadsheet take a cell for a formula, wide forms included.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// One cell.
#[derive(Debug, Clone)]
pub enum Cell {
    /// Text that somebody else may have written.
    Text(String),
    /// A number of this program.
    Number(u64),
    /// Nothing.
    Empty,
}

impl Cell {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Text that may be absent.
    pub fn maybe(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }

    /// A number that may be absent.
    #[must_use]
    pub fn number(number: Option<u64>) -> Self {
        number.map_or(Self::Empty, Self::Number)
    }

    /// A time that may be absent.
    #[must_use]
    pub fn time(time: Option<UtcTime>) -> Self {
        time.map_or(Self::Empty, |time| Self::Text(time.to_string()))
    }

    fn written(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => {
                let shown = escape_within(text, LONGEST);
                if acts(text) || acts(&shown) { format!("'{shown}") } else { shown.into_owned() }
            }
        }
    }
}

/// Whether a spreadsheet could take the text for a formula. Blanks before it are no protection.
fn acts(text: &str) -> bool {
    let after_blanks = |c: char| c.is_whitespace() && !FORMULA.contains(&c);
    text.trim_start_matches(after_blanks).starts_with(FORMULA)
}

/// A table under construction.
#[derive(Debug, Default)]
pub struct Table(String);

impl Table {
    /// A table with these columns.
    #[must_use]
    pub fn new(columns: &[&str]) -> Self {
        let mut table = Self::default();
        table.row(columns.iter().map(|name| Cell::text(*name)));
        table
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        for (index, cell) in cells.into_iter().enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            let written = cell.written();
            if written.contains(['"', ',', ' ']) {
                self.0.push('"');
                self.0.push_str(&written.replace('"', "\"\""));
                self.0.push('"');
            } else {
                self.0.push_str(&written);
            }
        }
        self.0.push_str("\r\n");
    }

    /// The file.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        Cell::text(text).written()
    }

    #[test]
    fn formulas_are_texts() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "  =1+1", "\u{3000}=1", "\u{a0}@x", "\u{ff1d}1+1"] {
            assert!(written(formula).starts_with('\''), "{formula:?}: {}", written(formula));
        }
        assert_eq!(written("\t=1"), "'\\u{9}=1");
        assert_eq!(written("\r=1"), "'\\u{d}=1");
        for plain in ["a=1", "1-1", "", "CC6.1", "'=1", "2026-05-01T08:00:00Z", "\\u{9}"] {
            assert!(!written(plain).starts_with("'\\") && !written(plain).starts_with("'C"), "{plain:?}");
        }
        assert_eq!(Cell::Number(7).written(), "7");
    }

    #[test]
    fn rows_follow_the_standard() {
        let mut table = Table::new(&["a", "b"]);
        table.row([Cell::text("say \"hi\", you"), Cell::Empty]);
        table.row([Cell::text("x\r\ny"), Cell::Number(1)]);
        let expected = "a,b\r\n\"say \"\"hi\"\", you\",\r\nx\\u{d}\\u{a}y,1\r\n";
        assert_eq!(String::from_utf8(table.into_bytes()).unwrap(), expected);
    }
}
