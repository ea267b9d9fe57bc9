//! The folder of an export: new or empty, no link, outside of the evidence; files in it are only ever new.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::exit::Ending;
use crate::refusal::Refusal;

/// A place for an export that was looked at; nothing is made yet.
#[derive(Debug)]
pub struct Place(PathBuf);

impl Place {
    /// Refuses everything but a new or empty folder outside of `evidence`.
    pub fn check(out: &Path, evidence: &Path) -> Result<Self, Refusal> {
        let shown = out.display();
        let refused = |why: &str| {
            let hint = "name a folder that is new or empty, outside of the evidence";
            Refusal::new(Ending::Usage, format!("{shown} {why}"), hint)
        };
        match fs::symlink_metadata(out) {
            Ok(metadata) if !metadata.is_dir() => return Err(refused("is no folder")),
            Ok(_) => match fs::read_dir(out).map(|mut entries| entries.next().is_none()) {
                Ok(true) => {}
                Ok(false) => return Err(refused("is not empty")),
                Err(error) => return Err(refused(&format!("cannot be looked into: {error}"))),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(refused(&format!("cannot be made: {error}"))),
        }
        let above = match out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let above = above.canonicalize().map_err(|error| refused(&format!("cannot be made: {error}")))?;
        let place = out.file_name().map_or_else(|| above.clone(), |name| above.join(name));
        if evidence.canonicalize().is_ok_and(|evidence| evidence.is_dir() && place.starts_with(evidence)) {
            return Err(refused("lies inside of the evidence"));
        }
        Ok(Self(out.to_owned()))
    }

    /// Makes the folder if it is not there, for its owner alone, and opens it.
    pub fn open(&self) -> io::Result<Opened> {
        system::open(&self.0)
    }
}

#[cfg(unix)]
pub use system::Opened;
#[cfg(not(unix))]
pub use system::Opened;

#[cfg(unix)]
mod system {
    use std::fs::{DirBuilder, File};
    use std::io::{self, Write};
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::DirBuilderExt;
    use std::path::Path;

    use rustix::fs::{CWD, Dir, Mode, OFlags, openat};

    /// An opened folder: what happens to its name afterwards does not matter.
    #[derive(Debug)]
    pub struct Opened(OwnedFd);

    pub(super) fn open(path: &Path) -> io::Result<Opened> {
        match DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = openat(CWD, path, flags, Mode::empty())?;
        for entry in Dir::read_from(&folder)? {
            if !matches!(entry?.file_name().to_bytes(), b"." | b"..") {
                return Err(io::Error::new(
                    io::ErrorKind::DirectoryNotEmpty,
                    "the folder is not empty any more",
                ));
            }
        }
        Ok(Opened(folder))
    }

    impl Opened {
        /// Makes a new file, readable for its owner alone; follows no link.
        pub fn create(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let mut file = File::from(openat(&self.0, name, flags, Mode::RUSR | Mode::WUSR)?);
            file.write_all(bytes)?;
            file.sync_all()
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::{self, File};
    use std::io::{self, Write};
    use std::path::{Path, PathBuf};

    /// A folder that was there, or was made.
    #[derive(Debug)]
    pub struct Opened(PathBuf);

    pub(super) fn open(path: &Path) -> io::Result<Opened> {
        match fs::create_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(Opened(path.to_owned())),
        }
    }

    impl Opened {
        /// Makes a new file.
        pub fn create(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
            let mut file = File::options().write(true).create_new(true).open(self.0.join(name))?;
            file.write_all(bytes)?;
            file.sync_all()
        }
    }
}
