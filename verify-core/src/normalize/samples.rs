//! A resource with every kind of rule, and generated answers for it, for the property tests of
//! normalization and drift.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::RedactionKey;
use crate::profile::Resource;

pub(crate) fn trunks() -> Resource {
    serde_json::from_value(json!({
        "id": "trunks", "path": "/trunks", "paging": {"style": "single"}, "container": "/entities",
        "key": ["/id"], "natural_key": ["/name"],
        "strip": ["/status", "/members/*/presence"],
        "provenance": ["/dateModified", "/members/*/since"],
        "redact": [{"path": "/password", "with": "nothing"}, {"path": "/contacts/*/phones", "with": "digest"}],
        "sets": [{"path": "/addresses"}, {"path": "/members", "key": ["/id"]}, {"path": "/members/*/roles"},
                 {"path": "/contacts/*/phones"}]
    }))
    .unwrap()
}

pub(crate) fn redaction_key() -> RedactionKey {
    RedactionKey::new("redaction-2024", &[7; 32]).unwrap()
}

/// Few different values, so that equal elements, equal sets and equal entities happen.
fn words() -> impl Strategy<Value = Value> {
    let word = prop_oneof![Just("a"), Just("b"), Just("\u{e9}"), Just("a/b"), Just("\"~")];
    prop::collection::vec(word.prop_map(Value::from), 0..4).prop_map(Value::Array)
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2_i64..3).prop_map(Value::from),
        Just(json!(1.5)),
        Just(json!(1e21)),
        Just(json!("")),
        Just(json!("text")),
    ]
}

fn object(fields: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(name, value)| prop::option::weighted(0.8, value).prop_map(move |value| (name, value)))
        .collect();
    fields
        .prop_map(|fields| {
            let members = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
            Value::Object(members.collect::<Map<_, _>>())
        })
        .boxed()
}

fn list(element: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop::collection::vec(element, 0..4).prop_map(Value::Array).boxed()
}

fn entity() -> BoxedStrategy<Value> {
    let member = object(vec![
        ("id", scalar().boxed()),
        ("presence", scalar().boxed()),
        ("since", scalar().boxed()),
        ("roles", words().boxed()),
    ]);
    let contact = object(vec![("phones", words().boxed()), ("name", scalar().boxed())]);
    let deep = object(vec![("level", scalar().boxed()), ("a/b~c", scalar().boxed())]);
    let config = object(vec![("mode", prop_oneof![deep, scalar()].boxed()), ("list", words().boxed())]);
    object(vec![
        ("name", prop_oneof![Just(json!("n1")), Just(json!("n2")), Just(json!("n3"))].boxed()),
        ("status", scalar().boxed()),
        ("dateModified", scalar().boxed()),
        ("password", scalar().boxed()),
        ("addresses", words().boxed()),
        ("order", words().boxed()),
        ("members", list(member)),
        ("contacts", list(contact)),
        ("config", prop_oneof![config, scalar()].boxed()),
    ])
}

/// Entities as the platform returns them, in any order, ids unique.
pub(crate) fn answers() -> impl Strategy<Value = Vec<Value>> {
    let ids = Just(["1", "10", "2", "a", "b", "\u{e9}"].map(Value::from).to_vec()).prop_shuffle();
    (ids, prop::collection::vec(entity(), 0..=6)).prop_map(|(ids, mut entities)| {
        for (id, entity) in ids.into_iter().zip(&mut entities) {
            entity["id"] = id;
        }
        entities
    })
}
