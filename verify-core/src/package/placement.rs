//! Where the members lie: back to back from byte 0 to the directory, in its order.
//!
//! A hole is a place for bytes that no list mentions; an overlap lets a few bytes inflate to many
//! members; a local header in a hole is a member that only some readers see.

use super::constants::LOCAL_SIGNATURE;
use super::end;
use super::fault::ContainerFault;
use super::scan::Entry;
use crate::finding::Code;

/// Judges the places of all entries together; `directory` is where the directory starts.
pub(super) fn check(bytes: &[u8], entries: &[Entry<'_>], directory: u64, faults: &mut Vec<ContainerFault>) {
    let mut placed: Vec<_> = entries
        .iter()
        .filter_map(|entry| {
            let length = entry.local?.length() + u64::from(entry.central.common.stored_size);
            Some((entry.start(), entry.start() + length, entry))
        })
        .collect();
    if !placed.is_sorted_by_key(|(start, ..)| *start) {
        let (expected, found) = ("the order of the members in the file", "another order");
        let message = "the directory lists the members in another order than they lie";
        faults.push(ContainerFault::new(Code::PkgZipStruct, expected, found, message).at(directory));
        placed.sort_by_key(|(start, ..)| *start);
    }
    // An entry without a local header is a fault already, and its bytes would look like a hole.
    let whole = placed.len() == entries.len();
    let mut covered = 0;
    for (start, end, entry) in placed {
        if start < covered {
            let (expected, found) = (format!("byte {covered} or later"), format!("byte {start}"));
            let message = "the member overlaps the one before it";
            faults.push(entry.fault(Code::PkgZipOverlap, expected, found, message));
        } else if start > covered && whole {
            faults.push(hole(bytes, covered, start));
        }
        if end > directory {
            let (expected, found) = (format!("an end before byte {directory}"), format!("byte {end}"));
            let message = "the member's compressed size reaches past the members";
            faults.push(entry.fault(Code::PkgZipSizes, expected, found, message));
            return;
        }
        covered = covered.max(end);
    }
    if covered < directory && whole {
        faults.push(hole(bytes, covered, directory));
    }
}

/// Names the bytes `start..end`, which belong to no member.
fn hole(bytes: &[u8], start: u64, end: u64) -> ContainerFault {
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let content = range.and_then(|(start, end)| bytes.get(start..end)).unwrap_or_default();
    let hides_member = content.windows(4).any(|four| four == LOCAL_SIGNATURE.to_le_bytes());
    let (code, message) = if start == 0 && (!hides_member || end::last_signature(content).is_some()) {
        (Code::PkgZipPrefix, "bytes stand before the first member")
    } else if hides_member {
        (Code::PkgZipHidden, "a member is not in the directory")
    } else {
        (Code::PkgZipGap, "bytes stand between the members")
    };
    let found = format!("{} bytes", end - start);
    ContainerFault::new(code, "no byte outside the members", found, message).at(start)
}
