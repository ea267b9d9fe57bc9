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
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use verify_core::limits::Limits;
use verify_core::model::Sequence;
use verify_core::time::UtcTime;

use super::names::{CHAIN, COMMIT_ENDING, hole, is_package_place, sequence_of};
use super::{ATTACHMENT_BYTES, Attachment, Commit, Store, StoreError, Terms, WritePackage};
use crate::aws::{Aws, AwsError, NoPlainHttp};
use crate::clock::{Clock, SystemClock, utc};
use crate::config::AwsConfig;

mod ahead;
mod bucket;
pub mod examine;
mod fault;
mod kept;
mod parts;
pub mod plan;
mod settings;

use ahead::Ahead;
use bucket::{Bucket, Standing, Wanted};
pub use fault::S3Fault;
use kept::{Deviation, Lasting};
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

/// What became of a write.
enum Written {
    /// It stands, as wanted.
    Ours,
    /// Something else stands there.
    Other,
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

    /// Everything under keys that begin with `prefix`.
    fn list(&self, prefix: &str) -> Result<BTreeMap<String, Standing>, StoreError> {
        let (bucket, wanted) = (Arc::clone(&self.bucket), prefix.to_owned());
        self.wait(0, async move { bucket.standing(&wanted).await })?.map_err(self.failed("list", prefix))
    }

    /// First versions below `chain/`: name without folder, and key.
    fn chain(&self) -> Result<Vec<String>, StoreError> {
        let prefix = self.settings.location.key(&format!("{CHAIN}/"));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, standing) in self.list(&prefix)? {
            if let Some(first) = standing.first {
                known.entry(key).or_insert(first);
            }
        }
        Ok(known.keys().filter_map(|key| key.strip_prefix(&prefix)).map(str::to_owned).collect())
    }

    /// Ascending sequences of all objects `<10 digits><ending>` under `chain/`.
    fn numbered(&self, ending: &str) -> Result<Vec<Sequence>, StoreError> {
        let names = self.chain()?;
        let mut found: Vec<Sequence> = names.iter().filter_map(|name| sequence_of(name, ending)).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// The first version of `key`; `None`: there never was one.
    fn first_version(&self, key: &str) -> Result<Option<String>, StoreError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let (bucket, wanted) = (Arc::clone(&self.bucket), key.to_owned());
        let standing = self.wait(0, async move { bucket.at(&wanted).await })?;
        Ok(standing.map_err(self.failed("look for", key))?.first)
    }

    fn read(&self, key: &str, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(version) = self.first_version(key)? else { return Ok(None) };
        let (bucket, wanted) = (Arc::clone(&self.bucket), key.to_owned());
        let bytes = self.wait(1, async move { bucket.get(&wanted, &version, limit).await })?;
        bytes.map(Some).map_err(self.failed("read", key))
    }

    fn read_present(&self, key: &str, limit: u64) -> Result<Vec<u8>, StoreError> {
        self.read(key, limit)?.ok_or_else(|| self.failed("read", key)(S3Fault::Absent))
    }

    /// Writes an object, finds out how that ended, and has S3 show how the object is kept.
    fn write(&self, wanted: Wanted) -> Result<Written, StoreError> {
        self.fit()?;
        let key = wanted.key.clone();
        let parts = wanted.body.len().div_ceil(self.bucket.limits.part_bytes.max(1));
        let bucket = Arc::clone(&self.bucket);
        match self.wait(parts, async move { bucket.write(&wanted).await })? {
            Ok(Outcome::Kept) => Ok(Written::Ours),
            Ok(Outcome::Other) => Ok(Written::Other),
            Ok(Outcome::Deviates(deviation)) => Err(StoreError::NotKept {
                place: self.settings.location.url_of(&key),
                what: deviation.what,
                expected: deviation.expected,
                found: deviation.found,
            }),
            Err(Failure { fault, open: true }) => {
                Err(StoreError::Open { place: self.settings.location.url_of(&key), source: fault })
            }
            Err(Failure { fault, open: false }) => Err(self.failed("store", &key)(fault)),
        }
    }

    /// Whether the bucket can hold evidence; asked once, before the first write.
    fn fit(&self) -> Result<(), StoreError> {
        let mut fit = self.fit.lock().unwrap_or_else(PoisonError::into_inner);
        if !*fit {
            self.must_have()?;
            *fit = true;
        }
        Ok(())
    }

    fn wanted(&self, place: &str, terms: Terms, body: Vec<u8>) -> Wanted {
        let legal_hold = self.settings.legal_hold;
        Wanted { key: self.settings.location.key(place), body, terms, legal_hold, lasting: Lasting::AsAsked }
    }

    /// A small object beside the packages: the same terms, in the class that everything has.
    fn wanted_in_chain(&self, name: &str, terms: &Terms, body: &[u8]) -> Wanted {
        let class = StorageClass::STANDARD.as_str().to_owned();
        let terms = Terms { storage_class: Some(class), ..terms.clone() };
        self.wanted(&format!("{CHAIN}/{name}"), terms, body.to_vec())
    }

    /// The key that a manifest's `payload_path` names, if it lies in this very store.
    fn package_key(&self, payload_path: &str) -> Result<String, StoreError> {
        let place = payload_path.split_once('#').map_or(payload_path, |(place, _)| place);
        let own = self.settings.location.url_of(&self.settings.location.prefix());
        let inside = place.strip_prefix(&own).unwrap_or(place);
        if is_package_place(inside) {
            Ok(self.settings.location.key(inside))
        } else {
            Err(StoreError::Place { path: place.chars().take(200).collect() })
        }
    }
}

impl Store for S3Store {
    fn location(&self) -> String {
        self.settings.location.to_string()
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
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = ahead.take(sequence) {
            return Ok(bytes);
        }
        let key = |number| self.settings.location.key(&format!("{CHAIN}/{}", Sequence(number).commit_name()));
        let own = key(sequence.0);
        let first = self.first_version(&own)?.ok_or_else(|| self.failed("read", &own)(S3Fault::Absent))?;
        let mut objects = vec![(sequence.0, own.clone(), first)];
        let following = sequence.0.saturating_add(1)..sequence.0.saturating_add(ahead.count(sequence));
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            objects.extend(following.map(|number| (number, key(number))).map_while(|(number, key)| {
                let version = known.get(&key)?.clone();
                Some((number, key, version))
            }));
        }
        let (bucket, limit) = (Arc::clone(&self.bucket), self.limits.manifest_bytes);
        let fetched = self.wait(objects.len(), ahead::fetch(bucket, objects, limit))?;
        let mut fetched = fetched.map_err(self.failed("read", &own))?;
        let bytes = fetched.remove(&sequence.0).ok_or_else(|| self.failed("read", &own)(S3Fault::Absent))?;
        ahead.hold(fetched);
        Ok(bytes)
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

impl From<Written> for Commit {
    fn from(written: Written) -> Self {
        match written {
            Written::Ours => Self::Done,
            Written::Other => Self::Lost,
        }
    }
}

/// How a write ended, as far as S3 tells.
enum Outcome {
    /// The object stands and is kept as wanted.
    Kept,
    /// Another object stands under the name.
    Other,
    /// The object stands and is kept otherwise.
    Deviates(Deviation),
}

/// A write without an outcome.
struct Failure {
    fault: S3Fault,
    /// Whether the object may stand all the same.
    open: bool,
}

impl From<S3Fault> for Failure {
    fn from(fault: S3Fault) -> Self {
        Self { fault, open: false }
    }
}

impl Bucket {
    async fn write(&self, wanted: &Wanted) -> Result<Outcome, Failure> {
        let put = self.put(wanted).await;
        let fault = match &put {
            Err(fault) if !fault.is_taken() && !fault.is_open() => return Err(fault.clone().into()),
            Err(fault) => Some(fault.clone()),
            Ok(_) => None,
        };
        // The first version of the name counts, whatever the answer was or whether there was one.
        let unknown = |lookup: S3Fault| Failure { fault: fault.clone().unwrap_or(lookup), open: true };
        let first = self.at(&wanted.key).await.map_err(unknown)?.first;
        let Some(first) = first else {
            return Err(fault.unwrap_or(S3Fault::Absent).into());
        };
        let lasting = match &put {
            Ok(version) if *version == first => Lasting::AsAsked,
            // A server that knows no conditions let both writers in: the later one has lost.
            Ok(_) => return Ok(Outcome::Other),
            Err(_) if self.holds(wanted, &first).await.map_err(unknown)? => wanted.lasting,
            Err(_) => return Ok(Outcome::Other),
        };
        let deviation = self.deviation(wanted, &first, lasting).await.map_err(unknown)?;
        Ok(deviation.map_or(Outcome::Kept, Outcome::Deviates))
    }
}

/// Collects what is written, up to a limit.
struct Bounded {
    bytes: Vec<u8>,
    limit: u64,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = (self.bytes.len() as u64).saturating_add(bytes.len() as u64);
        if length > self.limit {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the package is larger than allowed"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
