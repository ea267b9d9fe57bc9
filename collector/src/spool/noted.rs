//! What waits is noted apart from the packages, so that one that vanishes is missed.
//!
//! A note is an empty file with the name of its package. It is made when the package is in the queue for good, and
//! goes before the package does: a crash in between leaves a package without a note, never a note alone. So a note
//! alone says that somebody removed a package that was neither stored nor linked anew.

use std::io;
use std::path::PathBuf;

use super::queue::{Queue, call};
use super::waiting::Waiting;
use super::{Spool, SpoolError};
use crate::store::{Commit, StoreError};

const NOTED: &str = "noted";

impl Spool {
    /// Notes that these wait.
    pub(super) fn note<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<(), StoreError> {
        let noted = self.noted()?;
        for name in names {
            if noted.iter().any(|noted| noted == name) {
                continue;
            }
            match self.copy().publish(&self.note_path(name), &mut |_| Ok(()))? {
                Commit::Done | Commit::Lost => {}
            }
        }
        Ok(())
    }

    /// The packages that waited and are gone, without having been stored.
    pub fn gone(&self) -> Result<Vec<String>, SpoolError> {
        let mut gone = self.noted()?;
        if !gone.is_empty() {
            let waiting = self.queue().packages()?;
            gone.retain(|name| !waiting.contains(name));
        }
        Ok(gone)
    }

    /// Misses nothing any more: what is gone was told, and the chain went on without it.
    pub(super) fn forget_gone(&self) -> Result<(), SpoolError> {
        self.gone()?.iter().try_for_each(|name| self.strike(name))
    }

    /// Gives up a package that waited, its note first.
    pub(super) fn give_up(&self, waiting: &Waiting) -> Result<(), SpoolError> {
        self.strike(waiting.name())?;
        self.queue().remove(waiting.name())
    }

    /// Strikes the notes of everything in `queue`.
    pub(super) fn strike_all(&self, queue: &Queue) -> Result<(), SpoolError> {
        queue.packages()?.iter().try_for_each(|name| self.strike(name))
    }

    fn strike(&self, name: &str) -> Result<(), SpoolError> {
        let path = self.note_path(name);
        match self.files.remove(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(call("remove", &path)(error)),
            Ok(()) => {
                let folder = self.folder().join(NOTED);
                self.files.sync_dir(&folder).map_err(call("flush", &folder))
            }
        }
    }

    fn noted(&self) -> Result<Vec<String>, SpoolError> {
        let mut names = self.list(&self.folder().join(NOTED))?;
        names.sort_unstable();
        Ok(names)
    }

    fn note_path(&self, name: &str) -> PathBuf {
        self.folder().join(NOTED).join(name)
    }
}
