//! The calls to one bucket, as futures: each of them bounded in time, attempts and size.
//!
//! Nothing here decides what an outcome means. Listings are always read to their end, keys are never
//! interpreted, and every object is read by its version: a newer version or a delete marker hides nothing.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Config;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ObjectLockLegalHoldStatus, ObjectLockMode, ObjectLockRetention,
    ServerSideEncryption, StorageClass,
};
use aws_smithy_types::timeout::TimeoutConfig;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use verify_core::digest::Digest;

use super::fault::S3Fault;
use super::settings::S3Limits;
use crate::store::objects::Wanted;

/// One bucket and how it is spoken to.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) client: Client,
    pub(super) name: String,
    pub(super) limits: S3Limits,
}

/// All that stands under one key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// The version that was written first: the one that counts.
    pub(super) first: Option<String>,
    /// Versions of the object.
    pub(super) versions: u32,
    /// Marks that hide the object without deleting it.
    pub(super) markers: u32,
}

/// The terms in the words of S3.
impl Wanted {
    pub(super) fn lock_mode(&self) -> Option<ObjectLockMode> {
        self.terms.object_lock_mode.as_deref().map(ObjectLockMode::from)
    }

    pub(super) fn until(&self) -> Option<DateTime> {
        self.terms.retention_until.map(|time| DateTime::from_secs(time.unix()))
    }

    pub(super) fn hold(&self) -> Option<ObjectLockLegalHoldStatus> {
        self.legal_hold.then_some(ObjectLockLegalHoldStatus::On)
    }

    pub(super) fn class(&self) -> Option<StorageClass> {
        self.terms.storage_class.as_deref().map(StorageClass::from)
    }

    pub(super) fn encryption(&self) -> Option<ServerSideEncryption> {
        self.terms.encryption_key_id.as_ref().map(|_| ServerSideEncryption::AwsKms)
    }

    /// The checksum that S3 shows: of the bytes, or of the checksums of the parts it was sent in.
    pub(super) fn checksum(&self, part_bytes: usize) -> String {
        if self.body.len() <= part_bytes {
            return checksum(&self.body);
        }
        let parts: Vec<Digest> = self.body.chunks(part_bytes).map(Digest::of).collect();
        let joined: Vec<u8> = parts.iter().flat_map(|part| *part.as_bytes()).collect();
        format!("{}-{}", checksum(&joined), parts.len())
    }
}

/// SHA-256 as S3 writes it.
pub(super) fn checksum(bytes: &[u8]) -> String {
    STANDARD.encode(Digest::of(bytes).as_bytes())
}

impl Bucket {
    /// Everything under keys that begin with `prefix`, hidden or not.
    pub(super) async fn standing(&self, prefix: &str) -> Result<BTreeMap<String, Standing>, S3Fault> {
        let mut found: BTreeMap<String, Standing> = BTreeMap::new();
        let mut place: (Option<String>, Option<String>) = (None, None);
        loop {
            let page = self
                .client
                .list_object_versions()
                .bucket(&self.name)
                .prefix(prefix)
                .max_keys(self.limits.page_keys)
                .set_key_marker(place.0.clone())
                .set_version_id_marker(place.1.clone())
                .send()
                .await
                .map_err(|error| S3Fault::of(&error))?;
            for version in page.versions() {
                let (Some(key), Some(id)) = (version.key(), version.version_id()) else {
                    return Err(S3Fault::NoVersion);
                };
                let standing = found.entry(key.to_owned()).or_default();
                // Newest first: the last one that is listed was the first one that was written.
                standing.first = Some(id.to_owned());
                standing.versions = standing.versions.saturating_add(1);
            }
            for marker in page.delete_markers() {
                let key = marker.key().ok_or(S3Fault::Listing)?;
                let standing = found.entry(key.to_owned()).or_default();
                standing.markers = standing.markers.saturating_add(1);
            }
            if page.is_truncated() != Some(true) {
                return Ok(found);
            }
            let next = (page.next_key_marker, page.next_version_id_marker);
            if next.0.is_none() || next == place {
                return Err(S3Fault::Listing);
            }
            place = next;
        }
    }

    /// What stands under exactly `key`.
    pub(super) async fn at(&self, key: &str) -> Result<Standing, S3Fault> {
        Ok(self.standing(key).await?.remove(key).unwrap_or_default())
    }

    /// The bytes of a version, `limit` of them at most.
    pub(super) async fn get(&self, key: &str, version: &str, limit: u64) -> Result<Vec<u8>, S3Fault> {
        let mut attempt = 1;
        loop {
            // The SDK repeats a request and not the reading of its answer.
            let read =
                tokio::time::timeout(self.limits.upload_attempt, self.get_once(key, version, limit)).await;
            match read.unwrap_or(Err(S3Fault::Body)) {
                Err(S3Fault::Body) if attempt < self.limits.attempts => {
                    tokio::time::sleep(
                        self.limits.first_pause.saturating_mul(attempt).min(self.limits.longest_pause),
                    )
                    .await;
                    attempt += 1;
                }
                ended => return ended,
            }
        }
    }

    async fn get_once(&self, key: &str, version: &str, limit: u64) -> Result<Vec<u8>, S3Fault> {
        let answer = self
            .client
            .get_object()
            .bucket(&self.name)
            .key(key)
            .version_id(version)
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .map_err(|error| S3Fault::of(&error))?;
        let told = answer.content_length().and_then(|length| u64::try_from(length).ok());
        if let Some(found) = told.filter(|found| *found > limit) {
            return Err(S3Fault::Size { found, limit });
        }
        let mut bytes = Vec::new();
        let mut body = answer.body;
        while let Some(block) = body.next().await {
            let block = block.map_err(|_broken| S3Fault::Body)?;
            let found = (bytes.len() as u64).saturating_add(block.len() as u64);
            if found > limit {
                return Err(S3Fault::Size { found, limit });
            }
            bytes.extend_from_slice(&block);
        }
        if told.is_some_and(|told| told != bytes.len() as u64) { Err(S3Fault::Body) } else { Ok(bytes) }
    }

    /// What S3 says of a version.
    pub(super) async fn head(&self, key: &str, version: &str) -> Result<HeadObjectOutput, S3Fault> {
        let asked = self.client.head_object().bucket(&self.name).key(key).version_id(version);
        asked.checksum_mode(ChecksumMode::Enabled).send().await.map_err(|error| S3Fault::of(&error))
    }

    /// How long a version is locked; `None`: it is not.
    pub(super) async fn retention(
        &self,
        key: &str,
        version: &str,
    ) -> Result<Option<ObjectLockRetention>, S3Fault> {
        let asked = self.client.get_object_retention().bucket(&self.name).key(key).version_id(version);
        match asked.send().await {
            Ok(answer) => Ok(answer.retention),
            Err(error) => match S3Fault::of(&error) {
                fault if fault.is_absent() => Ok(None),
                fault => Err(fault),
            },
        }
    }

    /// Writes the object if no other stands under its key; its version.
    pub(super) async fn put(&self, wanted: &Wanted) -> Result<String, S3Fault> {
        let mut attempt = 1;
        loop {
            let put = if wanted.body.len() <= self.limits.part_bytes {
                self.put_whole(wanted).await
            } else {
                self.put_parts(wanted).await
            };
            match put {
                // Two conditional writes met: one of them must come again to learn how it ended.
                Err(fault) if fault.is_conflict() && attempt < self.limits.attempts => {
                    tokio::time::sleep(
                        self.limits.first_pause.saturating_mul(attempt).min(self.limits.longest_pause),
                    )
                    .await;
                    attempt += 1;
                }
                ended => return ended,
            }
        }
    }

    async fn put_whole(&self, wanted: &Wanted) -> Result<String, S3Fault> {
        let answer = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(&wanted.key)
            .if_none_match("*")
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .checksum_sha256(checksum(&wanted.body))
            .set_object_lock_mode(wanted.lock_mode())
            .set_object_lock_retain_until_date(wanted.until())
            .set_object_lock_legal_hold_status(wanted.hold())
            .set_storage_class(wanted.class())
            .set_server_side_encryption(wanted.encryption())
            .set_ssekms_key_id(wanted.terms.encryption_key_id.clone())
            .body(ByteStream::from(wanted.body.clone()))
            .customize()
            .config_override(Config::builder().timeout_config(self.upload_times()))
            .send()
            .await
            .map_err(|error| S3Fault::of(&error))?;
        answer.version_id.ok_or(S3Fault::NoVersion)
    }

    /// Time for a call that carries a package or a part of one.
    pub(super) fn upload_times(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .read_timeout(self.limits.upload_attempt)
            .operation_attempt_timeout(self.limits.upload_attempt)
            .operation_timeout(self.limits.upload_call)
            .build()
    }
}
