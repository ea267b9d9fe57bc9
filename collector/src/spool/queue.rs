//! The packages that wait, one file each, in a folder that is replaced as a whole or not at all.
//!
//! Records that are linked anew are written into the next folder; only its file `complete` makes that one the
//! queue, and the folder before is emptied then. So a crash leaves either the old records or the new ones.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use verify_core::limits::Limits;

use super::SpoolError;
use crate::store::{Commit, DirStore, FileCalls, StoreError};

const FOLDER: &str = "waiting-";
const COMPLETE: &str = "complete";
const ENDING: &str = ".zip";

/// One folder of packages.
#[derive(Clone)]
pub(super) struct Queue {
    root: PathBuf,
    number: u32,
    files: Arc<dyn FileCalls>,
}

impl Queue {
    /// The queue below `root`. What a run left behind that died between two queues is removed.
    pub(super) fn open(root: &Path, files: &Arc<dyn FileCalls>) -> Result<Self, SpoolError> {
        let at = |number| Self { root: root.to_owned(), number, files: Arc::clone(files) };
        let names = files.list(root).map_err(call("list", root))?;
        let mut numbers: Vec<u32> = names
            .iter()
            .filter_map(|name| name.to_string_lossy().strip_prefix(FOLDER)?.parse().ok())
            .collect();
        numbers.sort_unstable();
        let mut current = 1;
        for number in numbers.iter().copied().filter(|number| *number > 1) {
            if at(number).names(COMPLETE)?.iter().any(|name| name == COMPLETE) {
                current = number;
            }
        }
        for number in numbers.into_iter().filter(|number| *number != current) {
            at(number).clear()?;
        }
        Ok(at(current))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Names of the packages in it.
    pub(super) fn packages(&self) -> Result<Vec<String>, SpoolError> {
        self.names(ENDING)
    }

    /// Keeps a package under a name that must be free, for good once this returns.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.path(name);
        match self.writer().publish(&path, &mut |sink| Ok(sink.write_all(bytes)?))? {
            Commit::Done => Ok(()),
            Commit::Lost => Err(StoreError::Taken { path: path.display().to_string() }),
        }
    }

    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, SpoolError> {
        let path = self.path(name);
        self.files.read(&path, Limits::default().package_bytes).map_err(call("read", &path))
    }

    /// Gives up a package; one that is gone is no error.
    pub(super) fn remove(&self, name: &str) -> Result<(), SpoolError> {
        let path = self.path(name);
        match self.files.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(call("remove", &path)(error)),
            _ => self.files.sync_dir(&self.folder()).map_err(call("flush", &self.folder())),
        }
    }

    /// The queue that is to follow this one, empty.
    pub(super) fn next(&self) -> Result<Self, SpoolError> {
        let next = Self { number: self.number.saturating_add(1), ..self.clone() };
        next.clear()?;
        Ok(next)
    }

    /// Makes this the queue, in place of the one before.
    pub(super) fn take_over_from(&self, before: &Self) -> Result<(), StoreError> {
        self.writer().publish(&self.path(COMPLETE), &mut |_| Ok(()))?;
        Ok(before.clear()?)
    }

    /// Empties the folder, the mark of completeness last.
    fn clear(&self) -> Result<(), SpoolError> {
        let mut names = self.names("")?;
        names.sort_by_key(|name| name == COMPLETE);
        names.iter().try_for_each(|name| self.remove(name))
    }

    fn names(&self, ending: &str) -> Result<Vec<String>, SpoolError> {
        let folder = self.folder();
        let names = match self.files.list(&folder) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(call("list", &folder)(source)),
        };
        let mut names: Vec<_> = names
            .into_iter()
            .map(|name| name.to_string_lossy().into_owned())
            .filter(|name| !name.starts_with('.') && name.ends_with(ending))
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    fn folder(&self) -> PathBuf {
        self.root.join(format!("{FOLDER}{:04}", self.number))
    }

    fn writer(&self) -> DirStore {
        DirStore::with_files(&self.root, Arc::clone(&self.files))
    }
}

/// Tells which call on which path failed.
pub(super) fn call(doing: &'static str, path: &Path) -> impl Fn(io::Error) -> SpoolError {
    let path = path.to_owned();
    move |source| SpoolError::Call { doing, path: path.clone(), source }
}
