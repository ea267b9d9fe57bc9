//! Packages too large for one request: sent in parts, and an object only once all of them are there.
//!
//! Lock, class and key are asked for at the beginning and hold for the finished object; the name is claimed
//! at the end, with the same condition as for a small package. What breaks off is given up at once if S3
//! can still be told; otherwise the bucket's lifecycle rule ends it (`collector store plan`).

use aws_sdk_s3::config::Config;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};

use super::bucket::{Bucket, checksum};
use super::fault::S3Fault;
use crate::store::objects::Wanted;

impl Bucket {
    /// Writes the object in parts if no other stands under its key; its version.
    pub(super) async fn put_parts(&self, wanted: &Wanted) -> Result<String, S3Fault> {
        let begun = self
            .client
            .create_multipart_upload()
            .bucket(&self.name)
            .key(&wanted.key)
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .set_object_lock_mode(wanted.lock_mode())
            .set_object_lock_retain_until_date(wanted.until())
            .set_object_lock_legal_hold_status(wanted.hold())
            .set_storage_class(wanted.class())
            .set_server_side_encryption(wanted.encryption())
            .set_ssekms_key_id(wanted.terms.encryption_key_id.clone())
            .send()
            .await
            .map_err(|error| S3Fault::of(&error))?;
        let upload = begun.upload_id.ok_or(S3Fault::NoVersion)?;
        let ended = match self.send_parts(wanted, &upload).await {
            Ok(parts) => self.finish(wanted, &upload, parts).await,
            Err(fault) => Err((fault, false)),
        };
        match ended {
            Ok(version) => Ok(version),
            Err((fault, finishing)) => {
                // A finish without an answer may still succeed: it is not taken back.
                if !(finishing && fault.is_open()) {
                    let given_up = self
                        .client
                        .abort_multipart_upload()
                        .bucket(&self.name)
                        .key(&wanted.key)
                        .upload_id(&upload);
                    // Parts that stay cost money and nothing else.
                    let _told = given_up.send().await;
                }
                Err(fault)
            }
        }
    }

    async fn send_parts(&self, wanted: &Wanted, upload: &str) -> Result<CompletedMultipartUpload, S3Fault> {
        let mut done = CompletedMultipartUpload::builder();
        for (number, part) in (1_i32..).zip(wanted.body.chunks(self.limits.part_bytes)) {
            let digest = checksum(part);
            let answer = self
                .client
                .upload_part()
                .bucket(&self.name)
                .key(&wanted.key)
                .upload_id(upload)
                .part_number(number)
                .checksum_algorithm(ChecksumAlgorithm::Sha256)
                .checksum_sha256(&digest)
                .body(ByteStream::from(part.to_vec()))
                .customize()
                .config_override(Config::builder().timeout_config(self.upload_times()))
                .send()
                .await
                .map_err(|error| S3Fault::of(&error))?;
            let part = CompletedPart::builder()
                .part_number(number)
                .set_e_tag(answer.e_tag)
                .checksum_sha256(digest)
                .build();
            done = done.parts(part);
        }
        Ok(done.build())
    }

    /// The version, or the fault and that it came at the end.
    async fn finish(
        &self,
        wanted: &Wanted,
        upload: &str,
        parts: CompletedMultipartUpload,
    ) -> Result<String, (S3Fault, bool)> {
        let answer = self
            .client
            .complete_multipart_upload()
            .bucket(&self.name)
            .key(&wanted.key)
            .upload_id(upload)
            .if_none_match("*")
            .multipart_upload(parts)
            .customize()
            .config_override(Config::builder().timeout_config(self.upload_times()))
            .send()
            .await
            .map_err(|error| (S3Fault::of(&error), true))?;
        answer.version_id.ok_or((S3Fault::NoVersion, true))
    }
}
