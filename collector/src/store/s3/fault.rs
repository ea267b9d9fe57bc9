//! Why S3 did not do what it was asked, and what to do about it.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::aws::CallError;

/// Why a call to S3 had no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum S3Fault {
    /// The call failed.
    #[error("S3 {0}")]
    Call(CallError),
    /// The bytes of an object broke off.
    #[error("S3 does not deliver the whole object")]
    Body,
    /// An object is larger than anything a collector writes.
    #[error("the object has {found} bytes, the limit is {limit}")]
    Size {
        /// Its length.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// A listing says that it goes on, and not where.
    #[error("S3 breaks off a listing without saying where it goes on")]
    Listing,
    /// The answer lacks what identifies the object.
    #[error("S3 names no version of the object: the bucket keeps none")]
    NoVersion,
    /// There is no object of that name.
    #[error("S3 has no object of that name")]
    Absent,
}

impl S3Fault {
    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        Self::Call(CallError::of(error))
    }

    fn status(&self) -> Option<u16> {
        match self {
            Self::Call(CallError::Refused { status, .. }) => Some(*status),
            _ => None,
        }
    }

    /// The error code of S3.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Call(call) => call.code(),
            _ => None,
        }
    }

    /// A conditional write found the name taken.
    pub(super) fn is_taken(&self) -> bool {
        self.status() == Some(412)
    }

    /// Another conditional write to the same name was under way.
    pub(super) fn is_conflict(&self) -> bool {
        self.status() == Some(409) && self.code() == Some("ConditionalRequestConflict")
    }

    /// There is no such object or setting.
    pub(super) fn is_absent(&self) -> bool {
        self.status() == Some(404) || *self == Self::Absent
    }

    /// Whether the request may have been carried out although no good answer came.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Call(CallError::Refused { status, .. }) => {
                is_passing_status(*status) || matches!(*status, 404 | 408 | 409)
            }
            Self::Call(CallError::Late | CallError::Unreachable | CallError::Form)
            | Self::Body
            | Self::NoVersion => true,
            _ => false,
        }
    }

    /// Whether the same request may be answered later: time-outs, overload, no network, credentials that have
    /// expired or cannot be had. A missing permission, a wrong clock, a wrong key or a wrong bucket do not pass.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Call(CallError::Refused { code, status }) => {
                is_passing_status(*status)
                    || matches!(*status, 408 | 429)
                    || self.is_conflict()
                    || matches!(
                        code.as_str(),
                        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" | "SlowDown"
                    )
            }
            Self::Call(
                CallError::Late
                | CallError::Unreachable
                | CallError::Form
                | CallError::NoCredentials
                | CallError::Credentials,
            )
            | Self::Body => true,
            Self::Call(CallError::PlainHttp | CallError::Request)
            | Self::Size { .. }
            | Self::Listing
            | Self::NoVersion
            | Self::Absent => false,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Call(CallError::Refused { code, status }) => refusal_hint(code, *status),
            Self::Call(CallError::NoCredentials | CallError::Credentials) => {
                "give the collector credentials: a role, a profile ([aws] profile) or AWS_ACCESS_KEY_ID in its environment"
            }
            Self::Call(CallError::PlainHttp) => "name an https address in [aws] endpoint_url",
            Self::NoVersion => "`collector doctor` names what the bucket lacks and the command that mends it",
            Self::Size { .. } | Self::Listing | Self::Absent => {
                "run `verifier verify` on the evidence: it names what is wrong"
            }
            Self::Call(_) | Self::Body => {
                "run again when S3 can be reached; what was committed is not affected, and nothing is written twice"
            }
        }
    }
}

/// Whether a server that is overloaded or down answers so; one that does not know the request never will.
const fn is_passing_status(status: u16) -> bool {
    status >= 500 && status != 501
}

fn refusal_hint(code: &str, status: u16) -> &'static str {
    match (code, status) {
        ("ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" | "InvalidToken", _) => {
            "the credentials have expired: renew them and run again; nothing that was committed is affected"
        }
        ("RequestTimeTooSkewed" | "RequestExpired", _) => {
            "this machine's clock is wrong: set it (NTP) and run again; evidence must state true times"
        }
        ("InvalidAccessKeyId" | "SignatureDoesNotMatch" | "AuthorizationHeaderMalformed", _) => {
            "the credentials or the region are wrong: check [aws] region and profile, and the environment"
        }
        ("PermanentRedirect" | "TemporaryRedirect" | "IllegalLocationConstraintException", _)
        | (_, 301 | 307) => "the bucket is in another region: name it in [aws] region",
        ("NoSuchBucket", _) => "make the bucket as `collector store plan` prints it, or correct [store] root",
        (_, 501) => {
            "this store does not know that request, as S3 does: look into its manual, or use another store"
        }
        ("SlowDown" | "ServiceUnavailable" | "InternalError" | "RequestTimeout", _) | (_, 500..) => {
            "S3 is overloaded or down: run again later; what was committed is not affected, and nothing is written twice"
        }
        (code, _) if code.starts_with("KMS.") => {
            "the encryption key cannot be used: look at its state and policy, then run again"
        }
        (_, 401 | 403) => {
            "the collector lacks a permission: `collector store plan` prints the policy it needs"
        }
        _ => "`collector doctor` names what the bucket lacks and the command that mends it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str, status: u16) -> S3Fault {
        S3Fault::Call(CallError::Refused { code: code.to_owned(), status })
    }

    #[test]
    fn only_a_clear_refusal_says_that_nothing_was_written() {
        for open in [
            refused("SlowDown", 503),
            refused("InternalError", 500),
            refused("RequestTimeout", 408),
            refused("NoSuchUpload", 404),
            refused("ConditionalRequestConflict", 409),
            S3Fault::Call(CallError::Late),
            S3Fault::Call(CallError::Unreachable),
            S3Fault::NoVersion,
        ] {
            assert!(open.is_open(), "{open}");
        }
        for closed in [
            refused("AccessDenied", 403),
            refused("NotImplemented", 501),
            S3Fault::Call(CallError::NoCredentials),
        ] {
            assert!(!closed.is_open(), "{closed}");
        }
        assert!(
            refused("PreconditionFailed", 412).is_taken()
                && refused("ConditionalRequestConflict", 409).is_conflict()
        );
    }

    #[test]
    fn what_a_later_run_may_find_answered_is_told_from_what_is_refused() {
        for passing in [
            refused("SlowDown", 503),
            refused("InternalError", 500),
            refused("RequestTimeout", 408),
            refused("ExpiredToken", 400),
            refused("ConditionalRequestConflict", 409),
            S3Fault::Call(CallError::Late),
            S3Fault::Call(CallError::Unreachable),
            S3Fault::Call(CallError::Credentials),
            S3Fault::Body,
        ] {
            assert!(passing.is_passing(), "{passing}");
        }
        for lasting in [
            refused("AccessDenied", 403),
            refused("RequestTimeTooSkewed", 403),
            refused("InvalidAccessKeyId", 403),
            refused("NoSuchBucket", 404),
            refused("PreconditionFailed", 412),
            S3Fault::Call(CallError::PlainHttp),
            S3Fault::NoVersion,
            S3Fault::Absent,
        ] {
            assert!(!lasting.is_passing(), "{lasting}");
        }
    }

    #[test]
    fn every_refusal_has_a_hint_of_its_own_kind() {
        for (code, status, words) in [
            ("ExpiredToken", 400, "renew them"),
            ("RequestTimeTooSkewed", 403, "clock"),
            ("SignatureDoesNotMatch", 403, "[aws] region"),
            ("NoSuchBucket", 404, "store plan"),
            ("SlowDown", 503, "run again later"),
            ("NotImplemented", 501, "does not know"),
            ("AccessDenied", 403, "permission"),
            ("KMS.DisabledException", 400, "encryption key"),
            ("no error code", 301, "another region"),
            ("InvalidRequest", 400, "doctor"),
        ] {
            assert!(refused(code, status).hint().contains(words), "{code}: {}", refused(code, status).hint());
        }
    }
}
