//! Evidence in a folder, or in one file.
//!
//! Links are reported, never followed: the type is asked of the entry itself and again of the opened
//! file, so nothing can be swapped in between unseen.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Item, ItemKind, Source, SourceError};

/// A folder (searched to its depths) or a single file.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

/// Folders deeper than this are not evidence; it stops loops that a file system may hold.
const DEEPEST: usize = 32;

impl Folder {
    /// Reads below `root`; nothing is opened yet.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn path_of(&self, item: &Item) -> PathBuf {
        if item.name.is_empty() { self.root.clone() } else { self.root.join(&item.name) }
    }

    fn open(&self, item: &Item) -> Result<(File, u64), SourceError> {
        let failed = |source| SourceError::Read { name: item.name.clone(), source };
        if item.kind != ItemKind::File || !item.exact {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
        }
        let path = self.path_of(item);
        let before = fs::symlink_metadata(&path).map_err(failed)?;
        if !before.is_file() {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "no longer a regular file")));
        }
        let file = File::open(&path).map_err(failed)?;
        let after = file.metadata().map_err(failed)?;
        if !after.is_file() || !same_file(&before, &after) {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidData, "replaced while it was opened")));
        }
        Ok((file, after.len()))
    }

    fn walk(
        &self,
        folder: &Path,
        prefix: &str,
        depth: usize,
        limit: usize,
        items: &mut Vec<Item>,
    ) -> Result<(), SourceError> {
        let failed = |source| SourceError::List { place: folder.display().to_string(), source };
        let mut entries =
            fs::read_dir(folder).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let raw = entry.file_name();
            let likeness = raw.to_string_lossy();
            let name = if prefix.is_empty() { likeness.to_string() } else { format!("{prefix}/{likeness}") };
            let exact = raw.to_str().is_some();
            let metadata = fs::symlink_metadata(entry.path()).map_err(failed)?;
            if metadata.is_dir() && exact && depth < DEEPEST {
                self.walk(&entry.path(), &name, depth + 1, limit, items)?;
                continue;
            }
            if items.len() >= limit {
                return Err(SourceError::TooMany { place: self.describe(), limit });
            }
            items.push(Item { name, exact, kind: kind_of(&metadata), size: metadata.len() });
        }
        Ok(())
    }
}

fn kind_of(metadata: &fs::Metadata) -> ItemKind {
    if metadata.is_file() {
        ItemKind::File
    } else if metadata.is_symlink() {
        ItemKind::Other("symbolic link")
    } else if metadata.is_dir() {
        ItemKind::Other("folder that cannot be searched")
    } else {
        ItemKind::Other("pipe, socket or device")
    }
}

#[cfg(unix)]
fn same_file(before: &fs::Metadata, after: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    before.dev() == after.dev() && before.ino() == after.ino()
}

#[cfg(not(unix))]
fn same_file(before: &fs::Metadata, after: &fs::Metadata) -> bool {
    before.len() == after.len()
}

impl Source for Folder {
    fn describe(&self) -> String {
        self.root.display().to_string()
    }

    fn list(&self, limit: usize) -> Result<Vec<Item>, SourceError> {
        let metadata = fs::metadata(&self.root)
            .map_err(|source| SourceError::List { place: self.describe(), source })?;
        if !metadata.is_dir() {
            let metadata = fs::symlink_metadata(&self.root)
                .map_err(|source| SourceError::List { place: self.describe(), source })?;
            return Ok(vec![Item {
                name: String::new(),
                exact: true,
                kind: kind_of(&metadata),
                size: metadata.len(),
            }]);
        }
        let mut items = Vec::new();
        self.walk(&self.root, "", 0, limit, &mut items)?;
        Ok(items)
    }

    fn read(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        let (file, size) = self.open(item)?;
        if size > limit {
            return Err(SourceError::TooLarge { name: item.name.clone(), size, limit });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        file.take(size.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|source| SourceError::Read { name: item.name.clone(), source })?;
        let read = bytes.len() as u64;
        if read != item.size {
            return Err(SourceError::Changed { name: item.name.clone(), listed: item.size, read });
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
