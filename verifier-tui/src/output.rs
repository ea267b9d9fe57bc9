//! The few files this program writes: where the user says, never over anything, never beside the evidence.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::exit::Ending;
use crate::refusal::Refusal;

/// The way to `path` without links, so that it can be compared with another one. The last part need not exist.
fn resolved(path: &Path) -> io::Result<PathBuf> {
    let parent = match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return Err(io::Error::from(io::ErrorKind::InvalidInput)),
    };
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    Ok(parent.canonicalize()?.join(name))
}

/// Whether a resolved place is the evidence at `evidence`, or lies in it.
fn is_inside(place: &Path, evidence: &Path) -> bool {
    evidence.canonicalize().is_ok_and(|evidence| place.starts_with(evidence))
}

/// Refuses to take `what`, which the option `option` names, from inside of the evidence at `evidence`: whoever made
/// the evidence may have made that, too. Links are followed first. What is not there is somebody else's to tell.
pub fn from_outside(path: &Path, evidence: &Path, option: &str, what: &str) -> Result<(), Refusal> {
    let taken_from_inside =
        path.canonicalize().is_ok_and(|place| !place.is_dir() && is_inside(&place, evidence));
    if taken_from_inside {
        return Err(Refusal::new(
            Ending::Usage,
            format!(
                "{option}: {} lies inside of the evidence {}: {what} from there proves nothing",
                path.display(),
                evidence.display()
            ),
            "keep your copy outside, where the owner of the evidence cannot reach it",
        ));
    }
    Ok(())
}

/// Refuses a place that exists, whose folder does not, or that lies in the evidence at `evidence`.
pub fn outside(path: &Path, evidence: &Path) -> Result<(), Refusal> {
    let shown = path.display();
    let place = resolved(path).map_err(|error| {
        Refusal::new(
            Ending::Usage,
            format!("cannot write {shown}: {error}"),
            "--out names something new in a folder that exists",
        )
    })?;
    if fs::symlink_metadata(&place).is_ok() {
        return Err(Refusal::new(
            Ending::Usage,
            format!("{shown} exists already: nothing is ever written over"),
            "name another one; what was kept before stays as it is",
        ));
    }
    if is_inside(&place, evidence) {
        return Err(Refusal::new(
            Ending::Usage,
            format!(
                "{shown} lies inside of the evidence {}: nothing is ever written there",
                evidence.display()
            ),
            "keep it where the owner of the evidence cannot reach it",
        ));
    }
    Ok(())
}

/// Writes a file that did not exist.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), Refusal> {
    let written = File::create_new(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| failed(path, &error))
}

/// Makes a folder that did not exist.
pub fn create_folder(path: &Path) -> Result<(), Refusal> {
    fs::create_dir(path).map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &io::Error) -> Refusal {
    Refusal::new(
        Ending::Internal,
        format!("cannot write {}: {error}", path.display()),
        "what was written of it so far is not complete: take it away and try again",
    )
}
