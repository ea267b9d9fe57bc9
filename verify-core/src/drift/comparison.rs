//! One comparison of all resources: what is compared with what, and what cannot be (F-80, F-81).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::provenance::ProvenanceSource;
use super::{Compared, DriftError, compare_resource};
use crate::digest::Digest;
use crate::model::{Comparison, Outcome, ResourceDrift, Sequence, Side};
use crate::profile::{Profile, Resource};

/// Canonical texts of the entities of one resource, ascending by key.
pub type Entities<'a> = Box<dyn Iterator<Item = &'a [u8]> + 'a>;

/// What the states are compared with; it decides the words of the reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// The approved snapshot.
    Baseline,
    /// Per resource, the nearest earlier snapshot in which it was complete.
    Previous,
}

/// One resource now.
pub enum Current<'a> {
    /// It was read completely.
    Complete {
        /// Digest of its canonical array; must be that of the entities, this module does not hash.
        sha256: Digest,
        /// Its entities.
        entities: Entities<'a>,
    },
    /// It was not.
    NotComplete(Outcome),
}

/// The same resource in an earlier snapshot, in which it was complete.
pub struct Earlier<'a> {
    /// Sequence of that snapshot.
    pub sequence: Sequence,
    /// Digest of its canonical array there, as for [`Current::Complete`].
    pub sha256: Digest,
    /// Its entities there.
    pub entities: Entities<'a>,
}

/// Both sides of one resource.
pub struct ResourceSides<'a> {
    /// Now.
    pub current: Current<'a>,
    /// Before; `None` when there is no side to compare with.
    pub earlier: Option<Earlier<'a>>,
}

/// Compares every resource of the profile. `sides` gives both sides of one resource; an earlier side
/// is left aside while the resource is not complete now (F-81).
pub fn build_comparison<'a>(
    profile: &Profile,
    against: Against,
    mut sides: impl FnMut(&Resource) -> ResourceSides<'a>,
    provenance: &impl ProvenanceSource,
) -> Result<Comparison, DriftError> {
    let mut resources = BTreeMap::new();
    for resource in &profile.resources {
        let drift = resource_drift(resource, against, sides(resource), provenance)?;
        resources.insert(resource.id.clone(), drift);
    }
    Ok(Comparison { resources })
}

fn resource_drift(
    resource: &Resource,
    against: Against,
    sides: ResourceSides<'_>,
    provenance: &impl ProvenanceSource,
) -> Result<ResourceDrift, DriftError> {
    let (sha256, entities) = match sides.current {
        Current::Complete { sha256, entities } => (sha256, entities),
        Current::NotComplete(outcome) => {
            let reason = format!("not complete in this snapshot: {}", outcome.as_str());
            return Ok(not_evaluated(reason, None, None));
        }
    };
    let Some(earlier) = sides.earlier else {
        let reason = match against {
            Against::Baseline => "not complete in the baseline",
            Against::Previous => "no earlier snapshot in which it was complete",
        };
        return Ok(not_evaluated(reason.to_owned(), None, Some(sha256)));
    };
    let side = Side { sequence: earlier.sequence, sha256: earlier.sha256 };
    let changes = match compare_resource(resource, earlier.entities, entities)? {
        Compared::Changes(changes) => changes,
        Compared::RedactionKeys { before, now } => {
            let reason = format!(
                "values were redacted under another key: {} before, {} now",
                listed(&before),
                listed(&now)
            );
            return Ok(not_evaluated(reason, Some(side), Some(sha256)));
        }
    };
    let mut drift = ResourceDrift {
        evaluated: true,
        reason: None,
        against: Some(side),
        current_sha256: Some(sha256),
        changes,
    };
    let keys: BTreeSet<&str> = drift.changes.iter().map(|change| change.entity.as_str()).collect();
    if !keys.is_empty() {
        let stamps = provenance.stamps(&resource.id, &keys)?;
        for change in &mut drift.changes {
            change.provenance = stamps.get(&change.entity).cloned().unwrap_or(Value::Null);
        }
    }
    Ok(drift)
}

fn not_evaluated(reason: String, against: Option<Side>, current_sha256: Option<Digest>) -> ResourceDrift {
    ResourceDrift { evaluated: false, reason: Some(reason), against, current_sha256, changes: Vec::new() }
}

fn listed(ids: &BTreeSet<String>) -> String {
    ids.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
