//! Text for cells: escaped, then cut, padded or wrapped by the columns it takes.

use std::borrow::Cow;

use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::display::{escape, is_safe};

/// What was escaped before stays as it is; anything else is escaped now.
fn gate(text: &str) -> Cow<'_, str> {
    if is_safe(text) { Cow::Borrowed(text) } else { escape(text) }
}

/// `text` in exactly `width` columns: cut with `…`, or padded with blanks.
#[must_use]
pub fn fit(text: &str, width: usize) -> String {
    let text = gate(text);
    let mut fitted = String::with_capacity(width);
    let mut columns = 0;
    if text.width() <= width {
        columns = text.width();
        fitted.push_str(&text);
    } else if width > 0 {
        for grapheme in text.graphemes(true) {
            if columns + grapheme.width() + 1 > width {
                break;
            }
            columns += grapheme.width();
            fitted.push_str(grapheme);
        }
        fitted.push('\u{2026}');
        columns += 1;
    }
    fitted.extend(std::iter::repeat_n(' ', width.saturating_sub(columns)));
    fitted
}

/// `text` in lines of at most `width` columns, broken at blanks where there are any. Never empty.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let text = gate(text);
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut columns = 0;
    for (index, word) in text.split(' ').enumerate() {
        let blank = usize::from(index > 0 && columns > 0);
        if columns > 0 && columns + blank + word.width() > width {
            lines.push(String::new());
            columns = 0;
        } else if blank > 0 {
            push(&mut lines, " ");
            columns += 1;
        }
        if columns + word.width() <= width {
            push(&mut lines, word);
            columns += word.width();
            continue;
        }
        for grapheme in word.graphemes(true) {
            if columns + grapheme.width() > width && columns > 0 {
                lines.push(String::new());
                columns = 0;
            }
            push(&mut lines, grapheme);
            columns += grapheme.width();
        }
    }
    lines
}

/// A name in a column of `column`, and `text` wrapped beside it; on a screen too narrow for both, one after the other.
#[must_use]
pub fn beside(name: &str, column: usize, text: &str, width: usize) -> Vec<String> {
    if width < 3 * column {
        return wrap(&format!("{name} {text}"), width);
    }
    let parts = wrap(text, width - column);
    let head = |index: usize| fit(if index == 0 { name } else { "" }, column);
    parts.into_iter().enumerate().map(|(index, part)| format!("{}{part}", head(index))).collect()
}

fn push(lines: &mut [String], text: &str) {
    if let Some(line) = lines.last_mut() {
        line.push_str(text);
    }
}

/// Columns side by side: each `(text, width)` fitted, one blank between.
#[must_use]
pub fn columns(cells: &[(&str, usize)]) -> Line<'static> {
    let fitted: Vec<String> = cells.iter().map(|(text, width)| fit(text, *width)).collect();
    Line::from(Span::raw(fitted.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fitted_text_takes_exactly_its_columns() {
        for text in ["", "abc", "監査証跡", "a監b査c証d", "e\u{301}e\u{301}e\u{301}e\u{301}", "a\u{202e}b"]
        {
            for width in 0..12 {
                let fitted = fit(text, width);
                assert_eq!(fitted.width(), width, "{text:?} in {width}: {fitted:?}");
                assert!(is_safe(&fitted));
            }
        }
        assert_eq!(fit("監査証跡", 5), "監査\u{2026}");
    }

    #[test]
    fn wrapped_text_loses_nothing_but_blanks() {
        let text = "one two  three 監査証跡監査証跡 e3b0c44298fc1c149afbf4c8996fb924";
        for width in 2..50 {
            let lines = wrap(text, width);
            assert!(lines.iter().all(|line| line.width() <= width), "{width}: {lines:?}");
            let joined: String = lines.concat();
            assert_eq!(joined.replace(' ', ""), text.replace(' ', ""), "{width}");
        }
        assert_eq!(wrap("", 10), [""]);
    }

    #[test]
    fn text_beside_a_name_stays_in_its_column() {
        assert_eq!(beside("found", 7, "one two three", 21), ["found  one two three"]);
        assert_eq!(beside("found", 7, "one two three four", 21), ["found  one two three", "       four"]);
        assert_eq!(beside("found", 7, "one two", 10), ["found one", "two"], "no room for a column");
    }
}
