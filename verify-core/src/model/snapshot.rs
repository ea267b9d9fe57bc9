//! The payload of a snapshot record, `snapshot.json` (F-40).
//!
//! A snapshot is never held as a document tree: it is written entity by entity and read as byte
//! spans ([`crate::canon`]). Only its metadata is a type.

use serde::{Deserialize, Serialize};

use super::CollectionId;
use crate::time::UtcTime;

/// Top-level keys of a snapshot that are no resources. State is everything else (F-41).
pub const RESERVED_KEYS: [&str; 3] = ["extraction_metadata", "observations", "provenance"];

/// Who read what, when and through which interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtractionMetadata {
    /// When the extraction began.
    pub timestamp_utc: UtcTime,
    /// Short name of the organization.
    pub subdomain: String,
    /// API version of the profile, e.g. `v2`.
    pub api_version: String,
    /// Name of the cycle, e.g. `daily_0800`.
    pub collection_cycle: String,
    /// The identity that read.
    pub service_account_id: String,
    /// Name of this record.
    pub collection_id: CollectionId,
    /// `genesys-cloud`, `nice-cxone` or `reference`.
    pub platform: String,
    /// Region as the platform names it.
    pub region: String,
    /// Organization id as the platform gives it.
    pub organization_id: String,
    /// Profile that was followed.
    pub profile: String,
    /// The slot this cycle answers.
    pub scheduled_utc: UtcTime,
    /// Same moment as the manifest's `started_utc`.
    pub started_utc: UtcTime,
    /// Same moment as the manifest's `finished_utc`.
    pub finished_utc: UtcTime,
    /// Seconds waited for configuration to propagate before reading; inside started and finished.
    pub propagation_wait_seconds: u64,
    /// Key id of redaction digests, or null when the profile redacts nothing by digest.
    #[serde(deserialize_with = "Option::deserialize")]
    pub redaction_key_id: Option<String>,
}
