//! Proof that an object is kept as asked: what S3 says of the version itself, read back after the write.
//!
//! An answer to an upload says that bytes arrived. That they are the right ones, locked, for as long and under
//! the key that was asked for, is only known from the version; whatever differs is an error.

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{
    ObjectLockLegalHoldStatus, ObjectLockRetentionMode, ServerSideEncryption, StorageClass,
};
use verify_core::time::UtcTime;

use super::bucket::{Bucket, checksum};
use super::fault::S3Fault;
use super::settings::KmsKeyId;
use crate::store::objects::{Deviation, Lasting, Wanted};

impl Bucket {
    /// The first thing in which the version differs from what is wanted.
    pub(super) async fn deviation(
        &self,
        wanted: &Wanted,
        version: &str,
        lasting: Lasting,
    ) -> Result<Option<Deviation>, S3Fault> {
        let head = self.head(&wanted.key, version).await?;
        if head.version_id() != Some(version) {
            return Ok(Some(Deviation::new("version", version, head.version_id())));
        }
        if let Some(deviation) = self.other_content(wanted, version, &head).await? {
            return Ok(Some(deviation));
        }
        if let Some(key) = &wanted.terms.encryption_key_id {
            let way = head.server_side_encryption();
            let kms = matches!(way, Some(ServerSideEncryption::AwsKms | ServerSideEncryption::AwsKmsDsse));
            let same = key
                .parse::<KmsKeyId>()
                .is_ok_and(|key| head.ssekms_key_id().is_some_and(|found| key.is(found)));
            if !kms || !same {
                let found = head.ssekms_key_id().or(way.map(ServerSideEncryption::as_str));
                return Ok(Some(Deviation::new("encryption key", key, found)));
            }
        }
        if let Some(class) = &wanted.terms.storage_class {
            // S3 does not mention the class that everything has.
            let found = head.storage_class().map_or("STANDARD", StorageClass::as_str);
            if found != class {
                return Ok(Some(Deviation::new("storage class", class, Some(found))));
            }
        }
        if wanted.legal_hold && head.object_lock_legal_hold_status() != Some(&ObjectLockLegalHoldStatus::On) {
            let found = head.object_lock_legal_hold_status().map(ObjectLockLegalHoldStatus::as_str);
            return Ok(Some(Deviation::new("legal hold", "ON", found)));
        }
        self.other_lock(wanted, version, lasting).await
    }

    /// Whether the version has the wanted bytes.
    pub(super) async fn holds(&self, wanted: &Wanted, version: &str) -> Result<bool, S3Fault> {
        let head = self.head(&wanted.key, version).await?;
        Ok(self.other_content(wanted, version, &head).await?.is_none())
    }

    async fn other_content(
        &self,
        wanted: &Wanted,
        version: &str,
        head: &HeadObjectOutput,
    ) -> Result<Option<Deviation>, S3Fault> {
        let length = wanted.body.len().to_string();
        let found = head.content_length().map(|length| length.to_string());
        if found.as_ref() != Some(&length) {
            return Ok(Some(Deviation::new("length", length, found.as_deref())));
        }
        let expected = wanted.checksum(self.limits.part_bytes);
        if head.checksum_sha256() == Some(expected.as_str()) {
            return Ok(None);
        }
        // A store that shows no checksum, or one over other parts, has to show the bytes.
        let bytes = self.get(&wanted.key, version, wanted.body.len() as u64).await?;
        if bytes == wanted.body {
            return Ok(None);
        }
        Ok(Some(Deviation::new("SHA-256", checksum(&wanted.body), Some(&checksum(&bytes)))))
    }

    async fn other_lock(
        &self,
        wanted: &Wanted,
        version: &str,
        lasting: Lasting,
    ) -> Result<Option<Deviation>, S3Fault> {
        let Some(mode) = &wanted.terms.object_lock_mode else { return Ok(None) };
        let lock = self.retention(&wanted.key, version).await?;
        let found = lock.as_ref().and_then(|lock| lock.mode()).map(ObjectLockRetentionMode::as_str);
        if found != Some(mode.as_str()) {
            return Ok(Some(Deviation::new("object lock mode", mode, found)));
        }
        let until =
            lock.and_then(|lock| lock.retain_until_date).map(|until| UtcTime::from_unix(until.secs()));
        let Some(asked) = wanted.terms.retention_until else { return Ok(None) };
        let enough = until.is_some_and(|until| lasting == Lasting::Any || until >= asked);
        if enough {
            return Ok(None);
        }
        let found = until.map(|until| until.to_string());
        Ok(Some(Deviation::new("retention until", asked.to_string(), found.as_deref())))
    }
}
