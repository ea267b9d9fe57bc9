//! Witnesses: how many independent parties saw a history that this chain extends (F-134).

use std::collections::BTreeMap;

use super::options::Options;
use super::tally::Tally;
use crate::checkpoint::VerifierKey;
use crate::finding::{Code, Finding, Place};
use crate::report::WitnessRow;
use crate::time::UtcTime;

/// Who saw which size, and when. Cosignatures of several notes of one size count together: they are over one text.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<u64, BTreeMap<VerifierKey, UtcTime>>);

impl Seen {
    /// A witness saw the checkpoint of this size, which this chain extends.
    pub(super) fn add(&mut self, size: u64, witness: &VerifierKey, time: UtcTime) {
        let times = self.0.entry(size).or_default();
        let first = times.entry(witness.clone()).or_insert(time);
        *first = time.min(*first);
    }

    /// Asks for the quorum, and gives for each witness the largest size it saw.
    pub(super) fn check(&self, options: &Options, tally: &mut Tally) -> Vec<WitnessRow> {
        if options.witnesses.is_empty() || options.quorum == 0 {
            tally.skip(Code::AnchorWitness, "no witness was asked for (--witness)");
        } else if self.0.values().any(|witnesses| witnesses.len() >= options.quorum) {
            tally.pass(Code::AnchorWitness);
        } else {
            let most = self.0.values().map(BTreeMap::len).max().unwrap_or(0);
            let message = "too few witnesses signed a checkpoint that this chain extends";
            let people = |number: usize| match number {
                0 => "no witness".to_owned(),
                1 => "1 witness".to_owned(),
                more => format!("{more} witnesses"),
            };
            let (expected, found) = (people(options.quorum), people(most));
            tally.fail(Finding::new(Code::AnchorWitness, Place::default(), expected, found, message));
        }
        let largest = |witness: &VerifierKey| {
            let (size, time) =
                self.0.iter().rev().find_map(|(size, seen)| Some((*size, *seen.get(witness)?)))?;
            Some(WitnessRow { name: witness.name().to_owned(), size, time_utc: time })
        };
        options.witnesses.iter().filter_map(largest).collect()
    }
}
