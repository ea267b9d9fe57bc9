//! Whose word the notes are: keys handed on, key changes, and records that should carry a note (F-127, F-128, F-139).

use super::assemble::Plan;
use super::bundle::Bundle;
use super::keys::{ChainKeys, Change, InForce, TrustedKey};
use super::members::CHECKPOINT;
use super::notes::Note;
use super::record::{Carried, Verified};
use super::tally::Tally;
use crate::finding::{Code, Finding, Place};
use crate::model::{Manifest, Proof};
use crate::source::Item;

/// Where a note stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner {
    /// In the package of the record at this position.
    Record(usize),
    /// In the file at this position.
    File(usize),
    /// In the proofs of a bundle.
    Bundle,
}

/// A note and where it stands.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) note: Note,
    pub(super) owner: Owner,
}

/// Everything that whose-word questions are asked of.
pub(super) struct Signers<'a> {
    pub(super) plans: &'a [Plan],
    pub(super) files: &'a [Item],
    pub(super) bundle: Option<&'a Bundle>,
    pub(super) keys: &'a ChainKeys,
    pub(super) notes: &'a [Held],
    /// The reader's keys; those handed on are added.
    pub(super) trusted: Vec<TrustedKey>,
    /// Whether this is one package alone, of which the chain's own keys are not known.
    pub(super) alone: bool,
}

impl Signers<'_> {
    /// The reader's keys that are good for a record.
    pub(super) fn readers(&self, sequence: u64) -> impl Iterator<Item = &TrustedKey> {
        self.trusted.iter().filter(move |key| key.covers(sequence))
    }

    /// Whether a key of the reader, good for it, signed the note.
    pub(super) fn is_vouched(&self, note: &Note) -> bool {
        self.readers(note.size - 1).any(|trusted| note.is_signed_by(&trusted.key))
    }

    /// Judges every key change, and hands trust on from key to key.
    pub(super) fn check_changes(&mut self, tally: &mut Tally) {
        let given = self.trusted.clone();
        for change in &self.keys.changes {
            let is_old = |held: &&Held| change.old.as_ref().is_some_and(|old| held.note.is_signed_by(old));
            let later =
                || self.notes.iter().filter(|held| held.note.sound && held.note.size > change.sequence);
            let vouched = later().any(|held| is_old(&held));
            // The first note over the change may not be among a sample, and it alone need bear the old signature.
            let covered = self.bundle.is_none() && later().next().is_some();
            self.check_change(change, &given, covered, vouched, tally);
            let proven = later().filter(is_old).any(|held| held.note.bound);
            if let (Some(old), Some(new), true) = (&change.old, &change.new, proven && !change.emergency) {
                let handed: Vec<_> = change
                    .sequence
                    .checked_sub(1)
                    .into_iter()
                    .flat_map(|before| self.readers(before))
                    .filter(|trusted| trusted.key == *old)
                    .map(|trusted| TrustedKey { key: new.clone(), from: change.sequence, to: trusted.to })
                    .collect();
                self.trusted.extend(handed);
            }
        }
        if self.keys.changes.is_empty() {
            tally.skip(Code::SigRotate, "the chain records no key change");
        }
    }

    fn check_change(
        &self,
        change: &Change,
        given: &[TrustedKey],
        covered: bool,
        vouched: bool,
        tally: &mut Tally,
    ) {
        let place = |pointer: &str| {
            let place = self.plans.get(change.index).map(Plan::place).unwrap_or_default();
            Place { member: Some("key_change.json".to_owned()), pointer: Some(pointer.to_owned()), ..place }
        };
        let before = change.sequence.checked_sub(1).map_or(&InForce::Unknown, |before| self.keys.at(before));
        let in_force = match before {
            InForce::Unknown => None,
            InForce::Nobody => Some(None),
            InForce::Key(key) => Some(Some(key.to_string())),
        };
        let shown = |key: &Option<String>| key.clone().unwrap_or_else(|| "none".to_owned());
        if let Some(in_force) = in_force.filter(|in_force| *in_force != change.old_text) {
            let message = "the key change names another old key than the one in force";
            let (expected, found) = (shown(&in_force), shown(&change.old_text));
            tally.fail(Finding::new(Code::SigRotate, place("/key_change/old_key"), expected, found, message));
            return;
        }
        let expected = || format!("a signature of {}", shown(&change.old_text));
        let emergency = place("/key_change/emergency");
        if change.emergency {
            let known = |trusted: &TrustedKey| {
                Some(&trusted.key) == change.new.as_ref() && trusted.covers(change.sequence)
            };
            if given.iter().any(known) {
                tally.pass(Code::SigRotate);
            } else {
                let message = "the key was changed in an emergency, without the old key's word";
                let found = "an emergency change";
                tally.fail(Finding::new(Code::SigRotate, emergency, expected(), found, message));
            }
        } else if change.old_text.is_none() || vouched {
            tally.pass(Code::SigRotate);
        } else if covered {
            let message = "the signing key changed without the old key's word";
            tally.fail(Finding::new(Code::SigRotate, emergency, expected(), "none", message));
        } else {
            tally.skip(Code::SigRotate, "no checkpoint over the key change is at hand");
        }
    }

    /// F-139: a key that may speak about the record signed every note.
    pub(super) fn check_signers(&self, tally: &mut Tally) {
        for held in self.notes {
            let sequence = held.note.size - 1;
            let mut asked: Vec<_> = self.readers(sequence).map(|trusted| &trusted.key).collect();
            if asked.is_empty()
                && !self.alone
                && let InForce::Key(key) = self.keys.at(sequence)
            {
                asked.push(key);
            }
            if asked.is_empty() {
                tally.skip(Code::SigKey, "no key is known that may sign it (--key)");
            } else if asked.iter().any(|key| held.note.is_signed_by(key)) {
                tally.pass(Code::SigKey);
            } else {
                let texts = |keys: &mut dyn Iterator<Item = String>| keys.collect::<Vec<_>>().join(" or ");
                let expected = texts(&mut asked.iter().map(ToString::to_string));
                let found = texts(&mut held.note.signers.iter().map(ToString::to_string));
                let found = if found.is_empty() { "no key that is known".to_owned() } else { found };
                let message = "the checkpoint is not signed by the key that is good for it";
                let expected = format!("a signature of {expected}");
                tally.fail(Finding::new(
                    Code::SigKey,
                    place(held, self.plans, self.files, self.bundle),
                    expected,
                    found,
                    message,
                ));
            }
        }
    }

    /// F-127: a record of a signed chain carries the note over all records before it.
    pub(super) fn check_presence(&self, verified: &[Verified], tally: &mut Tally) {
        for verified in verified {
            let Some(plan) = self.plans.get(verified.index) else { continue };
            let sequence = plan.sequence();
            if let Some(reason) = omission(&plan.manifest, Proof::Checkpoint) {
                let message = "the record was sealed before its predecessor could be signed";
                let (expected, found) = ("no omission", format!("declared: {reason}"));
                tally.fail(Finding::new(Code::SigLate, member(Some(plan)), expected, found, message));
                continue;
            }
            tally.pass(Code::SigLate);
            let Some(before) = sequence.checked_sub(1) else { continue };
            let Some(carried) = &verified.carried else {
                tally.skip(Code::SigPresent, "the package is missing or was not accepted");
                continue;
            };
            let in_force = self.keys.at(before);
            let signed = matches!(in_force, InForce::Key(_))
                || self.keys.surely_signed_before(sequence)
                || self.readers(before).next().is_some();
            if !signed {
                let reason = match in_force {
                    InForce::Unknown => "whether the chain is signed there is not known",
                    _ => "the chain is not signed there",
                };
                tally.skip(Code::SigPresent, reason);
                continue;
            }
            Self::check_present(plan, carried, tally);
        }
    }

    fn check_present(plan: &Plan, carried: &Carried, tally: &mut Tally) {
        let size = match (&carried.note, carried.note_listed) {
            (Some(note), _) => note.size,
            (None, true) => {
                tally.skip(Code::SigPresent, "the checkpoint it carries does not count");
                return;
            }
            (None, false) => 0,
        };
        if size < plan.sequence() {
            let message =
                "the record carries no checkpoint over all records before it, and declares no omission";
            let found = if size == 0 { "none".to_owned() } else { format!("a checkpoint of size {size}") };
            let expected = format!("a checkpoint of size {}", plan.sequence());
            tally.fail(Finding::new(Code::SigPresent, member(Some(plan)), expected, found, message));
        } else {
            tally.pass(Code::SigPresent);
        }
    }
}

/// Places of notes (F-140).
pub(super) fn place(held: &Held, plans: &[Plan], files: &[Item], bundle: Option<&Bundle>) -> Place {
    match held.owner {
        Owner::Record(index) => member(plans.get(index)),
        Owner::File(index) => Place {
            sequence: held.note.size.checked_sub(1),
            file: files.get(index).map(|item| item.name.clone()),
            ..Place::default()
        },
        Owner::Bundle => bundle.map(|bundle| bundle.place.clone()).unwrap_or_default(),
    }
}

/// Whether a record declares that it could not carry a proof (F-129).
pub(super) fn omits(manifest: &Manifest, proof: Proof) -> bool {
    omission(manifest, proof).is_some()
}

/// Why a record could not carry a proof, as it declares; `None` where it declares nothing.
pub(super) fn omission(manifest: &Manifest, proof: Proof) -> Option<&str> {
    let declared = manifest.omissions.iter().find(|omission| omission.proof == proof)?;
    Some(&declared.reason)
}

fn member(plan: Option<&Plan>) -> Place {
    let place = plan.map(Plan::place).unwrap_or_default();
    Place { member: Some(CHECKPOINT.to_owned()), ..place }
}
