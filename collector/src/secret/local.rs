//! Secrets on this machine: a file that only its owner may read, or a variable.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::{LONGEST, Secret, SecretError, one_line};

pub(super) fn from_environment(name: &str) -> Result<Secret, SecretError> {
    let text = std::env::var(name).map_err(|_| SecretError::Environment(name.to_owned()))?;
    one_line(&Zeroizing::new(text), &format!("environment variable {name}"))
}

pub(super) fn from_file(path: &Path) -> Result<Secret, SecretError> {
    let failed = |source| SecretError::Read { path: path.to_owned(), source };
    // A folder or pipe is refused before it is opened: opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(SecretError::NotAFile(path.to_owned()));
    }
    let file = File::open(path).map_err(failed)?;
    refuse_shared(&file, path)?;
    // Room for the longest content from the start: a growing buffer leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(LONGEST).unwrap_or(0) + 1));
    file.take(LONGEST + 1).read_to_string(&mut text).map_err(failed)?;
    one_line(&text, &format!("secret file {}", path.display()))
}

#[cfg(unix)]
fn refuse_shared(file: &File, path: &Path) -> Result<(), SecretError> {
    use std::os::unix::fs::MetadataExt;

    // Asked of the open file, so that it cannot be exchanged between question and reading.
    let metadata = file.metadata().map_err(|source| SecretError::Read { path: path.to_owned(), source })?;
    let expected = rustix::process::geteuid().as_raw();
    if metadata.uid() != expected {
        return Err(SecretError::Owner { path: path.to_owned(), found: metadata.uid(), expected });
    }
    let mode = metadata.mode() & 0o777;
    let for_others = 0o077;
    if mode & for_others == 0 { Ok(()) } else { Err(SecretError::Mode { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn refuse_shared(_file: &File, _path: &Path) -> Result<(), SecretError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "s3cr3t\n").unwrap();
        for (mode, accepted) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false)]
        {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            match from_file(&path) {
                Ok(secret) => {
                    assert!(accepted, "{mode:o}");
                    assert_eq!(secret.expose(), "s3cr3t");
                }
                Err(error) => {
                    assert!(!accepted, "{mode:o}: {error}");
                    assert!(matches!(error, SecretError::Mode { .. }), "{error}");
                }
            }
        }
        assert!(matches!(from_file(folder.path()), Err(SecretError::NotAFile(_))));
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let missing = from_environment("COLLECTOR_TEST_NEVER_SET");
        assert!(matches!(missing, Err(SecretError::Environment(name)) if name == "COLLECTOR_TEST_NEVER_SET"));
    }
}
