//! Proof that a blob is kept as asked: its bytes and what Azure says of the very version, read back after the write.
//!
//! Azure computes no SHA-256, so the bytes themselves are read again and compared. That they are kept from change,
//! for as long and in the scope that was asked for, is only known from the version; whatever differs is an error.

use verify_core::digest::Digest;

use super::container::{Container, Version, read_http_date};
use super::fault::BlobFault;
use crate::azure::Answer;
use crate::store::objects::{Deviation, Lasting, Wanted};

impl Container {
    /// The first thing in which the version differs from what is wanted.
    pub(super) async fn deviation(
        &self,
        wanted: &Wanted,
        version: &Version,
        lasting: Lasting,
    ) -> Result<Option<Deviation>, BlobFault> {
        let head = self.head(&wanted.key, version).await?;
        if self.versions && head.header("x-ms-version-id") != version.0.as_deref() {
            let expected = version.0.clone().unwrap_or_default();
            return Ok(Some(Deviation::new("version", expected, head.header("x-ms-version-id"))));
        }
        if let Some(deviation) = self.other_content(wanted, version, &head).await? {
            return Ok(Some(deviation));
        }
        for (what, header, expected) in [
            ("encryption scope", "x-ms-encryption-scope", wanted.terms.encryption_key_id.as_deref()),
            ("access tier", "x-ms-access-tier", wanted.terms.storage_class.as_deref()),
            ("legal hold", "x-ms-legal-hold", wanted.legal_hold.then_some("true")),
        ] {
            if let Some(expected) = expected.filter(|expected| head.header(header) != Some(*expected)) {
                return Ok(Some(Deviation::new(what, expected, head.header(header))));
            }
        }
        Ok(self.other_policy(wanted, &head, lasting))
    }

    /// Whether the version has the wanted bytes.
    pub(super) async fn holds(&self, wanted: &Wanted, version: &Version) -> Result<bool, BlobFault> {
        let head = self.head(&wanted.key, version).await?;
        Ok(self.other_content(wanted, version, &head).await?.is_none())
    }

    async fn other_content(
        &self,
        wanted: &Wanted,
        version: &Version,
        head: &Answer,
    ) -> Result<Option<Deviation>, BlobFault> {
        let length = wanted.body.len().to_string();
        if head.header("content-length") != Some(length.as_str()) {
            return Ok(Some(Deviation::new("length", length, head.header("content-length"))));
        }
        let bytes = self.get(&wanted.key, version, wanted.body.len() as u64).await?;
        if bytes == wanted.body {
            return Ok(None);
        }
        let (expected, found) = (Digest::of(&wanted.body).to_string(), Digest::of(&bytes).to_string());
        Ok(Some(Deviation::new("SHA-256", expected, Some(&found))))
    }

    fn other_policy(&self, wanted: &Wanted, head: &Answer, lasting: Lasting) -> Option<Deviation> {
        let (mode, asked) = (self.mode?, wanted.terms.retention_until?);
        let found = head.header("x-ms-immutability-policy-mode");
        if !found.is_some_and(|found| found.eq_ignore_ascii_case(mode.as_str())) {
            return Some(Deviation::new("immutability mode", mode.as_str(), found));
        }
        let found = head.header("x-ms-immutability-policy-until-date");
        let until = found.and_then(read_http_date);
        let enough = until.is_some_and(|until| lasting == Lasting::Any || until >= asked);
        if enough {
            return None;
        }
        let found = until.map(|until| until.to_string());
        Some(Deviation::new("retention until", asked.to_string(), found.as_deref()))
    }
}
