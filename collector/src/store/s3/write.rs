//! Writing: the object, then the question what stands under its name, then the proof how that is kept.
//!
//! An answer that is missing is looked for: the same bytes under the same name are our own earlier request,
//! other bytes are another writer's. Only if nobody answers that question either, the outcome stays open.

use std::io::{self, Write};
use std::sync::{Arc, PoisonError};

use super::bucket::{Bucket, Wanted};
use super::fault::S3Fault;
use super::kept::{Deviation, Lasting};
use super::{S3Store, StorageClass};
use crate::store::names::CHAIN;
use crate::store::{Commit, StoreError, Terms};

/// What became of a write.
pub(super) enum Written {
    /// It stands, as wanted.
    Ours,
    /// Something else stands there.
    Other,
}

impl From<Written> for Commit {
    fn from(written: Written) -> Self {
        match written {
            Written::Ours => Self::Done,
            Written::Other => Self::Lost,
        }
    }
}

impl S3Store {
    /// Writes an object, finds out how that ended, and has S3 show how the object is kept.
    pub(super) fn write(&self, wanted: Wanted) -> Result<Written, StoreError> {
        self.fit()?;
        let key = wanted.key.clone();
        let parts = wanted.body.len().div_ceil(self.bucket.limits.part_bytes.max(1));
        let bucket = Arc::clone(&self.bucket);
        match self.wait(parts, async move { bucket.write(&wanted).await })? {
            Ok(Outcome::Kept) => Ok(Written::Ours),
            Ok(Outcome::Other) => Ok(Written::Other),
            Ok(Outcome::Deviates(deviation)) => Err(StoreError::NotKept {
                place: self.settings.location.url_of(&key),
                what: deviation.what,
                expected: deviation.expected,
                found: deviation.found,
            }),
            Err(Failure { fault, open: true }) => {
                Err(StoreError::Open { place: self.settings.location.url_of(&key), source: fault })
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

/// How a write ended, as far as S3 tells.
enum Outcome {
    /// The object stands and is kept as wanted.
    Kept,
    /// Another object stands under the name.
    Other,
    /// The object stands and is kept otherwise.
    Deviates(Deviation),
}

/// A write without an outcome.
struct Failure {
    fault: S3Fault,
    /// Whether the object may stand all the same.
    open: bool,
}

impl From<S3Fault> for Failure {
    fn from(fault: S3Fault) -> Self {
        Self { fault, open: false }
    }
}

impl Bucket {
    async fn write(&self, wanted: &Wanted) -> Result<Outcome, Failure> {
        let put = self.put(wanted).await;
        let fault = match &put {
            Err(fault) if !fault.is_taken() && !fault.is_open() => return Err(fault.clone().into()),
            Err(fault) => Some(fault.clone()),
            Ok(_) => None,
        };
        // The first version of the name counts, whatever the answer was or whether there was one.
        let unknown = |lookup: S3Fault| Failure { fault: fault.clone().unwrap_or(lookup), open: true };
        let first = self.at(&wanted.key).await.map_err(unknown)?.first;
        let Some(first) = first else {
            return Err(fault.unwrap_or(S3Fault::Absent).into());
        };
        let lasting = match &put {
            Ok(version) if *version == first => Lasting::AsAsked,
            Err(_) if self.holds(wanted, &first).await.map_err(unknown)? => wanted.lasting,
            // Also where a server that knows no conditions let both writers in: the later one has lost.
            Ok(_) | Err(_) => return Ok(Outcome::Other),
        };
        let deviation = self.deviation(wanted, &first, lasting).await.map_err(unknown)?;
        Ok(deviation.map_or(Outcome::Kept, Outcome::Deviates))
    }
}

/// Collects what is written, up to a limit.
pub(super) struct Bounded {
    pub(super) bytes: Vec<u8>,
    pub(super) limit: u64,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = (self.bytes.len() as u64).saturating_add(bytes.len() as u64);
        if length > self.limit {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the package is larger than allowed"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
