//! Inclusion proofs as text: a record of a sample with the note it belongs to (C2SP `tlog-proof`, F-135).
//!
//! The `extra` line that C2SP allows is refused: nothing in this format would say what it means.

use super::base64;
use super::error::NoteError;
use super::note::{NOTE_BYTES, SignedNote};
use super::read::{Lines, decimal, plain_text, refused};
use super::tree::verify_inclusion;
use crate::digest::Digest;

/// Most hashes of a proof: a tree of 2^64 leaves has no longer path.
pub const PROOF_HASHES: usize = 64;
/// Most bytes of a proof: two lines of at most 32 bytes, the hashes with 45 bytes each, an empty line, the note.
pub const PROOF_BYTES: usize = NOTE_BYTES + PROOF_HASHES * 45 + 65;

const HEADER: &str = "c2sp.org/tlog-proof@v1";
const INDEX: &str = "`index <sequence>` in decimal without leading zeros";

/// That one record is in the tree of one note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// Sequence of the record.
    pub index: u64,
    /// Hashes from the leaf up.
    pub hashes: Vec<Digest>,
    /// The note whose root they lead to.
    pub note: SignedNote,
}

impl InclusionProof {
    /// Reads a proof; `to_bytes()` of the result is `bytes` again. Whether it holds is asked by [`Self::holds`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let mut lines = Lines::new(plain_text(bytes, PROOF_BYTES)?, 1);
        lines.exactly(HEADER, "`c2sp.org/tlog-proof@v1`")?;
        let (line, text) = lines.next(INDEX)?;
        let index =
            text.strip_prefix("index ").and_then(decimal).ok_or_else(|| refused(line, INDEX, text))?;
        let mut hashes = Vec::new();
        loop {
            let (line, text) = lines.next("a hash in base64 or an empty line")?;
            if text.is_empty() {
                break;
            }
            if hashes.len() == PROOF_HASHES {
                return Err(NoteError::TooMany { what: "hashes", limit: PROOF_HASHES });
            }
            hashes.push(base64::decode_digest(text).map_err(|source| NoteError::Base64 { line, source })?);
        }
        let (_, note) = lines.rest();
        if note.len() > NOTE_BYTES {
            return Err(NoteError::TooLong { limit: NOTE_BYTES, found: note.len() });
        }
        Ok(Self { index, hashes, note: SignedNote::read(&mut lines, true)? })
    }

    /// The whole proof as text.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = format!("{HEADER}\nindex {}\n", self.index);
        for hash in &self.hashes {
            out.push_str(&base64::encode(hash.as_bytes()));
            out.push('\n');
        }
        out.push('\n');
        let mut out = out.into_bytes();
        out.extend(self.note.to_bytes());
        out
    }

    /// Whether the record with this leaf hash is record `index` of the note's tree. Signatures are not looked at.
    #[must_use]
    pub fn holds(&self, leaf: &Digest) -> bool {
        let checkpoint = self.note.checkpoint();
        verify_inclusion(leaf, self.index, checkpoint.size, &self.hashes, &checkpoint.root)
    }
}
