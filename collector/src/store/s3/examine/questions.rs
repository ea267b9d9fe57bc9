//! The questions themselves: one call, or a few, and what its answer means.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{
    BucketVersioningStatus, ObjectLockEnabled, ObjectLockRetentionMode, ServerSideEncryption,
};
use serde_json::Value;

use super::super::bucket::Bucket;
use super::super::fault::S3Fault;
use super::super::{S3Location, S3Settings, plan};
use super::Check;
use crate::store::names::{CHAIN, PACKAGES, first_commit};

/// Why a chain cannot begin where another one stands around or inside of it.
pub(super) const OTHER_CHAIN: &str = "the root of another chain lies around it or inside of it";
/// What to do about that.
pub(super) const BESIDE: &str = "name a root beside it in the configuration: [store] root";

/// How a bucket encrypts by default.
pub(super) enum DefaultKey {
    Customer(String),
    Aws,
    Store(String),
}

pub(super) fn enable_versioning(bucket: &str) -> String {
    format!("aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled")
}

pub(super) fn enable_lock(bucket: &str) -> String {
    format!(
        "aws s3api put-object-lock-configuration --bucket {bucket} --object-lock-configuration ObjectLockEnabled=Enabled"
    )
}

impl Bucket {
    pub(super) async fn versioning(&self) -> Result<String, S3Fault> {
        let answer = self.client.get_bucket_versioning().bucket(&self.name).send().await;
        let answer = answer.map_err(|error| S3Fault::of(&error))?;
        Ok(answer.status.as_ref().map_or("never enabled", BucketVersioningStatus::as_str).to_owned())
    }

    pub(super) async fn lock_enabled(&self) -> Result<bool, S3Fault> {
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

    pub(super) async fn must_have(&self) -> Vec<Check> {
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

    /// The first record of another chain in whose root this one would begin, or whose root lies in this one: each
    /// would hold the other's records, and neither could be verified any more. A chain that stands is not asked.
    pub(super) async fn other_chain(&self, location: &S3Location) -> Result<Option<String>, S3Fault> {
        let first = first_commit();
        let own = location.key(&first);
        if self.at(&own).await?.versions > 0 {
            return Ok(None);
        }
        for around in location.around() {
            let key = format!("{around}{first}");
            if self.at(&key).await?.versions > 0 {
                return Ok(Some(location.url_of(&key)));
            }
        }
        let inside = self.standing(&location.prefix()).await?.into_keys();
        let below = inside.into_iter().find(|key| key.ends_with(&format!("/{first}")));
        Ok(below.map(|key| location.url_of(&key)))
    }

    pub(super) async fn nothing_nested(&self, location: &S3Location) -> Check {
        let name = "root";
        match self.other_chain(location).await {
            Ok(None) => Check::of(name, true, "no chain above or below it", String::new),
            Ok(Some(other)) => {
                Check::of(name, false, format!("{OTHER_CHAIN}: {other}"), || BESIDE.to_owned())
            }
            Err(fault) => Check::unasked(name, &fault, fault.hint()),
        }
        .must()
    }

    /// What locks an object that anybody else writes.
    pub(super) async fn default_retention(&self, settings: &S3Settings) -> Check {
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

    pub(super) async fn public_access(&self) -> Check {
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

    pub(super) async fn tls_only(&self) -> Check {
        let name = "TLS only";
        let mend = || {
            format!(
                "aws s3api put-bucket-policy --bucket {} --policy '{}'",
                self.name,
                plan::tls_only(&self.name)
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
                        plan::tls_only_statement(&self.name)
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
    pub(super) async fn nothing_hidden(&self, settings: &S3Settings) -> Check {
        let name = "versions";
        let mut standing = BTreeMap::new();
        for folder in [CHAIN, PACKAGES] {
            match self.standing(&settings.location.key(&format!("{folder}/"))).await {
                Ok(found) => standing.extend(found),
                Err(fault) => return Check::unasked(name, &fault, fault.hint()),
            }
        }
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

    pub(super) async fn default_key(&self) -> Result<Option<DefaultKey>, S3Fault> {
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
        let policy: Value = serde_json::from_str(&plan::tls_only("evidence")).unwrap();
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
}
