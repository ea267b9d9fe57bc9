//! RFC 8785 (JCS) canonical JSON (F-13), and the strict reader for any other JSON.
//!
//! Evidence is only ever read in its canonical form, so that one meaning has one sequence of bytes
//! and two readers can never see two contents. [`check`] proves that form in one pass over the bytes
//! without building a document tree; [`layout`] and [`Document`] make the same pass and keep the place
//! of every top-level member and of every element of a top-level array. Nothing is ever split by code
//! that did not check it.
//!
//! Refused, beyond what RFC 8259 refuses: a key given twice (compared after unescaping), text that is
//! not UTF-8 or escapes half a surrogate pair, nesting beyond [`Limits::json_depth`], and numbers on
//! which two readers may differ. That last rule reads: a number is refused if it overflows, if it is
//! not zero but reads as zero, or if RFC 8785 writes it as a plain integer beyond ±(2^53 - 1).
//! Magnitudes from 1e21 are written with an exponent, hence plainly as doubles, and pass.

mod check;
mod layout;
mod lines;
pub mod misleading;
mod number;
pub mod pointer;
mod scan;
mod text;
mod write;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub use layout::{Document, Elements, Layout, MemberRef, layout};
pub use lines::lines;
pub use write::{digest_map, to_vec, to_vec_of};

use crate::finding::Code;
use crate::limits::Limits;

/// Nesting that no limit can raise: where the JSON parser behind [`read`] stops by itself.
pub const MAX_DEPTH: usize = 127;

/// Why a text is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CanonClass {
    /// Not UTF-8, or half a surrogate pair.
    Utf8,
    /// Not JSON (RFC 8259), or cut short.
    Syntax,
    /// Bytes follow the document.
    Trailing,
    /// One object has one key twice.
    DuplicateKey,
    /// A number outside the exact range.
    Number,
    /// Larger or more deeply nested than the limits allow.
    Limits,
    /// Strict JSON, but not in RFC 8785 form.
    NotCanonical,
}

impl CanonClass {
    /// The code of the finding that reports this class.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Utf8 => Code::JsonUtf8,
            Self::Syntax => Code::JsonSyntax,
            Self::Trailing => Code::JsonTrailing,
            Self::DuplicateKey => Code::JsonDupkey,
            Self::Number => Code::JsonNumber,
            Self::Limits => Code::JsonLimits,
            Self::NotCanonical => Code::JsonCanon,
        }
    }
}

/// A text was refused: why, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail} at byte {offset}")]
pub struct CanonError {
    /// The reason, which is also the finding's code.
    pub class: CanonClass,
    /// Offset of the offending byte, counted from 0.
    pub offset: u64,
    /// What was expected and found; never a value of the document, only its keys and numbers.
    pub detail: String,
}

impl CanonError {
    pub(crate) fn new(class: CanonClass, offset: usize, detail: impl Into<String>) -> Self {
        Self { class, offset: offset as u64, detail: detail.into() }
    }
}

/// Accepts exactly the RFC 8785 texts that also keep this module's limits.
///
/// Equal to parsing, writing canonically and comparing, but in one pass that builds nothing. The root may be any JSON value. Only a text that is refused is read a second time, to name the reason.
pub fn check(bytes: &[u8], limits: &Limits) -> Result<(), CanonError> {
    scan::within_size(bytes, limits)?;
    check::Checker::new(bytes, limits).document().map_err(|fault| diagnose(bytes, limits, fault))
}

/// Reads any JSON text, canonical or not: platform responses and configuration.
///
/// Refuses what the module documentation lists. Numbers keep their spelling's kind: `1.0` stays a
/// double until [`to_vec`] writes it as `1`.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Value, CanonError> {
    scan::scan(bytes, limits)?;
    parse_checked(bytes)
}

/// Proves the canonical form with [`check`], then reads.
pub fn read_canonical(bytes: &[u8], limits: &Limits) -> Result<Value, CanonError> {
    check(bytes, limits)?;
    parse_checked(bytes)
}

/// Builds the tree of a text that was checked before.
fn parse_checked(bytes: &[u8]) -> Result<Value, CanonError> {
    serde_json::from_slice(bytes).map_err(|error| {
        // Not reached by any known text: the checks accept less than the parser does.
        CanonError::new(CanonClass::Syntax, 0, format!("refused by the JSON parser: {error}"))
    })
}

/// Names the reason for a text that the fast pass refused.
///
/// A text that is not strict JSON is reported as that, because "not canonical" would send the reader
/// looking for an edit where the document is broken.
fn diagnose(bytes: &[u8], limits: &Limits, fault: check::Fault) -> CanonError {
    if let Some(check::Over { most, option }) = fault.over {
        return scan::too_many_values(fault.at, most, option);
    }
    scan::scan(bytes, limits).err().unwrap_or_else(|| {
        CanonError::new(CanonClass::NotCanonical, fault.at, "valid JSON, but not in RFC 8785 form")
    })
}
