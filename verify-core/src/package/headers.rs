//! What every single entry must be: the constants of the format, equal headers, sizes in limits.

use super::constants::{
    DATE, DEFLATED, EXTERNAL_ATTRIBUTES, FLAG_DATA_DESCRIPTOR, FLAG_ENCRYPTED, FLAGS, INTERNAL_ATTRIBUTES,
    MADE_BY, STORED, TIME, VERSION_NEEDED, ZIP64_EXTRA,
};
use super::fault::ContainerFault;
use super::layout::{Cursor, LocalHeader};
use super::name::{MANIFEST, MemberName};
use super::scan::Entry;
use crate::finding::Code;
use crate::limits::{Limits, option};

/// The file type bits of a Unix mode, and the value for a regular file.
const TYPE_BITS: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
/// The DOS attribute of a folder.
const DOS_FOLDER: u32 = 0x10;

/// Judges one entry on its own.
pub(super) fn check(entry: &Entry<'_>, limits: &Limits, faults: &mut Vec<ContainerFault>) {
    check_name(entry, faults);
    check_features(entry, faults);
    check_constants(entry, faults);
    check_sizes(entry, limits, faults);
    match &entry.local {
        Some(local) => check_local(entry, local, faults),
        None => faults.push(entry.fault(
            Code::PkgZipStruct,
            "a local header",
            "none",
            "the directory points to no member",
        )),
    }
}

/// The declared sizes of all members together.
pub(super) fn check_total(entries: &[Entry<'_>], limits: &Limits, faults: &mut Vec<ContainerFault>) {
    let total: u64 = entries.iter().map(|entry| u64::from(entry.central.common.size)).sum();
    if total > limits.total_bytes {
        let expected = format!("at most {} bytes ({})", limits.total_bytes, option::INFLATED);
        let found = format!("{total} bytes");
        let message = "the members are too large together";
        faults.push(ContainerFault::new(Code::PkgZipLimits, expected, found, message));
    }
}

fn check_name(entry: &Entry<'_>, faults: &mut Vec<ContainerFault>) {
    if let Err(error) = MemberName::from_bytes(entry.central.name) {
        let message = "the member's name is no plain path";
        faults.push(entry.fault(Code::PkgZipName, "a plain relative path", error.to_string(), message));
    }
}

/// Features of zip that the format does not use; each is a known way to show two contents.
fn check_features(entry: &Entry<'_>, faults: &mut Vec<ContainerFault>) {
    let central = &entry.central;
    let common = &central.common;
    let mode = central.external_attributes >> 16;
    if !matches!(mode & TYPE_BITS, 0 | REGULAR) || central.external_attributes & DOS_FOLDER != 0 {
        let found = format!("external attributes 0x{:08x}", central.external_attributes);
        let message = "the member is a link, folder or device";
        faults.push(entry.fault(Code::PkgZipType, "a regular file", found, message));
    }
    if common.flags != FLAGS {
        let found = format!("flags 0x{:04x}", common.flags);
        let (code, message) = if common.flags & FLAG_ENCRYPTED != 0 {
            (Code::PkgZipMethod, "the member is encrypted")
        } else if common.flags & FLAG_DATA_DESCRIPTOR != 0 {
            (Code::PkgZipHeaders, "sizes and CRC-32 stand after the data, not in the header")
        } else {
            (Code::PkgZipMethod, "the member has a flag that is never written")
        };
        faults.push(entry.fault(code, "flags 0x0000", found, message));
    }
    let stored = entry.name.as_ref().is_some_and(MemberName::is_unlisted);
    let method = if stored { STORED } else { DEFLATED };
    if common.method != method {
        let (expected, found) = (format!("method {method}"), format!("method {}", common.method));
        let message = "the member is stored by a method the format does not use for it";
        faults.push(entry.fault(Code::PkgZipMethod, expected, found, message));
    }
    if [common.stored_size, common.size, central.offset].contains(&u32::MAX) {
        let found = "the mark of zip64";
        let message = "the member uses zip64";
        faults.push(entry.fault(Code::PkgZipZip64, "sizes and offset of 32 bits", found, message));
    }
    if !central.extra.is_empty() {
        faults.push(extra_fault(entry, central.extra));
    }
    if !central.comment.is_empty() {
        let found = format!("{} bytes", central.comment.len());
        faults.push(entry.fault(Code::PkgZipComment, "no comment", found, "the member carries a comment"));
    }
}

/// Fields that could carry information but are constants of the format.
fn check_constants(entry: &Entry<'_>, faults: &mut Vec<ContainerFault>) {
    let central = &entry.central;
    let constants: [(u32, u32, &'static str); 7] = [
        (MADE_BY.into(), central.made_by.into(), "the made-by version is not the format's constant"),
        (
            VERSION_NEEDED.into(),
            central.common.version_needed.into(),
            "the version needed is not the format's constant",
        ),
        (TIME.into(), central.common.time.into(), "the time is not the format's constant"),
        (DATE.into(), central.common.date.into(), "the date is not the format's constant"),
        (0, central.disk.into(), "the disk number is not 0"),
        (
            INTERNAL_ATTRIBUTES.into(),
            central.internal_attributes.into(),
            "the internal attributes are not the format's constant",
        ),
        (
            EXTERNAL_ATTRIBUTES,
            central.external_attributes,
            "the external attributes are not the format's constant",
        ),
    ];
    for (expected, found, message) in constants {
        if expected != found {
            let (expected, found) = (format!("0x{expected:04x}"), format!("0x{found:04x}"));
            faults.push(entry.fault(Code::PkgZipStruct, expected, found, message).at(entry.at));
        }
    }
}

fn check_sizes(entry: &Entry<'_>, limits: &Limits, faults: &mut Vec<ContainerFault>) {
    let common = &entry.central.common;
    let (stored, size) = (u64::from(common.stored_size), u64::from(common.size));
    if common.method == STORED && stored != size {
        let (expected, found) = (format!("{size} stored bytes"), format!("{stored} stored bytes"));
        let message = "an uncompressed member has two sizes";
        faults.push(entry.fault(Code::PkgZipSizes, expected, found, message));
    }
    let is_manifest = entry.central.name == MANIFEST.as_bytes();
    let (most, option) = if is_manifest && limits.manifest_bytes < limits.member_bytes {
        (limits.manifest_bytes, option::MANIFEST)
    } else {
        (limits.member_bytes, option::MEMBER)
    };
    if size > most {
        let (expected, found) = (format!("at most {most} bytes ({option})"), format!("{size} bytes"));
        faults.push(entry.fault(Code::PkgZipLimits, expected, found, "the member is too large"));
    } else if size > limits.expansion_floor && size > stored.saturating_mul(limits.expansion) {
        let expected = format!("at most {} times the stored size ({})", limits.expansion, option::EXPANSION);
        let found = format!("{size} bytes from {stored}");
        faults.push(entry.fault(Code::PkgZipLimits, expected, found, "the member expands too much"));
    }
}

/// The local header must repeat its directory entry.
fn check_local(entry: &Entry<'_>, local: &LocalHeader<'_>, faults: &mut Vec<ContainerFault>) {
    let central = &entry.central;
    for ((field, expected), (_, found)) in central.common.fields().into_iter().zip(local.common.fields()) {
        if expected != found {
            let (expected, found) = (format!("{field} {expected}"), format!("{field} {found}"));
            let message = "local header and directory entry differ";
            faults.push(entry.fault(Code::PkgZipHeaders, expected, found, message));
        }
    }
    if local.name != central.name {
        let (expected, found) = (super::fault::shown(central.name), super::fault::shown(local.name));
        let message = "local header and directory entry have different names";
        faults.push(entry.fault(Code::PkgZipHeaders, expected, found, message));
    }
    if !local.extra.is_empty() && central.extra.is_empty() {
        faults.push(extra_fault(entry, local.extra));
    }
}

fn extra_fault(entry: &Entry<'_>, extra: &[u8]) -> ContainerFault {
    let found = format!("{} bytes", extra.len());
    if has_zip64(extra) {
        return entry.fault(Code::PkgZipZip64, "no extra field", found, "the member has a zip64 extra field");
    }
    entry.fault(Code::PkgZipExtra, "no extra field", found, "the member has an extra field")
}

/// True if one of the fields in `extra` is a zip64 field.
fn has_zip64(extra: &[u8]) -> bool {
    let mut cursor = Cursor(extra);
    while let (Some(tag), Some(length)) = (cursor.u16(), cursor.u16()) {
        if tag == ZIP64_EXTRA {
            return true;
        }
        if cursor.take(length).is_none() {
            return false;
        }
    }
    false
}
