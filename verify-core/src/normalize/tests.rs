//! Known answers, refusals, and the properties the format promises.

use serde_json::{Value, json};

use super::samples::{redaction_key, trunks};
use super::*;
use crate::digest::Digest;

mod properties;

fn one(resource: &Resource, entity: &Value) -> NormalEntity {
    let key = redaction_key();
    let page = Normalizer::new(resource, Some(&key))
        .unwrap()
        .normalize_page(&json!({"entities": [entity]}), None)
        .unwrap();
    page.entities.into_iter().next().unwrap()
}

fn refusal(resource: &Resource, body: &Value) -> NormalizeError {
    Normalizer::new(resource, None).unwrap().normalize_page(body, None).unwrap_err()
}

#[test]
fn every_rule_does_what_the_profile_says() {
    let entity = one(
        &trunks(),
        &json!({
            "id": 7, "name": "Lyon", "status": "up", "password": "x", "dateModified": "2024-05-01",
            "addresses": ["b", "a", "b"], "order": ["b", "a"],
            "members": [
                {"id": "m2", "presence": 1, "roles": ["z", "y"], "since": 2020},
                {"id": "m1", "presence": 2, "roles": [], "since": 2019}
            ]
        }),
    );
    assert_eq!(entity.key, "7");
    assert_eq!(
        String::from_utf8(entity.bytes).unwrap(),
        r#"{"addresses":["a","b","b"],"id":7,"members":[{"id":"m1","roles":[]},{"id":"m2","roles":["y","z"]}],"name":"Lyon","order":["b","a"]}"#
    );
    // Stamps point into the sorted state, not into what was received.
    assert_eq!(
        entity.provenance,
        Some(json!({"/dateModified": "2024-05-01", "/members/0/since": 2019, "/members/1/since": 2020}))
    );
}

#[test]
fn redaction_digest_is_the_hmac_of_the_normalized_value() {
    // printf '["1","2"]' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…07 (32 bytes)
    let expected = json!({"hmac_sha256": HMAC_OF_PHONES, "key_id": "redaction-2024"});
    for phones in [json!(["1", "2"]), json!(["2", "1"])] {
        let entity = one(&trunks(), &json!({"id": "a", "contacts": [{"phones": phones}]}));
        let state: Value = serde_json::from_slice(&entity.bytes).unwrap();
        assert_eq!(state.pointer("/contacts/0/phones"), Some(&expected));
    }
}

const HMAC_OF_PHONES: &str = "4f06e115a4b7fe5f00ce017f3b07493ca5356429f6507c777b1d0752da75c028";

#[test]
fn a_container_that_is_not_there_is_no_empty_list() {
    for (body, found) in [(json!({}), "nothing"), (json!({"entities": null}), "null"), (json!([]), "nothing")]
    {
        match refusal(&trunks(), &body) {
            NormalizeError::Container { found: seen, .. } => assert_eq!(seen, found),
            other => panic!("{other}"),
        }
    }
    let single = Resource { container: String::new(), key: Vec::new(), ..trunks() };
    assert!(matches!(refusal(&single, &json!([])), NormalizeError::Container { expected: "an object", .. }));
    let normalizer = Normalizer::new(&single, None).unwrap();
    assert_eq!(normalizer.normalize_page(&json!({"a": 1}), None).unwrap().entities[0].key, "trunks");
    assert!(normalizer.redact_body(json!("text")).is_err());
}

#[test]
fn entities_without_a_key_are_refused() {
    for id in [json!(null), json!(""), json!(1.5), json!(true), json!({}), json!([])] {
        let error = refusal(&trunks(), &json!({"entities": [{"id": id}]}));
        assert!(matches!(error, NormalizeError::Key { index: 0, .. }), "{error}");
    }
    assert!(matches!(refusal(&trunks(), &json!({"entities": [7]})), NormalizeError::Entity { .. }));
}

#[test]
fn key_parts_are_escaped_and_joined() {
    let resource = Resource { key: vec!["/a".to_owned(), "/b/c".to_owned()], ..trunks() };
    let entity = one(&resource, &json!({"a": "x/y~z", "b": {"c": -12}}));
    assert_eq!(entity.key, "x~1y~0z/-12");
}

#[test]
fn resources_are_sorted_and_refuse_a_key_twice() {
    let entity = |key: &str| NormalEntity {
        key: key.to_owned(),
        bytes: format!("{{\"id\":\"{key}\"}}").into_bytes(),
        provenance: None,
    };
    let done = finish(&trunks(), vec![entity("b"), entity("a"), entity("B")]).unwrap();
    assert_eq!(done.bytes, br#"[{"id":"B"},{"id":"a"},{"id":"b"}]"#);
    assert_eq!((done.count, done.digest), (3, Digest::of(&done.bytes)));
    assert_eq!(finish(&trunks(), Vec::new()).unwrap().bytes, b"[]");
    let twice = finish(&trunks(), vec![entity("a"), entity("b"), entity("a")]);
    assert_eq!(twice, Err(NormalizeError::Twice { resource: "trunks".to_owned(), key: "a".to_owned() }));
}

#[test]
fn parents_are_injected_and_never_contradicted() {
    let mut resource = trunks();
    resource.parent = serde_json::from_value(json!({"resource": "groups", "inject": "groupId"})).unwrap();
    let normalizer = Normalizer::new(&resource, None).unwrap();
    let body = |group: Value| json!({"entities": [{"id": "a", "groupId": group}]});
    let page = normalizer.normalize_page(&json!({"entities": [{"id": "a"}]}), Some("g1")).unwrap();
    assert_eq!(page.entities[0].bytes, br#"{"groupId":"g1","id":"a"}"#);
    assert_eq!(page, normalizer.normalize_page(&body(json!("g1")), Some("g1")).unwrap());
    let conflict = normalizer.normalize_page(&body(json!("g2")), Some("g1")).unwrap_err();
    assert!(matches!(conflict, NormalizeError::ParentConflict { .. }));
    let unknown = normalizer.normalize_page(&body(json!("g1")), None).unwrap_err();
    assert!(matches!(unknown, NormalizeError::ParentUnknown { .. }));
    resource.redact = serde_json::from_value(json!([{"path": "/*", "with": "digest"}])).unwrap();
    assert!(matches!(Normalizer::new(&resource, None), Err(NormalizeError::Rules { .. })));
}

#[test]
fn a_body_is_kept_only_redacted_and_nothing_else_changes() {
    let resource = trunks();
    let key = redaction_key();
    let normalizer = Normalizer::new(&resource, Some(&key)).unwrap();
    let body = json!({"total": 1, "entities": [{
        "id": "a", "status": "up", "password": "secret-1", "addresses": ["b", "a"],
        "contacts": [{"phones": ["+33 1"], "name": "n"}, {"name": "m"}]
    }]});
    let kept = normalizer.redact_body(body).unwrap();
    assert_eq!(
        kept.redacted,
        BTreeMap::from([("/contacts/*/phones".to_owned(), 1), ("/password".to_owned(), 1)])
    );
    let entity = &kept.body["entities"][0];
    assert_eq!((&entity["status"], &entity["addresses"]), (&json!("up"), &json!(["b", "a"])));
    assert_eq!(entity["contacts"][1], json!({"name": "m"}));
    let text = kept.body.to_string();
    assert!(!text.contains("secret-1") && !text.contains("+33"), "{text}");
}

#[test]
fn without_a_key_a_value_that_is_not_redacted_is_refused() {
    let body = json!({"entities": [{"id": "a", "contacts": [{"phones": ["+33"]}]}]});
    let error = refusal(&trunks(), &body);
    assert!(matches!(&error, NormalizeError::NotRedacted { pattern, .. } if pattern == "/contacts/*/phones"));
    assert!(!format!("{error} {error:?}").contains("+33"));
}

#[test]
fn the_secret_is_shown_nowhere_and_must_not_be_short() {
    let key = RedactionKey::new("k", b"0123456789abcdef0123456789abcdef").unwrap();
    let shown = format!("{key:?}");
    assert!(shown.contains("\"k\"") && !shown.contains("0123") && !shown.contains("48, 49"), "{shown}");
    assert_eq!(RedactionKey::new("k", b"short").unwrap_err(), RedactionKeyError::Short { found: 5 });
    assert_eq!(RedactionKey::new("", &[1; 32]).unwrap_err(), RedactionKeyError::NoId);
}

#[test]
fn patterns_follow_rfc_6901_and_refuse_positions() {
    let pattern = PointerPattern::compile("/a~1b/*/m~0n").unwrap();
    assert!(pattern.matches(&["a/b", "anything", "m~n"]));
    assert!(!pattern.matches(&["a/b", "m~n"]));
    assert!(!pattern.matches(&["a", "b", "x", "m~n"]));
    assert!(PointerPattern::compile("/").unwrap().matches(&[""]));
    for text in ["", "a", "/a/~2", "/a~", "/a/0"] {
        assert!(PointerPattern::compile(text).is_err(), "{text}");
    }
}

#[test]
fn overlapping_patterns_are_all_performed() {
    let mut resource = trunks();
    resource.strip = vec!["/*/noise".to_owned(), "/config/secret".to_owned()];
    let entity =
        one(&resource, &json!({"id": "a", "config": {"noise": 1, "secret": 2, "keep": 3}, "other": [1]}));
    assert_eq!(entity.bytes, br#"{"config":{"keep":3},"id":"a","other":[1]}"#);
}
