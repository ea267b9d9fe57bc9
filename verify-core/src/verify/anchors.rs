//! Checkpoints kept outside: today's chain must extend every one of them (F-133).

use super::history::History;
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

/// Holds the chain against every kept checkpoint. Several bracket the change between two sizes.
pub(super) fn check(anchors: &[KeptCheckpoint], history: &History, tally: &mut Tally) -> Vec<AnchorRow> {
    if anchors.is_empty() {
        tally.skip(Code::AnchorCheckpoint, "no checkpoint kept outside was given (--checkpoint)");
    }
    let outcomes: Vec<AnchorOutcome> = anchors.iter().map(|anchor| outcome(anchor, history)).collect();
    for (anchor, outcome) in anchors.iter().zip(&outcomes) {
        match outcome {
            AnchorOutcome::Extends => tally.pass(Code::AnchorCheckpoint),
            AnchorOutcome::NotEvaluated => {
                tally.skip(
                    Code::AnchorCheckpoint,
                    "the records below the size kept outside are not all at hand",
                );
            }
            AnchorOutcome::Differs | AnchorOutcome::Cut | AnchorOutcome::Foreign => {
                tally.fail(finding(anchor, *outcome, anchors, &outcomes, history));
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

fn outcome(anchor: &KeptCheckpoint, history: &History) -> AnchorOutcome {
    let kept = anchor.note.checkpoint();
    if history.is_one_package() {
        return AnchorOutcome::NotEvaluated;
    }
    if history.origin.as_ref() != Some(&kept.origin) {
        return AnchorOutcome::Foreign;
    }
    match history.root(kept.size) {
        Some(root) if root == kept.root => AnchorOutcome::Extends,
        Some(_) => AnchorOutcome::Differs,
        None if kept.size > history.count && !history.is_bundle() && !history.partial => AnchorOutcome::Cut,
        None => AnchorOutcome::NotEvaluated,
    }
}

fn finding(
    anchor: &KeptCheckpoint,
    outcome: AnchorOutcome,
    anchors: &[KeptCheckpoint],
    outcomes: &[AnchorOutcome],
    history: &History,
) -> Finding {
    let kept = anchor.note.checkpoint();
    let place = |sequence: Option<u64>| Place {
        sequence,
        file: Some(anchor.name.clone()),
        pointer: Some(format!("size {}", kept.size)),
        ..Place::default()
    };
    let expected = format!("root of size {}: {}", kept.size, kept.root);
    let first = first_other(anchor, history);
    let record = first.map(|at| format!("; record {at} is the first that differs from the one kept"));
    let (place, expected, found, message) = match outcome {
        AnchorOutcome::Foreign => {
            let found = history.origin.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
            let message = "the checkpoint kept outside is of another origin".to_owned();
            (place(None), kept.origin.to_string(), found, message)
        }
        AnchorOutcome::Cut => {
            let gone = kept.size - history.count;
            let records = if gone == 1 { "1 record is".to_owned() } else { format!("{gone} records are") };
            let message =
                format!("{records} missing at the end: the checkpoint kept outside covers {}", kept.size);
            let also = record.filter(|_| first.is_some_and(|at| at < history.count)).unwrap_or_default();
            (place(first), expected, format!("{} records", history.count), format!("{message}{also}"))
        }
        _ => {
            let message = bracket(anchors, outcomes) + &record.unwrap_or_default() + &rival(anchor, anchors);
            let found = history.root(kept.size).map_or_else(|| "none".to_owned(), |root| root.to_string());
            (place(first), expected, found, message)
        }
    };
    Finding::new(Code::AnchorCheckpoint, place, expected, found, message)
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

/// The first record that is not the one that was kept, or that is gone.
fn first_other(anchor: &KeptCheckpoint, history: &History) -> Option<u64> {
    let kept = anchor.leaves.as_deref()?;
    let differs = kept.iter().zip(&history.leaves).position(|(kept, now)| kept != now);
    let gone = (history.leaves.len() < kept.len()).then_some(history.leaves.len());
    differs.or(gone).map(|at| at as u64)
}
