//! Schemas out of evidence that reach outside, contain themselves or explode: named, and in bounded time.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends at the first surprise"
)]

#[expect(dead_code, reason = "other tests tamper with more of it")]
#[path = "support/chain.rs"]
mod chain;
#[path = "support/documents.rs"]
mod documents;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use verify_core::finding::Finding;
use verify_core::source::Memory;
use verify_core::verify::{InProcessEvaluators, Options, Silent, verify};

const PATH: &str = "schemas/reference/v2/users.state-1.json";

/// The exit code and the findings of a chain whose users have this state schema and these names.
fn judge(schema: Option<&Value>, name: &str) -> (u8, Vec<Finding>) {
    let mut documents = documents::usual();
    let profile = documents.rules.get_mut("profile/reference.toml").unwrap();
    *profile =
        format!("{}state_schema = \"{PATH}\"\n", String::from_utf8(profile.clone()).unwrap()).into_bytes();
    if let Some(schema) = schema {
        documents.rules.insert(PATH.to_owned(), documents::bytes(schema));
    }
    for user in documents.resources.get_mut("users").unwrap().as_array_mut().unwrap() {
        user["name"] = name.into();
    }
    let mut chain = chain::Chain::start(documents, "acme", "2026-05-01T00:00:00Z");
    chain.snapshot("2026-05-01T08:00:00Z");
    let started = Instant::now();
    let source = Memory { files: chain.files() };
    let report = verify(&source, &Options::default(), &InProcessEvaluators, &Silent);
    assert!(started.elapsed() < Duration::from_mins(1), "{:?} for {schema:?}", started.elapsed());
    (report.verdict.exit_code, report.findings)
}

#[track_caller]
fn refused(schema: Option<&Value>, words: &str) {
    let (exit, findings) = judge(schema, "n");
    let codes: Vec<_> = findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!((exit, codes.as_slice()), (0, &["SCHEMA-SNAPSHOT"][..]), "{findings:#?}");
    assert_eq!(findings[0].place.member.as_deref(), Some(PATH));
    assert!(findings[0].found.contains(words), "{:?}", findings[0]);
}

#[test]
fn schemas_that_reach_outside_or_contain_themselves_are_findings() {
    refused(None, "none");
    for reference in ["https://attacker.example/s.json", "file:///etc/passwd", "other.json#/a", "//h/s"] {
        refused(Some(&json!({"$ref": reference})), "a reference inside the document");
    }
    refused(Some(&json!({"$dynamicRef": "#a"})), "$dynamicRef is not allowed");
    refused(Some(&json!({"properties": {"a": {"$ref": "#"}}})), "contains itself");
    refused(Some(&json!({"$schema": "http://json-schema.org/draft-04/schema#"})), "expected $schema");
}

#[test]
fn schemas_that_explode_are_findings() {
    // Each level names the next twice: 2^40 schemas when written out.
    let mut levels: serde_json::Map<String, Value> = (0..40)
        .map(|level| {
            let next = json!({"$ref": format!("#/$defs/l{}", level + 1)});
            (format!("l{level}"), json!({"allOf": [next, next]}))
        })
        .collect();
    levels.insert("l40".to_owned(), json!({}));
    refused(Some(&json!({"$defs": levels, "$ref": "#/$defs/l0"})), "expand to more than");
    refused(Some(&json!({"properties": {"name": {"pattern": "((a{1000}){1000}){1000}"}}})), "not valid");
    let many: Vec<_> = (0..300).map(|number| json!({"pattern": format!("a{number}")})).collect();
    refused(Some(&json!({"anyOf": many})), "at most 200 patterns");
}

/// The text on which a backtracking matcher needs longer than the universe has.
#[test]
fn patterns_that_backtrack_elsewhere_take_linear_time() {
    for pattern in ["^(a+)+$", "^(a|aa)+$", "^(.*a){30}$", "^([a-zA-Z]+)*$"] {
        let schema = json!({"properties": {"name": {"pattern": pattern}}});
        let (exit, findings) = judge(Some(&schema), &format!("{}!", "a".repeat(100_000)));
        assert_eq!((exit, findings.len()), (0, 3), "{pattern}: {findings:#?}");
        assert!(findings.iter().all(|finding| finding.code.as_str() == "SCHEMA-SNAPSHOT"));
    }
}
