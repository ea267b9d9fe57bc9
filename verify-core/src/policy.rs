//! Policies: which rules hold over the state, and how a control ends (F-70 ff.).
//!
//! The collector judges with this module and the verifier judges again with it. A policy is a pure
//! function of the policy files and of the projection of the state that its control declares to
//! read. Everything that could make two runs differ is refused by name before anything is
//! evaluated, and what a policy answers is read strictly: an undefined or ill-shaped answer is an
//! error, never a pass.
//!
//! Policies that come out of evidence are hostile input, and the engine can be driven into an abort
//! or out of memory. Whoever evaluates such policies does it in a child process with limits
//! ([`child`]); [`InProcess`] is for policies of one's own.

mod builtins;
pub mod child;
mod engine;
mod evaluator;
mod files;
mod judge;
mod memo;
mod outcome;
mod projection;
mod recursion;
mod scan;
mod spent;
mod syntax;
mod test_run;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::finding::Code;

pub use builtins::{ALLOWED, NOT_DETERMINISTIC, UNBOUNDED};
pub use engine::PolicySet;
pub use evaluator::{Evaluator, InProcess};
pub use files::{POLICIES_FOLDER, PolicyFiles};
pub use judge::{Case, Judgement, judge};
pub use memo::Memo;
pub use outcome::{PolicyOutcome, PolicyViolation};
pub use projection::{CycleFacts, Material, Part};
pub use spent::{SPENT_REASON, Spent};
pub use test_run::{PolicyTest, run_tests};

/// What is wrong with a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyErrorKind {
    /// A policy file or `controls.json` cannot be read.
    Parse,
    /// A policy names a function whose result is not a function of its arguments.
    NotDeterministic,
    /// A policy exceeds a limit, or the process that evaluated it died.
    Limits,
    /// A policy gave no result, or one of another shape than agreed.
    Result,
    /// The input of a policy is no JSON document, or not the one that was announced.
    Input,
    /// Not tried: policies of this set exceeded their limits before.
    Spent,
}

impl PolicyErrorKind {
    /// The kind in plain words, as it stands in a control's reason.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Parse => "the policy cannot be read",
            Self::NotDeterministic => "the policy uses a function that is not deterministic",
            Self::Limits => "the policy exceeds its limits",
            Self::Result => "the policy gives no usable result",
            Self::Input => "the input of the policy cannot be read",
            Self::Spent => "the policy was not tried, because its set exceeded the limits before",
        }
    }
}

/// Why a policy could not be loaded or evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(deny_unknown_fields)]
#[error("{place}: {message}")]
pub struct PolicyError {
    /// What kind of error it is.
    pub kind: PolicyErrorKind,
    /// File below `policies/`, or name of the policy. Untrusted text.
    pub place: String,
    /// What is wrong, expected and found. Untrusted text.
    pub message: String,
}

impl PolicyError {
    pub(crate) fn new(kind: PolicyErrorKind, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, place: place.into(), message: message.into() }
    }

    /// The finding code the verifier reports this error under.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self.kind {
            PolicyErrorKind::Parse | PolicyErrorKind::Result | PolicyErrorKind::Input => Code::PolicyParse,
            PolicyErrorKind::NotDeterministic => Code::PolicyBuiltin,
            PolicyErrorKind::Limits | PolicyErrorKind::Spent => Code::PolicyLimits,
        }
    }
}
