//! The judgement over one state: every control, in the order of `controls.json`.
//!
//! Collector and verifier call the same function on the same material, so what was recorded and what
//! is replayed can only differ where something was changed.

use std::sync::Arc;

use serde_json::Value;

use super::outcome::PolicyOutcome;
use super::projection::{self, CycleFacts, Material};
use super::{Evaluator, Memo, PolicyError, PolicyFiles};
use crate::model::{Control, ControlResult, ControlStatus, Exception, Sequence, Violation};

/// What is judged.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// Platform word of the profile.
    pub platform: &'a str,
    /// Access to states and registers.
    pub material: &'a dyn Material,
    /// Facts of the cycle; its slot also decides which exceptions hold (F-75).
    pub cycle: &'a CycleFacts,
    /// Exceptions of earlier records, with their sequence. Those that do not hold at the slot are
    /// left aside here.
    pub exceptions: &'a [(Sequence, Exception)],
}

impl std::fmt::Debug for Case<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case")
            .field("platform", &self.platform)
            .field("cycle", &self.cycle)
            .finish_non_exhaustive()
    }
}

/// What `validation.json` says about controls, and what went wrong while finding out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// One result per control, in the order of `controls.json`.
    pub controls: Vec<ControlResult>,
    /// Every violation, sorted by control, resource, entity, message (F-74).
    pub violations: Vec<Violation>,
    /// Policies that could not be evaluated, by control id. Their controls are `NOT_EVALUATED`.
    pub errors: Vec<(String, PolicyError)>,
}

/// Judges every control. Never fails as a whole: a control that cannot be judged says why.
pub fn judge(
    policies: &PolicyFiles,
    case: Case<'_>,
    evaluator: &mut dyn Evaluator,
    memo: &Memo,
) -> Judgement {
    let mut judgement = Judgement { controls: Vec::new(), violations: Vec::new(), errors: Vec::new() };
    for control in policies.controls() {
        let outcome = outcome_of(policies, control, case, evaluator, memo).unwrap_or_else(|error| {
            let reason = error.kind.in_words();
            judgement.errors.push((control.control_id.clone(), error));
            Arc::new(PolicyOutcome::not_evaluated(reason))
        });
        let violations = outcome.violations.iter().map(|violation| Violation {
            control_id: control.control_id.clone(),
            policy: control.policy.clone(),
            resource: violation.resource.clone(),
            entity: violation.entity.clone(),
            message: violation.message.clone(),
            details: Value::Object(violation.details.clone()),
            exception_sequence: exception_for(case, control, &violation.resource, &violation.entity),
        });
        let before = judgement.violations.len();
        judgement.violations.extend(violations);
        let excepted =
            judgement.violations.iter().skip(before).all(|violation| violation.exception_sequence.is_some());
        judgement.controls.push(ControlResult {
            control_id: control.control_id.clone(),
            description: control.description.clone(),
            status: outcome.status,
            status_with_exceptions: match outcome.status {
                ControlStatus::Fail if excepted => ControlStatus::Pass,
                status => status,
            },
            evidence_reference: control.evidence_reference.clone(),
            policy: control.policy.clone(),
            criteria: control.criteria.clone(),
            reason: outcome.reason.clone(),
        });
    }
    // Stable, so that equal keys keep the order by details in which each policy's outcome came.
    judgement.violations.sort_by(|a, b| {
        (&a.control_id, &a.resource, &a.entity, &a.message).cmp(&(
            &b.control_id,
            &b.resource,
            &b.entity,
            &b.message,
        ))
    });
    judgement
}

fn outcome_of(
    policies: &PolicyFiles,
    control: &Control,
    case: Case<'_>,
    evaluator: &mut dyn Evaluator,
    memo: &Memo,
) -> Result<Arc<PolicyOutcome>, PolicyError> {
    let Case { platform, material, cycle, .. } = case;
    let Some(reads) = control.reads.get(platform) else {
        return Ok(Arc::new(PolicyOutcome::not_evaluated(format!(
            "the policy does not know the platform {platform}"
        ))));
    };
    if let Some(reason) = projection::missing(reads, material) {
        return Ok(Arc::new(PolicyOutcome::not_evaluated(reason)));
    }
    let key = projection::key(policies, control, reads, platform, cycle, material);
    if let Some(known) = memo.get(key) {
        return Ok(known);
    }
    let input = projection::document(control, reads, platform, cycle, material)?;
    let outcome = Arc::new(evaluator.evaluate(policies, control, &input)?);
    memo.put(key, &outcome);
    Ok(outcome)
}

/// The newest exception that covers the entity at the slot's time.
fn exception_for(case: Case<'_>, control: &Control, resource: &str, entity: &str) -> Option<Sequence> {
    let slot = case.cycle.scheduled_utc;
    case.exceptions
        .iter()
        .filter(|(_, exception)| {
            exception.control_id == control.control_id
                && exception.resource == resource
                && exception.entity == entity
                && exception.valid_from_utc <= slot
                && slot < exception.expires_utc
        })
        .map(|(sequence, _)| *sequence)
        .max()
}
