//! The records that something from outside is good for, as people write them: `@FROM-TO` or `@FROM-`.

use std::fmt;
use std::str::FromStr;

/// Records from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecordRange {
    /// First record.
    pub from: u64,
    /// Last record; `None` leaves the range open.
    pub to: Option<u64>,
}

/// A text that is no range of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// Not two numbers in decimal digits, of which the second may be left out.
    #[error("expected FROM-TO or FROM-")]
    Form,
    /// The last record comes before the first.
    #[error("expected records in rising order")]
    Falling,
}

impl RecordRange {
    /// Whether a record lies in it.
    #[must_use]
    pub fn covers(self, sequence: u64) -> bool {
        self.from <= sequence && self.to.is_none_or(|to| sequence <= to)
    }
}

impl fmt::Display for RecordRange {
    /// What follows a key or digest: nothing where it is good for all records.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.to) {
            (0, None) => Ok(()),
            (from, None) => write!(f, "@{from}-"),
            (from, Some(to)) => write!(f, "@{from}-{to}"),
        }
    }
}

impl FromStr for RecordRange {
    type Err = RangeError;

    /// Reads what follows the `@`.
    fn from_str(text: &str) -> Result<Self, RangeError> {
        let number = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u64>().ok().filter(|_| digits).ok_or(RangeError::Form)
        };
        let (from, to) = text.split_once('-').ok_or(RangeError::Form)?;
        let (from, to) = (number(from)?, if to.is_empty() { None } else { Some(number(to)?) });
        if to.is_some_and(|to| to < from) { Err(RangeError::Falling) } else { Ok(Self { from, to }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_written_as_it_is_read_and_anything_else_is_refused() {
        for (text, from, to) in [("3-", 3, None), ("0-41", 0, Some(41)), ("7-7", 7, Some(7))] {
            let range: RecordRange = text.parse().unwrap();
            assert_eq!(range, RecordRange { from, to });
            assert_eq!(range.to_string(), format!("@{text}"));
            assert!(range.covers(from) && !from.checked_sub(1).is_some_and(|before| range.covers(before)));
            assert!(to.is_none_or(|to| range.covers(to) && !range.covers(to + 1)));
        }
        assert_eq!("0-".parse::<RecordRange>().unwrap().to_string(), "");
        for text in ["", "5", "-5", "+1-2", "1-+2", "0-99999999999999999999", "1-2-3", " 1-2"] {
            assert_eq!(text.parse::<RecordRange>(), Err(RangeError::Form), "{text}");
        }
        assert_eq!("9-5".parse::<RecordRange>(), Err(RangeError::Falling));
    }
}
