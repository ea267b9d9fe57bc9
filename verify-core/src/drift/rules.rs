//! What the profile says about comparing: which arrays are sets, which values are redacted.

use std::collections::BTreeSet;

use serde_json::Value;

use super::DriftError;
use crate::normalize::{PatternTree, Place, PointerPattern, replacement_key_id};
use crate::profile::{RedactWith, Resource};

/// A rule of the profile that matters to drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    Set,
    Redacted,
}

pub(super) struct Rules {
    pub(super) resource: String,
    tree: PatternTree<Rule>,
    redacts: bool,
}

impl Rules {
    pub(super) fn new(resource: &Resource) -> Result<Self, DriftError> {
        let mut tree = PatternTree::new();
        let mut add = |text: &str, rule: Rule| {
            let pattern = PointerPattern::compile(text)
                .map_err(|source| DriftError::Pattern { resource: resource.id.to_string(), source })?;
            tree.insert(&pattern, rule);
            Ok(())
        };
        for set in &resource.sets {
            add(&set.path, Rule::Set)?;
        }
        let mut redacts = false;
        for redaction in resource.redact.iter().filter(|redaction| redaction.with == RedactWith::Digest) {
            add(&redaction.path, Rule::Redacted)?;
            redacts = true;
        }
        Ok(Self { resource: resource.id.to_string(), tree, redacts })
    }

    pub(super) fn root(&self) -> Place<'_, Rule> {
        self.tree.root()
    }

    /// Ids of the keys under which values of this entity were redacted.
    pub(super) fn redaction_keys(&self, entity: &Value) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        if self.redacts {
            collect(entity, &self.root(), &mut found);
        }
        found
    }
}

fn collect(value: &Value, place: &Place<'_, Rule>, found: &mut BTreeSet<String>) {
    if place.is_empty() {
        return;
    }
    if place.rules().any(|rule| *rule == Rule::Redacted)
        && let Some(id) = replacement_key_id(value)
    {
        found.insert(id.to_owned());
        return;
    }
    match value {
        Value::Array(items) => {
            let below = place.element();
            for item in items {
                collect(item, &below, found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                collect(member, &place.member(name), found);
            }
        }
        _ => {}
    }
}
