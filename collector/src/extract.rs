//! Reading a tenant: every resource completely, or with the reason why not.
//!
//! The one thing that must never come out of here is a short list that looks whole. So a resource is
//! `complete` only if its list was read to its end, no key occurs twice, no page was repeated, page
//! count and total stood still, and the entities add up to the total (F-51). A failure is never an
//! empty list; an empty list is complete only if an answer of the right shape holds an empty one.
//!
//! Everything handed on is plain data. Pages are normalized as they come and not kept, except where
//! the profile says so.

use std::collections::BTreeMap;

use jiff::Timestamp;
use verify_core::digest::Digest;
use verify_core::model::{
    Exchange, Failure, Outcome, Quarantined, ResourceName, ResourceRecord, SchemaResult,
};
use verify_core::normalize::NormalResource;

mod cycle;
mod judge;
mod keep;
mod list;
mod organization;
mod resource;
mod schemas;
mod shortfall;

pub use cycle::{ORGANIZATION, Plan, extract_all};
pub use list::MOST_ROUNDS;
pub use schemas::{ResponseSchemas, SchemasError};

/// What came of one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// How the reading ended.
    pub outcome: Outcome,
    /// Why it is not complete, with the figures; `None` if and only if it is.
    pub reason: Option<String>,
    /// Short stable word for the reason, e.g. `http_503`, `short_list`; `None` if complete.
    pub code: Option<String>,
    /// Entities read, of every list in its last round.
    pub count: u64,
    /// Total the platform reported; of a nested read the sum, if every list reported one.
    pub reported_total: Option<u64>,
    /// Pages read, of every list in its last round.
    pub pages: u64,
    /// Rounds made, of a nested read the most that one list took: more than one if figures moved.
    pub rounds: u64,
    /// The entities as they stand in the snapshot, with their digest and provenance; only if complete.
    pub normal: Option<NormalResource>,
    /// Bodies to be kept, in the order read.
    pub raw: Vec<RawBody>,
    /// What the response schemas said; its `schema` is the one that matched.
    pub schema: SchemaResult,
    /// The body that broke its schemas.
    pub quarantined: Option<Quarantined>,
    /// How many values each redaction pattern replaced or dropped.
    pub redacted: BTreeMap<String, u64>,
}

impl Reading {
    /// The resource's entry in the manifest (F-50).
    #[must_use]
    pub fn record(&self) -> ResourceRecord {
        ResourceRecord {
            outcome: self.outcome,
            reason: self.reason.clone(),
            count: self.count,
            reported_total: self.reported_total,
            pages: self.pages,
            sha256: self.normal.as_ref().map(|normal| normal.digest),
            schema: self.schema.schema.clone(),
        }
    }
}

/// A response body as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawBody {
    /// Member path, `raw/<resource>/<4 digits>.json`.
    pub member: String,
    /// The body: as received, redactions aside (F-53).
    pub bytes: Vec<u8>,
    /// Digest of `bytes`.
    pub kept_sha256: Digest,
}

/// Which organization answered, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationFacts {
    /// Organization id.
    pub id: String,
    /// Short name.
    pub subdomain: String,
}

/// One cycle's reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Extraction {
    /// When the first request was sent.
    pub started: Timestamp,
    /// When the last answer was in.
    pub finished: Timestamp,
    /// The organization, proven to be the configured one.
    pub organization: OrganizationFacts,
    /// One reading per resource of the profile.
    pub readings: BTreeMap<ResourceName, Reading>,
    /// Every exchange, in the order sent: the lines of `transcript.jsonl`.
    pub exchanges: Vec<Exchange>,
}

/// A cycle that brought nothing: what its failure record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedExtraction {
    /// When the first request was sent.
    pub started: Timestamp,
    /// When the last answer was in.
    pub finished: Timestamp,
    /// Stage, code, sentence and number of requests.
    pub failure: Failure,
    /// Every exchange, in the order sent.
    pub exchanges: Vec<Exchange>,
}
