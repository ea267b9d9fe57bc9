//! Checkpoints kept outside: today's chain must extend every one of them (F-133).

use crate::checkpoint::{SignedNote, tree};
use crate::digest::Digest;

/// A checkpoint the reader kept, alone or with the leaf hashes under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCheckpoint {
    name: String,
    note: SignedNote,
    leaves: Option<Vec<Digest>>,
}

/// Why kept leaf hashes are not those of their checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeptError {
    /// Another number of leaves.
    #[error("leaf hashes kept with {name}: expected {expected}, found {found}")]
    Size {
        /// The checkpoint.
        name: String,
        /// Its size.
        expected: u64,
        /// Leaves found.
        found: usize,
    },
    /// Another root.
    #[error("leaf hashes kept with {name}: expected the root {expected}, found {found}")]
    Root {
        /// The checkpoint.
        name: String,
        /// Its root.
        expected: Digest,
        /// Root over the leaves.
        found: Digest,
    },
}

impl KeptCheckpoint {
    /// Takes a kept checkpoint; leaf hashes must be those under its root.
    pub fn new(name: String, note: SignedNote, leaves: Option<Vec<Digest>>) -> Result<Self, KeptError> {
        if let Some(leaves) = &leaves {
            let (size, expected) = (note.checkpoint().size, note.checkpoint().root);
            if leaves.len() as u64 != size {
                return Err(KeptError::Size { name, expected: size, found: leaves.len() });
            }
            // A size is at least 1, so there is a root.
            if let Some(found) = tree::root(leaves).filter(|found| *found != expected) {
                return Err(KeptError::Root { name, expected, found });
            }
        }
        Ok(Self { name, note, leaves })
    }

    /// What the reader calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The note.
    #[must_use]
    pub const fn note(&self) -> &SignedNote {
        &self.note
    }

    /// The leaf hashes, if they were kept.
    #[must_use]
    pub fn leaves(&self) -> Option<&[Digest]> {
        self.leaves.as_deref()
    }
}
