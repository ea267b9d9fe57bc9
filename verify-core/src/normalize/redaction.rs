//! Values that must not be written: what stands in their place, and the key behind it (F-47).

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::digest::Digest;

/// Shortest secret that is accepted, in bytes. Redacted values such as telephone numbers are few
/// enough to be tried one by one, so only the secret protects them.
pub const SHORTEST_SECRET: usize = 32;

const DIGEST: &str = "hmac_sha256";
const KEY_ID: &str = "key_id";

/// The collector's redaction key. Its secret is shown by no `Debug` and leaves by no method.
#[derive(Clone)]
pub struct RedactionKey {
    id: String,
    keyed: Hmac<Sha256>,
}

/// Why a redaction key is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedactionKeyError {
    /// The secret could be guessed.
    #[error("expected a redaction secret of at least {SHORTEST_SECRET} bytes, found {found}")]
    Short {
        /// Bytes given.
        found: usize,
    },
    /// The id is empty.
    #[error("expected a redaction key id, found an empty text")]
    NoId,
}

impl RedactionKey {
    /// Makes a key from its public id and its secret.
    pub fn new(id: &str, secret: &[u8]) -> Result<Self, RedactionKeyError> {
        if id.is_empty() {
            return Err(RedactionKeyError::NoId);
        }
        let short = RedactionKeyError::Short { found: secret.len() };
        if secret.len() < SHORTEST_SECRET {
            return Err(short);
        }
        let keyed = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| short)?;
        Ok(Self { id: id.to_owned(), keyed })
    }

    /// The public id, recorded beside every redacted value.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What stands in place of the value with these canonical bytes.
    pub(super) fn replacement(&self, canonical: &[u8]) -> Value {
        let mut mac = self.keyed.clone();
        mac.update(canonical);
        let digest = Digest::from_bytes(mac.finalize().into_bytes().into());
        json!({ DIGEST: digest.to_string(), KEY_ID: self.id })
    }
}

impl fmt::Debug for RedactionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactionKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The key id of a value that has the form of a replacement, else `None`.
pub(crate) fn replacement_key_id(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 2)?;
    members.get(DIGEST)?.as_str()?.parse::<Digest>().ok()?;
    members.get(KEY_ID)?.as_str().filter(|id| !id.is_empty())
}
