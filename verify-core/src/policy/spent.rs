//! Policies that exceeded their limits are not tried again, or a chain of a thousand days would take a
//! thousand times as long as one day.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::outcome::PolicyOutcome;
use super::{Evaluator, PolicyError, PolicyErrorKind, PolicyFiles};
use crate::digest::Digest;
use crate::model::Control;

/// Sets of policies that may exceed their limits; after so many, no set that was not seen before is tried.
const MOST_SETS: usize = 2;

/// Why a result is not evaluated after that.
pub const SPENT_REASON: &str = "policies exceeded their limits before, so these were not tried";

/// The sets of policies that exceeded their limits in this verification. Shared between threads.
#[derive(Debug, Default)]
pub struct Spent {
    sets: Mutex<BTreeSet<Digest>>,
}

impl Spent {
    /// The same evaluator, which remembers here what exceeded its limits and then refuses it.
    pub fn watch<'a>(&'a self, inner: &'a mut dyn Evaluator) -> impl Evaluator + 'a {
        Watching { inner, spent: self }
    }

    fn is_spent(&self, set: Digest) -> bool {
        let sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        sets.contains(&set) || sets.len() >= MOST_SETS
    }

    fn add(&self, set: Digest) {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner).insert(set);
    }
}

struct Watching<'a> {
    inner: &'a mut dyn Evaluator,
    spent: &'a Spent,
}

impl Evaluator for Watching<'_> {
    fn evaluate(
        &mut self,
        policies: &PolicyFiles,
        control: &Control,
        input_json: &[u8],
    ) -> Result<PolicyOutcome, PolicyError> {
        if self.spent.is_spent(policies.digest()) {
            return Err(PolicyError::new(PolicyErrorKind::Spent, control.policy.as_str(), SPENT_REASON));
        }
        let result = self.inner.evaluate(policies, control, input_json);
        if result.as_ref().is_err_and(|error| error.kind == PolicyErrorKind::Limits) {
            self.spent.add(policies.digest());
        }
        result
    }
}
