//! The address of a secret in a vault, as Key Vault itself writes it.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

use super::SCHEME;
use crate::aws::keeps_to_itself;
use crate::secret::{JsonKey, SecretError};

/// Characters of an address at most.
const LONGEST: usize = 2_048;
/// Characters of a secret's name at most, by Key Vault's own rule: letters, digits and hyphens.
const LONGEST_NAME: usize = 127;

/// A secret in a vault: `https://VAULT/secrets/NAME`, with `/VERSION` for one that never changes, and `#KEY` for
/// one member of a JSON object. Plain http is accepted for this machine alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultSecret {
    url: Url,
    key: Option<JsonKey>,
}

impl VaultSecret {
    /// Its address, without the key.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// The member that is meant.
    pub(super) const fn key(&self) -> Option<&JsonKey> {
        self.key.as_ref()
    }

    /// Whether `id`, which an answer names, is that of this secret: of its name, and of the version if one is asked for.
    pub(super) fn is(&self, id: &str) -> bool {
        let Ok(found) = Url::parse(id) else { return false };
        let (asked, found) = (segments(&self.url), segments(&found));
        // Names are case-insensitive; an answer adds the version it took.
        found.len() >= asked.len()
            && asked.iter().zip(&found).all(|(one, other)| one.eq_ignore_ascii_case(other))
    }
}

fn segments(url: &Url) -> Vec<&str> {
    url.path_segments().map(Iterator::collect).unwrap_or_default()
}

impl FromStr for VaultSecret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let refused = || SecretError::Reference {
            scheme: SCHEME,
            expected: "address https://VAULT.vault.azure.net/secrets/NAME[/VERSION], with #KEY for one member of a \
                       JSON object",
        };
        let (address, key) = match text.split_once('#') {
            Some((address, key)) => (address, Some(JsonKey::parse(key).ok_or_else(refused)?)),
            None => (text, None),
        };
        let url = Url::parse(address).map_err(|_| refused())?;
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        let word = |text: &str, longest, plain: fn(char) -> bool| {
            (1..=longest).contains(&text.len()) && text.chars().all(plain)
        };
        let name = |text: &str| word(text, LONGEST_NAME, |c| c.is_ascii_alphanumeric() || c == '-');
        let version = |text: &str| word(text, 64, |c| c.is_ascii_alphanumeric());
        let is_secret = match segments(&url).as_slice() {
            ["secrets", named] => name(named),
            ["secrets", named, of] => name(named) && version(of),
            _ => false,
        };
        if plain && keeps_to_itself(&url) && is_secret && address.len() <= LONGEST {
            Ok(Self { url, key })
        } else {
            Err(refused())
        }
    }
}

impl fmt::Display for VaultSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str())?;
        self.key.iter().try_for_each(|key| write!(f, "#{key}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_of_a_secret_is_one() {
        for text in [
            "https://acme.vault.azure.net/secrets/collector",
            "https://acme.vault.azure.net/secrets/Collector-1/4387e9f3d6e14c459867679a90fd0f79#a",
            "http://127.0.0.1:8443/secrets/collector",
        ] {
            assert_eq!(text.parse::<VaultSecret>().unwrap().to_string(), text);
        }
        for text in [
            "acme.vault.azure.net/secrets/collector",
            "http://acme.vault.azure.net/secrets/collector",
            "https://user:s3cr3t@acme.vault.azure.net/secrets/collector",
            "https://acme.vault.azure.net/secrets/collector?api-version=7.4",
            "https://acme.vault.azure.net/keys/collector",
            "https://acme.vault.azure.net/secrets/",
            "https://acme.vault.azure.net/secrets/a/b/c",
            "https://acme.vault.azure.net/secrets/a/",
            "https://acme.vault.azure.net/secrets/a_b",
            "https://acme.vault.azure.net/secrets/a#",
            "https:///secrets/a",
        ] {
            let error = text.parse::<VaultSecret>().unwrap_err();
            assert!(error.to_string().contains("/secrets/NAME") && !error.to_string().contains("s3cr3t"));
        }
    }

    #[test]
    fn an_answer_must_be_about_the_secret_that_was_asked_for() {
        let newest = "https://acme.vault.azure.net/secrets/collector".parse::<VaultSecret>().unwrap();
        let version =
            "https://acme.vault.azure.net/secrets/collector/4387e9f3".parse::<VaultSecret>().unwrap();
        let id = "https://acme.vault.azure.net/secrets/Collector/4387e9f3";
        assert!(newest.is(id) && version.is(id));
        assert!(!version.is("https://acme.vault.azure.net/secrets/collector/00000000"));
        for other in
            ["https://acme.vault.azure.net/secrets/other/4387e9f3", "https://acme.vault.azure.net/", ""]
        {
            assert!(!newest.is(other), "{other}");
        }
    }
}
