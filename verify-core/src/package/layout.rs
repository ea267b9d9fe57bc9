//! The three structures of a zip, read and written field by field.
//!
//! Nothing is judged here: reading gives what the bytes say, or `None` where they end or the
//! signature is another. Writing fills in the constants of the format.

use super::constants::{
    DIRECTORY_SIGNATURE, END_SIGNATURE, EXTERNAL_ATTRIBUTES, INTERNAL_ATTRIBUTES, LOCAL_BYTES,
    LOCAL_SIGNATURE, MADE_BY,
};

/// Reads little-endian integers and slices off the front of a byte slice.
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    /// A cursor at byte `at`, if that lies within `bytes`.
    pub(super) fn at(bytes: &'a [u8], at: u64) -> Option<Self> {
        bytes.get(usize::try_from(at).ok()?..).map(Self)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        let (value, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_le_bytes(*value))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        let (value, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*value))
    }

    pub(super) fn take(&mut self, length: u16) -> Option<&'a [u8]> {
        let (value, rest) = self.0.split_at_checked(usize::from(length))?;
        self.0 = rest;
        Some(value)
    }
}

/// The ten fields that local header and directory entry share, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Common {
    pub(super) version_needed: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) time: u16,
    pub(super) date: u16,
    pub(super) crc32: u32,
    pub(super) stored_size: u32,
    pub(super) size: u32,
    pub(super) name_length: u16,
    pub(super) extra_length: u16,
}

impl Common {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        Some(Self {
            version_needed: cursor.u16()?,
            flags: cursor.u16()?,
            method: cursor.u16()?,
            time: cursor.u16()?,
            date: cursor.u16()?,
            crc32: cursor.u32()?,
            stored_size: cursor.u32()?,
            size: cursor.u32()?,
            name_length: cursor.u16()?,
            extra_length: cursor.u16()?,
        })
    }

    fn append(&self, out: &mut Vec<u8>) {
        for field in [self.version_needed, self.flags, self.method, self.time, self.date] {
            out.extend(field.to_le_bytes());
        }
        for field in [self.crc32, self.stored_size, self.size] {
            out.extend(field.to_le_bytes());
        }
        for field in [self.name_length, self.extra_length] {
            out.extend(field.to_le_bytes());
        }
    }

    /// Name and value of every field, for saying which one differs.
    pub(super) fn fields(&self) -> [(&'static str, u32); 10] {
        [
            ("version needed", self.version_needed.into()),
            ("flags", self.flags.into()),
            ("method", self.method.into()),
            ("time", self.time.into()),
            ("date", self.date.into()),
            ("CRC-32", self.crc32),
            ("compressed size", self.stored_size),
            ("size", self.size),
            ("name length", self.name_length.into()),
            ("extra length", self.extra_length.into()),
        ]
    }
}

/// A local header with the bytes that follow it up to the member's data.
#[derive(Debug, Clone, Copy)]
pub(super) struct LocalHeader<'a> {
    pub(super) common: Common,
    pub(super) name: &'a [u8],
    pub(super) extra: &'a [u8],
}

impl<'a> LocalHeader<'a> {
    /// Reads the local header at byte `at`; `None` if there is none or it is cut off.
    pub(super) fn read(bytes: &'a [u8], at: u64) -> Option<Self> {
        let mut cursor = Cursor::at(bytes, at)?;
        if cursor.u32()? != LOCAL_SIGNATURE {
            return None;
        }
        let common = Common::read(&mut cursor)?;
        let name = cursor.take(common.name_length)?;
        let extra = cursor.take(common.extra_length)?;
        Some(Self { common, name, extra })
    }

    /// Bytes from the signature to the member's data.
    pub(super) fn length(&self) -> u64 {
        LOCAL_BYTES + u64::from(self.common.name_length) + u64::from(self.common.extra_length)
    }

    /// Appends the header, without an extra field.
    pub(super) fn append(common: &Common, name: &str, out: &mut Vec<u8>) {
        out.extend(LOCAL_SIGNATURE.to_le_bytes());
        common.append(out);
        out.extend(name.as_bytes());
    }
}

/// An entry of the central directory.
#[derive(Debug, Clone, Copy)]
pub(super) struct DirectoryEntry<'a> {
    pub(super) made_by: u16,
    pub(super) common: Common,
    pub(super) disk: u16,
    pub(super) internal_attributes: u16,
    pub(super) external_attributes: u32,
    pub(super) offset: u32,
    pub(super) name: &'a [u8],
    pub(super) extra: &'a [u8],
    pub(super) comment: &'a [u8],
}

impl<'a> DirectoryEntry<'a> {
    /// Takes the entry at the front of `cursor`; `None` if there is none or it is cut off.
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        if cursor.u32()? != DIRECTORY_SIGNATURE {
            return None;
        }
        let made_by = cursor.u16()?;
        let common = Common::read(cursor)?;
        let comment_length = cursor.u16()?;
        Some(Self {
            made_by,
            common,
            disk: cursor.u16()?,
            internal_attributes: cursor.u16()?,
            external_attributes: cursor.u32()?,
            offset: cursor.u32()?,
            name: cursor.take(common.name_length)?,
            extra: cursor.take(common.extra_length)?,
            comment: cursor.take(comment_length)?,
        })
    }

    /// Appends the entry of the format for a member whose local header stands at `offset`.
    pub(super) fn append(common: &Common, offset: u32, name: &str, out: &mut Vec<u8>) {
        out.extend(DIRECTORY_SIGNATURE.to_le_bytes());
        out.extend(MADE_BY.to_le_bytes());
        common.append(out);
        let (comment_length, disk) = (0_u16, 0_u16);
        out.extend(comment_length.to_le_bytes());
        out.extend(disk.to_le_bytes());
        out.extend(INTERNAL_ATTRIBUTES.to_le_bytes());
        out.extend(EXTERNAL_ATTRIBUTES.to_le_bytes());
        out.extend(offset.to_le_bytes());
        out.extend(name.as_bytes());
    }
}

/// The end record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EndRecord {
    pub(super) disk: u16,
    pub(super) directory_disk: u16,
    pub(super) entries_here: u16,
    pub(super) entries: u16,
    pub(super) directory_bytes: u32,
    pub(super) directory_offset: u32,
    pub(super) comment_length: u16,
}

impl EndRecord {
    /// Reads the end record at byte `at`; `None` if there is none or it is cut off.
    pub(super) fn read(bytes: &[u8], at: u64) -> Option<Self> {
        let mut cursor = Cursor::at(bytes, at)?;
        if cursor.u32()? != END_SIGNATURE {
            return None;
        }
        Some(Self {
            disk: cursor.u16()?,
            directory_disk: cursor.u16()?,
            entries_here: cursor.u16()?,
            entries: cursor.u16()?,
            directory_bytes: cursor.u32()?,
            directory_offset: cursor.u32()?,
            comment_length: cursor.u16()?,
        })
    }

    /// Appends the end record of the format.
    pub(super) fn append(entries: u16, directory_bytes: u32, directory_offset: u32, out: &mut Vec<u8>) {
        out.extend(END_SIGNATURE.to_le_bytes());
        let (disk, directory_disk, comment_length) = (0_u16, 0_u16, 0_u16);
        for field in [disk, directory_disk, entries, entries] {
            out.extend(field.to_le_bytes());
        }
        out.extend(directory_bytes.to_le_bytes());
        out.extend(directory_offset.to_le_bytes());
        out.extend(comment_length.to_le_bytes());
    }
}
