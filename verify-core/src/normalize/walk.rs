//! One walk over one entity that performs every rule of the profile, innermost values first.
//!
//! Innermost first, because an outer set can only be sorted when everything inside its elements is
//! final, and a redaction digest must not depend on what is dropped or sorted inside the value.

use serde_json::{Map, Value};

use super::key::kind_of;
use super::redaction::replacement_key_id;
use super::{NormalizeError, Normalizer, Rule, canonical};
use crate::canon::pointer;
use crate::normalize::pattern::Place;

/// A modification stamp: pointer relative to the value it was found in, and its value.
pub(super) type Stamp = (String, Value);

/// What becomes of a value.
enum Fate {
    Dropped,
    Kept(Value, Vec<Stamp>),
    Moved(Value, Vec<Stamp>),
}

pub(super) struct Walk<'n> {
    normalizer: &'n Normalizer<'n>,
    /// How often each redaction of the profile replaced or dropped a value.
    pub(super) redacted: Vec<u64>,
}

impl<'n> Walk<'n> {
    pub(super) fn new(normalizer: &'n Normalizer<'n>) -> Self {
        Self { normalizer, redacted: vec![0; normalizer.resource.redact.len()] }
    }

    /// Normalizes one whole entity: its state and its stamps.
    pub(super) fn entity(&mut self, entity: Value) -> Result<(Value, Vec<Stamp>), NormalizeError> {
        let normalizer = self.normalizer;
        self.inside(entity, &normalizer.rules.root())
    }

    /// Redacts one whole entity and leaves everything else as it is.
    pub(super) fn redact_entity(&mut self, entity: &mut Value) -> Result<(), NormalizeError> {
        let normalizer = self.normalizer;
        self.redact_inside(entity, &normalizer.rules.root())
    }

    fn value(&mut self, value: Value, place: &Place<'_, Rule>) -> Result<Fate, NormalizeError> {
        if self.drops(place) || place.rules().any(|rule| matches!(rule, Rule::Strip)) {
            return Ok(Fate::Dropped);
        }
        let (value, stamps) = match digest(place) {
            Some(index) => (self.replace(value, index, place)?, Vec::new()),
            None => self.inside(value, place)?,
        };
        if place.rules().any(|rule| matches!(rule, Rule::Provenance)) {
            Ok(Fate::Moved(value, stamps))
        } else {
            Ok(Fate::Kept(value, stamps))
        }
    }

    fn inside(
        &mut self,
        value: Value,
        place: &Place<'_, Rule>,
    ) -> Result<(Value, Vec<Stamp>), NormalizeError> {
        match value {
            Value::Array(items) => self.array(items, place),
            Value::Object(members) => self.object(members, place),
            scalar => Ok((scalar, Vec::new())),
        }
    }

    fn object(
        &mut self,
        mut members: Map<String, Value>,
        place: &Place<'_, Rule>,
    ) -> Result<(Value, Vec<Stamp>), NormalizeError> {
        let mut gone = Vec::new();
        let mut stamps = Vec::new();
        for (name, member) in &mut members {
            let below = place.member(name);
            if below.is_empty() {
                continue;
            }
            match self.value(member.take(), &below)? {
                Fate::Dropped => gone.push(name.clone()),
                Fate::Kept(value, inner) => {
                    *member = value;
                    under(&mut stamps, name, inner);
                }
                Fate::Moved(value, inner) => {
                    stamps.push((pointer::join("", name), value));
                    under(&mut stamps, name, inner);
                    gone.push(name.clone());
                }
            }
        }
        for name in &gone {
            members.remove(name);
        }
        Ok((Value::Object(members), stamps))
    }

    fn array(
        &mut self,
        items: Vec<Value>,
        place: &Place<'_, Rule>,
    ) -> Result<(Value, Vec<Stamp>), NormalizeError> {
        let below = place.element();
        let mut kept = Vec::with_capacity(items.len());
        let mut moved = Vec::new();
        for item in items {
            if below.is_empty() {
                kept.push((item, Vec::new()));
                continue;
            }
            match self.value(item, &below)? {
                Fate::Dropped => {}
                Fate::Kept(value, inner) => kept.push((value, inner)),
                Fate::Moved(value, inner) => moved.push((value, inner)),
            }
        }
        let set = place.rules().find_map(|rule| match rule {
            Rule::Set(index) => self.normalizer.resource.sets.get(*index),
            _ => None,
        });
        if let Some(set) = set {
            kept = self.sorted(kept, &set.key)?;
            moved = self.sorted(moved, &set.key)?;
        }
        let mut stamps = Vec::new();
        let mut values = Vec::with_capacity(kept.len());
        for (index, (value, inner)) in kept.into_iter().enumerate() {
            under(&mut stamps, &index.to_string(), inner);
            values.push(value);
        }
        // Elements that are stamps themselves leave no element behind, so these places are free.
        for (index, (value, inner)) in moved.into_iter().enumerate() {
            let index = index.to_string();
            under(&mut stamps, &index, inner);
            stamps.push((pointer::join("", &index), value));
        }
        Ok((Value::Array(values), stamps))
    }

    /// F-46. Stamps break the last tie, so that their pointers do not depend on the order received.
    fn sorted(
        &self,
        elements: Vec<(Value, Vec<Stamp>)>,
        key: &[String],
    ) -> Result<Vec<(Value, Vec<Stamp>)>, NormalizeError> {
        let name = self.normalizer.resource.id.as_str();
        let mut ranked = Vec::with_capacity(elements.len());
        for (value, stamps) in elements {
            let part = |part: &String| value.pointer(part).map(|value| canonical(name, value)).transpose();
            let key = key.iter().map(part).collect::<Result<Vec<_>, _>>()?;
            let bytes = canonical(name, &value)?;
            let mut stamp_bytes = Vec::with_capacity(stamps.len());
            for (pointer, stamp) in &stamps {
                stamp_bytes.push((pointer.clone(), canonical(name, stamp)?));
            }
            stamp_bytes.sort();
            ranked.push(((key, bytes, stamp_bytes), (value, stamps)));
        }
        ranked.sort_by(|(left, _), (right, _)| left.cmp(right));
        Ok(ranked.into_iter().map(|(_, element)| element).collect())
    }

    fn redact_inside(&mut self, value: &mut Value, place: &Place<'_, Rule>) -> Result<(), NormalizeError> {
        match value {
            Value::Array(items) => {
                let below = place.element();
                if below.is_empty() {
                    return Ok(());
                }
                let mut kept = Vec::with_capacity(items.len());
                for mut item in std::mem::take(items) {
                    if self.redact_value(&mut item, &below)? {
                        kept.push(item);
                    }
                }
                *items = kept;
            }
            Value::Object(members) => {
                let mut gone = Vec::new();
                for (name, member) in members.iter_mut() {
                    let below = place.member(name);
                    if !below.is_empty() && !self.redact_value(member, &below)? {
                        gone.push(name.clone());
                    }
                }
                for name in &gone {
                    members.remove(name);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// False if the value must be dropped.
    fn redact_value(&mut self, value: &mut Value, place: &Place<'_, Rule>) -> Result<bool, NormalizeError> {
        if self.drops(place) {
            return Ok(false);
        }
        match digest(place) {
            Some(index) => *value = self.replace(value.take(), index, place)?,
            None => self.redact_inside(value, place)?,
        }
        Ok(true)
    }

    /// Whether a redaction drops the value here; counts it.
    fn drops(&mut self, place: &Place<'_, Rule>) -> bool {
        let drop = place.rules().find_map(|rule| match rule {
            Rule::Drop(index) => Some(*index),
            _ => None,
        });
        if let Some(count) = drop.and_then(|index| self.redacted.get_mut(index)) {
            *count += 1;
        }
        drop.is_some()
    }

    /// Puts the keyed digest in place of `value`. Without a key the value must be one already: this
    /// is how a kept body is replayed by someone who has no secret.
    fn replace(
        &mut self,
        value: Value,
        index: usize,
        place: &Place<'_, Rule>,
    ) -> Result<Value, NormalizeError> {
        let Some(key) = self.normalizer.redaction else {
            if replacement_key_id(&value).is_some() {
                return Ok(value);
            }
            let pattern = self.normalizer.resource.redact.get(index).map(|redaction| redaction.path.clone());
            return Err(NormalizeError::NotRedacted {
                resource: self.normalizer.resource.id.to_string(),
                pattern: pattern.unwrap_or_default(),
                found: kind_of(&value),
            });
        };
        if let Some(count) = self.redacted.get_mut(index) {
            *count += 1;
        }
        let (value, _) = self.inside(value, place)?;
        Ok(key.replacement(&canonical(self.normalizer.resource.id.as_str(), &value)?))
    }
}

/// Puts stamps found inside the value at `token` under that token.
fn under(stamps: &mut Vec<Stamp>, token: &str, inner: Vec<Stamp>) {
    stamps.extend(inner.into_iter().map(|(rest, value)| (pointer::join("", token) + &rest, value)));
}

fn digest(place: &Place<'_, Rule>) -> Option<usize> {
    place.rules().find_map(|rule| match rule {
        Rule::Digest(index) => Some(*index),
        _ => None,
    })
}
