//! Copies of what the store holds, so that the next cycle can be judged while the store is down.
//!
//! What is copied was committed, and what was committed never changes: a copy that differs is refused, never
//! replaced. Snapshots are only kept as long as a cycle may be compared with them.

use std::collections::BTreeSet;
use std::error::Error;
use std::io;

use verify_core::model::Sequence;

use super::queue::call;
use super::waiting::whole;
use super::{Spool, SpoolError};
use crate::store::{Attachment, Commit, DirStore, Store, StoreError, Terms};

const KNOWN: &str = "known";
/// Parts below `packages/`: year, month, day, file.
const DEPTH: usize = 4;

impl Spool {
    /// What a copy says for the store while that is away: whatever is wrong with it is the spool's, not the store's.
    pub(super) fn copied<T>(
        &self,
        read: impl FnOnce(&DirStore) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        read(&self.copy).map_err(|source| self.copies_unfit(source).into())
    }

    /// As [`copied`](Self::copied) for a package, every byte of which must be as its manifest says.
    pub(super) fn copied_package(&self, place: &str) -> Result<Vec<u8>, StoreError> {
        let bytes = self.copied(|copy| copy.package(place))?;
        whole(&bytes).map_err(|problem| {
            let path = self.copy.root().join(place);
            StoreError::from(self.copies_unfit(SpoolError::Damaged { path, problem }))
        })?;
        Ok(bytes)
    }

    /// The copies cannot stand for the store.
    pub(super) fn copies_unfit(&self, source: impl Into<Box<dyn Error + Send + Sync>>) -> SpoolError {
        SpoolError::Copies { folder: self.copy.root().to_owned(), source: source.into() }
    }

    pub(super) fn copy_manifest(&self, sequence: Sequence, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.copy.root().join("chain").join(sequence.commit_name());
        let same = match self.files.read(&path, bytes.len() as u64) {
            Ok(found) => found == bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return self.copy.commit(sequence, &Terms::default(), bytes).map(drop);
            }
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => false,
            Err(source) => return Err(call("read", &path)(source).into()),
        };
        if same { Ok(()) } else { Err(SpoolError::Differs { path, name: sequence.commit_name() }.into()) }
    }

    pub(super) fn copy_package(&self, place: &str, bytes: &[u8]) -> Result<(), StoreError> {
        if self.holds_package(place) {
            return Ok(());
        }
        self.copy.put_package(place, &Terms::default(), &mut |sink| Ok(sink.write_all(bytes)?))
    }

    pub(super) fn holds_package(&self, place: &str) -> bool {
        self.copy.root().join(place).is_file()
    }

    pub(super) fn copy_attachment(
        &self,
        sequence: Sequence,
        attachment: Attachment,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        match self.copy.attachment(sequence, attachment)? {
            Some(found) if found == bytes => Ok(()),
            Some(_) => {
                let name = attachment.name(sequence);
                let path = self.copy.root().join("chain").join(&name);
                Err(SpoolError::Differs { path, name }.into())
            }
            None => self.copy.put_attachment(sequence, attachment, bytes).map(drop),
        }
    }

    /// Records that are copied with everything a cycle behind them needs.
    pub(super) fn known(&self) -> Result<u64, SpoolError> {
        Ok(self.known_numbers()?.last().copied().unwrap_or(0))
    }

    pub(super) fn know(&self, records: u64) -> Result<(), StoreError> {
        let folder = self.folder.join(KNOWN);
        let path = |number: u64| folder.join(format!("{number:010}"));
        let known = self.known_numbers()?;
        if known.last().is_some_and(|known| *known >= records) {
            return Ok(());
        }
        match self.copy.publish(&path(records), &mut |_| Ok(()))? {
            Commit::Done | Commit::Lost => {}
        }
        for number in known {
            let path = path(number);
            self.files.remove(&path).map_err(call("remove", &path))?;
        }
        Ok(())
    }

    fn known_numbers(&self) -> Result<Vec<u64>, SpoolError> {
        let names = self.list(&self.folder.join(KNOWN))?;
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| name.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Gives up copies of cycles that are not among `needed`. Records of other kinds are read in every run.
    pub(super) fn keep_only(&self, needed: &BTreeSet<String>) -> Result<(), SpoolError> {
        let mut places = vec!["packages".to_owned()];
        for _ in 0..DEPTH {
            let mut below = Vec::new();
            for place in places {
                let names = self.list(&self.copy.root().join(&place))?;
                below.extend(names.into_iter().map(|name| format!("{place}/{name}")));
            }
            places = below;
        }
        for place in places.iter().filter(|place| !needed.contains(*place)) {
            let name = super::waiting::file_name(place);
            if name.starts_with("evidence-") || name.starts_with("failure-") {
                let path = self.copy.root().join(place);
                self.files.remove(&path).map_err(call("remove", &path))?;
            }
        }
        Ok(())
    }

    pub(super) fn list(&self, folder: &std::path::Path) -> Result<Vec<String>, SpoolError> {
        match self.files.list(folder) {
            Ok(names) => Ok(names
                .into_iter()
                .map(|name| name.to_string_lossy().into_owned())
                .filter(|name| !name.starts_with('.'))
                .collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(call("list", folder)(source)),
        }
    }
}
