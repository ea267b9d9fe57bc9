//! Where the evidence lies in Azure.
//!
//! A place is the address that Azure itself shows: `https://ACCOUNT.blob.core.windows.net/CONTAINER/ROOT`, or for a
//! server on this machine `http://127.0.0.1:PORT/ACCOUNT/CONTAINER/ROOT`. Names that clients normalise differently
//! are refused.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

use super::SettingError;
use crate::store::names::is_plain;

/// Characters of a root at most: Azure allows 1,024 for a whole name.
const LONGEST_ROOT: usize = 500;

/// Whether `text` is meant as a place in Azure rather than as a folder.
#[must_use]
pub fn is_location(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// A container and the root of the evidence in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzureLocation {
    /// Scheme, host and, on this machine, the account: what all addresses begin with.
    endpoint: String,
    account: String,
    container: String,
    root: String,
}

impl AzureLocation {
    /// Name of the storage account.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Name of the container.
    #[must_use]
    pub fn container(&self) -> &str {
        &self.container
    }

    /// What all names begin with: nothing, or the root and a slash.
    #[must_use]
    pub fn prefix(&self) -> String {
        if self.root.is_empty() { String::new() } else { format!("{}/", self.root) }
    }

    /// The name of `place`, which is relative to the root.
    #[must_use]
    pub fn key(&self, place: &str) -> String {
        format!("{}{place}", self.prefix())
    }

    /// The address of the blob `key`.
    #[must_use]
    pub fn url_of(&self, key: &str) -> String {
        format!("{}/{}/{key}", self.endpoint, self.container)
    }

    /// The address of the container.
    #[must_use]
    pub fn container_url(&self) -> String {
        format!("{}/{}", self.endpoint, self.container)
    }
}

impl fmt::Display for AzureLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.container_url())?;
        if self.root.is_empty() { Ok(()) } else { write!(f, "/{}", self.root) }
    }
}

impl FromStr for AzureLocation {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        // A query may be a signature: nothing behind its mark is repeated.
        let shown = || text.split('?').next().unwrap_or_default().chars().take(200).collect::<String>();
        let refused = || SettingError::Address(shown());
        let url = Url::parse(text).map_err(|_odd| refused())?;
        let bare = url.username().is_empty() && url.password().is_none();
        if !bare || url.query().is_some() || url.fragment().is_some() || text.contains("..") {
            return Err(refused());
        }
        let host = url.host_str().ok_or_else(refused)?;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let mut path = url.path().trim_start_matches('/');
        let begin = format!("{}://{host}{port}", url.scheme());
        let (endpoint, account) = if matches!(host, "127.0.0.1" | "localhost" | "[::1]") {
            let (account, rest) = path.split_once('/').ok_or_else(refused)?;
            path = rest;
            (format!("{begin}/{account}"), account.to_owned())
        } else {
            let (account, rest) = host.split_once('.').ok_or_else(refused)?;
            if url.scheme() != "https" || !rest.split('.').any(|label| label == "blob") {
                return Err(refused());
            }
            (begin, account.to_owned())
        };
        let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if !(3..=24).contains(&account.len()) || !account.chars().all(small) {
            return Err(SettingError::Account(account.chars().take(200).collect()));
        }
        let (container, root) = path.split_once('/').unwrap_or((path, ""));
        let edges = container.starts_with('-') || container.ends_with('-') || container.contains("--");
        if !(3..=63).contains(&container.len()) || !container.chars().all(|c| small(c) || c == '-') || edges {
            return Err(SettingError::Container(container.chars().take(200).collect()));
        }
        let root = root.strip_suffix('/').unwrap_or(root);
        if !root.is_empty() && (root.len() > LONGEST_ROOT || !root.split('/').all(is_plain)) {
            return Err(SettingError::Root(shown()));
        }
        Ok(Self { endpoint, account, container: container.to_owned(), root: root.to_owned() })
    }
}
