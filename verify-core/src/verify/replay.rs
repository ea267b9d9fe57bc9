//! Replay: drift, normalization, schemas and policies are done again and held against what was recorded.
//!
//! Collector and verifier call the same functions of this crate on the same bytes, so a difference can
//! only come from something that was changed. What cannot be replayed is *not evaluated*, with why.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::open::Opened;
use super::rules::Rules;
use super::state::{Earlier, State};
use super::tally::Tally;
use super::transcript::last_round;
use crate::canon::{self, Document};
use crate::digest::Digest;
use crate::drift::{self, Against, Current, ProvenanceBytes, ResourceSides, build_comparison};
use crate::finding::{Code, Finding, Place};
use crate::limits::Limits;
use crate::model::{Comparison, DriftDocument, Exchange, Outcome, ResourceRecord, Sequence};
use crate::normalize::{Normalizer, finish};
use crate::policy::{Material, Part};
use crate::profile::{Profile, Resource};

/// Both earlier sides of every resource of one snapshot.
pub(super) struct Sides<'a> {
    pub(super) state: &'a State,
    pub(super) latest: BTreeMap<String, Earlier>,
    pub(super) baseline: Option<Earlier>,
}

impl Sides<'_> {
    /// A resource whose earlier side exists but cannot be read.
    fn damaged(&self) -> Option<u64> {
        let lost = |earlier: &&Earlier| earlier.state.is_none();
        self.latest.values().chain(&self.baseline).find(lost).map(|earlier| earlier.sequence)
    }
}

/// Recomputes `drift.json` and compares (F-80 to F-84).
pub(super) fn replay_drift(
    opened: &Opened<'_>,
    profile: &Profile,
    sides: &Sides<'_>,
    recorded: &DriftDocument,
    tally: &mut Tally,
) {
    if let Some(sequence) = sides.damaged() {
        tally.skip(
            Code::DriftReplay,
            &format!("record {sequence}, which it is compared with, is damaged or missing"),
        );
        return;
    }
    let place = opened.place_of("drift.json");
    let provenance = sides.state.document.member("provenance").map_or(&b"{}"[..], canon::MemberRef::bytes);
    let compare = |against: Against| {
        build_comparison(
            profile,
            against,
            |resource| resource_sides(opened, sides, against, resource),
            &ProvenanceBytes(provenance),
        )
    };
    check_comparison(
        compare(Against::Previous),
        Some(&recorded.against_previous),
        "against_previous",
        &place,
        tally,
    );
    match (&sides.baseline, &recorded.against_baseline) {
        (Some(_), recorded) => {
            check_comparison(
                compare(Against::Baseline),
                recorded.as_ref(),
                "against_baseline",
                &place,
                tally,
            );
        }
        (None, recorded) => {
            let place = Place { pointer: Some("/against_baseline".to_owned()), ..place };
            let message = "drift against a baseline is recorded although none is named";
            tally.equal(Code::DriftReplay, &place, &true, &recorded.is_none(), message);
        }
    }
}

fn resource_sides<'a>(
    opened: &Opened<'_>,
    sides: &'a Sides<'_>,
    against: Against,
    resource: &Resource,
) -> ResourceSides<'a> {
    let name = resource.id.as_str();
    let outcome = opened.manifest.resources.get(name).map_or(Outcome::Failed, |record| record.outcome);
    let current = match (outcome, entities(sides.state, name)) {
        (Outcome::Complete, Some((sha256, entities))) => Current::Complete { sha256, entities },
        (Outcome::Complete, None) => Current::NotComplete(Outcome::Failed),
        (outcome, _) => Current::NotComplete(outcome),
    };
    let earlier = match against {
        Against::Previous => sides.latest.get(name),
        Against::Baseline => sides.baseline.as_ref(),
    };
    let earlier = earlier.and_then(|earlier| {
        let (sha256, entities) = entities(earlier.state.as_deref()?, name)?;
        Some(drift::Earlier { sequence: Sequence(earlier.sequence), sha256, entities })
    });
    ResourceSides { current, earlier }
}

fn entities<'a>(state: &'a State, resource: &str) -> Option<(Digest, drift::Entities<'a>)> {
    let sha256 = *state.digests.get(resource)?;
    let elements = state.document.member(resource)?.elements()?;
    Some((sha256, Box::new(elements)))
}

fn check_comparison(
    replayed: Result<Comparison, drift::DriftError>,
    recorded: Option<&Comparison>,
    name: &str,
    place: &Place,
    tally: &mut Tally,
) {
    let place = |pointer: String| Place { pointer: Some(pointer), ..place.clone() };
    let replayed = match replayed {
        Ok(replayed) => replayed,
        Err(error) => {
            tally.skip(Code::DriftReplay, &format!("the drift cannot be computed: {error}"));
            return;
        }
    };
    let Some(recorded) = recorded else {
        let message = "the drift against the baseline is not recorded";
        tally.fail(Finding::new(
            Code::DriftReplay,
            place(format!("/{name}")),
            "a comparison",
            "none",
            message,
        ));
        return;
    };
    let mut findings = Vec::new();
    let resources: std::collections::BTreeSet<_> =
        replayed.resources.keys().chain(recorded.resources.keys()).collect();
    for resource in resources {
        let (expected, found) = (replayed.resources.get(resource), recorded.resources.get(resource));
        let at = place(format!("/{name}/resources/{resource}"));
        if expected != found {
            let shown = |drift: Option<&crate::model::ResourceDrift>| match drift {
                None => "no entry".to_owned(),
                Some(drift) if !drift.evaluated => {
                    format!("not evaluated: {}", drift.reason.as_deref().unwrap_or("no reason"))
                }
                Some(drift) => format!("{} changes ({})", drift.changes.len(), digest_of(drift)),
            };
            let message = "the recomputed drift differs from the recorded one";
            findings.push(Finding::new(Code::DriftReplay, at, shown(expected), shown(found), message));
        }
    }
    tally.all(Code::DriftReplay, findings);
}

fn digest_of<T: serde::Serialize>(value: &T) -> String {
    canon::to_vec_of(value).map_or_else(|error| error.to_string(), |bytes| Digest::of(&bytes).to_string())
}

/// Normalizes the kept bodies again; the resource must come out the same (F-47).
pub(super) fn replay_normalization(
    opened: &Opened<'_>,
    profile: &Profile,
    exchanges: &[Exchange],
    limits: &Limits,
    tally: &mut Tally,
) {
    for resource in profile.resources.iter().filter(|resource| resource.keep_raw) {
        let record = opened.manifest.resources.get(resource.id.as_str());
        let Some(expected) = record.and_then(|record| record.sha256) else {
            tally.skip(Code::NormReplay, "the resource is not complete");
            continue;
        };
        let place = Place { pointer: Some(format!("/{}", resource.id)), ..opened.place_of("snapshot.json") };
        match normalize_again(opened, resource, exchanges, limits) {
            Ok(found) => {
                let message = "normalizing the kept bodies gives another resource than recorded";
                tally.equal(Code::NormReplay, &place, &expected, &found, message);
            }
            Err(reason) => {
                let message = "the kept bodies cannot be normalized to the recorded resource";
                tally.fail(Finding::new(Code::NormReplay, place, expected.to_string(), reason, message));
            }
        }
    }
}

fn normalize_again(
    opened: &Opened<'_>,
    resource: &Resource,
    exchanges: &[Exchange],
    limits: &Limits,
) -> Result<Digest, String> {
    let normalizer = Normalizer::new(resource, None).map_err(|error| error.to_string())?;
    let mut normal = Vec::new();
    let own: Vec<_> = exchanges.iter().filter(|exchange| exchange.resource == resource.id.as_str()).collect();
    for exchange in last_round(&own) {
        let member = exchange.kept_as.as_deref().ok_or("a page of the resource was not kept")?;
        let bytes = opened.read(member).ok_or_else(|| format!("{member} is missing or damaged"))?;
        let body = canon::read(&bytes, limits).map_err(|error| format!("{member}: {error}"))?;
        let page = normalizer
            .normalize_page(&body, exchange.parent.as_deref())
            .map_err(|error| format!("{member}: {error}"))?;
        normal.extend(page.entities);
    }
    finish(resource, normal).map(|resource| resource.digest).map_err(|error| error.to_string())
}

/// Judges entities against their state schema. Entities equal to the earlier side are not judged again
/// when that side, under the same rules, had no fault; `carried` says so.
pub(super) fn check_state_schemas(
    opened: &Opened<'_>,
    profile: &Profile,
    rules: &Rules,
    sides: &Sides<'_>,
    carried: &BTreeMap<String, u64>,
    tally: &mut Tally,
) -> Vec<String> {
    let mut clean = Vec::new();
    for resource in &profile.resources {
        let name = resource.id.as_str();
        let Some(elements) = sides.state.document.member(name).and_then(canon::MemberRef::elements) else {
            continue;
        };
        let Some(path) = &resource.state_schema else { continue };
        let schema = match rules.schemas.get(path) {
            Some(Ok(schema)) => schema,
            Some(Err(error)) => {
                let message = "the state schema of a resource cannot be applied";
                let place = Place { pointer: Some(format!("/{name}")), ..opened.place_of(path) };
                let expected = "a schema without remote references, recursion or runaway patterns";
                tally.fail(Finding::new(Code::SchemaSnapshot, place, expected, error.as_str(), message));
                continue;
            }
            None => {
                let message = "the package does not hold the state schema that its profile names";
                let place = Place { pointer: Some(format!("/{name}")), ..opened.place_of(path) };
                tally.fail(Finding::new(Code::SchemaSnapshot, place, "a schema", "none", message));
                continue;
            }
        };
        let earlier = sides.latest.get(name).filter(|earlier| carried.get(name) == Some(&earlier.sequence));
        let state = earlier.and_then(|earlier| earlier.state.as_deref());
        if state.is_some_and(|state| state.digests.get(name) == sides.state.digests.get(name)) {
            tally.pass(Code::SchemaSnapshot);
            clean.push(name.to_owned());
            continue;
        }
        let judged: HashSet<&[u8]> = state
            .and_then(|state| state.document.member(name))
            .and_then(canon::MemberRef::elements)
            .map(Iterator::collect)
            .unwrap_or_default();
        let mut findings = Vec::new();
        for entity in elements.filter(|entity| !judged.contains(entity)) {
            let Ok(value) = serde_json::from_slice::<Value>(entity) else { continue };
            if let Some(error) = (!schema.is_valid(&value)).then(|| schema.errors(&value)) {
                let key = crate::normalize::entity_key(resource, &value).unwrap_or_default();
                let first = error.first().map_or_else(String::new, |notice| {
                    format!("{} at {}", notice.message, notice.instance_path)
                });
                let place =
                    Place { pointer: Some(format!("/{name}/{key}")), ..opened.place_of("snapshot.json") };
                let message = "the entity does not fit its state schema";
                findings.push(Finding::new(Code::SchemaSnapshot, place, path.clone(), first, message));
            }
        }
        if tally.all(Code::SchemaSnapshot, findings) {
            clean.push(name.to_owned());
        }
    }
    clean
}

/// What policies may read of one snapshot; every digest is that of bytes recomputed here (F-73).
pub(super) struct SnapshotMaterial<'a> {
    sides: &'a Sides<'a>,
    resources: &'a BTreeMap<crate::model::ResourceName, ResourceRecord>,
    registers: BTreeMap<String, (Digest, Vec<u8>)>,
    provenance: BTreeMap<String, (Digest, Vec<u8>)>,
}

impl<'a> SnapshotMaterial<'a> {
    /// Reads the registers and the stamps beside the state.
    pub(super) fn new(opened: &'a Opened<'_>, sides: &'a Sides<'a>, limits: &Limits) -> Self {
        let registers = opened
            .below("inputs")
            .into_iter()
            .filter_map(|(path, bytes)| {
                let name = path.strip_prefix("inputs/")?.strip_suffix(".json")?.to_owned();
                Some((name, (Digest::of(&bytes), bytes)))
            })
            .collect();
        let stamps = sides.state.document.member("provenance").map(|member| member.bytes().to_vec());
        let stamps = stamps.and_then(|bytes| Document::new(bytes, limits).ok());
        let provenance = stamps
            .iter()
            .flat_map(Document::members)
            .map(|member| {
                let bytes = member.bytes().to_vec();
                (member.name().to_owned(), (Digest::of(&bytes), bytes))
            })
            .collect();
        Self { sides, resources: &opened.manifest.resources, registers, provenance }
    }

    fn state_of(&self, part: Part<'_>) -> Option<(&State, String)> {
        match part {
            Part::State(name) => Some((self.sides.state, name.to_owned())),
            Part::Previous(name) => Some((self.sides.latest.get(name)?.state.as_deref()?, name.to_owned())),
            Part::Baseline(name) => Some((self.sides.baseline.as_ref()?.state.as_deref()?, name.to_owned())),
            Part::Register(_) | Part::Provenance(_) => None,
        }
    }

    fn beside(&self, part: Part<'_>) -> Option<&(Digest, Vec<u8>)> {
        match part {
            Part::Register(name) => self.registers.get(name),
            Part::Provenance(name) => self.provenance.get(name),
            Part::State(_) | Part::Previous(_) | Part::Baseline(_) => None,
        }
    }
}

impl Material for SnapshotMaterial<'_> {
    fn outcome(&self, resource: &str) -> Option<Outcome> {
        self.resources.get(resource).map(|record| record.outcome)
    }

    fn digest(&self, part: Part<'_>) -> Option<Digest> {
        if let Some((state, name)) = self.state_of(part) {
            return state.digests.get(name.as_str()).copied();
        }
        self.beside(part).map(|(digest, _)| *digest)
    }

    fn bytes(&self, part: Part<'_>) -> Option<Cow<'_, [u8]>> {
        if let Some((state, name)) = self.state_of(part) {
            return state.document.member(&name).map(|member| Cow::Borrowed(member.bytes()));
        }
        self.beside(part).map(|(_, bytes)| Cow::Borrowed(bytes.as_slice()))
    }
}
