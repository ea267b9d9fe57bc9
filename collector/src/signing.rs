//! Who signs: the log's private key, wherever it is, behind one small trait.
//!
//! A key is a secret like others ([`crate::secret`]), or it stays in AWS KMS. What a signer returns is verified before it is used,
//! whoever made it. Nothing here says what may be signed: that is [`crate::notes`], after the commit and never before.

use std::sync::Arc;

use verify_core::checkpoint::VerifierKey;
use verify_core::model::Origin;

use crate::secret::{Secret, Services};

mod error;
mod keyring;
mod kms;
mod local;
mod source;

pub use error::{KeyTextError, SignError};
pub use keyring::{KeyMismatch, Keyring};
pub use kms::KmsSigner;
pub use local::{LocalSigner, PrivateKey, write_key_file};
pub use source::KeySource;

/// A private key that signs for one chain.
pub trait Signer: Send + Sync {
    /// Its public half.
    fn key(&self) -> &VerifierKey;

    /// The Ed25519 signature over `text` (RFC 8032 section 5.1.6).
    fn sign(&self, text: &[u8]) -> Result<[u8; 64], SignError>;
}

/// Opens the key at `source`, by one of `services` if it is there. A key of another name than `origin` is refused.
pub fn open(
    source: &KeySource,
    origin: &Origin,
    services: &Services<'_>,
) -> Result<Arc<dyn Signer>, SignError> {
    let local =
        |text: &Secret| PrivateKey::parse(text).map(LocalSigner::new).map_err(|error| error.at(source));
    let signer: Arc<dyn Signer> = match source {
        KeySource::Text(secret) => Arc::new(local(&secret.load(services)?)?),
        KeySource::AwsKms(key) => Arc::new(KmsSigner::open(key, origin, services.aws)?),
    };
    if signer.key().name() == origin.as_str() {
        Ok(signer)
    } else {
        Err(SignError::Name { expected: origin.clone(), found: signer.key().name().to_owned() })
    }
}
