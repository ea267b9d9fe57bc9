//! The fast pass: is this text canonical, yes or no.
//!
//! It knows only the grammar RFC 8785 can produce, so a stray space is as wrong as a missing brace.
//! Nothing is built or copied. Why a text is refused is found out elsewhere (`scan`), at leisure.

use std::cmp::Ordering;

use super::text::{any_non_ascii, canonical_escape, plain_run, unescape, utf16_order};
use super::{MAX_DEPTH, number};
use crate::limits::{Limits, option};

/// Where the fast pass stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    /// The limit that stopped it, if the text may be canonical for all that.
    pub(super) over: Option<Over>,
}

/// A limit on the number of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Over {
    pub(super) most: usize,
    pub(super) option: &'static str,
}

impl Fault {
    pub(super) fn at(at: usize) -> Self {
        Self { at, over: None }
    }
}

/// What stands between the quotes of a checked string.
#[derive(Clone, Copy)]
pub(super) struct Quoted<'a> {
    pub(super) raw: &'a [u8],
    /// ASCII without escapes: its bytes are its code units.
    plain: bool,
}

impl Quoted<'_> {
    /// True if this key must stand before `next`.
    #[inline]
    fn precedes(self, next: Self) -> bool {
        if self.plain && next.plain {
            // Most keys differ in their first byte, which is cheaper to see than to call for.
            return match (self.raw.first(), next.raw.first()) {
                (Some(left), Some(right)) if left != right => left < right,
                _ => self.raw < next.raw,
            };
        }
        match (unescape(self.raw), unescape(next.raw)) {
            (Some(left), Some(right)) => utf16_order(&left, &right) == Ordering::Less,
            _ => false,
        }
    }
}

/// A cursor over a text; everything before it is canonical.
pub(super) struct Checker<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    /// Commas and colons so far, and how many there may be.
    values: usize,
    most: Over,
}

impl<'a> Checker<'a> {
    pub(super) fn new(bytes: &'a [u8], limits: &Limits) -> Self {
        let most = Over { most: limits.json_values, option: option::VALUES };
        Self { bytes, at: 0, depth: limits.json_depth.min(MAX_DEPTH), values: 0, most }
    }

    /// As [`Checker::new`], for a snapshot, of which only parts become trees.
    pub(super) fn of_snapshot(bytes: &'a [u8], limits: &Limits) -> Self {
        let most = Over { most: limits.snapshot_values, option: option::SNAPSHOT_VALUES };
        Self { most, ..Self::new(bytes, limits) }
    }

    /// Commas and colons so far.
    pub(super) fn values(&self) -> usize {
        self.values
    }

    /// Steps over a comma or colon, if it stands here.
    #[inline]
    fn separator(&mut self, byte: u8) -> Result<bool, Fault> {
        let found = self.take(byte);
        self.values += usize::from(found);
        if self.values > self.most.most {
            return Err(Fault { at: self.at, over: Some(self.most) });
        }
        Ok(found)
    }

    /// One value and nothing after it.
    pub(super) fn document(mut self) -> Result<(), Fault> {
        self.value()?;
        self.end()
    }

    /// Nothing follows.
    pub(super) fn end(&self) -> Result<(), Fault> {
        if self.at == self.bytes.len() { Ok(()) } else { self.fault() }
    }

    /// Offset of the next byte.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn fault<T>(&self) -> Result<T, Fault> {
        Err(Fault::at(self.at))
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Any value.
    pub(super) fn value(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{') => self.object(|checker, _| checker.value()),
            Some(b'[') => self.array(|_| Ok(())),
            Some(b't') => self.literal(b"true"),
            Some(b'f') => self.literal(b"false"),
            Some(b'n') => self.literal(b"null"),
            Some(b'-' | b'0'..=b'9') => {
                let length = number::canonical_length(self.rest()).ok_or(Fault::at(self.at))?;
                self.at += length;
                Ok(())
            }
            _ => self.fault(),
        }
    }

    /// An object; `member` must take the value of each key.
    pub(super) fn object<F>(&mut self, mut member: F) -> Result<(), Fault>
    where
        F: FnMut(&mut Self, Quoted<'a>) -> Result<(), Fault>,
    {
        self.enter()?;
        let mut previous: Option<Quoted<'a>> = None;
        if !self.take(b'}') {
            loop {
                let key_at = self.at;
                let key = self.string()?;
                if previous.is_some_and(|previous| !previous.precedes(key)) {
                    return Err(Fault::at(key_at));
                }
                if !self.separator(b':')? {
                    return self.fault();
                }
                member(self, key)?;
                previous = Some(key);
                if !self.separator(b',')? {
                    break;
                }
            }
            if !self.take(b'}') {
                return self.fault();
            }
        }
        self.depth += 1;
        Ok(())
    }

    /// An array; `element_end` sees the cursor just after each element.
    pub(super) fn array<F>(&mut self, mut element_end: F) -> Result<(), Fault>
    where
        F: FnMut(&Self) -> Result<(), Fault>,
    {
        self.enter()?;
        if !self.take(b']') {
            loop {
                self.value()?;
                element_end(self)?;
                if !self.separator(b',')? {
                    break;
                }
            }
            if !self.take(b']') {
                return self.fault();
            }
        }
        self.depth += 1;
        Ok(())
    }

    /// Steps over the opening bracket, if the depth allows.
    #[inline]
    fn enter(&mut self) -> Result<(), Fault> {
        self.depth = self.depth.checked_sub(1).ok_or(Fault::at(self.at))?;
        self.at += 1;
        Ok(())
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), Fault> {
        if !self.rest().starts_with(word) {
            return self.fault();
        }
        self.at += word.len();
        Ok(())
    }

    #[inline]
    fn string(&mut self) -> Result<Quoted<'a>, Fault> {
        if !self.take(b'"') {
            return self.fault();
        }
        let start = self.at;
        let mut seen = 0_u64;
        let mut escaped = false;
        loop {
            self.at += plain_run(self.rest(), &mut seen);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    self.at += canonical_escape(self.rest()).ok_or(Fault::at(self.at))?;
                    escaped = true;
                }
                _ => return self.fault(),
            }
        }
        let raw = self.bytes.get(start..self.at).unwrap_or_default();
        let ascii = !any_non_ascii(seen);
        if !ascii && let Err(error) = std::str::from_utf8(raw) {
            return Err(Fault::at(start + error.valid_up_to()));
        }
        self.at += 1;
        Ok(Quoted { raw, plain: ascii && !escaped })
    }
}
