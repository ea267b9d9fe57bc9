//! Checkpoints kept outside: today's chain must extend every one of them (F-133).
//!
//! Where records are absent, kept leaf hashes still judge those that are there, one by one.

use std::collections::BTreeMap;

use super::history::History;
use super::keys::ChainKeys;
use super::notes;
use super::tally::Tally;
use crate::checkpoint::{SignedNote, tree};
use crate::digest::Digest;
use crate::finding::{Code, Finding, Place};
use crate::report::{AnchorOutcome, AnchorRow};

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

/// What kept checkpoints are held against.
pub(super) struct Ground<'a> {
    pub(super) history: &'a History,
    pub(super) keys: &'a ChainKeys,
    /// By size, the root that sound notes of the evidence name where none can be compared (F-138).
    pub(super) told: BTreeMap<u64, Digest>,
}

/// Holds the chain against every kept checkpoint. Several bracket the change between two sizes.
pub(super) fn check(anchors: &[KeptCheckpoint], ground: &Ground<'_>, tally: &mut Tally) -> Vec<AnchorRow> {
    if anchors.is_empty() {
        tally.skip(Code::AnchorCheckpoint, "no checkpoint kept outside was given (--checkpoint)");
    }
    let outcomes: Vec<AnchorOutcome> = anchors.iter().map(|anchor| outcome(anchor, ground)).collect();
    for (anchor, outcome) in anchors.iter().zip(&outcomes) {
        match outcome {
            AnchorOutcome::Extends | AnchorOutcome::Members => tally.pass(Code::AnchorCheckpoint),
            AnchorOutcome::NotEvaluated => {
                let reason = "the records below the size kept outside are not all at hand, and no leaf hashes of \
                              those that are were kept";
                tally.skip(Code::AnchorCheckpoint, reason);
            }
            AnchorOutcome::Refused => {
                tally.fail_all(notes::refused(&anchor.note, &place(anchor, None), ground.keys));
                tally
                    .skip(Code::AnchorCheckpoint, "a signature in the checkpoint kept outside does not hold");
            }
            AnchorOutcome::Differs | AnchorOutcome::Cut | AnchorOutcome::Foreign => {
                tally.fail(finding(anchor, *outcome, anchors, &outcomes, ground));
            }
        }
    }
    let row = |(anchor, outcome): (&KeptCheckpoint, &AnchorOutcome)| AnchorRow {
        name: anchor.name.clone(),
        size: anchor.note.checkpoint().size,
        root: anchor.note.checkpoint().root,
        outcome: *outcome,
    };
    anchors.iter().zip(&outcomes).map(row).collect()
}

fn outcome(anchor: &KeptCheckpoint, ground: &Ground<'_>) -> AnchorOutcome {
    let (kept, history) = (anchor.note.checkpoint(), ground.history);
    if notes::refused(&anchor.note, &Place::default(), ground.keys).is_some() {
        return AnchorOutcome::Refused;
    }
    if history.origin.as_ref() != Some(&kept.origin) {
        return AnchorOutcome::Foreign;
    }
    match history.root(kept.size) {
        Some(root) if root == kept.root => AnchorOutcome::Extends,
        Some(_) => AnchorOutcome::Differs,
        None if kept.size > history.count && !history.is_bundle() && !history.partial => AnchorOutcome::Cut,
        None if first_other(anchor, history).is_some() => AnchorOutcome::Differs,
        None if ground.told.get(&kept.size).is_some_and(|root| *root != kept.root) => AnchorOutcome::Differs,
        None if compared(anchor, history).next().is_some() => AnchorOutcome::Members,
        None => AnchorOutcome::NotEvaluated,
    }
}

/// Places of everything that is said of a kept checkpoint (F-140).
fn place(anchor: &KeptCheckpoint, sequence: Option<u64>) -> Place {
    let size = anchor.note.checkpoint().size;
    let pointer = Some(format!("size {size}"));
    Place { sequence, file: Some(anchor.name.clone()), pointer, ..Place::default() }
}

fn finding(
    anchor: &KeptCheckpoint,
    outcome: AnchorOutcome,
    anchors: &[KeptCheckpoint],
    outcomes: &[AnchorOutcome],
    ground: &Ground<'_>,
) -> Finding {
    let (kept, history) = (anchor.note.checkpoint(), ground.history);
    let expected = format!("root of size {}: {}", kept.size, kept.root);
    let other = first_other(anchor, history);
    let first = other.map(|(at, ..)| at);
    let record = first.map(|at| format!("; record {at} is the first that differs from the one kept"));
    let found = history.root(kept.size).or_else(|| ground.told.get(&kept.size).copied());
    let shown = || found.map_or_else(|| "none".to_owned(), |root| root.to_string());
    let (sequence, expected, found, message) = match (outcome, other) {
        (AnchorOutcome::Foreign, _) => {
            let found = history.origin.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
            let message = "the checkpoint kept outside is of another origin".to_owned();
            (None, kept.origin.to_string(), found, message)
        }
        (AnchorOutcome::Cut, _) => {
            let gone = kept.size - history.count;
            let records = if gone == 1 { "1 record is".to_owned() } else { format!("{gone} records are") };
            let message =
                format!("{records} missing at the end: the checkpoint kept outside covers {}", kept.size);
            // Only kept leaf hashes say more than that some are gone.
            let sequence = first.or_else(|| anchor.leaves.as_ref().map(|_| history.count));
            let also = record.unwrap_or_default();
            (sequence, expected, format!("{} records", history.count), format!("{message}{also}"))
        }
        _ if history.root(kept.size).is_some() => {
            let message = bracket(anchors, outcomes) + &record.unwrap_or_default() + &rival(anchor, anchors);
            (first, expected, shown(), message)
        }
        (_, Some((at, kept, now))) => {
            let expected = format!("leaf hash of record {at}: {kept}");
            (first, expected, now.to_string(), format!("record {at} is not the one that was kept"))
        }
        (_, None) => {
            let message = "a checkpoint in the evidence has the size of the one kept outside and another root: two \
                           histories were signed";
            (None, expected, shown(), message.to_owned() + &rival(anchor, anchors))
        }
    };
    Finding::new(Code::AnchorCheckpoint, place(anchor, sequence), expected, found, message)
}

/// Between which records history was rewritten, as far as roots alone can tell.
fn bracket(anchors: &[KeptCheckpoint], outcomes: &[AnchorOutcome]) -> String {
    let sizes = |wanted: AnchorOutcome| {
        let of = move |(anchor, outcome): (&KeptCheckpoint, &AnchorOutcome)| {
            (*outcome == wanted).then_some(anchor.note.checkpoint().size)
        };
        anchors.iter().zip(outcomes).filter_map(of)
    };
    let smallest = sizes(AnchorOutcome::Differs).min().unwrap_or(1);
    match sizes(AnchorOutcome::Extends).filter(|size| *size < smallest).max() {
        Some(largest) => {
            let last = smallest - 1;
            let records = if largest == last {
                format!("at record {last}")
            } else {
                format!("between record {largest} and record {last}")
            };
            format!(
                "history was rewritten {records}: the checkpoint of size {largest} agrees, that of size {smallest} \
                 does not"
            )
        }
        None => format!(
            "history was rewritten at or before record {}: the checkpoint of size {smallest} does not agree, and no \
             smaller one was given that does",
            smallest - 1
        ),
    }
}

/// Another kept checkpoint of the same size that says something else: then two histories were shown.
fn rival(anchor: &KeptCheckpoint, anchors: &[KeptCheckpoint]) -> String {
    let kept = anchor.note.checkpoint();
    let contradicts = |other: &&KeptCheckpoint| {
        let other = other.note.checkpoint();
        other.origin == kept.origin && other.size == kept.size && other.root != kept.root
    };
    anchors.iter().find(contradicts).map_or_else(String::new, |other| {
        format!("; {} and {} contradict each other: two histories were shown", anchor.name, other.name)
    })
}

/// Records at hand for which a leaf hash was kept: sequence, the kept hash, the hash now.
fn compared<'a>(
    anchor: &'a KeptCheckpoint,
    history: &'a History,
) -> impl Iterator<Item = (u64, Digest, Digest)> + 'a {
    let leaves = anchor.leaves.as_deref().unwrap_or_default();
    history.at_hand.iter().filter_map(|(sequence, now)| {
        let kept = leaves.get(usize::try_from(*sequence).ok()?)?;
        Some((*sequence, *kept, *now))
    })
}

/// The first record at hand that is not the one that was kept.
fn first_other(anchor: &KeptCheckpoint, history: &History) -> Option<(u64, Digest, Digest)> {
    compared(anchor, history).find(|(_, kept, now)| kept != now)
}
