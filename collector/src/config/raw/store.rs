//! Where evidence goes: a folder, or a bucket and the terms on which it keeps every object.

use std::ops::Range;
use std::str::FromStr;

use serde::Deserialize;
use toml::Spanned;

use super::super::{ConfigError, StoreConfig};
use super::Text;
use crate::store::s3::{LockMode, S3Settings, SCHEME, StorageClass};

/// Longest retention that S3 takes.
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
}

impl Text<'_> {
    pub(super) fn store(&self, raw: &RawStore) -> Result<StoreConfig, ConfigError> {
        let root = self.short(&raw.root, "store.root")?;
        if root.starts_with(SCHEME) {
            return Ok(StoreConfig::S3(self.s3(raw)?));
        }
        self.no_object_settings(raw)?;
        if root.contains("://") {
            let message = format!("store.root holds {root:?}, which is neither a folder nor a bucket");
            return Err(self.refuse(&raw.root.span(), &message, "write a folder, or s3://bucket/root"));
        }
        Ok(StoreConfig::Folder(self.resolve(&root)))
    }

    fn s3(&self, raw: &RawStore) -> Result<S3Settings, ConfigError> {
        let Some(days) = &raw.retention_days else {
            return Err(self.refuse(
                &raw.root.span(),
                &"store.retention_days is missing, and a bucket keeps nothing without it",
                "add retention_days = …: the audited period and the time until its audit is closed, e.g. 400",
            ));
        };
        let retention_days = *days.get_ref();
        if !(1..=LONGEST_RETENTION).contains(&retention_days) {
            let message =
                format!("store.retention_days is {retention_days}, expected 1 to {LONGEST_RETENTION}");
            return Err(self.refuse(
                &days.span(),
                &message,
                "400 is a year and the time until its audit is closed",
            ));
        }
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

    fn parsed<T>(&self, value: &Spanned<String>, name: &str, hint: &str) -> Result<T, ConfigError>
    where
        T: FromStr<Err: std::fmt::Display>,
    {
        let text = self.short(value, name)?;
        text.parse().map_err(|error| self.refuse(&value.span(), &format!("{name}: {error}"), hint))
    }

    /// A folder cannot lock, retain or encrypt: saying so in the evidence would be a lie.
    fn no_object_settings(&self, store: &RawStore) -> Result<(), ConfigError> {
        let settings: [(&str, Option<Range<usize>>); 5] = [
            ("storage_class", store.storage_class.as_ref().map(Spanned::span)),
            ("object_lock_mode", store.object_lock_mode.as_ref().map(Spanned::span)),
            ("retention_days", store.retention_days.as_ref().map(Spanned::span)),
            ("legal_hold", store.legal_hold.as_ref().map(Spanned::span)),
            ("encryption_key_id", store.encryption_key_id.as_ref().map(Spanned::span)),
        ];
        for (name, span) in settings {
            if let Some(span) = span {
                let message = format!("store.{name} has no meaning for a folder");
                return Err(self.refuse(&span, &message, "remove the key: a folder records null"));
            }
        }
        Ok(())
    }
}
