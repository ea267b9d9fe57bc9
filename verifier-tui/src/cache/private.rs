//! Files and folders that are their user's alone.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

/// The bytes of a file, one more than expected at most.
pub(super) fn read(path: &Path, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(size.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Makes a folder, and those above it, that nobody else may look into.
#[cfg(unix)]
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Elsewhere a user's folders are the user's.
#[cfg(not(unix))]
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(path)
}

/// Makes a file that nobody else may read.
#[cfg(unix)]
pub(super) fn create(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// As its folder is.
#[cfg(not(unix))]
pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// What others than its owner may do.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// Whether a folder is a folder, and nobody else's.
#[cfg(unix)]
pub(super) fn is_own(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let data = fs::symlink_metadata(path)?;
    Ok(data.is_dir() && data.uid() == rustix::process::geteuid().as_raw() && data.mode() & OTHERS == 0)
}

/// Elsewhere a user's folders are the user's.
#[cfg(not(unix))]
pub(super) fn is_own(path: &Path) -> io::Result<bool> {
    Ok(fs::symlink_metadata(path)?.is_dir())
}
