//! A store in memory: what the trait asks for and nothing else, so that the suite shows what it demands of every store.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use collector::store::{Attachment, Commit, Store, StoreError, Terms, WritePackage};
use verify_core::model::Sequence;
use verify_core::time::UtcTime;

/// What several stores of one place share.
pub(crate) type Shelf = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// One opened store.
#[derive(Default)]
pub(crate) struct MemoryStore(pub(crate) Shelf);

impl MemoryStore {
    fn put(&self, name: String, bytes: &[u8]) -> bool {
        let mut held = self.0.lock().unwrap();
        let free = !held.contains_key(&name);
        if free {
            held.insert(name, bytes.to_vec());
        }
        free
    }

    fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap().get(name).cloned()
    }

    fn numbered(&self, ending: &str) -> Vec<Sequence> {
        let held = self.0.lock().unwrap();
        let names = held.keys().filter_map(|name| name.strip_prefix("chain/")?.strip_suffix(ending));
        names.map(|digits| Sequence(digits.parse().unwrap())).collect()
    }

    fn place(payload_path: &str) -> Result<&str, StoreError> {
        let place = payload_path.split('#').next().unwrap_or_default();
        let plain = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        };
        let inside = place.strip_prefix("packages/").is_some_and(|rest| rest.split('/').all(plain));
        if inside { Ok(place) } else { Err(StoreError::Place { path: place.to_owned() }) }
    }

    fn absent(name: &str) -> StoreError {
        StoreError::Call { doing: "read", path: name.to_owned(), source: std::io::ErrorKind::NotFound.into() }
    }
}

impl Store for MemoryStore {
    fn location(&self) -> String {
        "memory".to_owned()
    }

    fn records(&self) -> Result<u64, StoreError> {
        let found = self.numbered(".json");
        match (0_u64..).zip(&found).find(|(expected, found)| *expected != found.0) {
            Some((missing, _)) => {
                Err(StoreError::Hole { path: "memory".to_owned(), missing, newest: found.last().unwrap().0 })
            }
            None => Ok(found.len() as u64),
        }
    }

    fn manifest(&self, sequence: Sequence) -> Result<Vec<u8>, StoreError> {
        let name = format!("chain/{}", sequence.commit_name());
        self.get(&name).ok_or_else(|| Self::absent(&name))
    }

    fn terms(&self, _sealed_utc: UtcTime) -> Terms {
        Terms::default()
    }

    fn payload_path(&self, package: &str, member: &str) -> String {
        format!("{package}#{member}")
    }

    fn package(&self, payload_path: &str) -> Result<Vec<u8>, StoreError> {
        let place = Self::place(payload_path)?;
        self.get(place).ok_or_else(|| Self::absent(place))
    }

    fn put_package(&self, package: &str, _terms: &Terms, write: WritePackage<'_>) -> Result<(), StoreError> {
        let place = Self::place(package)?;
        let mut bytes = Vec::new();
        write(&mut bytes).map_err(StoreError::Package)?;
        if self.put(place.to_owned(), &bytes) {
            Ok(())
        } else {
            Err(StoreError::Taken { path: place.to_owned() })
        }
    }

    fn commit(&self, sequence: Sequence, _terms: &Terms, manifest: &[u8]) -> Result<Commit, StoreError> {
        let done = self.put(format!("chain/{}", sequence.commit_name()), manifest);
        Ok(if done { Commit::Done } else { Commit::Lost })
    }

    fn put_attachment(
        &self,
        sequence: Sequence,
        attachment: Attachment,
        bytes: &[u8],
    ) -> Result<Commit, StoreError> {
        let done = self.put(format!("chain/{}", attachment.name(sequence)), bytes);
        Ok(if done { Commit::Done } else { Commit::Lost })
    }

    fn attachment(&self, sequence: Sequence, attachment: Attachment) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.get(&format!("chain/{}", attachment.name(sequence))))
    }

    fn attachments(&self, attachment: Attachment) -> Result<Vec<Sequence>, StoreError> {
        Ok(self.numbered(attachment.ending()))
    }
}
