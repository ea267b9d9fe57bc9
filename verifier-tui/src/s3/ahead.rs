//! Objects that are fetched before they are asked for.
//!
//! A verification asks for one object after the other, by name; every answer takes a round trip. So what follows
//! in the listing is fetched meanwhile, many at a time. What was fetched is held in at most `ahead_bytes` (see
//! [`verify_core::limits::Limits`]), beside the objects that were asked for themselves. An object is handed out
//! as it came: nothing is kept that a later reading could be answered from, but small objects, which are
//! looked at first and read afterwards.

use std::collections::HashSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use super::fault::Fault;
use super::get::{Bucket, Fetched, Heard};
use super::listing::{Listing, Object};
use crate::stop::{BETWEEN_LOOKS, Stop};

mod state;

use state::{Bytes, Key, State, is_small, length};

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

/// What was fetched and is on the way.
#[derive(Debug)]
pub(super) struct Ahead {
    most_bytes: u64,
    state: Mutex<State>,
    arrival: Condvar,
    requests: Semaphore,
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
        self.state().heard(index)
    }

    /// Part of an object, as soon as it is here.
    pub(super) fn get(
        self: &Arc<Self>,
        runtime: &Runtime,
        stop: &Stop,
        bucket: &Arc<Bucket>,
        listing: &Arc<Listing>,
        index: usize,
        part: Part,
    ) -> Result<Bytes, Fault> {
        let object = listing.objects.get(index).ok_or(Fault::Form)?;
        let key = (index, part);
        let mut state = self.state();
        let mut wanted = wanted(listing, index, part, state.handed_out());
        loop {
            for key in wanted.drain(..) {
                self.start(&mut state, runtime, bucket, listing, key, key == (index, part));
            }
            if let Some(result) = state.take(key, object) {
                return result;
            }
            if stop.is_asked() {
                return Err(Fault::Stopped);
            }
            let again = self.arrival.wait_timeout(state, BETWEEN_LOOKS);
            state = again.unwrap_or_else(PoisonError::into_inner).0;
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
        let ask = state.heard(index).is_none();
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

#[cfg(test)]
mod tests {
    use super::state::object;
    use super::*;

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
