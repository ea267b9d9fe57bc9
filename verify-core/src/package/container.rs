//! A container whose structure has been accepted, and its members.

use super::name::MemberName;
use crate::digest::Digest;

/// The members of one accepted package. Only [`super::scan()`] makes it.
#[derive(Debug, Clone)]
pub struct Container<'a> {
    members: Vec<Member<'a>>,
}

/// One member as the container states it. Sizes and CRC are within the limits given to the scan,
/// but they are claims until the member has been inflated.
#[derive(Debug, Clone)]
pub struct Member<'a> {
    pub(super) name: MemberName,
    pub(super) method: Method,
    pub(super) size: u64,
    pub(super) crc32: u32,
    pub(super) stored: &'a [u8],
    pub(super) offset: u64,
}

/// How a member is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// As it is.
    Stored,
    /// By Deflate (RFC 1951).
    Deflated,
}

impl<'a> Container<'a> {
    /// `members` in the order of the container, which is ascending by rank.
    pub(super) fn new(members: Vec<Member<'a>>) -> Self {
        Self { members }
    }

    /// All members: `manifest.json`, `SHA256SUMS`, then the others ascending by name.
    #[must_use]
    pub fn members(&self) -> &[Member<'a>] {
        &self.members
    }

    /// The member with this name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member<'a>> {
        let name = MemberName::parse(name).ok()?;
        let index = self.members.binary_search_by(|member| member.name.rank().cmp(&name.rank())).ok()?;
        self.members.get(index)
    }
}

impl<'a> Member<'a> {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &MemberName {
        &self.name
    }

    /// How it is stored.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// Size in bytes after inflating, as declared.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// CRC-32 of the inflated bytes, as declared.
    #[must_use]
    pub fn crc32(&self) -> u32 {
        self.crc32
    }

    /// The compressed bytes.
    #[must_use]
    pub fn stored(&self) -> &'a [u8] {
        self.stored
    }

    /// Number of compressed bytes.
    #[must_use]
    pub fn stored_size(&self) -> u64 {
        self.stored.len() as u64
    }

    /// Digest of the compressed bytes, computed now.
    #[must_use]
    pub fn stored_sha256(&self) -> Digest {
        Digest::of(self.stored)
    }

    /// Byte of the package file at which the member's local header starts.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }
}
