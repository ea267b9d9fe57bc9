//! Why S3 gave no answer, in our own words.
//!
//! A message of the service is never repeated: it may quote parts of the request. Its error code is, if it
//! looks like one.

use std::error::Error;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::client::PlainHttp;

/// Characters of an error code at most.
const LONGEST_CODE: usize = 64;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// S3 answered with an error.
    #[error("S3 answers {code} (HTTP status {status}){}", meaning(code))]
    Refused {
        /// Its code, or "no error code".
        code: String,
        /// HTTP status.
        status: u16,
    },
    /// Nobody waits for the answer any more.
    #[error("it was stopped")]
    Stopped,
    /// Time is up, after all attempts.
    #[error("S3 does not answer in time")]
    Late,
    /// There is no connection.
    #[error("S3 cannot be reached")]
    Unreachable,
    /// Nothing says who asks.
    #[error(
        "no AWS credentials are found in environment, profile or role (--profile, or --no-sign-request for a public bucket)"
    )]
    NoCredentials,
    /// The place of the credentials fails.
    #[error("the AWS credentials are not to be had now")]
    Credentials,
    /// The endpoint is plain http to another machine.
    #[error("S3 is not asked: its endpoint is plain http to another machine")]
    PlainHttp,
    /// The answer has no known form.
    #[error("S3 answers in no known form")]
    Form,
    /// The request could not be made.
    #[error("S3 cannot be asked: settings and request do not fit together")]
    Request,
    /// The bytes of an object broke off, in every attempt.
    #[error("S3 does not deliver the whole object")]
    Body,
    /// A listing says that it goes on, and not where.
    #[error("S3 breaks off a listing without saying where it goes on")]
    Listing,
    /// More than may be listed.
    #[error("S3 lists more than the limit")]
    TooMany,
    /// An object has another length than was listed.
    #[error("S3 delivers {read} bytes, {listed} were listed")]
    Length {
        /// Listed.
        listed: u64,
        /// Delivered.
        read: u64,
    },
}

/// What a code means to whoever asks, as far as it can be mended there.
fn meaning(code: &str) -> &'static str {
    match code {
        "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException" => {
            ": the bucket is in another region (--region)"
        }
        "NoSuchBucket" => ": there is no such bucket",
        "ExpiredToken" | "InvalidToken" => ": the credentials have expired",
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" => ": the credentials are wrong",
        "RequestTimeTooSkewed" => ": the clock of this machine is wrong",
        "InvalidObjectState" => ": it is archived and has to be restored before it can be read",
        "SlowDown" => ": it asks for patience",
        _ => "",
    }
}

impl Fault {
    /// What `error` says.
    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
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

    /// Whether S3 said that a version, or its whole bucket, has no lock. That there is no such version says nothing
    /// about locks.
    pub(super) fn is_unlocked(&self) -> bool {
        let Self::Refused { code, .. } = self else { return false };
        ["NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError", "InvalidRequest"]
            .contains(&code.as_str())
    }

    /// Whether another attempt may help.
    pub(super) const fn is_passing(&self) -> bool {
        matches!(self, Self::Body)
    }
}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        let kind = match &fault {
            Fault::Refused { status: 401 | 403, .. } | Fault::NoCredentials => {
                io::ErrorKind::PermissionDenied
            }
            Fault::Refused { status: 404, .. } => io::ErrorKind::NotFound,
            Fault::Late => io::ErrorKind::TimedOut,
            Fault::Unreachable => io::ErrorKind::NotConnected,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, fault)
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
