//! Answers that are known already. A policy is a pure function of digests, so equal digests may be
//! answered from memory (F-73).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::outcome::PolicyOutcome;
use crate::digest::Digest;

/// Answers kept at most. More are simply computed again.
const ENTRIES: usize = 4_096;
/// Violations kept at most over all answers, which bounds the memory.
const VIOLATIONS: usize = 1_000_000;

/// Outcomes by the digest of everything the policy could see. Shared between threads.
#[derive(Debug, Default)]
pub struct Memo {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    outcomes: BTreeMap<Digest, Arc<PolicyOutcome>>,
    violations: usize,
}

impl Memo {
    /// A memo that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of answers known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).outcomes.len()
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn get(&self, key: Digest) -> Option<Arc<PolicyOutcome>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).outcomes.get(&key).cloned()
    }

    pub(super) fn put(&self, key: Digest, outcome: &Arc<PolicyOutcome>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let violations = known.violations.saturating_add(outcome.violations.len());
        if known.outcomes.len() < ENTRIES && violations <= VIOLATIONS {
            known.violations = violations;
            known.outcomes.insert(key, Arc::clone(outcome));
        }
    }
}
