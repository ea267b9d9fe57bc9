//! One object: its bytes, and what S3 tells about the version that was read.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode};
use verify_core::source::{LockMode, Retention, Told};
use verify_core::time::UtcTime;

use super::fault::Fault;
use super::listing::Object;
use crate::cache::Cache;

/// Attempts at reading one object to its end; the SDK repeats requests, and not the reading of answers.
const ATTEMPTS: u32 = 3;
/// Longest silence in the middle of an object.
const SILENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);

/// A bucket, and the way to it.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) client: Client,
    pub(super) name: String,
    pub(super) cache: Option<Arc<Cache>>,
}

/// What S3 told about one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) retention: Told<Option<Retention>>,
    pub(super) key: Told<Option<String>>,
}

impl Heard {
    /// Nothing, and why.
    pub(super) fn unknown(fault: &Fault) -> Self {
        Self { retention: Told::Unknown(fault.to_string()), key: Told::Unknown(fault.to_string()) }
    }
}

/// An object, or its start.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) bytes: Arc<Vec<u8>>,
    /// `None` if it was not asked for.
    pub(super) heard: Option<Heard>,
}

impl Bucket {
    /// The first `start` bytes of the object, or all of it; and what S3 tells about it, if `ask` says so.
    pub(super) async fn get(&self, object: &Object, start: Option<u64>, ask: bool) -> Result<Fetched, Fault> {
        if let Some(fetched) = self.kept(object, start, ask).await {
            return Ok(fetched);
        }
        let fetched = self.get_anew(object, start, ask).await?;
        self.keep(object, start, &fetched.bytes).await;
        Ok(fetched)
    }

    async fn get_anew(&self, object: &Object, start: Option<u64>, ask: bool) -> Result<Fetched, Fault> {
        let mut attempt = 1;
        loop {
            match self.get_once(object, start, ask).await {
                Err(fault) if fault.is_passing() && attempt < ATTEMPTS => {
                    tokio::time::sleep(PAUSE * attempt).await;
                    attempt += 1;
                }
                ended => return ended,
            }
        }
    }

    async fn get_once(&self, object: &Object, start: Option<u64>, ask: bool) -> Result<Fetched, Fault> {
        let expected = start.unwrap_or(object.size).min(object.size);
        let range = (expected < object.size).then(|| format!("bytes=0-{}", expected.saturating_sub(1)));
        let mut answer = self
            .client
            .get_object()
            .bucket(&self.name)
            .key(&object.key)
            .version_id(&object.version)
            .set_range(range)
            .send()
            .await
            .map_err(|error| Fault::of(&error))?;
        let told = answer.content_length().and_then(|length| u64::try_from(length).ok());
        if let Some(read) = told.filter(|told| *told != expected) {
            return Err(Fault::Length { listed: expected, read });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0));
        loop {
            let block = tokio::time::timeout(SILENCE, answer.body.next()).await;
            match block.map_err(|_late| Fault::Body)? {
                None => break,
                Some(Err(_broken)) => return Err(Fault::Body),
                Some(Ok(block)) => bytes.extend_from_slice(&block),
            }
            if bytes.len() as u64 > expected {
                return Err(Fault::Length { listed: expected, read: bytes.len() as u64 });
            }
        }
        if bytes.len() as u64 != expected {
            return Err(Fault::Body);
        }
        let heard = if ask {
            let stated = lock(answer.object_lock_mode(), answer.object_lock_retain_until_date());
            let retention = match stated {
                Some(stated) => Told::Is(Some(stated)),
                // Not stated can mean: not locked, or not to be told to whoever asks.
                None => self.retention(object).await,
            };
            Some(Heard { retention, key: Told::Is(answer.ssekms_key_id().map(str::to_owned)) })
        } else {
            None
        };
        Ok(Fetched { bytes: Arc::new(bytes), heard })
    }

    /// What S3 tells about a version whose bytes are not wanted.
    pub(super) async fn ask(&self, object: &Object) -> Heard {
        let head = self.client.head_object().bucket(&self.name).key(&object.key).version_id(&object.version);
        let key = match head.send().await {
            Ok(head) => Told::Is(head.ssekms_key_id().map(str::to_owned)),
            Err(error) => Told::Unknown(Fault::of(&error).to_string()),
        };
        Heard { retention: self.retention(object).await, key }
    }

    pub(super) async fn retention(&self, object: &Object) -> Told<Option<Retention>> {
        let asked = self
            .client
            .get_object_retention()
            .bucket(&self.name)
            .key(&object.key)
            .version_id(&object.version);
        match asked.send().await {
            Ok(answer) => answer.retention().map_or(Told::Is(None), of_retention),
            Err(error) => match Fault::of(&error) {
                // No lock on this version, or a bucket that has none at all.
                fault if fault.is_unlocked() => Told::Is(None),
                fault => Told::Unknown(format!("its lock is not told: {fault}")),
            },
        }
    }
}

fn of_retention(told: &ObjectLockRetention) -> Told<Option<Retention>> {
    let mode = match told.mode() {
        None => return Told::Is(None),
        Some(ObjectLockRetentionMode::Compliance) => LockMode::Compliance,
        Some(ObjectLockRetentionMode::Governance) => LockMode::Governance,
        Some(_) => return Told::Unknown("its lock is of an unknown mode".to_owned()),
    };
    match told.retain_until_date() {
        Some(until) => Told::Is(Some(Retention { mode, until_utc: time(until) })),
        None => Told::Unknown("its lock has no end".to_owned()),
    }
}

pub(super) fn lock(mode: Option<&ObjectLockMode>, until: Option<&DateTime>) -> Option<Retention> {
    let mode = match mode? {
        ObjectLockMode::Compliance => LockMode::Compliance,
        ObjectLockMode::Governance => LockMode::Governance,
        _ => return None,
    };
    Some(Retention { mode, until_utc: time(until?) })
}

/// Whole seconds; a fraction is cut off, which never makes a lock longer.
fn time(time: &DateTime) -> UtcTime {
    UtcTime::from_unix(time.secs())
}
