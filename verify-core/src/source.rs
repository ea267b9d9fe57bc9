//! Where evidence is read from. The trait is all the I/O this crate knows; a folder, a map in memory and
//! an object store implement it.
//!
//! A source only lists and reads. It never writes, follows no link, and takes no path from evidence.
//! What cannot be read is listed all the same, with why: silence would look like absence.

use std::io;

use crate::limits::option::FILES;

mod folder;
mod locks;
mod memory;
mod overlay;
mod receipt;

pub use folder::Folder;
pub use locks::{Kept, LockFacts, LockMode, Locks, MOST_OTHERS, Retention, Told};
pub use memory::Memory;
pub use overlay::{Difference, Overlay};
pub use receipt::{RECEIPT_BYTES, RECEIPT_VERSION, Receipt, ReceiptError, Received, ReceivedObject};

/// What kind of thing an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// A regular file or object.
    File,
    /// A link, pipe, socket or device: never opened.
    Other(&'static str),
    /// A folder that cannot be searched, or something that cannot even be looked at: what it holds is unknown.
    Unreadable(io::ErrorKind),
}

/// Which file a name stood for when it was listed: device, number, and time of the last change in whole
/// seconds and nanoseconds. Another stamp under the same name is another file, or other content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp([i128; 4]);

/// One thing in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Name relative to the source, parts joined by `/`. Untrusted text.
    pub name: String,
    /// False when the real name is not UTF-8; `name` is then only a likeness.
    pub exact: bool,
    /// What it is.
    pub kind: ItemKind,
    /// Its size in bytes.
    pub size: u64,
    /// Which file it is; `None` where the source cannot tell files apart.
    pub stamp: Option<Stamp>,
}

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The place itself cannot be listed.
    #[error("cannot list {place}")]
    List {
        /// What was being listed.
        place: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// One item cannot be read.
    #[error("cannot read {name}")]
    Read {
        /// Which item.
        name: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// An item is larger than the limit; nothing was read.
    #[error("{name} has {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Which item.
        name: String,
        /// Its size.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// An item changed between listing and reading.
    #[error("{name} changed while it was read: {listed} bytes when listed, {read} when read")]
    Changed {
        /// Which item.
        name: String,
        /// Size when listed.
        listed: u64,
        /// Bytes read.
        read: u64,
    },
    /// The name stands for another file than the one listed, or the file was written to.
    #[error("{name} changed while it was read: {how}")]
    Replaced {
        /// Which item.
        name: String,
        /// What is different.
        how: &'static str,
    },
    /// There are more items than the limit.
    #[error("{place} holds more than {limit} files and folders ({FILES})")]
    TooMany {
        /// What was being listed.
        place: String,
        /// The limit.
        limit: usize,
    },
}

impl SourceError {
    /// What was expected and what was found, if the item did not stand still while it was read.
    #[must_use]
    pub fn unstable(&self) -> Option<(String, String)> {
        match self {
            Self::Changed { listed, read, .. } => Some((format!("{listed} bytes"), format!("{read} bytes"))),
            Self::Replaced { how, .. } => Some(("the file that was listed".to_owned(), (*how).to_owned())),
            _ => None,
        }
    }
}

/// A place that holds evidence.
pub trait Source: Send + Sync {
    /// What the user called it, for the report.
    fn describe(&self) -> String;

    /// Everything in it, at most `limit` items, in any order. A part that cannot be listed is an item of kind
    /// [`ItemKind::Unreadable`]; an error says that the whole place cannot be listed.
    fn list(&self, limit: usize) -> Result<Vec<Item>, SourceError>;

    /// The whole item, once; at most `limit` bytes, and exactly as many as were listed.
    fn read(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError>;

    /// The first bytes of the item, at most `limit`; fewer only at its end.
    fn read_start(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError>;

    /// What the place tells about its locks; `None` where it has none to show, such as a folder.
    fn locks(&self) -> Option<&dyn Locks> {
        None
    }
}

impl<S: Source + ?Sized> Source for Box<S> {
    fn describe(&self) -> String {
        (**self).describe()
    }

    fn list(&self, limit: usize) -> Result<Vec<Item>, SourceError> {
        (**self).list(limit)
    }

    fn read(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        (**self).read(item, limit)
    }

    fn read_start(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        (**self).read_start(item, limit)
    }

    fn locks(&self) -> Option<&dyn Locks> {
        (**self).locks()
    }
}
