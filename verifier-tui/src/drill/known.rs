//! Policy results that are known already. A result is a pure function of policies and input (F-73), so fifty
//! verifications of nearly the same evidence need not ask a child process fifty times.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use verify_core::digest::Digest;
use verify_core::model::Control;
use verify_core::policy::{Evaluator, PolicyError, PolicyFiles, PolicyOutcome};
use verify_core::verify::Evaluators;

/// Results kept at most; more are asked for again.
const MOST: usize = 4_096;

type Outcomes = Arc<Mutex<BTreeMap<Digest, PolicyOutcome>>>;

/// Evaluators that remember what others of their kind were told.
pub struct Remembering<'a> {
    inner: &'a dyn Evaluators,
    known: Outcomes,
}

impl<'a> Remembering<'a> {
    /// Asks `inner` what is not known yet.
    #[must_use]
    pub fn new(inner: &'a dyn Evaluators) -> Self {
        Self { inner, known: Outcomes::default() }
    }
}

impl Evaluators for Remembering<'_> {
    fn make(&self) -> Box<dyn Evaluator + Send> {
        Box::new(One { inner: self.inner.make(), known: Arc::clone(&self.known) })
    }
}

struct One {
    inner: Box<dyn Evaluator + Send>,
    known: Outcomes,
}

impl Evaluator for One {
    fn evaluate(
        &mut self,
        policies: &PolicyFiles,
        control: &Control,
        input_json: &[u8],
    ) -> Result<PolicyOutcome, PolicyError> {
        let key = [policies.digest(), Digest::of(control.policy.as_bytes()), Digest::of(input_json)];
        let key = Digest::of(key.map(|digest| *digest.as_bytes()).as_flattened());
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outcome) = known().get(&key) {
            return Ok(outcome.clone());
        }
        let outcome = self.inner.evaluate(policies, control, input_json)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST {
            known.insert(key, outcome.clone());
        }
        Ok(outcome)
    }
}
