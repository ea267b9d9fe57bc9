//! Writing a package: the same members always give the same bytes (F-100).
//!
//! Members are packed first ([`super::pack`]), because the manifest lists the digests of their
//! compressed form. Only then can the manifest be made and the zip be written, in one pass, to
//! any sink.
//!
//! The headers are written here and not by a zip library: every byte of them is a constant of
//! the format, and a library's next release may choose another version, time or attribute.
//!
//! Refused: names that are not plain paths, two names that one system cannot tell apart, and
//! anything a reader with the same [`Limits`] would refuse.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::constants::{DATE, DEFLATED, FLAGS, STORED, TIME, VERSION_NEEDED};
use super::layout::{Common, DirectoryEntry, EndRecord, LocalHeader};
use super::name::{MANIFEST, MemberName, NameError, NameSet, SUMS, sums_text};
use super::pack::PackedMember;
use crate::digest::Digest;
use crate::limits::Limits;
use crate::model::FileEntry;

/// Why a package cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The text is not a member name.
    #[error("{name:?} cannot name a member")]
    Name {
        /// The refused text.
        name: String,
        /// What is wrong with it.
        source: NameError,
    },
    /// `manifest.json` and `SHA256SUMS` are given when the package is finished, not before.
    #[error("{0} is reserved")]
    Reserved(MemberName),
    /// Another member has this name, or one that some system cannot tell apart from it.
    #[error("{0} collides with the name of another member")]
    Collision(MemberName),
    /// A reader with the same limits would refuse the package.
    #[error("{what} is {found}, the limit is {limit}")]
    Limit {
        /// What is too large.
        what: String,
        /// Its value.
        found: u64,
        /// The largest value allowed.
        limit: u64,
    },
    /// The sink failed.
    #[error("the package cannot be written")]
    Write(#[from] io::Error),
}

/// Collects packed members and writes the container.
pub struct PackageWriter {
    limits: Limits,
    names: NameSet,
    members: BTreeMap<MemberName, PackedMember>,
}

impl PackageWriter {
    /// An empty package that a reader with `limits` will accept.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let mut names = NameSet::default();
        for reserved in [MANIFEST, SUMS] {
            if let Ok(name) = MemberName::parse(reserved) {
                names.insert(&name);
            }
        }
        Self { limits: *limits, names, members: BTreeMap::new() }
    }

    /// Compresses `bytes` and adds them as the member `path`.
    pub fn add(&mut self, path: &str, bytes: &[u8]) -> Result<(), PackError> {
        self.push(PackedMember::pack(path, bytes)?)
    }

    /// Adds a member that is already compressed.
    pub fn push(&mut self, member: PackedMember) -> Result<(), PackError> {
        let FileEntry { size, stored_size, .. } = member.entry;
        within(|| format!("size of {}", member.name), size, self.limits.member_bytes)?;
        if size > self.limits.expansion_floor {
            let limit = stored_size.saturating_mul(self.limits.expansion);
            within(|| format!("size of {} at this compressed size", member.name), size, limit)?;
        }
        if !self.names.insert(&member.name) {
            return Err(PackError::Collision(member.name));
        }
        self.members.insert(member.name.clone(), member);
        Ok(())
    }

    /// What the manifest lists: every member so far, ascending by the bytes of the name.
    pub fn entries(&self) -> impl Iterator<Item = &FileEntry> {
        self.members.values().map(PackedMember::entry)
    }

    /// The bytes of `SHA256SUMS` for a package with this manifest.
    #[must_use]
    pub fn sums(&self, manifest: &[u8]) -> Vec<u8> {
        let listed = self.entries().map(|entry| (entry.path.as_str(), entry.sha256));
        sums_text(std::iter::once((MANIFEST, Digest::of(manifest))).chain(listed))
    }

    /// Writes the zip to `sink`: `manifest.json`, `SHA256SUMS`, then the members by name.
    /// Returns the number of bytes written.
    pub fn finish(self, manifest: &[u8], sums: &[u8], sink: impl Write) -> Result<u64, PackError> {
        let count = self.members.len() as u64 + 2;
        // 65,535 entries and 4 GiB - 1 are the marks of zip64, which the format does not use.
        let most = (self.limits.members as u64).min(u64::from(u16::MAX) - 1);
        within(|| "number of members".to_owned(), count, most)?;
        within(|| format!("size of {MANIFEST}"), manifest.len() as u64, self.limits.manifest_bytes)?;
        within(|| format!("size of {SUMS}"), sums.len() as u64, self.limits.member_bytes)?;
        let listed: u64 = self.entries().map(|entry| entry.size).sum();
        let total = listed + manifest.len() as u64 + sums.len() as u64;
        within(|| "size of all members".to_owned(), total, self.limits.total_bytes)?;

        let most = self.limits.package_bytes.min(u64::from(u32::MAX) - 1);
        let mut output = Output { sink, written: 0, most, entries: 0, directory: Vec::new() };
        output.member(MANIFEST, STORED, crc32fast::hash(manifest), manifest.len() as u64, manifest)?;
        output.member(SUMS, STORED, crc32fast::hash(sums), sums.len() as u64, sums)?;
        for member in self.members.values() {
            let entry = &member.entry;
            output.member(&entry.path, DEFLATED, member.crc32, entry.size, &member.stored)?;
        }
        output.end()
    }
}

/// The zip as far as it is written.
struct Output<W> {
    sink: W,
    written: u64,
    most: u64,
    entries: u16,
    directory: Vec<u8>,
}

impl<W: Write> Output<W> {
    fn member(
        &mut self,
        name: &str,
        method: u16,
        crc32: u32,
        size: u64,
        stored: &[u8],
    ) -> Result<(), PackError> {
        let too_large = |found: u64, limit: u64| PackError::Limit {
            what: format!("size of the package with {name}"),
            found,
            limit,
        };
        let narrow = |value: u64| u32::try_from(value).map_err(|_| too_large(value, u64::from(u32::MAX)));
        let common = Common {
            version_needed: VERSION_NEEDED,
            flags: FLAGS,
            method,
            time: TIME,
            date: DATE,
            crc32,
            stored_size: narrow(stored.len() as u64)?,
            size: narrow(size)?,
            name_length: u16::try_from(name.len()).map_err(|_| too_large(name.len() as u64, 65_535))?,
            extra_length: 0,
        };
        DirectoryEntry::append(&common, narrow(self.written)?, name, &mut self.directory);
        self.entries = self.entries.saturating_add(1);
        let mut header = Vec::new();
        LocalHeader::append(&common, name, &mut header);
        self.write(&header)?;
        self.write(stored)
    }

    fn end(mut self) -> Result<u64, PackError> {
        let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let directory = std::mem::take(&mut self.directory);
        let mut end = Vec::new();
        EndRecord::append(self.entries, narrow(directory.len() as u64), narrow(self.written), &mut end);
        self.write(&directory)?;
        self.write(&end)?;
        self.sink.flush()?;
        Ok(self.written)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), PackError> {
        let written = self.written.saturating_add(bytes.len() as u64);
        within(|| "size of the package".to_owned(), written, self.most)?;
        self.sink.write_all(bytes)?;
        self.written = written;
        Ok(())
    }
}

/// Refuses a value above its limit.
fn within(what: impl FnOnce() -> String, found: u64, limit: u64) -> Result<(), PackError> {
    if found > limit { Err(PackError::Limit { what: what(), found, limit }) } else { Ok(()) }
}
