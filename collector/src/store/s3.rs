//! The S3 store: every object write-once by its lock, every commit the first version of its name.
//!
//! An object is written under the condition that its name is free, with its SHA-256, lock, class and key, and
//! counts as stored only after S3 was asked how it is kept. What stands under a name is its first version:
//! later versions and delete markers hide nothing from this store, and a name that ever had a version is
//! never free. An answer that is missing is looked for: the same bytes under the same name are our own
//! earlier request, other bytes are another writer's. It refuses a bucket that cannot hold evidence.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use verify_core::limits::Limits;
use verify_core::model::Sequence;
use verify_core::time::UtcTime;

use super::ahead::Ahead;
use super::examination::Examination;
use super::names::{CHAIN, COMMIT_ENDING, hole, is_package_place};
use super::objects::{Bounded, Lasting, Wanted, Written};
use super::{ATTACHMENT_BYTES, Attachment, Commit, Store, StoreError, Terms, WritePackage};
use crate::aws::{Aws, AwsError, NoPlainHttp};
use crate::clock::{Clock, SystemClock, utc};
use crate::config::AwsConfig;

mod bucket;
pub mod examine;
mod fault;
mod kept;
mod parts;
pub mod plan;
mod read;
mod settings;
mod write;

use bucket::Bucket;
pub use fault::S3Fault;
pub use settings::{
    KmsKeyId, LockMode, S3Limits, S3Location, S3Settings, SCHEME, SettingError, StorageClass,
};

const DAY: i64 = 86_400;
/// The region that servers which are not AWS's take for granted.
const NO_REGION: &str = "us-east-1";

/// Evidence in a bucket.
pub struct S3Store {
    aws: Aws,
    bucket: Arc<Bucket>,
    settings: S3Settings,
    limits: Limits,
    /// No lock ends earlier than counted from here: simulated time may lie in the past.
    opened: UtcTime,
    /// Whether the bucket was found fit.
    fit: Mutex<bool>,
    /// First versions below `chain/`, by key. What is known stays true: they are never replaced.
    known: Mutex<BTreeMap<String, String>>,
    /// Manifests that will be asked for next.
    ahead: Mutex<Ahead>,
}

impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Store").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl S3Store {
    /// The store that `settings` describe, reached as `aws` says. Nothing is asked of the bucket yet.
    pub fn connect(settings: S3Settings, config: &AwsConfig) -> Result<Self, StoreError> {
        let aws = Aws::connect(config)
            .map_err(|source| StoreError::Aws { place: settings.location.to_string(), source })?;
        Self::over(aws, settings, S3Limits::default())
    }

    /// As [`connect`](Self::connect), over an access that exists and within other limits on calls.
    pub fn over(aws: Aws, settings: S3Settings, limits: S3Limits) -> Result<Self, StoreError> {
        let unasked = |source| StoreError::Aws { place: settings.location.to_string(), source };
        let elsewhere = aws.sdk().endpoint_url().is_some();
        let region = match aws.sdk().region() {
            Some(region) => region.clone(),
            None if elsewhere => aws_config::Region::new(NO_REGION),
            None => return Err(unasked(AwsError::Region)),
        };
        let timeouts = TimeoutConfig::builder()
            .read_timeout(limits.attempt)
            .operation_attempt_timeout(limits.attempt)
            .operation_timeout(limits.call)
            .build();
        let retries = RetryConfig::standard()
            .with_max_attempts(limits.attempts)
            .with_initial_backoff(limits.first_pause)
            .with_max_backoff(limits.longest_pause);
        let client = Client::from_conf(
            Builder::from(aws.sdk())
                .region(region)
                // Only AWS itself answers under names like bucket.host.
                .force_path_style(elsewhere)
                .timeout_config(timeouts)
                .retry_config(retries)
                .interceptor(NoPlainHttp)
                .build(),
        );
        let bucket = Bucket { client, name: settings.location.bucket().to_owned(), limits };
        Ok(Self {
            aws,
            bucket: Arc::new(bucket),
            settings,
            limits: Limits::default(),
            opened: utc(SystemClock.now()),
            fit: Mutex::new(false),
            known: Mutex::default(),
            ahead: Mutex::default(),
        })
    }

    /// What is asked of the bucket.
    #[must_use]
    pub const fn settings(&self) -> &S3Settings {
        &self.settings
    }

    /// Runs calls to the bucket; `calls` of them may be uploads.
    fn wait<T, F>(&self, calls: usize, call: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let limits = self.bucket.limits;
        // Every call ends by itself before that; this only guards against one that does not.
        let uploads = u32::try_from(calls).unwrap_or(u32::MAX).saturating_add(2);
        let patience = limits.upload_call.saturating_mul(uploads).saturating_add(Duration::from_mins(1));
        self.aws
            .wait_for(patience, call)
            .map_err(|source| StoreError::Aws { place: self.settings.location.to_string(), source })
    }

    fn failed(&self, doing: &'static str, key: &str) -> impl Fn(S3Fault) -> StoreError {
        let place = self.settings.location.url_of(key);
        move |source| StoreError::S3 { doing, place: place.clone(), source }
    }
}

impl Store for S3Store {
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
        let days = i64::from(self.settings.retention_days);
        Terms {
            storage_class: Some(self.settings.storage_class.as_str().to_owned()),
            object_lock_mode: Some(self.settings.mode.as_str().to_owned()),
            retention_until: Some(sealed_utc.max(self.opened).plus_seconds(days.saturating_mul(DAY))),
            encryption_key_id: self.settings.encryption_key.as_ref().map(|key| key.as_str().to_owned()),
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
        // Made after its record, and so locked a little longer than that.
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
