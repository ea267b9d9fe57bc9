//! Where evidence goes: a folder, a bucket or a container, and the terms on which these keep every object.

use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;
use toml::Spanned;

use super::super::{ConfigError, StoreConfig};
use super::Text;
use crate::store::azure::{AccessTier, AzureSettings, Immutability, PolicyMode, is_location};
use crate::store::s3::{LockMode, S3Settings, SCHEME, StorageClass};

/// Longest retention that S3 takes, and long enough for Azure.
const LONGEST_RETENTION: u32 = 36_500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStore {
    root: Spanned<String>,
    storage_class: Option<Spanned<String>>,
    object_lock_mode: Option<Spanned<String>>,
    retention_days: Option<Spanned<u32>>,
    legal_hold: Option<Spanned<bool>>,
    encryption_key_id: Option<Spanned<String>>,
    immutability_mode: Option<Spanned<String>>,
    access_tier: Option<Spanned<String>>,
    encryption_scope: Option<Spanned<String>>,
    spool: Option<Spanned<String>>,
}

/// The settings of one kind of store: their names, and where they stand if they do.
type Named<const N: usize> = [(&'static str, Option<Range<usize>>); N];

impl RawStore {
    fn of_s3(&self) -> Named<3> {
        [
            ("storage_class", self.storage_class.as_ref().map(Spanned::span)),
            ("object_lock_mode", self.object_lock_mode.as_ref().map(Spanned::span)),
            ("encryption_key_id", self.encryption_key_id.as_ref().map(Spanned::span)),
        ]
    }

    fn of_azure(&self) -> Named<3> {
        [
            ("access_tier", self.access_tier.as_ref().map(Spanned::span)),
            ("immutability_mode", self.immutability_mode.as_ref().map(Spanned::span)),
            ("encryption_scope", self.encryption_scope.as_ref().map(Spanned::span)),
        ]
    }

    fn of_both(&self) -> Named<2> {
        [
            ("retention_days", self.retention_days.as_ref().map(Spanned::span)),
            ("legal_hold", self.legal_hold.as_ref().map(Spanned::span)),
        ]
    }
}

impl Text<'_> {
    pub(super) fn store(&self, raw: &RawStore) -> Result<StoreConfig, ConfigError> {
        let root = self.short(&raw.root, "store.root")?;
        if root.starts_with(SCHEME) {
            self.without(&raw.of_azure(), "a bucket", "remove the key: it is a container's in Azure")?;
            return Ok(StoreConfig::S3(self.s3(raw)?));
        }
        if is_location(&root) {
            self.without(&raw.of_s3(), "a container", "remove the key: it is a bucket's in S3")?;
            return Ok(StoreConfig::Azure(self.container(raw)?));
        }
        // A folder cannot lock, retain or encrypt: saying so in the evidence would be a lie.
        let hint = "remove the key: a folder records null";
        self.without(&raw.of_s3(), "a folder", hint)?;
        self.without(&raw.of_azure(), "a folder", hint)?;
        self.without(&raw.of_both(), "a folder", hint)?;
        if root.contains("://") {
            let message =
                format!("store.root holds {root:?}, which is neither a folder nor a bucket nor a container");
            let hint =
                "write a folder, s3://bucket/root or https://ACCOUNT.blob.core.windows.net/CONTAINER/ROOT";
            return Err(self.refuse(&raw.root.span(), &message, hint));
        }
        Ok(StoreConfig::Folder(self.resolve(&root)))
    }

    fn retention_days(&self, raw: &RawStore) -> Result<u32, ConfigError> {
        let Some(days) = &raw.retention_days else {
            return Err(self.refuse(
                &raw.root.span(),
                &"store.retention_days is missing, and nothing is kept for certain without it",
                "add retention_days = …: the audited period and the time until its audit is closed, e.g. 400",
            ));
        };
        let retention_days = *days.get_ref();
        if (1..=LONGEST_RETENTION).contains(&retention_days) {
            return Ok(retention_days);
        }
        let message = format!("store.retention_days is {retention_days}, expected 1 to {LONGEST_RETENTION}");
        Err(self.refuse(&days.span(), &message, "400 is a year and the time until its audit is closed"))
    }

    fn container(&self, raw: &RawStore) -> Result<AzureSettings, ConfigError> {
        let retention_days = self.retention_days(raw)?;
        Ok(AzureSettings {
            location: self.parsed(
                &raw.root,
                "store.root",
                "write it like https://acme.blob.core.windows.net/evidence/soc2",
            )?,
            immutability: Some(Immutability {
                mode: match &raw.immutability_mode {
                    Some(mode) => {
                        self.parsed(mode, "store.immutability_mode", "Locked is the stronger one")?
                    }
                    None => PolicyMode::default(),
                },
                retention_days,
                legal_hold: raw.legal_hold.as_ref().is_some_and(|hold| *hold.get_ref()),
            }),
            access_tier: match &raw.access_tier {
                Some(tier) => self.parsed(tier, "store.access_tier", "Cold is cheap and read at once")?,
                None => AccessTier::default(),
            },
            encryption_scope: match &raw.encryption_scope {
                Some(scope) => Some(self.parsed(
                    scope,
                    "store.encryption_scope",
                    "`az storage account encryption-scope list` prints the names",
                )?),
                None => None,
            },
        })
    }

    fn s3(&self, raw: &RawStore) -> Result<S3Settings, ConfigError> {
        let retention_days = self.retention_days(raw)?;
        Ok(S3Settings {
            location: self.parsed(&raw.root, "store.root", "write it like s3://acme-evidence/soc2")?,
            mode: match &raw.object_lock_mode {
                Some(mode) => self.parsed(mode, "store.object_lock_mode", "COMPLIANCE is the stronger one")?,
                None => LockMode::default(),
            },
            retention_days,
            legal_hold: raw.legal_hold.as_ref().is_some_and(|hold| *hold.get_ref()),
            storage_class: match &raw.storage_class {
                Some(class) => self.parsed(class, "store.storage_class", "GLACIER_IR is cheap and read at once")?,
                None => StorageClass::default(),
            },
            encryption_key: match &raw.encryption_key_id {
                Some(key) => Some(self.parsed(
                    key,
                    "store.encryption_key_id",
                    "an alias may point to another key tomorrow; `aws kms describe-key --key-id alias/…` shows its ARN",
                )?),
                None => None,
            },
        })
    }

    /// The folder in which cycles wait for a store that is down.
    ///
    /// Evidence in a folder needs none, and a folder that is not mounted looks like one that is empty.
    pub(super) fn spool(&self, raw: &RawStore) -> Result<Option<PathBuf>, ConfigError> {
        let Some(spool) = &raw.spool else { return Ok(None) };
        let folder = self.short(spool, "store.spool")?;
        if !raw.root.get_ref().contains("://") {
            return Err(self.refuse(
                &spool.span(),
                &"store.spool has no meaning for a folder: it is as near as the spool itself",
                "remove the key, or keep the evidence in a bucket",
            ));
        }
        if folder.contains("://") {
            let message = format!("store.spool holds {folder:?}, expected a folder of this machine");
            return Err(self.refuse(&spool.span(), &message, "write it like /var/lib/collector/spool"));
        }
        Ok(Some(self.resolve(&folder)))
    }

    fn parsed<T>(&self, value: &Spanned<String>, name: &str, hint: &str) -> Result<T, ConfigError>
    where
        T: FromStr<Err: std::fmt::Display>,
    {
        let text = self.short(value, name)?;
        text.parse().map_err(|error| self.refuse(&value.span(), &format!("{name}: {error}"), hint))
    }

    fn without(
        &self,
        settings: &[(&'static str, Option<Range<usize>>)],
        place: &str,
        hint: &str,
    ) -> Result<(), ConfigError> {
        for (name, span) in settings {
            if let Some(span) = span {
                let message = format!("store.{name} has no meaning for {place}");
                return Err(self.refuse(span, &message, hint));
            }
        }
        Ok(())
    }
}
