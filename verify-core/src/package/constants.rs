//! Every header byte that a record does not determine (F-101).
//!
//! Field order and sizes follow the PKWARE APPNOTE, sections 4.3.7 (local header), 4.3.12
//! (directory entry) and 4.3.16 (end record); all integers are little-endian. What differs from
//! record to record is the name, the CRC-32, the two sizes, the offset, and the counts of the end
//! record; every field not listed here is zero. So two writers of the same members produce the
//! same bytes, and a reader can refuse every deviation.

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
