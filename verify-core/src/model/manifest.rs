//! The manifest: names and hashes everything in a package and links it to the one before (F-30 ff.).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CollectionId, Origin, ResourceName, Sequence};
use crate::digest::Digest;
use crate::time::UtcTime;

/// The only version this code writes and reads; an unknown major version is refused (F-30).
pub const FORMAT_VERSION: &str = "1.0";

/// What a record is (F-31).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Sequence 0: origin, tenant, log key, first rules.
    Genesis,
    /// One cycle's configuration.
    Snapshot,
    /// A baseline or a rule was approved.
    Approval,
    /// A cycle that could not be collected.
    Failure,
    /// Late result of a quarantined body.
    Revalidation,
    /// A violation accepted for a time by an owner.
    Exception,
    /// A missed cycle explained afterwards.
    Explanation,
    /// A change of the signing key.
    KeyChange,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Genesis,
        Self::Snapshot,
        Self::Approval,
        Self::Failure,
        Self::Revalidation,
        Self::Exception,
        Self::Explanation,
        Self::KeyChange,
    ];

    /// The kind as written in a manifest.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Genesis => "genesis",
            Self::Snapshot => "snapshot",
            Self::Approval => "approval",
            Self::Failure => "failure",
            Self::Revalidation => "revalidation",
            Self::Exception => "exception",
            Self::Explanation => "explanation",
            Self::KeyChange => "key_change",
        }
    }

    /// Name of the payload member (F-31).
    #[must_use]
    pub fn payload_member(self) -> String {
        format!("{}.json", self.as_str())
    }
}

/// How the reading of one resource ended (F-50).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Read to its end, and the figures prove it.
    Complete,
    /// Read in part; the figures disagree or the end was not reached.
    Partial,
    /// The identity may not read it (401 or 403).
    Denied,
    /// The tenant does not have it (404 or a licence answer).
    NotLicensed,
    /// A body breaks its schema.
    Quarantined,
    /// The platform did not answer usefully.
    Failed,
}

impl Outcome {
    /// The outcome as written in a manifest.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Denied => "denied",
            Self::NotLicensed => "not_licensed",
            Self::Quarantined => "quarantined",
            Self::Failed => "failed",
        }
    }
}

/// One tenant: one organization on one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// `genesys-cloud`, `nice-cxone` or `reference`.
    pub platform: String,
    /// Region as the platform names it.
    pub region: String,
    /// Organization id as the platform gives it.
    pub organization_id: String,
    /// Short name of the organization.
    pub subdomain: String,
}

/// What was read of one resource, with the figures that prove it (F-50).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceRecord {
    /// How the reading ended.
    pub outcome: Outcome,
    /// Why, when it is not `complete`; one sentence with the figures.
    #[serde(deserialize_with = "Option::deserialize")]
    pub reason: Option<String>,
    /// Entities read.
    pub count: u64,
    /// Total the platform reported, if it reports one.
    #[serde(deserialize_with = "Option::deserialize")]
    pub reported_total: Option<u64>,
    /// Pages read, counting the last try only.
    pub pages: u64,
    /// Digest of the resource's canonical bytes in the snapshot; null unless `complete`.
    #[serde(deserialize_with = "Option::deserialize")]
    pub sha256: Option<Digest>,
    /// Member path of the response schema that matched; null when none did or none was reached.
    #[serde(deserialize_with = "Option::deserialize")]
    pub schema: Option<String>,
}

/// The approved snapshot that this record was compared with (F-42).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Collection id of the approved snapshot.
    pub collection_id: CollectionId,
    /// Its sequence.
    pub sequence: Sequence,
    /// Its state digest.
    pub state_sha256: Digest,
    /// Sequence of the approval record.
    pub approval_sequence: Sequence,
}

/// One member of the package (F-34).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Member name.
    pub path: String,
    /// Bytes, inflated.
    pub size: u64,
    /// Digest of the inflated bytes.
    pub sha256: Digest,
    /// Bytes as stored in the zip.
    pub stored_size: u64,
    /// Digest of the bytes as stored in the zip.
    pub stored_sha256: Digest,
}

/// The promised cycles (F-60).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Five cron fields, see F-61.
    pub cron: String,
    /// Always `UTC`.
    pub timezone: String,
    /// How long after its slot a cycle may start, in seconds.
    pub tolerance_seconds: u32,
}

/// The upload as the collector logged it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditLogEntry {
    /// `EVIDENCE_UPLOADED`, `APPROVAL_RECORDED`, …
    pub action: String,
    /// Service account or person.
    pub actor: String,
    /// When.
    pub timestamp_utc: UtcTime,
}

/// What a record should have carried and could not (F-129).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Omission {
    /// What is missing.
    pub proof: Proof,
    /// Why, in one sentence; never a credential.
    pub reason: String,
}

/// A proof that a record carries about those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The signed note (F-127).
    Checkpoint,
    /// The commit itself: the record was sealed into a spool and committed later (F-144).
    Store,
    /// The token over it (F-130).
    Timestamp,
}

/// What wrote the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// `collector`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Source revision it was built from, or `unreleased`.
    pub source_revision: String,
    /// Policy engine and its version, e.g. `regorus 0.14.1`.
    pub policy_engine: String,
}

/// The manifest of one record. Field notes: `docs/format.md` section 3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is defined once, in the format's table of manifest fields")]
pub struct Manifest {
    pub manifest_version: String,
    pub kind: Kind,
    pub origin: Origin,
    pub collection_id: CollectionId,
    pub collection_cycle: String,
    pub sequence: Sequence,
    #[serde(deserialize_with = "Option::deserialize")]
    pub chain_id: Option<Digest>,
    pub tenant: Tenant,
    pub payload_path: String,
    pub payload_sha256: Digest,
    #[serde(deserialize_with = "Option::deserialize")]
    pub previous_snapshot_sha256: Option<Digest>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub previous_manifest_sha256: Option<Digest>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub state_sha256: Option<Digest>,
    pub policies_sha256: Digest,
    pub schemas_sha256: Digest,
    pub profile_sha256: Digest,
    pub inputs_sha256: Digest,
    pub resources: BTreeMap<ResourceName, ResourceRecord>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub baseline: Option<Baseline>,
    pub files: Vec<FileEntry>,
    pub schedule: Schedule,
    #[serde(deserialize_with = "Option::deserialize")]
    pub scheduled_utc: Option<UtcTime>,
    pub started_utc: UtcTime,
    pub finished_utc: UtcTime,
    pub sealed_utc: UtcTime,
    #[serde(deserialize_with = "Option::deserialize")]
    pub storage_class: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub object_lock_mode: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub retention_until: Option<UtcTime>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub encryption_key_id: Option<String>,
    pub omissions: Vec<Omission>,
    pub audit_log_entry: AuditLogEntry,
    pub tool: Tool,
}
