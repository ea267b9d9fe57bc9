//! Reading: listings to their end, and of every name the version that was written first, as in S3.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use verify_core::model::Sequence;

use super::AzureStore;
use super::container::{Standing, Version};
use super::fault::BlobFault;
use crate::azure::CallFault;
use crate::store::names::{CHAIN, is_package_place, sequence_of};
use crate::store::{StoreError, ahead};

impl AzureStore {
    /// Everything under keys that begin with `prefix`.
    pub(super) fn list(&self, prefix: &str) -> Result<BTreeMap<String, Standing>, StoreError> {
        let (container, wanted) = (Arc::clone(&self.container), prefix.to_owned());
        self.wait(0, async move { container.standing(&wanted).await })?.map_err(self.failed("list", prefix))
    }

    /// First versions below `chain/`: name without folder, and key.
    fn chain(&self) -> Result<Vec<String>, StoreError> {
        let prefix = self.settings.location.key(&format!("{CHAIN}/"));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, standing) in self.list(&prefix)? {
            if let Some(first) = standing.first {
                known.entry(key).or_insert(first);
            }
        }
        Ok(known.keys().filter_map(|key| key.strip_prefix(&prefix)).map(str::to_owned).collect())
    }

    /// Ascending sequences of all objects `<10 digits><ending>` under `chain/`.
    pub(super) fn numbered(&self, ending: &str) -> Result<Vec<Sequence>, StoreError> {
        let names = self.chain()?;
        let mut found: Vec<Sequence> = names.iter().filter_map(|name| sequence_of(name, ending)).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// The first version of `key`; `None`: there never was one.
    fn first_version(&self, key: &str) -> Result<Option<Version>, StoreError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let (container, wanted) = (Arc::clone(&self.container), key.to_owned());
        let standing = self.wait(0, async move { container.at(&wanted).await })?;
        Ok(standing.map_err(self.failed("look for", key))?.first)
    }

    pub(super) fn read(&self, key: &str, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(version) = self.first_version(key)? else { return Ok(None) };
        let (container, wanted) = (Arc::clone(&self.container), key.to_owned());
        let bytes = self.wait(1, async move { container.get(&wanted, &version, limit).await })?;
        bytes.map(Some).map_err(self.failed("read", key))
    }

    pub(super) fn read_present(&self, key: &str, limit: u64) -> Result<Vec<u8>, StoreError> {
        self.read(key, limit)?.ok_or_else(|| self.failed("read", key)(BlobFault::Absent))
    }

    /// The first version of a manifest, and ahead of being asked, of those that follow.
    pub(super) fn read_manifest(&self, sequence: Sequence) -> Result<Vec<u8>, StoreError> {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = ahead.take(sequence) {
            return Ok(bytes);
        }
        let key = |number| self.settings.location.key(&format!("{CHAIN}/{}", Sequence(number).commit_name()));
        let own = key(sequence.0);
        let first = self.first_version(&own)?.ok_or_else(|| self.failed("read", &own)(BlobFault::Absent))?;
        let mut objects = vec![(sequence.0, (own.clone(), first))];
        let following = sequence.0.saturating_add(1)..sequence.0.saturating_add(ahead.count(sequence));
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            objects.extend(following.map(|number| (number, key(number))).map_while(|(number, key)| {
                let version = known.get(&key)?.clone();
                Some((number, (key, version)))
            }));
        }
        let (container, limit) = (Arc::clone(&self.container), self.limits.manifest_bytes);
        let get = move |(key, version): (String, Version)| {
            let container = Arc::clone(&container);
            async move { container.get(&key, &version, limit).await }
        };
        let fetched =
            self.wait(objects.len(), ahead::fetch(objects, get, BlobFault::Call(CallFault::Cut)))?;
        let mut fetched = fetched.map_err(self.failed("read", &own))?;
        let bytes =
            fetched.remove(&sequence.0).ok_or_else(|| self.failed("read", &own)(BlobFault::Absent))?;
        ahead.hold(fetched);
        Ok(bytes)
    }

    /// The key that a manifest's `payload_path` names, if it lies in this very store.
    pub(super) fn package_key(&self, payload_path: &str) -> Result<String, StoreError> {
        let place = payload_path.split_once('#').map_or(payload_path, |(place, _)| place);
        let own = self.settings.location.url_of(&self.settings.location.prefix());
        let inside = place.strip_prefix(&own).unwrap_or(place);
        if is_package_place(inside) {
            Ok(self.settings.location.key(inside))
        } else {
            Err(StoreError::Place { path: place.chars().take(200).collect() })
        }
    }
}
