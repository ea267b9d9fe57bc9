//! Inclusion proofs: one leaf belongs to a root (RFC 9162 sections 2.1.3.1 and 2.1.3.2).

use super::{node, root, split};
use crate::digest::Digest;

/// The hashes that lead from leaf `index` up to the root over `leaves`; `None` if there is no such leaf.
#[must_use]
pub fn inclusion_proof(leaves: &[Digest], index: u64) -> Option<Vec<Digest>> {
    let mut index = usize::try_from(index).ok().filter(|index| *index < leaves.len())?;
    let (mut subtree, mut proof) = (leaves, Vec::new());
    while let Some((left, right)) = split(subtree) {
        let sibling;
        (subtree, sibling) = if index < left.len() {
            (left, right)
        } else {
            index -= left.len();
            (right, left)
        };
        proof.push(root(sibling)?);
    }
    proof.reverse();
    Some(proof)
}

/// Whether `proof` leads from `leaf` at `index` to `root` of a tree of `size` leaves.
///
/// The proof must have exactly the hashes that this index and size need; any numbers are allowed.
#[must_use]
pub fn verify_inclusion(leaf: &Digest, index: u64, size: u64, proof: &[Digest], root: &Digest) -> bool {
    if index >= size {
        return false;
    }
    // Position of the computed hash, and of the last one, on the level reached.
    let (mut position, mut last) = (index, size - 1);
    let mut computed = *leaf;
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if position & 1 == 1 || position == last {
            computed = node(sibling, &computed);
            // A last hash without sibling moves up unchanged.
            while position & 1 == 0 && position != 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            computed = node(&computed, sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && computed == *root
}
