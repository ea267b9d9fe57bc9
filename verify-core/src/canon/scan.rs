//! The strict scan: is this text JSON on which all readers agree, and if not, why.
//!
//! It allows every spelling RFC 8259 allows and no document tree is built; only the keys of the open
//! objects are held, to find one that comes twice.

use std::borrow::Cow;
use std::collections::HashSet;

use super::text::{code_unit, plain_run, unescape, unescape_one};
use super::{CanonClass, CanonError, MAX_DEPTH, number};
use crate::limits::{Limits, option};

/// Longest part of a key or number that an error repeats.
const QUOTED_CHARACTERS: usize = 80;

/// Refuses a text above the limit before anything is done with it.
pub(super) fn within_size(bytes: &[u8], limits: &Limits) -> Result<(), CanonError> {
    if bytes.len() as u64 <= limits.member_bytes {
        return Ok(());
    }
    let (most, found) = (limits.member_bytes, bytes.len());
    let detail = format!("expected at most {most} bytes ({}), found {found}", option::MEMBER);
    Err(CanonError::new(CanonClass::Limits, 0, detail))
}

pub(super) fn too_many_values(at: usize, most: usize, option: &str) -> CanonError {
    let detail = format!("expected at most {most} commas and colons ({option}), found more");
    CanonError::new(CanonClass::Limits, at, detail)
}

/// Accepts strict JSON: one value, white space around it.
pub(super) fn scan(bytes: &[u8], limits: &Limits) -> Result<(), CanonError> {
    within_size(bytes, limits)?;
    let text = std::str::from_utf8(bytes)
        .map_err(|error| CanonError::new(CanonClass::Utf8, error.valid_up_to(), "invalid UTF-8"))?;
    let depth = limits.json_depth.min(MAX_DEPTH);
    let mut scanner = Scanner { text, at: 0, depth, values: 0, most: limits.json_values };
    if text.starts_with('\u{feff}') {
        return scanner.refuse(CanonClass::Syntax, "a byte order mark");
    }
    scanner.white_space();
    scanner.value()?;
    scanner.white_space();
    if scanner.at < text.len() {
        return scanner.refuse(CanonClass::Trailing, "bytes after the end of the document");
    }
    Ok(())
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// Commas and colons so far, and how many there may be.
    values: usize,
    most: usize,
}

impl<'a> Scanner<'a> {
    fn refuse<T>(&self, class: CanonClass, detail: impl Into<String>) -> Result<T, CanonError> {
        Err(CanonError::new(class, self.at, detail))
    }

    /// Broken text: names what should have stood here.
    fn expected<T>(&self, what: &str) -> Result<T, CanonError> {
        let detail = match self.rest().chars().next() {
            Some(found) => format!("expected {what}, found {found:?}"),
            None => format!("expected {what}, found the end of the text"),
        };
        self.refuse(CanonClass::Syntax, detail)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Steps over a comma or colon, if it stands here.
    fn separator(&mut self, byte: u8) -> Result<bool, CanonError> {
        let found = self.take(byte);
        self.values += usize::from(found);
        if self.values > self.most {
            return Err(too_many_values(self.at, self.most, option::VALUES));
        }
        Ok(found)
    }

    fn white_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<(), CanonError> {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => match ["true", "false", "null"].iter().find(|word| self.rest().starts_with(**word)) {
                Some(word) => {
                    self.at += word.len();
                    Ok(())
                }
                None => self.expected("a value"),
            },
        }
    }

    fn enter(&mut self) -> Result<(), CanonError> {
        let Some(depth) = self.depth.checked_sub(1) else {
            let detail = format!("nested deeper than the limit ({})", option::DEPTH);
            return self.refuse(CanonClass::Limits, detail);
        };
        self.depth = depth;
        self.at += 1;
        self.white_space();
        Ok(())
    }

    fn object(&mut self) -> Result<(), CanonError> {
        self.enter()?;
        if !self.take(b'}') {
            let mut keys = HashSet::new();
            loop {
                let key_at = self.at;
                let key = self.string()?;
                if keys.contains(&key) {
                    let key: String = key.chars().take(QUOTED_CHARACTERS).collect();
                    let detail = format!("key {key:?} given twice");
                    return Err(CanonError::new(CanonClass::DuplicateKey, key_at, detail));
                }
                keys.insert(key);
                self.white_space();
                if !self.separator(b':')? {
                    return self.expected("`:`");
                }
                self.white_space();
                self.value()?;
                self.white_space();
                if self.take(b'}') {
                    break;
                }
                if !self.separator(b',')? {
                    return self.expected("`,` or `}`");
                }
                self.white_space();
            }
        }
        self.depth += 1;
        Ok(())
    }

    fn array(&mut self) -> Result<(), CanonError> {
        self.enter()?;
        if !self.take(b']') {
            loop {
                self.value()?;
                self.white_space();
                if self.take(b']') {
                    break;
                }
                if !self.separator(b',')? {
                    return self.expected("`,` or `]`");
                }
                self.white_space();
            }
        }
        self.depth += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<Cow<'a, str>, CanonError> {
        if !self.take(b'"') {
            return self.expected("a string");
        }
        let start = self.at;
        loop {
            self.at += plain_run(self.rest().as_bytes(), &mut 0);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(_) => return self.expected("no raw control character in a string"),
                None => return self.expected("the end of a string"),
            }
        }
        let raw = self.text.get(start..self.at).unwrap_or_default();
        self.at += 1;
        match unescape(raw.as_bytes()) {
            Some(text) => Ok(text),
            None => self.expected("a string that can be unescaped"),
        }
    }

    fn escape(&mut self) -> Result<(), CanonError> {
        let escape = self.rest().get(1..).unwrap_or_default();
        if let Some((_, length)) = unescape_one(escape) {
            self.at += 1 + length;
            return Ok(());
        }
        let unit = escape.strip_prefix('u').and_then(|digits| code_unit(digits.get(..4)?));
        if unit.is_some() {
            return self.refuse(CanonClass::Utf8, "an escape of half a surrogate pair");
        }
        self.refuse(CanonClass::Syntax, "an unknown escape in a string")
    }

    fn number(&mut self) -> Result<(), CanonError> {
        let start = self.at;
        self.take(b'-');
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with('0') {
            self.at = start;
            return self.refuse(CanonClass::Syntax, "a number with a leading zero");
        }
        let mut plain = true;
        let mut zero = whole == "0";
        if self.take(b'.') {
            plain = false;
            zero &= self.digits()?.bytes().all(|digit| digit == b'0');
        }
        if self.take(b'e') || self.take(b'E') {
            plain = false;
            let _signed = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let literal = self.text.get(start..self.at).unwrap_or_default();
        let exact = if plain {
            number::is_exact(whole.as_bytes())
        } else {
            literal.parse::<f64>().is_ok_and(|value| {
                value.is_finite() && !number::is_inexact_integer(value) && (value != 0.0 || zero)
            })
        };
        if exact {
            return Ok(());
        }
        let shown: String = literal.chars().take(QUOTED_CHARACTERS).collect();
        let detail = format!("expected a number that a double keeps exactly, found {shown}");
        Err(CanonError::new(CanonClass::Number, start, detail))
    }

    /// One or more decimal digits.
    fn digits(&mut self) -> Result<&'a str, CanonError> {
        let rest = self.rest();
        let count = number::digits(rest.as_bytes());
        if count == 0 {
            return self.expected("a digit");
        }
        self.at += count;
        Ok(rest.get(..count).unwrap_or_default())
    }
}
