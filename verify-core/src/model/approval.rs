//! Genesis and approvals: who allowed which rules and which baseline (F-90 ff.).

use serde::{Deserialize, Serialize};

use super::{CollectionId, Origin, Schedule, Sequence, Tenant};
use crate::digest::Digest;
use crate::time::UtcTime;

/// What an approval is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A snapshot's state becomes the baseline.
    Baseline,
    /// Policies, their data and mapping.
    Policies,
    /// Response and state schemas.
    Schemas,
    /// Schedule of the cycles.
    Schedule,
    /// Platform profile.
    Profile,
}

impl Subject {
    /// The subject as written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Policies => "policies",
            Self::Schemas => "schemas",
            Self::Schedule => "schedule",
            Self::Profile => "profile",
        }
    }
}

/// The rules in force, each by its digest (F-36).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleDigests {
    /// As the manifest's `policies_sha256`.
    pub policies_sha256: Digest,
    /// As the manifest's `schemas_sha256`.
    pub schemas_sha256: Digest,
    /// As the manifest's `profile_sha256`.
    pub profile_sha256: Digest,
    /// SHA-256 of the canonical `schedule` object.
    pub schedule_sha256: Digest,
}

impl RuleDigests {
    /// The digest of one rule; `None` for the baseline, which is no rule.
    pub const fn of_mut(&mut self, subject: Subject) -> Option<&mut Digest> {
        match subject {
            Subject::Policies => Some(&mut self.policies_sha256),
            Subject::Schemas => Some(&mut self.schemas_sha256),
            Subject::Profile => Some(&mut self.profile_sha256),
            Subject::Schedule => Some(&mut self.schedule_sha256),
            Subject::Baseline => None,
        }
    }
}

/// `genesis.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisDocument {
    /// The first record.
    pub genesis: Genesis,
}

/// The start of a chain: whose it is, and which rules were approved first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// Same as the manifest's.
    pub origin: Origin,
    /// Same as the manifest's.
    pub tenant: Tenant,
    /// Verifier key of the log (F-123, F-125); null while checkpoints are not signed.
    #[serde(deserialize_with = "Option::deserialize")]
    pub log_key: Option<String>,
    /// Who approved the first rules.
    pub approved_by: String,
    /// Change ticket of the approval.
    pub ticket: String,
    /// Why.
    pub reason: String,
    /// When.
    pub approved_utc: UtcTime,
    /// Digests of the first rules.
    pub rules: RuleDigests,
    /// The first schedule.
    pub schedule: Schedule,
}

/// `approval.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalDocument {
    /// The approval.
    pub approval: Approval,
}

/// One approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// What is approved.
    pub subject: Subject,
    /// Who approved it.
    pub approved_by: String,
    /// Change ticket.
    pub ticket: String,
    /// Why.
    pub reason: String,
    /// When.
    pub approved_utc: UtcTime,
    /// Digest in force before: state digest for a baseline (null for the first), rule digest else.
    #[serde(deserialize_with = "Option::deserialize")]
    pub before_sha256: Option<Digest>,
    /// Digest in force from this record on.
    pub after_sha256: Digest,
    /// The snapshot that becomes the baseline; null for every other subject.
    #[serde(deserialize_with = "Option::deserialize")]
    pub baseline: Option<ApprovedBaseline>,
}

/// The snapshot that an approval makes the baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovedBaseline {
    /// Its collection id.
    pub collection_id: CollectionId,
    /// Its sequence; always earlier in this chain.
    pub sequence: Sequence,
    /// Its state digest, equal to the approval's `after_sha256`.
    pub state_sha256: Digest,
}
