//! One break at a time, and the code and place it must get.

use serde_json::{Value, json};

use super::samples;
use crate::finding::Code;
use crate::format::{DocumentKind, MOST_FAULTS, check_document};

fn faults(kind: DocumentKind, mut document: Value, at: &str, value: Value) -> Vec<(Code, String)> {
    *document.pointer_mut(at).unwrap_or_else(|| panic!("{at}")) = value;
    check_document(kind, &document).into_iter().map(|fault| (fault.code, fault.pointer)).collect()
}

fn manifest(at: &str, value: Value) -> Vec<(Code, String)> {
    faults(DocumentKind::Manifest, samples::manifest(), at, value)
}

fn one(code: Code, at: &str) -> Vec<(Code, String)> {
    vec![(code, at.to_owned())]
}

#[test]
fn digests_are_told_apart_from_other_texts() {
    let md5 = json!("8f14e45fceea167a5a36dedd4bea2543");
    for at in
        ["/payload_sha256", "/chain_id", "/state_sha256", "/resources/users/sha256", "/files/0/stored_sha256"]
    {
        assert_eq!(manifest(at, md5.clone()), one(Code::SchemaDigest, at));
        assert_eq!(manifest(at, json!("A".repeat(64))), one(Code::SchemaDigest, at));
        assert_eq!(manifest(at, json!(format!("{}\n", "a".repeat(64)))), one(Code::SchemaDigest, at));
        assert_eq!(manifest(at, json!(5)), one(Code::SchemaType, at));
    }
    let mut document = samples::manifest();
    document["payload_sha256"] = md5;
    let message = check_document(DocumentKind::Manifest, &document).remove(0).message;
    assert!(message.contains("MD5"), "{message}");

    let at = "/validation_results/current_hash";
    for text in ["a".repeat(64), format!("sha256:{}", "a".repeat(63)), format!("md5:{}", "a".repeat(32))] {
        let found = faults(DocumentKind::Validation, samples::validation(), at, json!(text));
        assert_eq!(found, one(Code::SchemaDigest, at));
    }
}

#[test]
fn times_must_have_the_shape_and_exist() {
    for text in [
        "2024-05-15T08:00:00+00:00",
        "2024-05-15 08:00:00Z",
        "2024-05-15T08:00:00.000Z",
        "2023-02-29T00:00:00Z",
        "2024-05-15T24:00:00Z",
        "2016-12-31T23:59:60Z",
        "yesterday",
    ] {
        for at in ["/sealed_utc", "/scheduled_utc", "/retention_until", "/audit_log_entry/timestamp_utc"] {
            assert_eq!(manifest(at, json!(text)), one(Code::SchemaTime, at), "{text}");
        }
    }
    for text in ["2024-05-15T08:00:00Z", "2024-13-15T08:00:00.000Z", "2024-05-15T08:00:00.0000Z"] {
        let found = faults(DocumentKind::TranscriptLine, samples::exchange(), "/started_utc", json!(text));
        assert_eq!(found, one(Code::SchemaTime, "/started_utc"), "{text}");
    }
}

#[test]
fn another_version_is_that_one_fault() {
    for version in ["2.0", "0.9", "1.1", "", "1.0 "] {
        let mut document = samples::manifest();
        document["manifest_version"] = json!(version);
        document["unheardOf"] = json!(1);
        let found: Vec<_> =
            check_document(DocumentKind::Manifest, &document).into_iter().map(|fault| fault.code).collect();
        assert_eq!(found, [Code::SchemaVersion], "{version:?}");
    }
    assert_eq!(manifest("/manifest_version", json!(1.0)), one(Code::SchemaType, "/manifest_version"));
}

#[test]
fn a_genesis_stands_first_and_alone_has_nothing_before_it() {
    let digest = json!("a".repeat(64));
    for name in ["/chain_id", "/previous_manifest_sha256", "/previous_snapshot_sha256"] {
        let found = faults(DocumentKind::Manifest, samples::manifest_of("genesis", 0), name, digest.clone());
        assert_eq!(found, one(Code::SchemaType, name));
    }
    for name in ["/chain_id", "/previous_manifest_sha256"] {
        assert_eq!(manifest(name, Value::Null), one(Code::SchemaType, name));
    }
    assert_eq!(
        manifest("/previous_snapshot_sha256", Value::Null),
        [],
        "the first snapshot has none before it"
    );
    assert!(!manifest("/sequence", json!(0)).is_empty(), "a snapshot cannot be first");
    assert!(manifest("/kind", json!("genesis")).contains(&(Code::SchemaType, "/kind".to_owned())));
}

#[test]
fn only_snapshots_have_a_state_and_only_cycles_a_slot() {
    for (at, value) in [
        ("/state_sha256", json!("a".repeat(64))),
        ("/baseline", samples::manifest()["baseline"].clone()),
        ("/resources", samples::manifest()["resources"].clone()),
        ("/scheduled_utc", json!("2024-05-15T08:00:00Z")),
    ] {
        let found = faults(DocumentKind::Manifest, samples::manifest_of("approval", 2), at, value);
        assert_eq!(found, one(Code::SchemaType, at));
    }
    let found =
        faults(DocumentKind::Manifest, samples::manifest_of("failure", 2), "/scheduled_utc", Value::Null);
    assert_eq!(found, one(Code::SchemaType, "/scheduled_utc"));
    for at in ["/state_sha256", "/scheduled_utc", "/payload_sha256"] {
        assert_eq!(manifest(at, Value::Null), one(Code::SchemaType, at));
    }
    assert_eq!(manifest("/resources", json!({})), one(Code::SchemaType, "/resources"));
}

#[test]
fn an_outcome_and_its_figures_agree() {
    let users = "/resources/users";
    assert_eq!(
        manifest(&format!("{users}/sha256"), Value::Null),
        one(Code::SchemaType, "/resources/users/sha256")
    );
    assert_eq!(
        manifest(&format!("{users}/reason"), json!("x")),
        one(Code::SchemaType, "/resources/users/reason")
    );
    let partial = manifest(&format!("{users}/outcome"), json!("partial"));
    assert_eq!(partial.len(), 2, "a reason is missing and a digest is too many: {partial:?}");
    assert_eq!(
        manifest("/resources/groups/reason", Value::Null),
        one(Code::SchemaType, "/resources/groups/reason")
    );
    assert_eq!(
        manifest(&format!("{users}/count"), json!(-1)),
        one(Code::SchemaType, "/resources/users/count")
    );
}

#[test]
fn reserved_keys_are_no_resources() {
    for name in ["provenance", "Users", "../users", ""] {
        let record = samples::manifest()["resources"]["users"].clone();
        let found = manifest("/resources", json!({ name: record }));
        assert!(!found.is_empty(), "{name:?}");
    }
    for (name, value) in [("Users", json!([])), ("users", json!({})), ("users", json!([1]))] {
        let mut document = samples::snapshot();
        document[name] = value;
        assert!(!check_document(DocumentKind::Snapshot, &document).is_empty(), "{name}");
    }
}

#[test]
fn what_was_not_evaluated_has_a_reason_and_says_nothing_else() {
    let users = "/against_previous/resources/users";
    let found = faults(DocumentKind::Drift, samples::drift(), &format!("{users}/evaluated"), json!(false));
    assert_eq!(found.len(), 2, "a reason is missing, changes are too many: {found:?}");
    let at = format!("{users}/against");
    assert_eq!(faults(DocumentKind::Drift, samples::drift(), &at, Value::Null), one(Code::SchemaType, &at));
    let at = "/validation_results/controls_validated/1/reason";
    assert_eq!(
        faults(DocumentKind::Validation, samples::validation(), at, Value::Null),
        one(Code::SchemaType, at)
    );
    let at = "/validation_results/drift_detected";
    assert_eq!(
        faults(DocumentKind::Validation, samples::validation(), at, Value::Null),
        one(Code::SchemaType, at)
    );
}

#[test]
fn an_approval_names_a_baseline_exactly_when_it_makes_one() {
    let at = "/approval/baseline";
    assert_eq!(
        faults(DocumentKind::Approval, samples::approval(), at, Value::Null),
        one(Code::SchemaType, at)
    );
    let found = faults(DocumentKind::Approval, samples::approval(), "/approval/subject", json!("policies"));
    assert_eq!(found, one(Code::SchemaType, at));
}

#[test]
fn a_member_name_cannot_lead_anywhere() {
    for path in ["../x", "a/..", "./a", "/etc/passwd", "a//b", "a/b/c/d/e", "a\\b", "a b", ""] {
        assert_eq!(
            manifest("/files/0/path", json!(path)),
            one(Code::SchemaType, "/files/0/path"),
            "{path:?}"
        );
    }
}

#[test]
fn faults_are_sorted_told_once_and_bounded() {
    let mut document = samples::manifest();
    for index in 0..1_000 {
        document[format!("extra{index:04}")] = json!(index);
    }
    document["payload_sha256"] = json!("");
    let found = check_document(DocumentKind::Manifest, &document);
    assert_eq!(found.len(), MOST_FAULTS);
    assert!(found.is_sorted());
    assert_eq!(found, check_document(DocumentKind::Manifest, &document));
    for broken in [json!(null), json!([]), json!("x"), json!(1)] {
        for kind in DocumentKind::ALL {
            assert_eq!(
                check_document(kind, &broken).first().map(|fault| fault.code),
                Some(Code::SchemaType),
                "{kind:?}"
            );
        }
    }
}
