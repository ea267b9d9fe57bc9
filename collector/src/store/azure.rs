//! The Azure store: every blob write-once by its immutability policy, every commit the first version of its name.
//!
//! A blob is written under the condition that its name is free, with its MD5 on the wire, its policy, tier and
//! encryption scope, and counts as stored only after its bytes and its terms were read back from the very version.
//! What stands under a name is its first version: later versions and deletions hide nothing from this store, and a
//! name that ever had a version is never free. It refuses a container that cannot hold evidence: one without
//! version-level immutability.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};

use verify_core::limits::Limits;
use verify_core::model::Sequence;
use verify_core::time::UtcTime;

use super::ahead::Ahead;
use super::examination::Examination;
use super::names::{CHAIN, COMMIT_ENDING, hole, is_package_place};
use super::objects::{Bounded, Lasting, Wanted, Written};
use super::{ATTACHMENT_BYTES, Attachment, Commit, Store, StoreError, Terms, WritePackage};
use crate::azure::{AzureAccess, AzureError};
use crate::clock::{Clock, SystemClock, utc};
use crate::config::AzureConfig;

mod blocks;
mod container;
mod examine;
mod fault;
mod kept;
mod listing;
pub mod plan;
mod read;
mod settings;
mod write;

use container::{Container, Version};
pub use fault::BlobFault;
pub use settings::{
    AccessTier, AzureLimits, AzureLocation, AzureSettings, EncryptionScope, Immutability, PolicyMode,
    SettingError, is_location,
};

const DAY: i64 = 86_400;

/// Evidence in a container.
pub struct AzureStore {
    access: AzureAccess,
    container: Arc<Container>,
    settings: AzureSettings,
    /// What Azure Resource Manager knows the account by, and where that is asked.
    account: Option<(String, String)>,
    limits: Limits,
    /// No policy ends earlier than counted from here: simulated time may lie in the past.
    opened: UtcTime,
    /// Whether the container was found fit.
    fit: Mutex<bool>,
    /// First versions below `chain/`, by name. What is known stays true: they are never replaced.
    known: Mutex<BTreeMap<String, Version>>,
    /// Manifests that will be asked for next.
    ahead: Mutex<Ahead>,
}

impl fmt::Debug for AzureStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureStore").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl AzureStore {
    /// The store that `settings` describe, reached as `config` says. Nothing is asked of the container yet.
    pub fn connect(settings: AzureSettings, config: &AzureConfig) -> Result<Self, StoreError> {
        Self::within(settings, config, AzureLimits::default())
    }

    /// As [`connect`](Self::connect), within other limits on calls.
    pub fn within(
        settings: AzureSettings,
        config: &AzureConfig,
        limits: AzureLimits,
    ) -> Result<Self, StoreError> {
        let place = || settings.location.to_string();
        let access = AzureAccess::connect(config)
            .map_err(|source| StoreError::AzureAccess { place: place(), source })?;
        let container = Container {
            line: access.line(),
            location: settings.location.clone(),
            limits,
            versions: settings.immutability.is_some(),
            mode: settings.immutability.map(|terms| terms.mode),
        };
        let management = config.management_url.clone().unwrap_or_else(|| crate::azure::MANAGEMENT.to_owned());
        Ok(Self {
            access,
            container: Arc::new(container),
            account: config.account_id.clone().map(|id| (management, id)),
            settings,
            limits: Limits::default(),
            opened: utc(SystemClock.now()),
            fit: Mutex::new(false),
            known: Mutex::default(),
            ahead: Mutex::default(),
        })
    }

    /// What is asked of the container.
    #[must_use]
    pub const fn settings(&self) -> &AzureSettings {
        &self.settings
    }

    /// Runs calls to the container; `calls` of them may be uploads.
    fn wait<T, F>(&self, calls: usize, call: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        // Every call ends by itself before that; this only guards against one that does not.
        let uploads = u32::try_from(calls).unwrap_or(u32::MAX).saturating_add(2);
        let patience = self.container.limits.upload().whole().saturating_mul(uploads);
        self.access.wait_for(patience, call).map_err(|source| self.unasked(source))
    }

    fn unasked(&self, source: AzureError) -> StoreError {
        StoreError::AzureAccess { place: self.settings.location.to_string(), source }
    }

    fn failed(&self, doing: &'static str, key: &str) -> impl Fn(BlobFault) -> StoreError {
        let place = self.settings.location.url_of(key);
        move |source| StoreError::Azure { doing, place: place.clone(), source }
    }
}

impl Store for AzureStore {
    fn location(&self) -> String {
        self.settings.location.to_string()
    }

    fn examination(&self) -> Result<Option<Examination>, StoreError> {
        self.examine().map(Some)
    }

    fn records(&self) -> Result<u64, StoreError> {
        let found = self.numbered(COMMIT_ENDING)?;
        if let (Some(missing), Some(newest)) = (hole(&found), found.last()) {
            let path = self.settings.location.url_of(&self.settings.location.key(CHAIN));
            return Err(StoreError::Hole { path, missing, newest: newest.0 });
        }
        Ok(found.len() as u64)
    }

    fn manifest(&self, sequence: Sequence) -> Result<Vec<u8>, StoreError> {
        self.read_manifest(sequence)
    }

    fn terms(&self, sealed_utc: UtcTime) -> Terms {
        let until = |immutability: Immutability| {
            let days = i64::from(immutability.retention_days);
            sealed_utc.max(self.opened).plus_seconds(days.saturating_mul(DAY))
        };
        Terms {
            storage_class: Some(self.settings.access_tier.as_str().to_owned()),
            object_lock_mode: self.settings.immutability.map(|terms| terms.mode.lock_mode().to_owned()),
            retention_until: self.settings.immutability.map(until),
            encryption_key_id: self.settings.encryption_scope.as_ref().map(|scope| scope.as_str().to_owned()),
        }
    }

    fn payload_path(&self, package: &str, member: &str) -> String {
        let key = self.settings.location.key(package);
        format!("{}#{member}", self.settings.location.url_of(&key))
    }

    fn package(&self, payload_path: &str) -> Result<Vec<u8>, StoreError> {
        self.read_present(&self.package_key(payload_path)?, self.limits.package_bytes)
    }

    fn put_package(&self, package: &str, terms: &Terms, write: WritePackage<'_>) -> Result<(), StoreError> {
        if !is_package_place(package) {
            return Err(StoreError::Place { path: package.chars().take(200).collect() });
        }
        let mut body = Bounded { bytes: Vec::new(), limit: self.limits.package_bytes };
        write(&mut body).map_err(StoreError::Package)?;
        let wanted = self.wanted(package, terms.clone(), body.bytes);
        let path = self.settings.location.url_of(&wanted.key);
        match self.write(wanted)? {
            Written::Ours => Ok(()),
            Written::Other => Err(StoreError::Taken { path }),
        }
    }

    fn commit(&self, sequence: Sequence, terms: &Terms, manifest: &[u8]) -> Result<Commit, StoreError> {
        Ok(self.write(self.wanted_in_chain(&sequence.commit_name(), terms, manifest))?.into())
    }

    fn put_attachment(
        &self,
        sequence: Sequence,
        attachment: Attachment,
        bytes: &[u8],
    ) -> Result<Commit, StoreError> {
        // Made after its record, and so kept a little longer than that.
        let terms = self.terms(utc(SystemClock.now()));
        let wanted = self.wanted_in_chain(&attachment.name(sequence), &terms, bytes);
        // The very same note or token may stand there since another run, which asked a moment earlier.
        Ok(self.write(Wanted { lasting: Lasting::Any, ..wanted })?.into())
    }

    fn attachment(&self, sequence: Sequence, attachment: Attachment) -> Result<Option<Vec<u8>>, StoreError> {
        let key = self.settings.location.key(&format!("{CHAIN}/{}", attachment.name(sequence)));
        self.read(&key, ATTACHMENT_BYTES)
    }

    fn attachments(&self, attachment: Attachment) -> Result<Vec<Sequence>, StoreError> {
        self.numbered(attachment.ending())
    }
}
