//! Why a vault gives no secret, in our own words and by what mends it.

use serde_json::Value;

use super::{SERVICE, VaultSecret, challenge};
use crate::http::Broken;
use crate::secret::{SecretError, wiped};

/// Characters of an error code at most.
const LONGEST_CODE: usize = 64;

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// It answered with an error.
    #[error("answers {code} (HTTP status {status})")]
    Refused {
        /// The innermost code that has the form of one, or "no error code".
        code: String,
        /// HTTP status.
        status: u16,
    },
    /// No whole answer came.
    #[error("cannot be asked: {0}")]
    Broken(Broken),
    /// Time is up, after all attempts.
    #[error("does not answer in time")]
    Late,
    /// The answer has no known form.
    #[error("answers in no known form")]
    Form,
    /// The answer is about another secret.
    #[error("answers with another secret than the one that was asked for")]
    Other,
    /// The secret says of itself that it is disabled.
    #[error("says that the secret is disabled")]
    Disabled,
    /// It gives the secret to anybody, so it is no vault.
    #[error("gives the secret to somebody without a token, so it is no vault")]
    Open,
    /// It does not ask for a token as a vault does.
    #[error(transparent)]
    Challenge(challenge::Untrusted),
    /// What was given as a token is none.
    #[error("is not asked: the token that was given for it is none")]
    Token,
    /// The client or its thread cannot be made.
    #[error("is not asked: the HTTP client cannot be set up")]
    Setup,
}

impl Fault {
    /// The fault of an answer that is no success.
    pub(super) fn refused(status: u16, body: &[u8]) -> Self {
        let answer = wiped::Json::read(body);
        let code = answer.as_ref().and_then(|answer| {
            // The inner code says more: SecretDisabled within Forbidden.
            let codes = ["/error/innererror/code", "/error/code"];
            codes
                .iter()
                .filter_map(|place| answer.pointer(place).and_then(Value::as_str))
                .find(|code| is_code(code))
        });
        Self::Refused { code: code.unwrap_or("no error code").to_owned(), status }
    }

    /// Whether the same question may be answered a moment later.
    pub(super) const fn is_worth_repeating(&self) -> bool {
        match self {
            Self::Broken(broken) => broken.is_worth_repeating(),
            _ => false,
        }
    }
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_CODE && text.chars().all(|c| c.is_ascii_alphanumeric())
}

/// What is told of a fault: service, secret, and what mends it.
pub(super) fn refusal(secret: &VaultSecret, fault: &Fault) -> SecretError {
    let (why, passing) = match fault {
        Fault::Refused { code, .. } if code == "SecretDisabled" => (": the secret is disabled", true),
        Fault::Refused { code, .. } if code == "ForbiddenByFirewall" => {
            (": the firewall of the vault does not let this machine in", true)
        }
        Fault::Refused { status: 401, .. } => {
            (": the token is not of the vault's tenant, or no longer valid", true)
        }
        Fault::Refused { status: 403, .. } => (
            ": the collector's identity needs the right to get secrets, e.g. the role Key Vault Secrets User",
            true,
        ),
        Fault::Refused { status: 404, .. } => {
            (": there is no such secret or version in this vault, or it was deleted", false)
        }
        Fault::Refused { status: 429, .. } => (": too many requests, after all attempts", true),
        Fault::Refused { status, .. } => ("", *status == 408 || *status >= 500),
        Fault::Open | Fault::Challenge(_) => ("", false),
        Fault::Broken(_)
        | Fault::Late
        | Fault::Form
        | Fault::Other
        | Fault::Disabled
        | Fault::Token
        | Fault::Setup => ("", true),
    };
    let message = format!("does not give {}: it {fault}{why}", secret.url());
    SecretError::Service { service: SERVICE, message, passing }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, body: &str) -> (String, bool) {
        let secret = "https://acme.vault.azure.net/secrets/a".parse().unwrap();
        let error = refusal(&secret, &Fault::refused(status, body.as_bytes()));
        (error.to_string(), error.is_passing())
    }

    #[test]
    fn refusals_are_told_by_what_mends_them() {
        let disabled =
            r#"{"error":{"code":"Forbidden","message":"CANARY","innererror":{"code":"SecretDisabled"}}}"#;
        assert_eq!(
            told(403, disabled),
            (
                "Azure Key Vault does not give https://acme.vault.azure.net/secrets/a: it answers SecretDisabled (HTTP \
                 status 403): the secret is disabled"
                    .to_owned(),
                true
            )
        );
        let (message, passing) = told(404, r#"{"error":{"code":"SecretNotFound","message":"CANARY"}}"#);
        assert!(
            message.contains("SecretNotFound") && message.contains("no such secret") && !passing,
            "{message}"
        );
        for (status, passing) in
            [(400, false), (401, true), (403, true), (404, false), (429, true), (503, true)]
        {
            let (message, found) = told(status, "CANARY");
            assert!(message.contains(&format!("no error code (HTTP status {status})")), "{message}");
            assert!(!message.contains("CANARY") && found == passing, "{status}");
        }
    }

    #[test]
    fn a_code_of_odd_form_is_not_repeated() {
        for body in [
            r#"{"error":{"code":"two words"}}"#,
            r#"{"error":{"code":"a\nb"}}"#,
            r#"{"error":{"code":7}}"#,
            r#"{"error":"CANARY"}"#,
            "<html>",
        ] {
            assert!(told(403, body).0.contains("no error code"), "{body}");
        }
    }
}
