//! Where evidence is kept: packages first, then the commit that makes a package count.
//!
//! A store never overwrites and never deletes evidence. A record exists from the moment its
//! manifest stands in the chain (`commit`), which succeeds for exactly one writer per sequence
//! number. Whatever a crash leaves before that moment is a package nobody refers to.

use std::io;

use verify_core::model::Sequence;

pub mod dir;
pub mod files;

pub use dir::DirStore;
pub use files::{FileCalls, RealFiles};

/// Why a store could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A call on a file or folder failed.
    #[error("cannot {doing} {path}")]
    Call {
        /// What was attempted, e.g. `create`.
        doing: &'static str,
        /// The file or folder.
        path: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A name that must be free is taken.
    #[error("{path} exists already and is never overwritten")]
    Taken {
        /// The taken name.
        path: String,
    },
    /// The commits do not run from 0 without a hole.
    #[error("chain in {path} has no record {missing}, but a record {newest}")]
    Hole {
        /// Folder of the commits.
        path: String,
        /// First missing sequence.
        missing: u64,
        /// Newest sequence found.
        newest: u64,
    },
    /// Writing the package failed before the store was reached.
    #[error("the package cannot be written")]
    Package(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A recorded place does not lie in this store.
    #[error("{path:?} is no place in this store")]
    Place {
        /// The refused place.
        path: String,
    },
}

/// How an attempt to commit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// The record is part of the chain.
    Done,
    /// Another writer holds this sequence number.
    Lost,
}

/// What stands beside a commit and is made after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attachment {
    /// The signed note over all records up to this one (F-126).
    Checkpoint,
    /// The token of a time-stamping authority over that note (F-130).
    Token,
}

impl Attachment {
    /// Ending of the file name, behind the ten digits of the sequence.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Checkpoint => ".checkpoint",
            Self::Token => ".tsr",
        }
    }

    /// File name beside the commit of `sequence`.
    #[must_use]
    pub fn name(self, sequence: Sequence) -> String {
        format!("{:010}{}", sequence.0, self.ending())
    }
}

/// Bytes of an attachment at most: a note has 64 KiB (F-122), tokens are smaller.
pub const ATTACHMENT_BYTES: u64 = 64 << 10;

/// Writes the bytes of one package into the sink it is given.
pub type WritePackage<'a> =
    &'a mut dyn FnMut(&mut dyn io::Write) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// A place for one chain.
pub trait Store: Send + Sync {
    /// The store as people name it, for messages.
    fn location(&self) -> String;

    /// Sequence numbers of all committed records, ascending from 0 without a hole.
    fn records(&self) -> Result<u64, StoreError>;

    /// The committed manifest of `sequence`, byte for byte.
    fn manifest(&self, sequence: Sequence) -> Result<Vec<u8>, StoreError>;

    /// What a manifest says about the place of its payload.
    fn payload_path(&self, package: &str, member: &str) -> String;

    /// The bytes of the package that a manifest's `payload_path` names.
    fn package(&self, payload_path: &str) -> Result<Vec<u8>, StoreError>;

    /// Stores a new package at the relative place `package`; its name must be free.
    fn put_package(&self, package: &str, write: WritePackage<'_>) -> Result<(), StoreError>;

    /// Commits the manifest as record `sequence`, if no other writer was faster.
    fn commit(&self, sequence: Sequence, manifest: &[u8]) -> Result<Commit, StoreError>;

    /// Stores what belongs to the committed record `sequence`, as durably as a commit and only if it
    /// is not there: [`Commit::Lost`] means that another one stands there, and counts.
    fn put_attachment(
        &self,
        sequence: Sequence,
        attachment: Attachment,
        bytes: &[u8],
    ) -> Result<Commit, StoreError>;

    /// The attachment of `sequence`; `None` while there is none.
    fn attachment(&self, sequence: Sequence, attachment: Attachment) -> Result<Option<Vec<u8>>, StoreError>;

    /// The records that have this attachment, ascending.
    fn attachments(&self, attachment: Attachment) -> Result<Vec<Sequence>, StoreError>;
}
