//! Which records are the sample: named, or drawn in a way that anybody can repeat.

use std::collections::BTreeSet;

use verify_core::digest::Digest;
use verify_core::model::{Kind, Manifest};

use crate::exit::Ending;
use crate::refusal::Refusal;
use crate::words::counted;

/// The records named; all of them must be covered by the note.
pub(super) fn named(covered: &[Manifest], records: BTreeSet<u64>) -> Result<BTreeSet<u64>, Refusal> {
    match records.last() {
        Some(last) if *last >= covered.len() as u64 => Err(Refusal::new(
            Ending::Usage,
            format!(
                "record {last} is not covered: the newest signed checkpoint that holds covers {}, from 0 on",
                counted(covered.len() as u64, "record")
            ),
            "name covered records; a later checkpoint is made with the next record",
        )),
        _ => Ok(records),
    }
}

/// The `number` snapshots with the smallest SHA-256 of `<seed> <sequence>`.
pub(super) fn drawn(covered: &[Manifest], number: u64, seed: &str) -> Result<BTreeSet<u64>, Refusal> {
    let snapshots = covered.iter().filter(|manifest| manifest.kind == Kind::Snapshot);
    let mut ranked: Vec<(Digest, u64)> = snapshots
        .map(|manifest| {
            let sequence = manifest.sequence.0;
            (Digest::of(format!("{seed} {sequence}").as_bytes()), sequence)
        })
        .collect();
    ranked.sort_unstable();
    let population = ranked.len() as u64;
    if !(1..=population).contains(&number) {
        return Err(Refusal::new(
            Ending::Usage,
            format!(
                "--sample: expected a number from 1 to {population}, the snapshots covered, found {number}"
            ),
            "the whole folder needs no sample",
        ));
    }
    let chosen = usize::try_from(number).unwrap_or(usize::MAX);
    Ok(ranked.into_iter().take(chosen).map(|(_, sequence)| sequence).collect())
}
