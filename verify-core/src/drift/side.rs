//! One side of the merge: entity texts, of which only the head is ever parsed.

use serde_json::Value;

use super::DriftError;
use crate::normalize::entity_key;
use crate::profile::Resource;

/// One side of the merge; its head is parsed at most once, and only when it differs.
pub(super) struct Side<'r, 'a, I> {
    resource: &'r Resource,
    name: &'static str,
    texts: I,
    pub(super) text: Option<&'a [u8]>,
    parsed: Option<(String, Value)>,
    last: Option<String>,
}

impl<'r, 'a, I: Iterator<Item = &'a [u8]>> Side<'r, 'a, I> {
    pub(super) fn new(resource: &'r Resource, name: &'static str, mut texts: I) -> Self {
        let text = texts.next();
        Self { resource, name, texts, text, parsed: None, last: None }
    }

    pub(super) fn skip(&mut self) {
        if let Some((key, _)) = self.parsed.take() {
            self.last = Some(key);
        }
        self.text = self.texts.next();
    }

    pub(super) fn head(&mut self) -> Result<Option<&(String, Value)>, DriftError> {
        let Some(text) = self.text else { return Ok(None) };
        if self.parsed.is_none() {
            let name = || self.resource.id.to_string();
            let entity: Value = serde_json::from_slice(text).map_err(|source| DriftError::Entity {
                resource: name(),
                side: self.name,
                source,
            })?;
            let key = entity_key(self.resource, &entity).map_err(|source| DriftError::Key {
                resource: name(),
                side: self.name,
                source,
            })?;
            if let Some(last) = self.last.as_ref().filter(|last| **last >= key) {
                return Err(DriftError::Order {
                    resource: name(),
                    side: self.name,
                    last: last.clone(),
                    found: key,
                });
            }
            self.parsed = Some((key, entity));
        }
        Ok(self.parsed.as_ref())
    }

    pub(super) fn take(&mut self) -> Result<Option<(String, Value)>, DriftError> {
        self.head()?;
        let taken = self.parsed.take();
        self.last = taken.as_ref().map(|(key, _)| key.clone());
        self.text = self.texts.next();
        Ok(taken)
    }
}
