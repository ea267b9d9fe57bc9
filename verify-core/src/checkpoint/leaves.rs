//! Kept leaf hashes: they name the very record that differs from a kept checkpoint (F-133).

use super::error::NoteError;
use super::read::{Lines, plain_text};
use crate::digest::Digest;

/// Bytes of one line: 64 digits and the newline.
const LINE: usize = 65;

/// Reads leaf hashes, one per line in the order of their records, at most `limit` of them.
///
/// An empty text has no leaves. Whether their root is the checkpoint's is the caller's question.
pub fn parse_leaves(bytes: &[u8], limit: usize) -> Result<Vec<Digest>, NoteError> {
    let text = plain_text(bytes, limit.saturating_mul(LINE))?;
    let mut lines = Lines::new(text, 1);
    let mut leaves = Vec::with_capacity(text.len() / LINE);
    while !lines.is_empty() {
        let (line, text) = lines.next("64 hex digits")?;
        leaves.push(text.parse().map_err(|source| NoteError::Leaf { line, source })?);
    }
    Ok(leaves)
}

/// Writes leaf hashes, one per line.
#[must_use]
pub fn write_leaves(leaves: &[Digest]) -> String {
    leaves.iter().flat_map(|leaf| [leaf.to_string(), "\n".to_owned()]).collect()
}
