//! The chain as the spool knows it: copies of what the store holds, and behind them the records that wait.
//!
//! New cycles are sealed behind the last one that waits. Nothing here asks the store for anything, and nothing
//! is ever signed: a note or token is refused.

use std::sync::{Arc, Mutex, PoisonError};

use verify_core::model::Sequence;
use verify_core::time::UtcTime;

use super::queue::Queue;
use super::waiting::{Waiting, file_name, place_of};
use super::{Spool, SpoolError};
use crate::store::{Attachment, Commit, Store, StoreError, Terms, WritePackage};

/// A chain that grows into a queue.
pub(super) struct Aside {
    remote: Arc<dyn Store>,
    spool: Arc<Spool>,
    queue: Queue,
    reason: String,
    state: Mutex<State>,
}

struct State {
    /// Records that are in the store, below the first one that waits.
    base: u64,
    waiting: Vec<Waiting>,
    /// A package without its commit.
    begun: Option<Waiting>,
}

impl Aside {
    /// The chain of `base` records in the store and of those that wait in `queue`.
    pub(super) fn new(
        remote: Arc<dyn Store>,
        spool: Arc<Spool>,
        queue: Queue,
        waiting: Vec<Waiting>,
        base: u64,
        reason: String,
    ) -> Self {
        Self { remote, spool, queue, reason, state: Mutex::new(State { base, waiting, begun: None }) }
    }

    /// Takes over a package that stands in the queue already and was not committed.
    pub(super) fn begin(&self, waiting: Waiting) {
        self.with(|state| state.begun = Some(waiting));
    }

    /// What waits, in the order of the chain.
    pub(super) fn waiting(&self) -> Vec<Waiting> {
        self.with(|state| state.waiting.clone())
    }

    /// The same folder, as the one that is to take over from another.
    pub(super) const fn queue(&self) -> &Queue {
        &self.queue
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Store for Aside {
    fn location(&self) -> String {
        self.remote.location()
    }

    fn away(&self) -> Option<String> {
        Some(self.reason.clone())
    }

    fn records(&self) -> Result<u64, StoreError> {
        Ok(self.with(|state| state.base.saturating_add(state.waiting.len() as u64)))
    }

    fn manifest(&self, sequence: Sequence) -> Result<Vec<u8>, StoreError> {
        let waiting = self.with(|state| {
            let index = usize::try_from(sequence.0.checked_sub(state.base)?).ok()?;
            state.waiting.get(index).map(|waiting| waiting.bytes.clone())
        });
        waiting.map_or_else(|| self.spool.copied(|copy| copy.manifest(sequence)), Ok)
    }

    fn terms(&self, sealed_utc: UtcTime) -> Terms {
        self.remote.terms(sealed_utc)
    }

    fn payload_path(&self, package: &str, member: &str) -> String {
        self.remote.payload_path(package, member)
    }

    fn package(&self, payload_path: &str) -> Result<Vec<u8>, StoreError> {
        let place = place_of(payload_path);
        if self.with(|state| state.waiting.iter().any(|waiting| waiting.place == place)) {
            return Ok(self.queue.read(file_name(place))?);
        }
        self.spool.copied_package(place)
    }

    fn put_package(&self, package: &str, _terms: &Terms, write: WritePackage<'_>) -> Result<(), StoreError> {
        let mut bytes = Vec::new();
        write(&mut bytes).map_err(StoreError::Package)?;
        let name = file_name(package);
        let sealed = Waiting::sealed(self.queue.path(name), &bytes, self.remote.as_ref())?;
        let Some(sealed) = sealed else {
            return Err(SpoolError::OnlyCycles { reason: self.reason.clone() }.into());
        };
        self.queue.put(name, &bytes)?;
        self.begin(sealed);
        Ok(())
    }

    fn commit(&self, sequence: Sequence, _terms: &Terms, manifest: &[u8]) -> Result<Commit, StoreError> {
        self.with(|state| {
            let Some(begun) = state.begun.take().filter(|begun| begun.bytes == manifest) else {
                return Err(SpoolError::OnlyCycles { reason: self.reason.clone() }.into());
            };
            if state.waiting.is_empty() {
                // The run may have seen records that were not yet known to be whole here.
                state.base = sequence.0;
            }
            state.waiting.push(begun);
            Ok(Commit::Done)
        })
    }

    fn put_attachment(
        &self,
        _sequence: Sequence,
        _attachment: Attachment,
        _bytes: &[u8],
    ) -> Result<Commit, StoreError> {
        Err(SpoolError::OnlyCycles { reason: self.reason.clone() }.into())
    }

    fn attachment(&self, sequence: Sequence, attachment: Attachment) -> Result<Option<Vec<u8>>, StoreError> {
        if sequence.0 >= self.with(|state| state.base) {
            return Ok(None);
        }
        self.spool.copied(|copy| copy.attachment(sequence, attachment))
    }

    fn attachments(&self, attachment: Attachment) -> Result<Vec<Sequence>, StoreError> {
        // A run may have seen more of the store than this chain has of it: other records, and their notes.
        let base = self.with(|state| state.base);
        let mut found = self.spool.copied(|copy| copy.attachments(attachment))?;
        found.retain(|sequence| sequence.0 < base);
        Ok(found)
    }
}
