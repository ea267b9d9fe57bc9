//! First look at a source: what is a committed manifest, what is a package, what is neither.
//!
//! Content decides, never the name (F-23). Only the start of a package is read here; the whole package
//! is read once, later, and its manifest must then still be the one seen now (`SRC-STABLE`).

use super::manifest::{ReadManifest, read_manifest};
use super::tally::Tally;
use super::{Observer, Progress};
use crate::checkpoint::note::NOTE_BYTES;
use crate::checkpoint::tree;
use crate::digest::Digest;
use crate::finding::{Code, Finding, Place};
use crate::limits::{Limits, option};
use crate::model::Manifest;
use crate::package::constants::{LOCAL_BYTES, LOCAL_SIGNATURE};
use crate::source::{Item, ItemKind, Source, SourceError};

/// A manifest as it was found.
#[derive(Debug, Clone)]
pub(super) struct Sighting {
    /// Where.
    pub(super) item: Item,
    /// Digest of its bytes; `None` if no manifest could be found in a package.
    pub(super) sha256: Option<Digest>,
    /// Hash of its bytes as a leaf of the tree (F-120).
    pub(super) leaf: Option<Digest>,
    /// Its content; `None` if it is not understood.
    pub(super) manifest: Option<Box<Manifest>>,
}

/// Everything a source holds, sorted by what it is.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Manifests that stand alone: commits.
    pub(super) commits: Vec<Sighting>,
    /// Files that look like commits but are not understood, with what is wrong.
    pub(super) broken_commits: Vec<(Item, Vec<Finding>)>,
    /// Zip files.
    pub(super) packages: Vec<Sighting>,
    /// Signed notes (F-137); read later, one by one.
    pub(super) notes: Vec<Item>,
    /// Time-stamp tokens.
    pub(super) tokens: Vec<Item>,
    /// Inclusion proofs.
    pub(super) proofs: Vec<Item>,
    /// Everything else, with what is to be said of it.
    pub(super) strays: Vec<(Item, &'static str)>,
    /// Items that could not be read, with why.
    pub(super) unreadable: Vec<String>,
}

/// Items that are looked at between two words about it.
const BETWEEN_TOLD: u64 = 32;

/// Lists the source and looks at the start of every item, until the observer says stop.
pub(super) fn survey(
    source: &dyn Source,
    limits: &Limits,
    observer: &dyn Observer,
    tally: &mut Tally,
) -> Result<Survey, SourceError> {
    let mut survey = Survey::default();
    let items = source.list(limits.files)?;
    let total = items.len() as u64;
    for (done, item) in (0_u64..).zip(items) {
        if observer.cancelled() {
            // What nobody looked at is not absent.
            survey.unreadable.push(format!("{} and what follows it was not looked at", item.name));
            break;
        }
        if done % BETWEEN_TOLD == 0 {
            observer.progress(Progress { stage: "looking", done, total, bytes: 0 });
        }
        if let ItemKind::Unreadable(why) = item.kind {
            survey.unreadable.push(format!("cannot look into {}: {why}", item.name));
        }
        if !check_item(&item, limits, tally) {
            continue;
        }
        match look(source, &item, limits) {
            Ok(Look::Package(sighting)) => survey.packages.push(sighting),
            Ok(Look::Commit(sighting)) => survey.commits.push(sighting),
            Ok(Look::BrokenCommit(findings)) => survey.broken_commits.push((item, findings)),
            Ok(Look::Note) => survey.notes.push(item),
            Ok(Look::Token) => survey.tokens.push(item),
            Ok(Look::Proof) => survey.proofs.push(item),
            Ok(Look::TooLarge(finding)) => tally.fail(finding),
            Ok(Look::Stray(message)) => survey.strays.push((item, message)),
            Err(error) => match unstable(&error, &item.name) {
                Some(finding) => tally.fail(finding),
                None => survey.unreadable.push(described(&error)),
            },
        }
    }
    Ok(survey)
}

/// The finding for a file that did not stand still while it was read. Whose record it is, nobody can say (F-115).
pub(super) fn unstable(error: &SourceError, file: &str) -> Option<Finding> {
    let (expected, found) = error.unstable()?;
    let place = Place { file: Some(file.to_owned()), ..Place::default() };
    let message = "the file changed while it was read";
    Some(Finding::new(Code::SrcStable, place, expected, found, message))
}

/// The error and what caused it, in one line.
pub(super) fn described(error: &SourceError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn check_item(item: &Item, limits: &Limits, tally: &mut Tally) -> bool {
    let place = Place { file: Some(item.name.clone()), ..Place::default() };
    // Letters of any script are no deception; controls, marks that reorder and look-alike spaces are.
    let plain = |c: char| c == ' ' || c.is_ascii_graphic() || (!c.is_ascii() && c.is_alphanumeric());
    let printable = item.exact && item.name.chars().all(plain);
    if printable {
        tally.pass(Code::SrcName);
    } else {
        let message = "the file name holds characters that may mislead";
        tally.fail(Finding::new(
            Code::SrcName,
            place.clone(),
            "letters, digits, punctuation and blanks",
            item.name.clone(),
            message,
        ));
    }
    match item.kind {
        ItemKind::File => {}
        ItemKind::Other(kind) => {
            let message = "not a regular file; it was not opened";
            tally.fail(Finding::new(Code::SrcType, place, "a regular file", kind, message));
            return false;
        }
        ItemKind::Unreadable(why) => {
            tally.skip(Code::SrcType, &format!("it cannot be looked into: {why}"));
            return false;
        }
    }
    tally.pass(Code::SrcType);
    if item.size > limits.package_bytes {
        let (expected, found) = (
            format!("at most {} bytes ({})", limits.package_bytes, option::PACKAGE),
            format!("{} bytes", item.size),
        );
        tally.fail(Finding::new(
            Code::SrcLimits,
            place,
            expected,
            found,
            "the file is too large; it was not read",
        ));
        return false;
    }
    tally.pass(Code::SrcLimits);
    true
}

enum Look {
    Package(Sighting),
    Commit(Sighting),
    BrokenCommit(Vec<Finding>),
    Note,
    Token,
    Proof,
    TooLarge(Finding),
    Stray(&'static str),
}

/// Enough for the local header and a usual manifest in one read.
const FIRST_READ: u64 = 64 * 1024;

fn look(source: &dyn Source, item: &Item, limits: &Limits) -> Result<Look, SourceError> {
    let start = source.read_start(item, FIRST_READ)?;
    // A source that is one file has an item without a name; its own name counts the same.
    let has_zip_name =
        || has_zip_name(&item.name) || item.name.is_empty() && has_zip_name(&source.describe());
    if start.starts_with(&LOCAL_SIGNATURE.to_le_bytes()) || has_zip_name() {
        return Ok(Look::Package(look_at_package(source, item, start, limits)?));
    }
    let named_like_a_commit = commit_number(&item.name).is_some();
    if !(start.starts_with(b"{") || named_like_a_commit) {
        return Ok(look_for_a_proof(item, &start));
    }
    if item.size > limits.manifest_bytes {
        let (expected, found) =
            (format!("at most {} bytes", limits.manifest_bytes), format!("{} bytes", item.size));
        let place = Place { file: Some(item.name.clone()), ..Place::default() };
        let message = "a manifest is never so large; it was not read";
        return Ok(Look::TooLarge(Finding::new(Code::SrcLimits, place, expected, found, message)));
    }
    let bytes = source.read(item, limits.manifest_bytes)?;
    let place = Place { file: Some(item.name.clone()), ..Place::default() };
    let ReadManifest { manifest, findings, claims_to_be_one } = read_manifest(&bytes, limits, &place);
    match manifest {
        Some(manifest) if findings.is_empty() => Ok(Look::Commit(Sighting {
            item: item.clone(),
            sha256: Some(Digest::of(&bytes)),
            leaf: Some(tree::leaf(&bytes)),
            manifest: Some(manifest),
        })),
        _ if claims_to_be_one || named_like_a_commit => Ok(Look::BrokenCommit(findings)),
        _ => Ok(look_for_a_proof(item, &start)),
    }
}

/// What begins every inclusion proof.
const PROOF_LINE: &[u8] = b"c2sp.org/tlog-proof@v1\n";

/// What begins the text of a private key (C2SP signed-note).
const PRIVATE_KEY: &[u8] = b"PRIVATE+KEY+";

/// F-137. The name counts beside the content, so that a damaged proof is a finding and no stray.
fn look_for_a_proof(item: &Item, start: &[u8]) -> Look {
    let named = |ending| numbered(&item.name, ending).is_some();
    let is_note =
        || item.size <= NOTE_BYTES as u64 && start.windows(6).any(|at| at == "\n\n\u{2014} ".as_bytes());
    if start.starts_with(PROOF_LINE) || named(".tlog-proof") {
        Look::Proof
    } else if named(".checkpoint") || is_note() {
        Look::Note
    } else if named(".tsr") || matches!(start, [0x30, 0x81..=0x84, ..]) {
        Look::Token
    } else if start.starts_with(PRIVATE_KEY) {
        Look::Stray(
            "a private key lies in the evidence: whoever reads it can sign as its owner; replace the key",
        )
    } else {
        Look::Stray("the file is neither a package nor a committed manifest; it was not verified")
    }
}

fn has_zip_name(name: &str) -> bool {
    name.len() > 4 && name.get(name.len() - 4..).is_some_and(|end| end.eq_ignore_ascii_case(".zip"))
}

/// The sequence that a file name such as `0000000042.json` claims.
pub(super) fn commit_number(name: &str) -> Option<u64> {
    numbered(name, ".json")
}

/// The sequence that a file name of ten digits and this ending claims.
pub(super) fn numbered(name: &str, ending: &str) -> Option<u64> {
    let base = name.rsplit('/').next()?;
    let digits = base.strip_suffix(ending)?;
    (digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

fn look_at_package(
    source: &dyn Source,
    item: &Item,
    mut start: Vec<u8>,
    limits: &Limits,
) -> Result<Sighting, SourceError> {
    let mut sighting = Sighting { item: item.clone(), sha256: None, leaf: None, manifest: None };
    let Some(end) = manifest_end(&start) else { return Ok(sighting) };
    if end > limits.manifest_bytes + FIRST_READ {
        return Ok(sighting);
    }
    if end > start.len() as u64 {
        start = source.read_start(item, end)?;
    }
    let begin = usize::try_from(LOCAL_BYTES).unwrap_or(0) + MANIFEST_NAME.len();
    let Some(bytes) = usize::try_from(end).ok().and_then(|end| start.get(begin..end)) else {
        return Ok(sighting);
    };
    let place = Place { file: Some(item.name.clone()), ..Place::default() };
    sighting.sha256 = Some(Digest::of(bytes));
    sighting.leaf = Some(tree::leaf(bytes));
    sighting.manifest = read_manifest(bytes, limits, &place).manifest;
    Ok(sighting)
}

const MANIFEST_NAME: &[u8] = crate::package::MANIFEST.as_bytes();

/// Where the stored manifest ends, if the first local header is that of `manifest.json` (F-100).
fn manifest_end(start: &[u8]) -> Option<u64> {
    let field = |at: usize, length: usize| -> Option<u64> {
        let bytes = start.get(at..at + length)?;
        Some(bytes.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
    };
    let header = usize::try_from(LOCAL_BYTES).ok()?;
    let name_length = field(26, 2)?;
    let plain = field(0, 4)? == u64::from(LOCAL_SIGNATURE)
        && field(8, 2)? == 0
        && name_length == MANIFEST_NAME.len() as u64
        && field(28, 2)? == 0
        && start.get(header..header + MANIFEST_NAME.len())? == MANIFEST_NAME;
    let size = field(18, 4)?;
    plain.then_some(LOCAL_BYTES + name_length + size)
}
