//! Ready text for a bucket that holds evidence: as Terraform, and as calls of the AWS command line.
//!
//! Both make the same things: the key with yearly rotation, the bucket with lock, versioning, default
//! retention, encryption, no public access and TLS only, an end for uploads that broke off, and one
//! least-privilege policy each for the collector and for an auditor. Neither policy can delete anything,
//! shorten a lock or bypass one.

use serde_json::{Value, json};

use super::S3Settings;
use crate::store::names::first_commit;

const TERRAFORM: &str = include_str!("plan/bucket.tf");
const NEW_KEY: &str = include_str!("plan/key.tf");
const SCRIPT: &str = include_str!("plan/bucket.sh");

/// Form of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Form {
    /// A Terraform module.
    #[default]
    Terraform,
    /// A shell script that calls `aws`.
    Cli,
}

/// Who gets a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Reads and adds.
    Collector,
    /// Reads.
    Auditor,
}

/// The plan for the bucket of `settings` in `region`.
#[must_use]
pub fn plan(settings: &S3Settings, region: &str, form: Form) -> String {
    match form {
        Form::Terraform => terraform(settings, region),
        Form::Cli => command_line(settings, region),
    }
}

/// The least that `role` needs; `key_arn` may be an expression that becomes one.
#[must_use]
pub fn policy(settings: &S3Settings, role: Role, key_arn: &str) -> Value {
    let bucket = format!("arn:aws:s3:::{}", settings.location.bucket());
    let objects = format!("{bucket}/{}*", settings.location.prefix());
    let reads = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectRetention", "s3:GetObjectLegalHold"];
    let asks = ["s3:GetBucketObjectLockConfiguration", "s3:GetBucketVersioning"];
    let (lists, bucket_asks, object_calls, key_calls): (Vec<&str>, Vec<&str>, Vec<&str>, Vec<&str>) =
        match role {
            Role::Collector => (
                vec!["s3:ListBucketVersions"],
                [
                    &asks[..],
                    &["s3:GetEncryptionConfiguration", "s3:GetBucketPublicAccessBlock", "s3:GetBucketPolicy"],
                ]
                .concat(),
                [
                    &reads[..],
                    &[
                        "s3:PutObject",
                        "s3:PutObjectRetention",
                        "s3:PutObjectLegalHold",
                        "s3:AbortMultipartUpload",
                    ],
                ]
                .concat(),
                vec!["kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey", "kms:GetKeyRotationStatus"],
            ),
            Role::Auditor => (
                vec!["s3:ListBucket", "s3:ListBucketVersions"],
                asks.to_vec(),
                reads.to_vec(),
                vec!["kms:Decrypt"],
            ),
        };
    let mut listed = vec![format!("{}*", settings.location.prefix())];
    if role == Role::Collector {
        // Whether a chain stands around the root is asked before one begins there.
        listed.extend(settings.location.around().iter().map(|around| format!("{around}{}", first_commit())));
    }
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ListTheEvidence",
                "Effect": "Allow",
                "Action": lists,
                "Resource": bucket,
                "Condition": {"StringLike": {"s3:prefix": listed}}
            },
            {"Sid": "AskTheBucket", "Effect": "Allow", "Action": bucket_asks, "Resource": bucket},
            {"Sid": "TheEvidence", "Effect": "Allow", "Action": object_calls, "Resource": objects},
            {"Sid": "TheKey", "Effect": "Allow", "Action": key_calls, "Resource": key_arn}
        ]
    })
}

/// The statement that denies every request without TLS.
#[must_use]
pub(super) fn tls_only_statement(bucket: &str) -> Value {
    json!({
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}
    })
}

/// A bucket policy of that statement alone.
#[must_use]
pub(super) fn tls_only(bucket: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [tls_only_statement(bucket)]}).to_string()
}

fn pretty(value: &Value) -> String {
    // A value of the two kinds above always has a text.
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

fn terraform(settings: &S3Settings, region: &str) -> String {
    let (key, arn) = match &settings.encryption_key {
        Some(key) => (
            format!("data \"aws_kms_key\" \"evidence\" {{\n  key_id = \"{}\"\n}}\n", key.as_str()),
            "data.aws_kms_key.evidence.arn",
        ),
        None => (NEW_KEY.to_owned(), "aws_kms_key.evidence.arn"),
    };
    let tls = json!({"Version": "2012-10-17", "Statement": [tls_only_statement(settings.location.bucket())]});
    let more = [("key", key), ("arn", arn.to_owned()), ("tls", pretty(&tls))];
    fill(TERRAFORM, settings, region, &format!("${{{arn}}}"), more)
}

fn command_line(settings: &S3Settings, region: &str) -> String {
    let key = match &settings.encryption_key {
        Some(key) => format!("describe-key --key-id {}", key.as_str()),
        None => "create-key --description evidence".to_owned(),
    };
    let key = format!("key_arn=$(aws kms {key} --query KeyMetadata.Arn --output text)\n");
    // S3 takes this region for the one without a name.
    let place = if region == "us-east-1" {
        String::new()
    } else {
        format!(" --create-bucket-configuration LocationConstraint={region}")
    };
    let more = [("key", key), ("place", place), ("tls", tls_only(settings.location.bucket()))];
    fill(SCRIPT, settings, region, "$key_arn", more)
}

/// Puts the settings into a template, where their names stand between `@`.
fn fill(
    template: &str,
    settings: &S3Settings,
    region: &str,
    key_arn: &str,
    more: [(&str, String); 3],
) -> String {
    let bucket = settings.location.bucket();
    let mut values = vec![
        ("location", settings.location.to_string()),
        ("bucket", bucket.to_owned()),
        // Names of policies have no dots.
        ("label", bucket.replace('.', "-")),
        ("mode", settings.mode.as_str().to_owned()),
        ("days", settings.retention_days.to_string()),
        ("region", region.to_owned()),
        ("collector", pretty(&policy(settings, Role::Collector, key_arn))),
        ("auditor", pretty(&policy(settings, Role::Auditor, key_arn))),
    ];
    values.extend(more);
    values
        .into_iter()
        .fold(template.to_owned(), |text, (name, value)| text.replace(&format!("@{name}@"), &value))
}

#[cfg(test)]
mod tests;
