//! The header bytes of the container: the constants of the format and the three structures.
//!
//! Field order and sizes follow the PKWARE APPNOTE, sections 4.3.7 (local header), 4.3.12
//! (directory entry) and 4.3.16 (end record). All integers are little-endian. Whatever a record
//! does not determine is a constant here, so two writers of the same members produce the same
//! bytes and a reader can refuse every deviation.

/// First bytes of a local header, `PK\x03\x04`.
pub const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
/// First bytes of a directory entry, `PK\x01\x02`.
pub const DIRECTORY_SIGNATURE: u32 = 0x0201_4b50;
/// First bytes of the end record, `PK\x05\x06`.
pub const END_SIGNATURE: u32 = 0x0605_4b50;
/// First bytes of a zip64 end record, `PK\x06\x06`; refused.
pub const ZIP64_END_SIGNATURE: u32 = 0x0606_4b50;
/// First bytes of a zip64 end locator, `PK\x06\x07`; refused.
pub const ZIP64_LOCATOR_SIGNATURE: u32 = 0x0706_4b50;

/// Made by: Unix (3), version 2.0 of the specification. Lets the file type be stated.
pub const MADE_BY: u16 = 0x0314;
/// Version needed to extract: 2.0 (Deflate).
pub const VERSION_NEEDED: u16 = 20;
/// General purpose flags: none.
pub const FLAGS: u16 = 0;
/// Modification time 00:00:00. Times of a record stand in its manifest.
pub const TIME: u16 = 0x0000;
/// Modification date 1980-01-01, the first day a zip can name.
pub const DATE: u16 = 0x0021;
/// Internal attributes: none.
pub const INTERNAL_ATTRIBUTES: u16 = 0;
/// External attributes: regular file, mode 0644, no DOS attribute: readable after `unzip`.
pub const EXTERNAL_ATTRIBUTES: u32 = 0o100_644 << 16;
/// Method of `manifest.json` and `SHA256SUMS`: Stored.
pub const STORED: u16 = 0;
/// Method of every other member: Deflate.
pub const DEFLATED: u16 = 8;
/// Deflate level of the writer. A reader does not depend on it.
pub const DEFLATE_LEVEL: u32 = 6;

/// Bytes of a local header before the name.
pub const LOCAL_BYTES: u64 = 30;
/// Bytes of a directory entry before the name.
pub const DIRECTORY_BYTES: u64 = 46;
/// Bytes of the end record.
pub const END_BYTES: u64 = 22;

/// Flag bit: the member is encrypted.
pub(super) const FLAG_ENCRYPTED: u16 = 1;
/// Flag bit: sizes and CRC follow the data instead of preceding it.
pub(super) const FLAG_DATA_DESCRIPTOR: u16 = 1 << 3;
/// Tag of the zip64 extra field.
pub(super) const ZIP64_EXTRA: u16 = 0x0001;

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
