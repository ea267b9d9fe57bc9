//! What was fetched from a store, kept on this machine so that an interrupted verification goes on where it stopped.
//!
//! Evidence is confidential, so the folder is the user's alone, and one that others could look into is not used. A file
//! is named by the object version it was read from and by the SHA-256 of its bytes; both are checked when it is read
//! again, so one that was changed is fetched anew. Nothing here says anything about locks. That nothing can be kept
//! is no error of a verification.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use verify_core::digest::Digest;

mod private;
#[cfg(test)]
mod tests;

use private::{create, is_own, make_folder, read};

/// Bytes that are kept at most, if nothing else is said.
pub const USUAL_BYTES: u64 = 4 << 30;
/// The one folder that is made below the one that was named.
const FOLDER: &str = "verifier-objects";
/// What a file is called that is not complete.
const PARTIAL: &str = "part";
/// Digits of a place's digest in the name of its folder.
const PLACE_DIGITS: usize = 32;

/// Why nothing can be kept in a folder.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The system says no.
    #[error("{} cannot be used", .0.display())]
    Folder(PathBuf, #[source] io::Error),
    /// It is somebody else's, or others may look into it.
    #[error("{} is not this user's alone", .0.display())]
    Shared(PathBuf),
    /// Nothing says where this user keeps such files.
    #[error("this user has no folder for such files")]
    Homeless,
}

/// Kept objects of one place.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    most_bytes: u64,
    state: Mutex<State>,
    /// Nothing more is written after the first failure.
    full: AtomicBool,
    written: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// Of this place: SHA-256 and size, by version.
    entries: HashMap<Digest, (Digest, u64)>,
    /// Of other places, the oldest last.
    others: Vec<(SystemTime, PathBuf, u64)>,
    /// All of it.
    bytes: u64,
}

/// Where a user's caches lie.
#[must_use]
pub fn usual_base() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return named("LOCALAPPDATA");
    }
    if cfg!(target_os = "macos") {
        return named("HOME").map(|home| home.join("Library/Caches"));
    }
    named("XDG_CACHE_HOME").or_else(|| named("HOME").map(|home| home.join(".cache")))
}

/// The folder of everything kept below `base`.
#[must_use]
pub fn folder(base: &Path) -> PathBuf {
    base.join(FOLDER)
}

fn folder_of_place(base: &Path, place: &str) -> PathBuf {
    let digest = Digest::of(place.as_bytes()).to_string();
    folder(base).join(digest.get(..PLACE_DIGITS).unwrap_or(&digest))
}

/// Takes away what is kept of one place.
pub fn forget(base: &Path, place: &str) -> io::Result<()> {
    match fs::remove_dir_all(folder_of_place(base, place)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Takes everything away: how many files and bytes that were.
pub fn clear(base: &Path) -> io::Result<(u64, u64)> {
    let held = held(base)?;
    match fs::remove_dir_all(folder(base)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(held),
    }
}

/// Files and bytes that are kept.
pub fn held(base: &Path) -> io::Result<(u64, u64)> {
    let mut held = (0, 0);
    for_each_file(&folder(base), |_, _, size, _| {
        held.0 += 1;
        held.1 += size;
    })?;
    Ok(held)
}

/// Calls `each` with folder, name, size and time of every file of every place.
fn for_each_file(all: &Path, mut each: impl FnMut(&Path, &OsStr, u64, SystemTime)) -> io::Result<()> {
    let places = match fs::read_dir(all) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        places => places?,
    };
    for place in places {
        let place = place?;
        if !place.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(place.path())? {
            let file = file?;
            let data = file.metadata()?;
            if data.is_file() {
                let changed = data.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                each(&place.path(), &file.file_name(), data.len(), changed);
            }
        }
    }
    Ok(())
}

impl Cache {
    /// What is kept of `place` below `base`, and room for more.
    pub fn open(base: &Path, place: &str, most_bytes: u64) -> Result<Self, CacheError> {
        let all = folder(base);
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| CacheError::Folder(path, error)
        };
        make_folder(&all).map_err(failed(&all))?;
        if !is_own(&all).map_err(failed(&all))? {
            return Err(CacheError::Shared(all));
        }
        let own = folder_of_place(base, place);
        make_folder(&own).map_err(failed(&own))?;
        let mut state = State::default();
        for_each_file(&all, |folder, name, size, changed| {
            state.bytes += size;
            match entry(name).filter(|_| folder == own) {
                Some((version, sha256)) => {
                    state.entries.insert(version, (sha256, size));
                }
                None => state.others.push((changed, folder.join(name), size)),
            }
        })
        .map_err(failed(&all))?;
        state.others.sort_by_key(|(changed, ..)| Reverse(*changed));
        Ok(Self {
            folder: own,
            most_bytes,
            state: Mutex::new(state),
            full: AtomicBool::new(false),
            written: AtomicU64::new(0),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, version: &Digest, sha256: &Digest) -> PathBuf {
        self.folder.join(format!("{version}-{sha256}"))
    }

    /// The kept bytes of a version, with their SHA-256; `None` if there are none that still have the digest they are
    /// named by.
    #[must_use]
    pub fn get(&self, version: &Digest) -> Option<(Vec<u8>, Digest)> {
        let (sha256, size) = self.state().entries.get(version).copied()?;
        let path = self.path(version, &sha256);
        match read(&path, size) {
            Ok(bytes) if Digest::of(&bytes) == sha256 => Some((bytes, sha256)),
            _ => {
                self.remove(version);
                None
            }
        }
    }

    /// Takes away what is kept of a version.
    pub fn remove(&self, version: &Digest) {
        let mut state = self.state();
        if let Some((sha256, size)) = state.entries.remove(version) {
            state.bytes = state.bytes.saturating_sub(size);
            // If it cannot be taken away it is looked at again next time, and found to be as wrong.
            let _gone = fs::remove_file(self.path(version, &sha256));
        }
    }

    /// Keeps the bytes of a version, if there is room.
    pub fn put(&self, version: &Digest, bytes: &[u8]) {
        let size = bytes.len() as u64;
        if self.full.load(Ordering::Relaxed) || !self.admit(version, size) {
            return;
        }
        let sha256 = Digest::of(bytes);
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let partial = self.folder.join(format!("{version}.{}.{number}.{PARTIAL}", std::process::id()));
        let written = create(&partial)
            .and_then(|mut file| file.write_all(bytes))
            .and_then(|()| fs::rename(&partial, self.path(version, &sha256)));
        let mut state = self.state();
        if written.is_ok() {
            state.entries.insert(*version, (sha256, size));
        } else {
            state.bytes = state.bytes.saturating_sub(size);
            self.full.store(true, Ordering::Relaxed);
            let _gone = fs::remove_file(&partial);
        }
    }

    /// Makes room by taking away what is kept of other places, the oldest first. What this place has is never
    /// taken away for more of it: it is read in order, and what comes first would go first.
    fn admit(&self, version: &Digest, size: u64) -> bool {
        let mut state = self.state();
        if state.entries.contains_key(version) {
            return false;
        }
        while state.bytes.saturating_add(size) > self.most_bytes {
            let Some((_, path, freed)) = state.others.pop() else { return false };
            if fs::remove_file(path).is_err() {
                return false;
            }
            state.bytes = state.bytes.saturating_sub(freed);
        }
        state.bytes = state.bytes.saturating_add(size);
        true
    }
}

/// Version and SHA-256 in the name of a file.
fn entry(name: &OsStr) -> Option<(Digest, Digest)> {
    let (version, sha256) = name.to_str()?.split_once('-')?;
    Some((version.parse().ok()?, sha256.parse().ok()?))
}
