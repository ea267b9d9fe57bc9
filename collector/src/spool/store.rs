//! A store with a spool before it: what the store cannot take now waits, and nobody else notices a difference.
//!
//! While the store answers, everything goes to it, and what a later cycle needs is copied on the way. The first
//! passing fault ends that for the rest of the run: from then on it is *away*, answers come from the spool, and
//! cycles are sealed into it. Whatever a store refuses is an error here too: waiting would not make it right.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use verify_core::model::Sequence;
use verify_core::time::UtcTime;

use super::aside::Aside;
use super::waiting::{Waiting, file_name, place_of};
use super::{Spool, SpoolError};
use crate::chain::ChainState;
use crate::notes::told;
use crate::store::{Attachment, Commit, Store, StoreError, Terms, WritePackage};

/// A store, and the spool in which cycles wait for it.
pub struct SpoolStore {
    pub(super) remote: Arc<dyn Store>,
    pub(super) spool: Arc<Spool>,
    aside: Mutex<Option<Arc<Aside>>>,
    /// A cycle whose package is written and whose commit is not.
    begun: Mutex<Option<Waiting>>,
}

impl SpoolStore {
    /// `remote`, with `spool` before it.
    #[must_use]
    pub fn new(remote: Arc<dyn Store>, spool: Spool) -> Self {
        Self { remote, spool: Arc::new(spool), aside: Mutex::new(None), begun: Mutex::new(None) }
    }

    /// The spool.
    #[must_use]
    pub fn spool(&self) -> &Spool {
        &self.spool
    }

    /// What waits, in the order of the chain.
    pub fn waiting(&self) -> Result<Vec<Waiting>, SpoolError> {
        match self.aside() {
            Some(aside) => Ok(aside.waiting()),
            None => self.spool.waiting(self.remote.as_ref()),
        }
    }

    pub(super) fn aside(&self) -> Option<Arc<Aside>> {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From here on the spool stands for the store. A chain of which nothing is known stays out of reach.
    pub(super) fn go_away(&self, fault: StoreError) -> Result<Arc<Aside>, StoreError> {
        let mut aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(aside) = aside.as_ref() {
            return Ok(Arc::clone(aside));
        }
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut waiting = self.spool.waiting(self.remote.as_ref())?;
        waiting.retain(|waiting| begun.as_ref().is_none_or(|begun| begun.path != waiting.path));
        let first = waiting.first().or(begun.as_ref()).map(|waiting| waiting.manifest.sequence.0);
        let base = match first {
            Some(first) => first,
            None => self.spool.known()?,
        };
        if base == 0 {
            return Err(fault);
        }
        let (remote, spool) = (Arc::clone(&self.remote), Arc::clone(&self.spool));
        let reason = format!("the store cannot be reached: {}", told(&fault));
        let made = Aside::new(remote, spool, self.spool.queue(), waiting, base, reason);
        if let Some(begun) = begun {
            made.begin(begun);
        }
        Ok(Arc::clone(aside.insert(Arc::new(made))))
    }

    /// Asks the store, or what stands for it once it is away.
    fn ask<T>(
        &self,
        from: impl Fn(&dyn Store) -> Result<T, StoreError>,
        copy: impl FnOnce(&T) -> Result<(), StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(aside) = self.aside() {
            return from(aside.as_ref());
        }
        match from(self.remote.as_ref()) {
            Ok(found) => {
                copy(&found)?;
                Ok(found)
            }
            Err(fault) if fault.is_passing() => from(self.go_away(fault)?.as_ref()),
            Err(other) => Err(other),
        }
    }

    /// The record waits now, and is missed from here on.
    fn commit_aside(
        &self,
        aside: &Aside,
        sequence: Sequence,
        terms: &Terms,
        manifest: &[u8],
    ) -> Result<Commit, StoreError> {
        let committed = aside.commit(sequence, terms, manifest)?;
        let waiting = aside.waiting();
        self.spool.note(waiting.iter().map(Waiting::name))?;
        Ok(committed)
    }

    /// The cycle that was begun is not to wait: it is committed, or never will be under this name.
    fn give_up(&self, begun: &Waiting) -> Result<(), StoreError> {
        Ok(self.spool.give_up(begun)?)
    }
}

impl Store for SpoolStore {
    fn location(&self) -> String {
        self.remote.location()
    }

    fn away(&self) -> Option<String> {
        self.aside().and_then(|aside| aside.away())
    }

    /// Copies what the cycle after `chain` needs, and gives up what none needs any more.
    fn keep(&self, chain: &ChainState) -> Result<(), StoreError> {
        if self.away().is_some() {
            return Ok(());
        }
        let snapshots = chain.complete.values().map(|complete| &complete.snapshot);
        let snapshots = snapshots.chain(chain.approved.as_ref().map(|approved| &approved.snapshot));
        let mut needed = BTreeSet::new();
        for snapshot in snapshots {
            let place = place_of(&snapshot.payload_path);
            if needed.insert(place.to_owned()) && !self.spool.holds_package(place) {
                self.package(&snapshot.payload_path)?;
            }
        }
        // Whether a chain has tokens at all decides what its next record must say.
        for attachment in [Attachment::Checkpoint, Attachment::Token] {
            if let Some(newest) = self.attachments(attachment)?.last() {
                self.attachment(*newest, attachment)?;
            }
        }
        if self.away().is_some() {
            return Ok(());
        }
        self.spool.know(chain.head.next().0)?;
        Ok(self.spool.keep_only(&needed)?)
    }

    fn records(&self) -> Result<u64, StoreError> {
        let found = self.ask(|store| store.records(), |_| Ok(()))?;
        let known = self.spool.known()?;
        if self.aside().is_none() && found < known {
            return Err(SpoolError::Fewer { place: self.location(), known, found }.into());
        }
        Ok(found)
    }

    fn manifest(&self, sequence: Sequence) -> Result<Vec<u8>, StoreError> {
        self.ask(|store| store.manifest(sequence), |bytes| self.spool.copy_manifest(sequence, bytes))
    }

    fn terms(&self, sealed_utc: UtcTime) -> Terms {
        self.remote.terms(sealed_utc)
    }

    fn payload_path(&self, package: &str, member: &str) -> String {
        self.remote.payload_path(package, member)
    }

    fn package(&self, payload_path: &str) -> Result<Vec<u8>, StoreError> {
        self.ask(
            |store| store.package(payload_path),
            |bytes| self.spool.copy_package(place_of(payload_path), bytes),
        )
    }

    fn put_package(&self, package: &str, terms: &Terms, write: WritePackage<'_>) -> Result<(), StoreError> {
        if let Some(aside) = self.aside() {
            return aside.put_package(package, terms, write);
        }
        let mut bytes = Vec::new();
        write(&mut bytes).map_err(StoreError::Package)?;
        let to_store = || self.remote.put_package(package, terms, &mut |sink| Ok(sink.write_all(&bytes)?));
        let (queue, name) = (self.spool.queue(), file_name(package));
        let Some(begun) = Waiting::sealed(queue.path(name), &bytes, self.remote.as_ref())? else {
            return to_store();
        };
        queue.put(name, &bytes)?;
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = Some(begun.clone());
        match to_store() {
            Ok(()) => Ok(()),
            Err(fault) if fault.is_passing() => self.go_away(fault).map(drop),
            Err(refused) => {
                self.give_up(&begun)?;
                Err(refused)
            }
        }
    }

    fn commit(&self, sequence: Sequence, terms: &Terms, manifest: &[u8]) -> Result<Commit, StoreError> {
        if let Some(aside) = self.aside() {
            return self.commit_aside(&aside, sequence, terms, manifest);
        }
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let begun = begun.filter(|begun| begun.bytes == manifest);
        let committed = self.remote.commit(sequence, terms, manifest);
        let Some(begun) = begun else { return committed };
        match committed {
            Err(fault) if fault.is_passing() => {
                let aside = self.go_away(fault)?;
                self.commit_aside(&aside, sequence, terms, manifest)
            }
            Ok(Commit::Done) => {
                self.spool.settle(&begun)?;
                self.spool.forget_gone()?;
                Ok(Commit::Done)
            }
            Ok(Commit::Lost) => self.give_up(&begun).map(|()| Commit::Lost),
            Err(refused) => {
                self.give_up(&begun)?;
                Err(refused)
            }
        }
    }

    fn put_attachment(
        &self,
        sequence: Sequence,
        attachment: Attachment,
        bytes: &[u8],
    ) -> Result<Commit, StoreError> {
        if let Some(aside) = self.aside() {
            return aside.put_attachment(sequence, attachment, bytes);
        }
        self.remote.put_attachment(sequence, attachment, bytes).map_err(|fault| {
            if fault.is_passing() {
                // Whoever asked learns that nothing was stored, and goes on with the spool.
                let text = told(&fault);
                return match self.go_away(fault) {
                    Ok(_) => SpoolError::OnlyCycles { reason: text }.into(),
                    Err(error) => error,
                };
            }
            fault
        })
    }

    fn attachment(&self, sequence: Sequence, attachment: Attachment) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(
            |store| store.attachment(sequence, attachment),
            |found| match found {
                Some(bytes) => self.spool.copy_attachment(sequence, attachment, bytes),
                None => Ok(()),
            },
        )
    }

    fn attachments(&self, attachment: Attachment) -> Result<Vec<Sequence>, StoreError> {
        self.ask(|store| store.attachments(attachment), |_| Ok(()))
    }
}
