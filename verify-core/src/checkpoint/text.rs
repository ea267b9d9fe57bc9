//! The checkpoint itself: origin, size and root in three lines (C2SP `tlog-checkpoint`, F-121).
//!
//! Extension lines, which C2SP allows, are refused: nothing in this format would say what they mean.

use super::base64;
use super::error::NoteError;
use super::read::{Lines, decimal, refused};
use crate::digest::Digest;
use crate::model::Origin;

const SIZE: &str = "a size in decimal, from 1 and below 2^64, without sign or leading zeros";

/// What is signed: the root over the first `size` records of the chain called `origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the chain.
    pub origin: Origin,
    /// Number of records covered: the sequence of the newest plus one, so at least 1.
    pub size: u64,
    /// RFC 6962 root over these records' manifests (F-120).
    pub root: Digest,
}

impl Checkpoint {
    /// Reads exactly the three lines; `text()` of the result is `text` again.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = Lines::new(text, 1);
        let checkpoint = Self::read(&mut lines)?;
        match lines.rest() {
            (_, "") => Ok(checkpoint),
            (line, rest) => Err(refused(line, "the end of the checkpoint", rest)),
        }
    }

    /// Reads the three lines off the front of a longer text.
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        let (line, origin) = lines.next("an origin")?;
        let origin = origin.parse().map_err(|source| NoteError::Origin { line, source })?;
        let (line, size) = lines.next(SIZE)?;
        let size = decimal(size).filter(|size| *size >= 1).ok_or_else(|| refused(line, SIZE, size))?;
        let (line, root) = lines.next("a root in base64")?;
        let root = base64::decode_digest(root).map_err(|source| NoteError::Base64 { line, source })?;
        Ok(Self { origin, size, root })
    }

    /// The three lines: the message of every log signature.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, base64::encode(self.root.as_bytes()))
    }
}
