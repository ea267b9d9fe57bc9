//! What the stores of objects share: an object and its terms, and how a write is brought to its end.
//!
//! An object is created, then the store is asked what stands under its name, then how that is kept. An answer
//! that is missing is looked for: the same bytes under the same name are our own earlier request, other bytes
//! are another writer's. Only if nobody answers that question either, the outcome stays open.

use std::future::Future;
use std::io::{self, Write};

use super::{Commit, Terms};

/// What an object shall be, and on which terms it shall be kept.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) key: String,
    pub(super) body: Vec<u8>,
    pub(super) terms: Terms,
    pub(super) legal_hold: bool,
    /// How long the lock lasts at least if the same object stands there already.
    pub(super) lasting: Lasting,
}

/// How long a retention must last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    /// As long as was asked for now.
    AsAsked,
    /// As long as was asked for when the very same object was written, perhaps by another run.
    Any,
}

/// One thing that is not as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Deviation {
    pub(super) what: &'static str,
    pub(super) expected: String,
    pub(super) found: String,
}

impl Deviation {
    pub(super) fn new(what: &'static str, expected: impl Into<String>, found: Option<&str>) -> Self {
        Self { what, expected: expected.into(), found: found.unwrap_or("none").to_owned() }
    }
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// How a write ended, as far as the store tells.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The object stands and is kept as wanted.
    Kept,
    /// Another object stands under the name.
    Other,
    /// The object stands and is kept otherwise.
    Deviates(Deviation),
}

/// A write without an outcome.
#[derive(Debug)]
pub(super) struct Failure<F> {
    pub(super) fault: F,
    /// Whether the object may stand all the same.
    pub(super) open: bool,
}

/// What a fault says of the write that it ended.
pub(super) trait WriteFault: Clone + Send {
    /// The name is taken.
    fn is_taken(&self) -> bool;
    /// The request may have been carried out although no good answer came.
    fn is_open(&self) -> bool;
    /// There is no such object.
    fn absent() -> Self;
}

/// One place for objects, asked by a single writer of ours.
pub(super) trait Objects: Sync {
    /// Why a call has no result.
    type Fault: WriteFault;
    /// What tells two objects of one name apart.
    type Version: PartialEq + Send + Sync;

    /// Creates the object if its name is free.
    fn create(&self, wanted: &Wanted) -> impl Future<Output = Result<Self::Version, Self::Fault>> + Send;

    /// The version that was written first under exactly `key`.
    fn first(&self, key: &str) -> impl Future<Output = Result<Option<Self::Version>, Self::Fault>> + Send;

    /// Whether a version has the wanted bytes.
    fn has_bytes(
        &self,
        wanted: &Wanted,
        version: &Self::Version,
    ) -> impl Future<Output = Result<bool, Self::Fault>> + Send;

    /// The first thing in which a version differs from what is wanted.
    fn differs(
        &self,
        wanted: &Wanted,
        version: &Self::Version,
        lasting: Lasting,
    ) -> impl Future<Output = Result<Option<Deviation>, Self::Fault>> + Send;
}

/// Creates an object and finds out how that ended and how the object is kept.
pub(super) async fn write<O: Objects>(objects: &O, wanted: &Wanted) -> Result<Outcome, Failure<O::Fault>> {
    let put = objects.create(wanted).await;
    let fault = match &put {
        Err(fault) if !fault.is_taken() && !fault.is_open() => {
            return Err(Failure { fault: fault.clone(), open: false });
        }
        Err(fault) => Some(fault.clone()),
        Ok(_) => None,
    };
    // The first version of the name counts, whatever the answer was or whether there was one.
    let unknown = |lookup: O::Fault| Failure { fault: fault.clone().unwrap_or(lookup), open: true };
    let Some(first) = objects.first(&wanted.key).await.map_err(unknown)? else {
        return Err(Failure { fault: fault.unwrap_or_else(O::Fault::absent), open: false });
    };
    let lasting = match &put {
        Ok(version) if *version == first => Lasting::AsAsked,
        Err(_) if objects.has_bytes(wanted, &first).await.map_err(unknown)? => wanted.lasting,
        // Also where a server that knows no conditions let both writers in: the later one has lost.
        Ok(_) | Err(_) => return Ok(Outcome::Other),
    };
    let deviation = objects.differs(wanted, &first, lasting).await.map_err(unknown)?;
    Ok(deviation.map_or(Outcome::Kept, Outcome::Deviates))
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
