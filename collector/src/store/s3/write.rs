//! Writing to S3: what is wanted, and what the end of a write means for the record.

use std::sync::{Arc, PoisonError};

use super::bucket::Bucket;
use super::fault::S3Fault;
use super::{S3Store, StorageClass};
use crate::store::names::CHAIN;
use crate::store::objects::{
    self, Deviation, Failure, Lasting, Objects, Outcome, Wanted, WriteFault, Written,
};
use crate::store::{StoreError, Terms};

impl S3Store {
    /// Writes an object, finds out how that ended, and has S3 show how the object is kept.
    pub(super) fn write(&self, wanted: Wanted) -> Result<Written, StoreError> {
        self.fit()?;
        let key = wanted.key.clone();
        let parts = wanted.body.len().div_ceil(self.bucket.limits.part_bytes.max(1));
        let bucket = Arc::clone(&self.bucket);
        match self.wait(parts, async move { objects::write(bucket.as_ref(), &wanted).await })? {
            Ok(Outcome::Kept) => Ok(Written::Ours),
            Ok(Outcome::Other) => Ok(Written::Other),
            Ok(Outcome::Deviates(deviation)) => Err(StoreError::NotKept {
                place: self.settings.location.url_of(&key),
                what: deviation.what,
                expected: deviation.expected,
                found: deviation.found,
            }),
            Err(Failure { fault, open: true }) => {
                Err(StoreError::Open { place: self.settings.location.url_of(&key), source: Box::new(fault) })
            }
            Err(Failure { fault, open: false }) => Err(self.failed("store", &key)(fault)),
        }
    }

    /// Whether the bucket can hold evidence; asked once, before the first write.
    fn fit(&self) -> Result<(), StoreError> {
        let mut fit = self.fit.lock().unwrap_or_else(PoisonError::into_inner);
        if !*fit {
            self.must_have()?;
            *fit = true;
        }
        Ok(())
    }

    pub(super) fn wanted(&self, place: &str, terms: Terms, body: Vec<u8>) -> Wanted {
        let legal_hold = self.settings.legal_hold;
        Wanted { key: self.settings.location.key(place), body, terms, legal_hold, lasting: Lasting::AsAsked }
    }

    /// A small object beside the packages: the same terms, in the class that everything has.
    pub(super) fn wanted_in_chain(&self, name: &str, terms: &Terms, body: &[u8]) -> Wanted {
        let class = StorageClass::STANDARD.as_str().to_owned();
        let terms = Terms { storage_class: Some(class), ..terms.clone() };
        self.wanted(&format!("{CHAIN}/{name}"), terms, body.to_vec())
    }
}

impl WriteFault for S3Fault {
    fn is_taken(&self) -> bool {
        Self::is_taken(self)
    }

    fn is_open(&self) -> bool {
        Self::is_open(self)
    }

    fn absent() -> Self {
        Self::Absent
    }
}

impl Objects for Bucket {
    type Fault = S3Fault;
    type Version = String;

    async fn create(&self, wanted: &Wanted) -> Result<String, S3Fault> {
        self.put(wanted).await
    }

    async fn first(&self, key: &str) -> Result<Option<String>, S3Fault> {
        Ok(self.at(key).await?.first)
    }

    async fn has_bytes(&self, wanted: &Wanted, version: &String) -> Result<bool, S3Fault> {
        self.holds(wanted, version).await
    }

    async fn differs(
        &self,
        wanted: &Wanted,
        version: &String,
        lasting: Lasting,
    ) -> Result<Option<Deviation>, S3Fault> {
        self.deviation(wanted, version, lasting).await
    }
}
