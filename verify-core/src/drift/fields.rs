//! Field by field: two states of one entity (F-82).
//!
//! Objects are compared member by member. An array that the profile declares a set and that stands
//! on both sides is one change at the array's pointer, with the elements gone and the elements new;
//! an element whose content differs is gone and new, whether or not its key stayed. Every other
//! difference is one change with both values as a whole.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::rules::{Rule, Rules};
use super::{DriftError, change};
use crate::canon::{self, pointer};
use crate::model::{Change, ChangeKind};
use crate::normalize::Place;

/// A set change repeats both whole arrays only when neither has more elements than this; otherwise
/// `previous` and `new` are null and the elements gone and new say everything.
pub const LONGEST_SET_SHOWN: usize = 32;

/// Adds one change for every field in which two states of the entity `key` differ.
pub(super) fn compare(
    rules: &Rules,
    key: &str,
    before: &Value,
    now: &Value,
    changes: &mut Vec<Change>,
) -> Result<(), DriftError> {
    Comparer { rules, key, changes, pointer: String::new() }.value(before, now, &rules.root())
}

struct Comparer<'c> {
    rules: &'c Rules,
    key: &'c str,
    changes: &'c mut Vec<Change>,
    pointer: String,
}

impl Comparer<'_> {
    fn value(&mut self, before: &Value, now: &Value, place: &Place<'_, Rule>) -> Result<(), DriftError> {
        if before == now {
            return Ok(());
        }
        match (before, now) {
            (Value::Object(before), Value::Object(now)) => self.members(before, now, place),
            (Value::Array(before), Value::Array(now)) if place.rules().any(|rule| *rule == Rule::Set) => {
                self.set(before, now)
            }
            _ => {
                self.push(before.clone(), now.clone());
                Ok(())
            }
        }
    }

    fn members(
        &mut self,
        before: &Map<String, Value>,
        now: &Map<String, Value>,
        place: &Place<'_, Rule>,
    ) -> Result<(), DriftError> {
        for (name, old) in before {
            match now.get(name) {
                Some(new) => self.below(name, |this| this.value(old, new, &place.member(name)))?,
                None => self.below(name, |this| this.push(old.clone(), Value::Null)),
            }
        }
        for (name, new) in now.iter().filter(|(name, _)| !before.contains_key(*name)) {
            self.below(name, |this| this.push(Value::Null, new.clone()));
        }
        Ok(())
    }

    fn below<T>(&mut self, name: &str, step: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.pointer.len();
        pointer::push(&mut self.pointer, name);
        let result = step(self);
        self.pointer.truncate(length);
        result
    }

    fn push(&mut self, previous: Value, new: Value) {
        self.changes.push(change(ChangeKind::Changed, self.key, self.pointer.clone(), previous, new));
    }

    /// Both lists are empty when the same elements stand in another order. A normalized state cannot
    /// show that, but evidence that was not normalized must not pass as unchanged.
    fn set(&mut self, before: &[Value], now: &[Value]) -> Result<(), DriftError> {
        let (old, new) = (self.texts(before)?, self.texts(now)?);
        let removed = without(before, &old, &new);
        let added = without(now, &new, &old);
        let short = before.len().max(now.len()) <= LONGEST_SET_SHOWN;
        let whole = |items: &[Value]| if short { Value::Array(items.to_vec()) } else { Value::Null };
        self.push(whole(before), whole(now));
        if let Some(change) = self.changes.last_mut() {
            change.set_removed = Some(removed);
            change.set_added = Some(added);
        }
        Ok(())
    }

    fn texts(&self, items: &[Value]) -> Result<Vec<Vec<u8>>, DriftError> {
        let text = |item| {
            canon::to_vec(item)
                .map_err(|source| DriftError::Canonical { resource: self.rules.resource.clone(), source })
        };
        items.iter().map(text).collect()
    }
}

/// The elements of `items` that `others` lacks, each as often as it lacks them, in their order.
fn without(items: &[Value], texts: &[Vec<u8>], others: &[Vec<u8>]) -> Vec<Value> {
    let mut left: BTreeMap<&[u8], usize> = BTreeMap::new();
    for text in others {
        *left.entry(text).or_default() += 1;
    }
    let lacking = |(item, text): (&Value, &Vec<u8>)| match left.get_mut(text.as_slice()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            None
        }
        _ => Some(item.clone()),
    };
    items.iter().zip(texts).filter_map(lacking).collect()
}
