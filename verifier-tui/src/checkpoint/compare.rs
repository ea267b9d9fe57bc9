//! `verifier checkpoint compare A B`: whether one of two checkpoints extends the other.
//!
//! A root alone does not tell what is under it. Two sizes can only be compared with the leaf hashes of
//! the larger one, or with the chain itself: what cannot be decided here is said to be undecided.

use serde_json::json;
use verify_core::checkpoint::{Checkpoint, tree};
use verify_core::verify::KeptCheckpoint;

use super::{Answer, pinned};
use crate::cli::{Compare, quoted};
use crate::display::escape;
use crate::exit::Ending;
use crate::print::Sheet;
use crate::refusal::Refusal;
use crate::trust::kept;
use crate::words::counted;

/// How two checkpoints stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// They pin the same records.
    Same,
    /// The larger one continues what the smaller one pins.
    Extends,
    /// They pin two histories; the first record that differs, if leaf hashes of both are at hand.
    Fork(Option<u64>),
    /// They are of two chains.
    Foreign,
    /// Nobody can say without the leaf hashes of the larger one.
    Undecided,
}

impl Relation {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Extends => "extends",
            Self::Fork(_) => "fork",
            Self::Foreign => "foreign",
            Self::Undecided => "undecided",
        }
    }

    const fn code(self) -> u8 {
        match self {
            Self::Same | Self::Extends => 0,
            Self::Fork(_) | Self::Foreign => 1,
            Self::Undecided => Ending::Inconclusive.code(),
        }
    }
}

pub(super) fn compare(asked: &Compare) -> Result<Answer, Refusal> {
    let (first, second) = (kept(&asked.first)?, kept(&asked.second)?);
    let size = |kept: &KeptCheckpoint| kept.note().checkpoint().size;
    let (smaller, larger) = if size(&first) <= size(&second) { (first, second) } else { (second, first) };
    let relation = relation(&smaller, &larger);
    let first_difference = match relation {
        Relation::Fork(record) => record,
        _ => None,
    };
    let json = json!({
        "relation": relation.as_str(),
        "smaller": pinned(&smaller),
        "larger": pinned(&larger),
        "first_difference": first_difference,
        "exit_code": relation.code(),
    });
    Ok(Answer { text: told(relation, &smaller, &larger), json, code: relation.code(), written: None })
}

fn relation(smaller: &KeptCheckpoint, larger: &KeptCheckpoint) -> Relation {
    let (small, large) = (smaller.note().checkpoint(), larger.note().checkpoint());
    if small.origin != large.origin {
        return Relation::Foreign;
    }
    if small.size == large.size {
        return if small.root == large.root {
            Relation::Same
        } else {
            Relation::Fork(first_difference(smaller, larger))
        };
    }
    let under = larger.leaves().and_then(|leaves| leaves.get(..usize::try_from(small.size).ok()?));
    match under.and_then(tree::root) {
        None => Relation::Undecided,
        Some(root) if root == small.root => Relation::Extends,
        Some(_) => Relation::Fork(first_difference(smaller, larger)),
    }
}

/// The first record whose leaf hash differs, where both lists are at hand.
fn first_difference(smaller: &KeptCheckpoint, larger: &KeptCheckpoint) -> Option<u64> {
    let at = smaller.leaves()?.iter().zip(larger.leaves()?).position(|(one, other)| one != other)?;
    u64::try_from(at).ok()
}

fn told(relation: Relation, smaller: &KeptCheckpoint, larger: &KeptCheckpoint) -> Sheet {
    let mut sheet = Sheet::default();
    let (small, large) = (smaller.note().checkpoint(), larger.note().checkpoint());
    let (one, other) = (escape(smaller.name()), escape(larger.name()));
    let records = counted(small.size, "record");
    match relation {
        Relation::Same => sheet.wrapped("", 2, &format!("SAME: {one} and {other} pin the same {records}")),
        Relation::Extends => {
            let text = format!(
                "EXTENDS: {other} ({}) continues exactly the {records} that {one} pins",
                counted(large.size, "record")
            );
            sheet.wrapped("", 2, &text);
        }
        Relation::Fork(record) => {
            let text = format!(
                "FORK: {one} and {other} pin two different histories of {}",
                escape(small.origin.as_str())
            );
            sheet.wrapped("", 2, &text);
            if let Some(record) = record {
                sheet.line(&format!("  the first record that differs is {record}"));
            } else {
                let text = format!(
                    "among the first {records}; the leaf hashes of both (checkpoint save --leaves) would name the record"
                );
                sheet.wrapped("  ", 2, &text);
            }
        }
        Relation::Foreign => {
            let text =
                format!("FOREIGN: {one} and {other} are of two chains and say nothing about each other");
            sheet.wrapped("", 2, &text);
        }
        Relation::Undecided => {
            let text = format!(
                "UNDECIDED: the root of {other} does not tell what its first {records} were; no {other}.leaves is kept \
                 beside it. The chain itself can tell:"
            );
            sheet.wrapped("", 2, &text);
            let (one, other) = (quoted(smaller.name()), quoted(larger.name()));
            sheet.line(&format!("  verifier verify PATH --checkpoint {one} --checkpoint {other}"));
        }
    }
    sheet.blank();
    for kept in [smaller, larger] {
        let Checkpoint { origin, size, root } = kept.note().checkpoint();
        sheet.line(&escape(kept.name()));
        sheet.wrapped("  ", 4, &format!("{} of {}", counted(*size, "record"), escape(origin.as_str())));
        sheet.line(&format!("  root {root}"));
    }
    sheet
}

#[cfg(test)]
mod tests {
    use verify_core::checkpoint::SignedNote;
    use verify_core::digest::Digest;

    use super::*;

    fn leaves(count: usize, changed: Option<usize>) -> Vec<Digest> {
        (0..count)
            .map(|index| {
                tree::leaf(format!("{index}{}", if changed == Some(index) { "!" } else { "" }).as_bytes())
            })
            .collect()
    }

    fn checkpoint(origin: &str, leaves: &[Digest], with_leaves: bool) -> KeptCheckpoint {
        let root = tree::root(leaves).unwrap();
        let checkpoint = Checkpoint { origin: origin.parse().unwrap(), size: leaves.len() as u64, root };
        let kept = with_leaves.then(|| leaves.to_vec());
        KeptCheckpoint::new("name".to_owned(), SignedNote::new(&checkpoint), kept).unwrap()
    }

    const ORIGIN: &str = "evidence.example.com/acme/production";

    #[test]
    fn every_relation_and_its_exit_code() {
        let of = |count, changed, with| checkpoint(ORIGIN, &leaves(count, changed), with);
        for (smaller, larger, expected, code) in [
            (of(5, None, false), of(5, None, false), Relation::Same, 0),
            (of(5, None, false), of(9, None, true), Relation::Extends, 0),
            (of(5, None, true), of(9, None, false), Relation::Undecided, 5),
            (of(5, None, false), of(5, Some(2), false), Relation::Fork(None), 1),
            (of(5, None, true), of(5, Some(2), true), Relation::Fork(Some(2)), 1),
            (of(5, None, false), of(9, Some(4), true), Relation::Fork(None), 1),
            (of(5, None, true), of(9, Some(4), true), Relation::Fork(Some(4)), 1),
            (of(5, None, false), of(9, Some(5), true), Relation::Extends, 0),
            (of(5, None, false), checkpoint("other.example/x", &leaves(5, None), true), Relation::Foreign, 1),
        ] {
            let found = relation(&smaller, &larger);
            assert_eq!((found, found.code()), (expected, code));
        }
    }
}
