//! Where a signing key is, as the configuration writes it.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::SignError;
use crate::secret::SecretSource;

/// Place of a signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// Its text, in a file or a variable: `file:PATH` or `env:NAME`.
    Text(SecretSource),
}

impl KeySource {
    /// The same place, with a relative path resolved against `folder`.
    #[must_use]
    pub fn resolved(self, folder: &Path) -> Self {
        match self {
            Self::Text(SecretSource::File(path)) => Self::Text(SecretSource::File(folder.join(path))),
            Self::Text(SecretSource::Environment(name)) => Self::Text(SecretSource::Environment(name)),
        }
    }
}

impl FromStr for KeySource {
    type Err = SignError;

    fn from_str(text: &str) -> Result<Self, SignError> {
        match text.split_once(':') {
            Some(("file" | "env", _)) => Ok(Self::Text(text.parse()?)),
            other => {
                let scheme = other.map_or("", |(scheme, _)| scheme);
                Err(SignError::Source { found: scheme.chars().take(20).collect() })
            }
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(secret) => secret.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_written_as_it_is_read() {
        for text in ["file:keys/log.key", "env:LOG_KEY"] {
            assert_eq!(text.parse::<KeySource>().unwrap().to_string(), text);
        }
        let moved = "file:log.key".parse::<KeySource>().unwrap().resolved(Path::new("etc"));
        assert_eq!(moved.to_string(), "file:etc/log.key");
    }

    #[test]
    fn a_pasted_key_is_refused_and_not_repeated() {
        for text in ["PRIVATE+KEY+a+01234567+AYEKFALVFGyNhPJEMzD1QIDr", "vault:x", "file:", "env:A=B", ""] {
            let error = text.parse::<KeySource>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("AYEK"), "{error}");
        }
    }
}
