//! Folders on systems without file descriptors: the type is asked before and after opening.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::{DEEPEST, NOT_A_FILE, Status, replaced};
use crate::source::{Item, ItemKind, SourceError};

/// Opens the item below `root`, or `root` itself if the item has no name.
pub(super) fn open(root: &Path, item: &Item) -> Result<File, SourceError> {
    let failed = |source| SourceError::Read { name: item.name.clone(), source };
    if !item.exact {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "its name is no text")));
    }
    let path = if item.name.is_empty() { root.to_owned() } else { root.join(&item.name) };
    if !fs::symlink_metadata(&path).map_err(failed)?.is_file() {
        return Err(replaced(item, NOT_A_FILE));
    }
    File::open(&path).map_err(failed)
}

/// What the opened file is; `None` if it is no regular file.
pub(super) fn status(file: &File) -> io::Result<Option<Status>> {
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then(|| Status { size: metadata.len(), stamp: None }))
}

/// Everything below `root`; `root` alone if it is no folder.
pub(super) fn list(root: &Path, limit: usize) -> Result<Vec<Item>, SourceError> {
    let failed = |source| SourceError::List { place: root.display().to_string(), source };
    if !fs::metadata(root).map_err(failed)?.is_dir() {
        let metadata = fs::symlink_metadata(root).map_err(failed)?;
        return Ok(vec![item(String::new(), true, &metadata)]);
    }
    let mut items = Vec::new();
    walk(root, "", 0, limit, &mut items).map_err(failed)?;
    if items.len() > limit {
        return Err(SourceError::TooMany { place: root.display().to_string(), limit });
    }
    Ok(items)
}

/// Stops after one item more than the limit.
fn walk(folder: &Path, prefix: &str, depth: usize, limit: usize, items: &mut Vec<Item>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.take(limit.saturating_add(1)).collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if items.len() > limit {
            return Ok(());
        }
        let raw = entry.file_name();
        let likeness = raw.to_string_lossy();
        let name = if prefix.is_empty() { likeness.to_string() } else { format!("{prefix}/{likeness}") };
        let exact = raw.to_str().is_some();
        let unreadable = |name: &str, error: &io::Error| {
            let kind = ItemKind::Unreadable(error.kind());
            Item { name: name.to_owned(), exact, kind, size: 0, stamp: None }
        };
        let metadata = match fs::symlink_metadata(entry.path()) {
            Ok(metadata) => metadata,
            Err(error) => {
                items.push(unreadable(&name, &error));
                continue;
            }
        };
        if !metadata.is_dir() || !exact || depth >= DEEPEST {
            items.push(item(name, exact, &metadata));
        } else if let Err(error) = walk(&entry.path(), &name, depth + 1, limit, items) {
            items.push(unreadable(&name, &error));
        }
    }
    Ok(())
}

fn item(name: String, exact: bool, metadata: &fs::Metadata) -> Item {
    let kind = if metadata.is_file() {
        ItemKind::File
    } else if metadata.is_symlink() {
        ItemKind::Other("symbolic link")
    } else if metadata.is_dir() {
        ItemKind::Other("folder that is not searched")
    } else {
        ItemKind::Other("pipe, socket or device")
    };
    Item { name, exact, kind, size: metadata.len(), stamp: None }
}
