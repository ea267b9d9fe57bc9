//! The keys a run has at hand, and whether they are the chain's.

use std::sync::Arc;

use verify_core::checkpoint::VerifierKey;

use super::Signer;

/// Why the keys at hand are not those of the chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyMismatch {
    /// The chain is signed, the run has no key.
    #[error("the chain is signed by {in_force}, but the configuration names no key")]
    NoKey {
        /// The chain's key.
        in_force: String,
    },
    /// The run has a key, the chain is not signed.
    #[error("the chain is not signed, but the configuration names the key {configured}")]
    NotSigned {
        /// The configured key.
        configured: String,
    },
    /// The run has another key than the chain.
    #[error("the chain is signed by {in_force}, but the configuration names the key {configured}")]
    Other {
        /// The chain's key.
        in_force: String,
        /// The configured key.
        configured: String,
    },
}

/// The keys of a run: none for a chain that is not signed, one usually, two for a change of keys.
#[derive(Clone, Default)]
pub struct Keyring {
    signers: Vec<Arc<dyn Signer>>,
    unreachable: Option<String>,
    changing: bool,
}

impl Keyring {
    /// No key: nothing is signed.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// One key.
    #[must_use]
    pub fn of(signer: Arc<dyn Signer>) -> Self {
        Self { signers: vec![signer], ..Self::default() }
    }

    /// A key whose service does not answer now, and why.
    #[must_use]
    pub fn unreachable(reason: String) -> Self {
        Self { unreachable: Some(reason), ..Self::default() }
    }

    /// The keys of a key change: the outgoing one, unless there is none or it is lost, and the new one.
    #[must_use]
    pub fn of_change(outgoing: Option<Arc<dyn Signer>>, new: Arc<dyn Signer>) -> Self {
        let signers = outgoing.into_iter().chain([new]).collect();
        Self { signers, unreachable: None, changing: true }
    }

    /// The configured key, if it is at hand.
    #[must_use]
    pub fn configured(&self) -> Option<&VerifierKey> {
        self.signers.first().map(|signer| signer.key())
    }

    /// Why the configured key is not at hand.
    #[must_use]
    pub fn why_unreachable(&self) -> Option<&str> {
        self.unreachable.as_deref()
    }

    /// The signer whose public key is `key`.
    #[must_use]
    pub fn signer(&self, key: &VerifierKey) -> Option<&dyn Signer> {
        self.signers.iter().map(Arc::as_ref).find(|signer| signer.key() == key)
    }

    /// Refuses to write to a chain of other keys. A key that cannot be asked now may be the right one,
    /// and a key change is written under the key that it ends.
    pub fn check(&self, in_force: Option<&VerifierKey>) -> Result<(), KeyMismatch> {
        if self.changing || self.unreachable.is_some() {
            return Ok(());
        }
        match (in_force, self.configured()) {
            (None, None) => Ok(()),
            (None, Some(configured)) => Err(KeyMismatch::NotSigned { configured: configured.to_string() }),
            (Some(in_force), None) => Err(KeyMismatch::NoKey { in_force: in_force.to_string() }),
            (Some(in_force), Some(_)) if self.signer(in_force).is_some() => Ok(()),
            (Some(in_force), Some(configured)) => {
                Err(KeyMismatch::Other { in_force: in_force.to_string(), configured: configured.to_string() })
            }
        }
    }
}
