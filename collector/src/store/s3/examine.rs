//! The examination of a bucket: whether it can hold evidence, and what would make it hold it better.
//!
//! Two things are a must, without which nothing is ever written: object lock and versioning. The rest is
//! asked, told, and given with the command that mends it. What cannot be asked is not taken for right.

use std::sync::Arc;

use super::fault::S3Fault;
use super::{NO_REGION, S3Store};
use crate::aws::{CallError, NoPlainHttp};
use crate::store::StoreError;
pub use crate::store::examination::{Answer, Check, Examination};

mod questions;

use questions::{BESIDE, DefaultKey, OTHER_CHAIN, enable_lock, enable_versioning};

impl S3Store {
    /// Asks all questions. An error means that the bucket itself could not be asked.
    pub fn examine(&self) -> Result<Examination, StoreError> {
        let (bucket, settings) = (Arc::clone(&self.bucket), self.settings.clone());
        let mut checks = self.wait(0, async move {
            let mut checks = bucket.must_have().await;
            checks.push(bucket.nothing_nested(&settings.location).await);
            checks.push(bucket.default_retention(&settings).await);
            checks.push(bucket.public_access().await);
            checks.push(bucket.tls_only().await);
            checks.push(bucket.nothing_hidden(&settings).await);
            checks
        })?;
        let (encryption, key) = self.encryption()?;
        checks.push(encryption);
        checks.extend(self.encryption_key(key)?);
        Ok(Examination { place: self.settings.location.to_string(), checks })
    }

    /// Refuses a bucket that cannot hold evidence, or of which that is not to be learned.
    pub(super) fn must_have(&self) -> Result<(), StoreError> {
        let place = format!("{}{}", super::SCHEME, self.settings.location.bucket());
        let (bucket, location) = (Arc::clone(&self.bucket), self.settings.location.clone());
        let lock = self.wait(0, async move {
            let versioning = bucket.versioning().await?;
            let lock = bucket.lock_enabled().await?;
            Ok::<_, S3Fault>((lock, versioning, bucket.other_chain(&location).await?))
        })?;
        let (lock, versioning, other) =
            lock.map_err(|source| StoreError::S3 { doing: "examine", place: place.clone(), source })?;
        let name = self.settings.location.bucket();
        let (missing, mend) = match (versioning.as_str(), lock) {
            ("Enabled", true) => {
                let Some(other) = other else { return Ok(()) };
                let place = self.settings.location.to_string();
                let mend = BESIDE.to_owned();
                return Err(StoreError::Unfit { place, lack: format!("{OTHER_CHAIN}: {other}"), mend });
            }
            ("Enabled", false) => ("object lock is not enabled", enable_lock(name)),
            (_, true) => ("versioning is not enabled", enable_versioning(name)),
            (_, false) => (
                "neither versioning nor object lock is enabled",
                format!("{} && {}", enable_versioning(name), enable_lock(name)),
            ),
        };
        Err(StoreError::Unfit { place, lack: missing.to_owned(), mend: format!("run: {mend}") })
    }

    /// The bucket's own encryption, and the key that it names.
    fn encryption(&self) -> Result<(Check, Option<String>), StoreError> {
        let bucket = Arc::clone(&self.bucket);
        let found = self.wait(0, async move { bucket.default_key().await })?;
        let name = "default encryption";
        let key = match found {
            Err(fault) => return Ok((Check::unasked(name, &fault, fault.hint()), None)),
            Ok(key) => key,
        };
        let check = match &key {
            Some(DefaultKey::Customer(id)) => {
                Check::of(name, true, format!("SSE-KMS under {id}"), String::new)
            }
            other => {
                let found = match other {
                    None => "none".to_owned(),
                    Some(DefaultKey::Aws) => "SSE-KMS under a key that AWS manages".to_owned(),
                    Some(DefaultKey::Store(way)) => format!("{way}, with keys of the store"),
                    Some(DefaultKey::Customer(id)) => id.clone(),
                };
                Check::of(name, false, found, || self.mend_encryption())
            }
        };
        let id = key.and_then(|key| if let DefaultKey::Customer(id) = key { Some(id) } else { None });
        Ok((check, id))
    }

    fn mend_encryption(&self) -> String {
        let key = self.settings.encryption_key.as_ref().map_or("KEY-ARN", |key| key.as_str());
        let rule = format!(
            r#"{{"Rules":[{{"ApplyServerSideEncryptionByDefault":{{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"{key}"}},"BucketKeyEnabled":true}}]}}"#
        );
        format!(
            "aws s3api put-bucket-encryption --bucket {} --server-side-encryption-configuration '{rule}'",
            self.settings.location.bucket()
        )
    }

    /// The key in use: the customer's own, and changed every year by KMS.
    fn encryption_key(&self, default: Option<String>) -> Result<Vec<Check>, StoreError> {
        let (owner, rotation) = ("customer-managed key", "key rotation");
        let configured = self.settings.encryption_key.as_ref().map(|key| key.as_str().to_owned());
        let Some(key) = configured.or(default) else {
            let none = |name| {
                Check::of(name, false, "no key is named", || {
                    "name a key of your own: [store] encryption_key_id; `collector store plan` makes one"
                        .to_owned()
                })
            };
            return Ok(vec![none(owner), none(rotation)]);
        };
        let settings = aws_sdk_kms::config::Builder::from(self.aws.sdk())
            // Without a region the bucket is not at AWS, and its name means nothing.
            .region(self.aws.region_for(&key).unwrap_or_else(|_none| aws_config::Region::new(NO_REGION)))
            .interceptor(NoPlainHttp)
            .build();
        let client = aws_sdk_kms::Client::from_conf(settings);
        let asked = key.clone();
        let (described, rotated) = self.wait(0, async move {
            let described =
                client.describe_key().key_id(&asked).send().await.map_err(|error| CallError::of(&error));
            let rotated = client
                .get_key_rotation_status()
                .key_id(&asked)
                .send()
                .await
                .map_err(|error| CallError::of(&error));
            (described, rotated)
        })?;
        let permit = "permit kms:DescribeKey and kms:GetKeyRotationStatus on the key to the collector";
        let owner = match described {
            Err(error) => Check::unasked(owner, &format_args!("AWS KMS {error}"), permit),
            Ok(answer) => {
                let metadata = answer.key_metadata;
                let manager = metadata.as_ref().and_then(|metadata| metadata.key_manager.as_ref());
                let enabled = metadata.as_ref().is_some_and(|metadata| metadata.enabled);
                let own = manager.is_some_and(|manager| manager.as_str() == "CUSTOMER");
                let found = match (own, enabled) {
                    (true, true) => format!("{key} is enabled"),
                    (true, false) => format!("{key} is not enabled"),
                    (false, _) => format!("{key} is managed by AWS"),
                };
                Check::of(owner, own && enabled, found, || format!("aws kms enable-key --key-id {key}"))
            }
        };
        let rotation = match rotated {
            Err(error) => Check::unasked(rotation, &format_args!("AWS KMS {error}"), permit),
            Ok(answer) => {
                let on = answer.key_rotation_enabled;
                Check::of(rotation, on, if on { "on" } else { "off" }, || {
                    format!("aws kms enable-key-rotation --key-id {key}")
                })
            }
        };
        Ok(vec![owner, rotation])
    }
}
