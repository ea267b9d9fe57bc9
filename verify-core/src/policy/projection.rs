//! What one policy sees: the parts its control declares to read, and nothing else (F-73).
//!
//! The projection has a key over the digests of its parts. Only when that key is unknown are the
//! parts' bytes fetched and joined into one document; no document tree is ever built of them here.

use std::borrow::Cow;

use super::{PolicyError, PolicyErrorKind, PolicyFiles};
use crate::canon;
use crate::digest::Digest;
use crate::model::{CollectionId, Control, Outcome, Reads};
use crate::time::UtcTime;

/// One part of a policy's input, by resource or register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part<'a> {
    /// A resource's array in this state.
    State(&'a str),
    /// The same in the nearest earlier state in which it was complete.
    Previous(&'a str),
    /// The same in the baseline.
    Baseline(&'a str),
    /// The register `inputs/<name>.json`.
    Register(&'a str),
    /// A resource's object in the snapshot's `provenance`.
    Provenance(&'a str),
}

/// Access to the material that policies may read. Every digest given is that of the bytes given:
/// callers have computed it, or checked it against the bytes.
pub trait Material {
    /// How the reading of `resource` ended in this cycle; `None` if it was not read.
    fn outcome(&self, resource: &str) -> Option<Outcome>;

    /// Digest of a part's canonical bytes; `None` if there is no such part.
    fn digest(&self, part: Part<'_>) -> Option<Digest>;

    /// Canonical bytes of a part; `None` if there is no such part, or it cannot be had.
    fn bytes(&self, part: Part<'_>) -> Option<Cow<'_, [u8]>>;
}

/// Recorded facts of the cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CycleFacts {
    /// Name of the record.
    pub collection_id: CollectionId,
    /// The slot.
    pub scheduled_utc: UtcTime,
    /// When the extraction began.
    pub started_utc: UtcTime,
}

impl CycleFacts {
    fn document(&self) -> String {
        // Identifiers and times need no escaping: their types admit no quote and no control.
        format!(
            r#"{{"collection_id":"{}","scheduled_utc":"{}","started_utc":"{}"}}"#,
            self.collection_id, self.scheduled_utc, self.started_utc
        )
    }
}

/// Why the control cannot be judged at all, in plain words and in the order of what it reads.
pub(super) fn missing(reads: &Reads, material: &dyn Material) -> Option<String> {
    let state = reads.resources.iter().filter_map(|name| match material.outcome(name) {
        None => Some(format!("{name} was not collected")),
        Some(Outcome::Complete) if material.digest(Part::State(name)).is_some() => None,
        Some(Outcome::Complete) => Some(format!("{name} is missing from the snapshot")),
        Some(Outcome::Partial) => Some(format!("{name} was read in part only")),
        Some(Outcome::Denied) => Some(format!("reading {name} was denied")),
        Some(Outcome::NotLicensed) => Some(format!("the tenant does not have {name}")),
        Some(Outcome::Quarantined) => Some(format!("an answer for {name} is in quarantine")),
        Some(Outcome::Failed) => Some(format!("reading {name} failed")),
    });
    let absent = |part: Part<'_>, reason: String| material.digest(part).is_none().then_some(reason);
    let previous = reads.previous.iter().filter_map(|name| {
        absent(Part::Previous(name), format!("there is no earlier complete state of {name}"))
    });
    let baseline = reads
        .baseline
        .iter()
        .filter_map(|name| absent(Part::Baseline(name), format!("there is no approved baseline of {name}")));
    let registers = reads
        .inputs
        .iter()
        .filter_map(|name| absent(Part::Register(name), format!("the register {name} was not given")));
    let reasons: Vec<_> = state.chain(previous).chain(baseline).chain(registers).collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// Digest over everything the policy will see. Two projections with one key are equal.
pub(super) fn key(
    policies: &PolicyFiles,
    control: &Control,
    reads: &Reads,
    platform: &str,
    cycle: &CycleFacts,
    material: &dyn Material,
) -> Digest {
    let mut entries = vec![
        ("control".to_owned(), Digest::of(control.control_id.as_bytes())),
        ("platform".to_owned(), Digest::of(platform.as_bytes())),
        ("policies".to_owned(), policies.digest()),
    ];
    if reads.cycle {
        entries.push(("cycle".to_owned(), Digest::of(cycle.document().as_bytes())));
    }
    for (group, name, part) in parts(reads) {
        if let Some(digest) = material.digest(part) {
            entries.push((format!("{group}/{name}"), digest));
        }
    }
    canon::digest_map(entries.iter().map(|(name, digest)| (name.as_str(), *digest)))
}

/// The input document of the policy.
pub(super) fn document(
    control: &Control,
    reads: &Reads,
    platform: &str,
    cycle: &CycleFacts,
    material: &dyn Material,
) -> Result<Vec<u8>, PolicyError> {
    let mut document = b"{\"platform\":".to_vec();
    push_text(&mut document, platform);
    if reads.cycle {
        document.extend_from_slice(b",\"cycle\":");
        document.extend_from_slice(cycle.document().as_bytes());
    }
    for group in ["baseline", "inputs", "previous", "provenance", "state"] {
        document.extend_from_slice(format!(",\"{group}\":{{").as_bytes());
        let mut first = true;
        for (_, name, part) in parts(reads).filter(|(of, ..)| *of == group) {
            let Some(digest) = material.digest(part) else { continue };
            let refused = |message: String| {
                PolicyError::new(
                    PolicyErrorKind::Input,
                    control.policy.as_str(),
                    format!("{group} {name}: {message}"),
                )
            };
            let bytes = material.bytes(part).ok_or_else(|| refused("the bytes cannot be had".to_owned()))?;
            let found = Digest::of(&bytes);
            if found != digest {
                return Err(refused(format!("expected bytes with digest {digest}, found {found}")));
            }
            // Joined text is only as whole as its parts: one that closes a bracket too many would
            // speak for others.
            serde_json::from_slice::<serde::de::IgnoredAny>(&bytes)
                .map_err(|error| refused(error.to_string()))?;
            if !first {
                document.push(b',');
            }
            first = false;
            push_text(&mut document, name);
            document.push(b':');
            document.extend_from_slice(&bytes);
        }
        document.push(b'}');
    }
    document.push(b'}');
    Ok(document)
}

fn push_text(document: &mut Vec<u8>, text: &str) {
    document.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
}

/// Every part the control may see: group in the input, name, part.
fn parts(reads: &Reads) -> impl Iterator<Item = (&'static str, &str, Part<'_>)> {
    let of = |group, names, part: fn(&str) -> Part<'_>| named(group, names, part);
    of("state", &reads.resources, |name| Part::State(name))
        .chain(of("provenance", &reads.provenance, |name| Part::Provenance(name)))
        .chain(of("previous", &reads.previous, |name| Part::Previous(name)))
        .chain(of("baseline", &reads.baseline, |name| Part::Baseline(name)))
        .chain(of("inputs", &reads.inputs, |name| Part::Register(name)))
}

fn named<'a>(
    group: &'static str,
    names: &'a [String],
    part: fn(&'a str) -> Part<'a>,
) -> impl Iterator<Item = (&'static str, &'a str, Part<'a>)> {
    names.iter().map(move |name| (group, name.as_str(), part(name)))
}
