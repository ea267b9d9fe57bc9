//! The from-scratch reference: parse both sides whole, compare naively, expect the same changes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::Value;

use super::super::*;
use super::spans;
use crate::normalize::samples::{answers, redaction_key, trunks};
use crate::normalize::{Normalizer, finish};

/// The sets of the sample resource, written out by hand.
fn is_set(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    matches!(path.as_slice(), ["addresses" | "members"])
}

fn naive(before: &[u8], now: &[u8]) -> Vec<Change> {
    let by_id = |bytes: &[u8]| -> BTreeMap<String, Value> {
        let entities: Vec<Value> = serde_json::from_slice(bytes).unwrap();
        entities.into_iter().map(|entity| (entity["id"].as_str().unwrap().to_owned(), entity)).collect()
    };
    let (before, now) = (by_id(before), by_id(now));
    let (mut found, mut gone, mut new) = (Vec::new(), Vec::new(), Vec::new());
    for key in before.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
        match (before.get(key), now.get(key)) {
            (Some(left), Some(right)) => differ(key, left, right, &mut Vec::new(), &mut found),
            (Some(left), None) => gone.push((key, left)),
            (None, Some(right)) => new.push((key, right)),
            (None, None) => {}
        }
    }
    let named = |list: &[(&String, &Value)], name: &Value| {
        list.iter().filter(|(_, entity)| &entity["name"] == name).count()
    };
    let unique = |entity: &Value| {
        let name = &entity["name"];
        !name.is_null() && named(&gone, name) == 1 && named(&new, name) == 1
    };
    for (key, right) in &new {
        let left = gone.iter().find(|(_, left)| unique(right) && left["name"] == right["name"]);
        found.push(match left {
            Some((_, left)) => entry(ChangeKind::Reidentified, key, &[], left, right),
            None => entry(ChangeKind::Added, key, &[], &Value::Null, right),
        });
    }
    for (key, left) in gone.iter().filter(|(_, left)| !unique(left)) {
        found.push(entry(ChangeKind::Removed, key, &[], left, &Value::Null));
    }
    found.sort_by_key(|change| (change.entity.clone(), change.pointer.clone()));
    found
}

fn differ(key: &str, left: &Value, right: &Value, path: &mut Vec<String>, found: &mut Vec<Change>) {
    match (left, right) {
        (Value::Object(old), Value::Object(new)) => {
            for name in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
                path.push(name.clone());
                match (old.get(name), new.get(name)) {
                    (Some(old), Some(new)) => differ(key, old, new, path, found),
                    (old, new) => {
                        let of = |value: Option<&Value>| value.cloned().unwrap_or(Value::Null);
                        found.push(entry(ChangeKind::Changed, key, path, &of(old), &of(new)));
                    }
                }
                path.pop();
            }
        }
        (Value::Array(old), Value::Array(new)) if is_set(path) => {
            let minus = |from: &[Value], other: &[Value]| {
                let mut other = other.to_vec();
                let mut left = Vec::new();
                for item in from {
                    match other.iter().position(|candidate| candidate == item) {
                        Some(index) => drop(other.remove(index)),
                        None => left.push(item.clone()),
                    }
                }
                left
            };
            if old != new {
                let mut change = entry(ChangeKind::Changed, key, path, left, right);
                change.set_removed = Some(minus(old, new));
                change.set_added = Some(minus(new, old));
                found.push(change);
            }
        }
        _ if left != right => found.push(entry(ChangeKind::Changed, key, path, left, right)),
        _ => {}
    }
}

fn entry(kind: ChangeKind, key: &str, path: &[String], previous: &Value, new: &Value) -> Change {
    let pointer = path.iter().map(|token| format!("/{}", token.replace('~', "~0").replace('/', "~1")));
    Change {
        change: kind,
        entity: key.to_owned(),
        pointer: pointer.collect(),
        previous: previous.clone(),
        new: new.clone(),
        set_removed: None,
        set_added: None,
        provenance: Value::Null,
    }
}

/// The normalized texts of an answer, ascending by key, and the whole array.
fn normalized(entities: &[Value]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let (resource, key) = (trunks(), redaction_key());
    let normalizer = Normalizer::new(&resource, Some(&key)).unwrap();
    let body = serde_json::json!({ "entities": entities });
    let mut entities = normalizer.normalize_page(&body, None).unwrap().entities;
    let whole = finish(&resource, entities.clone()).unwrap().bytes;
    entities.sort_by(|left, right| left.key.cmp(&right.key));
    (entities.into_iter().map(|entity| entity.bytes).collect(), whole)
}

/// Two answers that share most of their entities.
fn pairs() -> impl Strategy<Value = (Vec<Value>, Vec<Value>)> {
    (answers(), answers(), any::<u8>()).prop_map(|(before, fresh, keep)| {
        let mut now = fresh;
        for (index, entity) in before.iter().enumerate().filter(|(index, _)| keep >> (index % 8) & 1 == 1) {
            now.retain(|other| other["id"] != entity["id"]);
            let mut entity = entity.clone();
            if index % 2 == 1 {
                entity["config"] = serde_json::json!({"mode": {"level": index}});
            }
            now.push(entity);
        }
        (before, now)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_merge_equals_the_naive_comparison((before, now) in pairs()) {
        let ((before, before_whole), (now, now_whole)) = (normalized(&before), normalized(&now));
        let merged = compare_resource(&trunks(), spans(&before), spans(&now)).unwrap();
        prop_assert_eq!(&merged, &Compared::Changes(naive(&before_whole, &now_whole)));
        let Compared::Changes(changes) = merged else { unreachable!() };
        prop_assert_eq!(changes.is_empty(), before_whole == now_whole);
    }
}
