//! Names of members: plain relative paths that mean the same on every system (F-102).
//!
//! Refused: anything absolute, empty parts, `.` and `..`, backslashes, drive letters, control
//! characters, anything outside ASCII (so no two normalization forms), and names too long for
//! common file systems. A name is an identifier here; nothing is ever extracted to it.

use std::collections::BTreeSet;
use std::fmt;

use crate::digest::Digest;

/// The member that names and digests all others. First in the container, never compressed.
pub const MANIFEST: &str = "manifest.json";
/// The member for `sha256sum -c`. Second in the container, never compressed.
pub const SUMS: &str = "SHA256SUMS";

/// Most parts a name may have: `schemas/reference/v2/users.json` needs all four.
pub const MAX_PARTS: usize = 4;
/// Most bytes of one part.
pub const MAX_PART_BYTES: usize = 64;

/// A member name that fits `[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*` with at
/// most [`MAX_PARTS`] parts of at most [`MAX_PART_BYTES`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberName(String);

/// Why a text is not a member name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The name, or a part between two slashes, is empty.
    #[error("part {part} is empty")]
    EmptyPart {
        /// The part, counted from 1.
        part: usize,
    },
    /// A byte that has no place in a name.
    #[error("byte 0x{byte:02x} at position {position} is not allowed there")]
    Byte {
        /// The offending byte.
        byte: u8,
        /// Its position, counted from 0.
        position: usize,
    },
    /// More than [`MAX_PARTS`] parts.
    #[error("{found} parts, at most {MAX_PARTS} are allowed")]
    Parts {
        /// Number of parts found.
        found: usize,
    },
    /// A part longer than [`MAX_PART_BYTES`].
    #[error("part {part} has {found} bytes, at most {MAX_PART_BYTES} are allowed")]
    Long {
        /// The part, counted from 1.
        part: usize,
        /// Its length in bytes.
        found: usize,
    },
}

impl MemberName {
    /// Checks `text` and takes it as a name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        Self::from_bytes(text.as_bytes())
    }

    /// Checks raw bytes, as they stand in a zip header, and takes them as a name.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NameError> {
        let found = bytes.split(|byte| *byte == b'/').count();
        if found > MAX_PARTS {
            return Err(NameError::Parts { found });
        }
        let mut position = 0;
        for (index, part) in bytes.split(|byte| *byte == b'/').enumerate() {
            if part.is_empty() {
                return Err(NameError::EmptyPart { part: index + 1 });
            }
            if part.len() > MAX_PART_BYTES {
                return Err(NameError::Long { part: index + 1, found: part.len() });
            }
            for (at, byte) in part.iter().copied().enumerate() {
                let inner = at > 0 && matches!(byte, b'.' | b'_' | b'-');
                if !byte.is_ascii_alphanumeric() && !inner {
                    return Err(NameError::Byte { byte, position: position + at });
                }
            }
            position += part.len() + 1;
        }
        Ok(Self(bytes.iter().copied().map(char::from).collect()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for the two members that the manifest does not list: itself and `SHA256SUMS`.
    #[must_use]
    pub fn is_unlisted(&self) -> bool {
        matches!(self.as_str(), MANIFEST | SUMS)
    }

    /// The place in the container: `manifest.json`, `SHA256SUMS`, then the others by their bytes.
    #[must_use]
    pub fn rank(&self) -> (u8, &str) {
        let group = match self.as_str() {
            MANIFEST => 0,
            SUMS => 1,
            _ => 2,
        };
        (group, self.as_str())
    }

    /// The form under which two names are one on some system: letter case is folded and, as
    /// Windows does, full stops at the end of a part are dropped.
    #[must_use]
    pub fn folded(&self) -> String {
        let parts: Vec<_> = self.0.split('/').map(|part| part.trim_end_matches('.')).collect();
        parts.join("/").to_ascii_lowercase()
    }
}

impl fmt::Display for MemberName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The names met so far, told apart as the least distinguishing system would.
#[derive(Default)]
pub(super) struct NameSet {
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
}

impl NameSet {
    /// Adds `name`; false if some system could not hold it beside the earlier ones, because only
    /// case differs or because one is a file where the other needs a folder.
    pub(super) fn insert(&mut self, name: &MemberName) -> bool {
        let folded = name.folded();
        let mut fits = !self.folders.contains(&folded);
        let mut path = folded.as_str();
        while let Some((folder, _)) = path.rsplit_once('/') {
            fits &= !self.files.contains(folder);
            self.folders.insert(folder.to_owned());
            path = folder;
        }
        self.files.insert(folded) && fits
    }
}

/// The bytes of `SHA256SUMS` (F-103): one line `<64 hex digits>  <path>` per entry, in the given order,
/// each ended by a newline. Give `manifest.json` first, then the others by name.
pub fn sums_text<'a>(entries: impl IntoIterator<Item = (&'a str, Digest)>) -> Vec<u8> {
    let mut text = String::new();
    for (path, digest) in entries {
        text.push_str(&digest.to_string());
        text.push_str("  ");
        text.push_str(path);
        text.push('\n');
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_format_are_accepted() {
        let long = ["a".repeat(64).as_str(); 4].join("/");
        for name in [
            "manifest.json",
            "SHA256SUMS",
            "verify.py",
            "raw/users/0001.json",
            "schemas/reference/v2/users.json",
            "checkpoint",
            "policies/controls/cc6_1-mfa.rego",
            "0",
            &long,
        ] {
            assert_eq!(MemberName::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn names_that_are_no_plain_path_are_refused() {
        let byte = |byte, position| NameError::Byte { byte, position };
        for (name, error) in [
            ("", NameError::EmptyPart { part: 1 }),
            ("/etc/passwd", NameError::EmptyPart { part: 1 }),
            ("a//b", NameError::EmptyPart { part: 2 }),
            ("raw/", NameError::EmptyPart { part: 2 }),
            (".", byte(b'.', 0)),
            ("..", byte(b'.', 0)),
            ("./manifest.json", byte(b'.', 0)),
            ("raw/../x", byte(b'.', 4)),
            ("-rf", byte(b'-', 0)),
            ("_x", byte(b'_', 0)),
            ("C:x", byte(b':', 1)),
            ("a\\b", byte(b'\\', 1)),
            ("a\0b", byte(0, 1)),
            ("a b", byte(b' ', 1)),
            ("a\u{1b}[31m", byte(0x1b, 1)),
            ("caf\u{e9}", byte(0xc3, 3)),
            ("a/b/c/d/e", NameError::Parts { found: 5 }),
            (&format!("x/{}", "a".repeat(65)), NameError::Long { part: 2, found: 65 }),
        ] {
            assert_eq!(MemberName::parse(name), Err(error), "{name:?}");
        }
    }

    #[test]
    fn folding_unites_what_one_system_cannot_tell_apart() {
        let folded = |name| MemberName::parse(name).unwrap().folded();
        assert_eq!(folded("Raw/A.json"), folded("raw/a.JSON"));
        assert_eq!(folded("raw./a."), folded("raw/a"));
        assert_ne!(folded("raw/a.b"), folded("raw/ab"));
    }

    #[test]
    fn a_name_set_refuses_what_one_system_cannot_hold() {
        let fits = |names: &[&str]| {
            let mut set = NameSet::default();
            names.iter().all(|name| set.insert(&MemberName::parse(name).unwrap()))
        };
        assert!(fits(&["raw/a", "raw/b", "raw2", "rawer/a"]));
        assert!(!fits(&["raw/a", "RAW/A"]));
        assert!(!fits(&["raw", "raw/a"]));
        assert!(!fits(&["raw/a/b", "Raw"]));
        assert!(!fits(&["x", "x"]));
    }

    #[test]
    fn sums_text_is_what_sha256sum_prints() {
        let lines = sums_text([("manifest.json", Digest::of(b"abc")), ("a/b", Digest::of(b""))]);
        assert_eq!(
            String::from_utf8(lines).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  manifest.json\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a/b\n"
        );
    }
}
