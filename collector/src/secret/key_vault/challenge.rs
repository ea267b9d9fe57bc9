//! What a vault asks for before it answers: `WWW-Authenticate: Bearer authorization="…", resource="…"`.
//!
//! The vault says for which resource the token must be. Whoever is asked could name another service there and be
//! given a token for it, so the resource must be a domain that the vault itself belongs to: `vault.azure.net` for
//! `acme.vault.azure.net`. The authority that the challenge names is not followed at all: who gives out tokens is
//! a matter of the configuration, never of an answer.

use reqwest::Url;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

use crate::aws::keeps_to_itself;

/// Bytes of a challenge at most.
const LONGEST: usize = 4_096;

/// Why a challenge is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Untrusted {
    /// It has another form.
    #[error("asks for no bearer token of a resource")]
    Form,
    /// It asks for a token for somebody else.
    #[error("asks for a token for a resource that is not its own domain, which it is not given")]
    Resource,
}

/// The scope of the token that the vault at `vault` asks for, e.g. `https://vault.azure.net/.default`.
pub(super) fn scope(headers: &HeaderMap, vault: &Url) -> Result<String, Untrusted> {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let resource = challenges
        .filter(|challenge| challenge.len() <= LONGEST)
        .find_map(resource)
        .and_then(|text| Url::parse(text).ok())
        .ok_or(Untrusted::Form)?;
    if is_of(vault, &resource) {
        Ok(format!("{}/.default", resource.as_str().trim_end_matches('/')))
    } else {
        Err(Untrusted::Resource)
    }
}

/// The resource of a bearer challenge; a scope names it too.
fn resource(challenge: &str) -> Option<&str> {
    let (scheme, parameters) = challenge.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let value = |name: &str| {
        // Neither an authority nor a resource has a comma or a quote in it.
        parameters.split(',').find_map(|parameter| {
            let (found, value) = parameter.trim().split_once('=')?;
            found.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
        })
    };
    value("resource").or_else(|| value("scope")?.strip_suffix("/.default"))
}

/// Whether `vault` lies in the domain `resource`, or is it.
fn is_of(vault: &Url, resource: &Url) -> bool {
    let (Some(vault), Some(domain)) = (vault.host_str(), resource.host_str()) else { return false };
    let plain = resource.username().is_empty()
        && resource.password().is_none()
        && resource.query().is_none()
        && resource.fragment().is_none()
        && matches!(resource.path(), "" | "/");
    // A top-level domain is nobody's resource.
    let within =
        || domain.contains('.') && vault.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    plain && keeps_to_itself(resource) && (vault == domain || within())
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn asked(vault: &str, challenge: &str) -> Result<String, Untrusted> {
        let mut headers = HeaderMap::new();
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_str(challenge).unwrap());
        scope(&headers, &Url::parse(vault).unwrap())
    }

    const VAULT: &str = "https://acme.vault.azure.net/secrets/a";

    #[test]
    fn the_resource_of_the_vault_itself_is_asked_for() {
        for challenge in [
            r#"Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net""#,
            r#"bearer resource="https://vault.azure.net/",authorization="https://login.windows.net/t""#,
            r#"Bearer authorization="https://login.microsoftonline.com/t", scope="https://vault.azure.net/.default""#,
        ] {
            assert_eq!(
                asked(VAULT, challenge).as_deref(),
                Ok("https://vault.azure.net/.default"),
                "{challenge}"
            );
        }
        let own = r#"Bearer authorization="http://127.0.0.1:1/t", resource="http://127.0.0.1:2""#;
        assert_eq!(asked("http://127.0.0.1:2/secrets/a", own).as_deref(), Ok("http://127.0.0.1:2/.default"));
    }

    #[test]
    fn a_token_for_somebody_else_is_refused() {
        for resource in [
            "https://management.azure.com",
            "https://graph.microsoft.com",
            "https://evil.vault.azure.net",
            "https://ault.azure.net",
            "https://net",
            "https://vault.azure.net.evil.example",
            "https://vault.azure.net/x",
            "https://u@vault.azure.net",
            "http://vault.azure.net",
            "https://vault.azure.net?x",
        ] {
            let challenge = format!("Bearer authorization=\"https://login/t\", resource=\"{resource}\"");
            assert_eq!(asked(VAULT, &challenge), Err(Untrusted::Resource), "{resource}");
        }
        let elsewhere = r#"Bearer resource="https://vault.azure.net""#;
        assert_eq!(
            asked("https://vault.azure.net.evil.example/secrets/a", elsewhere),
            Err(Untrusted::Resource)
        );
    }

    #[test]
    fn other_challenges_are_not_understood() {
        for challenge in [
            "Basic realm=\"x\"",
            "Bearer",
            "Bearer realm=\"x\"",
            "Bearer resource=\"vault\"",
            "Bearer scope=\"https://vault.azure.net/other\"",
        ] {
            assert_eq!(asked(VAULT, challenge), Err(Untrusted::Form), "{challenge}");
        }
        assert_eq!(scope(&HeaderMap::new(), &Url::parse(VAULT).unwrap()), Err(Untrusted::Form));
    }
}
