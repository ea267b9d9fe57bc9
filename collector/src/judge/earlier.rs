//! Earlier snapshots, read back from the chain and proven by their digests.

use std::collections::BTreeMap;

use verify_core::canon::{CanonError, Document};
use verify_core::limits::Limits;
use verify_core::model::{Kind, Sequence};

use crate::chain::{PackageError, SnapshotPlace, StoredPackage};
use crate::store::Store;

/// Why an earlier snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EarlierError {
    /// Its package cannot be used.
    #[error("snapshot of record {sequence} cannot be read back")]
    Package {
        /// Its record.
        sequence: Sequence,
        /// Why.
        #[source]
        source: PackageError,
    },
    /// Its text is not what a snapshot must be.
    #[error("snapshot of record {sequence} is not canonical")]
    Text {
        /// Its record.
        sequence: Sequence,
        /// Why.
        #[source]
        source: CanonError,
    },
}

/// Snapshots that are held for comparison, at most the few that one cycle needs.
pub struct EarlierStates<'s> {
    store: &'s dyn Store,
    loaded: BTreeMap<Sequence, Document>,
}

impl<'s> EarlierStates<'s> {
    /// None yet.
    #[must_use]
    pub fn new(store: &'s dyn Store) -> Self {
        Self { store, loaded: BTreeMap::new() }
    }

    /// Holds exactly the snapshots at `places`, keeping those that are held already.
    pub fn load_only(&mut self, places: impl Iterator<Item = SnapshotPlace>) -> Result<(), EarlierError> {
        let mut held = std::mem::take(&mut self.loaded);
        for place in places {
            let document = match held.remove(&place.sequence) {
                Some(document) => document,
                None => self.read(&place)?,
            };
            self.loaded.insert(place.sequence, document);
        }
        Ok(())
    }

    /// A snapshot that is held.
    #[must_use]
    pub fn get(&self, sequence: Sequence) -> Option<&Document> {
        self.loaded.get(&sequence)
    }

    fn read(&self, place: &SnapshotPlace) -> Result<Document, EarlierError> {
        let sequence = place.sequence;
        let bytes = StoredPackage::open(self.store, &place.payload_path)
            .and_then(|package| package.payload(&Kind::Snapshot.payload_member(), place.payload_sha256))
            .map_err(|source| EarlierError::Package { sequence, source })?;
        Document::new(bytes, &Limits::default()).map_err(|source| EarlierError::Text { sequence, source })
    }
}
