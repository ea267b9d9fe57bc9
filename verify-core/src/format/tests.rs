//! Schema and type say the same, in both directions; and every break has its code.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::*;
use crate::finding::Code;
use crate::model::{self, Kind};

mod codes;
mod samples;

/// Reads a document as its type and writes it again.
type Reread = fn(Value) -> Result<Value, String>;

fn reread<T: Serialize + DeserializeOwned>(document: Value) -> Result<Value, String> {
    let typed: T = serde_json::from_value(document).map_err(|error| error.to_string())?;
    serde_json::to_value(typed).map_err(|error| error.to_string())
}

/// Every document with a Rust type, and a sample in which every field holds something.
fn typed() -> Vec<(DocumentKind, Reread, Value)> {
    vec![
        (DocumentKind::Manifest, reread::<model::Manifest>, samples::manifest()),
        (DocumentKind::Validation, reread::<model::ValidationDocument>, samples::validation()),
        (DocumentKind::Drift, reread::<model::DriftDocument>, samples::drift()),
        (DocumentKind::TranscriptLine, reread::<model::Exchange>, samples::exchange()),
        (DocumentKind::Genesis, reread::<model::GenesisDocument>, samples::genesis()),
        (DocumentKind::Approval, reread::<model::ApprovalDocument>, samples::approval()),
        (DocumentKind::Failure, reread::<model::FailureDocument>, samples::failure()),
        (DocumentKind::Exception, reread::<model::ExceptionDocument>, samples::exception()),
        (DocumentKind::Explanation, reread::<model::ExplanationDocument>, samples::explanation()),
        (DocumentKind::KeyChange, reread::<model::KeyChangeDocument>, samples::key_change()),
        (DocumentKind::Controls, reread::<model::Controls>, samples::controls()),
    ]
}

fn schema(document: DocumentKind) -> Value {
    serde_json::from_str(format_schema(document)).unwrap()
}

/// Is shown the place, schema and members of one object.
type Visit<'a> = &'a mut dyn FnMut(&str, &Value, &Map<String, Value>);

/// Follows `$ref` inside one schema file.
fn resolve<'a>(root: &'a Value, mut place: &'a Value) -> &'a Value {
    while let Some(reference) = place.get("$ref").and_then(Value::as_str) {
        place = root.pointer(reference.strip_prefix('#').unwrap()).unwrap();
    }
    place
}

/// Calls `visit` with the schema of every object in `document` that has a closed list of properties.
fn objects(root: &Value, place: &Value, document: &Value, at: &str, visit: Visit<'_>) {
    let place = resolve(root, place);
    match document {
        Value::Object(members) => {
            if place.get("additionalProperties") == Some(&json!(false)) {
                visit(at, place, members);
            }
            for (name, member) in members {
                let inner = place
                    .get("properties")
                    .and_then(|properties| properties.get(name))
                    .or_else(|| place.get("additionalProperties").filter(|inner| inner.is_object()));
                if let Some(inner) = inner {
                    objects(root, inner, member, &pointer_join(at, name), visit);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(inner) = place.get("items") {
                    objects(root, inner, item, &format!("{at}/{index}"), visit);
                }
            }
        }
        _ => {}
    }
}

fn pointer_join(at: &str, name: &str) -> String {
    crate::canon::pointer::join(at, name)
}

fn names(value: &Value) -> BTreeSet<&str> {
    match value {
        Value::Object(members) => members.keys().map(String::as_str).collect(),
        Value::Array(items) => items.iter().map(|item| item.as_str().unwrap()).collect(),
        _ => BTreeSet::new(),
    }
}

#[test]
fn every_schema_file_compiles_and_says_who_it_is() {
    let mut files = BTreeSet::new();
    for document in DocumentKind::ALL {
        assert!(VALIDATORS.get(&document).unwrap().is_ok(), "{document:?}");
        let schema = schema(document);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let file = document.schema_file();
        assert_eq!(schema["$id"], format!("https://schemas.invalid/evidence/1.0/{file}"));
        assert!(schema["title"].is_string() && schema["description"].is_string(), "{file}");
        files.insert(file.to_owned());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/schemas");
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let is_report = ["report.schema.json", "drill.schema.json"].contains(&file.as_str());
        assert!(files.remove(&file) || is_report, "{file} belongs to no document");
    }
    assert_eq!(files, BTreeSet::new());
}

/// The files are read by people: no field without a sentence.
#[test]
fn every_property_is_described() {
    fn walk(value: &Value, at: &str, file: &str) {
        if let Some(properties) = value.get("properties").and_then(Value::as_object)
            && value.get("additionalProperties").is_some()
        {
            for (name, property) in properties {
                assert!(
                    property["description"].as_str().is_some_and(|text| !text.is_empty()),
                    "{file} {at}/{name}"
                );
            }
        }
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, inner)| walk(inner, &format!("{at}/{name}"), file));
            }
            Value::Array(items) => items.iter().for_each(|inner| walk(inner, at, file)),
            _ => {}
        }
    }
    for document in DocumentKind::ALL {
        walk(&schema(document), "", document.schema_file());
    }
}

#[test]
fn what_the_types_write_keeps_the_schemas() {
    for (document, reread, sample) in typed() {
        let written = reread(sample.clone()).unwrap_or_else(|error| panic!("{document:?}: {error}"));
        assert_eq!(written, sample, "{document:?}: nothing is lost or added");
        assert_eq!(check_document(document, &written), [], "{document:?}");
    }
    for (document, sample) in samples::further() {
        assert_eq!(check_document(document, &sample), [], "{document:?}");
    }
}

/// A type refuses unknown fields and writes all it has, so equal names mean equal sets of fields.
#[test]
fn types_and_schemas_have_the_same_fields() {
    for (document, _, sample) in typed() {
        let root = schema(document);
        let mut seen = 0;
        objects(&root, &root, &sample, "", &mut |at, place, members| {
            seen += 1;
            let written: BTreeSet<&str> = members.keys().map(String::as_str).collect();
            assert_eq!(names(&place["properties"]), written, "{document:?} {at}");
            if at.contains("/reads/") {
                // Here alone a field may be left out: people write this document.
                assert_eq!(place.get("required"), None);
            } else {
                assert_eq!(names(&place["required"]), written, "{document:?} {at}: all are required");
            }
        });
        assert!(seen > 0, "{document:?}");
    }
}

#[test]
fn a_missing_field_fails_both() {
    for (document, reread, sample) in typed() {
        let root = schema(document);
        let mut places = Vec::new();
        objects(&root, &root, &sample, "", &mut |at, place, members| {
            if place.get("required").is_some() {
                places.extend(members.keys().map(|name| (at.to_owned(), name.clone())));
            }
        });
        for (at, name) in places {
            let mut broken = sample.clone();
            broken.pointer_mut(&at).unwrap().as_object_mut().unwrap().remove(&name);
            let place = pointer_join(&at, &name);
            let faults = check_document(document, &broken);
            assert!(
                faults.iter().any(|fault| fault.code == Code::SchemaRequired && fault.pointer == place),
                "{document:?} without {place}: {faults:?}"
            );
            assert!(reread(broken).is_err(), "{document:?}: the type reads a document without {place}");
        }
    }
}

#[test]
fn an_unknown_field_fails_both() {
    for (document, reread, sample) in typed() {
        let root = schema(document);
        let mut places = Vec::new();
        objects(&root, &root, &sample, "", &mut |at, _, _| places.push(at.to_owned()));
        for at in places {
            let mut broken = sample.clone();
            broken
                .pointer_mut(&at)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .insert("unheard/of".to_owned(), json!(1));
            let place = format!("{at}/unheard~1of");
            let faults = check_document(document, &broken);
            assert!(
                faults.iter().any(|fault| fault.code == Code::SchemaUnknown && fault.pointer == place),
                "{document:?} {place}: {faults:?}"
            );
            assert!(reread(broken).is_err(), "{document:?}: the type reads {place}");
        }
    }
}

fn every_place(value: &Value, at: &str, places: &mut Vec<String>) {
    places.push(at.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, inner)| every_place(inner, &pointer_join(at, name), places));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, inner)| every_place(inner, &format!("{at}/{index}"), places));
        }
        _ => {}
    }
}

/// What the schema lets pass, the type can read: the verifier never stops at a document it accepted.
/// (`1.0` is not tried: a schema takes it for an integer, but canonical JSON writes it `1`.)
#[test]
fn whatever_keeps_the_schema_is_understood_by_the_type() {
    let digest = "0123456789abcdef".repeat(4);
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(9_007_199_254_740_991_u64),
        json!(9_007_199_254_740_992_u64),
        json!(4_294_967_296_u64),
        json!(""),
        json!("x"),
        json!("2024-02-30T00:00:00Z"),
        json!("2024-05-15T08:00:00Z"),
        json!(digest),
        json!(digest.to_uppercase()),
        json!([]),
        json!({}),
    ];
    let (mut accepted, mut refused) = (0, 0);
    for (document, reread, sample) in typed() {
        let mut places = Vec::new();
        every_place(&sample, "", &mut places);
        for at in places {
            for value in &values {
                let mut changed = sample.clone();
                *changed.pointer_mut(&at).unwrap() = value.clone();
                if check_document(document, &changed).is_empty() {
                    accepted += 1;
                    let result = reread(changed);
                    assert!(result.is_ok(), "{document:?} {at} = {value}: {result:?}");
                } else {
                    refused += 1;
                }
            }
        }
    }
    assert!(accepted > 200 && refused > 2_000, "{accepted} accepted, {refused} refused");
}

#[test]
fn the_shipped_mapping_of_controls_keeps_its_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/controls.json");
    let document = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(check_document(DocumentKind::Controls, &document), []);
}

#[test]
fn every_kind_of_record_has_a_payload_schema() {
    for kind in Kind::ALL {
        let member = kind.payload_member();
        let document = schema(DocumentKind::payload_of(kind));
        assert!(document["description"].as_str().unwrap().starts_with(&member), "{member}");
    }
}
