//! Opening one package: the container, the list, every member's bytes, every document's form.
//!
//! The package is read once into memory; everything judged and shown later comes from these bytes.

use std::collections::{BTreeMap, BTreeSet};

use super::assemble::Plan;
use super::escapes;
use super::manifest::{canon_finding, read_manifest};
use super::tally::Tally;
use crate::canon::{self, Document};
use crate::digest::Digest;
use crate::finding::{Code, Finding, Place};
use crate::limits::Limits;
use crate::model::{FileEntry, Kind, Manifest};
use crate::package::compare::{check_member, check_members, check_sums};
use crate::package::{Container, Inflater, MANIFEST, Member, SUMS, scan};

/// Checks that a scanned container passes all at once.
const CONTAINER_CODES: [Code; 17] = [
    Code::PkgZipStruct,
    Code::PkgZipPrefix,
    Code::PkgZipTrailer,
    Code::PkgZipGap,
    Code::PkgZipComment,
    Code::PkgZipHeaders,
    Code::PkgZipHidden,
    Code::PkgZipDup,
    Code::PkgZipCollide,
    Code::PkgZipOverlap,
    Code::PkgZipName,
    Code::PkgZipType,
    Code::PkgZipMethod,
    Code::PkgZipExtra,
    Code::PkgZipZip64,
    Code::PkgZipSizes,
    Code::PkgZipLimits,
];

/// Checks that a canonical document passes all at once.
pub(super) const JSON_CODES: [Code; 7] = [
    Code::JsonUtf8,
    Code::JsonSyntax,
    Code::JsonTrailing,
    Code::JsonDupkey,
    Code::JsonNumber,
    Code::JsonLimits,
    Code::JsonCanon,
];

/// A package that was opened; its members can be read again, their digests are known.
pub(super) struct Opened<'a> {
    container: Container<'a>,
    /// The whole manifest.
    pub(super) manifest: Manifest,
    /// Digest of every member whose bytes are those the manifest names.
    pub(super) sound: BTreeMap<String, Digest>,
    /// Payload of a snapshot, checked and with the place of every entity.
    pub(super) snapshot: Option<Document>,
    /// Where it is, for findings.
    pub(super) place: Place,
    /// Limits it was opened under.
    pub(super) limits: Limits,
}

impl Opened<'_> {
    /// The bytes of a member that is sound.
    pub(super) fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.sound.get(name)?;
        let member = self.container.member(name)?;
        Inflater::new().read(member).ok().map(|(bytes, _)| bytes)
    }

    /// A sound member that is canonical JSON, as a value.
    pub(super) fn value(&self, name: &str) -> Option<serde_json::Value> {
        canon::read_canonical(&self.read(name)?, &self.limits).ok()
    }

    /// Sound members below a folder, with their bytes.
    pub(super) fn below(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        self.sound
            .keys()
            .filter(|name| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
            .filter_map(|name| Some((name.clone(), self.read(name)?)))
            .collect()
    }

    /// Whether every member that the manifest lists below a folder is sound.
    pub(super) fn is_whole_below(&self, folder: &str) -> bool {
        let mut listed = self.manifest.files.iter().filter(|entry| is_below(&entry.path, folder));
        listed.all(|entry| self.sound.contains_key(&entry.path))
    }

    /// Digest over the sound members below a folder, as in F-14.
    pub(super) fn digest_below(&self, folder: &str) -> Digest {
        let members = self.sound.iter().filter(|(name, _)| is_below(name, folder));
        canon::digest_map(members.map(|(name, digest)| (name.as_str(), *digest)))
    }

    /// The place of one member, for findings.
    pub(super) fn place_of(&self, member: &str) -> Place {
        Place { member: Some(member.to_owned()), ..self.place.clone() }
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Names the exact damage of a zip file that carries no manifest that could be read.
pub(super) fn scan_suspect(bytes: &[u8], place: &Place, limits: &Limits, tally: &mut Tally) {
    match scan(bytes, limits) {
        Err(faults) => tally.fail_all(faults.into_iter().map(|fault| fault.into_finding(place.clone()))),
        Ok(container) => {
            let Some(member) = container.member(MANIFEST) else {
                let message = "the zip holds no manifest";
                tally.fail(Finding::new(Code::PkgMembers, place.clone(), MANIFEST, "none", message));
                return;
            };
            match Inflater::new().read(member) {
                Err(fault) => tally.fail(fault.into_finding(place.clone())),
                Ok((bytes, _)) => {
                    let place = Place { member: Some(MANIFEST.to_owned()), ..place.clone() };
                    for finding in read_manifest(&bytes, limits, &place).findings {
                        tally.fail(finding);
                    }
                }
            }
        }
    }
}

/// Opens the package of a planned record. `None` when nothing in it counts.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    plan: &Plan,
    limits: &Limits,
    tally: &mut Tally,
) -> Option<Opened<'a>> {
    let place = plan.place();
    let container = match scan(bytes, limits) {
        Ok(container) => container,
        Err(faults) => {
            tally.fail_all(faults.into_iter().map(|fault| fault.into_finding(place.clone())));
            return None;
        }
    };
    tally.pass_all(&CONTAINER_CODES);
    let mut inflater = Inflater::new();
    let manifest_bytes = read_checked(&mut inflater, container.member(MANIFEST)?, &place, tally)?;
    let manifest_place = Place { member: Some(MANIFEST.to_owned()), ..place.clone() };
    let found = Digest::of(&manifest_bytes);
    let message = "the manifest is not the one seen when the source was listed";
    let file = Place { file: place.file.clone(), ..Place::default() };
    if !tally.equal(Code::SrcStable, &file, &plan.sha256, &found, message) {
        return None;
    }
    let read = read_manifest(&manifest_bytes, limits, &manifest_place);
    for code in JSON_CODES.iter().chain(&MANIFEST_CODES) {
        if !read.findings.iter().any(|finding| finding.code == *code) {
            tally.pass(*code);
        }
    }
    // What is spelled in another way is told as that, and not looked through (F-116).
    if read.findings.is_empty() {
        escapes::check(MANIFEST, &manifest_bytes, &manifest_place, tally);
    }
    tally.fail_all(read.findings);
    let manifest = *read.manifest?;
    let listed = check_members(&manifest.files, &container);
    let listed = listed.into_iter().map(|fault| fault.into_finding(place.clone())).collect();
    tally.all(Code::PkgMembers, listed);
    check_sums_member(&mut inflater, &container, &manifest, &manifest_bytes, &place, tally);
    let mut opened =
        Opened { container, manifest, sound: BTreeMap::new(), snapshot: None, place, limits: *limits };
    check_contents(&mut inflater, &mut opened, tally);
    check_rule_digests(&opened, tally);
    Some(opened)
}

const MANIFEST_CODES: [Code; 6] = [
    Code::SchemaVersion,
    Code::SchemaRequired,
    Code::SchemaType,
    Code::SchemaUnknown,
    Code::SchemaDigest,
    Code::SchemaTime,
];

fn read_checked(
    inflater: &mut Inflater,
    member: &Member<'_>,
    place: &Place,
    tally: &mut Tally,
) -> Option<Vec<u8>> {
    match inflater.read(member) {
        Ok((bytes, _)) => {
            tally.pass(Code::PkgZipCrc);
            Some(bytes)
        }
        Err(fault) => {
            tally.fail(fault.into_finding(place.clone()));
            None
        }
    }
}

fn check_sums_member(
    inflater: &mut Inflater,
    container: &Container<'_>,
    manifest: &Manifest,
    manifest_bytes: &[u8],
    place: &Place,
    tally: &mut Tally,
) {
    let Some(member) = container.member(SUMS) else {
        let message = "the member is missing";
        tally.fail(Finding::new(Code::PkgMembers, place.clone(), SUMS, "none", message));
        return;
    };
    let Some(bytes) = read_checked(inflater, member, place, tally) else { return };
    let faults = check_sums(&manifest.files, Digest::of(manifest_bytes), &bytes);
    tally.all(Code::PkgSums, faults.into_iter().map(|fault| fault.into_finding(place.clone())).collect());
}

/// Inflates every listed member once: sizes, CRC, both digests, and the form of JSON documents.
fn check_contents(inflater: &mut Inflater, opened: &mut Opened<'_>, tally: &mut Tally) {
    let payload = opened.manifest.kind.payload_member();
    let files = opened.manifest.files.clone();
    let mut seen = BTreeSet::new();
    for entry in &files {
        let Some(member) = opened.container.member(&entry.path).filter(|_| seen.insert(&entry.path)) else {
            continue;
        };
        let place = opened.place_of(&entry.path);
        let is_payload = entry.path == payload;
        let read = if is_json(&entry.path) || entry.path == TRANSCRIPT {
            inflater.read(member).map(|(bytes, digest)| (Some(bytes), digest))
        } else {
            inflater.inflate(member, |_| ()).map(|digest| (None, digest))
        };
        let (bytes, digest) = match read {
            Ok(read) => read,
            Err(fault) => {
                tally.fail(fault.into_finding(place));
                continue;
            }
        };
        tally.pass(Code::PkgZipCrc);
        let faults = check_member(entry, member, digest);
        let sound = tally.all(
            Code::PkgHashMember,
            faults.into_iter().map(|fault| fault.into_finding(place.clone())).collect(),
        );
        if is_payload {
            let message = "the payload is not the one the manifest names";
            tally.equal(Code::PkgHashPayload, &place, &opened.manifest.payload_sha256, &digest, message);
        }
        let Some(bytes) = bytes.filter(|_| sound) else {
            if sound {
                opened.sound.insert(entry.path.clone(), digest);
            }
            continue;
        };
        if check_form(opened, entry, bytes, &place, tally) {
            opened.sound.insert(entry.path.clone(), digest);
        }
    }
}

pub(super) const TRANSCRIPT: &str = "transcript.jsonl";

/// Canonical JSON members: all but kept bodies (F-13, F-53).
fn is_json(path: &str) -> bool {
    path.strip_suffix(".json").is_some() && !path.starts_with("raw/")
}

fn check_form(
    opened: &mut Opened<'_>,
    entry: &FileEntry,
    bytes: Vec<u8>,
    place: &Place,
    tally: &mut Tally,
) -> bool {
    let limits = opened.limits;
    let result = if entry.path == TRANSCRIPT {
        canon::lines(&bytes, &limits).map(|_| bytes.as_slice())
    } else if opened.manifest.kind == Kind::Snapshot && entry.path == "snapshot.json" {
        Document::new(bytes, &limits).map(|document| opened.snapshot.insert(document).bytes())
    } else {
        canon::check(&bytes, &limits).map(|()| bytes.as_slice())
    };
    match result {
        Ok(bytes) => {
            tally.pass_all(&JSON_CODES);
            escapes::check(&entry.path, bytes, place, tally);
            true
        }
        Err(error) => {
            tally.fail(canon_finding(&error, place));
            false
        }
    }
}

/// Digests over the members below each rule folder (F-36).
fn check_rule_digests(opened: &Opened<'_>, tally: &mut Tally) {
    let manifest = &opened.manifest;
    for (folder, expected) in [
        ("policies", manifest.policies_sha256),
        ("schemas", manifest.schemas_sha256),
        ("profile", manifest.profile_sha256),
        ("inputs", manifest.inputs_sha256),
    ] {
        let entries = manifest
            .files
            .iter()
            .filter(|entry| entry.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')));
        let found = canon::digest_map(entries.map(|entry| (entry.path.as_str(), entry.sha256)));
        let place = Place { pointer: Some(format!("/{folder}_sha256")), ..opened.place_of(MANIFEST) };
        let message = "the digest does not follow from the members of its folder";
        tally.equal(Code::PkgHashRules, &place, &expected, &found, message);
    }
}
