//! The container against the manifest's list: exactly these members, exactly these bytes.
//!
//! The scan proves that there is one reading of the zip; this proves that it is the sealed one.
//! The manifest binds inflated *and* compressed bytes of every member but itself and
//! `SHA256SUMS`; the manifest is bound by the chain, `SHA256SUMS` follows from the list. So no
//! byte of the package is free.

use super::container::{Container, Member};
use super::fault::ContainerFault;
use super::name::{MANIFEST, sums_text};
use crate::digest::Digest;
use crate::finding::Code;
use crate::model::FileEntry;

/// Both lists must name the same members: `PKG-MEMBERS` for each that is only in one. The
/// manifest's list must be strictly ascending by path and must not name the unlisted members.
#[must_use]
pub fn check_members(list: &[FileEntry], container: &Container<'_>) -> Vec<ContainerFault> {
    let mut faults = Vec::new();
    let mut fault = |path: &str, expected: &str, found: &str, message| {
        let fault = ContainerFault::new(Code::PkgMembers, expected, found, message);
        faults.push(fault.of(path.as_bytes()));
    };
    for pair in list.windows(2) {
        if let [before, after] = pair
            && before.path >= after.path
        {
            let message = "the manifest's list is not strictly ascending";
            fault(&after.path, &format!("a path after {}", before.path), &after.path, message);
        }
    }
    for entry in list {
        match container.member(&entry.path) {
            None => fault(&entry.path, "a member", "none", "a listed member is missing"),
            Some(member) if member.name().is_unlisted() => {
                fault(
                    &entry.path,
                    "no line in the list",
                    "a line",
                    "the manifest lists what it must not list",
                );
            }
            Some(_) => {}
        }
    }
    let listed: std::collections::BTreeSet<_> = list.iter().map(|entry| entry.path.as_str()).collect();
    for member in container.members() {
        let name = member.name();
        if !name.is_unlisted() && !listed.contains(name.as_str()) {
            fault(name.as_str(), "a line in the manifest's list", "none", "a member is not listed");
        }
    }
    faults
}

/// One member against its line: both sizes and both digests, `PKG-HASH-MEMBER` for each that
/// differs. `inflated` is the digest that inflating the member gave.
#[must_use]
pub fn check_member(entry: &FileEntry, member: &Member<'_>, inflated: Digest) -> Vec<ContainerFault> {
    let mut faults = Vec::new();
    let mut compare = |expected: String, found: String, message| {
        if expected != found {
            let fault = ContainerFault::new(Code::PkgHashMember, expected, found, message);
            faults.push(fault.of(entry.path.as_bytes()).at(member.offset()));
        }
    };
    let bytes = |count: u64| format!("{count} bytes");
    compare(bytes(entry.size), bytes(member.size()), "the size is not the sealed one");
    compare(entry.sha256.to_string(), inflated.to_string(), "the content is not the sealed one");
    compare(
        bytes(entry.stored_size),
        bytes(member.stored_size()),
        "the compressed size is not the sealed one",
    );
    compare(
        entry.stored_sha256.to_string(),
        member.stored_sha256().to_string(),
        "the compressed bytes are not the sealed ones",
    );
    faults
}

/// `SHA256SUMS` against what the manifest implies: `PKG-SUMS` if one byte differs, with the first
/// line that does.
#[must_use]
pub fn check_sums(list: &[FileEntry], manifest: Digest, sums: &[u8]) -> Option<ContainerFault> {
    let lines = list.iter().map(|entry| (entry.path.as_str(), entry.sha256));
    let implied = sums_text(std::iter::once((MANIFEST, manifest)).chain(lines));
    if implied == sums {
        return None;
    }
    let mut pairs = implied.split(|byte| *byte == b'\n').zip(sums.split(|byte| *byte == b'\n'));
    let (expected, found) = pairs.find(|(expected, found)| expected != found).map_or_else(
        || (format!("{} bytes", implied.len()), format!("{} bytes", sums.len())),
        |(expected, found)| (super::fault::shown(expected), super::fault::shown(found)),
    );
    let message = "SHA256SUMS is not what the manifest implies";
    Some(ContainerFault::new(Code::PkgSums, expected, found, message).of(super::name::SUMS.as_bytes()))
}
