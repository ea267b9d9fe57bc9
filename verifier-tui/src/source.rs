//! Evidence as the user named it: a folder, or one file under its own name.
//!
//! The rules look at names as well as at content (F-25): a file named `….zip` is a package even if other bytes
//! stand before the zip. A single file must therefore be judged under its name, as it would be in a folder.

use std::ffi::OsStr;
use std::path::PathBuf;

use verify_core::source::{Folder, Item, Source, SourceError};

/// A folder or a single file. It is only ever read.
#[derive(Debug, Clone)]
pub struct Named {
    place: Folder,
    /// Name of the single file, and whether it is text; `None` for a folder.
    own: Option<(String, bool)>,
}

impl Named {
    /// Reads at `path`; nothing is opened yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let named = |name: &OsStr| (name.to_string_lossy().into_owned(), name.to_str().is_some());
        let own = if path.is_dir() { None } else { path.file_name().map(named) };
        Self { place: Folder::new(path), own }
    }

    /// The item as the place below knows it: a single file has no name there.
    fn below(&self, item: &Item) -> Item {
        let mut item = item.clone();
        if self.own.as_ref().is_some_and(|(own, _)| *own == item.name) {
            item.name.clear();
        }
        item
    }

    fn renamed(error: SourceError, shown: &Item) -> SourceError {
        let name = shown.name.clone();
        match error {
            SourceError::Read { source, .. } => SourceError::Read { name, source },
            SourceError::TooLarge { size, limit, .. } => SourceError::TooLarge { name, size, limit },
            SourceError::Changed { listed, read, .. } => SourceError::Changed { name, listed, read },
            SourceError::Replaced { how, .. } => SourceError::Replaced { name, how },
            other => other,
        }
    }
}

impl Source for Named {
    fn describe(&self) -> String {
        self.place.describe()
    }

    fn list(&self, limit: usize) -> Result<Vec<Item>, SourceError> {
        let mut items = self.place.list(limit)?;
        if let Some((name, exact)) = &self.own {
            for item in items.iter_mut().filter(|item| item.name.is_empty()) {
                item.name.clone_from(name);
                item.exact = *exact;
            }
        }
        Ok(items)
    }

    fn read(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        self.place.read(&self.below(item), limit).map_err(|error| Self::renamed(error, item))
    }

    fn read_start(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        self.place.read_start(&self.below(item), limit).map_err(|error| Self::renamed(error, item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_file_goes_by_its_own_name_and_a_folder_lists_what_is_below() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.zip");
        std::fs::write(&file, b"hello").unwrap();
        for place in [file.as_path(), folder.path()] {
            let source = Named::new(place);
            let items = source.list(10).unwrap();
            assert_eq!((items.len(), items[0].name.as_str(), items[0].exact), (1, "a.zip", true));
            assert_eq!(source.read(&items[0], 10).unwrap(), b"hello");
            assert_eq!(source.read_start(&items[0], 2).unwrap(), b"he");
            let error = source.read(&items[0], 4).unwrap_err();
            assert_eq!(error.to_string(), "a.zip has 5 bytes, more than the limit of 4");
        }
    }
}
