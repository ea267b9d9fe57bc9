# A bucket that holds evidence at @location@.
# A @mode@ lock of @days@ days cannot be taken back for what is written under it: read before applying.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

provider "aws" {
  region = "@region@"
}

# Encrypts every object. Name its ARN in the collector's configuration: [store] encryption_key_id.
@key@
resource "aws_s3_bucket" "evidence" {
  bucket              = "@bucket@"
  object_lock_enabled = true

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "evidence" {
  bucket = aws_s3_bucket.evidence.id

  versioning_configuration {
    status = "Enabled"
  }
}

# Locks what anybody else writes; the collector asks for its own lock on every object.
resource "aws_s3_bucket_object_lock_configuration" "evidence" {
  bucket     = aws_s3_bucket.evidence.id
  depends_on = [aws_s3_bucket_versioning.evidence]

  rule {
    default_retention {
      mode = "@mode@"
      days = @days@
    }
  }
}

resource "aws_s3_bucket_public_access_block" "evidence" {
  bucket                  = aws_s3_bucket.evidence.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "evidence" {
  bucket = aws_s3_bucket.evidence.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "evidence" {
  bucket = aws_s3_bucket.evidence.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = @arn@
    }
  }
}

# Ends uploads that broke off. Nothing else ever expires here.
resource "aws_s3_bucket_lifecycle_configuration" "evidence" {
  bucket = aws_s3_bucket.evidence.id

  rule {
    id     = "end-broken-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket_policy" "evidence" {
  bucket = aws_s3_bucket.evidence.id
  policy = <<-JSON
@tls@
  JSON
}

resource "aws_iam_policy" "collector" {
  name   = "@label@-collector"
  policy = <<-JSON
@collector@
  JSON
}

resource "aws_iam_policy" "auditor" {
  name   = "@label@-auditor"
  policy = <<-JSON
@auditor@
  JSON
}

output "encryption_key_id" {
  value = @arn@
}
