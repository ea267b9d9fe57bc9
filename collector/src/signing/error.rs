//! Why a key cannot be used or does not sign. No message ever holds any part of a private key.

use verify_core::checkpoint::KeyError;
use verify_core::model::Origin;

use super::KeySource;
use crate::aws::AwsError;
use crate::secret::{SecretError, SecretSource};

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The place of the key is written in no known form.
    #[error(
        "key source {found:?} is not understood, expected {} or {}",
        SecretSource::FORMS,
        KeySource::KMS_FORM
    )]
    Source {
        /// Text before the first colon, at most 20 characters: the rest might be a pasted key.
        found: String,
    },
    /// The name of the key at its service cannot be one; it is not repeated, for it might be a pasted key.
    #[error("{scheme}: is followed by no {expected}")]
    Reference {
        /// Text before the first colon.
        scheme: &'static str,
        /// What should follow it.
        expected: &'static str,
    },
    /// The text of the key is not to be had.
    #[error("the signing key cannot be read")]
    Secret(#[from] SecretError),
    /// The text is no private key.
    #[error("{place} holds no private key")]
    Text {
        /// Where the text was.
        place: String,
        /// What is wrong with it.
        #[source]
        source: KeyTextError,
    },
    /// The key belongs to another chain.
    #[error("the signing key is named {found:?}, but the chain is {expected}")]
    Name {
        /// Name of the chain.
        expected: Origin,
        /// Name of the key.
        found: String,
    },
    /// The signature does not verify with the signer's own public key.
    #[error("the signature that was made does not verify with the public key {key}")]
    Wrong {
        /// The public key.
        key: String,
    },
    /// The service that holds the key does not do what it is asked.
    #[error("{service} {message}")]
    Service {
        /// Which service.
        service: &'static str,
        /// What it does, in one sentence.
        message: String,
        /// Whether a later attempt may succeed without anybody changing the configuration.
        passing: bool,
    },
    /// The key at the service is of another kind.
    #[error("the AWS KMS key {key} is {found}, expected ECC_NIST_EDWARDS25519 for SIGN_VERIFY")]
    Spec {
        /// The key.
        key: String,
        /// Its key spec.
        found: String,
    },
    /// The origin cannot name a key.
    #[error("the key cannot bear the chain's name")]
    KeyName(#[source] KeyError),
    /// AWS cannot be asked at all.
    #[error("the signing key cannot be asked for")]
    Aws(#[from] AwsError),
    /// No key at hand is the one that must sign.
    #[error("the key {key} must sign and is not at hand")]
    NoKey {
        /// The public key.
        key: String,
    },
}

impl SignError {
    /// Whether a later attempt may succeed without anybody changing the configuration.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Secret(error) => error.is_passing(),
            Self::Service { passing, .. } => *passing,
            Self::Aws(error) => matches!(error, AwsError::Late | AwsError::Stopped),
            _ => false,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        let hint = match self {
            Self::Secret(
                error @ (SecretError::Service { .. } | SecretError::Aws(_) | SecretError::Azure(_)),
            ) => {
                return error.hint("signing.key");
            }
            Self::Name { .. } => {
                "a chain's key bears the chain's name: make one with `collector key generate`"
            }
            Self::Spec { .. } => {
                "make a key with `aws kms create-key --key-spec ECC_NIST_EDWARDS25519 --key-usage SIGN_VERIFY` and \
                 name its id"
            }
            Self::Aws(AwsError::Region) => {
                "name the region in the configuration: [aws] region = \"eu-central-1\""
            }
            Self::Service { passing: true, .. } | Self::Aws(_) => {
                "look at the service, its permissions and the credentials, then run again; nothing was written"
            }
            Self::Service { .. } => {
                "correct signing.key, or [aws] region, profile and endpoint_url; keys and secrets belong to one region"
            }
            _ => "signing.key says where the key is; make one with `collector key generate`",
        };
        hint.to_owned()
    }
}

/// Why a text is no private key.
#[derive(Debug, thiserror::Error)]
pub enum KeyTextError {
    /// It does not have the five parts.
    #[error("expected PRIVATE+KEY+<name>+<8 hex digits>+<base64>")]
    Parts,
    /// The base64 part is not base64.
    #[error("the last part of the private key is not base64")]
    Base64,
    /// Another kind of key, or another length.
    #[error("expected an Ed25519 key: type 0x01 and 32 bytes")]
    Kind,
    /// The name cannot be that of a key.
    #[error("the name of the private key is refused")]
    Name(#[source] KeyError),
    /// The key id is not that of this name and key.
    #[error(
        "expected key id {expected} for this name and key, found {found:?}: the text was cut or mistyped"
    )]
    Id {
        /// The id that follows from the key.
        expected: String,
        /// The id in the text, at most 8 characters.
        found: String,
    },
}

impl KeyTextError {
    /// The error with the place of the text.
    #[must_use]
    pub(super) fn at(self, place: &KeySource) -> SignError {
        SignError::Text { place: place.to_string(), source: self }
    }
}
