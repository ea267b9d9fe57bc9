//! Which rules and baselines the records used, and which digests of them the reader pinned (F-141).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::model::Manifest;

/// What a record is judged by and a reader can pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinItem {
    /// `policies_sha256`.
    Policies,
    /// `schemas_sha256`.
    Schemas,
    /// `profile_sha256`.
    Profile,
    /// `state_sha256` of the baseline.
    Baseline,
}

impl PinItem {
    /// Every item.
    pub const ALL: [Self; 4] = [Self::Policies, Self::Schemas, Self::Profile, Self::Baseline];

    /// The item as written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Policies => "policies",
            Self::Schemas => "schemas",
            Self::Profile => "profile",
            Self::Baseline => "baseline",
        }
    }

    /// Where its digest stands in a manifest, as a JSON pointer.
    #[must_use]
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::Policies => "/policies_sha256",
            Self::Schemas => "/schemas_sha256",
            Self::Profile => "/profile_sha256",
            Self::Baseline => "/baseline/state_sha256",
        }
    }

    /// Its digest in a manifest; `None` where there is no baseline, as before the first approval of one.
    #[must_use]
    pub fn of(self, manifest: &Manifest) -> Option<Digest> {
        match self {
            Self::Policies => Some(manifest.policies_sha256),
            Self::Schemas => Some(manifest.schemas_sha256),
            Self::Profile => Some(manifest.profile_sha256),
            Self::Baseline => manifest.baseline.as_ref().map(|baseline| baseline.state_sha256),
        }
    }
}

impl fmt::Display for PinItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One digest that records were judged by. What an auditor was told is compared with it, and pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleRow {
    /// Of what.
    pub item: PinItem,
    /// The digest.
    pub sha256: Digest,
    /// First record that states it.
    pub from: u64,
    /// Last record that states it.
    pub to: u64,
    /// Records that state it.
    pub records: u64,
}

/// One digest that the reader pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinRow {
    /// Of what.
    pub item: PinItem,
    /// The digest.
    pub sha256: Digest,
    /// First record it is good for.
    pub from: u64,
    /// Last record it is good for; null while it is open.
    pub to: Option<u64>,
    /// Records in this range that state it.
    pub records: u64,
}
