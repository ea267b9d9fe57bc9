//! Where evidence is kept, when it is not in a folder, and what its store is asked for.

use std::path::PathBuf;

use clap::Args;

use super::values;

/// Heading in the help.
const STORE: &str = "Evidence in S3 (PATH is s3://BUCKET/ROOT)";
/// The same for locks.
const LOCKS: &str = "Locks of the store";

/// How a store is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct StoreOptions {
    /// Profile of the AWS configuration files that says who asks.
    #[arg(long, help_heading = STORE, value_name = "NAME")]
    pub profile: Option<String>,
    /// Region of the bucket.
    #[arg(long, help_heading = STORE, value_name = "NAME")]
    pub region: Option<String>,
    /// Address of a server that speaks S3 and is not AWS's.
    #[arg(long, help_heading = STORE, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Ask without credentials: for a bucket that everybody may read.
    #[arg(long, help_heading = STORE, conflicts_with = "profile")]
    pub no_sign_request: bool,
    /// Keep what is fetched below DIR, for this time and later ones [default: in the user's folder for caches, until
    /// a verification of the same place ends with a verdict].
    #[arg(long, help_heading = STORE, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// Keep nothing of what is fetched: an interrupted verification begins anew.
    #[arg(long, help_heading = STORE, conflicts_with_all = ["cache", "cache_size"])]
    pub no_cache: bool,
    /// Bytes that are kept at most [default: 4GiB].
    #[arg(long, help_heading = STORE, value_name = "SIZE", value_parser = values::size)]
    pub cache_size: Option<u64>,
}

/// What is asked of locks, in a store or of a copy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct LockOptions {
    /// What the store told about its locks when PATH, a folder, was copied out of it; a store is asked itself.
    #[arg(long, help_heading = LOCKS, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
    /// Every record must have been sealed for a lock in mode COMPLIANCE of so many days.
    #[arg(long, help_heading = LOCKS, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_525))]
    pub lock_days: Option<u32>,
}

impl StoreOptions {
    /// An option that means nothing for a folder, if one was given.
    #[must_use]
    pub fn given_for_a_store(&self) -> Option<&'static str> {
        [
            ("profile", self.profile.is_some()),
            ("region", self.region.is_some()),
            ("endpoint-url", self.endpoint_url.is_some()),
            ("no-sign-request", self.no_sign_request),
            ("cache", self.cache.is_some()),
            ("no-cache", self.no_cache),
            ("cache-size", self.cache_size.is_some()),
        ]
        .into_iter()
        .find_map(|(name, given)| given.then_some(name))
    }

    /// The same as arguments: name and value.
    pub(super) fn arguments(&self) -> Vec<(&'static str, String)> {
        let named =
            [("profile", &self.profile), ("region", &self.region), ("endpoint-url", &self.endpoint_url)];
        let mut all: Vec<(&'static str, String)> =
            named.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
        all.extend(self.no_sign_request.then(|| ("no-sign-request", String::new())));
        all.extend(self.cache.as_ref().map(|path| ("cache", path.to_string_lossy().into_owned())));
        all.extend(self.no_cache.then(|| ("no-cache", String::new())));
        all.extend(self.cache_size.map(|size| ("cache-size", size.to_string())));
        all
    }
}

impl LockOptions {
    /// The same as arguments: name and value.
    pub(super) fn arguments(&self) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        all.extend(self.receipt.as_ref().map(|path| ("receipt", path.to_string_lossy().into_owned())));
        all.extend(self.lock_days.map(|days| ("lock-days", days.to_string())));
        all
    }
}
