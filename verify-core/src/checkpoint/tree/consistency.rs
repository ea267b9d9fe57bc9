//! Consistency proofs: a larger tree extends a smaller one (RFC 9162 sections 2.1.4.1 and 2.1.4.2).

use super::{node, root, split};
use crate::digest::Digest;

/// The hashes that prove that the tree over `leaves` extends the one over the first `old_size` of them.
///
/// Empty for equal sizes; `None` if `old_size` is 0 or more than there are leaves.
#[must_use]
pub fn consistency_proof(leaves: &[Digest], old_size: u64) -> Option<Vec<Digest>> {
    let mut old = usize::try_from(old_size).ok().filter(|old| (1..=leaves.len()).contains(old))?;
    let (mut subtree, mut proof) = (leaves, Vec::new());
    // Whether `subtree` begins at the first leaf: then its old root is known to the verifier.
    let mut from_start = true;
    while old < subtree.len() {
        let (left, right) = split(subtree)?;
        if old <= left.len() {
            proof.push(root(right)?);
            subtree = left;
        } else {
            proof.push(root(left)?);
            old -= left.len();
            subtree = right;
            from_start = false;
        }
    }
    if !from_start {
        proof.push(root(subtree)?);
    }
    proof.reverse();
    Some(proof)
}

/// Whether `proof` shows that the tree of `new_size` and `new_root` extends that of `old_size` and `old_root`.
#[must_use]
pub fn verify_consistency(
    old_size: u64,
    old_root: &Digest,
    new_size: u64,
    new_root: &Digest,
    proof: &[Digest],
) -> bool {
    if old_size == 0 || old_size > new_size {
        return false;
    }
    if old_size == new_size {
        return proof.is_empty() && old_root == new_root;
    }
    // A perfect old tree is itself the first hash; else the proof begins with one.
    let (first, rest) = match proof.split_first() {
        None => return false,
        Some(_) if old_size.is_power_of_two() => (old_root, proof),
        Some((first, rest)) => (first, rest),
    };
    let (mut position, mut last) = (old_size - 1, new_size - 1);
    while position & 1 == 1 {
        position >>= 1;
        last >>= 1;
    }
    let (mut old, mut new) = (*first, *first);
    for hash in rest {
        if last == 0 {
            return false;
        }
        if position & 1 == 1 || position == last {
            old = node(hash, &old);
            new = node(hash, &new);
            while position & 1 == 0 && position != 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            new = node(&new, hash);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && old == *old_root && new == *new_root
}
