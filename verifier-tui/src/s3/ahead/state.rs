//! What was fetched and what is on the way, within its bytes: what is let in, what makes room, what is handed out.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::super::fault::Fault;
use super::super::get::{Fetched, Heard};
use super::super::listing::Object;
use super::{Part, START_BYTES};

/// An object, and how much of it.
pub(super) type Key = (usize, Part);
/// What was read.
pub(super) type Bytes = Arc<Vec<u8>>;

#[derive(Debug)]
enum Entry {
    OnTheWay { length: u64 },
    Here { result: Result<Bytes, Fault>, length: u64, since: u64, used: bool },
}

/// Everything that is held.
#[derive(Debug, Default)]
pub(super) struct State {
    entries: HashMap<Key, Entry>,
    /// What is here or on the way takes so many bytes.
    bytes: u64,
    /// Counts what arrived.
    arrived: u64,
    /// Large objects that were handed out as a whole: they are not fetched ahead again.
    handed_out: HashSet<usize>,
    heard: HashMap<usize, Heard>,
}

/// Whether an object is read as a whole when it is looked at.
pub(super) const fn is_small(object: &Object) -> bool {
    object.size <= START_BYTES
}

/// Bytes of a part.
pub(super) fn length(object: &Object, part: Part) -> u64 {
    match part {
        Part::Start => object.size.min(START_BYTES),
        Part::Whole => object.size,
    }
}

impl State {
    /// What S3 told about the object.
    pub(super) fn heard(&self, index: usize) -> Option<Heard> {
        self.heard.get(&index).cloned()
    }

    /// Large objects that were handed out as a whole already.
    pub(super) const fn handed_out(&self) -> &HashSet<usize> {
        &self.handed_out
    }

    /// Whether the part is to be fetched now. One that is only fetched ahead must find room.
    pub(super) fn admit(&mut self, key: Key, length: u64, most: u64, asked_for: bool) -> bool {
        if self.entries.contains_key(&key) {
            return false;
        }
        // What was looked at already was looked at for the last time, unless it is asked for again.
        if !asked_for && self.heard.contains_key(&key.0) && key.1 == Part::Start {
            return false;
        }
        self.make_room(length, most, asked_for);
        if !asked_for && self.bytes.saturating_add(length) > most {
            return false;
        }
        self.bytes = self.bytes.saturating_add(length);
        self.entries.insert(key, Entry::OnTheWay { length });
        true
    }

    /// Drops what was used already, the oldest first, and if need be what was fetched in vain.
    fn make_room(&mut self, length: u64, most: u64, asked_for: bool) {
        if self.bytes.saturating_add(length) <= most {
            return;
        }
        let mut old: BTreeMap<(bool, u64), (Key, u64)> = BTreeMap::new();
        for (key, entry) in &self.entries {
            if let Entry::Here { length, since, used, .. } = entry
                && (*used || asked_for)
            {
                old.insert((!used, *since), (*key, *length));
            }
        }
        for (key, size) in old.into_values() {
            if self.bytes.saturating_add(length) <= most {
                return;
            }
            self.entries.remove(&key);
            self.bytes = self.bytes.saturating_sub(size);
        }
    }

    /// What came.
    pub(super) fn put(&mut self, key: Key, fetched: Result<Fetched, Fault>) {
        let result = fetched.map(|fetched| {
            if let Some(heard) = fetched.heard {
                self.heard.insert(key.0, heard);
            }
            fetched.bytes
        });
        self.arrived += 1;
        let length = match self.entries.get(&key) {
            Some(Entry::OnTheWay { length } | Entry::Here { length, .. }) => *length,
            None => 0,
        };
        self.entries.insert(key, Entry::Here { result, length, since: self.arrived, used: false });
    }

    /// What is here; large objects and faults are not kept.
    pub(super) fn take(&mut self, key: Key, object: &Object) -> Option<Result<Bytes, Fault>> {
        let Some(Entry::Here { result, used, .. }) = self.entries.get_mut(&key) else { return None };
        let keep = is_small(object) && result.is_ok();
        if keep {
            *used = true;
            return Some(result.clone());
        }
        let result = result.clone();
        self.entries.remove(&key);
        self.bytes = self.bytes.saturating_sub(length(object, key.1));
        if key.1 == Part::Whole {
            self.handed_out.insert(key.0);
        }
        Some(result)
    }
}

#[cfg(test)]
pub(super) use tests::object;

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u64 = 1_000_000;

    pub(in crate::s3) fn object(size: u64) -> Object {
        Object {
            name: size.to_string(),
            exact: true,
            key: size.to_string(),
            version: "v1".to_owned(),
            size,
            tag: String::new(),
            others: Vec::new(),
            other_versions: 0,
            markers: 0,
        }
    }

    fn came(state: &mut State, key: Key, bytes: u64) {
        let bytes = vec![0; usize::try_from(bytes).unwrap()];
        state.put(key, Ok(Fetched { bytes: Arc::new(bytes), heard: None }));
    }

    #[test]
    fn what_is_fetched_ahead_stays_within_its_bytes_and_what_is_asked_for_always_comes() {
        let mut state = State::default();
        let large = object(400_000);
        assert!(state.admit((0, Part::Whole), large.size, MOST, true));
        assert!(state.admit((1, Part::Whole), large.size, MOST, false));
        assert!(!state.admit((2, Part::Whole), large.size, MOST, false), "no room is left");
        assert!(!state.admit((1, Part::Whole), large.size, MOST, true), "it is on the way");
        assert!(state.admit((3, Part::Whole), large.size, MOST, true));
        assert_eq!(state.bytes, 1_200_000);
        came(&mut state, (1, Part::Whole), large.size);
        // What was fetched in vain makes room for what is asked for.
        assert!(state.admit((4, Part::Whole), 100, MOST, true));
        assert_eq!(state.bytes, 800_100);
        assert!(!state.entries.contains_key(&(1, Part::Whole)));
    }

    #[test]
    fn large_objects_and_faults_are_handed_out_once_small_objects_are_kept_while_there_is_room() {
        let mut state = State::default();
        let (small, large) = (object(1_000), object(900_000));
        for (index, object) in [(0, &small), (1, &large)] {
            assert!(state.admit((index, Part::Whole), object.size, MOST, true));
            assert!(state.take((index, Part::Whole), object).is_none(), "it is not here yet");
            came(&mut state, (index, Part::Whole), object.size);
        }
        assert_eq!(state.take((1, Part::Whole), &large).unwrap().unwrap().len(), 900_000);
        assert!(state.take((1, Part::Whole), &large).is_none() && state.handed_out.contains(&1));
        for _ in 0..2 {
            assert_eq!(state.take((0, Part::Whole), &small).unwrap().unwrap().len(), 1_000);
        }
        assert!(state.admit((2, Part::Whole), MOST, MOST, false), "what was used makes room");
        assert_eq!(state.bytes, MOST);
        state.put((2, Part::Whole), Err(Fault::Body));
        assert_eq!(state.take((2, Part::Whole), &object(MOST)).unwrap(), Err(Fault::Body));
        assert_eq!((state.bytes, state.entries.len()), (0, 0));
    }
}
