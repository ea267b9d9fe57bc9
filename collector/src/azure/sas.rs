//! A shared access signature: a query that lets in whoever holds it, and so a secret.

use reqwest::Url;

use super::AzureError;
use crate::secret::Secret;

/// A signature, to be added to the address of one request and shown nowhere.
#[derive(Debug)]
pub(super) struct Sas(Secret);

impl Sas {
    /// Takes the query of a signature, with or without its question mark.
    pub(super) fn of(secret: &Secret) -> Result<Self, AzureError> {
        let query = secret.expose().trim_start_matches('?');
        let has = |name: &str| query.split('&').any(|pair| pair.starts_with(name));
        let plain = query.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'?'));
        if has("sv=") && has("sig=") && plain {
            Ok(Self(Secret::new(query.to_owned())))
        } else {
            Err(AzureError::Sas)
        }
    }

    /// The address with the signature.
    pub(super) fn signed(&self, url: &Url) -> Url {
        let mut url = url.clone();
        let query = match url.query() {
            Some(query) if !query.is_empty() => Secret::new(format!("{query}&{}", self.0.expose())),
            _ => self.0.clone(),
        };
        url.set_query(Some(query.expose()));
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_joins_the_query_and_is_not_shown() {
        let sas = Sas::of(&Secret::new("?sv=2023-11-03&sp=rl&sig=a%2Bb%3D".to_owned())).unwrap();
        let url = |text: &str| Url::parse(text).unwrap();
        assert_eq!(
            sas.signed(&url("https://a.example/c?comp=list")).as_str(),
            "https://a.example/c?comp=list&sv=2023-11-03&sp=rl&sig=a%2Bb%3D"
        );
        assert_eq!(
            sas.signed(&url("https://a.example/c/b")).as_str(),
            "https://a.example/c/b?sv=2023-11-03&sp=rl&sig=a%2Bb%3D"
        );
        assert!(!format!("{sas:?}").contains("sig"));
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        for text in ["", "hunter2", "sv=1", "sig=1", "sv=1&sig=2#x", "sv=1&sig=2 3", "https://a/?sv=1&sig=2"]
        {
            assert!(matches!(Sas::of(&Secret::new(text.to_owned())), Err(AzureError::Sas)), "{text}");
        }
    }
}
