//! Why a call to a service had no result, in our own words.
//!
//! A service's message is never repeated: it may quote parts of the request, session tokens included,
//! and these words end up in evidence. Its error code is, if it looks like one.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::PlainHttp;

/// Characters of an error code at most.
const LONGEST_CODE: usize = 64;

/// Why a call had no result. Its words follow the name of the service: "AWS KMS does not answer".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It answered with an error.
    #[error("answers {code} (HTTP status {status})")]
    Refused {
        /// Its code, e.g. `AccessDeniedException`, or "no error code".
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
    /// Nothing says who asks.
    #[error("cannot be asked: no AWS credentials are found in environment, profile or role")]
    NoCredentials,
    /// The place of the credentials fails.
    #[error("cannot be asked: the AWS credentials are not to be had now")]
    Credentials,
    /// The endpoint is plain http to another machine.
    #[error("is not asked: its endpoint is plain http to another machine")]
    PlainHttp,
    /// The answer has no known form.
    #[error("answers in no known form")]
    Form,
    /// The request could not be made.
    #[error("cannot be asked: settings and request do not fit together")]
    Request,
}

impl CallError {
    /// What `error` says.
    #[must_use]
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match error {
            SdkError::ServiceError(odd) if error.code().is_none() && odd.raw().status().is_success() => {
                Self::Form
            }
            SdkError::ServiceError(refused) => Self::Refused {
                code: error.code().filter(|code| is_code(code)).unwrap_or("no error code").to_owned(),
                status: refused.raw().status().as_u16(),
            },
            SdkError::TimeoutError(_) => Self::Late,
            SdkError::ResponseError(_) => Self::Form,
            SdkError::DispatchFailure(failure) => {
                if let Some(cause) = cause::<CredentialsError>(error) {
                    match cause {
                        CredentialsError::CredentialsNotLoaded(_) => Self::NoCredentials,
                        _ => Self::Credentials,
                    }
                } else if cause::<PlainHttp>(error).is_some() {
                    Self::PlainHttp
                } else if failure.is_timeout() {
                    Self::Late
                } else {
                    Self::Unreachable
                }
            }
            _ => Self::Request,
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

    /// Whether a later call may succeed without anybody changing the configuration of this program:
    /// permissions, quotas and outages are mended elsewhere.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        !matches!(self, Self::PlainHttp | Self::Request)
    }
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST_CODE
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
}

/// The first error of type `T` among the causes of `error`.
fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use aws_sdk_kms::operation::sign::SignError;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    fn refused(code: &str, message: &str) -> SdkError<SignError, HttpResponse> {
        let metadata = ErrorMetadata::builder().code(code).message(message).build();
        let response = HttpResponse::new(StatusCode::try_from(400).unwrap(), SdkBody::empty());
        SdkError::service_error(SignError::generic(metadata), response)
    }

    #[test]
    fn a_refusal_is_told_by_its_code_and_never_by_its_message() {
        let error = CallError::of(&refused("AccessDeniedException", "x-amz-security-token:TOKEN"));
        assert_eq!(error.to_string(), "answers AccessDeniedException (HTTP status 400)");
        assert_eq!(error.code(), Some("AccessDeniedException"));
        for odd in ["token=abc def", "", &"A".repeat(65), "a\nb"] {
            let told = CallError::of(&refused(odd, "TOKEN")).to_string();
            assert_eq!(told, "answers no error code (HTTP status 400)", "{odd:?}");
        }
    }

    #[test]
    fn what_never_reached_the_service_is_told_apart() {
        let failed = |cause: Box<dyn Error + Send + Sync>| {
            CallError::of(&SdkError::<SignError, HttpResponse>::dispatch_failure(ConnectorError::other(
                cause, None,
            )))
        };
        assert_eq!(failed(Box::new(CredentialsError::not_loaded("SECRET"))), CallError::NoCredentials);
        assert_eq!(failed(Box::new(CredentialsError::provider_error("SECRET"))), CallError::Credentials);
        assert_eq!(failed(Box::new(PlainHttp)), CallError::PlainHttp);
        assert_eq!(failed("refused".into()), CallError::Unreachable);
        let late = SdkError::<SignError, HttpResponse>::timeout_error("late");
        assert_eq!(CallError::of(&late), CallError::Late);
        let request = SdkError::<SignError, HttpResponse>::construction_failure("what");
        assert_eq!(CallError::of(&request), CallError::Request);
        assert!(CallError::Late.is_passing() && !CallError::PlainHttp.is_passing());
    }
}
