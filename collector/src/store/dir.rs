//! The directory store: `chain/` and `packages/` below one root, write-once by construction.
//!
//! A file is first written completely under a temporary name in its final folder, made read-only
//! and flushed; then it gets its final name as a hard link, which fails if that name exists; then
//! the folder is flushed and the temporary name removed. So a final name only ever stands for a
//! whole file, and no name is ever used twice. It refuses file systems without hard links.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use verify_core::limits::Limits;
use verify_core::model::Sequence;
use verify_core::time::UtcTime;

use super::names::{CHAIN, COMMIT_ENDING, hole, is_package_place, sequence_of};
use super::{
    ATTACHMENT_BYTES, Attachment, Commit, FileCalls, RealFiles, Store, StoreError, Terms, WritePackage,
};

const TEMPORARY_ENDING: &str = ".part";

/// Bytes handed to one write call: packages are written in blocks, not byte by byte.
const BLOCK: usize = 1 << 20;

/// Evidence in a folder.
pub struct DirStore {
    root: PathBuf,
    files: Arc<dyn FileCalls>,
    limits: Limits,
    temporary: AtomicU32,
}

impl DirStore {
    /// The store at `root`, which need not exist yet.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self::with_files(root, Arc::new(RealFiles))
    }

    /// As [`new`](Self::new), with the file calls of the caller.
    #[must_use]
    pub fn with_files(root: impl Into<PathBuf>, files: Arc<dyn FileCalls>) -> Self {
        Self { root: root.into(), files, limits: Limits::default(), temporary: AtomicU32::new(0) }
    }

    /// The folder of the store.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Writes a new file in full and gives it its name; [`Commit::Lost`] when that name is taken.
    pub(crate) fn publish(&self, path: &Path, write: WritePackage<'_>) -> Result<Commit, StoreError> {
        let Some(folder) = path.parent() else {
            return Err(StoreError::Place { path: path.display().to_string() });
        };
        self.create_folders(folder)?;
        self.sweep(folder)?;
        let (temporary, mut file) = self.create_temporary(path, folder)?;
        let filled = self.fill(&temporary, &mut file, write);
        let linked = filled.and_then(|()| match self.files.link(&temporary, path) {
            Ok(()) => Ok(Commit::Done),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Commit::Lost),
            Err(source) => Err(call("link", path, source)),
        });
        // The outcome stands already; a temporary name that stays is swept by the next writer.
        let flushed = self.files.sync_dir(folder).map_err(|source| call("flush", folder, source));
        let removed = self.files.remove(&temporary).map_err(|source| call("remove", &temporary, source));
        let commit = linked?;
        flushed?;
        removed?;
        Ok(commit)
    }

    fn fill(&self, temporary: &Path, file: &mut File, write: WritePackage<'_>) -> Result<(), StoreError> {
        let mut sink =
            BufWriter::with_capacity(BLOCK, Counted { files: self.files.as_ref(), file, failed: None });
        let written = write(&mut sink);
        let flushed = sink.flush();
        let (counted, _) = sink.into_parts();
        if let Some(source) = counted.failed {
            return Err(call("write", temporary, source));
        }
        written.map_err(StoreError::Package)?;
        flushed.map_err(|source| call("write", temporary, source))?;
        self.files.set_read_only(file).map_err(|source| call("protect", temporary, source))?;
        self.files.sync(file).map_err(|source| call("flush", temporary, source))
    }

    fn create_temporary(&self, path: &Path, folder: &Path) -> Result<(PathBuf, File), StoreError> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut refused = io::Error::from(io::ErrorKind::AlreadyExists);
        for _ in 0..100 {
            let number = self.temporary.fetch_add(1, Ordering::Relaxed);
            let temporary = folder.join(format!(".{name}.{}-{number}{TEMPORARY_ENDING}", std::process::id()));
            match self.files.create_new(&temporary) {
                Ok(file) => return Ok((temporary, file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => refused = error,
                Err(source) => return Err(call("create", &temporary, source)),
            }
        }
        Err(call("create a temporary name for", path, refused))
    }

    /// Removes temporary names that dead writers left in a folder; never anything else.
    fn sweep(&self, folder: &Path) -> Result<(), StoreError> {
        let names = self.files.list(folder).map_err(|source| call("list", folder, source))?;
        for name in names {
            let text = name.to_string_lossy();
            if text.starts_with('.') && text.ends_with(TEMPORARY_ENDING) {
                let path = folder.join(&name);
                // A neighbour may sweep at the same time, or lack of permission may forbid it:
                // the left-over is harmless either way, so it never stops a commit.
                let _swept = self.files.remove_abandoned(&path);
            }
        }
        Ok(())
    }

    /// Creates every missing folder from the root down, flushing each parent's list of names.
    fn create_folders(&self, folder: &Path) -> Result<(), StoreError> {
        if folder.is_dir() || folder.as_os_str().is_empty() {
            return Ok(());
        }
        if let Some(parent) = folder.parent() {
            self.create_folders(parent)?;
        }
        self.files.create_dir(folder).map_err(|source| call("create folder", folder, source))?;
        match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => {
                self.files.sync_dir(parent).map_err(|source| call("flush", parent, source))
            }
            _ => Ok(()),
        }
    }

    /// Resolves a recorded place without ever leaving `packages/`.
    fn package_file(&self, place: &str) -> Result<PathBuf, StoreError> {
        if is_package_place(place) {
            Ok(self.root.join(place))
        } else {
            Err(StoreError::Place { path: place.chars().take(200).collect() })
        }
    }

    fn commit_file(&self, sequence: Sequence) -> PathBuf {
        self.root.join(CHAIN).join(sequence.commit_name())
    }

    /// Ascending sequences of all files `<10 digits><ending>` under `chain/`.
    fn numbered(&self, ending: &str) -> Result<Vec<Sequence>, StoreError> {
        let folder = self.root.join(CHAIN);
        let names = match self.files.list(&folder) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(call("list", &folder, source)),
        };
        let mut found: Vec<Sequence> =
            names.iter().filter_map(|name| sequence_of(&name.to_string_lossy(), ending)).collect();
        found.sort_unstable();
        Ok(found)
    }
}

impl Store for DirStore {
    fn location(&self) -> String {
        self.root.display().to_string()
    }

    fn records(&self) -> Result<u64, StoreError> {
        let found = self.numbered(COMMIT_ENDING)?;
        if let (Some(missing), Some(newest)) = (hole(&found), found.last()) {
            let path = self.root.join(CHAIN).display().to_string();
            return Err(StoreError::Hole { path, missing, newest: newest.0 });
        }
        Ok(found.len() as u64)
    }

    fn manifest(&self, sequence: Sequence) -> Result<Vec<u8>, StoreError> {
        let path = self.commit_file(sequence);
        self.files.read(&path, self.limits.manifest_bytes).map_err(|source| call("read", &path, source))
    }

    fn terms(&self, _sealed_utc: UtcTime) -> Terms {
        Terms::default()
    }

    fn payload_path(&self, package: &str, member: &str) -> String {
        format!("{package}#{member}")
    }

    fn package(&self, payload_path: &str) -> Result<Vec<u8>, StoreError> {
        let place = payload_path.split_once('#').map_or(payload_path, |(place, _)| place);
        let path = self.package_file(place)?;
        self.files.read(&path, self.limits.package_bytes).map_err(|source| call("read", &path, source))
    }

    fn put_package(&self, package: &str, _terms: &Terms, write: WritePackage<'_>) -> Result<(), StoreError> {
        let path = self.package_file(package)?;
        match self.publish(&path, write)? {
            Commit::Done => Ok(()),
            Commit::Lost => Err(StoreError::Taken { path: path.display().to_string() }),
        }
    }

    fn commit(&self, sequence: Sequence, _terms: &Terms, manifest: &[u8]) -> Result<Commit, StoreError> {
        let path = self.commit_file(sequence);
        self.publish(&path, &mut |sink| Ok(sink.write_all(manifest)?))
    }

    fn put_attachment(
        &self,
        sequence: Sequence,
        attachment: Attachment,
        bytes: &[u8],
    ) -> Result<Commit, StoreError> {
        let path = self.root.join(CHAIN).join(attachment.name(sequence));
        self.publish(&path, &mut |sink| Ok(sink.write_all(bytes)?))
    }

    fn attachment(&self, sequence: Sequence, attachment: Attachment) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.root.join(CHAIN).join(attachment.name(sequence));
        match self.files.read(&path, ATTACHMENT_BYTES) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(call("read", &path, source)),
        }
    }

    fn attachments(&self, attachment: Attachment) -> Result<Vec<Sequence>, StoreError> {
        self.numbered(attachment.ending())
    }
}

fn call(doing: &'static str, path: &Path, source: io::Error) -> StoreError {
    StoreError::Call { doing, path: path.display().to_string(), source }
}

/// Sends what is written through the file calls, and keeps the error that ended it.
struct Counted<'a> {
    files: &'a dyn FileCalls,
    file: &'a mut File,
    failed: Option<io::Error>,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.files.write(self.file, bytes) {
            let kind = error.kind();
            self.failed = Some(error);
            return Err(kind.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
