//! What a policy answers, read strictly.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{PolicyError, PolicyErrorKind};
use crate::canon;
use crate::model::ControlStatus;

/// The answer of one policy: the rule `result` of its package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyOutcome {
    /// `FAIL` if and only if there are violations (F-74).
    pub status: ControlStatus,
    /// Sorted by resource, entity, message; none twice.
    pub violations: Vec<PolicyViolation>,
    /// Why the policy could not say; given if and only if it is not evaluated.
    #[serde(deserialize_with = "present")]
    pub reason: Option<String>,
}

/// One entity that violates a control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyViolation {
    /// Resource of the entity.
    pub resource: String,
    /// Key of the entity.
    pub entity: String,
    /// One sentence for people.
    pub message: String,
    /// Facts behind the sentence.
    pub details: Map<String, Value>,
}

/// A null may be given, the member may not be left out.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

impl PolicyOutcome {
    /// An outcome without violations because something is missing.
    pub(super) fn not_evaluated(reason: impl Into<String>) -> Self {
        Self { status: ControlStatus::NotEvaluated, violations: Vec::new(), reason: Some(reason.into()) }
    }

    /// Reads the result document of `policy`; everything that is not exactly agreed is an error.
    pub(super) fn read(policy: &str, text: &str) -> Result<Self, PolicyError> {
        let refused = |message: String| PolicyError::new(PolicyErrorKind::Result, policy, message);
        let mut outcome: Self = serde_json::from_str(text).map_err(|error| refused(error.to_string()))?;
        let violated = !outcome.violations.is_empty();
        let consistent = match outcome.status {
            ControlStatus::Pass => !violated && outcome.reason.is_none(),
            ControlStatus::Fail => violated && outcome.reason.is_none(),
            ControlStatus::NotEvaluated => {
                !violated && outcome.reason.as_ref().is_some_and(|reason| !reason.is_empty())
            }
        };
        if !consistent {
            return Err(refused(format!(
                "status {} contradicts {} violations and {}",
                outcome.status.as_str(),
                outcome.violations.len(),
                if outcome.reason.is_some() { "a reason" } else { "no reason" }
            )));
        }
        // It becomes part of canonical documents; what cannot be written exactly is refused here.
        canon::to_vec_of(&outcome).map_err(|error| refused(error.to_string()))?;
        outcome.violations.sort_by(|a, b| order(a).cmp(&order(b)));
        outcome.violations.dedup();
        Ok(outcome)
    }
}

/// Details last: two findings about one entity with one sentence still have one order.
fn order(violation: &PolicyViolation) -> (&str, &str, &str, String) {
    (
        &violation.resource,
        &violation.entity,
        &violation.message,
        Value::Object(violation.details.clone()).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<PolicyOutcome, PolicyErrorKind> {
        PolicyOutcome::read("p", text).map_err(|error| error.kind)
    }

    #[test]
    fn only_consistent_results_are_read() {
        let violation = r#"{"resource":"users","entity":"u1","message":"m","details":{}}"#;
        for good in [
            r#"{"status":"PASS","violations":[],"reason":null}"#.to_owned(),
            format!(r#"{{"status":"FAIL","violations":[{violation}],"reason":null}}"#),
            r#"{"status":"NOT_EVALUATED","violations":[],"reason":"why"}"#.to_owned(),
        ] {
            assert!(read(&good).is_ok(), "{good}");
        }
        for bad in [
            r#"{"status":"PASS","violations":[]}"#.to_owned(),
            r#"{"status":"pass","violations":[],"reason":null}"#.to_owned(),
            r#"{"status":"PASS","violations":{},"reason":null}"#.to_owned(),
            r#"{"status":"PASS","violations":[],"reason":"why"}"#.to_owned(),
            r#"{"status":"FAIL","violations":[],"reason":null}"#.to_owned(),
            r#"{"status":"NOT_EVALUATED","violations":[],"reason":null}"#.to_owned(),
            r#"{"status":"NOT_EVALUATED","violations":[],"reason":""}"#.to_owned(),
            format!(r#"{{"status":"PASS","violations":[{violation}],"reason":null}}"#),
            r#"{"status":"PASS","violations":[],"reason":null,"note":1}"#.to_owned(),
            r#"{"status":"FAIL","violations":[{"resource":"users","entity":7,"message":"m","details":{}}],"reason":null}"#.to_owned(),
            r#"{"status":"FAIL","violations":[{"resource":"users","entity":"u","message":"m","details":{"n":9007199254740993}}],"reason":null}"#.to_owned(),
            "true".to_owned(),
        ] {
            assert_eq!(read(&bad), Err(PolicyErrorKind::Result), "{bad}");
        }
    }
}
