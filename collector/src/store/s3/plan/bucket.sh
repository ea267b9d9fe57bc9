#!/bin/sh
# A bucket that holds evidence at @location@.
# A @mode@ lock of @days@ days cannot be taken back for what is written under it: read before running.
set -eu
export AWS_REGION=@region@ AWS_DEFAULT_REGION=@region@

# Encrypts every object. Name its ARN in the collector's configuration: [store] encryption_key_id.
@key@aws kms enable-key-rotation --key-id "$key_arn"

aws s3api create-bucket --bucket @bucket@ --object-lock-enabled-for-bucket@place@ >/dev/null
aws s3api put-bucket-versioning --bucket @bucket@ --versioning-configuration Status=Enabled
# Locks what anybody else writes; the collector asks for its own lock on every object.
aws s3api put-object-lock-configuration --bucket @bucket@ --object-lock-configuration \
  'ObjectLockEnabled=Enabled,Rule={DefaultRetention={Mode=@mode@,Days=@days@}}'
aws s3api put-public-access-block --bucket @bucket@ --public-access-block-configuration \
  BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
aws s3api put-bucket-ownership-controls --bucket @bucket@ --ownership-controls \
  'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'
aws s3api put-bucket-encryption --bucket @bucket@ --server-side-encryption-configuration \
  '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"'"$key_arn"'"},"BucketKeyEnabled":true}]}'
# Ends uploads that broke off. Nothing else ever expires here.
aws s3api put-bucket-lifecycle-configuration --bucket @bucket@ --lifecycle-configuration \
  '{"Rules":[{"ID":"end-broken-uploads","Status":"Enabled","Filter":{},"AbortIncompleteMultipartUpload":{"DaysAfterInitiation":7}}]}'
aws s3api put-bucket-policy --bucket @bucket@ --policy '@tls@'

aws iam create-policy --policy-name @label@-collector --policy-document "$(cat <<JSON
@collector@
JSON
)" >/dev/null

aws iam create-policy --policy-name @label@-auditor --policy-document "$(cat <<JSON
@auditor@
JSON
)" >/dev/null

echo "encryption_key_id = \"$key_arn\""
