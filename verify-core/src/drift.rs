//! Drift: what differs between two states, one change per field (F-80 to F-85).
//!
//! Both sides come as canonical entity texts, ascending by key. Equal texts are skipped without being
//! parsed, so the work follows the number of changes and not the size of the tenant. The collector
//! writes `drift.json` with [`build_comparison`], the verifier replays it with the same function.
//!
//! Refused: entities without a key and entities out of order, because a merge over them could report
//! one entity as gone and new. Two texts that differ always give at least one change.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::canon::CanonError;
use crate::model::{Change, ChangeKind};
use crate::normalize::{KeyError, PatternError};
use crate::profile::Resource;

mod comparison;
mod fields;
mod provenance;
mod rules;
mod side;
#[cfg(test)]
mod tests;
mod whole;

pub use comparison::{Against, Current, Earlier, Entities, ResourceSides, build_comparison};
pub use fields::LONGEST_SET_SHOWN;
pub use provenance::{NoProvenance, ProvenanceBytes, ProvenanceSource};

use rules::Rules;
use side::Side;

/// Why two states cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum DriftError {
    /// The profile holds a pattern that cannot be followed.
    #[error("resource {resource}: a pattern of the profile cannot be followed")]
    Pattern {
        /// The resource.
        resource: String,
        /// What is wrong with the pattern.
        #[source]
        source: PatternError,
    },
    /// An entity's text is no JSON.
    #[error("resource {resource}: an entity {side} is not readable")]
    Entity {
        /// The resource.
        resource: String,
        /// `before` or `now`.
        side: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// An entity has no key.
    #[error("resource {resource}: an entity {side} has no key")]
    Key {
        /// The resource.
        resource: String,
        /// `before` or `now`.
        side: &'static str,
        /// Which part is missing.
        #[source]
        source: KeyError,
    },
    /// Entities do not ascend by key.
    #[error("resource {resource}: expected entities {side} to ascend by key, found {found:?} after {last:?}")]
    Order {
        /// The resource.
        resource: String,
        /// `before` or `now`.
        side: &'static str,
        /// Key of the entity before it.
        last: String,
        /// Key that does not ascend.
        found: String,
    },
    /// A value has no canonical form.
    #[error("resource {resource}: a value has no canonical form")]
    Canonical {
        /// The resource.
        resource: String,
        /// Why.
        #[source]
        source: CanonError,
    },
    /// The provenance beside the state is not of the expected form.
    #[error("provenance is not readable")]
    Provenance(#[source] serde_json::Error),
}

/// What the comparison of one resource gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Compared {
    /// Changes sorted by entity, then pointer (bytes); without provenance.
    Changes(Vec<Change>),
    /// Values of both sides were redacted under different keys, so nobody can say whether they
    /// differ.
    RedactionKeys {
        /// Key ids met before.
        before: BTreeSet<String>,
        /// Key ids met now.
        now: BTreeSet<String>,
    },
}

/// Compares two states of one resource, each given as the canonical texts of its entities, ascending
/// by key. Provenance is attached by [`build_comparison`].
pub fn compare_resource<'a, B, N>(resource: &Resource, before: B, now: N) -> Result<Compared, DriftError>
where
    B: IntoIterator<Item = &'a [u8]>,
    N: IntoIterator<Item = &'a [u8]>,
{
    let rules = Rules::new(resource)?;
    let mut before = Side::new(resource, "before", before.into_iter());
    let mut now = Side::new(resource, "now", now.into_iter());
    let mut changes = Vec::new();
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    loop {
        if before.text.is_some() && before.text == now.text {
            before.skip();
            now.skip();
            continue;
        }
        let (left, right) = (before.head()?, now.head()?);
        let order = match (left, right) {
            (None, None) => break,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((left, _)), Some((right, _))) => left.cmp(right),
        };
        match order {
            std::cmp::Ordering::Less => removed.extend(before.take()?),
            std::cmp::Ordering::Greater => added.extend(now.take()?),
            std::cmp::Ordering::Equal => {
                let (Some((key, left)), Some((_, right))) = (before.take()?, now.take()?) else { break };
                let (old_keys, new_keys) = (rules.redaction_keys(&left), rules.redaction_keys(&right));
                if !old_keys.is_empty() && !new_keys.is_empty() && old_keys != new_keys {
                    return Ok(Compared::RedactionKeys { before: old_keys, now: new_keys });
                }
                fields::compare(&rules, &key, &left, &right, &mut changes)?;
            }
        }
    }
    whole::compare(resource, removed, added, &mut changes);
    changes.sort_by(|left, right| {
        (&left.entity, &left.pointer, left.change).cmp(&(&right.entity, &right.pointer, right.change))
    });
    Ok(Compared::Changes(changes))
}

fn change(kind: ChangeKind, entity: &str, pointer: String, previous: Value, new: Value) -> Change {
    Change {
        change: kind,
        entity: entity.to_owned(),
        pointer,
        previous,
        new,
        set_removed: None,
        set_added: None,
        provenance: Value::Null,
    }
}
