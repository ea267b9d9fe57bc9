//! The one gate between untrusted text and anything a person looks at.
//!
//! Evidence, file names and even arguments can hold escape sequences that move a cursor, bidirectional
//! marks that show `admin` for something else, or characters that nobody can see. None of them is
//! dropped, because dropping alters silently: each is shown as `\u{202e}`. Every sink of this program
//! (text, screens, errors, JSON, exports) goes through [`escape`] or [`harmless_json`].

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use unicode_general_category::{GeneralCategory, get_general_category};

/// Most characters of one value that are shown; the rest is counted.
pub const LONGEST: usize = 2_000;

/// Most combining marks in a row that are shown as they are; a longer run could paint over its neighbours.
const MOST_MARKS: usize = 4;

/// Untrusted text. Its `Display` is the escaped form, so a format string cannot print it raw.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Untrusted<'a>(pub &'a str);

impl fmt::Display for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&escape(self.0))
    }
}

impl fmt::Debug for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", escape(self.0))
    }
}

/// `text` with every character that a terminal could act on, hide or reorder shown as `\u{…}`, cut after
/// [`LONGEST`] characters. Escaping the result again changes nothing but a literal `\u{` of the input.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    escape_within(text, LONGEST)
}

/// As [`escape`], cut after `longest` characters of the input.
#[must_use]
pub fn escape_within(text: &str, longest: usize) -> Cow<'_, str> {
    if text.len() <= longest && text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\') {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len().min(longest * 4) + 16);
    let mut marks = 0;
    for (count, (position, character)) in text.char_indices().enumerate() {
        if count == longest {
            // Writing to a string cannot fail.
            let _infallible = write!(shown, "\u{2026} [{} more bytes]", text.len() - position);
            break;
        }
        marks = if is_mark(character) { marks + 1 } else { 0 };
        // A literal `\u{` must not be taken for an escape made here.
        let looks_escaped =
            character == '\\' && text.get(position..).is_some_and(|rest| rest.starts_with("\\u{"));
        if is_harmless(character) && marks <= MOST_MARKS && !looks_escaped {
            shown.push(character);
        } else {
            let _infallible = write!(shown, "\\u{{{:x}}}", u32::from(character));
        }
    }
    Cow::Owned(shown)
}

/// Whether `text` holds nothing that [`escape`] would have to make visible.
#[must_use]
pub fn is_safe(text: &str) -> bool {
    let mut marks = 0;
    text.chars().all(|character| {
        marks = if is_mark(character) { marks + 1 } else { 0 };
        is_harmless(character) && marks <= MOST_MARKS
    })
}

/// JSON that is safe to look at: `json` with every unsafe character as `\uXXXX`. Outside strings JSON is plain
/// ASCII, and inside strings the escape means the same character, so the document stays equal.
#[must_use]
pub fn harmless_json(json: &str) -> Cow<'_, str> {
    if json.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if is_harmless(character) && !is_mark(character) {
            shown.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _infallible = write!(shown, "\\u{unit:04x}");
            }
        }
    }
    Cow::Owned(shown)
}

fn is_mark(character: char) -> bool {
    !character.is_ascii()
        && matches!(
            get_general_category(character),
            GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark | GeneralCategory::SpacingMark
        )
}

/// Visible, in its place, and nothing else.
fn is_harmless(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, ' '..='~');
    }
    if is_invisible(character) {
        return false;
    }
    !matches!(
        get_general_category(character),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::SpaceSeparator
    )
}

/// Letters and marks that Unicode declares ignorable or blank although their category says otherwise:
/// fillers, joiners and variation selectors can carry a hidden message.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests;
