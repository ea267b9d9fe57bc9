//! Attacks on the bytes of one package: damage, and zips that two tools read in two ways.

use verify_core::finding::Code;
use verify_core::package::{SUMS, scan};
use verify_core::source::Overlay;

use super::super::attack::{Attack, Attempt, Commit};
use super::super::evidence::Evidence;
use super::super::forge::Obstacle;
use super::super::zip::{Part, honest, parts, zip};
use super::source::package;

const fn attack(
    name: &'static str,
    title: &'static str,
    wants: &'static str,
    expects: &'static [Code],
    commit: Commit,
) -> Attack {
    Attack { name, title, wants, expects, groups: &[], commit }
}

pub(in super::super) const FLIPPED_BYTE: Attack = attack(
    "flipped-byte",
    "one bit inside a payload is flipped",
    "one value changed in what was collected",
    &[Code::PkgZipStruct, Code::PkgZipSizes, Code::PkgZipCrc, Code::PkgHashMember],
    flipped_byte,
);
pub(in super::super) const TRUNCATED_PACKAGE: Attack = attack(
    "truncated-package",
    "the end of a package is cut off",
    "evidence that looks present and cannot be read",
    &[Code::PkgZipStruct],
    |evidence| {
        raw(evidence, "the last 64 bytes were cut off", |bytes| {
            Ok(bytes.get(..bytes.len().saturating_sub(64)).unwrap_or_default().to_vec())
        })
    },
);
pub(in super::super) const APPENDED_BYTES: Attack = attack(
    "appended-bytes",
    "bytes are appended to a package",
    "data that travels with the evidence and that no hash covers",
    &[Code::PkgZipTrailer],
    |evidence| {
        raw(evidence, "a line of text was appended", |bytes| {
            Ok([bytes, b"# approved by the auditor\n"].concat())
        })
    },
);
pub(in super::super) const PREPENDED_BYTES: Attack = attack(
    "prepended-bytes",
    "bytes are put before a package",
    "a file that is a program to the system and evidence to a zip tool",
    &[Code::PkgZipPrefix, Code::PkgMissing],
    |evidence| {
        raw(evidence, "a line of shell was put before the first member", |bytes| {
            Ok([b"#!/bin/sh\n", bytes].concat())
        })
    },
);
pub(in super::super) const ZIP_COMMENT: Attack = attack(
    "zip-comment",
    "a package gets an archive comment",
    "a text that unzip shows and that no hash covers",
    &[Code::PkgZipComment],
    |evidence| raw(evidence, "an archive comment was added", commented),
);
pub(in super::super) const DUPLICATE_MEMBER: Attack = attack(
    "duplicate-member",
    "a second member of the same name stands in a package",
    "one content for the verifier and another for the reader",
    &[Code::PkgZipDup],
    |evidence| member(evidence, "validation.json", b"{}", Place::Beside),
);
pub(in super::super) const HIDDEN_MEMBER: Attack = attack(
    "hidden-member",
    "a member is not listed in the zip's directory",
    "content that only some tools show",
    &[Code::PkgZipHidden],
    |evidence| member(evidence, "zz-hidden.json", b"{}", Place::Unlisted),
);
pub(in super::super) const LYING_HEADER: Attack = attack(
    "lying-header",
    "the two headers of a member state two sizes",
    "two tools that read two contents",
    &[Code::PkgZipHeaders],
    lying_header,
);
pub(in super::super) const CASE_COLLISION: Attack = attack(
    "case-collision",
    "a member's name differs from another by case alone",
    "another content on systems that ignore case",
    &[Code::PkgZipCollide],
    |evidence| member(evidence, "Validation.json", b"{}", Place::Listed),
);
pub(in super::super) const PATH_TRAVERSAL: Attack = attack(
    "path-traversal",
    "a member's name leads out of the folder it is unpacked to",
    "a file written where the auditor did not ask for it",
    &[Code::PkgZipName],
    |evidence| member(evidence, "../../.profile", b"echo", Place::Listed),
);
pub(in super::super) const ZIP_BOMB: Attack = attack(
    "zip-bomb",
    "a few stored bytes inflate to 64 MiB",
    "a verifier that runs out of memory before it finds anything",
    &[Code::PkgZipLimits],
    |evidence| member(evidence, "zz-bomb.json", &vec![b' '; 64 << 20], Place::Listed),
);

fn raw<'a>(
    evidence: &'a Evidence,
    done: &str,
    change: impl FnOnce(&[u8]) -> Result<Vec<u8>, Obstacle>,
) -> Result<Attempt<'a>, Obstacle> {
    let (entry, name, bytes) = package(evidence)?;
    // What is refused already cannot show what else would be refused.
    scan(bytes, &evidence.options.limits).map_err(|_| refused())?;
    let mut overlay = Overlay::new(&evidence.base);
    overlay.put(name, change(bytes)?);
    let (record, file) = (Some(entry.sequence), name.to_owned());
    Ok(Attempt { overlay, record, file, member: None, field: None, done: done.to_owned() })
}

fn refused() -> Obstacle {
    Obstacle::Absent("the container of the package is not accepted as it is".to_owned())
}

fn commented(bytes: &[u8]) -> Result<Vec<u8>, Obstacle> {
    let comment = b"reviewed: no findings";
    let length = bytes.len().checked_sub(2).and_then(|end| bytes.get(..end));
    let length = length.ok_or_else(|| Obstacle::Absent("the package is empty".to_owned()))?;
    let size = u16::try_from(comment.len()).unwrap_or(0).to_le_bytes();
    Ok([length, &size, comment].concat())
}

fn flipped_byte(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let (entry, _, bytes) = package(evidence)?;
    let payload = entry.kind.payload_member();
    let container = scan(bytes, &evidence.options.limits).map_err(|_| refused())?;
    let part = container.member(&payload).ok_or_else(refused)?;
    let offset = part.offset() + 30 + payload.len() as u64 + part.stored_size() / 2;
    let mut attempt = raw(evidence, &format!("the lowest bit of byte {offset} was flipped"), |bytes| {
        let mut bytes = bytes.to_vec();
        let byte = usize::try_from(offset).ok().and_then(|offset| bytes.get_mut(offset));
        *byte.ok_or_else(refused)? ^= 1;
        Ok(bytes)
    })?;
    attempt.member = Some(payload);
    attempt.field = Some(format!("byte {offset}"));
    Ok(attempt)
}

/// Where a forged member goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Right after the member whose name it bears.
    Beside,
    /// At the end, as the directory says.
    Listed,
    /// At the end, and the directory knows nothing.
    Unlisted,
}

fn member<'a>(
    evidence: &'a Evidence,
    name: &str,
    content: &[u8],
    place: Place,
) -> Result<Attempt<'a>, Obstacle> {
    let limits = evidence.options.limits;
    let done = match place {
        Place::Beside => format!("a second {name} was added, with {} bytes", content.len()),
        Place::Listed => format!("a member of {} bytes was added", content.len()),
        Place::Unlisted => "a member was added that the directory does not list".to_owned(),
    };
    let mut attempt = raw(evidence, &done, |bytes| {
        let mut members = parts(bytes, &limits)?;
        let forged = Part::deflated(name, content)?;
        let twin = members.iter().position(|part| part.name == forged.name);
        let index = match (place, twin) {
            (Place::Beside, None) => return Err(Obstacle::Absent(format!("the package has no {name}"))),
            (Place::Beside, Some(twin)) => twin + 1,
            _ => members.len(),
        };
        members.insert(index, forged);
        zip(&members, |at, part| (place != Place::Unlisted || at != index).then(|| part.clone()))
    })?;
    attempt.member = Some(name.to_owned());
    Ok(attempt)
}

fn lying_header(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let limits = evidence.options.limits;
    let mut attempt = raw(evidence, "the directory states one byte more than the local header", |bytes| {
        let members = parts(bytes, &limits)?;
        // A writer that could not write what it read would prove nothing.
        if honest(&members)? != bytes {
            return Err(Obstacle::Failed("the package cannot be written again as it was read".to_owned()));
        }
        zip(&members, |_, part| {
            let more = u32::from(part.name == SUMS.as_bytes());
            Some(Part { size: part.size.saturating_add(more), ..part.clone() })
        })
    })?;
    attempt.member = Some(SUMS.to_owned());
    Ok(attempt)
}
