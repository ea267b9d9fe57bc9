//! Canonical JSON lines: one object per line, each line ended by one newline (F-13).

use super::{CanonClass, CanonError, check};
use crate::limits::{Limits, option};

/// Checks a text of canonical objects, one per line, and gives the lines without their newlines.
///
/// An empty text has no lines. Refuses, beyond what [`check`] refuses in a line: an empty line, a line
/// that is no object, and a last line without its newline. Offsets count from the start of the text.
pub fn lines<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Vec<&'a [u8]>, CanonError> {
    super::scan::within_size(bytes, limits)?;
    let mut lines = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let start = bytes.len() - rest.len();
        // A canonical text escapes every newline of its own, so this one can only end a line.
        let Some(length) = rest.iter().position(|byte| *byte == b'\n') else {
            let detail = "expected a newline at the end of the last line";
            return Err(CanonError::new(CanonClass::NotCanonical, bytes.len(), detail));
        };
        let (line, after) = rest.split_at_checked(length).unwrap_or_default();
        if lines.len() >= limits.json_values {
            let detail =
                format!("expected at most {} lines ({}), found more", limits.json_values, option::VALUES);
            return Err(CanonError::new(CanonClass::Limits, start, detail));
        }
        check(line, limits).map_err(|error| CanonError { offset: error.offset + start as u64, ..error })?;
        if !line.starts_with(b"{") {
            return Err(CanonError::new(CanonClass::NotCanonical, start, "expected an object on the line"));
        }
        lines.push(line);
        rest = after.get(1..).unwrap_or_default();
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_only_what_it_checked() {
        let limits = Limits::default();
        assert_eq!(lines(b"", &limits).unwrap(), [b""; 0]);
        assert_eq!(lines(b"{}\n{\"a\":\"\\n\"}\n", &limits).unwrap(), [&b"{}"[..], b"{\"a\":\"\\n\"}"]);
        for (text, class, offset) in [
            (&b"{}\n{}"[..], CanonClass::NotCanonical, 5),
            (b"{}\n\n{}\n", CanonClass::Syntax, 3),
            (b"\n", CanonClass::Syntax, 0),
            (b"{}\n[]\n", CanonClass::NotCanonical, 3),
            (b"{}\n{ }\n", CanonClass::NotCanonical, 4),
            (b"{}\r\n", CanonClass::NotCanonical, 2),
            (b"{}{}\n", CanonClass::Trailing, 2),
            (b"{}\n{\"a\":1,\"a\":1}\n", CanonClass::DuplicateKey, 10),
            (b"{}\n{\"a\":\"\n\"}\n", CanonClass::Syntax, 9),
        ] {
            let error = lines(text, &limits).unwrap_err();
            assert_eq!((error.class, error.offset), (class, offset), "{}", text.escape_ascii());
        }
    }
}
