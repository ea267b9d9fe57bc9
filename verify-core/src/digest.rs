//! SHA-256 digests: the only hash of the evidence format (F-10).
//!
//! A digest is written as exactly 64 lower-case hexadecimal digits. Any other length, case or
//! prefix is refused by name, so a 32-digit MD5 can never pass for a SHA-256.

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest (FIPS 180-4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// Why a text is not a digest of this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// The text has another length than 64 characters.
    #[error("expected 64 hex digits, found {found}{}", length_hint(*.found))]
    Length {
        /// Number of characters found.
        found: usize,
    },
    /// The text holds a character other than `0-9a-f`.
    #[error("expected lower-case hex digits, found {found:?} at position {position}")]
    Character {
        /// The first offending character.
        found: char,
        /// Its position, counted from 0.
        position: usize,
    },
}

fn length_hint(found: usize) -> &'static str {
    match found {
        32 => " (the length of an MD5, not of a SHA-256)",
        40 => " (the length of a SHA-1, not of a SHA-256)",
        _ => "",
    }
}

impl Digest {
    /// Hashes `bytes` in one call.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Wraps 32 raw digest bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 raw digest bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let found = text.chars().count();
        if found != 64 {
            return Err(DigestError::Length { found });
        }
        let mut bytes = [0_u8; 32];
        for (position, found) in text.chars().enumerate() {
            let nibble = match found {
                '0'..='9' => found as u8 - b'0',
                'a'..='f' => found as u8 - b'a' + 10,
                _ => return Err(DigestError::Character { found, position }),
            };
            if let Some(byte) = bytes.get_mut(position / 2) {
                *byte = (*byte << 4) | nibble;
            }
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Hashes what passes through; the digest is only to be had by ending the stream.
#[derive(Default)]
pub struct Hasher {
    state: Sha256,
    length: u64,
}

impl Hasher {
    /// Starts an empty hash.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
        self.length += bytes.len() as u64;
    }

    /// Ends the stream: digest and number of bytes hashed.
    #[must_use]
    pub fn finish(self) -> (Digest, u64) {
        (Digest(self.state.finalize().into()), self.length)
    }
}

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // FIPS 180-4 example, also what `printf abc | sha256sum` prints.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn known_answer_and_round_trip() {
        assert_eq!(Digest::of(b"abc").to_string(), ABC);
        assert_eq!(ABC.parse::<Digest>(), Ok(Digest::of(b"abc")));
        let mut hasher = Hasher::new();
        hasher.update(b"a");
        hasher.update(b"bc");
        assert_eq!(hasher.finish(), (Digest::of(b"abc"), 3));
    }

    #[test]
    fn md5_length_is_refused_by_name() {
        let error = "8f14e45fceea167a5a36dedd4bea2543".parse::<Digest>().unwrap_err();
        assert!(error.to_string().contains("MD5"), "{error}");
    }

    #[test]
    fn upper_case_is_refused() {
        assert_eq!(
            ABC.to_uppercase().parse::<Digest>(),
            Err(DigestError::Character { found: 'B', position: 0 })
        );
    }
}
