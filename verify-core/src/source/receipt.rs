//! A receipt: what a store told about its locks when evidence was copied out of it, for whoever verifies
//! the copy where there is no store to ask.
//!
//! It is the word of whoever made it, so it is given from outside, like a key, and never looked for beside the
//! evidence. It speaks only for bytes that have the digests it names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Item, Kept, LockFacts, Locks, Source, SourceError, Told};
use crate::digest::Digest;
use crate::time::UtcTime;

/// The only version of a receipt.
pub const RECEIPT_VERSION: &str = "1.0";

/// Longest receipt that is read, in bytes: one object takes some 600.
pub const RECEIPT_BYTES: u64 = 1 << 30;

/// What was copied, when, and what the store told about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// [`RECEIPT_VERSION`].
    pub receipt_version: String,
    /// Name and version of the program that made it.
    pub tool: String,
    /// Where the evidence was copied from.
    pub source: String,
    /// When the store was asked.
    pub asked_utc: UtcTime,
    /// What was copied, by name.
    pub objects: Vec<ReceivedObject>,
    /// Names under which only delete markers stood.
    pub emptied: Vec<String>,
}

/// One object that was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceivedObject {
    /// Its name below the root. Untrusted text.
    pub name: String,
    /// Its name in the copy: the same, where that is a plain path.
    pub copied_as: String,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// What the store told about it.
    pub locks: Told<LockFacts>,
}

/// Why something is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// It has not the form of one.
    #[error("not a receipt")]
    Form(#[source] serde_json::Error),
    /// It is of another version.
    #[error("a receipt of version {0:?}, expected {RECEIPT_VERSION:?}")]
    Version(String),
    /// It speaks twice about one file of the copy.
    #[error("the receipt names {0:?} twice")]
    Twice(String),
}

impl Receipt {
    /// Reads one; whoever calls bounds the bytes by [`RECEIPT_BYTES`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let receipt: Self = serde_json::from_slice(bytes).map_err(ReceiptError::Form)?;
        if receipt.receipt_version != RECEIPT_VERSION {
            return Err(ReceiptError::Version(receipt.receipt_version));
        }
        let mut names = BTreeSet::new();
        match receipt.objects.iter().find(|object| !names.insert(object.copied_as.as_str())) {
            Some(twice) => Err(ReceiptError::Twice(twice.copied_as.clone())),
            None => Ok(receipt),
        }
    }

    /// Its one form: RFC 8785.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json_canonicalizer::to_vec(self)
    }
}

/// A copy of evidence together with its receipt.
#[derive(Debug)]
pub struct Received<S> {
    copy: S,
    receipt: Receipt,
    /// Where each name stands in the receipt.
    places: BTreeMap<String, usize>,
    /// What the copy was seen to hold, by name; `None` until it is listed.
    listed: Mutex<Option<BTreeMap<String, Item>>>,
    /// Digests of what was read of the copy, by name.
    read: Mutex<BTreeMap<String, Digest>>,
}

impl<S: Source> Received<S> {
    /// The copy, about which the receipt speaks.
    pub fn new(copy: S, receipt: Receipt) -> Self {
        let names = receipt.objects.iter().enumerate();
        let places = names.map(|(at, object)| (object.copied_as.clone(), at)).collect();
        Self { copy, receipt, places, listed: Mutex::default(), read: Mutex::default() }
    }

    fn was_read(&self, name: &str) -> Option<Digest> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    /// What the copy holds under a name that the receipt has.
    fn found(&self, name: &str, limit: u64, read_on: bool) -> Told<Option<Digest>> {
        let unknown = |why: &str| Told::Unknown(why.to_owned());
        let item = {
            let listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(listed) = &*listed else { return unknown("the copy could not be listed") };
            match listed.get(name) {
                Some(item) => item.clone(),
                // A path to one file has no name below itself.
                None if listed.contains_key("") => return unknown("one file was examined, not the copy"),
                None => return Told::Is(None),
            }
        };
        match self.was_read(name) {
            Some(sha256) => Told::Is(Some(sha256)),
            None if !read_on => unknown("the verification ended before it was read"),
            None => match self.read(&item, limit) {
                Ok(bytes) => Told::Is(Some(Digest::of(&bytes))),
                Err(_) => unknown("it could not be read"),
            },
        }
    }
}

impl<S: Source> Source for Received<S> {
    fn describe(&self) -> String {
        self.copy.describe()
    }

    fn list(&self, limit: usize) -> Result<Vec<Item>, SourceError> {
        let items = self.copy.list(limit)?;
        let by_name = items.iter().map(|item| (item.name.clone(), item.clone())).collect();
        *self.listed.lock().unwrap_or_else(PoisonError::into_inner) = Some(by_name);
        Ok(items)
    }

    fn read(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        let bytes = self.copy.read(item, limit)?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.insert(item.name.clone(), Digest::of(&bytes));
        Ok(bytes)
    }

    fn read_start(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        self.copy.read_start(item, limit)
    }

    fn locks(&self) -> Option<&dyn Locks> {
        Some(self)
    }
}

impl<S: Source> Locks for Received<S> {
    fn told_by(&self) -> String {
        format!("a receipt over {}", self.receipt.source)
    }

    fn asked_utc(&self) -> UtcTime {
        self.receipt.asked_utc
    }

    fn of(&self, item: &Item) -> Told<LockFacts> {
        let unknown = |why: &str| Told::Unknown(why.to_owned());
        let place = self.places.get(&item.name);
        let Some(object) = place.and_then(|at| self.receipt.objects.get(*at)) else {
            return unknown("the receipt does not name it");
        };
        match self.was_read(&item.name) {
            None => unknown("it was not read, so nobody knows whether the receipt is about it"),
            Some(sha256) if sha256 != object.sha256 => unknown("the receipt is about other bytes"),
            Some(_) => object.locks.clone(),
        }
    }

    fn emptied(&self) -> Vec<String> {
        self.receipt.emptied.clone()
    }

    fn received(&self, limit: u64, read_on: bool) -> Vec<Kept<'_>> {
        let objects = self.receipt.objects.iter();
        let kept = objects.map(|object| Kept {
            name: &object.copied_as,
            sha256: object.sha256,
            found: self.found(&object.copied_as, limit, read_on),
        });
        kept.collect()
    }
}
