//! Who changed it and when: finding the stamps of a few entities beside a large state (F-43, F-83).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::DriftError;
use crate::model::ResourceName;

/// Where the stamps of the entities now are looked up.
pub trait ProvenanceSource {
    /// The stamps of those of `keys` that carry any.
    fn stamps(
        &self,
        resource: &ResourceName,
        keys: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, Value>, DriftError>;
}

/// No entity carries stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoProvenance;

impl ProvenanceSource for NoProvenance {
    fn stamps(&self, _: &ResourceName, _: &BTreeSet<&str>) -> Result<BTreeMap<String, Value>, DriftError> {
        Ok(BTreeMap::new())
    }
}

/// As [`finish`](crate::normalize::finish) gives them, by resource.
impl ProvenanceSource for BTreeMap<ResourceName, BTreeMap<String, Value>> {
    fn stamps(
        &self,
        resource: &ResourceName,
        keys: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, Value>, DriftError> {
        let all = self.get(resource);
        let found = |key: &&str| Some(((*key).to_owned(), all?.get(*key)?.clone()));
        Ok(keys.iter().filter_map(found).collect())
    }
}

/// The text of a snapshot's `provenance` member. It is read as a stream; only the stamps that are
/// asked for become values.
#[derive(Debug, Clone, Copy)]
pub struct ProvenanceBytes<'a>(pub &'a [u8]);

impl ProvenanceSource for ProvenanceBytes<'_> {
    fn stamps(
        &self,
        resource: &ResourceName,
        keys: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, Value>, DriftError> {
        let mut found = BTreeMap::new();
        let wanted = Resources { resource: resource.as_str(), keys, found: &mut found };
        let mut reader = serde_json::Deserializer::from_slice(self.0);
        wanted.deserialize(&mut reader).and_then(|()| reader.end()).map_err(DriftError::Provenance)?;
        Ok(found)
    }
}

struct Resources<'s> {
    resource: &'s str,
    keys: &'s BTreeSet<&'s str>,
    found: &'s mut BTreeMap<String, Value>,
}

impl<'de> DeserializeSeed<'de> for Resources<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Resources<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of resources")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if name == self.resource {
                map.next_value_seed(Stamps { keys: self.keys, found: &mut *self.found })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Stamps<'s> {
    keys: &'s BTreeSet<&'s str>,
    found: &'s mut BTreeMap<String, Value>,
}

impl<'de> DeserializeSeed<'de> for Stamps<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Stamps<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of entity keys")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if self.keys.contains(key.as_ref()) {
                let stamps = map.next_value()?;
                self.found.insert(key.into_owned(), stamps);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
