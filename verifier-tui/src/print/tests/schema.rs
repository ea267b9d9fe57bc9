//! The JSON form against its published schema.

use serde_json::Value;

use crate::sample;

const SCHEMA: &str = include_str!("../../../../fixtures/schemas/report.schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn validator() -> jsonschema::Validator {
    jsonschema::draft202012::meta::validate(&schema()).unwrap();
    jsonschema::draft202012::new(&schema()).unwrap()
}

#[test]
fn every_report_keeps_the_schema() {
    let validator = validator();
    let hostile = sample::hostile("\u{1b}[2J\u{202e}");
    for (name, report) in sample::all().into_iter().chain([("hostile", hostile)]) {
        let json: Value = serde_json::from_slice(&report.to_json().unwrap()).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_schema_refuses_what_is_missing_unknown_or_of_another_kind() {
    let validator = validator();
    let good = serde_json::to_value(sample::failed()).unwrap();
    assert!(validator.is_valid(&good));
    for (pointer, value) in [
        ("/verdict/word", "fine".into()),
        ("/verdict/exit_code", 101.into()),
        ("/findings/0/code", "PKG-UNKNOWN".into()),
        ("/chain/head/manifest_sha256", "d41d8cd98f00b204e9800998ecf8427e".into()),
        ("/records/0/sealed_utc", "2026-05-01 08:00".into()),
        ("/coverage/missing", (-1).into()),
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
fn the_schema_knows_every_code() {
    let schema = schema();
    let known: Vec<_> =
        schema["$defs"]["code"]["enum"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let codes: Vec<_> = verify_core::finding::Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(known, codes);
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
