//! Addresses the client may speak to: one API base and one token endpoint, fixed before the first request.
//!
//! Plain `http` is accepted on the loopback interface only; a token must not cross a wire in the clear.

use reqwest::Url;

use super::ReadRequest;

/// Why an address is refused. Messages name no host: they may end up in evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The text is no URL.
    #[error("{field}: not a URL: {problem}")]
    Url {
        /// Configuration or profile field.
        field: &'static str,
        /// What the parser says.
        problem: String,
    },
    /// The URL holds or lacks something.
    #[error("{field}: {problem}")]
    Refused {
        /// Configuration or profile field.
        field: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
    /// A path or query would mean something else in a URL.
    #[error("request target {target:?} is refused: {problem}")]
    Target {
        /// The target, shortened.
        target: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A next link leads elsewhere.
    #[error("next link is refused: {0}")]
    Link(&'static str),
}

/// Base URL of the API: scheme, host, port and a path prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiBase {
    /// Without query and fragment; the path ends without a slash.
    url: Url,
    prefix: String,
}

impl ApiBase {
    /// Parses a base URL; `field` names it in errors.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, AddressError> {
        let url = checked(field, text)?;
        let prefix = url.path().trim_end_matches('/').to_owned();
        Ok(Self { url, prefix })
    }

    /// The URL of `request`, which is certain to lie below this base.
    pub(super) fn join(&self, request: &ReadRequest) -> Result<Url, AddressError> {
        let refused = |problem| AddressError::Target { target: shortened(request.target()), problem };
        let mut url = self.url.clone();
        let path = format!("{}{}", self.prefix, request.path());
        url.set_path(&path);
        url.set_query(request.query());
        // A URL parser silently resolves `..`, drops tabs and turns backslashes: what it changes is refused.
        if url.path() != path || url.query() != request.query() {
            return Err(refused("it does not survive as written"));
        }
        Ok(url)
    }

    /// Path and query of `link` if it leads to this base, the prefix taken off.
    ///
    /// A link may be a path or a whole URL. Another scheme, host or port, user information, or a path
    /// outside the prefix is refused: the token must never go there.
    pub(super) fn reduce(&self, link: &str) -> Result<(String, Option<String>), AddressError> {
        let refused = |problem| Err(AddressError::Link(problem));
        if link.chars().any(|c| c.is_control() || c == '\\' || c == ' ') {
            return refused("it holds characters that no URL has");
        }
        if !link.starts_with('/') && !link.starts_with("http://") && !link.starts_with("https://") {
            return refused("it is neither a path nor a web address");
        }
        let Ok(url) = self.url.join(link) else {
            return refused("it is no URL");
        };
        if url.origin() != self.url.origin() {
            return refused("it names another host");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refused("it holds user information");
        }
        match url.path().strip_prefix(&self.prefix) {
            Some(path) if path.starts_with('/') => Ok((path.to_owned(), url.query().map(str::to_owned))),
            _ => refused("it leaves the API base"),
        }
    }
}

/// URL of the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenEndpoint(Url);

impl TokenEndpoint {
    /// Parses the endpoint's URL. With `base`, scheme, host and port are taken from there and only the
    /// path from `text`: so tests and the demo move an endpoint without changing its profile.
    pub fn parse(text: &str, base: Option<&str>) -> Result<Self, AddressError> {
        let field = "sign_in.url";
        let Some(base) = base else {
            return Ok(Self(checked(field, text)?));
        };
        let path = Url::parse(text)
            .map_err(|error| AddressError::Url { field, problem: error.to_string() })?
            .path()
            .to_owned();
        let mut url = checked("sign-in base URL", base)?;
        url.set_path(&path);
        Ok(Self(url))
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }
}

fn checked(field: &'static str, text: &str) -> Result<Url, AddressError> {
    let url = Url::parse(text).map_err(|error| AddressError::Url { field, problem: error.to_string() })?;
    let refused = |problem| Err(AddressError::Refused { field, problem });
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return refused("http is accepted on the loopback interface only, expected https"),
        _ => return refused("expected an https URL"),
    }
    if url.host_str().is_none_or(str::is_empty) {
        return refused("expected a host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused("a URL must not hold user information");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refused("expected no query and no fragment");
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn shortened(text: String) -> String {
    if text.chars().count() <= 200 { text } else { text.chars().take(200).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_loopback() {
        for text in
            ["https://api.example.com", "http://127.0.0.1:8080", "http://[::1]:1", "http://localhost/x"]
        {
            assert!(ApiBase::parse("api_base", text).is_ok(), "{text}");
        }
        for text in [
            "http://api.example.com",
            "http://127.0.0.1.example.com",
            "ftp://127.0.0.1",
            "https://user@api.example.com",
            "https://api.example.com/?q",
            "https://api.example.com/#f",
            "api.example.com",
            "",
        ] {
            assert!(ApiBase::parse("api_base", text).is_err(), "{text}");
        }
    }

    #[test]
    fn links_are_reduced_to_path_and_query() {
        let base = ApiBase::parse("api_base", "https://api.example.com/base/").unwrap();
        for link in [
            "/base/v2/users?page=2",
            "https://api.example.com/base/v2/users?page=2",
            "https://api.example.com:443/base/v2/users?page=2",
        ] {
            assert_eq!(base.reduce(link), Ok(("/v2/users".to_owned(), Some("page=2".to_owned()))), "{link}");
        }
    }

    #[test]
    fn links_that_lead_elsewhere_are_refused() {
        let base = ApiBase::parse("api_base", "https://api.example.com/base").unwrap();
        for link in [
            "https://evil.example.com/base/v2/users",
            "//evil.example.com/base/v2/users",
            "http://api.example.com/base/v2/users",
            "https://api.example.com:8443/base/v2/users",
            "https://x@api.example.com/base/v2/users",
            "https://api.example.com@evil.example.com/base/v2/users",
            "/v2/users",
            "/base/../v2/users",
            "/base/%2e%2e/v2/users",
            "/basement/v2/users",
            "/\\evil.example.com/base",
            "\\\\evil.example.com/base",
            "?page=2",
            "javascript:alert(1)",
            "file:///base/etc/passwd",
            "/base/v2/us\ners",
            "",
        ] {
            let refused = base.reduce(link);
            assert!(matches!(refused, Err(AddressError::Link(_))), "{link:?}: {refused:?}");
        }
    }

    #[test]
    fn the_token_endpoint_can_be_moved_to_loopback() {
        let moved = TokenEndpoint::parse("https://login.example.com/oauth/token", Some("http://127.0.0.1:9"))
            .unwrap();
        assert_eq!(moved.url().as_str(), "http://127.0.0.1:9/oauth/token");
        assert!(
            TokenEndpoint::parse("https://login.example.com/oauth/token", Some("http://10.0.0.1")).is_err()
        );
    }
}
