//! What is asked of the container: on which terms every blob is kept, and how long calls may take.
//!
//! The tier from which nothing can be read at once is refused.

use std::str::FromStr;
use std::time::Duration;

use crate::azure::Patience;

mod location;

pub use location::{AzureLocation, is_location};

/// Why a place or a setting is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// It is no address of a container.
    #[error("{0:?} is no container, expected https://ACCOUNT.blob.core.windows.net/CONTAINER/ROOT")]
    Address(String),
    /// The account cannot be one.
    #[error("{0:?} is no storage account, expected 3 to 24 of a-z 0-9")]
    Account(String),
    /// The container cannot be one.
    #[error("{0:?} is no container name, expected 3 to 63 of a-z 0-9 and single hyphens between them")]
    Container(String),
    /// The root holds something that not everybody reads alike.
    #[error("{0:?} is no root in a container, expected names of A-Z a-z 0-9 . _ - with / between them")]
    Root(String),
    /// There is no such mode.
    #[error("{0:?} is no immutability mode, expected Locked or Unlocked")]
    Mode(String),
    /// The tier does not exist, or nothing can be read from it at once.
    #[error("{0:?} is no access tier that can be read at once, expected {known}", known = AccessTier::KNOWN.join(", "))]
    Tier(String),
    /// The scope cannot be one.
    #[error("{0:?} is no encryption scope, expected 3 to 63 of A-Z a-z 0-9 and hyphens")]
    Scope(String),
}

/// Who can end an immutability policy early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PolicyMode {
    /// Nobody, the owner of the account included.
    #[default]
    Locked,
    /// Whoever may change immutability policies.
    Unlocked,
}

impl PolicyMode {
    /// As requests to Azure write it; its answers differ in case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Unlocked => "unlocked",
        }
    }

    /// The mode of a manifest that is as strong (F-157).
    #[must_use]
    pub const fn lock_mode(self) -> &'static str {
        match self {
            Self::Locked => "COMPLIANCE",
            Self::Unlocked => "GOVERNANCE",
        }
    }
}

impl FromStr for PolicyMode {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        match text {
            "Locked" => Ok(Self::Locked),
            "Unlocked" => Ok(Self::Unlocked),
            _ => Err(SettingError::Mode(text.chars().take(200).collect())),
        }
    }
}

/// Access tier of the packages. The chain itself is small and read by every run: it stays in `Hot`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessTier(&'static str);

impl AccessTier {
    /// Every tier from which a blob can be read at once.
    pub const KNOWN: [&'static str; 3] = ["Hot", "Cool", "Cold"];
    /// The tier of whatever names no other.
    pub const HOT: Self = Self("Hot");

    /// As Azure and the manifest write it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        self.0
    }
}

impl Default for AccessTier {
    fn default() -> Self {
        Self::HOT
    }
}

impl FromStr for AccessTier {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let known = Self::KNOWN.iter().find(|known| **known == text);
        known.map(|known| Self(known)).ok_or_else(|| SettingError::Tier(text.chars().take(200).collect()))
    }
}

/// The name of an encryption scope of the account: the key behind it is chosen there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptionScope(String);

impl EncryptionScope {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EncryptionScope {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if (3..=63).contains(&text.len()) && plain {
            Ok(Self(text.to_owned()))
        } else {
            Err(SettingError::Scope(text.chars().take(200).collect()))
        }
    }
}

/// How every blob is kept from change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Immutability {
    /// Mode of the policy on every blob.
    pub mode: PolicyMode,
    /// Days, from sealing on, in which a blob cannot be deleted.
    pub retention_days: u32,
    /// Whether every blob gets a legal hold, too.
    pub legal_hold: bool,
}

/// Where evidence goes in Azure and on which terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzureSettings {
    /// Account, container and root.
    pub location: AzureLocation,
    /// How blobs are kept from change. `None` is for a server that has no immutability and no versions, such as an
    /// emulator: nothing is locked there and manifests state no lock. No configuration file leads to it.
    pub immutability: Option<Immutability>,
    /// Access tier of the packages.
    pub access_tier: AccessTier,
    /// Scope that encrypts every blob; `None`: as the container does by default.
    pub encryption_scope: Option<EncryptionScope>,
}

/// How long calls may take and how much one of them carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AzureLimits {
    /// One attempt at a small call.
    pub attempt: Duration,
    /// One attempt at moving a package or a part of one.
    pub upload_attempt: Duration,
    /// Attempts at one call.
    pub attempts: u32,
    /// Pause before the second attempt; it doubles from then on.
    pub first_pause: Duration,
    /// Longest pause between two attempts.
    pub longest_pause: Duration,
    /// Packages larger than this are sent in blocks of this size.
    pub block_bytes: usize,
    /// Names asked for at once.
    pub page_blobs: u32,
}

impl Default for AzureLimits {
    fn default() -> Self {
        Self {
            attempt: Duration::from_secs(10),
            upload_attempt: Duration::from_mins(1),
            attempts: 4,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(5),
            block_bytes: 16 << 20,
            page_blobs: 1_000,
        }
    }
}

impl AzureLimits {
    pub(super) const fn small(&self) -> Patience {
        self.patience(self.attempt)
    }

    pub(super) const fn upload(&self) -> Patience {
        self.patience(self.upload_attempt)
    }

    const fn patience(&self, attempt: Duration) -> Patience {
        Patience {
            attempt,
            attempts: self.attempts,
            first_pause: self.first_pause,
            longest_pause: self.longest_pause,
        }
    }
}

#[cfg(test)]
mod tests;
