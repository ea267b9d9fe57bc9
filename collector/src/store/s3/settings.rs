//! What is asked of the bucket: where the evidence lies, and on which terms every object is kept.
//!
//! A place is written `s3://bucket/root`. Names that clients normalise differently are refused, and so are
//! storage classes from which nothing can be read at once.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::store::names::is_plain;

/// How a place in S3 begins.
pub const SCHEME: &str = "s3://";
/// Characters of a root at most: S3 allows 1,024 bytes for a whole key.
const LONGEST_ROOT: usize = 500;

/// Why a place or a setting is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// It does not begin with `s3://`.
    #[error("{0:?} is no place in S3, expected s3://bucket/root")]
    Scheme(String),
    /// The bucket cannot be one.
    #[error("{0:?} is no bucket name, expected 3 to 63 characters of a-z 0-9 . -")]
    Bucket(String),
    /// The root holds something that not everybody reads alike.
    #[error("{0:?} is no root in a bucket, expected names of A-Z a-z 0-9 . _ - with / between them")]
    Root(String),
    /// There is no such mode.
    #[error("{0:?} is no object lock mode, expected COMPLIANCE or GOVERNANCE")]
    Mode(String),
    /// The class does not exist, or nothing can be read from it at once.
    #[error("{0:?} is no storage class that can be read at once, expected {known}", known = StorageClass::KNOWN.join(", "))]
    Class(String),
    /// The key is an alias, or no name of a key.
    #[error("{0:?} does not name one key for ever, expected the id or ARN of a KMS key")]
    Key(String),
}

/// A bucket and the root of the evidence in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Location {
    bucket: String,
    root: String,
}

impl S3Location {
    /// Name of the bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What all keys begin with: nothing, or the root and a slash.
    #[must_use]
    pub fn prefix(&self) -> String {
        if self.root.is_empty() { String::new() } else { format!("{}/", self.root) }
    }

    /// What the keys of roots begin with that lie around this one, the nearest first.
    #[must_use]
    pub fn around(&self) -> Vec<String> {
        let parts: Vec<&str> = self.root.split('/').filter(|part| !part.is_empty()).collect();
        let begun = |length: usize| parts.iter().take(length).flat_map(|part| [*part, "/"]).collect();
        (0..parts.len()).rev().map(begun).collect()
    }

    /// The key of `place`, which is relative to the root.
    #[must_use]
    pub fn key(&self, place: &str) -> String {
        format!("{}{place}", self.prefix())
    }

    /// `s3://bucket/key`.
    #[must_use]
    pub fn url_of(&self, key: &str) -> String {
        format!("{SCHEME}{}/{key}", self.bucket)
    }
}

impl fmt::Display for S3Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", self.bucket)?;
        if self.root.is_empty() { Ok(()) } else { write!(f, "/{}", self.root) }
    }
}

impl FromStr for S3Location {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let shown = || text.chars().take(200).collect::<String>();
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| SettingError::Scheme(shown()))?;
        let (bucket, root) = rest.split_once('/').unwrap_or((rest, ""));
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        let edges = bucket.starts_with(['.', '-']) || bucket.ends_with(['.', '-']) || bucket.contains("..");
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(letters) || edges {
            return Err(SettingError::Bucket(bucket.chars().take(200).collect()));
        }
        let root = root.strip_suffix('/').unwrap_or(root);
        if !root.is_empty() && (root.len() > LONGEST_ROOT || !root.split('/').all(is_plain)) {
            return Err(SettingError::Root(shown()));
        }
        Ok(Self { bucket: bucket.to_owned(), root: root.to_owned() })
    }
}

/// Who can end a lock early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LockMode {
    /// Nobody, the owner of the account included.
    #[default]
    Compliance,
    /// Whoever may bypass governance retention.
    Governance,
}

impl LockMode {
    /// As S3 and the manifest write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compliance => "COMPLIANCE",
            Self::Governance => "GOVERNANCE",
        }
    }
}

impl FromStr for LockMode {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        match text {
            "COMPLIANCE" => Ok(Self::Compliance),
            "GOVERNANCE" => Ok(Self::Governance),
            _ => Err(SettingError::Mode(text.chars().take(200).collect())),
        }
    }
}

/// Storage class of the packages. The chain itself is small and read by every run: it stays in `STANDARD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageClass(&'static str);

impl StorageClass {
    /// Every class from which an object can be read at once and that keeps it in several zones.
    pub const KNOWN: [&'static str; 4] = ["STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "GLACIER_IR"];
    /// The class of whatever names no other.
    pub const STANDARD: Self = Self("STANDARD");

    /// As S3 and the manifest write it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        self.0
    }
}

impl Default for StorageClass {
    fn default() -> Self {
        Self::STANDARD
    }
}

impl FromStr for StorageClass {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let known = Self::KNOWN.iter().find(|known| **known == text);
        known.map(|known| Self(known)).ok_or_else(|| SettingError::Class(text.chars().take(200).collect()))
    }
}

/// A KMS key by its id or ARN. An alias may point to another key tomorrow, and the evidence would not show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsKeyId(String);

impl KmsKeyId {
    /// The id or ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a service that answers with `shown` means this key.
    #[must_use]
    pub fn is(&self, shown: &str) -> bool {
        let id = |text: &str| text.rsplit_once(":key/").map_or(text, |(_, id)| id).to_owned();
        // Two ARNs are one key only if they are equal; an id has no account or region to compare.
        if self.0.starts_with("arn:") && shown.starts_with("arn:") {
            self.0 == shown
        } else {
            id(&self.0) == id(shown)
        }
    }
}

impl FromStr for KmsKeyId {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let id = match text.strip_prefix("arn:") {
            Some(rest) => rest.split_once(":key/").map(|(_, id)| id),
            None => Some(text),
        };
        let plain = |id: &str| {
            (8..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        if text.len() <= 256 && !text.chars().any(char::is_control) && id.is_some_and(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SettingError::Key(text.chars().take(200).collect()))
        }
    }
}

/// Where evidence goes in S3 and on which terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Settings {
    /// Bucket and root.
    pub location: S3Location,
    /// Mode of the lock on every object.
    pub mode: LockMode,
    /// Days, from sealing on, in which an object cannot be deleted.
    pub retention_days: u32,
    /// Whether every object gets a legal hold, too.
    pub legal_hold: bool,
    /// Storage class of the packages.
    pub storage_class: StorageClass,
    /// Key that encrypts every object; `None`: as the bucket does by default.
    pub encryption_key: Option<KmsKeyId>,
}

/// How long calls may take and how much one of them carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct S3Limits {
    /// One attempt at a small call.
    pub attempt: Duration,
    /// All attempts at a small call and the pauses between them.
    pub call: Duration,
    /// One attempt at sending a package or a part of one.
    pub upload_attempt: Duration,
    /// All attempts at that.
    pub upload_call: Duration,
    /// Attempts at one call.
    pub attempts: u32,
    /// Longest pause before the second attempt; it doubles from then on.
    pub first_pause: Duration,
    /// Longest pause between two attempts.
    pub longest_pause: Duration,
    /// Packages larger than this are sent in parts of this size; 5 MiB is the least that S3 takes.
    pub part_bytes: usize,
    /// Names asked for at once.
    pub page_keys: i32,
}

impl Default for S3Limits {
    fn default() -> Self {
        Self {
            attempt: Duration::from_secs(10),
            call: Duration::from_secs(45),
            upload_attempt: Duration::from_mins(1),
            upload_call: Duration::from_mins(5),
            attempts: 4,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(5),
            part_bytes: 16 << 20,
            page_keys: 1_000,
        }
    }
}

#[cfg(test)]
mod tests;
