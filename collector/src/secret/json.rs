//! Secrets that are members of a JSON object, as services like to keep them: one is taken out, the rest wiped.
//!
//! The text comes from a service, so it is read like any hostile text: within limits, duplicate keys refused.

use std::fmt;

use zeroize::Zeroizing;

use super::{SecretError, wiped};

/// Characters of a key at most.
const LONGEST_KEY: usize = 128;

/// The key of a member of a JSON object, as the configuration writes it after a `#`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonKey(String);

impl fmt::Display for JsonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonKey {
    /// Takes `text` as a key, if it is a plain word.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let is_key = (1..=LONGEST_KEY).contains(&text.len()) && text.chars().all(plain);
        is_key.then(|| Self(text.to_owned()))
    }

    /// The member of the object in `text`, which must be a string.
    pub(super) fn select(&self, text: &str, place: &str) -> Result<Zeroizing<String>, SecretError> {
        let refused = |found| SecretError::Member { place: place.to_owned(), found };
        let mut document = wiped::Json::read(text.as_bytes())
            .filter(wiped::Json::is_object)
            .ok_or_else(|| refused(format!("is no JSON object, expected one with member {self}")))?;
        match (document.take(&self.0), document.get(&self.0)) {
            (Some(secret), _) => Ok(secret),
            (None, Some(_)) => Err(refused(format!("has a member {self} that is no string"))),
            // Other keys are not listed: a secret might be one of them.
            (None, None) => Err(refused(format!("has no member {self}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(key: &str, text: &str) -> Result<Zeroizing<String>, SecretError> {
        JsonKey::parse(key).unwrap().select(text, "secret test")
    }

    #[test]
    fn one_member_is_taken() {
        let text = r#"{"client_id":"abc","client_secret":"s3cr\u0033t","port":5}"#;
        assert_eq!(*select("client_secret", text).unwrap(), "s3cr3t");
        for (key, words) in [
            ("port", "secret test has a member port that is no string"),
            ("password", "secret test has no member password"),
        ] {
            assert_eq!(select(key, text).unwrap_err().to_string(), words);
        }
    }

    #[test]
    fn what_is_no_object_is_refused_and_not_repeated() {
        for text in
            ["hunter2", "\"hunter2\"", "[\"hunter2\"]", "{\"a\":\"hunter2\",\"a\":\"hunter2\"}", "{", ""]
        {
            let error = select("a", text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn keys_are_plain_words() {
        for text in ["client_secret", "a.b-c", "A1"] {
            assert_eq!(JsonKey::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "a b", "a#b", "a/b", "é", &"a".repeat(129)] {
            assert!(JsonKey::parse(text).is_none(), "{text}");
        }
    }
}
