//! The tree over the records at hand: what a checkpoint is held against (F-120, F-138).

use super::assemble::Plan;
use crate::checkpoint::{Checkpoint, tree};
use crate::digest::Digest;
use crate::model::Origin;

/// Roots by size, as far as they can be known.
#[derive(Debug, Default)]
enum Roots {
    /// One package alone: none.
    #[default]
    None,
    /// The roots of sizes 1, 2, … up to the first gap.
    Computed(Vec<Digest>),
    /// A bundle: the root of its own note.
    Told(Option<Checkpoint>),
}

/// The records of one chain as a tree. 72 bytes for each.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Origin of the chain.
    pub(super) origin: Option<Origin>,
    /// Records of the chain, as far as the evidence goes.
    pub(super) count: u64,
    /// Why more records than these may exist, if the evidence could not be read to its end.
    pub(super) partial: bool,
    /// Sequence and leaf of every record at hand, ascending.
    pub(super) at_hand: Vec<(u64, Digest)>,
    roots: Roots,
}

impl History {
    /// The tree over all records up to the first gap.
    pub(super) fn of(plans: &[Plan], partial: bool) -> Self {
        let mut history = Self::begun(plans, partial);
        let mut frontier = tree::Frontier::default();
        let mut roots = Vec::new();
        for (plan, sequence) in plans.iter().zip(0_u64..) {
            if plan.sequence() != sequence {
                break;
            }
            frontier.push(plan.leaf);
            roots.extend(frontier.root());
        }
        history.roots = Roots::Computed(roots);
        history
    }

    /// Of one package alone nothing is known but the origin and its own leaf.
    pub(super) fn of_one(plans: &[Plan]) -> Self {
        Self::begun(plans, true)
    }

    /// A sample: its size and root are those of its note, if that could be read.
    pub(super) fn of_bundle(plans: &[Plan], told: Option<Checkpoint>) -> Self {
        let begun = Self::begun(plans, false);
        let count = told.as_ref().map_or(begun.count, |told| told.size);
        Self { count, roots: Roots::Told(told), ..begun }
    }

    fn begun(plans: &[Plan], partial: bool) -> Self {
        Self {
            origin: plans.first().map(|plan| plan.manifest.origin.clone()),
            count: plans.last().map_or(0, |plan| plan.sequence().saturating_add(1)),
            partial,
            at_hand: plans.iter().map(|plan| (plan.sequence(), plan.leaf)).collect(),
            ..Self::default()
        }
    }

    /// The root of a size, if all records below it are at hand.
    pub(super) fn root(&self, size: u64) -> Option<Digest> {
        match &self.roots {
            Roots::None => None,
            Roots::Computed(roots) => roots.get(usize::try_from(size).ok()?.checked_sub(1)?).copied(),
            Roots::Told(told) => told.as_ref().filter(|told| told.size == size).map(|told| told.root),
        }
    }

    /// Whether this is one package alone, of which no history is known.
    pub(super) const fn is_one_package(&self) -> bool {
        matches!(self.roots, Roots::None)
    }

    /// Whether this is a sample.
    pub(super) const fn is_bundle(&self) -> bool {
        matches!(self.roots, Roots::Told(_))
    }
}
