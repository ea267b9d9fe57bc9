//! From entities to a resource: order, digest, provenance (F-41, F-43).

use std::collections::BTreeMap;

use serde_json::Value;

use super::{NormalEntity, NormalizeError};
use crate::digest::Digest;
use crate::profile::Resource;

/// One complete resource as it stands in the snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct NormalResource {
    /// Canonical bytes of the array of its entities, ascending by key.
    pub bytes: Vec<u8>,
    /// Number of entities.
    pub count: u64,
    /// SHA-256 of `bytes`.
    pub digest: Digest,
    /// Modification stamps by entity key; only entities that carry one.
    pub provenance: BTreeMap<String, Value>,
}

/// Sorts the entities of all pages by the UTF-8 bytes of their key and writes them as one array.
/// Refuses a key that occurs twice (F-41).
pub fn finish(
    resource: &Resource,
    mut entities: Vec<NormalEntity>,
) -> Result<NormalResource, NormalizeError> {
    entities.sort_by(|left, right| left.key.cmp(&right.key));
    if let Some(entity) = entities.windows(2).find_map(|pair| match pair {
        [left, right] if left.key == right.key => Some(left),
        _ => None,
    }) {
        return Err(NormalizeError::Twice { resource: resource.id.to_string(), key: entity.key.clone() });
    }
    let count = entities.len() as u64;
    let mut bytes =
        Vec::with_capacity(entities.iter().map(|entity| entity.bytes.len() + 1).sum::<usize>() + 2);
    let mut provenance = BTreeMap::new();
    bytes.push(b'[');
    for (index, entity) in entities.into_iter().enumerate() {
        if index > 0 {
            bytes.push(b',');
        }
        bytes.extend_from_slice(&entity.bytes);
        if let Some(stamps) = entity.provenance {
            provenance.insert(entity.key, stamps);
        }
    }
    bytes.push(b']');
    Ok(NormalResource { digest: Digest::of(&bytes), bytes, count, provenance })
}
