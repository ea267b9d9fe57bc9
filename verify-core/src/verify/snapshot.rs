//! The state of one snapshot: which resources it holds, their digests, counts and keys.

use std::collections::{BTreeMap, BTreeSet};

use super::open::Opened;
use super::payload::bind_metadata;
use super::tally::Tally;
use crate::canon::{self, Document};
use crate::digest::Digest;
use crate::finding::{Code, Finding, Place};
use crate::model::{ExtractionMetadata, Outcome, RESERVED_KEYS, ResourceName};
use crate::normalize::entity_key;
use crate::profile::Profile;

/// Digest of every complete resource, recomputed from the bytes of the snapshot.
pub(super) type ResourceDigests = BTreeMap<ResourceName, Digest>;

/// Checks the snapshot's structure against its manifest (F-35, F-40, F-41, F-50).
pub(super) fn check_state(
    opened: &Opened<'_>,
    document: &Document,
    profile: Option<&Profile>,
    tally: &mut Tally,
) -> ResourceDigests {
    let place = opened.place_of("snapshot.json");
    check_metadata(opened, document, &place, tally);
    check_members(opened, document, profile, &place, tally);
    let mut digests = ResourceDigests::new();
    for (name, record) in &opened.manifest.resources {
        let place = Place { pointer: Some(format!("/{name}")), ..place.clone() };
        let member = document.member(name.as_str());
        let Some(member) = member.filter(|_| record.outcome == Outcome::Complete) else { continue };
        let found = Digest::of(member.bytes());
        let message = "the resource is not the one the manifest names";
        let expected = record.sha256.map_or_else(|| "none".to_owned(), |digest| digest.to_string());
        tally.equal(Code::PkgHashState, &place, &expected, &found.to_string(), message);
        digests.insert(name.clone(), found);
        let Some(elements) = member.elements() else { continue };
        let count = elements.len() as u64;
        let message = "the number of entities is not the one the manifest states";
        tally.equal(Code::CollectComplete, &place, &record.count, &count, message);
        if let Some(total) = record.reported_total {
            let message = "the platform reported another total, yet the resource is called complete";
            tally.equal(Code::CollectComplete, &place, &total, &count, message);
        }
        if let Some(resource) = profile.and_then(|profile| profile.resource(name.as_str())) {
            check_keys(elements, |value| entity_key(resource, value).ok(), &resource.key, &place, tally);
        }
    }
    let state = canon::digest_map(digests.iter().map(|(name, digest)| (name.as_str(), *digest)));
    let place = Place { pointer: Some("/state_sha256".to_owned()), ..opened.place_of("manifest.json") };
    let expected =
        opened.manifest.state_sha256.map_or_else(|| "none".to_owned(), |digest| digest.to_string());
    let message = "the state digest does not follow from the resources";
    tally.equal(Code::PkgHashState, &place, &expected, &state.to_string(), message);
    digests
}

fn check_metadata(opened: &Opened<'_>, document: &Document, place: &Place, tally: &mut Tally) {
    let metadata = document
        .member("extraction_metadata")
        .and_then(|member| serde_json::from_slice::<ExtractionMetadata>(member.bytes()).ok());
    if let Some(metadata) = metadata {
        tally.pass(Code::SchemaType);
        bind_metadata(&metadata, &opened.manifest, place, tally);
    } else {
        let place = Place { pointer: Some("/extraction_metadata".to_owned()), ..place.clone() };
        let message = "the extraction metadata is missing or does not fit the format";
        let expected = "extraction metadata of format 1.0";
        tally.fail(Finding::new(Code::SchemaType, place, expected, "another value", message));
    }
}

/// The snapshot holds the reserved keys and exactly the complete resources (F-41); the manifest has
/// one entry for every resource of the profile (F-50).
fn check_members(
    opened: &Opened<'_>,
    document: &Document,
    profile: Option<&Profile>,
    place: &Place,
    tally: &mut Tally,
) {
    let resources = &opened.manifest.resources;
    let complete: BTreeSet<&str> = resources
        .iter()
        .filter(|(_, record)| record.outcome == Outcome::Complete)
        .map(|(name, _)| name.as_str())
        .collect();
    let expected: BTreeSet<&str> = complete.iter().copied().chain(RESERVED_KEYS).collect();
    let found: BTreeSet<&str> = document.members().map(canon::MemberRef::name).collect();
    let mut findings = Vec::new();
    for name in expected.symmetric_difference(&found) {
        let place = Place { pointer: Some(format!("/{name}")), ..place.clone() };
        let (expected, found) =
            if found.contains(name) { ("absent", "present") } else { ("present", "absent") };
        let message = "the snapshot does not hold exactly the resources the manifest calls complete";
        findings.push(Finding::new(Code::PkgHashState, place, expected, found, message));
    }
    for name in complete {
        if document.member(name).is_some_and(|member| member.elements().is_none()) {
            let place = Place { pointer: Some(format!("/{name}")), ..place.clone() };
            let message = "a resource is not an array of entities";
            findings.push(Finding::new(Code::PkgHashState, place, "an array", "another value", message));
        }
    }
    tally.all(Code::PkgHashState, findings);
    let Some(profile) = profile else { return };
    let listed: BTreeSet<&str> = resources.keys().map(ResourceName::as_str).collect();
    let declared: BTreeSet<&str> = profile.resources.iter().map(|resource| resource.id.as_str()).collect();
    let findings = declared
        .symmetric_difference(&listed)
        .map(|name| {
            let place =
                Place { pointer: Some(format!("/resources/{name}")), ..opened.place_of("manifest.json") };
            let (expected, found) =
                if listed.contains(name) { ("absent", "present") } else { ("present", "absent") };
            let message = "the manifest does not list exactly the resources of the profile";
            Finding::new(Code::CollectComplete, place, expected, found, message)
        })
        .collect();
    tally.all(Code::CollectComplete, findings);
    for (name, record) in resources {
        let place = Place { pointer: Some(format!("/resources/{name}")), ..opened.place_of("manifest.json") };
        let is_complete = record.outcome == Outcome::Complete;
        let consistent = is_complete == record.reason.is_none() && is_complete == record.sha256.is_some();
        let message = "outcome, reason and digest of the resource contradict each other";
        tally.equal(Code::CollectComplete, &place, &true, &consistent, message);
    }
}

/// Entities ascend by key, so none occurs twice (F-41).
fn check_keys<'a>(
    elements: impl Iterator<Item = &'a [u8]>,
    full_key: impl Fn(&serde_json::Value) -> Option<String>,
    key: &[String],
    place: &Place,
    tally: &mut Tally,
) {
    // The usual key needs no tree: one string member, read in passing.
    #[derive(serde::Deserialize)]
    struct WithId<'a> {
        #[serde(borrow)]
        id: std::borrow::Cow<'a, str>,
    }
    let by_id = matches!(key, [only] if only == "/id");
    let mut before: Option<String> = None;
    for entity in elements {
        let quick = if by_id { serde_json::from_slice::<WithId<'_>>(entity).ok() } else { None };
        let found = match quick {
            Some(with_id) if !with_id.id.is_empty() && !with_id.id.contains(['~', '/']) => {
                Some(with_id.id.into_owned())
            }
            _ => serde_json::from_slice(entity).ok().and_then(|value| full_key(&value)),
        };
        let ascends = match (&before, &found) {
            (_, None) => false,
            (Some(before), Some(found)) => before < found,
            (None, Some(_)) => true,
        };
        if !ascends {
            let message = "entities do not ascend by key: a key is missing, repeated or out of order";
            let expected =
                before.map_or_else(|| "a key".to_owned(), |before| format!("a key after {before}"));
            let found = found.unwrap_or_else(|| "none".to_owned());
            tally.fail(Finding::new(Code::CollectComplete, place.clone(), expected, found, message));
            return;
        }
        before = found;
    }
    tally.pass(Code::CollectComplete);
}
