//! What a store tells about the versions it keeps: how many stand under a name, and how long the one that
//! is read is locked. Facts only; what they mean for evidence is judged in `verify`.

use serde::{Deserialize, Serialize};

use super::Item;
use crate::digest::Digest;
use crate::time::UtcTime;

/// Who can end a lock before its time; the stronger mode is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LockMode {
    /// Whoever may bypass governance retention.
    Governance,
    /// Nobody.
    Compliance,
}

impl LockMode {
    /// As stores and manifests write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Governance => "GOVERNANCE",
            Self::Compliance => "COMPLIANCE",
        }
    }

    /// The mode that is written so.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        [Self::Governance, Self::Compliance].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// A lock on one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Who can end it early.
    pub mode: LockMode,
    /// Up to when the version cannot be deleted.
    pub until_utc: UtcTime,
}

/// Something a store was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told<T> {
    /// Its answer.
    Is(T),
    /// It gave none; why. A refused question is no answer "no".
    Unknown(String),
}

/// What a store tells about one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockFacts {
    /// The version that is read: the first one under its name. Untrusted text.
    pub version: String,
    /// Other versions under the same name, the newest first. Untrusted texts; at most [`MOST_OTHERS`] are listed.
    pub others: Vec<String>,
    /// How many other versions there are.
    pub other_versions: u64,
    /// Delete markers under the same name: they hide it from whoever does not ask for versions.
    pub delete_markers: u64,
    /// The lock of the version; `None` if it has none.
    pub retention: Told<Option<Retention>>,
    /// The key of a key service that encrypts it; `None` if none does. Untrusted text.
    pub encryption_key: Told<Option<String>>,
}

/// Other versions of one name that are listed one by one.
pub const MOST_OTHERS: usize = 10;

/// What a place that locks its versions tells about them.
pub trait Locks: Sync {
    /// Whose word it is, for the report.
    fn told_by(&self) -> String;

    /// When it was asked: days until the end of a lock are counted from here.
    fn asked_utc(&self) -> UtcTime;

    /// What it tells about an item that it listed.
    fn of(&self, item: &Item) -> Told<LockFacts>;

    /// Names under which delete markers stand and no version any more. Untrusted texts.
    fn emptied(&self) -> Vec<String>;

    /// Everything that a receipt names, and what stands in its place in the copy; nothing where the store itself
    /// was asked. What was not read yet is read now, if the second argument says so, up to the first
    /// one's bytes each.
    fn received(&self, _limit: u64, _read_on: bool) -> Vec<Kept<'_>> {
        Vec::new()
    }
}

/// One object that was copied, against the copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept<'a> {
    /// Its name in the copy. Untrusted text.
    pub name: &'a str,
    /// SHA-256 of the bytes that were copied.
    pub sha256: Digest,
    /// SHA-256 of what the copy holds under that name; `None` if it holds nothing there.
    pub found: Told<Option<Digest>>,
}
