//! Folders on Unix: every name is resolved one part at a time, below an opened folder.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::Errno;

use super::{DEEPEST, NOT_A_FILE, Status, replaced};
use crate::source::{Item, ItemKind, SourceError, Stamp};

/// Neither waits for the other end of a pipe, nor becomes anybody's terminal, nor follows a link.
const FILE: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// A folder, or nothing.
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Opens the item below `root`, or `root` itself if the item has no name.
pub(super) fn open(root: &Path, item: &Item) -> Result<File, SourceError> {
    let failed = |error: Errno| match error {
        // A part of the name is a link now, or no folder any more; a socket cannot be opened at all.
        Errno::LOOP | Errno::MLINK | Errno::NOTDIR | Errno::NXIO => replaced(item, NOT_A_FILE),
        error => SourceError::Read { name: item.name.clone(), source: error.into() },
    };
    if item.name.is_empty() {
        return openat(CWD, root, FILE, Mode::empty()).map(File::from).map_err(failed);
    }
    let mut folder: OwnedFd = openat(CWD, root, FOLDER, Mode::empty()).map_err(failed)?;
    let mut parts = item.name.split('/').peekable();
    while let Some(part) = parts.next() {
        if matches!(part, "" | "." | "..") {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "no name of a file below the folder");
            return Err(SourceError::Read { name: item.name.clone(), source });
        }
        if parts.peek().is_none() {
            let opened = if item.exact {
                openat(&folder, part, FILE, Mode::empty())
            } else {
                look_alike(&folder, part, item).and_then(|raw| openat(&folder, raw, FILE, Mode::empty()))
            };
            return opened.map(File::from).map_err(failed);
        }
        folder = openat(&folder, part, FOLDER.union(OFlags::NOFOLLOW), Mode::empty()).map_err(failed)?;
    }
    Err(failed(Errno::NOENT))
}

/// The real name of the listed file: one that is no text, and looks like `part` when it is shown as one.
fn look_alike(folder: &OwnedFd, part: &str, item: &Item) -> Result<CString, Errno> {
    for entry in Dir::read_from(folder)? {
        let raw = entry?.file_name().to_owned();
        if raw.to_string_lossy() == part
            && Some(stamp_of(&statat(folder, &raw, AtFlags::SYMLINK_NOFOLLOW)?)) == item.stamp
        {
            return Ok(raw);
        }
    }
    Err(Errno::NOENT)
}

/// What the opened file is; `None` if it is no regular file.
pub(super) fn status(file: &File) -> io::Result<Option<Status>> {
    let stat = fstat(file)?;
    let regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    Ok(regular.then(|| Status { size: size_of(&stat), stamp: Some(stamp_of(&stat)) }))
}

/// Everything below `root`; `root` alone if it is no folder.
pub(super) fn list(root: &Path, limit: usize) -> Result<Vec<Item>, SourceError> {
    let place = || root.display().to_string();
    let failed = |error: Errno| SourceError::List { place: place(), source: error.into() };
    let folder = match openat(CWD, root, FOLDER, Mode::empty()) {
        Ok(folder) => folder,
        Err(Errno::NOTDIR) => {
            let stat = statat(CWD, root, AtFlags::SYMLINK_NOFOLLOW).map_err(failed)?;
            return Ok(vec![item(String::new(), true, &stat)]);
        }
        Err(error) => return Err(failed(error)),
    };
    let mut walk = Walk { items: Vec::new(), seen: 0, limit };
    match walk.folder(&folder, "", 0) {
        Ok(()) => Ok(walk.items),
        Err(Stopped::TooMany) => Err(SourceError::TooMany { place: place(), limit }),
        Err(Stopped::Unreadable(error)) => Err(failed(error)),
    }
}

struct Walk {
    items: Vec<Item>,
    /// Names met, folders included.
    seen: usize,
    limit: usize,
}

enum Stopped {
    TooMany,
    Unreadable(Errno),
}

impl From<Errno> for Stopped {
    fn from(error: Errno) -> Self {
        Self::Unreadable(error)
    }
}

impl Walk {
    /// Everything in one folder; an error of its own is the caller's to report.
    fn folder(&mut self, folder: &OwnedFd, prefix: &str, depth: usize) -> Result<(), Stopped> {
        let mut names = Vec::new();
        for entry in Dir::read_from(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            self.seen += 1;
            if self.seen > self.limit {
                return Err(Stopped::TooMany);
            }
            names.push(name.to_owned());
        }
        names.sort();
        for raw in names {
            let likeness = raw.to_string_lossy();
            let name = if prefix.is_empty() { likeness.to_string() } else { format!("{prefix}/{likeness}") };
            let exact = raw.to_str().is_ok();
            let stat = match statat(folder, &raw, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => stat,
                Err(error) => {
                    self.items.push(unreadable(name, exact, error));
                    continue;
                }
            };
            let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
            if !is_folder || !exact || depth >= DEEPEST {
                self.items.push(item(name, exact, &stat));
                continue;
            }
            let opened = openat(folder.as_fd(), &raw, FOLDER.union(OFlags::NOFOLLOW), Mode::empty());
            let searched =
                opened.map_err(Stopped::from).and_then(|below| self.folder(&below, &name, depth + 1));
            match searched {
                Err(Stopped::Unreadable(error)) => self.items.push(unreadable(name, exact, error)),
                other => other?,
            }
        }
        Ok(())
    }
}

fn item(name: String, exact: bool, stat: &Stat) -> Item {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => ItemKind::File,
        FileType::Symlink => ItemKind::Other("symbolic link"),
        FileType::Directory => ItemKind::Other("folder that is not searched"),
        _ => ItemKind::Other("pipe, socket or device"),
    };
    Item { name, exact, kind, size: size_of(stat), stamp: Some(stamp_of(stat)) }
}

fn unreadable(name: String, exact: bool, error: Errno) -> Item {
    let kind = ItemKind::Unreadable(io::Error::from(error).kind());
    Item { name, exact, kind, size: 0, stamp: None }
}

fn size_of(stat: &Stat) -> u64 {
    u64::try_from(i128::from(stat.st_size)).unwrap_or(0)
}

// The types of these fields differ from system to system.
fn stamp_of(stat: &Stat) -> Stamp {
    Stamp([
        i128::from(stat.st_dev),
        i128::from(stat.st_ino),
        i128::from(stat.st_mtime),
        i128::from(stat.st_mtime_nsec),
    ])
}
