//! The rules that travel in packages, understood once per digest and shared between threads.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::open::Opened;
use crate::digest::Digest;
use crate::limits::Limits;
use crate::policy::{PolicyError, PolicyFiles};
use crate::profile::Profile;
use crate::schema::Schema;

/// Rules of one record; each `Err` says why it cannot be used.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) profile: Arc<Result<Profile, String>>,
    pub(super) policies: Arc<Result<PolicyFiles, PolicyError>>,
    /// State schemas by member path.
    pub(super) schemas: Arc<BTreeMap<String, Result<Schema, String>>>,
}

/// Rules by digest.
#[derive(Debug, Default)]
pub(super) struct RuleCache {
    profiles: Cache<Result<Profile, String>>,
    policies: Cache<Result<PolicyFiles, PolicyError>>,
    schemas: Cache<BTreeMap<String, Result<Schema, String>>>,
}

/// Sets of rules kept at most: an approval now and then is usual, one a day is not.
const KEPT: usize = 16;

#[derive(Debug)]
struct Cache<T>(Mutex<BTreeMap<Digest, Arc<T>>>);

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Cache<T> {
    fn get_or(&self, digest: Digest, make: impl FnOnce() -> T) -> Arc<T> {
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&digest) {
            return Arc::clone(known);
        }
        // Made outside of the lock: two threads may make the same once, none waits for the other.
        let fresh = Arc::new(make());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT {
            known.pop_first();
        }
        known.insert(digest, Arc::clone(&fresh));
        fresh
    }
}

impl RuleCache {
    /// The rules of an opened package. Only members that are sound are used, and the digests come
    /// from the members' own bytes, so a damaged package never answers from another's rules.
    pub(super) fn rules_of(&self, opened: &Opened<'_>, limits: &Limits) -> Rules {
        let digest_of = |folder: &str| opened.digest_below(folder);
        Rules {
            profile: self.profiles.get_or(digest_of("profile"), || read_profile(opened, limits)),
            policies: self.policies.get_or(digest_of("policies"), || {
                let files = opened
                    .below("policies")
                    .into_iter()
                    .filter_map(|(path, bytes)| Some((path.strip_prefix("policies/")?.to_owned(), bytes)))
                    .collect();
                PolicyFiles::new(files)
            }),
            schemas: self.schemas.get_or(digest_of("schemas"), || {
                opened
                    .below("schemas")
                    .into_iter()
                    .map(|(path, bytes)| {
                        (path, Schema::compile(&bytes, limits).map_err(|error| error.to_string()))
                    })
                    .collect()
            }),
        }
    }
}

fn read_profile(opened: &Opened<'_>, limits: &Limits) -> Result<Profile, String> {
    let files = opened.below("profile");
    let [(name, bytes)] = files.iter().collect::<Vec<_>>()[..] else {
        return Err(format!("expected one profile, found {}", files.len()));
    };
    if bytes.len() as u64 > limits.schema_bytes {
        return Err(format!("{name}: expected at most {} bytes, found {}", limits.schema_bytes, bytes.len()));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| format!("{name}: {error}"))?;
    Profile::from_toml(text).map_err(|error| match std::error::Error::source(&error) {
        Some(cause) => format!("{name}: {error}: {cause}"),
        None => format!("{name}: {error}"),
    })
}
