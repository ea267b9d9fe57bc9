//! What the format promises about normalization, over generated answers.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::samples::{answers, redaction_key, trunks};
use super::*;

fn page(entities: &[Value], key: Option<&RedactionKey>) -> NormalPage {
    let resource = trunks();
    Normalizer::new(&resource, key).unwrap().normalize_page(&json!({"entities": entities}), None).unwrap()
}

fn state(entities: &[Value]) -> NormalResource {
    finish(&trunks(), page(entities, Some(&redaction_key())).entities).unwrap()
}

/// A small generator, so that one number describes a whole disturbance.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }

    fn shuffle(&mut self, items: &mut [Value]) {
        for index in (1..items.len()).rev() {
            let other = self.below(index + 1);
            items.swap(index, other);
        }
    }
}

fn each<'v>(value: &'v mut Value, list: &str) -> impl Iterator<Item = &'v mut Value> {
    value.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten()
}

fn shuffle_sets(entities: &mut [Value], numbers: &mut Numbers) {
    numbers.shuffle(entities);
    for entity in entities {
        for (list, inner) in [("members", "roles"), ("contacts", "phones")] {
            for element in each(entity, list) {
                if let Some(items) = element.get_mut(inner).and_then(Value::as_array_mut) {
                    numbers.shuffle(items);
                }
            }
        }
        for list in ["addresses", "members"] {
            if let Some(items) = entity.get_mut(list).and_then(Value::as_array_mut) {
                numbers.shuffle(items);
            }
        }
    }
}

fn change_volatile(entities: &mut [Value], numbers: &mut Numbers) {
    let mut fresh = |holder: &mut Value, name: &str| {
        // A changed answer may hold members that are no objects; those have no fields that move.
        let Some(holder) = holder.as_object_mut() else { return };
        let value = match numbers.below(3) {
            0 => json!({"moved": numbers.below(1000), "list": [1, 2]}),
            1 => json!(numbers.below(1000)),
            _ => {
                holder.remove(name);
                return;
            }
        };
        holder.insert(name.to_owned(), value);
    };
    for entity in entities {
        for name in ["status", "dateModified", "password"] {
            fresh(entity, name);
        }
        for member in each(entity, "members") {
            fresh(member, "presence");
            fresh(member, "since");
        }
    }
}

/// Places of every value that counts, containers included, the entity itself excluded.
fn places(value: &Value, place: &mut Vec<String>, ignored: &[PointerPattern], found: &mut Vec<String>) {
    if ignored.iter().any(|pattern| pattern.matches(place)) {
        return;
    }
    if !place.is_empty() {
        let tokens = place.iter().map(|token| crate::canon::pointer::join("", token));
        found.push(tokens.collect());
    }
    let below: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), member)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect()
        }
        _ => Vec::new(),
    };
    for (token, inner) in below {
        place.push(token);
        places(inner, place, ignored, found);
        place.pop();
    }
}

fn counting_places(entity: &Value) -> Vec<String> {
    let resource = trunks();
    let dropped = resource.redact.iter().filter(|rule| rule.with == RedactWith::Nothing);
    let ignored: Vec<_> = resource
        .strip
        .iter()
        .chain(&resource.provenance)
        .chain(dropped.map(|rule| &rule.path))
        .map(|text| PointerPattern::compile(text).unwrap())
        .collect();
    let mut found = Vec::new();
    places(entity, &mut Vec::new(), &ignored, &mut found);
    found
}

/// Another value than `value` in the canonical form too.
fn other(value: &Value, pointer: &str) -> Value {
    match value {
        // Stays a key that no other entity has.
        Value::String(text) if pointer == "/id" => json!(format!("{text}x")),
        Value::String(text) => json!(format!("{text} ")),
        Value::Bool(flag) => json!(!flag),
        Value::Null => json!(0),
        Value::Number(number) => json!(if number.as_f64() == Some(0.0) { 1.0 } else { 0.0 }),
        Value::Array(items) => Value::Array(items.iter().cloned().chain([json!("one more")]).collect()),
        Value::Object(members) => {
            let mut members = members.clone();
            members.insert("one more".to_owned(), json!(null));
            Value::Object(members)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_and_noise_never_change_the_digest(entities in answers(), seed in any::<u64>()) {
        let before = state(&entities);
        let mut numbers = Numbers(seed);
        let mut disturbed = entities;
        shuffle_sets(&mut disturbed, &mut numbers);
        // Order alone changes nothing at all, provenance included.
        prop_assert_eq!(&state(&disturbed), &before);
        change_volatile(&mut disturbed, &mut numbers);
        let after = state(&disturbed);
        prop_assert_eq!(after.digest, before.digest);
        prop_assert_eq!(after.bytes, before.bytes);
    }

    #[test]
    fn any_other_single_change_changes_the_digest(
        entities in answers(), which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(),
        remove in any::<bool>(), seed in any::<u64>(),
    ) {
        prop_assume!(!entities.is_empty());
        let before = state(&entities);
        let mut changed = entities;
        let which = which.index(changed.len());
        let found = counting_places(&changed[which]);
        let pointer = &found[at.index(found.len())];
        let (parent, token) = pointer.rsplit_once('/').unwrap();
        let token = crate::canon::pointer::unescape(token).into_owned();
        match (changed[which].pointer_mut(parent).unwrap(), remove && pointer != "/id") {
            (Value::Object(members), true) => { members.remove(&token); }
            (Value::Array(items), true) => { items.remove(token.parse().unwrap()); }
            (parent, _) => {
                let place = parent.pointer_mut(&format!("/{}", crate::canon::pointer::escape(&token))).unwrap();
                *place = other(place, pointer);
            }
        }
        let mut numbers = Numbers(seed);
        shuffle_sets(&mut changed, &mut numbers);
        change_volatile(&mut changed, &mut numbers);
        prop_assert_ne!(state(&changed).digest, before.digest, "{}", pointer);
    }

    #[test]
    fn an_entity_more_or_less_changes_the_digest(entities in answers()) {
        prop_assume!(!entities.is_empty());
        prop_assert_ne!(state(&entities).digest, state(&entities[1..]).digest);
    }

    #[test]
    fn normalizing_a_state_again_changes_nothing(entities in answers()) {
        let first = state(&entities);
        let again: Vec<Value> = serde_json::from_slice(&first.bytes).unwrap();
        let second = finish(&trunks(), page(&again, None).entities).unwrap();
        prop_assert_eq!(second.bytes, first.bytes);
        prop_assert!(second.provenance.is_empty());
    }

    #[test]
    fn a_kept_body_replays_to_the_same_state(entities in answers()) {
        let (resource, key) = (trunks(), redaction_key());
        let recorded = page(&entities, Some(&key));
        let body = json!({"entities": entities, "total": entities.len()});
        let kept = Normalizer::new(&resource, Some(&key)).unwrap().redact_body(body).unwrap();
        // As stored and read back.
        let stored: Value = serde_json::from_slice(&serde_json::to_vec(&kept.body).unwrap()).unwrap();
        let auditor = Normalizer::new(&resource, None).unwrap();
        prop_assert_eq!(auditor.normalize_page(&stored, None).unwrap().entities, recorded.entities);
        prop_assert_eq!(kept.redacted, recorded.redacted);
        let again = auditor.redact_body(stored.clone()).unwrap();
        prop_assert_eq!(again.body, stored);
        prop_assert!(again.redacted.is_empty());
    }
}
