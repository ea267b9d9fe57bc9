//! The payload of a cycle: `snapshot.json`, written resource by resource from canonical bytes.
//!
//! Nothing is parsed and no document tree is built: every entity was brought into canonical form when
//! it was read, and here only keys, brackets and commas are added, in the order RFC 8785 wants. The
//! finished text is checked once, by the reader that every verifier uses, before it is sealed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use verify_core::canon::{self, CanonError, Document, MemberRef};
use verify_core::digest::Digest;
use verify_core::limits::Limits;
use verify_core::model::{ExtractionMetadata, RESERVED_KEYS, ResourceName};
use verify_core::normalize::NormalResource;

/// A finished snapshot.
pub struct Snapshot {
    /// The text of `snapshot.json`, with the place of every entity.
    pub document: Document,
    /// Digest of every resource in it.
    pub resources: BTreeMap<ResourceName, Digest>,
    /// Digest of the state (F-35).
    pub state_sha256: Digest,
    /// Place and digest of every resource's object in `provenance`.
    provenance: BTreeMap<String, (Range<usize>, Digest)>,
}

impl Snapshot {
    /// Writes the snapshot of the complete resources (F-40, F-41); their bytes are used up.
    pub fn write(
        metadata: &ExtractionMetadata,
        resources: BTreeMap<ResourceName, NormalResource>,
    ) -> Result<Self, CanonError> {
        let digests: BTreeMap<_, _> =
            resources.iter().map(|(name, resource)| (name.clone(), resource.digest)).collect();
        let state_sha256 = canon::digest_map(digests.iter().map(|(name, digest)| (name.as_str(), *digest)));
        let mut writer = Writer { bytes: vec![b'{'], provenance: BTreeMap::new() };
        let mut bodies = BTreeMap::new();
        let mut stamps = BTreeMap::new();
        for (name, resource) in resources {
            bodies.insert(name.as_str().to_owned(), resource.bytes);
            stamps.insert(name.as_str().to_owned(), resource.provenance);
        }
        // Names of resources and reserved keys are ASCII, so their byte order is that of RFC 8785.
        let keys: BTreeSet<String> =
            bodies.keys().cloned().chain(RESERVED_KEYS.iter().map(|key| (*key).to_owned())).collect();
        for key in keys {
            writer.key(&key)?;
            match key.as_str() {
                "extraction_metadata" => writer.bytes.extend(canon::to_vec_of(metadata)?),
                "observations" => writer.bytes.extend_from_slice(b"{}"),
                "provenance" => writer.provenance(&std::mem::take(&mut stamps))?,
                resource => writer.bytes.append(&mut bodies.remove(resource).unwrap_or_default()),
            }
        }
        writer.bytes.push(b'}');
        let document = Document::new(writer.bytes, &Limits::default())?;
        Ok(Self { document, resources: digests, state_sha256, provenance: writer.provenance })
    }

    /// Canonical bytes of one resource's array.
    #[must_use]
    pub fn resource(&self, name: &str) -> Option<&[u8]> {
        self.document.member(name).filter(|_| self.resources.contains_key(name)).map(MemberRef::bytes)
    }

    /// Canonical bytes and digest of one resource's modification stamps, if any entity has one.
    #[must_use]
    pub fn provenance(&self, name: &str) -> Option<(&[u8], Digest)> {
        let (range, digest) = self.provenance.get(name)?;
        Some((self.document.bytes().get(range.clone())?, *digest))
    }

    /// Canonical bytes of the whole `provenance` member.
    #[must_use]
    pub fn all_provenance(&self) -> &[u8] {
        self.document.member("provenance").map_or(b"{}", |member| member.bytes())
    }
}

struct Writer {
    bytes: Vec<u8>,
    provenance: BTreeMap<String, (Range<usize>, Digest)>,
}

impl Writer {
    fn key(&mut self, key: &str) -> Result<(), CanonError> {
        if !matches!(self.bytes.last(), Some(b'{')) {
            self.bytes.push(b',');
        }
        self.bytes.extend(canon::to_vec(&serde_json::Value::from(key))?);
        self.bytes.push(b':');
        Ok(())
    }

    /// `{resource: {entity key: {pointer: value}}}`; only what has stamps (F-43).
    fn provenance(
        &mut self,
        stamps: &BTreeMap<String, BTreeMap<String, serde_json::Value>>,
    ) -> Result<(), CanonError> {
        self.bytes.push(b'{');
        for (resource, entities) in stamps.iter().filter(|(_, entities)| !entities.is_empty()) {
            self.key(resource)?;
            let text = canon::to_vec_of(entities)?;
            let start = self.bytes.len();
            self.bytes.extend_from_slice(&text);
            self.provenance.insert(resource.clone(), (start..self.bytes.len(), Digest::of(&text)));
        }
        self.bytes.push(b'}');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resource(bytes: &str, stamps: serde_json::Value) -> NormalResource {
        NormalResource {
            bytes: bytes.as_bytes().to_vec(),
            count: 1,
            digest: Digest::of(bytes.as_bytes()),
            provenance: serde_json::from_value(stamps).unwrap(),
        }
    }

    fn metadata() -> ExtractionMetadata {
        let time = "2026-05-01T08:00:00Z".parse().unwrap();
        ExtractionMetadata {
            timestamp_utc: time,
            subdomain: "acme".to_owned(),
            api_version: "v2".to_owned(),
            collection_cycle: "daily_0800".to_owned(),
            service_account_id: "svc".to_owned(),
            collection_id: "evidence-2026-05-01-0800".parse().unwrap(),
            platform: "reference".to_owned(),
            region: "eu".to_owned(),
            organization_id: "o".to_owned(),
            profile: "reference".to_owned(),
            scheduled_utc: time,
            started_utc: time,
            finished_utc: time,
            propagation_wait_seconds: 0,
            redaction_key_id: None,
        }
    }

    #[test]
    fn resources_stand_between_reserved_keys_in_canonical_order() {
        let groups = "[{\"id\":\"g\"}]";
        let users = "[{\"id\":\"a\"},{\"id\":\"b\"}]";
        let snapshot = Snapshot::write(
            &metadata(),
            BTreeMap::from([
                ("users".parse().unwrap(), resource(users, json!({"a": {"/modifiedBy": "x"}}))),
                ("groups".parse().unwrap(), resource(groups, json!({}))),
            ]),
        )
        .unwrap();
        let names: Vec<_> = snapshot.document.members().map(|member| member.name().to_owned()).collect();
        assert_eq!(names, ["extraction_metadata", "groups", "observations", "provenance", "users"]);
        assert_eq!(snapshot.resource("users"), Some(users.as_bytes()));
        assert_eq!(snapshot.resource("provenance"), None);
        assert_eq!(snapshot.all_provenance(), br#"{"users":{"a":{"/modifiedBy":"x"}}}"#);
        let (bytes, digest) = snapshot.provenance("users").unwrap();
        assert_eq!((bytes, digest), (&br#"{"a":{"/modifiedBy":"x"}}"#[..], Digest::of(bytes)));
        assert_eq!(snapshot.provenance("groups"), None);
    }

    #[test]
    fn a_resource_that_is_not_canonical_is_never_sealed() {
        let broken = BTreeMap::from([("users".parse().unwrap(), resource("[{\"b\":1,\"a\":2}]", json!({})))]);
        assert!(Snapshot::write(&metadata(), broken).is_err());
    }
}
