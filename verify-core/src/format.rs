//! The JSON Schemas of the evidence format, and judging a document against its own.
//!
//! `fixtures/schemas/` is what an auditor's engineer reads; here the same files are embedded and
//! applied, so the published text and the judgement cannot differ. A document that keeps its schema
//! is understood by its type in [`crate::model`]: tests hold both in step.
//!
//! What a schema cannot say (order, digests that follow from other bytes, links) is checked elsewhere.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use crate::model::FORMAT_VERSION;

mod fault;
mod schemas;
#[cfg(test)]
mod tests;

pub use fault::{DocumentFault, MOST_FAULTS};
pub use schemas::{DocumentKind, format_schema};

/// One validator per document; an error only if an embedded schema is damaged, which a test excludes.
static VALIDATORS: LazyLock<BTreeMap<DocumentKind, Result<Validator, String>>> = LazyLock::new(|| {
    DocumentKind::ALL.into_iter().map(|document| (document, compile(format_schema(document)))).collect()
});

fn compile(text: &str) -> Result<Validator, String> {
    let schema: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .with_pattern_options(PatternOptions::regex())
        .should_validate_formats(true)
        .with_format("date-time", fault::is_time)
        .build(&schema)
        .map_err(|error| error.to_string())
}

/// Every way in which `document` breaks the schema of its kind, sorted by place, at most
/// [`MOST_FAULTS`]; empty if and only if it keeps it.
///
/// A manifest of another version gives that one fault alone: nothing else in it can be judged (F-30).
#[must_use]
pub fn check_document(kind: DocumentKind, document: &Value) -> Vec<DocumentFault> {
    if kind == DocumentKind::Manifest
        && let Some(found) = document.get("manifest_version").and_then(Value::as_str)
        && found != FORMAT_VERSION
    {
        return vec![DocumentFault::version(found)];
    }
    match VALIDATORS.get(&kind) {
        Some(Ok(validator)) => {
            fault::in_order(validator.iter_errors(document).flat_map(|error| fault::faults_of(&error)))
        }
        Some(Err(reason)) => vec![DocumentFault::unusable(reason)],
        None => vec![DocumentFault::unusable("the schema is not embedded")],
    }
}
