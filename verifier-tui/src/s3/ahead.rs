//! Objects that are fetched before they are asked for.
//!
//! A verification asks for one object after the other, by name; every answer takes a round trip. So what follows
//! in the listing is fetched meanwhile, many at a time. What was fetched is held in at most `ahead_bytes` (see
//! [`verify_core::limits::Limits`]), beside the objects that were asked for themselves. An object is handed out
//! as it came: nothing is kept that a later reading could be answered from, but small objects, which are
//! looked at first and read afterwards.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use super::fault::Fault;
use super::get::{Bucket, Fetched, Heard};
use super::listing::{Listing, Object};

/// What is read of every object at first: a package's manifest lies in there.
pub(super) const START_BYTES: u64 = 64 << 10;
/// Objects, or starts of them, that are fetched ahead of the one asked for.
const STARTS_AHEAD: usize = 32;
/// The same for whole packages.
const PACKAGES_AHEAD: usize = 6;
/// How far behind the object asked for they are looked for.
const FURTHEST_AHEAD: usize = 64;
/// Requests at the same time.
const REQUESTS: usize = 24;

/// How much of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    /// The first [`START_BYTES`]; only of larger objects.
    Start,
    /// All of it.
    Whole,
}

type Key = (usize, Part);
type Bytes = Arc<Vec<u8>>;

#[derive(Debug)]
enum Entry {
    OnTheWay { length: u64 },
    Here { result: Result<Bytes, Fault>, length: u64, since: u64, used: bool },
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<Key, Entry>,
    /// What is here or on the way takes so many bytes.
    bytes: u64,
    /// Counts what arrived.
    arrived: u64,
    /// Large objects that were handed out as a whole: they are not fetched ahead again.
    handed_out: HashSet<usize>,
    heard: HashMap<usize, Heard>,
}

/// What was fetched and is on the way.
#[derive(Debug)]
pub(super) struct Ahead {
    most_bytes: u64,
    state: Mutex<State>,
    arrival: Condvar,
    requests: Semaphore,
}

const fn is_small(object: &Object) -> bool {
    object.size <= START_BYTES
}

fn length(object: &Object, part: Part) -> u64 {
    match part {
        Part::Start => object.size.min(START_BYTES),
        Part::Whole => object.size,
    }
}

impl Ahead {
    pub(super) fn new(most_bytes: u64) -> Self {
        Self {
            most_bytes,
            state: Mutex::default(),
            arrival: Condvar::new(),
            requests: Semaphore::new(REQUESTS),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What S3 told about the object when it was fetched.
    pub(super) fn heard(&self, index: usize) -> Option<Heard> {
        self.state().heard.get(&index).cloned()
    }

    /// Part of an object, as soon as it is here.
    pub(super) fn get(
        self: &Arc<Self>,
        runtime: &Runtime,
        bucket: &Arc<Bucket>,
        listing: &Arc<Listing>,
        index: usize,
        part: Part,
    ) -> Result<Bytes, Fault> {
        let object = listing.objects.get(index).ok_or(Fault::Form)?;
        let key = (index, part);
        let mut state = self.state();
        let mut wanted = wanted(listing, index, part, &state.handed_out);
        loop {
            for key in wanted.drain(..) {
                self.start(&mut state, runtime, bucket, listing, key, key == (index, part));
            }
            if let Some(result) = state.take(key, object) {
                return result;
            }
            state = self.arrival.wait(state).unwrap_or_else(PoisonError::into_inner);
            // Another reader may have taken it away.
            wanted.push(key);
        }
    }

    /// Begins to fetch, unless it is here or on the way.
    fn start(
        self: &Arc<Self>,
        state: &mut State,
        runtime: &Runtime,
        bucket: &Arc<Bucket>,
        listing: &Arc<Listing>,
        key: Key,
        asked_for: bool,
    ) {
        let (index, part) = key;
        let Some(object) = listing.objects.get(index) else { return };
        if !state.admit(key, length(object, part), self.most_bytes, asked_for) {
            return;
        }
        let ask = !state.heard.contains_key(&index);
        let (ahead, bucket, listing) = (Arc::clone(self), Arc::clone(bucket), Arc::clone(listing));
        let fetch = Arc::clone(self);
        runtime.spawn(async move {
            // A task that broke must not be waited for for ever.
            let work = tokio::spawn(async move { fetch.fetch(&bucket, &listing, key, ask).await });
            let fetched = work.await.unwrap_or(Err(Fault::Form));
            ahead.state().put(key, fetched);
            ahead.arrival.notify_all();
        });
    }

    async fn fetch(&self, bucket: &Bucket, listing: &Listing, key: Key, ask: bool) -> Result<Fetched, Fault> {
        let (index, part) = key;
        match (listing.objects.get(index), self.requests.acquire().await) {
            (Some(object), Ok(_permit)) => {
                let start = (part == Part::Start).then_some(START_BYTES);
                bucket.get(object, start, ask).await
            }
            _ => Err(Fault::Form),
        }
    }
}

/// The object asked for and those that will be asked for behind it.
fn wanted(listing: &Listing, index: usize, part: Part, handed_out: &HashSet<usize>) -> Vec<Key> {
    let Some(object) = listing.objects.get(index) else { return Vec::new() };
    let behind = listing.objects.iter().enumerate().skip(index + 1);
    let mut keys = vec![(index, part)];
    if part == Part::Whole && !is_small(object) {
        let packages =
            behind.take(FURTHEST_AHEAD).filter(|(at, object)| !is_small(object) && !handed_out.contains(at));
        keys.extend(packages.take(PACKAGES_AHEAD).map(|(at, _)| (at, Part::Whole)));
    } else {
        let first_look = |object: &Object| if is_small(object) { Part::Whole } else { Part::Start };
        keys.extend(behind.take(STARTS_AHEAD).map(|(at, object)| (at, first_look(object))));
    }
    keys
}

impl State {
    /// Whether the part is to be fetched now. One that is only fetched ahead must find room.
    fn admit(&mut self, key: Key, length: u64, most: u64, asked_for: bool) -> bool {
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

    fn put(&mut self, key: Key, fetched: Result<Fetched, Fault>) {
        let result = fetched.map(|fetched| {
            if let Some(heard) = fetched.heard {
                self.heard.insert(key.0, heard);
            }
            Arc::new(fetched.bytes)
        });
        self.arrived += 1;
        let length = match self.entries.get(&key) {
            Some(Entry::OnTheWay { length } | Entry::Here { length, .. }) => *length,
            None => 0,
        };
        self.entries.insert(key, Entry::Here { result, length, since: self.arrived, used: false });
    }

    /// What is here; large objects and faults are not kept.
    fn take(&mut self, key: Key, object: &Object) -> Option<Result<Bytes, Fault>> {
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
mod tests {
    use super::*;

    const MOST: u64 = 1_000_000;

    fn object(size: u64) -> Object {
        Object {
            name: size.to_string(),
            exact: true,
            key: size.to_string(),
            version: "v1".to_owned(),
            size,
            others: Vec::new(),
            other_versions: 0,
            markers: 0,
        }
    }

    fn came(state: &mut State, key: Key, bytes: u64) {
        let bytes = vec![0; usize::try_from(bytes).unwrap()];
        state.put(key, Ok(Fetched { bytes, heard: None }));
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

    #[test]
    fn the_next_packages_are_fetched_ahead_and_never_twice() {
        let mut listing = Listing::default();
        listing.objects = (0..40).map(|at| object(if at % 4 == 0 { 10 } else { 100_000 })).collect();
        let keys = wanted(&listing, 1, Part::Whole, &HashSet::from([2, 5]));
        let indices: Vec<usize> = keys.iter().map(|key| key.0).collect();
        assert_eq!(indices, [1, 3, 6, 7, 9, 10, 11]);
        let keys = wanted(&listing, 0, Part::Whole, &HashSet::new());
        assert_eq!(keys.len(), 1 + STARTS_AHEAD);
        assert_eq!((keys[1], keys[4]), ((1, Part::Start), (4, Part::Whole)));
    }
}
