//! Why a read gave no answer: what the resource's outcome and a failure record are made of.

use std::fmt;

use serde_json::Value;

use super::{AddressError, Broken, BudgetSpent};
use crate::secret::wiped;

/// A read that gave no usable answer, after every permitted repetition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadFault {
    /// The platform answered with something other than success.
    #[error("{refusal} after {attempts} {}", plural(*.attempts))]
    Refused {
        /// What it answered last.
        refusal: Refusal,
        /// Attempts made.
        attempts: u32,
    },
    /// No whole answer came.
    #[error("{broken} after {attempts} {}", plural(*.attempts))]
    Broken {
        /// Why, at the last attempt.
        broken: Broken,
        /// Attempts made.
        attempts: u32,
    },
    /// The platform asks for a longer wait than is followed.
    #[error("the platform asks for a wait of {asked} s, more than the {followed} s that are followed")]
    LongWait {
        /// Seconds asked for.
        asked: u64,
        /// Longest wait that is followed, in seconds.
        followed: u64,
    },
    /// The cycle's waiting is spent.
    #[error(transparent)]
    Budget(#[from] BudgetSpent),
    /// No token could be had.
    #[error("sign-in failed: {0}")]
    SignIn(Box<SignInFault>),
    /// The request cannot be expressed.
    #[error(transparent)]
    Address(#[from] AddressError),
}

/// Why no token could be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInFault {
    /// The token endpoint did not answer usefully.
    #[error(transparent)]
    Endpoint(ReadFault),
    /// There is no secret to ask with; why.
    #[error("the client secret is not to be had: {0}")]
    Secret(String),
    /// It answered with success, but not with a token.
    #[error("the answer of the token endpoint is not a token: {0}")]
    Answer(&'static str),
}

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The platform's own short word, if it gave one of harmless form.
    pub word: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        match &self.word {
            Some(word) => write!(f, " ({word})"),
            None => Ok(()),
        }
    }
}

impl Refusal {
    /// Reads the word out of an error body: `code` as Genesys Cloud gives it, `error` as RFC 6749 does.
    pub(super) fn new(status: u16, body: &[u8]) -> Self {
        let answer = wiped::Json::read(body);
        let word = answer.as_ref().and_then(|answer| {
            let text = answer.get("code").or_else(|| answer.get("error")).and_then(Value::as_str)?;
            // Everything else in an error body is free text and may repeat what must not be written.
            let harmless = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_');
            (!text.is_empty() && text.len() <= 64 && text.chars().all(harmless)).then(|| text.to_owned())
        });
        Self { status, word }
    }
}

impl ReadFault {
    /// The status the platform refused with.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// Short stable word for failure records, e.g. `http_503`, `connection`, `wait_budget`.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Refused { refusal, .. } => format!("http_{}", refusal.status),
            Self::Broken { broken, .. } => broken.code().to_owned(),
            Self::LongWait { .. } => "long_wait".to_owned(),
            Self::Budget(_) => "wait_budget".to_owned(),
            Self::SignIn(fault) => fault.code(),
            Self::Address(_) => "address".to_owned(),
        }
    }
}

impl SignInFault {
    /// Short stable word for failure records.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Endpoint(fault) => match fault.refusal() {
                Some(Refusal { status: 400 | 401 | 403, .. }) => "sign_in_refused".to_owned(),
                _ => fault.code(),
            },
            Self::Secret(_) => "secret_unreachable".to_owned(),
            Self::Answer(_) => "sign_in_answer".to_owned(),
        }
    }
}

const fn plural(attempts: u32) -> &'static str {
    if attempts == 1 { "attempt" } else { "attempts" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_harmless_word_of_an_error_body_is_repeated() {
        let cases = [
            (r#"{"code":"missing.permissions","message":"x"}"#, Some("missing.permissions")),
            (r#"{"error":"invalid_client","error_description":"client abc"}"#, Some("invalid_client")),
            (r#"{"code":"Bearer abc"}"#, None),
            (r#"{"code":17}"#, None),
            ("<html>", None),
            ("", None),
        ];
        for (body, word) in cases {
            assert_eq!(Refusal::new(403, body.as_bytes()).word.as_deref(), word, "{body}");
        }
    }

    #[test]
    fn faults_name_status_and_attempts() {
        let fault = ReadFault::Refused { refusal: Refusal::new(503, b""), attempts: 8 };
        assert_eq!(fault.to_string(), "HTTP 503 after 8 attempts");
        assert_eq!(fault.code(), "http_503");
        let sign_in =
            SignInFault::Endpoint(ReadFault::Refused { refusal: Refusal::new(401, b""), attempts: 1 });
        assert_eq!(sign_in.code(), "sign_in_refused");
    }
}
