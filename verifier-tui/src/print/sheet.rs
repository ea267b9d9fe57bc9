//! Lines of text: wrapped at 80 columns with a hanging indent, and safe whatever is put in.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::display::{escape, is_safe};

/// Columns of a line.
const WIDTH: usize = 80;

/// A growing text. Values go in escaped; as a last gate, a line that is unsafe all the same is escaped here.
#[derive(Debug, Default)]
pub struct Sheet {
    text: String,
}

impl Sheet {
    /// One line as it is, never wrapped.
    pub fn line(&mut self, line: &str) {
        if is_safe(line) {
            self.text.push_str(line.trim_end());
        } else {
            self.text.push_str(&escape(line));
        }
        self.text.push('\n');
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A section title.
    pub fn title(&mut self, title: &str) {
        self.blank();
        self.line(title);
    }

    /// Text after `first`, wrapped; following lines are indented by `indent` columns.
    pub fn wrapped(&mut self, first: &str, indent: usize, text: &str) {
        let mut line = first.to_owned();
        let mut empty = true;
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let space = usize::from(!empty);
            if !empty && line.width() + space + word.width() > WIDTH {
                self.line(&line);
                line = " ".repeat(indent);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            // A word that is longer than any line is cut, or it would be lost at the edge of a screen.
            for grapheme in word.graphemes(true) {
                if line.width() + grapheme.width() > WIDTH && word.width() > WIDTH - indent.min(WIDTH / 2) {
                    self.line(&line);
                    line = " ".repeat(indent);
                }
                line.push_str(grapheme);
            }
            empty = false;
        }
        self.line(&line);
    }

    /// A name in a column of 13 and its text beside it, wrapped.
    pub fn field(&mut self, name: &str, text: &str) {
        self.wrapped(&format!("{name:<12} "), 13, text);
    }

    /// The text.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_wrap_with_a_hanging_indent() {
        let mut sheet = Sheet::default();
        sheet.field("Name", &"word ".repeat(30));
        let text = sheet.into_text();
        assert!(text.lines().all(|line| line.width() <= WIDTH));
        assert!(text.lines().skip(1).all(|line| line.starts_with("             word")));
        assert_eq!(text.matches("word").count(), 30);
    }

    #[test]
    fn digests_stay_whole_and_longer_words_are_cut() {
        let mut sheet = Sheet::default();
        let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        sheet.wrapped("                        ", 4, &format!("{digest} {digest}"));
        sheet.wrapped("  ", 2, &"x".repeat(200));
        let text = sheet.into_text();
        assert_eq!(text.matches(digest).count(), 2);
        assert_eq!(text.matches('x').count(), 200);
        assert!(text.lines().filter(|line| line.contains('x')).all(|line| line.width() <= WIDTH));
    }

    #[test]
    fn unsafe_lines_cannot_pass() {
        let mut sheet = Sheet::default();
        sheet.line("a\u{1b}[2Jb\nc");
        assert_eq!(sheet.into_text(), "a\\u{1b}[2Jb\\u{a}c\n");
    }
}
