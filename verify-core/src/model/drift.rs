//! `drift.json`: changes against the baseline and against the previous state (F-80 ff.).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ResourceName, Sequence};
use crate::digest::Digest;

/// What happened to an entity or a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// The entity is new.
    Added,
    /// The entity is gone.
    Removed,
    /// A field differs.
    Changed,
    /// The id changed while the natural key of the profile stayed equal.
    Reidentified,
}

/// One change of one field (or of one whole entity).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What happened.
    pub change: ChangeKind,
    /// Key of the entity.
    pub entity: String,
    /// JSON pointer (RFC 6901) into the entity; empty for a whole entity.
    pub pointer: String,
    /// Value before; null when it was absent (then `pointer` exists only on the other side).
    pub previous: Value,
    /// Value now; null when it is absent.
    pub new: Value,
    /// For a declared set: elements gone and elements new, each in canonical order. Else null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub set_removed: Option<Vec<Value>>,
    /// See `set_removed`.
    #[serde(deserialize_with = "Option::deserialize")]
    pub set_added: Option<Vec<Value>>,
    /// Modification stamps of the entity now (who, when), or null when it carries none.
    pub provenance: Value,
}

/// The state a resource was compared with: nearest earlier snapshot where it was complete (F-81).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// Sequence of that snapshot.
    pub sequence: Sequence,
    /// Digest of the resource there.
    pub sha256: Digest,
}

/// Drift of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceDrift {
    /// False when either side was not complete; then `changes` is empty and `reason` says why.
    pub evaluated: bool,
    /// Why it was not evaluated, else null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub reason: Option<String>,
    /// The earlier side; null when there is none or the resource is not complete now.
    #[serde(deserialize_with = "Option::deserialize")]
    pub against: Option<Side>,
    /// Digest of the resource now, or null when it is not complete.
    #[serde(deserialize_with = "Option::deserialize")]
    pub current_sha256: Option<Digest>,
    /// Changes sorted by entity (bytes), then pointer (bytes).
    pub changes: Vec<Change>,
}

/// One comparison of all resources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// By resource; every resource of the profile has an entry.
    pub resources: BTreeMap<ResourceName, ResourceDrift>,
}

/// `drift.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriftDocument {
    /// Against the approved baseline; null before the first approval.
    #[serde(deserialize_with = "Option::deserialize")]
    pub against_baseline: Option<Comparison>,
    /// Against, per resource, the nearest earlier snapshot in which it was complete.
    pub against_previous: Comparison,
}

impl Comparison {
    /// Number of changes over all resources.
    #[must_use]
    pub fn change_count(&self) -> usize {
        self.resources.values().map(|resource| resource.changes.len()).sum()
    }
}
