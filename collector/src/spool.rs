//! The local spool: cycles that are sealed while the store cannot be reached wait here, linked, for their commit.
//!
//! ```text
//! <spool>/store                     which store this spool is for
//! <spool>/copy/chain, copy/packages what of that store the next cycle needs: every manifest, the newest note and
//!                                   token, small records, and the snapshots that a cycle is compared with
//! <spool>/known/<10 digits>         how many records are copied with everything they need
//! <spool>/waiting-<4 digits>/*.zip  the packages that wait, one per record
//! <spool>/noted/*.zip               an empty file for each of them: one that vanishes is missed
//! <spool>/lock                      held by the one run that works here
//! ```
//!
//! A package goes into the spool before it goes to the store, and leaves it after its commit was confirmed; in
//! between a crash may happen at any moment. What waits is committed in its order and byte for byte as it was
//! sealed, or, if it cannot be the next record, sealed anew behind the newest one ([`SpoolStore::drain`]). It refuses
//! a folder that others may open, a spool of another store, and every file that is not as it was written.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::store::{Commit, DirStore, FileCalls, RealFiles, Store, StoreError};

mod aside;
mod copies;
mod drain;
mod error;
mod noted;
mod queue;
mod relink;
mod store;
mod waiting;

pub use drain::{Drain, Stored};
pub use error::SpoolError;
use queue::{Queue, call};
pub use store::SpoolStore;
pub use waiting::Waiting;

const STORE: &str = "store";
const LOCK: &str = "lock";
/// How often, and how long apart, a lock is asked for that another run holds.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(100);
/// Bytes of the file that names the store.
const LONGEST_LOCATION: u64 = 4_096;

/// The folder of a spool, for the one run that holds it.
pub struct Spool {
    folder: PathBuf,
    files: Arc<dyn FileCalls>,
    copy: DirStore,
    queue: Mutex<Queue>,
    _lock: File,
}

impl Spool {
    /// The spool in `folder` for the store at `location`; made if it is not there.
    pub fn open(folder: impl Into<PathBuf>, location: &str) -> Result<Self, StoreError> {
        Self::with_files(folder, location, Arc::new(RealFiles))
    }

    /// As [`open`](Self::open), with the file calls of the caller.
    pub fn with_files(
        folder: impl Into<PathBuf>,
        location: &str,
        files: Arc<dyn FileCalls>,
    ) -> Result<Self, StoreError> {
        let folder = folder.into();
        make_private(&folder)?;
        let lock = lock(&folder)?;
        let copy = DirStore::with_files(folder.join("copy"), Arc::clone(&files));
        let queue = Mutex::new(Queue::open(&folder, &files)?);
        let spool = Self { folder, files, copy, queue, _lock: lock };
        spool.bind(location)?;
        Ok(spool)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The records that wait for `store`, in the order of the chain, each proven whole.
    pub fn waiting(&self, store: &dyn Store) -> Result<Vec<Waiting>, SpoolError> {
        let queue = self.queue();
        let mut waiting = queue
            .packages()?
            .into_iter()
            .map(|name| Waiting::prove(&queue.path(&name), &queue.read(&name)?, store))
            .collect::<Result<Vec<_>, _>>()?;
        waiting.sort_by_key(|waiting| waiting.manifest.sequence);
        for pair in waiting.windows(2) {
            if let [before, after] = pair
                && after.manifest.previous_manifest_sha256 != Some(before.digest())
            {
                let problem = format!("it does not follow {}", before.path.display());
                return Err(SpoolError::Damaged { path: after.path.clone(), problem });
            }
        }
        Ok(waiting)
    }

    fn copy(&self) -> &DirStore {
        &self.copy
    }

    fn queue(&self) -> Queue {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes `next` the queue.
    fn adopt(&self, next: &Queue) -> Result<(), StoreError> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        self.strike_all(&queue)?;
        next.take_over_from(&queue)?;
        *queue = next.clone();
        drop(queue);
        let names = next.packages()?;
        self.note(names.iter().map(String::as_str))
    }

    /// A record that waited is committed: it is copied, known, and waits no longer.
    fn settle(&self, waiting: &Waiting) -> Result<(), StoreError> {
        let queue = self.queue();
        self.copy_package(&waiting.place, &queue.read(waiting.name())?)?;
        self.copy_manifest(waiting.manifest.sequence, &waiting.bytes)?;
        self.know(waiting.manifest.sequence.next().0)?;
        Ok(self.give_up(waiting)?)
    }

    fn bind(&self, location: &str) -> Result<(), StoreError> {
        let path = self.folder.join(STORE);
        match self.copy.publish(&path, &mut |sink| Ok(sink.write_all(location.as_bytes())?))? {
            Commit::Done => Ok(()),
            Commit::Lost => {
                let found = self.files.read(&path, LONGEST_LOCATION).map_err(call("read", &path))?;
                if found == location.as_bytes() {
                    return Ok(());
                }
                let found = String::from_utf8_lossy(&found).chars().filter(|c| !c.is_control()).collect();
                Err(SpoolError::Foreign { path, expected: location.to_owned(), found }.into())
            }
        }
    }
}

fn make_private(folder: &Path) -> Result<(), SpoolError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(call("create folder", folder))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder).map_err(call("look at", folder))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(SpoolError::Shared(folder.to_owned()));
        }
    }
    Ok(())
}

fn lock(folder: &Path) -> Result<File, SpoolError> {
    let path = folder.join(LOCK);
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(call("open", &path))?;
    // A run that is just ending is waited for; whatever takes longer is told.
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(call("lock", &path)(error)),
        }
    }
    Err(SpoolError::Busy(folder.to_owned()))
}
