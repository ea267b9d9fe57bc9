//! Names that may stand in file names, digests and reports: checked once, then trusted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// Position of a record in its chain, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sequence(pub u64);

impl Sequence {
    /// The genesis.
    pub const GENESIS: Self = Self(0);

    /// The next position.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The position before, `None` at the genesis.
    #[must_use]
    pub const fn previous(self) -> Option<Self> {
        match self.0.checked_sub(1) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// File name of the committed manifest: ten digits and `.json` (F-20).
    #[must_use]
    pub fn commit_name(self) -> String {
        format!("{:010}.json", self.0)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a text cannot be an identifier of the format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found:?}")]
pub struct IdError {
    /// What the identifier must look like.
    pub expected: &'static str,
    /// The refused text, shortened.
    pub found: String,
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(IdError { expected: $expected, found: text.chars().take(80).collect() })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

fn token(text: &str, extra: &[char], longest: usize) -> bool {
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    starts_well
        && text.len() <= longest
        && text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(&c))
}

identifier!(
    /// Name of one cycle or record, e.g. `evidence-2024-05-15-0800` (F-21).
    CollectionId,
    "1 to 80 characters of A-Z a-z 0-9 . _ -",
    |text| token(text, &['.', '_', '-'], 80)
);

identifier!(
    /// Origin line of a chain: one tenant and environment, e.g. `evidence.example.com/acme/production`.
    Origin,
    "1 to 200 characters of A-Z a-z 0-9 . _ - /",
    |text| token(text, &['.', '_', '-', '/'], 200)
);

identifier!(
    /// Name of one resource in `snake_case`, e.g. `telephony_trunks`.
    ResourceName,
    "1 to 60 characters of a-z 0-9 _, none of the reserved keys",
    |text| text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 60
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !super::RESERVED_KEYS.contains(&text)
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_refuse_paths_and_controls() {
        for text in ["", "../x", "a b", "a\u{202e}b", "-x", "a\n"] {
            assert!(text.parse::<CollectionId>().is_err(), "{text:?}");
        }
        assert!("evidence-2024-05-15-0800".parse::<CollectionId>().is_ok());
    }

    #[test]
    fn reserved_keys_are_no_resources() {
        for key in super::super::RESERVED_KEYS {
            assert!(key.parse::<ResourceName>().is_err(), "{key}");
        }
        assert!("telephony_trunks".parse::<ResourceName>().is_ok());
    }

    #[test]
    fn commit_names_sort_like_numbers() {
        assert_eq!(Sequence(42).commit_name(), "0000000042.json");
        assert_eq!(Sequence(0).previous(), None);
    }
}
