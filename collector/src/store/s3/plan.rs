//! Ready text for a bucket that holds evidence: as Terraform, and as calls of the AWS command line.
//!
//! Both make the same things: the key with yearly rotation, the bucket with lock, versioning, default
//! retention, encryption, no public access and TLS only, an end for uploads that broke off, and one
//! least-privilege policy each for the collector and for an auditor. Neither policy can delete anything,
//! shorten a lock or bypass one.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::S3Settings;

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
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ListTheEvidence",
                "Effect": "Allow",
                "Action": lists,
                "Resource": bucket,
                "Condition": {"StringLike": {"s3:prefix": format!("{}*", settings.location.prefix())}}
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

/// A name for keys and policies of this bucket.
fn label(settings: &S3Settings) -> String {
    settings.location.bucket().replace('.', "-")
}

fn terraform(settings: &S3Settings, region: &str) -> String {
    let bucket = settings.location.bucket();
    let label = label(settings);
    let (mode, days) = (settings.mode.as_str(), settings.retention_days);
    let (key, arn) = match &settings.encryption_key {
        Some(key) => (
            format!("data \"aws_kms_key\" \"evidence\" {{\n  key_id = \"{}\"\n}}\n", key.as_str()),
            "data.aws_kms_key.evidence.arn",
        ),
        None => (
            "resource \"aws_kms_key\" \"evidence\" {\n  description             = \"evidence\"\n  \
             enable_key_rotation     = true\n  deletion_window_in_days = 30\n\n  lifecycle {\n    \
             prevent_destroy = true\n  }\n}\n"
                .to_owned(),
            "aws_kms_key.evidence.arn",
        ),
    };
    let mut text = format!(
        r#"# A bucket that holds evidence at {location}.
# A {mode} lock of {days} days cannot be taken back for what is written under it: read before applying.

terraform {{
  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }}
  }}
}}

provider "aws" {{
  region = "{region}"
}}

# Encrypts every object. Name its ARN in the collector's configuration: [store] encryption_key_id.
{key}
resource "aws_s3_bucket" "evidence" {{
  bucket              = "{bucket}"
  object_lock_enabled = true

  lifecycle {{
    prevent_destroy = true
  }}
}}

resource "aws_s3_bucket_versioning" "evidence" {{
  bucket = aws_s3_bucket.evidence.id

  versioning_configuration {{
    status = "Enabled"
  }}
}}

# Locks what anybody else writes; the collector asks for its own lock on every object.
resource "aws_s3_bucket_object_lock_configuration" "evidence" {{
  bucket     = aws_s3_bucket.evidence.id
  depends_on = [aws_s3_bucket_versioning.evidence]

  rule {{
    default_retention {{
      mode = "{mode}"
      days = {days}
    }}
  }}
}}

resource "aws_s3_bucket_public_access_block" "evidence" {{
  bucket                  = aws_s3_bucket.evidence.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}}

resource "aws_s3_bucket_ownership_controls" "evidence" {{
  bucket = aws_s3_bucket.evidence.id

  rule {{
    object_ownership = "BucketOwnerEnforced"
  }}
}}

resource "aws_s3_bucket_server_side_encryption_configuration" "evidence" {{
  bucket = aws_s3_bucket.evidence.id

  rule {{
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {{
      sse_algorithm     = "aws:kms"
      kms_master_key_id = {arn}
    }}
  }}
}}

# Ends uploads that broke off. Nothing else ever expires here.
resource "aws_s3_bucket_lifecycle_configuration" "evidence" {{
  bucket = aws_s3_bucket.evidence.id

  rule {{
    id     = "end-broken-uploads"
    status = "Enabled"

    filter {{}}

    abort_incomplete_multipart_upload {{
      days_after_initiation = 7
    }}
  }}
}}

resource "aws_s3_bucket_policy" "evidence" {{
  bucket = aws_s3_bucket.evidence.id
  policy = <<-JSON
{tls}
  JSON
}}
"#,
        location = settings.location,
        tls = pretty(&json!({"Version": "2012-10-17", "Statement": [tls_only_statement(bucket)]})),
    );
    for (role, name) in [(Role::Collector, "collector"), (Role::Auditor, "auditor")] {
        let document = pretty(&policy(settings, role, &format!("${{{arn}}}")));
        let _infallible = write!(
            text,
            "\nresource \"aws_iam_policy\" \"{name}\" {{\n  name   = \"{label}-{name}\"\n  policy = <<-JSON\n\
             {document}\n  JSON\n}}\n"
        );
    }
    let _infallible = write!(text, "\noutput \"encryption_key_id\" {{\n  value = {arn}\n}}\n");
    text
}

fn command_line(settings: &S3Settings, region: &str) -> String {
    let bucket = settings.location.bucket();
    let label = label(settings);
    let (mode, days) = (settings.mode.as_str(), settings.retention_days);
    let key = match &settings.encryption_key {
        Some(key) => {
            format!(
                "key_arn=$(aws kms describe-key --key-id {} --query KeyMetadata.Arn --output text)\n",
                key.as_str()
            )
        }
        None => {
            "key_arn=$(aws kms create-key --description evidence --query KeyMetadata.Arn --output text)\n"
                .to_owned()
        }
    };
    // S3 takes this region for the one without a name.
    let place = if region == "us-east-1" {
        String::new()
    } else {
        format!(" --create-bucket-configuration LocationConstraint={region}")
    };
    let mut text = format!(
        r#"#!/bin/sh
# A bucket that holds evidence at {location}.
# A {mode} lock of {days} days cannot be taken back for what is written under it: read before running.
set -eu
export AWS_REGION={region} AWS_DEFAULT_REGION={region}

# Encrypts every object. Name its ARN in the collector's configuration: [store] encryption_key_id.
{key}aws kms enable-key-rotation --key-id "$key_arn"

aws s3api create-bucket --bucket {bucket} --object-lock-enabled-for-bucket{place} >/dev/null
aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled
# Locks what anybody else writes; the collector asks for its own lock on every object.
aws s3api put-object-lock-configuration --bucket {bucket} --object-lock-configuration \
  'ObjectLockEnabled=Enabled,Rule={{DefaultRetention={{Mode={mode},Days={days}}}}}'
aws s3api put-public-access-block --bucket {bucket} --public-access-block-configuration \
  BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
aws s3api put-bucket-ownership-controls --bucket {bucket} --ownership-controls \
  'Rules=[{{ObjectOwnership=BucketOwnerEnforced}}]'
aws s3api put-bucket-encryption --bucket {bucket} --server-side-encryption-configuration \
  '{{"Rules":[{{"ApplyServerSideEncryptionByDefault":{{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"'"$key_arn"'"}},"BucketKeyEnabled":true}}]}}'
# Ends uploads that broke off. Nothing else ever expires here.
aws s3api put-bucket-lifecycle-configuration --bucket {bucket} --lifecycle-configuration \
  '{{"Rules":[{{"ID":"end-broken-uploads","Status":"Enabled","Filter":{{}},"AbortIncompleteMultipartUpload":{{"DaysAfterInitiation":7}}}}]}}'
aws s3api put-bucket-policy --bucket {bucket} --policy '{tls}'
"#,
        location = settings.location,
        tls = tls_only(bucket),
    );
    for (role, name) in [(Role::Collector, "collector"), (Role::Auditor, "auditor")] {
        let document = pretty(&policy(settings, role, "$key_arn"));
        let _infallible = write!(
            text,
            "\naws iam create-policy --policy-name {label}-{name} --policy-document \"$(cat <<JSON\n{document}\nJSON\n)\" >/dev/null\n"
        );
    }
    text.push_str("\necho \"encryption_key_id = \\\"$key_arn\\\"\"\n");
    text
}

#[cfg(test)]
mod tests;
