//! Payloads of the smaller records: failure, exception, explanation, key change (F-95 ff., F-128).

use serde::{Deserialize, Serialize};

use super::{ExtractionMetadata, Sequence};
use crate::time::UtcTime;

/// Where a cycle failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureStage {
    /// No token could be had.
    SignIn,
    /// No resource could be read.
    Extract,
}

/// `failure.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailureDocument {
    /// As in a snapshot, for the cycle that failed.
    pub extraction_metadata: ExtractionMetadata,
    /// What went wrong.
    pub failure: Failure,
}

/// Why a cycle could not be collected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Where it failed.
    pub stage: FailureStage,
    /// Short stable word, e.g. `http_503`, `connection`, `sign_in_refused`.
    pub code: String,
    /// One sentence with the figures; never a credential.
    pub message: String,
    /// Requests made.
    pub attempts: u64,
}

/// `exception.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExceptionDocument {
    /// The exception.
    pub exception: Exception,
}

/// A violation accepted for a time. Judged at the cycle's scheduled time (F-97).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Control it is about.
    pub control_id: String,
    /// Resource of the entity.
    pub resource: String,
    /// Entity key it covers.
    pub entity: String,
    /// Who carries the risk.
    pub owner: String,
    /// Who approved it.
    pub approved_by: String,
    /// Change ticket.
    pub ticket: String,
    /// Why.
    pub reason: String,
    /// First moment it covers.
    pub valid_from_utc: UtcTime,
    /// First moment it no longer covers.
    pub expires_utc: UtcTime,
}

/// `explanation.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplanationDocument {
    /// The explanation.
    pub explanation: Explanation,
}

/// Why a slot has no record, said afterwards (F-98).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// The slot.
    pub scheduled_utc: UtcTime,
    /// Who explains.
    pub explained_by: String,
    /// Ticket.
    pub ticket: String,
    /// Why it is missing.
    pub reason: String,
    /// Newest record when the explanation was written.
    pub written_after: Sequence,
}

/// `key_change.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyChangeDocument {
    /// The change.
    pub key_change: KeyChange,
}

/// The log's key changes with this record (F-128).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyChange {
    /// Verifier key in force before; null only where none was.
    #[serde(deserialize_with = "Option::deserialize")]
    pub old_key: Option<String>,
    /// Verifier key in force from this record on.
    pub new_key: String,
    /// Sequence of this record.
    pub first_sequence: Sequence,
    /// Whether the old key is lost or stolen and cannot sign the change.
    pub emergency: bool,
    /// Who approved it.
    pub approved_by: String,
    /// Change ticket.
    pub ticket: String,
    /// Why.
    pub reason: String,
    /// When.
    pub approved_utc: UtcTime,
}
