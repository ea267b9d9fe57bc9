//! Reading a manifest that nobody vouches for yet: canonical, known version, every field as the format says.

use serde_json::Value;

use crate::canon;
use crate::finding::{Code, Finding, Place};
use crate::format::{self, DocumentKind};
use crate::limits::Limits;
use crate::model::Manifest;

/// What came of reading.
pub(super) struct ReadManifest {
    /// The manifest; `None` when it is not understood well enough to be used.
    pub(super) manifest: Option<Box<Manifest>>,
    /// What is wrong with it.
    pub(super) findings: Vec<Finding>,
    /// Whether the document says that it is a manifest, right or wrong.
    pub(super) claims_to_be_one: bool,
}

/// Reads a manifest from its bytes.
pub(super) fn read_manifest(bytes: &[u8], limits: &Limits, place: &Place) -> ReadManifest {
    let mut findings = Vec::new();
    let value = match canon::read_canonical(bytes, limits) {
        Ok(value) => Some(value),
        Err(error) => {
            findings.push(canon_finding(&error, place));
            // Not canonical, but perhaps still readable: then more can be said about it.
            respelt(bytes, limits)
        }
    };
    let claims_to_be_one = value.as_ref().is_some_and(|value| value.get("manifest_version").is_some());
    let manifest = value.and_then(|value| understand(value, place, &mut findings));
    ReadManifest { manifest, findings, claims_to_be_one }
}

/// What a text would say in canonical form, where `5.0` is the integer 5 (F-116).
fn respelt(bytes: &[u8], limits: &Limits) -> Option<Value> {
    let canonical = canon::to_vec(&canon::read(bytes, limits).ok()?).ok()?;
    canon::read(&canonical, limits).ok()
}

/// A manifest with any fault of its fields is not understood: it places nothing and commits nothing (F-25).
fn understand(value: Value, place: &Place, findings: &mut Vec<Finding>) -> Option<Box<Manifest>> {
    let faults = document_findings(DocumentKind::Manifest, &value, place);
    let sound = faults.is_empty();
    findings.extend(faults);
    if !sound {
        return None;
    }
    match serde_json::from_value::<Manifest>(value) {
        Ok(manifest) => Some(Box::new(manifest)),
        Err(error) => {
            let message = "the manifest does not fit the format";
            let expected = "a manifest of format 1.0";
            findings.push(Finding::new(
                Code::SchemaType,
                place.clone(),
                expected,
                error.to_string(),
                message,
            ));
            None
        }
    }
}

/// The finding for a text that is not the canonical form of anything.
pub(super) fn canon_finding(error: &canon::CanonError, place: &Place) -> Finding {
    let place = Place { pointer: Some(format!("byte {}", error.offset)), ..place.clone() };
    Finding::new(
        error.class.code(),
        place,
        "RFC 8785 canonical JSON",
        error.detail.clone(),
        "the document is not in canonical form",
    )
}

/// Findings of a document against the schema of its kind.
pub(super) fn document_findings(kind: DocumentKind, value: &Value, place: &Place) -> Vec<Finding> {
    format::check_document(kind, value)
        .into_iter()
        .map(|fault| {
            let place = Place { pointer: Some(fault.pointer), ..place.clone() };
            let name = kind.as_str();
            Finding::new(
                fault.code,
                place,
                format!("a {name} of format 1.0"),
                fault.message,
                format!("the {name} does not fit the format"),
            )
        })
        .collect()
}
