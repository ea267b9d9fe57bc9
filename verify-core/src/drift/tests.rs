//! Known answers, reasons, refusals, and equality with a naive reference.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::digest::Digest;
use crate::model::{Comparison, Outcome, ResourceDrift, ResourceName, Sequence};
use crate::normalize::samples::trunks;
use crate::profile::Profile;

mod reference;

fn texts(entities: &Value) -> Vec<Vec<u8>> {
    entities.as_array().unwrap().iter().map(|entity| crate::canon::to_vec(entity).unwrap()).collect()
}

fn spans(texts: &[Vec<u8>]) -> impl Iterator<Item = &[u8]> {
    texts.iter().map(Vec::as_slice)
}

fn compared(resource: &Resource, before: &Value, now: &Value) -> Result<Compared, DriftError> {
    let (before, now) = (texts(before), texts(now));
    compare_resource(resource, spans(&before), spans(&now))
}

fn changes(before: &Value, now: &Value) -> Vec<Change> {
    match compared(&trunks(), before, now).unwrap() {
        Compared::Changes(changes) => changes,
        Compared::RedactionKeys { .. } => panic!("not compared"),
    }
}

fn short(changes: &[Change]) -> Vec<(ChangeKind, &str, &str)> {
    changes.iter().map(|change| (change.change, change.entity.as_str(), change.pointer.as_str())).collect()
}

#[test]
fn one_change_per_field_sorted_by_entity_and_pointer() {
    let before = json!([
        {"id": "1", "enabled": true, "config": {"a/b": 1, "mode": {"x": 1}}},
        {"id": "2", "name": "same"},
        {"id": "3", "name": "gone"}
    ]);
    let now = json!([
        {"id": "0", "name": "new"},
        {"id": "1", "enabled": false, "config": {"mode": {"x": 1, "y": null}}},
        {"id": "2", "name": "same"}
    ]);
    let changes = changes(&before, &now);
    assert_eq!(
        short(&changes),
        [
            (ChangeKind::Added, "0", ""),
            (ChangeKind::Changed, "1", "/config/a~1b"),
            (ChangeKind::Changed, "1", "/config/mode/y"),
            (ChangeKind::Changed, "1", "/enabled"),
            (ChangeKind::Removed, "3", ""),
        ]
    );
    assert_eq!((&changes[3].previous, &changes[3].new), (&json!(true), &json!(false)));
    assert_eq!((&changes[4].previous, &changes[4].new), (&json!({"id": "3", "name": "gone"}), &Value::Null));
}

#[test]
fn sets_are_compared_as_sets_and_other_arrays_as_a_whole() {
    let changes = changes(
        &json!([{"id": "1", "addresses": ["a", "b", "b"], "members": [{"id": 1, "x": 1}], "order": [1, 2]}]),
        &json!([{"id": "1", "addresses": ["b", "c"], "members": [{"id": 1, "x": 2}], "order": [2, 1]}]),
    );
    assert_eq!(changes.len(), 3);
    assert_eq!(changes[0].pointer, "/addresses");
    assert_eq!(changes[0].set_removed, Some(vec![json!("a"), json!("b")]));
    assert_eq!(changes[0].set_added, Some(vec![json!("c")]));
    assert_eq!(changes[0].previous, json!(["a", "b", "b"]));
    // Same element key, other content: gone and new.
    assert_eq!(changes[1].set_removed, Some(vec![json!({"id": 1, "x": 1})]));
    assert_eq!(changes[1].set_added, Some(vec![json!({"id": 1, "x": 2})]));
    assert_eq!((changes[2].pointer.as_str(), &changes[2].set_added), ("/order", &None));
    assert_eq!(changes[2].new, json!([2, 1]));
}

#[test]
fn long_sets_are_not_repeated() {
    let long: Vec<Value> = (100..100 + LONGEST_SET_SHOWN).map(Value::from).collect();
    let longer: Vec<Value> = long.iter().cloned().chain([json!(999)]).collect();
    let of = |items: &[Value]| json!([{"id": "1", "addresses": items}]);
    let at_limit = changes(&of(&long[1..]), &of(&long));
    assert_eq!(at_limit[0].new, json!(long));
    let beyond = changes(&of(&long), &of(&longer));
    assert_eq!((&beyond[0].previous, &beyond[0].new), (&Value::Null, &Value::Null));
    assert_eq!(beyond[0].set_added, Some(vec![json!(999)]));
}

#[test]
fn texts_that_differ_never_pass_as_unchanged() {
    let changes = changes(
        &json!([{"id": "1", "addresses": ["a", "b"]}]),
        &json!([{"id": "1", "addresses": ["b", "a"]}]),
    );
    assert_eq!(changes[0].set_removed, Some(Vec::new()));
    assert_eq!(changes[0].set_added, Some(Vec::new()));
}

#[test]
fn a_new_id_under_the_same_natural_key_is_one_change() {
    let before =
        json!([{"id": "1", "name": "Lyon"}, {"id": "2", "name": "twin"}, {"id": "3", "name": "twin"}]);
    let now = json!([{"id": "4", "name": "twin"}, {"id": "7", "name": "Lyon", "x": 1}]);
    let changes = changes(&before, &now);
    // Two twins are gone and one came: which of them it was, nobody can say.
    assert_eq!(
        short(&changes),
        [
            (ChangeKind::Removed, "2", ""),
            (ChangeKind::Removed, "3", ""),
            (ChangeKind::Added, "4", ""),
            (ChangeKind::Reidentified, "7", ""),
        ]
    );
    assert_eq!(changes[3].previous, json!({"id": "1", "name": "Lyon"}));
    assert_eq!(changes[3].new, json!({"id": "7", "name": "Lyon", "x": 1}));
}

#[test]
fn entities_out_of_order_or_without_key_are_refused() {
    let error = compared(&trunks(), &json!([]), &json!([{"id": "2"}, {"id": "1"}])).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"resource trunks: expected entities now to ascend by key, found "1" after "2""#
    );
    let twice = compared(&trunks(), &json!([{"id": "1"}, {"id": "1", "x": 1}]), &json!([]));
    assert!(matches!(twice, Err(DriftError::Order { side: "before", .. })));
    assert!(matches!(compared(&trunks(), &json!([{}]), &json!([])), Err(DriftError::Key { .. })));
    let broken = compare_resource(&trunks(), [b"{".as_slice()], []);
    assert!(matches!(broken, Err(DriftError::Entity { .. })));
}

#[test]
fn equal_texts_are_not_even_parsed() {
    let nonsense: [&[u8]; 2] = [b"not json", b"neither"];
    assert_eq!(compare_resource(&trunks(), nonsense, nonsense).unwrap(), Compared::Changes(Vec::new()));
}

fn redacted(key_id: &str) -> Value {
    json!([{"id": "1", "contacts": [{"phones": {"hmac_sha256": "0".repeat(64), "key_id": key_id}}]}])
}

#[test]
fn values_under_another_redaction_key_are_not_compared() {
    let other = compared(&trunks(), &redacted("k1"), &redacted("k2")).unwrap();
    let Compared::RedactionKeys { before, now } = other else { panic!("{other:?}") };
    assert_eq!((before, now), (BTreeSet::from(["k1".to_owned()]), BTreeSet::from(["k2".to_owned()])));
    assert_eq!(changes(&redacted("k1"), &redacted("k1")), []);
}

fn profile() -> Profile {
    let mut profile: Profile = toml::from_str(
        r#"
        id = "p"
        platform = "reference"
        api_version = "v2"
        api_base = "http://127.0.0.1"
        sign_in = { url = "http://127.0.0.1/token", client_auth = "basic" }
        organization = { path = "/me", id = "/id", subdomain = "/domain" }
        resources = []
        "#,
    )
    .unwrap();
    for name in ["trunks", "users", "groups", "roles"] {
        profile.resources.push(Resource { id: name.parse().unwrap(), ..trunks() });
    }
    profile
}

fn against(against: Against) -> Comparison {
    let now = texts(&json!([{"id": "1", "x": 2}, {"id": "2", "x": 2}]));
    let then = texts(&json!([{"id": "1", "x": 1}, {"id": "2", "x": 1}]));
    let (keyed_now, keyed_then) = (texts(&redacted("k2")), texts(&redacted("k1")));
    let provenance = br#"{"groups":{"1":{"/by":"no"}},"trunks":{"0":{},"1":{"/modifiedBy":"eve"}}}"#;
    let sides = |resource: &Resource| {
        let earlier = |texts| {
            Some(Earlier {
                sequence: Sequence(4),
                sha256: Digest::of(b"then"),
                entities: Box::new(spans(texts)),
            })
        };
        let complete =
            |texts| Current::Complete { sha256: Digest::of(b"now"), entities: Box::new(spans(texts)) };
        match resource.id.as_str() {
            "trunks" => ResourceSides { current: complete(&now), earlier: earlier(&then) },
            "users" => {
                ResourceSides { current: Current::NotComplete(Outcome::Denied), earlier: earlier(&then) }
            }
            "roles" => ResourceSides { current: complete(&keyed_now), earlier: earlier(&keyed_then) },
            _ => ResourceSides { current: complete(&now), earlier: None },
        }
    };
    build_comparison(&profile(), against, sides, &ProvenanceBytes(provenance)).unwrap()
}

#[test]
fn every_resource_is_compared_or_says_why_not() {
    let comparison = against(Against::Previous);
    let resource = |name: &str| -> &ResourceDrift { &comparison.resources[name] };
    assert_eq!(comparison.resources.len(), 4);
    let trunks = resource("trunks");
    assert!(trunks.evaluated && trunks.reason.is_none());
    assert_eq!(short(&trunks.changes), [(ChangeKind::Changed, "1", "/x"), (ChangeKind::Changed, "2", "/x")]);
    assert_eq!(trunks.changes[0].provenance, json!({"/modifiedBy": "eve"}));
    assert_eq!(trunks.changes[1].provenance, Value::Null);
    assert_eq!(trunks.against.as_ref().unwrap().sequence, Sequence(4));
    for (name, reason, current) in [
        ("users", "not complete in this snapshot: denied", false),
        ("groups", "no earlier snapshot in which it was complete", true),
        ("roles", "values were redacted under another key: k1 before, k2 now", true),
    ] {
        let drift = resource(name);
        assert!(!drift.evaluated && drift.changes.is_empty(), "{name}");
        assert_eq!(drift.reason.as_deref(), Some(reason));
        assert_eq!(drift.current_sha256.is_some(), current, "{name}");
    }
    assert_eq!(comparison.change_count(), 2);
    let baseline = against(Against::Baseline);
    assert_eq!(baseline.resources["groups"].reason.as_deref(), Some("not complete in the baseline"));
}

#[test]
fn both_provenance_sources_agree() {
    let name = |text: &str| -> ResourceName { text.parse().unwrap() };
    let map = BTreeMap::from([(name("trunks"), BTreeMap::from([("1".to_owned(), json!({"/a": 1}))]))]);
    let bytes = serde_json::to_vec(&map).unwrap();
    let keys = BTreeSet::from(["1", "2"]);
    for resource in ["trunks", "users"] {
        let from_map = map.stamps(&name(resource), &keys).unwrap();
        assert_eq!(ProvenanceBytes(&bytes).stamps(&name(resource), &keys).unwrap(), from_map);
        assert_eq!(from_map.len(), usize::from(resource == "trunks"));
    }
    assert!(ProvenanceBytes(b"{\"trunks\":[]}").stamps(&name("trunks"), &keys).is_err());
    assert!(ProvenanceBytes(b"{} {}").stamps(&name("trunks"), &keys).is_err());
}
