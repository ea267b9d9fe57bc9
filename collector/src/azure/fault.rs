//! Why a call to Azure had no result, in our own words.
//!
//! A service's message is never repeated: it may quote parts of the request, and these words end up in evidence.
//! Its error code is, if it looks like one.

use serde_json::Value;

use super::AzureError;
use crate::http::Broken;

/// Characters of an error code at most.
const LONGEST_CODE: usize = 64;
/// Bytes of an error text that are searched for its code.
const SEARCHED: usize = 16 << 10;

/// Why a call had no result. Its words follow the name of the service: "Azure Key Vault does not answer".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFault {
    /// It answered with an error.
    #[error("answers {code} (HTTP status {status})")]
    Refused {
        /// Its code, e.g. `AuthorizationFailure`, or "no error code".
        code: String,
        /// HTTP status.
        status: u16,
    },
    /// Time is up, after all attempts.
    #[error("does not answer in time")]
    Late,
    /// There is no connection to it.
    #[error("cannot be reached")]
    Unreachable,
    /// The answer was cut short.
    #[error("breaks off its answer")]
    Cut,
    /// The answer is larger than anything expected.
    #[error("answers with more than {0} bytes")]
    TooLarge(u64),
    /// The answer has no known form.
    #[error("answers in no known form")]
    Form,
    /// The address is plain http to another machine.
    #[error("is not asked: its address is plain http to another machine")]
    PlainHttp,
    /// Nothing says who asks.
    #[error("cannot be asked: no Azure identity is found in configuration, environment or machine")]
    NoIdentity,
    /// There is no token to ask with.
    #[error("cannot be asked: {0}")]
    NoToken(String),
}

impl CallFault {
    /// The fault of a refusing answer: its code is taken from the header that Azure Storage sets, or from a body in
    /// XML or JSON.
    pub(super) fn refused(status: u16, header: Option<&str>, body: &[u8]) -> Self {
        let code = header.map(str::to_owned).or_else(|| told_code(body)).filter(|code| is_code(code));
        Self::Refused { code: code.unwrap_or_else(|| "no error code".to_owned()), status }
    }

    pub(super) const fn broken(broken: Broken) -> Self {
        match broken {
            Broken::Connect => Self::Unreachable,
            Broken::Timeout => Self::Late,
            Broken::Truncated | Broken::Connection => Self::Cut,
            Broken::TooLarge(limit) => Self::TooLarge(limit),
            Broken::Encoded | Broken::Credential => Self::Form,
        }
    }

    pub(super) fn no_token(error: AzureError) -> Self {
        match error {
            AzureError::Token { fault: Self::NoIdentity, .. } => Self::NoIdentity,
            other => Self::NoToken(other.to_string()),
        }
    }

    /// The error code of the service.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// HTTP status of a refusal.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the same request may go better a moment later.
    pub(super) fn is_worth_repeating(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            Self::Late | Self::Unreachable | Self::Cut => true,
            _ => false,
        }
    }

    /// Whether a later call may succeed without anybody changing the configuration of this program.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        !matches!(self, Self::PlainHttp | Self::NoIdentity)
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Refused { code, .. } if code == "invalid_client" || code == "unauthorized_client" => {
                "the client secret is wrong or has expired: renew it and run again; nothing that was committed is affected"
            }
            Self::Refused { status: 400 | 401 | 403, .. } => {
                "the identity is unknown or lacks a permission: check tenant, client and its roles"
            }
            Self::NoIdentity | Self::NoToken(_) => {
                "give the collector an identity: a managed identity, a federated token, or AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
            }
            Self::PlainHttp => "name an https address",
            _ => "run again when Azure can be reached; what was committed is not affected",
        }
    }
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST_CODE
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'))
}

/// The code in `<Error><Code>…`, in `{"error":{"code":…}}` or in `{"error":…}`.
fn told_code(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body.get(..body.len().min(SEARCHED))?).ok()?;
    if let Some((_, rest)) = text.split_once("<Code>") {
        return rest.split_once("</Code>").map(|(code, _)| code.to_owned());
    }
    let answer: Value = serde_json::from_str(text).ok()?;
    let error = answer.get("error")?;
    error.as_str().or_else(|| error.get("code")?.as_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_by_its_code_and_never_by_its_message() {
        for (header, body, code) in [
            (Some("BlobAlreadyExists"), "", "BlobAlreadyExists"),
            (
                None,
                "<?xml version='1.0'?><Error><Code>ServerBusy</Code><Message>CANARY</Message></Error>",
                "ServerBusy",
            ),
            (None, r#"{"error":{"code":"Forbidden","message":"CANARY"}}"#, "Forbidden"),
            (None, r#"{"error":"invalid_client","error_description":"CANARY"}"#, "invalid_client"),
            (None, "<Code>two words</Code>", "no error code"),
            (None, "CANARY", "no error code"),
            (Some(""), "{}", "no error code"),
        ] {
            let fault = CallFault::refused(403, header, body.as_bytes());
            assert_eq!(fault.code(), Some(code), "{body}");
            assert!(!format!("{fault} {fault:?}").contains("CANARY"));
        }
    }

    #[test]
    fn only_what_may_pass_is_repeated() {
        let refused = |status| CallFault::Refused { code: "X".to_owned(), status };
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(refused(status).is_worth_repeating(), "{status}");
        }
        for status in [400, 401, 403, 404, 409, 412, 416, 501] {
            assert!(!refused(status).is_worth_repeating(), "{status}");
        }
        assert!(CallFault::Cut.is_worth_repeating() && !CallFault::PlainHttp.is_worth_repeating());
    }
}
