//! The Merkle tree over the manifests of a chain (RFC 6962 section 2.1, F-120).
//!
//! Leaves and nodes are hashed with different first bytes, so a node can never be shown as a
//! manifest. With all manifests at hand only [`Frontier`] is needed; proofs are for a sample.

mod consistency;
mod inclusion;

pub use consistency::{consistency_proof, verify_consistency};
pub use inclusion::{inclusion_proof, verify_inclusion};

use crate::digest::{Digest, Hasher};

/// Hash of one record: SHA-256(`0x00` ‖ manifest).
#[must_use]
pub fn leaf(manifest: &[u8]) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[0x00]);
    hasher.update(manifest);
    hasher.finish().0
}

/// Hash of two subtrees: SHA-256(`0x01` ‖ left ‖ right).
#[must_use]
pub fn node(left: &Digest, right: &Digest) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[0x01]);
    hasher.update(left.as_bytes());
    hasher.update(right.as_bytes());
    hasher.finish().0
}

/// A growing tree of which only the roots of its perfect subtrees are kept: at most 64 digests.
///
/// A chain is read once, leaf by leaf, and the root of every size can be had on the way.
#[derive(Debug, Clone, Default)]
pub struct Frontier {
    size: u64,
    /// Roots of perfect subtrees, largest first: one per set bit of `size`.
    peaks: Vec<Digest>,
}

impl Frontier {
    /// Adds the next leaf hash.
    pub fn push(&mut self, leaf: Digest) {
        let mut peak = leaf;
        // As when adding one to a binary number: each trailing one carries.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                peak = node(&left, &peak);
            }
        }
        self.peaks.push(peak);
        self.size = self.size.saturating_add(1);
    }

    /// Number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Root over all leaves so far, `None` before the first.
    #[must_use]
    pub fn root(&self) -> Option<Digest> {
        self.peaks.iter().rev().copied().reduce(|right, left| node(&left, &right))
    }
}

/// Root over `leaves`, `None` if there are none.
#[must_use]
pub fn root(leaves: &[Digest]) -> Option<Digest> {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.push(*leaf);
    }
    frontier.root()
}

/// Splits two or more leaves where RFC 6962 does: left is the largest power of two below their number.
fn split(leaves: &[Digest]) -> Option<(&[Digest], &[Digest])> {
    let last = leaves.len().checked_sub(1)?;
    leaves.split_at_checked(1_usize.checked_shl(last.checked_ilog2()?)?)
}
