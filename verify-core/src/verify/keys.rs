//! Which key is good for which record: as the reader was told, and as the chain says itself (F-125, F-139).
//!
//! The chain's own word is read before anything else is judged, since every note is held against every
//! key the chain ever names. A key that only the evidence names says nothing about who signed.

use std::collections::BTreeMap;

use super::assemble::Plan;
use super::open;
use super::options::Options;
use super::payload::{Payload, read_payload};
use super::range::RecordRange;
use super::tally::Tally;
use crate::checkpoint::{KeyId, KeyKind, SignedNote, VerifierKey};
use crate::model::{Kind, Manifest};
use crate::report::KeyRow;
use crate::source::Source;

/// A log's key given from outside of the evidence, with the records it is good for.
///
/// A checkpoint of size *n* is about record *n* - 1: the key is good for it if that record lies in the range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// The key.
    pub key: VerifierKey,
    /// First record it is good for.
    pub from: u64,
    /// Last record it is good for; `None` leaves the range open.
    pub to: Option<u64>,
}

impl TrustedKey {
    /// The records it is good for.
    #[must_use]
    pub const fn records(&self) -> RecordRange {
        RecordRange { from: self.from, to: self.to }
    }

    /// Whether the key is good for a record.
    #[must_use]
    pub fn covers(&self, sequence: u64) -> bool {
        self.records().covers(sequence)
    }
}

/// What the chain says of its key at one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum InForce {
    /// A record that could name it is missing or damaged.
    Unknown,
    /// None: the chain is not signed there.
    Nobody,
    /// This one.
    Key(VerifierKey),
}

/// A change of the key, as its record says.
#[derive(Debug, Clone)]
pub(super) struct Change {
    /// Position of its record among the plans.
    pub(super) index: usize,
    pub(super) sequence: u64,
    pub(super) old_text: Option<String>,
    pub(super) old: Option<VerifierKey>,
    pub(super) new: Option<VerifierKey>,
    pub(super) emergency: bool,
}

/// Every key that is known, and the chain's own word on when each is in force.
#[derive(Debug, Default)]
pub(super) struct ChainKeys {
    /// From which sequence on; ascending.
    in_force: Vec<(u64, InForce)>,
    /// The record after which some key is in force for sure, even if nobody can name it.
    signed_after: Option<u64>,
    pub(super) changes: Vec<Change>,
    known: BTreeMap<KeyId, Vec<VerifierKey>>,
}

impl ChainKeys {
    /// Reads the genesis and every key change.
    pub(super) fn read(source: &dyn Source, plans: &[Plan], options: &Options) -> Self {
        let mut keys = Self::default();
        for key in options.keys.iter().map(|given| &given.key).chain(&options.witnesses) {
            keys.know(key);
        }
        let mut now = InForce::Unknown;
        let mut expected = 0;
        for (index, plan) in plans.iter().enumerate() {
            if plan.sequence() != expected {
                now = InForce::Unknown;
                keys.from(expected, &now);
            }
            expected = plan.sequence().saturating_add(1);
            if matches!(plan.manifest.kind, Kind::Genesis | Kind::KeyChange) {
                let payload = payload_of(source, plan, options);
                let own = keys.learn(index, plan, payload.as_ref());
                if plan.manifest.kind == Kind::KeyChange || own != InForce::Unknown && own != InForce::Nobody
                {
                    keys.signed_after = keys.signed_after.or(Some(plan.sequence()));
                }
                now = own;
            }
            keys.from(plan.sequence(), &now);
        }
        keys.from(expected, &InForce::Unknown);
        keys
    }

    fn from(&mut self, sequence: u64, now: &InForce) {
        if self.in_force.last().is_none_or(|(_, before)| before != now) {
            self.in_force.push((sequence, now.clone()));
        }
    }

    /// Takes in what a record says of keys, and gives the key in force from it on.
    fn learn(&mut self, index: usize, plan: &Plan, payload: Option<&Payload>) -> InForce {
        let own = match payload {
            Some(Payload::Genesis(genesis)) => genesis.log_key.as_deref(),
            Some(Payload::KeyChange(change)) => {
                let (old, new) = (change.old_key.as_deref().and_then(log_key), log_key(&change.new_key));
                for key in old.iter().chain(&new) {
                    self.know(key);
                }
                self.changes.push(Change {
                    index,
                    sequence: plan.sequence(),
                    old_text: change.old_key.clone(),
                    old,
                    new,
                    emergency: change.emergency,
                });
                Some(change.new_key.as_str())
            }
            _ => return InForce::Unknown,
        };
        match own.map(log_key) {
            None => InForce::Nobody,
            Some(None) => InForce::Unknown,
            Some(Some(key)) => {
                self.know(&key);
                InForce::Key(key)
            }
        }
    }

    fn know(&mut self, key: &VerifierKey) {
        let same = self.known.entry(key.id()).or_default();
        if !same.contains(key) {
            same.push(key.clone());
        }
    }

    /// The key in force at a record.
    pub(super) fn at(&self, sequence: u64) -> &InForce {
        let after = self.in_force.partition_point(|(from, _)| *from <= sequence);
        after.checked_sub(1).and_then(|at| self.in_force.get(at)).map_or(&InForce::Unknown, |(_, key)| key)
    }

    /// Whether some key is in force for sure at the record before this one.
    pub(super) fn surely_signed_before(&self, sequence: u64) -> bool {
        self.signed_after.is_some_and(|after| after < sequence)
    }

    /// The known keys that have a line in this note, each once.
    pub(super) fn with_line(&self, note: &SignedNote) -> Vec<&VerifierKey> {
        let named = note.lines().iter().filter_map(|line| {
            let same = self.known.get(&line.key_id)?;
            same.iter().find(|key| key.name() == line.name)
        });
        let mut found: Vec<&VerifierKey> = Vec::new();
        for key in named {
            if !found.contains(&key) {
                found.push(key);
            }
        }
        found
    }

    /// The keys the chain names, for the report.
    pub(super) fn rows(&self) -> Vec<KeyRow> {
        let ends = self.in_force.iter().skip(1).map(|(from, _)| Some(from.saturating_sub(1))).chain([None]);
        let mut rows = Vec::new();
        for ((from, key), to) in self.in_force.iter().zip(ends) {
            if let InForce::Key(key) = key {
                rows.push(KeyRow { key: key.to_string(), from: *from, to, given: false });
            }
        }
        rows
    }
}

fn log_key(text: &str) -> Option<VerifierKey> {
    text.parse().ok().filter(|key: &VerifierKey| key.kind() == KeyKind::Log)
}

/// The payload of one record, read for its keys alone; what is wrong with it is said when the record is verified.
fn payload_of(source: &dyn Source, plan: &Plan, options: &Options) -> Option<Payload> {
    let bytes = source.read(plan.package.as_ref()?, options.limits.package_bytes).ok()?;
    let mut unsaid = Tally::default();
    let opened = open::open(&bytes, plan, &options.limits, &mut unsaid)?;
    let own: &Manifest = &opened.manifest;
    matches!(own.kind, Kind::Genesis | Kind::KeyChange).then(|| read_payload(&opened, &mut unsaid))?
}
