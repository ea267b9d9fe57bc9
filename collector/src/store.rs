//! Where evidence is kept: packages first, then the commit that makes a package count.
//!
//! A store never overwrites and never deletes evidence. A record exists from the moment its
//! manifest stands in the chain (`commit`), which succeeds for exactly one writer per sequence
//! number. Whatever a crash leaves before that moment is a package nobody refers to.

use std::io;

use verify_core::model::Sequence;
use verify_core::time::UtcTime;

use crate::chain::ChainState;

mod ahead;
pub mod azure;
pub mod dir;
mod error;
pub mod examination;
pub mod files;
mod names;
mod objects;
pub mod s3;

pub use azure::{AzureStore, BlobFault};
pub use dir::DirStore;
pub use error::StoreError;
use examination::Examination;
pub use files::{FileCalls, RealFiles};
pub use s3::{S3Fault, S3Store};

/// The terms on which a store keeps a record, as its manifest states them; a store without
/// locks, classes and keys has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// Storage class, or access tier.
    pub storage_class: Option<String>,
    /// `COMPLIANCE`, which nobody can end early, or `GOVERNANCE`, which privileged users can.
    pub object_lock_mode: Option<String>,
    /// Until when nobody can delete it.
    pub retention_until: Option<UtcTime>,
    /// Key, or encryption scope, that encrypts it.
    pub encryption_key_id: Option<String>,
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

    /// Why what is committed now waits in a spool, in one sentence; `None`: it is stored. Nothing is signed or
    /// stamped while it waits (F-126).
    fn away(&self) -> Option<String> {
        None
    }

    /// Makes sure that a run can go on behind `chain` while the store cannot be reached; without a spool there is
    /// nothing to do.
    fn keep(&self, chain: &ChainState) -> Result<(), StoreError> {
        let _ = chain;
        Ok(())
    }

    /// Asks whether this place can hold evidence, and what would make it hold it better; `None`: it has nothing to ask.
    fn examination(&self) -> Result<Option<Examination>, StoreError> {
        Ok(None)
    }

    /// Sequence numbers of all committed records, ascending from 0 without a hole.
    fn records(&self) -> Result<u64, StoreError>;

    /// The committed manifest of `sequence`, byte for byte.
    fn manifest(&self, sequence: Sequence) -> Result<Vec<u8>, StoreError>;

    /// The terms on which a record is kept that is sealed at `sealed_utc`.
    fn terms(&self, sealed_utc: UtcTime) -> Terms;

    /// What a manifest says about the place of its payload.
    fn payload_path(&self, package: &str, member: &str) -> String;

    /// The bytes of the package that a manifest's `payload_path` names.
    fn package(&self, payload_path: &str) -> Result<Vec<u8>, StoreError>;

    /// Stores a new package at the relative place `package` on these terms; its name must be free.
    fn put_package(&self, package: &str, terms: &Terms, write: WritePackage<'_>) -> Result<(), StoreError>;

    /// Commits the manifest as record `sequence` on these terms, if no other writer was faster. A write whose
    /// answer got lost is this writer's own, not another's.
    fn commit(&self, sequence: Sequence, terms: &Terms, manifest: &[u8]) -> Result<Commit, StoreError>;

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
