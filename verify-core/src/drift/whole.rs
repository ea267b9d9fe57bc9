//! Entities that stand on one side only (F-82, F-84).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::change;
use crate::model::{Change, ChangeKind};
use crate::normalize::natural_key;
use crate::profile::Resource;

/// Entities on one side only. A removed and an added one with the same natural key are one entity
/// whose id changed, unless the natural key is not theirs alone (F-84).
pub(super) fn compare(
    resource: &Resource,
    removed: Vec<(String, Value)>,
    added: Vec<(String, Value)>,
    changes: &mut Vec<Change>,
) {
    let (old, new) = (by_natural_key(resource, &removed), by_natural_key(resource, &added));
    let mut renumbered = BTreeMap::new();
    let mut gone = BTreeSet::new();
    for (natural, left) in &old {
        if let ([left], Some([right])) = (left.as_slice(), new.get(natural).map(Vec::as_slice)) {
            renumbered.insert(*right, *left);
            gone.insert(*left);
        }
    }
    for (index, (key, entity)) in added.into_iter().enumerate() {
        let earlier = renumbered.get(&index).and_then(|left| removed.get(*left));
        changes.push(match earlier {
            Some((_, earlier)) => {
                change(ChangeKind::Reidentified, &key, String::new(), earlier.clone(), entity)
            }
            None => change(ChangeKind::Added, &key, String::new(), Value::Null, entity),
        });
    }
    for (index, (key, entity)) in removed.into_iter().enumerate() {
        if !gone.contains(&index) {
            changes.push(change(ChangeKind::Removed, &key, String::new(), entity, Value::Null));
        }
    }
}

/// Positions of the entities by natural key, as canonical bytes of its parts.
fn by_natural_key(resource: &Resource, entities: &[(String, Value)]) -> BTreeMap<Vec<Vec<u8>>, Vec<usize>> {
    let mut positions: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, (_, entity)) in entities.iter().enumerate() {
        if let Some(natural) = natural_key(resource, entity) {
            positions.entry(natural).or_default().push(index);
        }
    }
    positions
}
