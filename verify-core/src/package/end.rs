//! The end record: where the directory is, and what to say when there is no plain one.
//!
//! The end record must be the last 22 bytes of the file, so neither a comment nor trailing bytes
//! are possible. The searches in this file run only once the package is refused; they name the
//! kind of attack.

use super::constants::{
    DIRECTORY_SIGNATURE, END_BYTES, END_SIGNATURE, ZIP64_END_SIGNATURE, ZIP64_LOCATOR_SIGNATURE,
};
use super::fault::ContainerFault;
use super::layout::{Cursor, DirectoryEntry, EndRecord};
use crate::finding::Code;
use crate::limits::{Limits, option};

/// Bytes of a zip64 end locator.
const ZIP64_LOCATOR_BYTES: u64 = 20;

/// The directory as the end record describes it: `offset..end`, holding `entries` entries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Directory {
    pub(super) offset: u64,
    pub(super) end: u64,
    pub(super) entries: u16,
}

/// Finds the directory, which must lie exactly before an end record that ends the file.
pub(super) fn directory(bytes: &[u8], limits: &Limits) -> Result<Directory, ContainerFault> {
    let length = bytes.len() as u64;
    let found = length.checked_sub(END_BYTES).and_then(|at| Some((EndRecord::read(bytes, at)?, at)));
    let Some((record, at)) = found.filter(|(record, _)| record.comment_length == 0) else {
        return Err(no_plain_end(bytes));
    };
    let marked = record.entries == u16::MAX
        || record.directory_bytes == u32::MAX
        || record.directory_offset == u32::MAX;
    if marked {
        return Err(zip64(at));
    }
    if (record.disk, record.directory_disk, record.entries_here) != (0, 0, record.entries) {
        let found = format!(
            "disks {} and {}, {} of {} entries",
            record.disk, record.directory_disk, record.entries_here, record.entries
        );
        let expected = "disk 0 and all entries on it";
        let message = "the end record speaks of several disks";
        return Err(ContainerFault::new(Code::PkgZipStruct, expected, found, message).at(at));
    }
    if usize::from(record.entries) > limits.members {
        let (expected, found) =
            (format!("at most {} ({})", limits.members, option::MEMBERS), record.entries.to_string());
        return Err(ContainerFault::new(Code::PkgZipLimits, expected, found, "too many members").at(at));
    }
    let offset = u64::from(record.directory_offset);
    if offset + u64::from(record.directory_bytes) != at {
        return Err(misplaced(bytes, &record, at));
    }
    Ok(Directory { offset, end: at, entries: record.entries })
}

/// The fault of an end record that is followed by a comment reaching to the end of the file,
/// although a later end record was read: an archive hidden in the comment of another.
pub(super) fn enclosing_comment(bytes: &[u8]) -> Option<ContainerFault> {
    let length = bytes.len() as u64;
    let first = length.saturating_sub(END_BYTES + u64::from(u16::MAX));
    let window = bytes.get(usize::try_from(first).ok()?..)?;
    let at = window.windows(4).enumerate().find_map(|(index, four)| {
        let at = first + index as u64;
        let record = (four == END_SIGNATURE.to_le_bytes()).then(|| EndRecord::read(bytes, at))??;
        let end = at + END_BYTES + u64::from(record.comment_length);
        (record.comment_length > 0 && end == length).then_some(at)
    })?;
    Some(comment(at, length - at - END_BYTES))
}

/// True if a zip64 end record or locator starts at `at`.
pub(super) fn is_zip64(bytes: &[u8], at: u64) -> bool {
    let signature = Cursor::at(bytes, at).and_then(|mut cursor| cursor.u32());
    matches!(signature, Some(ZIP64_END_SIGNATURE | ZIP64_LOCATOR_SIGNATURE))
}

/// The fault of a zip64 structure at `at`.
pub(super) fn zip64(at: u64) -> ContainerFault {
    let (expected, found) = ("sizes and offsets of 32 bits", "a zip64 structure or its mark");
    ContainerFault::new(Code::PkgZipZip64, expected, found, "the package uses zip64").at(at)
}

/// Byte position of the last end record's signature within `bytes`.
pub(super) fn last_signature(bytes: &[u8]) -> Option<u64> {
    let at = bytes.windows(4).rposition(|four| four == END_SIGNATURE.to_le_bytes())?;
    Some(at as u64)
}

fn comment(at: u64, bytes: u64) -> ContainerFault {
    let found = format!("{bytes} bytes");
    ContainerFault::new(Code::PkgZipComment, "no comment", found, "the package carries a comment").at(at)
}

/// Says why the last 22 bytes are no end record without a comment.
fn no_plain_end(bytes: &[u8]) -> ContainerFault {
    let length = bytes.len() as u64;
    let broken = |found: String| {
        let expected = "an end record in the last 22 bytes";
        ContainerFault::new(Code::PkgZipStruct, expected, found, "the package is cut off or no zip")
    };
    let Some(at) = last_signature(bytes) else {
        return broken(format!("none in {length} bytes"));
    };
    let Some(record) = EndRecord::read(bytes, at) else {
        return broken(format!("the start of one at byte {at}")).at(at);
    };
    let end = at + END_BYTES + u64::from(record.comment_length);
    if end > length {
        return broken(format!("a comment that ends at byte {end} of {length}")).at(at);
    }
    if end == length {
        return comment(at, u64::from(record.comment_length));
    }
    let found = format!("{} bytes after it", length - end);
    let (expected, message) = ("the end record to end the file", "bytes follow the end of the package");
    ContainerFault::new(Code::PkgZipTrailer, expected, found, message).at(end)
}

/// Says why the directory does not end where the end record starts.
fn misplaced(bytes: &[u8], record: &EndRecord, at: u64) -> ContainerFault {
    let offset = u64::from(record.directory_offset);
    let size = u64::from(record.directory_bytes);
    let expected = format!("the directory to end at byte {at}");
    let found = format!("{size} bytes from byte {offset}");
    let fault = |code, message| ContainerFault::new(code, &*expected, &*found, message).at(at);
    if offset + size > at {
        return fault(Code::PkgZipStruct, "the directory runs into the end record");
    }
    if at.checked_sub(ZIP64_LOCATOR_BYTES).is_some_and(|locator| is_zip64(bytes, locator)) {
        return zip64(at - ZIP64_LOCATOR_BYTES);
    }
    let starts = |at| {
        Cursor::at(bytes, at)
            .and_then(|mut cursor| cursor.u32())
            .is_some_and(|found| found == DIRECTORY_SIGNATURE)
    };
    if walked_end(bytes, offset, record.entries) == Some(at) {
        return fault(Code::PkgZipStruct, "the size of the directory is wrong");
    }
    if starts(at - size) {
        return fault(Code::PkgZipPrefix, "bytes stand before the package and shift its offsets");
    }
    if starts(offset) {
        return fault(Code::PkgZipGap, "bytes stand between the directory and the end record");
    }
    fault(Code::PkgZipStruct, "there is no directory where the end record says")
}

/// Where the directory really ends, if all its entries can be read.
fn walked_end(bytes: &[u8], offset: u64, entries: u16) -> Option<u64> {
    let mut cursor = Cursor::at(bytes, offset)?;
    for _ in 0..entries {
        DirectoryEntry::read(&mut cursor)?;
    }
    Some((bytes.len() - cursor.0.len()) as u64)
}
