//! The examination of a bucket: whether it can hold evidence, and what would make it hold it better.
//!
//! Two things are a must, without which nothing is ever written: object lock and versioning. The rest is
//! asked, told, and given with the command that mends it. What cannot be asked is not taken for right.

use aws_sdk_s3::types::{
    BucketVersioningStatus, ObjectLockEnabled, ObjectLockRetentionMode, ServerSideEncryption,
};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

use super::bucket::Bucket;
use super::fault::S3Fault;
use super::{S3Settings, S3Store};
use crate::aws::{CallError, NoPlainHttp};
use crate::store::StoreError;
use crate::store::names::CHAIN;

/// How a question ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is as it should be.
    Ok,
    /// It is not.
    Missing,
    /// Nobody answered, or not to us.
    CouldNotAsk,
}

impl Answer {
    /// As people read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::CouldNotAsk => "could not ask",
        }
    }
}

/// One question to the bucket and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was asked.
    pub name: &'static str,
    /// How that ended.
    pub answer: Answer,
    /// What was found.
    pub found: String,
    /// Without it nothing is written.
    pub must: bool,
    /// The command that mends it; none is needed if it is ok.
    pub mend: Option<String>,
}

impl Check {
    fn of(name: &'static str, right: bool, found: impl Into<String>, mend: impl FnOnce() -> String) -> Self {
        let answer = if right { Answer::Ok } else { Answer::Missing };
        Self { name, answer, found: found.into(), must: false, mend: (!right).then(mend) }
    }

    fn unasked(name: &'static str, why: &dyn std::fmt::Display, mend: &str) -> Self {
        let mend = Some(mend.to_owned());
        Self { name, answer: Answer::CouldNotAsk, found: why.to_string(), must: false, mend }
    }

    fn must(self) -> Self {
        Self { must: true, ..self }
    }
}

/// All questions and answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Examination {
    /// The bucket and root.
    pub place: String,
    /// One check per question.
    pub checks: Vec<Check>,
}

impl Examination {
    /// Whether the bucket can hold evidence.
    #[must_use]
    pub fn is_fit(&self) -> bool {
        self.checks.iter().all(|check| !check.must || check.answer == Answer::Ok)
    }

    /// Whether nothing is left to mend or to ask.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.checks.iter().all(|check| check.answer == Answer::Ok)
    }
}

impl S3Store {
    /// Asks all questions. An error means that the bucket itself could not be asked.
    pub fn examine(&self) -> Result<Examination, StoreError> {
        let (bucket, settings) = (Arc::clone(&self.bucket), self.settings.clone());
        let mut checks = self.wait(0, async move {
            let mut checks = bucket.must_have().await;
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
        let bucket = Arc::clone(&self.bucket);
        let lock = self.wait(0, async move {
            let versioning = bucket.versioning().await?;
            Ok::<_, S3Fault>((bucket.lock_enabled().await?, versioning))
        })?;
        let (lock, versioning) =
            lock.map_err(|source| StoreError::S3 { doing: "examine", place: place.clone(), source })?;
        let name = self.settings.location.bucket();
        let (lack, mend) = match (versioning.as_str(), lock) {
            ("Enabled", true) => return Ok(()),
            ("Enabled", false) => ("object lock is not enabled", enable_lock(name)),
            (_, true) => ("versioning is not enabled", enable_versioning(name)),
            (_, false) => (
                "neither versioning nor object lock is enabled",
                format!("{} && {}", enable_versioning(name), enable_lock(name)),
            ),
        };
        Err(StoreError::Unfit { place, lack: lack.to_owned(), mend: format!("run: {mend}") })
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
        let place = self.settings.location.to_string();
        let region = self.aws.region_for(&key).map_err(|source| StoreError::Aws { place, source });
        let client = aws_sdk_kms::Client::from_conf(
            aws_sdk_kms::config::Builder::from(self.aws.sdk())
                .region(region?)
                .interceptor(NoPlainHttp)
                .build(),
        );
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

/// How a bucket encrypts by default.
enum DefaultKey {
    Customer(String),
    Aws,
    Store(String),
}

fn enable_versioning(bucket: &str) -> String {
    format!("aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled")
}

fn enable_lock(bucket: &str) -> String {
    format!(
        "aws s3api put-object-lock-configuration --bucket {bucket} --object-lock-configuration ObjectLockEnabled=Enabled"
    )
}

impl Bucket {
    async fn versioning(&self) -> Result<String, S3Fault> {
        let answer = self.client.get_bucket_versioning().bucket(&self.name).send().await;
        let answer = answer.map_err(|error| S3Fault::of(&error))?;
        Ok(answer.status.as_ref().map_or("never enabled", BucketVersioningStatus::as_str).to_owned())
    }

    async fn lock_enabled(&self) -> Result<bool, S3Fault> {
        match self.client.get_object_lock_configuration().bucket(&self.name).send().await {
            Ok(answer) => {
                let lock = answer.object_lock_configuration;
                Ok(lock.and_then(|lock| lock.object_lock_enabled) == Some(ObjectLockEnabled::Enabled))
            }
            Err(error) => match S3Fault::of(&error) {
                fault if fault.is_absent() && fault.code() != Some("NoSuchBucket") => Ok(false),
                fault => Err(fault),
            },
        }
    }

    async fn must_have(&self) -> Vec<Check> {
        let versioning = match self.versioning().await {
            Ok(status) => {
                Check::of("versioning", status == "Enabled", &status, || enable_versioning(&self.name))
            }
            Err(fault) => Check::unasked("versioning", &fault, fault.hint()),
        };
        let lock = match self.lock_enabled().await {
            Ok(on) => Check::of("object lock", on, if on { "enabled" } else { "not enabled" }, || {
                enable_lock(&self.name)
            }),
            Err(fault) => Check::unasked("object lock", &fault, fault.hint()),
        };
        vec![versioning.must(), lock.must()]
    }

    /// What locks an object that anybody else writes.
    async fn default_retention(&self, settings: &S3Settings) -> Check {
        let name = "default retention";
        let mend = || {
            format!(
                "aws s3api put-object-lock-configuration --bucket {} --object-lock-configuration \
                 'ObjectLockEnabled=Enabled,Rule={{DefaultRetention={{Mode={},Days={}}}}}'",
                self.name,
                settings.mode.as_str(),
                settings.retention_days
            )
        };
        let answer = match self.client.get_object_lock_configuration().bucket(&self.name).send().await {
            Ok(answer) => answer,
            Err(error) => match S3Fault::of(&error) {
                fault if fault.is_absent() => return Check::of(name, false, "none", mend),
                fault => return Check::unasked(name, &fault, fault.hint()),
            },
        };
        let rule = answer.object_lock_configuration.and_then(|lock| lock.rule);
        let Some(default) = rule.and_then(|rule| rule.default_retention) else {
            return Check::of(name, false, "none", mend);
        };
        let mode = default.mode.as_ref().map_or("no mode", ObjectLockRetentionMode::as_str);
        let span = match (default.days, default.years) {
            (Some(days), _) => format!("{days} days"),
            (None, Some(years)) => format!("{years} years"),
            (None, None) => "no time".to_owned(),
        };
        Check::of(name, true, format!("{mode}, {span}"), mend)
    }

    async fn public_access(&self) -> Check {
        let name = "public access block";
        let mend = || {
            format!(
                "aws s3api put-public-access-block --bucket {} --public-access-block-configuration \
                 BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
                self.name
            )
        };
        match self.client.get_public_access_block().bucket(&self.name).send().await {
            Ok(answer) => {
                let block = answer.public_access_block_configuration;
                let all = block.is_some_and(|block| {
                    [
                        block.block_public_acls,
                        block.ignore_public_acls,
                        block.block_public_policy,
                        block.restrict_public_buckets,
                    ]
                    .into_iter()
                    .all(|set| set == Some(true))
                });
                Check::of(name, all, if all { "all four" } else { "not all four" }, mend)
            }
            Err(error) => match S3Fault::of(&error) {
                fault if fault.is_absent() => Check::of(name, false, "none on the bucket", mend),
                fault => Check::unasked(name, &fault, fault.hint()),
            },
        }
    }

    async fn tls_only(&self) -> Check {
        let name = "TLS only";
        let mend = || {
            format!(
                "aws s3api put-bucket-policy --bucket {} --policy '{}'",
                self.name,
                super::plan::tls_only(&self.name)
            )
        };
        match self.client.get_bucket_policy().bucket(&self.name).send().await {
            Ok(answer) => {
                let policy = answer.policy.unwrap_or_default();
                let denies =
                    serde_json::from_str(&policy).is_ok_and(|policy| denies_plain_http(&policy, &self.name));
                let found =
                    if denies { "the policy denies plain http" } else { "no statement denies plain http" };
                Check::of(name, denies, found, || {
                    format!(
                        "add this statement to the bucket's policy: {}",
                        super::plan::tls_only_statement(&self.name)
                    )
                })
            }
            Err(error) => match S3Fault::of(&error) {
                fault if fault.is_absent() => Check::of(name, false, "the bucket has no policy", mend),
                fault => Check::unasked(name, &fault, fault.hint()),
            },
        }
    }

    /// Whether anything was put over, or in front of, what the chain holds.
    async fn nothing_hidden(&self, settings: &S3Settings) -> Check {
        let name = "chain";
        let standing = match self.standing(&settings.location.key(&format!("{CHAIN}/"))).await {
            Ok(standing) => standing,
            Err(fault) => return Check::unasked(name, &fault, fault.hint()),
        };
        let odd = standing.iter().find(|(_, standing)| standing.versions > 1 || standing.markers > 0);
        let found = match odd {
            None => format!("{} objects, one version each, none hidden", standing.len()),
            Some((key, odd)) => {
                format!(
                    "{} has {} versions and {} delete markers",
                    settings.location.url_of(key),
                    odd.versions,
                    odd.markers
                )
            }
        };
        Check::of(name, odd.is_none(), found, || {
            "the first version counts and is locked; find out who wrote over it (CloudTrail), and run `verifier verify`"
                .to_owned()
        })
    }

    async fn default_key(&self) -> Result<Option<DefaultKey>, S3Fault> {
        let answer = match self.client.get_bucket_encryption().bucket(&self.name).send().await {
            Ok(answer) => answer,
            Err(error) => match S3Fault::of(&error) {
                fault if fault.is_absent() => return Ok(None),
                fault => return Err(fault),
            },
        };
        let rules = answer.server_side_encryption_configuration.map(|found| found.rules).unwrap_or_default();
        let default = rules.into_iter().find_map(|rule| rule.apply_server_side_encryption_by_default);
        Ok(default.map(|default| match (default.sse_algorithm, default.kms_master_key_id) {
            (ServerSideEncryption::AwsKms | ServerSideEncryption::AwsKmsDsse, Some(id))
                if !id.contains("alias/aws/") =>
            {
                DefaultKey::Customer(id)
            }
            (ServerSideEncryption::AwsKms | ServerSideEncryption::AwsKmsDsse, _) => DefaultKey::Aws,
            (way, _) => DefaultKey::Store(way.as_str().to_owned()),
        }))
    }
}

/// Whether a statement denies everything to everybody whose request comes without TLS.
fn denies_plain_http(policy: &Value, bucket: &str) -> bool {
    let statements = policy.get("Statement").map(listed).unwrap_or_default();
    statements.into_iter().any(|statement| {
        let says = |name: &str, accepted: &[&str]| {
            statement
                .get(name)
                .map(listed)
                .unwrap_or_default()
                .iter()
                .any(|value| value.as_str().is_some_and(|value| accepted.contains(&value)))
        };
        let everybody = says("Principal", &["*"])
            || statement
                .pointer("/Principal/AWS")
                .map(listed)
                .unwrap_or_default()
                .iter()
                .any(|who| *who == "*");
        let insecure = statement
            .pointer("/Condition/Bool/aws:SecureTransport")
            .map(listed)
            .unwrap_or_default()
            .iter()
            .any(|value| *value == "false" || **value == Value::Bool(false));
        let objects = format!("arn:aws:s3:::{bucket}/*");
        let partition = statement.get("Resource").map(listed).unwrap_or_default().iter().any(|resource| {
            resource.as_str().is_some_and(|resource| {
                resource == "*" || resource == objects || resource.ends_with(&format!(":s3:::{bucket}/*"))
            })
        });
        says("Effect", &["Deny"]) && everybody && says("Action", &["s3:*", "*"]) && partition && insecure
    })
}

/// A value, or the values of a list.
fn listed(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |values| values.iter().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn our_own_statement_denies_plain_http_and_weaker_ones_do_not() {
        let policy: Value = serde_json::from_str(&super::super::plan::tls_only("evidence")).unwrap();
        assert!(denies_plain_http(&policy, "evidence") && !denies_plain_http(&policy, "other"));
        for (pointer, value) in [
            ("/Statement/0/Effect", json!("Allow")),
            ("/Statement/0/Principal", json!({"AWS": "arn:aws:iam::111122223333:root"})),
            ("/Statement/0/Action", json!(["s3:GetObject"])),
            ("/Statement/0/Resource", json!(["arn:aws:s3:::evidence"])),
            ("/Statement/0/Condition", json!({"Bool": {"aws:SecureTransport": "true"}})),
            ("/Statement", json!([])),
        ] {
            let mut weaker = policy.clone();
            *weaker.pointer_mut(pointer).unwrap() = value;
            assert!(!denies_plain_http(&weaker, "evidence"), "{pointer}");
        }
    }

    #[test]
    fn only_what_is_a_must_makes_a_bucket_unfit() {
        let check = |must, right| {
            let check = Check::of("x", right, "found", || "mend".to_owned());
            if must { check.must() } else { check }
        };
        let of = |checks| Examination { place: "s3://abc".to_owned(), checks };
        let weak = of(vec![check(true, true), check(false, false)]);
        assert!(weak.is_fit() && !weak.is_right());
        assert!(!of(vec![check(true, false)]).is_fit());
        assert!(!of(vec![Check::unasked("x", &"nobody", "ask").must()]).is_fit());
    }
}
