//! Base64 in its one accepted form: RFC 4648 section 4, padded, no spare bits, no line breaks (F-121).
//!
//! Anything looser would give one signature many spellings, so a note could be altered without
//! its meaning changing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::shortened;
use crate::digest::Digest;

/// Why a text is not base64 of this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Base64Error {
    /// A character outside of the alphabet, missing padding, or bits that no byte uses.
    #[error("expected padded base64 without spare bits, found {found:?}")]
    Spelling {
        /// The refused text, shortened.
        found: String,
    },
    /// Another number of bytes than the place demands.
    #[error("expected {expected} bytes in base64, found {found}")]
    Length {
        /// Bytes demanded.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
}

/// Writes `bytes` in base64.
pub(super) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads base64 of any length. The caller bounds `text`.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, Base64Error> {
    STANDARD.decode(text).map_err(|_| Base64Error::Spelling { found: shortened(text) })
}

/// Reads exactly 32 bytes: a root or a hash of a proof.
pub(super) fn decode_digest(text: &str) -> Result<Digest, Base64Error> {
    let bytes = decode(text)?;
    let found = bytes.len();
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| Base64Error::Length { expected: 32, found })?;
    Ok(Digest::from_bytes(bytes))
}
