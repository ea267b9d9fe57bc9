//! Secrets and where they come from: a value that cannot be printed, logged or serialized.
//!
//! The configuration names a source, never a value. A file that others may read is refused.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use zeroize::Zeroizing;

/// Bytes of a secret at most: a longer file is some other file.
const LONGEST: u64 = 16 * 1_024;

/// A secret text. It has no `Display`, its `Debug` shows nothing, and its memory is wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes `text` as a secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, to be put into the one request that needs it and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where a secret is to be had, as the configuration writes it: `file:PATH` or `env:NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A file of the user the collector runs as.
    File(PathBuf),
    /// A variable of the environment.
    Environment(String),
}

/// A secret and what is to be said about its source.
#[derive(Debug)]
pub struct LoadedSecret {
    /// The secret.
    pub secret: Secret,
    /// Why this source is the weaker choice, if it is.
    pub warning: Option<String>,
}

/// Why a secret is not to be had. Never holds any part of the secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The source is written in no known form.
    #[error("secret source {found:?} is not understood, expected file:PATH or env:NAME")]
    Source {
        /// Text before the first colon, at most 20 characters: the rest might be a pasted secret.
        found: String,
    },
    /// The file cannot be read.
    #[error("secret file {path} cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is not a plain file.
    #[error("secret file {0} is not a regular file")]
    NotAFile(PathBuf),
    /// Others than its owner may use the file.
    #[error("secret file {path} has mode {mode:03o}, expected 600 or 400; run: chmod 600 {path}")]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file belongs to another user.
    #[error("secret file {path} belongs to user {found}, expected user {expected}, who runs the collector")]
    Owner {
        /// The file.
        path: PathBuf,
        /// User id of its owner.
        found: u32,
        /// User id of the process.
        expected: u32,
    },
    /// The variable is not set.
    #[error("environment variable {0} is not set or not text")]
    Environment(String),
    /// What was read cannot be a secret.
    #[error("{place} holds {found}, expected one line of printable characters")]
    Content {
        /// File or variable.
        place: String,
        /// What is wrong with it.
        found: &'static str,
    },
}

impl FromStr for SecretSource {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(PathBuf::from(path))),
            Some(("env", name)) if is_variable(name) => Ok(Self::Environment(name.to_owned())),
            other => {
                let scheme = other.map_or("", |(scheme, _)| scheme);
                Err(SecretError::Source { found: scheme.chars().take(20).collect() })
            }
        }
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Environment(name) => write!(f, "env:{name}"),
        }
    }
}

impl SecretSource {
    /// Reads the secret.
    pub fn load(&self) -> Result<LoadedSecret, SecretError> {
        match self {
            Self::File(path) => Ok(LoadedSecret { secret: from_file(path)?, warning: None }),
            Self::Environment(name) => {
                let text = std::env::var(name).map_err(|_| SecretError::Environment(name.clone()))?;
                let secret = one_line(&Zeroizing::new(text), &format!("environment variable {name}"))?;
                let warning = format!(
                    "the secret is taken from environment variable {name}, which child processes and crash \
                     reports can see; file:PATH with mode 600 is safer"
                );
                Ok(LoadedSecret { secret, warning: Some(warning) })
            }
        }
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn from_file(path: &Path) -> Result<Secret, SecretError> {
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

/// Takes off one line end, and refuses what no platform hands out as a secret.
pub(crate) fn one_line(text: &str, place: &str) -> Result<Secret, SecretError> {
    let refused = |found| SecretError::Content { place: place.to_owned(), found };
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        Err(refused("nothing"))
    } else if line.len() as u64 > LONGEST {
        Err(refused("more than 16 KiB"))
    } else if line.chars().any(char::is_control) {
        Err(refused("several lines or control characters"))
    } else {
        Ok(Secret::new(line.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        let loaded = LoadedSecret { secret: Secret::new("hunter2".to_owned()), warning: None };
        assert!(!format!("{loaded:?}").contains("hunter2"));
    }

    #[test]
    fn a_pasted_secret_is_not_repeated() {
        let error = "s3cr3t-value-that-was-pasted".parse::<SecretSource>().unwrap_err();
        assert!(!error.to_string().contains("s3cr3t"), "{error}");
        for text in ["file:", "env:", "env:A=B", "vault:x", ""] {
            assert!(text.parse::<SecretSource>().is_err(), "{text}");
        }
        for text in ["file:/etc/collector/secret", "env:COLLECTOR_SECRET"] {
            assert_eq!(text.parse::<SecretSource>().unwrap().to_string(), text);
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "s3cr3t\n").unwrap();
        let source = SecretSource::File(path.clone());
        for (mode, accepted) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false)]
        {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            match source.load() {
                Ok(loaded) => {
                    assert!(accepted, "{mode:o}");
                    assert_eq!(loaded.secret.expose(), "s3cr3t");
                }
                Err(error) => {
                    assert!(!accepted, "{mode:o}: {error}");
                    assert!(matches!(error, SecretError::Mode { .. }), "{error}");
                }
            }
        }
        assert!(matches!(SecretSource::File(folder.path().to_owned()).load(), Err(SecretError::NotAFile(_))));
    }

    #[test]
    fn the_environment_comes_with_a_warning() {
        let loaded = SecretSource::Environment("PATH".to_owned()).load().unwrap();
        assert!(loaded.warning.unwrap().contains("file:PATH"));
        let missing = SecretSource::Environment("COLLECTOR_TEST_NEVER_SET".to_owned()).load();
        assert!(matches!(missing, Err(SecretError::Environment(_))));
    }

    #[test]
    fn content_must_be_one_line() {
        for text in ["", "\n", "a\nb", "a\tb", "a\0"] {
            assert!(one_line(text, "test").is_err(), "{text:?}");
        }
        assert_eq!(one_line("a b\r\n", "test").unwrap().expose(), "a b");
    }
}
