//! Evidence in a folder, or in one file.
//!
//! Links are reported, never followed, whatever happens between listing and reading: every part of a name
//! is opened on its own below the one before, without following links, and the opened file must be the
//! regular file that was listed. Pipes and devices are never waited for.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use super::{Item, ItemKind, Source, SourceError, Stamp};

#[cfg(not(unix))]
mod portable;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use portable as system;
#[cfg(unix)]
use unix as system;

#[cfg(test)]
#[cfg(unix)]
mod tests;

/// A folder (searched to its depths) or a single file.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

/// Folders deeper than this are not evidence; it stops loops that a file system may hold.
const DEEPEST: usize = 32;

/// What an opened file is now.
struct Status {
    size: u64,
    stamp: Option<Stamp>,
}

impl Folder {
    /// Reads below `root`; nothing is opened yet. A link given as the root itself is the user's word.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Opens the item, which must be the very file that was listed.
    fn open(&self, item: &Item) -> Result<(File, Status), SourceError> {
        let failed = |source| SourceError::Read { name: item.name.clone(), source };
        if item.kind != ItemKind::File {
            let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, "not a regular file");
            return Err(failed(source));
        }
        let file = system::open(&self.root, item)?;
        let status = system::status(&file).map_err(failed)?.ok_or_else(|| replaced(item, NOT_A_FILE))?;
        if status.size != item.size {
            let (name, listed, read) = (item.name.clone(), item.size, status.size);
            return Err(SourceError::Changed { name, listed, read });
        }
        if status.stamp != item.stamp {
            return Err(replaced(item, "another file, or other content"));
        }
        Ok((file, status))
    }
}

/// How something that is no regular file is called.
const NOT_A_FILE: &str = "no regular file any more";

fn replaced(item: &Item, how: &'static str) -> SourceError {
    SourceError::Replaced { name: item.name.clone(), how }
}

impl Source for Folder {
    fn describe(&self) -> String {
        self.root.display().to_string()
    }

    fn list(&self, limit: usize) -> Result<Vec<Item>, SourceError> {
        system::list(&self.root, limit)
    }

    fn read(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        let failed = |source| SourceError::Read { name: item.name.clone(), source };
        let (file, Status { size, stamp }) = self.open(item)?;
        if size > limit {
            return Err(SourceError::TooLarge { name: item.name.clone(), size, limit });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        (&file).take(size.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
        let read = bytes.len() as u64;
        if read != size {
            return Err(SourceError::Changed { name: item.name.clone(), listed: size, read });
        }
        let after = system::status(&file).map_err(failed)?;
        if after.is_none_or(|after| after.stamp != stamp || after.size != size) {
            return Err(replaced(item, "written to meanwhile"));
        }
        Ok(bytes)
    }

    fn read_start(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        let (file, _) = self.open(item)?;
        let mut bytes = Vec::new();
        file.take(limit)
            .read_to_end(&mut bytes)
            .map_err(|source| SourceError::Read { name: item.name.clone(), source })?;
        Ok(bytes)
    }
}
