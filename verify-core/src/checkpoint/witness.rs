//! Cosignatures: a witness states when it saw a checkpoint extend all it had seen (C2SP `tlog-cosignature`, F-134).
//!
//! Only Ed25519 cosignatures, key type `0x04`, are understood; lines of other kinds have other key
//! ids and say nothing.

use super::error::{BadSignature, NoteError};
use super::key::{KeyKind, VerifierKey};
use super::note::{SignatureLine, SignedNote};
use crate::time::UtcTime;

/// Bytes after the key id: the time and the signature.
const COSIGNATURE_BYTES: usize = 8 + 64;

/// What a witness signs: its statement of `time`, in seconds since 1970, over a checkpoint's three lines.
#[must_use]
pub fn cosigned_message(text: &str, time: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

/// The line of a witness's key with its Ed25519 signature over [`cosigned_message`].
#[must_use]
pub fn cosignature_line(key: &VerifierKey, time: u64, signature: [u8; 64]) -> SignatureLine {
    SignatureLine::of(key, [time.to_be_bytes().as_slice(), &signature].concat())
}

impl SignedNote {
    /// The time at which `witness` cosigned this checkpoint, `None` if it did not or if the key is
    /// not a witness's. A bad line of it is an error: the note is then refused as a whole.
    ///
    /// Times after the year 9999 are given as its end; nothing else is judged about the time.
    pub fn cosignature(&self, witness: &VerifierKey) -> Result<Option<UtcTime>, NoteError> {
        if witness.kind() != KeyKind::Witness {
            return Ok(None);
        }
        self.line_of(witness)
            .and_then(|found| found.map(|line| check(self.text(), witness, line)).transpose())
            .map_err(|source| NoteError::Signature {
                name: witness.name().to_owned(),
                key_id: witness.id(),
                source,
            })
    }
}

/// The time stated by `line`, which is a line of `key`.
pub(super) fn check(text: &str, key: &VerifierKey, line: &SignatureLine) -> Result<UtcTime, BadSignature> {
    let found = line.signature.len();
    let wrong_length = BadSignature::Length { expected: COSIGNATURE_BYTES, found };
    let (time, signature) = line.signature.split_first_chunk::<8>().ok_or(wrong_length)?;
    if found != COSIGNATURE_BYTES {
        return Err(wrong_length);
    }
    let time = u64::from_be_bytes(*time);
    let seconds = i64::try_from(time).map_err(|_| BadSignature::Time { found: time })?;
    if key.verify(&cosigned_message(text, time), signature) {
        Ok(UtcTime::from_unix(seconds))
    } else {
        Err(BadSignature::Equation)
    }
}
