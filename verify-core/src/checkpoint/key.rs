//! Verifier keys: the public half, as the one line of text that an auditor is handed (F-123).
//!
//! A key is `<name>+<key id>+<base64(type ‖ public key)>`. The id is derived from the rest and is
//! refused when wrong, so a mistyped key never silently becomes another one. Whether the 32 bytes
//! are a sound curve point is no question of spelling: it is asked whenever a signature is judged,
//! and such a key then verifies nothing.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::base64::{self, Base64Error};
use super::error::shortened;
use crate::digest::Digest;

/// Longest name of a key in bytes: an origin has at most 200 (F-123).
const LONGEST_NAME: usize = 255;
/// Longest verifier key in bytes: name, `+`, 8 digits, `+`, 33 bytes in base64.
const LONGEST_KEY: usize = LONGEST_NAME + 1 + 8 + 1 + 44;
/// `SubjectPublicKeyInfo` of an Ed25519 key up to its 32 bytes (RFC 8410 section 4).
const PUBLIC_KEY_INFO: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// The key of a log: it signs a checkpoint's three lines.
    Log,
    /// The key of a witness: it signs a time and the three lines.
    Witness,
}

impl KeyKind {
    /// The signature type of C2SP `signed-note`.
    #[must_use]
    pub const fn type_byte(self) -> u8 {
        match self {
            Self::Log => 0x01,
            Self::Witness => 0x04,
        }
    }
}

/// The first four bytes of SHA-256(name ‖ `0x0A` ‖ type ‖ public key): finds a line, proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 4]);

impl KeyId {
    /// Wraps four raw bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// The four raw bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text or its parts are not a verifier key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Longer than any key of this format.
    #[error("expected a verifier key of at most {LONGEST_KEY} bytes, found {found}")]
    TooLong {
        /// Bytes found.
        found: usize,
    },
    /// Not three parts.
    #[error("expected <name>+<8 hex digits>+<base64>, found {found:?}")]
    Parts {
        /// The text, shortened.
        found: String,
    },
    /// The name could not stand in a signature line.
    #[error(
        "expected a key name of 1 to {LONGEST_NAME} bytes without white space, control characters or a plus sign, \
         found {found:?}"
    )]
    Name {
        /// The name, shortened.
        found: String,
    },
    /// The base64 part is refused.
    #[error("the third part of the verifier key is bad base64")]
    Base64(#[source] Base64Error),
    /// Not one type byte and 32 bytes of public key.
    #[error("expected 33 bytes of key type and public key, found {found}")]
    Length {
        /// Bytes found.
        found: usize,
    },
    /// A type this format does not use.
    #[error("expected key type 0x01 (log) or 0x04 (witness), found {found:#04x}")]
    Kind {
        /// The type byte.
        found: u8,
    },
    /// The key id is not that of this name and key: one of the three was changed or mistyped.
    #[error("expected key id {expected} for this name and key, found {found:?}")]
    Id {
        /// The id of this name and key.
        expected: KeyId,
        /// The id written.
        found: String,
    },
}

/// A public Ed25519 key with its name and purpose.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    public: [u8; 32],
    id: KeyId,
}

impl VerifierKey {
    /// Names a public key. For a log's key the name is the origin of its chain.
    pub fn new(kind: KeyKind, name: &str, public: [u8; 32]) -> Result<Self, KeyError> {
        if name.len() > LONGEST_NAME || !is_name(name) {
            return Err(KeyError::Name { found: shortened(name) });
        }
        let preimage = [name.as_bytes(), &[b'\n', kind.type_byte()], &public].concat();
        let [a, b, c, d, ..] = *Digest::of(&preimage).as_bytes();
        Ok(Self { name: name.to_owned(), kind, public, id: KeyId([a, b, c, d]) })
    }

    /// The name that stands in signature lines.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What this key signs.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The id that stands in signature lines.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The 32 bytes of RFC 8032 section 5.1.5.
    #[must_use]
    pub const fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// Names a public key given as `SubjectPublicKeyInfo` in DER. An Ed25519 key has one such form, of 44 bytes (RFC
    /// 8410 section 4); `None` for anything else.
    #[must_use]
    pub fn from_public_der(kind: KeyKind, name: &str, der: &[u8]) -> Option<Result<Self, KeyError>> {
        let public = der.strip_prefix(&PUBLIC_KEY_INFO)?.try_into().ok()?;
        Some(Self::new(kind, name, public))
    }

    /// The public key as PEM, for `openssl pkeyutl -verify -rawin -pubin` (RFC 8410).
    #[must_use]
    pub fn public_pem(&self) -> String {
        let der = [PUBLIC_KEY_INFO.as_slice(), &self.public].concat();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", base64::encode(&der))
    }

    /// Whether `signature`, 64 bytes, is this key's Ed25519 signature over `message`, strictly (F-124).
    ///
    /// The library's strict check already demands S below the group order, R of large order and
    /// equal to the canonical encoding it computes, a public key of large order, and the equation
    /// without cofactor. What it leaves open is a public key in a second encoding.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else {
            return false;
        };
        let Ok(key) = VerifyingKey::from_bytes(&self.public) else {
            return false;
        };
        let canonical = key.to_edwards().compress().to_bytes() == self.public;
        canonical && key.verify_strict(message, &signature).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = base64::encode(&[&[self.kind.type_byte()], self.public.as_slice()].concat());
        write!(f, "{}+{}+{encoded}", self.name, self.id)
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.len() > LONGEST_KEY {
            return Err(KeyError::TooLong { found: text.len() });
        }
        // The name holds no `+`, base64 may.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Parts { found: shortened(text) });
        };
        let bytes = base64::decode(encoded).map_err(KeyError::Base64)?;
        let wrong_length = KeyError::Length { found: bytes.len() };
        let Some((&kind, public)) = bytes.split_first() else {
            return Err(wrong_length);
        };
        let kind = [KeyKind::Log, KeyKind::Witness]
            .into_iter()
            .find(|known| known.type_byte() == kind)
            .ok_or(KeyError::Kind { found: kind })?;
        let public: [u8; 32] = public.try_into().map_err(|_| wrong_length)?;
        let key = Self::new(kind, name, public)?;
        if id == key.id.to_string() {
            Ok(key)
        } else {
            Err(KeyError::Id { expected: key.id, found: shortened(id) })
        }
    }
}

impl Serialize for VerifierKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VerifierKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Whether `name` may stand in a signature line (F-122).
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c != '+' && !c.is_whitespace() && !c.is_control())
}
