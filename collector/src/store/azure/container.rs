//! The calls to one container, as futures: each of them bounded in time, attempts and size.
//!
//! Nothing here decides what an outcome means. Listings are always read to their end, names are never interpreted,
//! and every blob is read by its version: a newer version or a deletion hides nothing. Headers and answers are those
//! of the Blob Service REST API, version 2023-11-03.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use reqwest::Url;
use verify_core::digest::Digest;
use verify_core::time::UtcTime;

use super::fault::BlobFault;
use super::listing;
use super::settings::{AzureLimits, AzureLocation, PolicyMode};
use crate::azure::{Answer, Ask, Line, Method, Pass, Patience};
use crate::clock::{Clock, SystemClock, utc};
use crate::store::objects::Wanted;

const API: &str = "2023-11-03";
/// Bytes of a page of a listing at most, for every name asked for.
const ENTRY_BYTES: u64 = 8 << 10;
/// Bytes of any other answer without a blob in it at most.
const SMALL: u64 = 64 << 10;

/// One container and how it is spoken to.
pub(super) struct Container {
    pub(super) line: Arc<Line>,
    pub(super) location: AzureLocation,
    pub(super) limits: AzureLimits,
    /// Whether every blob must have a version.
    pub(super) versions: bool,
    pub(super) mode: Option<PolicyMode>,
}

/// What tells two blobs of one name apart: the id of a version, or nothing where none are kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(pub(super) Option<String>);

/// All that stands under one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// The version that was written first: the one that counts.
    pub(super) first: Option<Version>,
    /// Versions of the blob, deleted ones included.
    pub(super) versions: u32,
    /// Versions of it that were deleted and can still be brought back.
    pub(super) deleted: u32,
}

impl Container {
    /// Everything under names that begin with `prefix`, deleted or not.
    pub(super) async fn standing(&self, prefix: &str) -> Result<BTreeMap<String, Standing>, BlobFault> {
        let mut found: BTreeMap<String, Standing> = BTreeMap::new();
        let mut marker = String::new();
        loop {
            let mut url = Self::url(&self.location.container_url())?;
            {
                let mut query = url.query_pairs_mut();
                query.append_pair("restype", "container").append_pair("comp", "list");
                query.append_pair("prefix", prefix);
                query.append_pair("maxresults", &self.limits.page_blobs.to_string());
                if self.versions {
                    query.append_pair("include", "versions,deleted");
                }
                if !marker.is_empty() {
                    query.append_pair("marker", &marker);
                }
            }
            let limit = u64::from(self.limits.page_blobs.max(8)).saturating_mul(ENTRY_BYTES);
            let page = listing::read(&self.ask(Ask::get(url, limit), self.limits.small()).await?.body)?;
            for entry in page.entries {
                if self.versions && entry.version.is_none() {
                    return Err(BlobFault::NoVersion);
                }
                let version = Version(entry.version);
                let standing = found.entry(entry.name).or_default();
                // Ids are times of one form: the least of them is the first.
                let earlier = standing.first.as_ref().is_none_or(|first| version < *first);
                if earlier {
                    standing.first = Some(version);
                }
                standing.versions = standing.versions.saturating_add(1);
                standing.deleted = standing.deleted.saturating_add(u32::from(entry.deleted));
            }
            match page.next {
                None => return Ok(found),
                Some(next) if next == marker => return Err(BlobFault::Listing),
                Some(next) => marker = next,
            }
        }
    }

    /// What stands under exactly `key`.
    pub(super) async fn at(&self, key: &str) -> Result<Standing, BlobFault> {
        Ok(self.standing(key).await?.remove(key).unwrap_or_default())
    }

    /// The bytes of a version, `limit` of them at most.
    pub(super) async fn get(&self, key: &str, version: &Version, limit: u64) -> Result<Vec<u8>, BlobFault> {
        let ask = Ask::get(self.blob(key, version)?, limit);
        Ok(self.ask(ask, self.limits.upload()).await?.body)
    }

    /// What Azure says of a version.
    pub(super) async fn head(&self, key: &str, version: &Version) -> Result<Answer, BlobFault> {
        let ask = Ask { method: Method::HEAD, ..Ask::get(self.blob(key, version)?, SMALL) };
        self.ask(ask, self.limits.small()).await
    }

    /// What Azure says of the container.
    pub(super) async fn properties(&self) -> Result<Answer, BlobFault> {
        let mut url = Self::url(&self.location.container_url())?;
        url.query_pairs_mut().append_pair("restype", "container");
        self.ask(Ask::get(url, SMALL), self.limits.small()).await
    }

    /// Writes the blob if no other stands under its name; its version.
    pub(super) async fn put(&self, wanted: &Wanted) -> Result<Version, BlobFault> {
        let answer = if wanted.body.len() <= self.limits.block_bytes {
            self.put_whole(wanted).await?
        } else {
            self.put_blocks(wanted).await?
        };
        match answer.header("x-ms-version-id") {
            Some(id) => Ok(Version(Some(id.to_owned()))),
            None if self.versions => Err(BlobFault::NoVersion),
            None => Ok(Version(None)),
        }
    }

    async fn put_whole(&self, wanted: &Wanted) -> Result<Answer, BlobFault> {
        let ask = Self::put_ask(Self::url(&self.location.url_of(&wanted.key))?, wanted.body.clone());
        let ask = self.on_terms(ask.with("x-ms-blob-type", "BlockBlob"), wanted);
        self.ask(ask, self.limits.upload()).await
    }

    /// A request that sends bytes, which Azure refuses if they arrive as others.
    pub(super) fn put_ask(url: Url, body: Vec<u8>) -> Ask {
        let md5 = STANDARD.encode(Md5::digest(&body));
        Ask { method: Method::PUT, body, ..Ask::get(url, SMALL) }
            .with("content-type", "application/octet-stream")
            .with("content-md5", &md5)
    }

    /// The condition that the name is free, and the terms on which the finished blob is kept.
    pub(super) fn on_terms(&self, ask: Ask, wanted: &Wanted) -> Ask {
        let mut ask =
            ask.with("if-none-match", "*").with("x-ms-meta-sha256", &Digest::of(&wanted.body).to_string());
        if let Some(tier) = &wanted.terms.storage_class {
            ask = ask.with("x-ms-access-tier", tier);
        }
        if let (Some(mode), Some(until)) = (self.mode, wanted.terms.retention_until) {
            ask = ask
                .with("x-ms-immutability-policy-mode", mode.as_str())
                .with("x-ms-immutability-policy-until-date", &http_date(until));
        }
        if wanted.legal_hold {
            ask = ask.with("x-ms-legal-hold", "true");
        }
        Self::in_scope(ask, wanted)
    }

    /// The encryption scope, which every part of a blob must name.
    pub(super) fn in_scope(ask: Ask, wanted: &Wanted) -> Ask {
        match &wanted.terms.encryption_key_id {
            Some(scope) => ask.with("x-ms-encryption-scope", scope),
            None => ask,
        }
    }

    pub(super) async fn ask(&self, ask: Ask, patience: Patience) -> Result<Answer, BlobFault> {
        let ask = ask.with("x-ms-version", API).with("x-ms-date", &http_date(utc(SystemClock.now())));
        Ok(self.line.send(&ask, &Pass::Storage, &patience).await?)
    }

    pub(super) fn url(text: &str) -> Result<Url, BlobFault> {
        Url::parse(text).map_err(|_odd| BlobFault::Name)
    }

    fn blob(&self, key: &str, version: &Version) -> Result<Url, BlobFault> {
        let mut url = Self::url(&self.location.url_of(key))?;
        if let Some(id) = &version.0 {
            url.query_pairs_mut().append_pair("versionid", id);
        }
        Ok(url)
    }
}

/// A time as headers write it (RFC 9110 section 5.6.7), in whole seconds.
pub(super) fn http_date(time: UtcTime) -> String {
    time.civil().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The time that a header writes.
pub(super) fn read_http_date(text: &str) -> Option<UtcTime> {
    let time = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(UtcTime::from_unix(time.as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_travel_as_headers_write_them() {
        // date -u -d @784111777 '+%a, %d %b %Y %H:%M:%S GMT'
        let time = UtcTime::from_unix(784_111_777);
        assert_eq!(http_date(time), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(read_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(time));
        assert_eq!(read_http_date("tomorrow"), None);
    }

    #[test]
    fn the_least_version_id_is_the_first() {
        let version = |id: &str| Version(Some(id.to_owned()));
        assert!(version("2026-11-24T09:59:59.9999999Z") < version("2026-11-24T10:00:00.0000000Z"));
    }
}
