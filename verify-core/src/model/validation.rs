//! `validation.json`: what the rules said about the state (F-70 ff.).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ResourceName, Sequence};
use crate::time::UtcTime;

/// How a control ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ControlStatus {
    /// The policy found nothing against the control.
    Pass,
    /// The policy names violating entities.
    Fail,
    /// Input was missing, or the policy could not say.
    NotEvaluated,
}

impl ControlStatus {
    /// The status as written in the document.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::NotEvaluated => "NOT_EVALUATED",
        }
    }
}

/// One entity that violates one control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    /// Control the entity violates.
    pub control_id: String,
    /// Policy that found it.
    pub policy: String,
    /// Resource of the entity.
    pub resource: String,
    /// Key of the entity.
    pub entity: String,
    /// One sentence for people.
    pub message: String,
    /// Facts behind the sentence, as the policy gives them.
    pub details: Value,
    /// Sequence of the exception record that covers it at the cycle's time, or null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub exception_sequence: Option<Sequence>,
}

/// Result of one control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlResult {
    /// Control id, e.g. `CC6.1`.
    pub control_id: String,
    /// What the control asks.
    pub description: String,
    /// How it ended, exceptions left aside.
    pub status: ControlStatus,
    /// How it ended with valid exceptions taken into account.
    pub status_with_exceptions: ControlStatus,
    /// Where in the state to look.
    pub evidence_reference: String,
    /// Policy name.
    pub policy: String,
    /// Criteria the policy really supports, primary first.
    pub criteria: Vec<String>,
    /// Why it was not evaluated, else null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub reason: Option<String>,
}

/// A body that broke its schema (F-52).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quarantined {
    /// Resource it belongs to.
    pub resource: ResourceName,
    /// Member path of the kept body.
    pub member: String,
    /// Schemas tried, as member paths.
    pub schemas: Vec<String>,
    /// Errors of the newest schema: instance path, schema path, message.
    pub errors: Vec<SchemaNotice>,
}

/// One statement of a schema about one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaNotice {
    /// JSON pointer into the body.
    pub instance_path: String,
    /// JSON pointer into the schema.
    pub schema_path: String,
    /// What is wrong or new there.
    pub message: String,
}

/// Schema result of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaResult {
    /// Member path of the response schema that matched, or null.
    #[serde(deserialize_with = "Option::deserialize")]
    pub schema: Option<String>,
    /// Pages or entities judged.
    pub validated: u64,
    /// Fields the schema does not know: news, not errors. Sorted, at most 100, each place once.
    pub notices: Vec<SchemaNotice>,
}

/// The body of `validation.json`. The first six fields are the source guide's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidationResults {
    /// When the validation ended.
    pub timestamp_utc: UtcTime,
    /// `sha256:` and the baseline's state digest, or null before the first approval.
    #[serde(deserialize_with = "Option::deserialize")]
    pub baseline_hash: Option<String>,
    /// `sha256:` and this state's digest.
    pub current_hash: String,
    /// Whether any evaluated resource differs from the baseline; null when there is no baseline.
    #[serde(deserialize_with = "Option::deserialize")]
    pub drift_detected: Option<bool>,
    /// Every violation, sorted by control, resource, entity, message.
    pub policy_violations: Vec<Violation>,
    /// One result per control, in the order of `controls.json`.
    pub controls_validated: Vec<ControlResult>,
    /// Schema results by resource.
    pub schema_validation: BTreeMap<ResourceName, SchemaResult>,
    /// Bodies in quarantine.
    pub quarantine: Vec<Quarantined>,
}

/// `validation.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidationDocument {
    /// The results.
    pub validation_results: ValidationResults,
}
