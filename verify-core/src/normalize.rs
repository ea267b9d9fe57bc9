//! Normalization: from a platform's answer to the state that is digested and compared (F-45 to F-47).
//!
//! It removes noise and never facts: volatile fields are stripped, modification stamps move to
//! provenance, declared sets are sorted, secrets are redacted. One entity is handled at a time.
//! The collector runs it on what it received, with its redaction key; the verifier runs it on kept
//! bodies, without any key, and must get the same bytes.
//!
//! Refused, never guessed: a container that is absent or no array (it could pass for an empty list),
//! an entity without key, a key given twice, a value that should be redacted and is not.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::canon::{self, CanonError};
use crate::profile::{RedactWith, Resource};

mod key;
mod pattern;
mod redaction;
mod resource;
#[cfg(test)]
pub(crate) mod samples;
mod target;
#[cfg(test)]
mod tests;
mod walk;

pub use key::{KeyError, entity_key};
pub(crate) use key::{kind_of, natural_key};
pub use pattern::{PatternError, PointerPattern};
pub(crate) use pattern::{PatternTree, Place};
pub(crate) use redaction::replacement_key_id;
pub use redaction::{RedactionKey, RedactionKeyError, SHORTEST_SECRET};
pub use resource::{NormalResource, finish};
pub use target::parent_of_target;

use walk::Walk;

/// One normalized entity.
#[derive(Debug, Clone, PartialEq)]
pub struct NormalEntity {
    /// Key within its resource (F-41).
    pub key: String,
    /// Canonical bytes of its state.
    pub bytes: Vec<u8>,
    /// Its modification stamps as `{pointer: value}`, pointers into the state; `None` without any.
    pub provenance: Option<Value>,
}

/// The entities of one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct NormalPage {
    /// In the order received.
    pub entities: Vec<NormalEntity>,
    /// How many values each redaction pattern replaced or dropped; patterns that met nothing are absent.
    pub redacted: BTreeMap<String, u64>,
}

/// An answer that may be kept: only redacted, otherwise as received.
#[derive(Debug, Clone, PartialEq)]
pub struct RedactedBody {
    /// The body.
    pub body: Value,
    /// As [`NormalPage::redacted`]. Empty when everything was redacted before.
    pub redacted: BTreeMap<String, u64>,
}

/// Why an answer or a resource cannot be normalized. No message shows a value of the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NormalizeError {
    /// The profile holds a pattern that cannot be followed.
    #[error("resource {resource}: {field} cannot be followed")]
    Pattern {
        /// The resource.
        resource: String,
        /// Field of the profile.
        field: &'static str,
        /// What is wrong with the pattern.
        #[source]
        source: PatternError,
    },
    /// Two rules of the profile contradict each other.
    #[error("resource {resource}: {problem}: {pattern}")]
    Rules {
        /// The resource.
        resource: String,
        /// The pattern.
        pattern: String,
        /// What contradicts.
        problem: &'static str,
    },
    /// The answer does not hold its entities where the profile says.
    #[error("resource {resource}: expected {expected} at {pointer:?}, found {found}")]
    Container {
        /// The resource.
        resource: String,
        /// The profile's container pointer.
        pointer: String,
        /// What should stand there.
        expected: &'static str,
        /// JSON type found.
        found: &'static str,
    },
    /// An entity is no object.
    #[error("resource {resource}: expected entity {index} of the answer to be an object, found {found}")]
    Entity {
        /// The resource.
        resource: String,
        /// Position in the answer, from 0.
        index: usize,
        /// JSON type found.
        found: &'static str,
    },
    /// The parent's key must be injected but is not known.
    #[error("resource {resource}: the answer belongs to a parent, whose key is not given")]
    ParentUnknown {
        /// The resource.
        resource: String,
    },
    /// The answer names another parent than the one it was read for.
    #[error("resource {resource}: entity {index} of the answer names another parent in {member:?}")]
    ParentConflict {
        /// The resource.
        resource: String,
        /// Position in the answer, from 0.
        index: usize,
        /// The injected member.
        member: String,
    },
    /// An entity has no key.
    #[error("resource {resource}: entity {index} of the answer has no key")]
    Key {
        /// The resource.
        resource: String,
        /// Position in the answer, from 0.
        index: usize,
        /// Which part is missing.
        #[source]
        source: KeyError,
    },
    /// Two entities have one key.
    #[error("resource {resource}: key {key:?} occurs twice")]
    Twice {
        /// The resource.
        resource: String,
        /// The key.
        key: String,
    },
    /// A value should be redacted, is not, and there is no key to do it.
    #[error("resource {resource}: expected a redacted value at {pattern}, found {found}")]
    NotRedacted {
        /// The resource.
        resource: String,
        /// The redaction's pattern.
        pattern: String,
        /// JSON type found.
        found: &'static str,
    },
    /// A value has no canonical form.
    #[error("resource {resource}: a value has no canonical form")]
    Canonical {
        /// The resource.
        resource: String,
        /// Why.
        #[source]
        source: CanonError,
    },
}

/// A rule of the profile; indexes are into the profile's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Drop(usize),
    Digest(usize),
    Strip,
    Provenance,
    Set(usize),
}

/// Normalizes the answers of one resource.
#[derive(Debug)]
pub struct Normalizer<'a> {
    resource: &'a Resource,
    redaction: Option<&'a RedactionKey>,
    rules: PatternTree<Rule>,
}

impl<'a> Normalizer<'a> {
    /// Compiles the rules of `resource`.
    ///
    /// Without a key every value that the profile redacts by digest must be redacted already; this is
    /// the verifier's side, and it also means that a forgotten key can never leak a value.
    pub fn new(resource: &'a Resource, redaction: Option<&'a RedactionKey>) -> Result<Self, NormalizeError> {
        let mut rules = PatternTree::new();
        let mut add = |field: &'static str, text: &str, rule: Rule| {
            let pattern = PointerPattern::compile(text).map_err(|source| NormalizeError::Pattern {
                resource: resource.id.to_string(),
                field,
                source,
            })?;
            rules.insert(&pattern, rule);
            Ok::<_, NormalizeError>(pattern)
        };
        let injected = resource.parent.as_ref().and_then(|parent| parent.inject.as_deref());
        for (index, redaction) in resource.redact.iter().enumerate() {
            let rule = match redaction.with {
                RedactWith::Nothing => Rule::Drop(index),
                RedactWith::Digest => Rule::Digest(index),
            };
            let pattern = add("redact", &redaction.path, rule)?;
            // A kept body does not hold the injected member, so its replay could not redact it.
            if injected.is_some_and(|name| pattern.matches(&[name])) {
                return Err(NormalizeError::Rules {
                    resource: resource.id.to_string(),
                    pattern: redaction.path.clone(),
                    problem: "the injected parent key cannot be redacted",
                });
            }
        }
        for text in &resource.strip {
            add("strip", text, Rule::Strip)?;
        }
        for text in &resource.provenance {
            add("provenance", text, Rule::Provenance)?;
        }
        let mut patterns = Vec::new();
        for (index, set) in resource.sets.iter().enumerate() {
            let pattern = add("sets", &set.path, Rule::Set(index))?;
            if patterns.contains(&pattern) {
                return Err(NormalizeError::Rules {
                    resource: resource.id.to_string(),
                    pattern: set.path.clone(),
                    problem: "a set is declared twice",
                });
            }
            patterns.push(pattern);
        }
        Ok(Self { resource, redaction, rules })
    }

    /// Normalizes every entity of one answer. `parent` is the key of the parent entity the answer was
    /// read for, needed if the profile injects it.
    pub fn normalize_page(&self, body: &Value, parent: Option<&str>) -> Result<NormalPage, NormalizeError> {
        let mut walk = Walk::new(self);
        let entities = self
            .entities(body)?
            .iter()
            .enumerate()
            .map(|(index, entity)| self.entity(&mut walk, index, entity.clone(), parent))
            .collect::<Result<_, _>>()?;
        Ok(NormalPage { entities, redacted: self.counted(&walk.redacted) })
    }

    /// Redacts an answer so that it may be kept; nothing else in it changes.
    ///
    /// An answer in which the entities cannot be found is refused when the profile redacts anything:
    /// nobody could say what it holds, so it must not be kept.
    pub fn redact_body(&self, mut body: Value) -> Result<RedactedBody, NormalizeError> {
        let mut walk = Walk::new(self);
        if !self.resource.redact.is_empty() {
            for (index, entity) in self.entities(&body)?.iter().enumerate() {
                self.object(index, entity)?;
            }
            let entities = match body.pointer_mut(&self.resource.container) {
                Some(Value::Array(items)) => items.as_mut_slice(),
                Some(root) => std::slice::from_mut(root),
                None => &mut [],
            };
            for entity in entities {
                walk.redact_entity(entity)?;
            }
        }
        Ok(RedactedBody { body, redacted: self.counted(&walk.redacted) })
    }

    /// The entities of an answer, one place for both uses so that they can never disagree.
    fn entities<'b>(&self, body: &'b Value) -> Result<&'b [Value], NormalizeError> {
        let pointer = &self.resource.container;
        let found = body.pointer(pointer);
        let (expected, entities) = match found {
            Some(Value::Array(items)) if !pointer.is_empty() => ("", Some(items.as_slice())),
            Some(root @ Value::Object(_)) if pointer.is_empty() => ("", Some(std::slice::from_ref(root))),
            _ if pointer.is_empty() => ("an object", None),
            _ => ("an array", None),
        };
        entities.ok_or_else(|| NormalizeError::Container {
            resource: self.resource.id.to_string(),
            pointer: pointer.clone(),
            expected,
            found: found.map_or("nothing", kind_of),
        })
    }

    fn object(&self, index: usize, entity: &Value) -> Result<(), NormalizeError> {
        if entity.is_object() {
            return Ok(());
        }
        Err(NormalizeError::Entity { resource: self.resource.id.to_string(), index, found: kind_of(entity) })
    }

    fn entity(
        &self,
        walk: &mut Walk<'_>,
        index: usize,
        mut entity: Value,
        parent: Option<&str>,
    ) -> Result<NormalEntity, NormalizeError> {
        self.object(index, &entity)?;
        self.inject(index, &mut entity, parent)?;
        let (state, stamps) = walk.entity(entity)?;
        let key = entity_key(self.resource, &state).map_err(|source| NormalizeError::Key {
            resource: self.resource.id.to_string(),
            index,
            source,
        })?;
        let bytes = canonical(self.resource.id.as_str(), &state)?;
        let provenance = (!stamps.is_empty()).then(|| Value::Object(stamps.into_iter().collect()));
        Ok(NormalEntity { key, bytes, provenance })
    }

    fn inject(&self, index: usize, entity: &mut Value, parent: Option<&str>) -> Result<(), NormalizeError> {
        let Some(member) = self.resource.parent.as_ref().and_then(|parent| parent.inject.as_deref()) else {
            return Ok(());
        };
        let resource = self.resource.id.to_string();
        let Some(parent) = parent else {
            return Err(NormalizeError::ParentUnknown { resource });
        };
        let Some(members) = entity.as_object_mut() else {
            return Ok(());
        };
        let given = members.entry(member).or_insert_with(|| Value::String(parent.to_owned()));
        if given.as_str() == Some(parent) {
            Ok(())
        } else {
            Err(NormalizeError::ParentConflict { resource, index, member: member.to_owned() })
        }
    }

    fn counted(&self, counts: &[u64]) -> BTreeMap<String, u64> {
        let mut redacted = BTreeMap::new();
        for (redaction, count) in self.resource.redact.iter().zip(counts).filter(|(_, count)| **count > 0) {
            *redacted.entry(redaction.path.clone()).or_default() += count;
        }
        redacted
    }
}

fn canonical(resource: &str, value: &Value) -> Result<Vec<u8>, NormalizeError> {
    canon::to_vec(value).map_err(|source| NormalizeError::Canonical { resource: resource.to_owned(), source })
}
