//! Compressing one member, before the manifest that lists it exists.
//!
//! The compressed bytes are held in memory; the inflated bytes only pass through. The result
//! depends on the content alone, not on the pieces it came in, and members can be packed on
//! several threads.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::constants::DEFLATE_LEVEL;
use super::container::Member;
use super::name::MemberName;
use super::write::PackError;
use crate::digest::{Digest, Hasher};
use crate::model::FileEntry;

/// The compressor is fed in blocks of this size, so that its output does not depend on how the
/// caller cuts the member into pieces.
const BLOCK: usize = 64 * 1024;

/// A member in its final, compressed form.
#[derive(Debug, Clone)]
pub struct PackedMember {
    pub(super) entry: FileEntry,
    pub(super) name: MemberName,
    pub(super) crc32: u32,
    pub(super) stored: Vec<u8>,
}

impl PackedMember {
    /// Compresses `bytes` as the member `path`.
    pub fn pack(path: &str, bytes: &[u8]) -> Result<Self, PackError> {
        let mut packer = Packer::new(path)?;
        packer.write_all(bytes)?;
        packer.finish()
    }

    /// A member of an accepted container, taken over as it is stored there. `sha256` must be the digest of
    /// its inflated bytes: nothing is inflated here.
    #[must_use]
    pub fn copied(member: &Member<'_>, sha256: Digest) -> Self {
        let entry = FileEntry {
            path: member.name().as_str().to_owned(),
            size: member.size(),
            sha256,
            stored_size: member.stored_size(),
            stored_sha256: member.stored_sha256(),
        };
        Self { entry, name: member.name().clone(), crc32: member.crc32(), stored: member.stored().to_vec() }
    }

    /// What the manifest says of this member.
    #[must_use]
    pub fn entry(&self) -> &FileEntry {
        &self.entry
    }
}

/// Compresses one member while it is being produced.
pub struct Packer {
    name: MemberName,
    encoder: DeflateEncoder<Vec<u8>>,
    crc32: crc32fast::Hasher,
    sha256: Hasher,
    block: Vec<u8>,
}

impl Packer {
    /// Starts the member `path`.
    pub fn new(path: &str) -> Result<Self, PackError> {
        let name =
            MemberName::parse(path).map_err(|source| PackError::Name { name: path.to_owned(), source })?;
        if name.is_unlisted() {
            return Err(PackError::Reserved(name));
        }
        Ok(Self {
            name,
            encoder: DeflateEncoder::new(Vec::new(), Compression::new(DEFLATE_LEVEL)),
            crc32: crc32fast::Hasher::new(),
            sha256: Hasher::new(),
            block: Vec::with_capacity(BLOCK),
        })
    }

    /// Ends the member.
    pub fn finish(mut self) -> Result<PackedMember, PackError> {
        let block = std::mem::take(&mut self.block);
        self.absorb(&block)?;
        let mut stored = self.encoder.finish()?;
        stored.shrink_to_fit();
        let (sha256, size) = self.sha256.finish();
        let entry = FileEntry {
            path: self.name.as_str().to_owned(),
            size,
            sha256,
            stored_size: stored.len() as u64,
            stored_sha256: Digest::of(&stored),
        };
        Ok(PackedMember { entry, name: self.name, crc32: self.crc32.finalize(), stored })
    }

    fn absorb(&mut self, block: &[u8]) -> io::Result<()> {
        self.crc32.update(block);
        self.sha256.update(block);
        self.encoder.write_all(block)
    }
}

impl Write for Packer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let (true, Some((block, _))) = (self.block.is_empty(), bytes.split_at_checked(BLOCK)) {
            self.absorb(block)?;
            return Ok(BLOCK);
        }
        let room = BLOCK - self.block.len();
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.block.extend_from_slice(taken);
        if self.block.len() == BLOCK {
            let mut block = std::mem::take(&mut self.block);
            self.absorb(&block)?;
            block.clear();
            self.block = block;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
