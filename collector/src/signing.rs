//! Who signs: the log's private key, wherever it is, behind one small trait.
//!
//! A key is a file or a variable that holds its text. What a signer returns is verified before it is used,
//! whoever made it. Nothing here says what may be signed: that is [`crate::notes`], after the commit and never before.

use std::sync::Arc;

use verify_core::checkpoint::VerifierKey;
use verify_core::model::Origin;

mod error;
mod keyring;
mod local;
mod source;

pub use error::{KeyTextError, SignError};
pub use keyring::{KeyMismatch, Keyring};
pub use local::{LocalSigner, PrivateKey, write_key_file};
pub use source::KeySource;

/// A private key that signs for one chain.
pub trait Signer: Send + Sync {
    /// Its public half.
    fn key(&self) -> &VerifierKey;

    /// The Ed25519 signature over `text` (RFC 8032 section 5.1.6).
    fn sign(&self, text: &[u8]) -> Result<[u8; 64], SignError>;
}

/// Opens the key at `source`. A key of another name than `origin` is refused.
pub fn open(source: &KeySource, origin: &Origin) -> Result<Arc<dyn Signer>, SignError> {
    let signer: Arc<dyn Signer> = match source {
        KeySource::Text(secret) => {
            let text = secret.load()?.secret;
            Arc::new(LocalSigner::new(PrivateKey::parse(&text).map_err(|error| error.at(source))?))
        }
    };
    if signer.key().name() == origin.as_str() {
        Ok(signer)
    } else {
        Err(SignError::Name { expected: origin.clone(), found: signer.key().name().to_owned() })
    }
}
