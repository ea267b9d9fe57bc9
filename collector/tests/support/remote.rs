//! A store that can be out of reach: a folder behind a line that is cut at any call, before or after it was done.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use collector::aws::CallError;
use collector::store::{
    Attachment, Commit, DirStore, FileCalls, RealFiles, S3Fault, Store, StoreError, Terms, WritePackage,
};
use verify_core::model::Sequence;
use verify_core::time::UtcTime;

/// Real files that nobody waits for on their way to the disk: a process that dies, or a line that is cut, leaves them
/// as they are, and these tests write thousands of them.
pub(crate) struct Quick;

impl FileCalls for Quick {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        RealFiles.create_dir(path)
    }

    fn create_new(&self, path: &Path) -> io::Result<File> {
        RealFiles.create_new(path)
    }

    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        RealFiles.write(file, bytes)
    }

    fn set_read_only(&self, file: &File) -> io::Result<()> {
        RealFiles.set_read_only(file)
    }

    fn sync(&self, _file: &File) -> io::Result<()> {
        Ok(())
    }

    fn sync_dir(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealFiles.link(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealFiles.remove(path)
    }

    fn remove_abandoned(&self, path: &Path) -> io::Result<bool> {
        RealFiles.remove_abandoned(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<OsString>> {
        RealFiles.list(path)
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        RealFiles.read(path, limit)
    }
}

/// Where the line is cut: before the call is done, or after, with its answer lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Before(usize),
    After(usize),
}

/// The store, as one run reaches it.
pub(crate) struct Remote {
    inner: DirStore,
    root: PathBuf,
    down: AtomicBool,
    cut: Option<Cut>,
    calls: AtomicUsize,
}

impl Remote {
    pub(crate) fn up(root: &Path) -> Self {
        Self::over(root, Arc::new(Quick))
    }

    pub(crate) fn over(root: &Path, files: Arc<dyn FileCalls>) -> Self {
        Self {
            inner: DirStore::with_files(root, files),
            root: root.to_owned(),
            down: AtomicBool::new(false),
            cut: None,
            calls: AtomicUsize::new(0),
        }
    }

    /// Cut for good at one call.
    pub(crate) fn cut(root: &Path, cut: Cut) -> Self {
        Self { cut: Some(cut), ..Self::up(root) }
    }

    pub(crate) fn down(self) -> Self {
        self.down.store(true, Ordering::SeqCst);
        self
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn call<T>(
        &self,
        doing: &'static str,
        call: impl FnOnce(&DirStore) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let place = "s3://acme/evidence".to_owned();
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        if self.cut == Some(Cut::Before(number)) {
            self.down.store(true, Ordering::SeqCst);
        }
        if self.down.load(Ordering::SeqCst) {
            return Err(StoreError::S3 { doing, place, source: S3Fault::Call(CallError::Unreachable) });
        }
        let done = call(&self.inner);
        if self.cut == Some(Cut::After(number)) {
            self.down.store(true, Ordering::SeqCst);
            return Err(StoreError::Open { place, source: Box::new(S3Fault::Call(CallError::Late)) });
        }
        done
    }
}

impl Store for Remote {
    fn location(&self) -> String {
        "s3://acme/evidence".to_owned()
    }

    fn records(&self) -> Result<u64, StoreError> {
        self.call("list", Store::records)
    }

    fn manifest(&self, sequence: Sequence) -> Result<Vec<u8>, StoreError> {
        self.call("read", |inner| inner.manifest(sequence))
    }

    fn terms(&self, sealed_utc: UtcTime) -> Terms {
        self.inner.terms(sealed_utc)
    }

    fn payload_path(&self, package: &str, member: &str) -> String {
        self.inner.payload_path(package, member)
    }

    fn package(&self, payload_path: &str) -> Result<Vec<u8>, StoreError> {
        self.call("read", |inner| inner.package(payload_path))
    }

    fn put_package(&self, package: &str, terms: &Terms, write: WritePackage<'_>) -> Result<(), StoreError> {
        self.call("store", |inner| inner.put_package(package, terms, write))
    }

    fn commit(&self, sequence: Sequence, terms: &Terms, manifest: &[u8]) -> Result<Commit, StoreError> {
        self.call("store", |inner| inner.commit(sequence, terms, manifest))
    }

    fn put_attachment(
        &self,
        sequence: Sequence,
        attachment: Attachment,
        bytes: &[u8],
    ) -> Result<Commit, StoreError> {
        // Whatever is signed or stamped must be committed by then.
        assert!(
            self.root.join("chain").join(sequence.commit_name()).is_file(),
            "{sequence} is signed too early"
        );
        self.call("store", |inner| inner.put_attachment(sequence, attachment, bytes))
    }

    fn attachment(&self, sequence: Sequence, attachment: Attachment) -> Result<Option<Vec<u8>>, StoreError> {
        self.call("read", |inner| inner.attachment(sequence, attachment))
    }

    fn attachments(&self, attachment: Attachment) -> Result<Vec<Sequence>, StoreError> {
        self.call("list", |inner| inner.attachments(attachment))
    }
}
