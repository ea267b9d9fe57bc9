//! Why a secret is not to be had. No message ever holds any part of a secret.

use std::io;
use std::path::PathBuf;

use super::SecretSource;
use crate::aws::AwsError;
use crate::azure::AzureError;

/// Why a secret is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The source is written in no known form.
    #[error("secret source {found:?} is not understood, expected {}", SecretSource::FORMS)]
    Source {
        /// Text before the first colon, at most 20 characters: the rest might be a pasted secret.
        found: String,
    },
    /// What follows the name of a service cannot be there; it is not repeated, for it might be a pasted secret.
    #[error("{scheme}: is followed by no {expected}")]
    Reference {
        /// Text before the first colon.
        scheme: &'static str,
        /// What should follow it.
        expected: &'static str,
    },
    /// The file cannot be read.
    #[error("secret file {path} cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is not a plain file.
    #[error("secret file {0} is not a regular file")]
    NotAFile(PathBuf),
    /// Others than its owner may use the file.
    #[error("secret file {path} has mode {mode:03o}, expected 600 or 400; run: chmod 600 {path}")]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file belongs to another user.
    #[error("secret file {path} belongs to user {found}, expected user {expected}, who runs the collector")]
    Owner {
        /// The file.
        path: PathBuf,
        /// User id of its owner.
        found: u32,
        /// User id of the process.
        expected: u32,
    },
    /// The variable is not set.
    #[error("environment variable {0} is not set or not text")]
    Environment(String),
    /// What was read cannot be a secret.
    #[error("{place} holds {found}, expected one line of printable characters")]
    Content {
        /// File, variable or name at the service.
        place: String,
        /// What is wrong with it.
        found: &'static str,
    },
    /// What was read is not the JSON object that has the secret as a member.
    #[error("{place} {found}")]
    Member {
        /// Name at the service.
        place: String,
        /// What is wrong with it.
        found: String,
    },
    /// The service that keeps the secret does not give it.
    #[error("{service} {message}")]
    Service {
        /// Which service.
        service: &'static str,
        /// What it does, in one sentence.
        message: String,
        /// Whether a later attempt may succeed without anybody changing the configuration.
        passing: bool,
    },
    /// The secret opens a service, and is said to be kept by one.
    #[error("a secret that opens a service must be on this machine: file:PATH or env:NAME")]
    Elsewhere,
    /// AWS cannot be asked at all.
    #[error("the secret cannot be asked for")]
    Aws(#[from] AwsError),
    /// Azure cannot be asked at all, or gives no token to ask with.
    #[error("the secret cannot be asked for")]
    Azure(#[source] Box<AzureError>),
}

impl From<AzureError> for SecretError {
    fn from(error: AzureError) -> Self {
        Self::Azure(Box::new(error))
    }
}

impl SecretError {
    /// Whether a later attempt may succeed without anybody changing the configuration.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Service { passing, .. } => *passing,
            Self::Aws(error) => matches!(error, AwsError::Late | AwsError::Stopped),
            Self::Azure(error) => error.is_passing(),
            _ => false,
        }
    }

    /// What to do about it; `setting` names the place in the configuration, e.g. `identity.client_secret`.
    #[must_use]
    pub fn hint(&self, setting: &str) -> String {
        match self {
            Self::Aws(AwsError::Region) => {
                "name the region in the configuration: [aws] region = \"eu-central-1\"".to_owned()
            }
            Self::Azure(error) => error.hint().to_owned(),
            Self::Service { passing: true, .. } | Self::Aws(_) => {
                "look at the service, its permissions and the credentials, then run again; nothing was written"
                    .to_owned()
            }
            Self::Service { service: super::secrets_manager::SERVICE, .. } => format!(
                "correct {setting}, or [aws] region, profile and endpoint_url; secrets belong to one region"
            ),
            Self::Service { .. } => format!("correct {setting}: the address of the vault, name and version"),
            _ => format!("{setting} says where the secret is: {}", SecretSource::FORMS),
        }
    }
}
