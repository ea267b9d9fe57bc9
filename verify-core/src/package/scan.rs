//! Accepting or refusing a container, on its raw bytes and before anything is inflated (F-100, F-12).
//!
//! The profile leaves one way to read the bytes: the end record is the last 22 bytes; the
//! directory ends where it starts; the local headers lie back to back from byte 0 to the
//! directory, in its order; each agrees with its entry; every field that a record does not
//! determine is the constant of the format; and the names are plain, distinct and in order.
//! Then no byte is outside a header or a member, and no second reading exists.

use std::collections::BTreeSet;

use super::constants::STORED;
use super::container::{Container, Member, Method};
use super::end::{self, Directory};
use super::fault::ContainerFault;
use super::headers;
use super::layout::{Cursor, DirectoryEntry, LocalHeader};
use super::name::{MANIFEST, MemberName, NameSet, SUMS};
use super::placement;
use crate::finding::Code;
use crate::limits::{Limits, option};

/// Most faults reported for one package: a hostile one must not flood the report.
pub const MAX_FAULTS: usize = 100;

/// One directory entry with what the rest of the file says about it.
pub(super) struct Entry<'a> {
    /// Where the entry stands in the file.
    pub(super) at: u64,
    /// The entry itself.
    pub(super) central: DirectoryEntry<'a>,
    /// The local header it points to, if there is one.
    pub(super) local: Option<LocalHeader<'a>>,
    /// Its name, if that is a plain path.
    pub(super) name: Option<MemberName>,
}

impl Entry<'_> {
    /// Where the local header stands.
    pub(super) fn start(&self) -> u64 {
        self.central.offset.into()
    }

    /// A fault of this entry, placed at its local header.
    pub(super) fn fault(
        &self,
        code: Code,
        expected: impl Into<String>,
        found: impl Into<String>,
        message: &'static str,
    ) -> ContainerFault {
        ContainerFault::new(code, expected, found, message).of(self.central.name).at(self.start())
    }
}

/// Accepts a package that fits the container profile and the limits; else says what is wrong,
/// up to [`MAX_FAULTS`] faults. Nothing is inflated.
pub fn scan<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Container<'a>, Vec<ContainerFault>> {
    accept(bytes, limits).map_err(|mut faults| {
        if faults.iter().all(|fault| fault.code != Code::PkgZipComment)
            && let Some(comment) = end::enclosing_comment(bytes)
        {
            faults.insert(0, comment);
        }
        faults.truncate(MAX_FAULTS);
        faults
    })
}

fn accept<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Container<'a>, Vec<ContainerFault>> {
    let length = bytes.len() as u64;
    if length > limits.package_bytes {
        let (expected, found) = (
            format!("at most {} bytes ({})", limits.package_bytes, option::PACKAGE),
            format!("{length} bytes"),
        );
        let message = "the package is too large";
        return Err(vec![ContainerFault::new(Code::PkgZipLimits, expected, found, message)]);
    }
    let directory = end::directory(bytes, limits).map_err(|fault| vec![fault])?;
    let entries = entries(bytes, &directory).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    for entry in &entries {
        headers::check(entry, limits, &mut faults);
    }
    headers::check_total(&entries, limits, &mut faults);
    check_names(&entries, &mut faults);
    placement::check(bytes, &entries, directory.offset, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    let members: Option<Vec<_>> = entries.into_iter().map(|entry| member(bytes, entry)).collect();
    members
        .map(Container::new)
        .ok_or_else(|| vec![end_of_directory(directory.offset, "a member out of reach")])
}

/// Walks the directory, which must hold exactly the stated number of entries.
fn entries<'a>(bytes: &'a [u8], directory: &Directory) -> Result<Vec<Entry<'a>>, ContainerFault> {
    let region = usize::try_from(directory.end).ok().and_then(|end| bytes.get(..end)).unwrap_or_default();
    let mut cursor = Cursor::at(region, directory.offset).unwrap_or(Cursor(&[]));
    let mut entries = Vec::with_capacity(directory.entries.into());
    for index in 0..directory.entries {
        let at = directory.end - cursor.0.len() as u64;
        let Some(central) = DirectoryEntry::read(&mut cursor) else {
            return Err(if end::is_zip64(bytes, at) {
                end::zip64(at)
            } else {
                let found = format!("{index} entries before byte {at}");
                let expected = format!("{} directory entries", directory.entries);
                let message = "the directory is damaged or its number of entries is wrong";
                ContainerFault::new(Code::PkgZipStruct, expected, found, message).at(at)
            });
        };
        let local = LocalHeader::read(bytes, central.offset.into());
        let name = MemberName::from_bytes(central.name).ok();
        entries.push(Entry { at, central, local, name });
    }
    let at = directory.end - cursor.0.len() as u64;
    match cursor.0.len() {
        0 => Ok(entries),
        _ if end::is_zip64(bytes, at) => Err(end::zip64(at)),
        rest => Err(end_of_directory(at, &format!("{rest} more bytes"))),
    }
}

fn end_of_directory(at: u64, found: &str) -> ContainerFault {
    let expected = "the directory to end after its last entry";
    ContainerFault::new(Code::PkgZipStruct, expected, found, "the directory is damaged").at(at)
}

/// Names must be distinct on every system, in the order of the format, and include the two
/// members that every package has.
fn check_names(entries: &[Entry<'_>], faults: &mut Vec<ContainerFault>) {
    let mut seen = BTreeSet::new();
    let mut set = NameSet::default();
    for entry in entries {
        if !seen.insert(entry.central.name) {
            let message = "two members have one name";
            faults.push(entry.fault(Code::PkgZipDup, "a name of its own", "the name again", message));
        } else if entry.name.as_ref().is_some_and(|name| !set.insert(name)) {
            let message = "two names are one on some systems";
            let expected = "a name that is distinct without its letter case, and no folder of another";
            faults.push(entry.fault(Code::PkgZipCollide, expected, "a colliding name", message));
        }
    }
    for required in [MANIFEST, SUMS] {
        if !seen.contains(required.as_bytes()) {
            let fault =
                ContainerFault::new(Code::PkgMembers, "present", "absent", "a required member is missing");
            faults.push(fault.of(required.as_bytes()));
        }
    }
    for pair in entries.windows(2) {
        if let [before, after] = pair
            && let (Some(first), Some(second)) = (&before.name, &after.name)
            && first.rank() > second.rank()
        {
            let (expected, found) = (format!("a place before {first}"), format!("a place after {first}"));
            let message = "the members are not in the order of the format";
            faults.push(after.fault(Code::PkgZipStruct, expected, found, message));
        }
    }
}

/// The accepted member; `None` only if a check before it is missing.
fn member<'a>(bytes: &'a [u8], entry: Entry<'a>) -> Option<Member<'a>> {
    let offset = entry.start();
    let common = entry.central.common;
    let start = usize::try_from(offset + entry.local?.length()).ok()?;
    let end = start.checked_add(usize::try_from(common.stored_size).ok()?)?;
    Some(Member {
        name: entry.name?,
        method: if common.method == STORED { Method::Stored } else { Method::Deflated },
        size: common.size.into(),
        crc32: common.crc32,
        stored: bytes.get(start..end)?,
        offset,
    })
}
