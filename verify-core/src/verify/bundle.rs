//! Bundles: a sample of records, each with a proof that it is a member of one tree (F-135).
//!
//! A bundle claims neither coverage nor the absence of gaps, and must never look as if it did.

use std::collections::BTreeSet;

use super::assemble::Plan;
use super::options::Options;
use super::survey::numbered;
use super::tally::Tally;
use crate::checkpoint::proof::PROOF_BYTES;
use crate::checkpoint::{InclusionProof, SignedNote};
use crate::finding::{Code, Finding, Place};
use crate::source::{Item, Source};

/// Why nothing may be called absent in a bundle.
pub(super) const SAMPLE: &str =
    "a bundle is a sample of records: what is absent is neither claimed nor found";

/// The bundle that the evidence is.
#[derive(Debug)]
pub(super) struct Bundle {
    /// The one note: that of the smallest index, then file name. `None` if no proof could be read.
    pub(super) note: Option<SignedNote>,
    /// Where it was found.
    pub(super) place: Place,
    /// Records with a proof over that note that holds, by sequence.
    pub(super) proven: BTreeSet<u64>,
}

/// The error and what caused it, in one line.
pub(super) fn described(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// Reads the proofs among the evidence; `None` if there are none. Each is read twice, and none is kept.
pub(super) fn read(
    source: &dyn Source,
    items: &[Item],
    plans: &[Plan],
    options: &Options,
    missing: &mut Vec<String>,
    tally: &mut Tally,
) -> Option<Bundle> {
    if items.is_empty() {
        return None;
    }
    let mut first: Option<(u64, &str, SignedNote)> = None;
    for item in items {
        let Some(proof) = parse(source, item, options, missing, tally) else { continue };
        let before =
            first.as_ref().is_none_or(|(index, name, _)| (proof.index, &*item.name) < (*index, *name));
        if before {
            first = Some((proof.index, &item.name, proof.note));
        }
    }
    let (place, note) = match first {
        Some((index, name, note)) => {
            (Place { sequence: Some(index), file: Some(name.to_owned()), ..Place::default() }, Some(note))
        }
        None => (Place::default(), None),
    };
    let mut proven = BTreeSet::new();
    for item in items {
        let mut unsaid = Tally::default();
        let Some(proof) = parse(source, item, options, &mut Vec::new(), &mut unsaid) else { continue };
        let at = plans.binary_search_by_key(&proof.index, Plan::sequence).ok();
        let plan = at.and_then(|at| plans.get(at));
        if plan.is_some_and(|plan| note.as_ref() == Some(&proof.note) && proof.holds(&plan.leaf)) {
            proven.insert(proof.index);
        }
    }
    Some(Bundle { note, place, proven })
}

fn parse(
    source: &dyn Source,
    item: &Item,
    options: &Options,
    missing: &mut Vec<String>,
    tally: &mut Tally,
) -> Option<InclusionProof> {
    let place = Place { file: Some(item.name.clone()), ..Place::default() };
    let message = "the proof cannot be read";
    let expected = "an inclusion proof (F-135)";
    let longest = (PROOF_BYTES as u64).max(131_072);
    if item.size > longest.min(options.limits.package_bytes) {
        let found = format!("{} bytes", item.size);
        tally.fail(Finding::new(Code::SigValid, place, expected, found, message));
        return None;
    }
    let bytes = match source.read(item, longest) {
        Ok(bytes) => bytes,
        Err(error) => {
            match super::survey::unstable(&error, &item.name) {
                Some(finding) => tally.fail(finding),
                None => missing.push(super::survey::described(&error)),
            }
            return None;
        }
    };
    match InclusionProof::parse(&bytes) {
        Ok(proof) => {
            check_digits(item, ".tlog-proof", proof.index, tally);
            Some(proof)
        }
        Err(error) => {
            tally.fail(Finding::new(Code::SigValid, place, expected, described(&error), message));
            None
        }
    }
}

/// Ten digits in a file name that its content contradicts (F-23, F-137).
pub(super) fn check_digits(item: &Item, ending: &str, sequence: u64, tally: &mut Tally) {
    match numbered(&item.name, ending) {
        Some(named) if named != sequence => {
            let place = Place { sequence: Some(sequence), file: Some(item.name.clone()), ..Place::default() };
            let message = "the file name claims another sequence number";
            let expected = format!("{sequence:010}{ending}");
            tally.fail(Finding::new(Code::ChainOrder, place, expected, item.name.clone(), message));
        }
        _ => tally.pass(Code::ChainOrder),
    }
}

/// Every record of a bundle has a proof that holds over the one note. `counts` says whether that note does.
pub(super) fn check_members(bundle: &Bundle, plans: &[Plan], counts: bool, tally: &mut Tally) {
    for plan in plans {
        if counts && bundle.proven.contains(&plan.sequence()) {
            tally.pass(Code::SigBind);
        } else {
            let message = "the record has no sound proof over the note of the bundle";
            let place = plan.place();
            tally.fail(Finding::new(Code::SigBind, place, "an inclusion proof", "none", message));
        }
    }
}
