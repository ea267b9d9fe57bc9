//! Two notes of one size with two roots: two histories were signed, whichever of them was delivered (F-138).
//!
//! Where the records below a size are at hand their root decides which note is wrong. Where they are not, as
//! behind a gap or in a bundle, notes of one size still have to agree among themselves.

use std::collections::BTreeMap;

use super::signers::{Held, Owner};
use super::tally::Tally;
use crate::digest::Digest;
use crate::finding::{Code, Finding, Place};
use crate::source::Item;

/// Holds the notes that could not be compared against each other. Gives the root that counts for each size: that of
/// the first note, members before files.
pub(super) fn check(
    held: &mut [Held],
    files: &[Item],
    place: impl Fn(&Held) -> Place,
    tally: &mut Tally,
) -> BTreeMap<u64, Digest> {
    let rank = |held: &Held| match held.owner {
        Owner::Record(index) => (0, index, String::new()),
        Owner::File(index) => (1, 0, files.get(index).map(|item| item.name.clone()).unwrap_or_default()),
        Owner::Bundle => (2, 0, String::new()),
    };
    let mut uncompared: Vec<&mut Held> =
        held.iter_mut().filter(|held| held.note.sound && !held.note.bound).collect();
    uncompared.sort_by_cached_key(|held| rank(held));
    let mut told = BTreeMap::new();
    for held in uncompared {
        let first = *told.entry(held.note.size).or_insert(held.note.root);
        if first != held.note.root {
            let message = "two checkpoints of one size have two roots: two histories were signed";
            let expected = format!("root of size {}: {first}", held.note.size);
            let found = held.note.root.to_string();
            tally.fail(Finding::new(Code::SigBind, place(held), expected, found, message));
            held.note.sound = false;
        }
    }
    told
}
