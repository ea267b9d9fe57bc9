//! The only thing the client can ask the API for: a GET of a path and a query.
//!
//! There is no method, no body and no host in a [`ReadRequest`], so nothing that writes and nothing
//! that leaves the API can be expressed, let alone sent.

use super::{AddressError, ApiBase};

/// A read of one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRequest {
    path: String,
    query: Option<String>,
}

impl ReadRequest {
    /// A read of `path`, which starts with a slash, with these query parameters in this order.
    pub fn new(path: &str, query: &[(String, String)]) -> Result<Self, AddressError> {
        let refused =
            |problem| Err(AddressError::Target { target: path.chars().take(200).collect(), problem });
        if !path.starts_with('/') || path.starts_with("//") {
            return refused("expected a path that starts with one slash");
        }
        if !path.chars().all(|c| {
            c.is_ascii_graphic() && !matches!(c, '?' | '#' | '\\' | '"' | '<' | '>' | '{' | '}' | '`')
        }) {
            return refused("a character must be percent-encoded");
        }
        if path.split('/').any(is_dots) {
            return refused("a segment of dots would lead elsewhere");
        }
        let pairs: Vec<_> =
            query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        Ok(Self { path: path.to_owned(), query: (!pairs.is_empty()).then(|| pairs.join("&")) })
    }

    /// The read that `link` asks for, a link out of the answer to `self`.
    ///
    /// It must lead to the same list: the same path below the same base.
    pub fn following(&self, link: &str, base: &ApiBase) -> Result<Self, AddressError> {
        let (path, query) = base.reduce(link)?;
        if path == self.path {
            Ok(Self { path, query })
        } else {
            Err(AddressError::Link("it leads to another list"))
        }
    }

    /// The path, percent-encoded.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query without its question mark, percent-encoded.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// Path and query in one, as the transcript writes it.
    #[must_use]
    pub fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }
}

/// Fills `{parent}` in a profile's path with one parent's key, as one path segment.
pub fn fill_parent(path: &str, key: &str) -> Result<String, AddressError> {
    if key.is_empty() || is_dots(key) {
        return Err(AddressError::Target {
            target: path.to_owned(),
            problem: "the parent's key is empty or a segment of dots",
        });
    }
    Ok(path.replace("{parent}", &encoded(key)))
}

/// Percent-encodes everything but RFC 3986 unreserved characters; also right for form bodies.
pub(crate) fn encoded(text: &str) -> String {
    // Room for the longest outcome: what is encoded may be a secret, and a growing text leaves copies behind.
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for nibble in [byte >> 4, byte & 15] {
                out.extend(char::from_digit(u32::from(nibble), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
    out
}

/// `.` and `..`, also spelt with `%2e`, which a URL parser would resolve.
fn is_dots(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn values_cannot_leave_their_place() {
        let request =
            ReadRequest::new("/v2/users", &query(&[("state", "any&x=y#z"), ("token", "a b+c/é")])).unwrap();
        assert_eq!(request.target(), "/v2/users?state=any%26x%3Dy%23z&token=a%20b%2Bc%2F%C3%A9");
        let base = ApiBase::parse("api_base", "https://api.example.com/base").unwrap();
        assert_eq!(
            base.join(&request).unwrap().as_str(),
            format!("https://api.example.com/base{}", request.target())
        );
    }

    #[test]
    fn paths_that_mean_something_else_are_refused() {
        for path in [
            "",
            "v2",
            "//evil/v2",
            "/a/../b",
            "/a/./b",
            "/a/%2E%2e/b",
            "/a?b",
            "/a#b",
            "/a\\b",
            "/a b",
            "/é",
            "/{parent}",
        ] {
            assert!(ReadRequest::new(path, &[]).is_err(), "{path}");
        }
    }

    #[test]
    fn a_parent_key_stays_one_segment() {
        assert_eq!(fill_parent("/groups/{parent}/members", "a/b?c").unwrap(), "/groups/a%2Fb%3Fc/members");
        for key in ["", ".", "..", "%2e%2E"] {
            assert!(fill_parent("/groups/{parent}/members", key).is_err(), "{key:?}");
        }
    }

    #[test]
    fn a_next_link_must_stay_on_its_list() {
        let base = ApiBase::parse("api_base", "https://api.example.com").unwrap();
        let first = ReadRequest::new("/v2/users", &[]).unwrap();
        assert_eq!(first.following("/v2/users?page=2", &base).unwrap().target(), "/v2/users?page=2");
        assert!(first.following("/v2/sessions/revoke?page=2", &base).is_err());
        assert!(first.following("https://evil.example.com/v2/users?page=2", &base).is_err());
    }
}
