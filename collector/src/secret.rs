//! Secrets and where they come from: a value that cannot be printed, logged or serialized.
//!
//! The configuration names a source, never a value; one type names it for the platform's client secret and for
//! the key that signs ([`SecretSource`]). A file that others may read is refused, and no text of a service that
//! keeps secrets is ever repeated.
//!
//! What this program holds of a secret is wiped when it is dropped: the value, the text it was read from, the
//! tree of a JSON document around it, the bodies and headers made of it. What it cannot wipe are the buffers of
//! the libraries it goes through: those of the HTTP connection (on its way out and in), of TLS, and those of the
//! AWS SDK. They are why the program lets nobody take an image of its memory ([`crate::process`]).

use std::fmt;

use zeroize::Zeroizing;

mod error;
mod json;
mod key_vault;
mod local;
mod secrets_manager;
mod source;
pub(crate) mod wiped;

pub use error::SecretError;
pub use json::JsonKey;
pub use key_vault::VaultSecret;
pub use secrets_manager::AwsSecret;
pub use source::{SecretSource, Services};

/// Bytes of a secret at most: a longer text is something else.
const LONGEST: u64 = 16 * 1_024;

/// A secret text. It has no `Display`, its `Debug` shows nothing, and its memory is wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes `text` as a secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, to be put into the one request that needs it and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Takes off one line end, and refuses what no platform hands out as a secret.
pub(crate) fn one_line(text: &str, place: &str) -> Result<Secret, SecretError> {
    let refused = |found| SecretError::Content { place: place.to_owned(), found };
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        Err(refused("nothing"))
    } else if line.len() as u64 > LONGEST {
        Err(refused("more than 16 KiB"))
    } else if line.chars().any(char::is_control) {
        Err(refused("several lines or control characters"))
    } else {
        Ok(Secret::new(line.to_owned()))
    }
}

/// What a service keeps at `place`: the secret itself, or a JSON object that has it as its member `key`.
fn kept(text: &str, key: Option<&JsonKey>, place: &str) -> Result<Secret, SecretError> {
    match key {
        None => one_line(text, place),
        Some(key) => one_line(&key.select(text, place)?, &format!("{place}, member {key},")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::new("hunter2".to_owned());
        assert!(!format!("{secret:?} {:?}", Some(&secret)).contains("hunter2"));
    }

    #[test]
    fn content_must_be_one_line() {
        for text in ["", "\n", "a\nb", "a\tb", "a\0"] {
            assert!(one_line(text, "test").is_err(), "{text:?}");
        }
        assert!(one_line(&"a".repeat(16 * 1_024), "test").is_ok());
        assert!(one_line(&"a".repeat(16 * 1_024 + 1), "test").is_err());
        assert_eq!(one_line("a b\r\n", "test").unwrap().expose(), "a b");
    }

    #[test]
    fn a_member_is_a_secret_like_any_other() {
        let key = JsonKey::parse("a").unwrap();
        assert_eq!(kept(r#"{"a":"x\u0079"}"#, Some(&key), "test").unwrap().expose(), "xy");
        let error = kept(r#"{"a":"hunter2\n2"}"#, Some(&key), "secret x").unwrap_err();
        assert_eq!(
            error.to_string(),
            "secret x, member a, holds several lines or control characters, expected one line of printable \
             characters"
        );
    }
}
