//! `transcript.jsonl`: one canonical line per HTTP exchange (F-55). Never a credential.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// One HTTP exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// Resource it served; `sign_in` for the token.
    pub resource: String,
    /// Key of the parent entity a nested read was made for, else null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub parent: Option<String>,
    /// Page, from 1, of the list: of the resource, or in a nested read of the resource for one parent.
    pub page: u64,
    /// Reading round of that list, from 1: a list that contradicts itself is read again from its start.
    pub round: u64,
    /// Attempt at this page, from 1.
    pub attempt: u64,
    /// HTTP method.
    pub method: String,
    /// Path and query; no scheme, host or port.
    pub target: String,
    /// Status, or null when no response came.
    #[serde(deserialize_with = "Option::deserialize")]
    pub status: Option<u16>,
    /// Why no usable response came, else null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub error: Option<String>,
    /// When the request was sent, RFC 3339 UTC with milliseconds.
    pub started_utc: String,
    /// Milliseconds until the body ended.
    pub duration_ms: u64,
    /// Body bytes received.
    pub bytes: u64,
    /// Digest of the body as received: a statement, the body itself is not always kept.
    #[serde(deserialize_with = "Option::deserialize")]
    pub received_sha256: Option<Digest>,
    /// Digest of the body as kept in `raw/`, when it is kept.
    #[serde(deserialize_with = "Option::deserialize")]
    pub kept_sha256: Option<Digest>,
    /// Member path of the kept body, when it is kept.
    #[serde(deserialize_with = "Option::deserialize")]
    pub kept_as: Option<String>,
    /// Entities on this page.
    #[serde(deserialize_with = "Option::deserialize")]
    pub entities: Option<u64>,
    /// Total this page reported.
    #[serde(deserialize_with = "Option::deserialize")]
    pub reported_total: Option<u64>,
    /// The platform's correlation id.
    #[serde(deserialize_with = "Option::deserialize")]
    pub correlation_id: Option<String>,
    /// `retry-after` and the rate-limit headers that were present, lower-case names.
    pub rate_limit: BTreeMap<String, String>,
}
