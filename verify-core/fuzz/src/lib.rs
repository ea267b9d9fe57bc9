//! What the targets share: limits that keep one input cheap, and an evaluator that runs no policy.

use verify_core::limits::Limits;
use verify_core::model::Control;
use verify_core::policy::{Evaluator, PolicyError, PolicyErrorKind, PolicyFiles, PolicyOutcome};
use verify_core::verify::Evaluators;

/// Small limits: what is found under them is no matter of size.
#[must_use]
pub fn limits() -> Limits {
    Limits {
        package_bytes: 1 << 20,
        members: 64,
        member_bytes: 1 << 20,
        total_bytes: 4 << 20,
        json_values: 50_000,
        snapshot_values: 100_000,
        manifest_bytes: 1 << 18,
        schema_bytes: 1 << 16,
        states_bytes: 4 << 20,
        files: 100,
        cycles: 10_000,
        ..Limits::default()
    }
}

/// Policies out of evidence run in a child process, which is tested on its own. Here they answer nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoPolicies;

impl Evaluators for NoPolicies {
    fn make(&self) -> Box<dyn Evaluator + Send> {
        Box::new(Self)
    }
}

impl Evaluator for NoPolicies {
    fn evaluate(&mut self, _: &PolicyFiles, _: &Control, _: &[u8]) -> Result<PolicyOutcome, PolicyError> {
        Err(PolicyError { kind: PolicyErrorKind::Result, place: "fuzz".to_owned(), message: String::new() })
    }
}
