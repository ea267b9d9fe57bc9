//! Where policies are evaluated: in this process, or behind a boundary that can be killed.

use super::outcome::PolicyOutcome;
use super::{PolicyError, PolicyFiles, PolicySet};
use crate::digest::Digest;
use crate::model::Control;

/// Evaluates one policy on one input.
pub trait Evaluator {
    /// Evaluates the policy of `control`, one of `policies`, on a JSON document.
    ///
    /// # Errors
    /// As [`PolicySet::load`] and [`PolicySet::evaluate`]; `Limits` when the evaluating process died.
    fn evaluate(
        &mut self,
        policies: &PolicyFiles,
        control: &Control,
        input_json: &[u8],
    ) -> Result<PolicyOutcome, PolicyError>;
}

/// Evaluates in this process. Only for policies of one's own: a hostile one can end the process.
#[derive(Debug, Default)]
pub struct InProcess {
    loaded: Option<(Digest, Result<PolicySet, PolicyError>)>,
}

impl InProcess {
    /// An evaluator that has loaded nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Evaluator for InProcess {
    fn evaluate(
        &mut self,
        policies: &PolicyFiles,
        control: &Control,
        input_json: &[u8],
    ) -> Result<PolicyOutcome, PolicyError> {
        let digest = policies.digest();
        let loaded = match self.loaded.take() {
            Some((known, set)) if known == digest => set,
            _ => PolicySet::load(policies),
        };
        let (_, set) = self.loaded.insert((digest, loaded));
        match set {
            Ok(set) => set.evaluate(control, input_json),
            Err(error) => Err(error.clone()),
        }
    }
}
