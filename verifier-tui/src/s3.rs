//! Evidence where it is kept: a bucket, read by versions, with what S3 tells about its locks.
//!
//! Only `List…` and `Get…` calls are made (`HeadObject` counts as `GetObject`); nothing is ever written there, and
//! no place that evidence names is followed. Names below the root are opaque. Of every name the first version is read:
//! commits and packages are created only if absent, so whatever came later is not theirs. What fails to be
//! listed or read is told, never taken for absent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Runtime;
use verify_core::limits::Limits;
use verify_core::source::{Item, ItemKind, LockFacts, Locks, Source, SourceError, Told};
use verify_core::time::UtcTime;

use crate::cache::Cache;
use crate::cli::{StoreOptions, now};
use crate::stop::Stop;

mod ahead;
mod client;
mod fault;
mod get;
mod kept;
mod listing;
mod place;

use ahead::{Ahead, Part, START_BYTES};
pub use client::OpenError;
use client::unless_stopped;
use fault::Fault;
use get::{Bucket, Heard};
use listing::{Listing, Object};
pub use place::{PlaceError, S3Place};

/// Evidence in a bucket. Everything is listed once, when it is first asked for.
#[derive(Debug)]
pub struct S3Source {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    bucket: Arc<Bucket>,
    place: S3Place,
    listing: Mutex<Option<Arc<Listing>>>,
    ahead: Arc<Ahead>,
    opened_utc: UtcTime,
    stop: Stop,
}

impl S3Source {
    /// The evidence at `place`, reached as `options` say. Credentials follow AWS's own order; nothing is asked
    /// of the bucket yet. What `cache` holds is not fetched again. Once `stop` is asked, no answer is waited for.
    pub fn open(
        place: S3Place,
        options: &StoreOptions,
        limits: &Limits,
        cache: Option<Cache>,
        stop: &Stop,
    ) -> Result<Self, OpenError> {
        let (runtime, client) = client::connect(options, stop)?;
        let cache = cache.map(Arc::new);
        let bucket = Arc::new(Bucket { client, name: place.bucket().to_owned(), cache });
        Ok(Self {
            runtime: Some(runtime),
            bucket,
            place,
            listing: Mutex::default(),
            ahead: Arc::new(Ahead::new(limits.ahead_bytes)),
            opened_utc: now(),
            stop: stop.clone(),
        })
    }

    fn wait<T>(&self, call: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        match &self.runtime {
            Some(runtime) => {
                runtime.block_on(unless_stopped(&self.stop, call)).unwrap_or(Err(Fault::Stopped))
            }
            None => Err(Fault::Late),
        }
    }

    fn listed(&self) -> MutexGuard<'_, Option<Arc<Listing>>> {
        self.listing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The object that was listed as this item.
    fn object(&self, item: &Item) -> Result<(Arc<Listing>, usize), SourceError> {
        let unlisted = || SourceError::Read {
            name: item.name.clone(),
            source: std::io::Error::new(std::io::ErrorKind::NotFound, "it was not listed"),
        };
        let listing = self.listed().clone().ok_or_else(unlisted)?;
        let index = listing.index(&item.name).ok_or_else(unlisted)?;
        Ok((listing, index))
    }

    /// The whole object, or its start, and those that will be asked for next behind it.
    fn fetch(&self, listing: &Arc<Listing>, index: usize, part: Part) -> Result<Arc<Vec<u8>>, Fault> {
        let runtime = self.runtime.as_ref().ok_or(Fault::Late)?;
        self.ahead.get(runtime, &self.stop, &self.bucket, listing, index, part)
    }
}

fn facts(object: &Object, heard: Heard) -> LockFacts {
    LockFacts {
        version: object.version.clone(),
        others: object.others.clone(),
        other_versions: object.other_versions,
        delete_markers: object.markers,
        retention: heard.retention,
        encryption_key: heard.key,
    }
}

fn read_error(name: &str, fault: Fault) -> SourceError {
    let name = name.to_owned();
    match fault {
        Fault::Length { listed, read } => SourceError::Changed { name, listed, read },
        fault => SourceError::Read { name, source: fault.into() },
    }
}

impl Source for S3Source {
    fn describe(&self) -> String {
        self.place.to_string()
    }

    fn list(&self, limit: usize) -> Result<Vec<Item>, SourceError> {
        let known = self.listed().clone();
        let listing = if let Some(listing) = known {
            listing
        } else {
            let found = self.wait(listing::list(&self.bucket, &self.place, limit));
            let listing = found.map_err(|fault| match fault {
                Fault::TooMany => SourceError::TooMany { place: self.describe(), limit },
                fault => SourceError::List { place: self.describe(), source: fault.into() },
            })?;
            let listing = Arc::new(listing);
            *self.listed() = Some(Arc::clone(&listing));
            listing
        };
        let item = |object: &Object| Item {
            name: object.name.clone(),
            exact: object.exact,
            kind: ItemKind::File,
            size: object.size,
            stamp: None,
        };
        Ok(listing.objects.iter().map(item).collect())
    }

    fn read(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        if item.size > limit {
            return Err(SourceError::TooLarge { name: item.name.clone(), size: item.size, limit });
        }
        let (listing, index) = self.object(item)?;
        let bytes =
            self.fetch(&listing, index, Part::Whole).map_err(|fault| read_error(&item.name, fault))?;
        Ok(Arc::unwrap_or_clone(bytes))
    }

    fn read_start(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        let (listing, index) = self.object(item)?;
        let failed = |fault| read_error(&item.name, fault);
        let bytes = if item.size <= START_BYTES {
            self.fetch(&listing, index, Part::Whole).map_err(failed)?
        } else if limit <= START_BYTES {
            self.fetch(&listing, index, Part::Start).map_err(failed)?
        } else {
            let object = listing.objects.get(index).ok_or(Fault::Form).map_err(failed)?;
            let fetched = self.wait(self.bucket.get(object, Some(limit.min(object.size)), false));
            fetched.map_err(failed)?.bytes
        };
        let end = usize::try_from(limit).unwrap_or(usize::MAX).min(bytes.len());
        Ok(bytes.get(..end).unwrap_or_default().to_vec())
    }

    fn locks(&self) -> Option<&dyn Locks> {
        Some(self)
    }
}

impl Locks for S3Source {
    fn told_by(&self) -> String {
        self.place.to_string()
    }

    fn asked_utc(&self) -> UtcTime {
        self.opened_utc
    }

    fn of(&self, item: &Item) -> Told<LockFacts> {
        let Ok((listing, index)) = self.object(item) else {
            return Told::Unknown("it was not listed".to_owned());
        };
        let Some(object) = listing.objects.get(index) else {
            return Told::Unknown("it was not listed".to_owned());
        };
        let heard = self.ahead.heard(index).unwrap_or_else(|| {
            let asked = async { Ok(self.bucket.ask(object).await) };
            self.wait(asked).unwrap_or_else(|fault| Heard::unknown(&fault))
        });
        Told::Is(facts(object, heard))
    }

    fn emptied(&self) -> Vec<String> {
        self.listed().as_ref().map(|listing| listing.emptied.clone()).unwrap_or_default()
    }
}

impl Drop for S3Source {
    fn drop(&mut self) {
        // Whatever is still being fetched is wanted by nobody.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
