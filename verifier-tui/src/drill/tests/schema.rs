//! The JSON form against its published schema.

use serde_json::Value;

use super::super::ATTACKS;
use super::{drill, evidence_of, memory, named};

const SCHEMA: &str = include_str!("../../../../fixtures/schemas/drill.schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn validator() -> jsonschema::Validator {
    jsonschema::draft202012::meta::validate(&schema()).unwrap();
    jsonschema::draft202012::new(&schema()).unwrap()
}

#[test]
fn a_whole_report_keeps_the_schema() {
    let report = drill(&evidence_of(&memory()), ATTACKS);
    let json: Value = serde_json::from_slice(&report.to_json().unwrap()).unwrap();
    let errors: Vec<String> =
        validator().iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn the_schema_refuses_what_is_missing_unknown_or_of_another_kind() {
    let validator = validator();
    let report = drill(&evidence_of(&memory()), &[named("stray-file")]);
    let good = serde_json::to_value(report).unwrap();
    assert!(validator.is_valid(&good));
    for (pointer, value) in [
        ("/attacks/0/outcome", "fine".into()),
        ("/attacks/0/expected", Value::Array(Vec::new())),
        ("/attacks/0/change/after_sha256", "d41d8cd98f00b204e9800998ecf8427e".into()),
        ("/attacks/0/caught_by/code", "stray".into()),
        ("/summary/exit_code", 3.into()),
        ("/chain/head/sealed_utc", "2026-05-01 08:00".into()),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert!(!validator.is_valid(&bad), "{pointer}");
    }
    for name in good.as_object().unwrap().keys() {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().remove(name);
        assert!(!validator.is_valid(&bad), "{name}");
    }
    let mut bad = good;
    bad["surplus"] = Value::Null;
    assert!(!validator.is_valid(&bad));
}

#[test]
fn every_property_is_described() {
    fn walk(value: &Value, place: &str) {
        if let Some(properties) = value.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                let described = property["description"].as_str().is_some_and(|text| text.len() > 3);
                assert!(described, "{place}/{name}");
            }
        }
        if let Value::Object(members) = value {
            members.iter().for_each(|(name, inner)| walk(inner, &format!("{place}/{name}")));
        }
    }
    walk(&schema(), "");
}
