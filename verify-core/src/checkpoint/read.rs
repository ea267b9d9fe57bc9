//! Reads a text line by line, each ended by one newline, and says where it is wrong.
//!
//! Splitting at newlines with the library's `lines` would swallow a carriage return and forgive a
//! missing last newline; here neither passes.

use super::error::{NoteError, shortened};

/// The text as UTF-8 of at most `limit` bytes without control characters but the newline (F-122).
pub(super) fn plain_text(bytes: &[u8], limit: usize) -> Result<&str, NoteError> {
    if bytes.len() > limit {
        return Err(NoteError::TooLong { limit, found: bytes.len() });
    }
    let text =
        std::str::from_utf8(bytes).map_err(|error| NoteError::Encoding { position: error.valid_up_to() })?;
    let mut line = 1;
    for found in text.chars() {
        if found == '\n' {
            line += 1;
        } else if found.is_control() {
            return Err(NoteError::Control { line, found });
        }
    }
    Ok(text)
}

/// The lines of a text that are still to be read.
pub(super) struct Lines<'text> {
    rest: &'text str,
    number: usize,
}

impl<'text> Lines<'text> {
    /// All lines of `text`; the first is counted as `first`.
    pub(super) const fn new(text: &'text str, first: usize) -> Self {
        Self { rest: text, number: first }
    }

    /// The next line without its newline, and its number.
    pub(super) fn next(&mut self, expected: &'static str) -> Result<(usize, &'text str), NoteError> {
        let line = self.number;
        let (found, rest) = self.rest.split_once('\n').ok_or(NoteError::End { line, expected })?;
        self.rest = rest;
        self.number = line.saturating_add(1);
        Ok((line, found))
    }

    /// The next line, which must be `wanted`.
    pub(super) fn exactly(&mut self, wanted: &str, expected: &'static str) -> Result<(), NoteError> {
        let (line, found) = self.next(expected)?;
        if found == wanted { Ok(()) } else { Err(refused(line, expected, found)) }
    }

    /// Whether everything was read.
    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is left, and the number of its first line.
    pub(super) const fn rest(&self) -> (usize, &'text str) {
        (self.number, self.rest)
    }
}

/// A line that is not what its place demands.
pub(super) fn refused(line: usize, expected: &'static str, found: &str) -> NoteError {
    NoteError::Line { line, expected, found: shortened(found) }
}

/// A number in the one decimal spelling: digits, no sign, no leading zero, below 2^64.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
