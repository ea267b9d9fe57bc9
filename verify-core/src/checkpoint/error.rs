//! Why a text is refused, and why a signature on it is bad.
//!
//! Both are said for a reader who has the text before them: which line, what was expected there
//! and what was found. Foreign text is quoted shortened and escaped.

pub use super::base64::Base64Error;
use super::key::KeyId;
use crate::digest::DigestError;
use crate::model::IdError;

/// Why bytes are not a checkpoint, a signed note, a proof or a list of leaves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// More bytes than any such text may have.
    #[error("expected at most {limit} bytes, found {found}")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
        /// Bytes found.
        found: usize,
    },
    /// Not UTF-8.
    #[error("expected UTF-8, found other bytes at position {position}")]
    Encoding {
        /// Position of the first byte that is not UTF-8, from 0.
        position: usize,
    },
    /// A control character other than the newline.
    #[error("expected no control character but the newline, found {found:?} in line {line}")]
    Control {
        /// Line, counted from 1.
        line: usize,
        /// The character.
        found: char,
    },
    /// A line says something else than its place demands.
    #[error("line {line}: expected {expected}, found {found:?}")]
    Line {
        /// Line, counted from 1.
        line: usize,
        /// What the line must be.
        expected: &'static str,
        /// The line, shortened.
        found: String,
    },
    /// The text ends where a line was expected, or inside of one.
    #[error("line {line}: expected {expected} and its newline, found the end of the text")]
    End {
        /// Line, counted from 1.
        line: usize,
        /// What the line must be.
        expected: &'static str,
    },
    /// The first line is not an origin.
    #[error("line {line} is not an origin")]
    Origin {
        /// Line, counted from 1.
        line: usize,
        /// What was expected and found.
        source: IdError,
    },
    /// A line's base64 is refused.
    #[error("line {line} holds bad base64")]
    Base64 {
        /// Line, counted from 1.
        line: usize,
        /// What was expected and found.
        source: Base64Error,
    },
    /// A leaf hash is refused.
    #[error("line {line} is not a leaf hash")]
    Leaf {
        /// Line, counted from 1.
        line: usize,
        /// What was expected and found.
        source: DigestError,
    },
    /// More entries than allowed: signature lines, proof hashes or leaves.
    #[error("expected at most {limit} {what}, found more")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The name of a signature line could not stand in a note.
    #[error("expected a name without white space, control characters or a plus sign, found {found:?}")]
    Name {
        /// The name, shortened.
        found: String,
    },
    /// A signature line would hold a key id and nothing else.
    #[error("expected a signature after the key id, found none")]
    NoSignature,
    /// A line of a known key is not a valid signature of it, so the whole note is refused (F-124).
    #[error("signature line of {name} with key id {key_id} is bad")]
    Signature {
        /// Name of the key.
        name: String,
        /// Id of the key.
        key_id: KeyId,
        /// Why.
        source: BadSignature,
    },
}

/// Why a line of a key is no valid signature of that key (F-124).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// One key signed the note more than once.
    #[error("expected one signature of this key, found {found}")]
    Repeated {
        /// Lines of the key.
        found: usize,
    },
    /// The signature has another length than this kind of key makes.
    #[error("expected {expected} bytes after the key id, found {found}")]
    Length {
        /// Bytes demanded: 64 for a log's key, 72 for a witness's.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// A witness states a time beyond 2^63 - 1, which `tlog-cosignature` forbids.
    #[error("expected a time of at most 9223372036854775807 seconds, found {found}")]
    Time {
        /// Seconds since 1970.
        found: u64,
    },
    /// Strict Ed25519 refuses it: another text was signed, by another key, or in a malleable form.
    #[error("the Ed25519 signature does not verify over this text")]
    Equation,
}

/// The first 80 characters of foreign text, for an error message.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
