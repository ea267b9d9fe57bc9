//! Operational registers that policies read: JSON files people keep, such as approvals of schedules.
//!
//! They change daily and need no approval; what was read goes into the evidence as it was. A register
//! that cannot be read is left out with the reason: its controls then say what they miss, and the
//! rest of the cycle is not lost.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use verify_core::canon;
use verify_core::digest::Digest;
use verify_core::package::{PackError, PackedMember};

use crate::rules::canonical;

/// Bytes of one register, and number of registers.
const LARGEST: u64 = 64 << 20;
const MOST: usize = 200;

/// The registers of one cycle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registers {
    /// Canonical bytes by name without `.json`.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What was left out, and why.
    pub refused: Vec<String>,
}

/// Why the folder of registers cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the inputs folder {path} cannot be read")]
pub struct RegistersError {
    /// The folder.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

impl Registers {
    /// Reads every `*.json` of `folder`; other files are none of our business.
    pub fn read(folder: &Path) -> Result<Self, RegistersError> {
        let failed = |source| RegistersError { path: folder.to_owned(), source };
        let mut registers = Self::default();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_none_or(|ending| ending != "json") {
                continue;
            }
            let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let read = if registers.files.len() < MOST {
                register(&path, &name)
            } else {
                Err(format!("one of more than {MOST} registers"))
            };
            match read {
                Ok(bytes) => drop(registers.files.insert(name, bytes)),
                Err(reason) => registers.refused.push(format!("register {}: {reason}", path.display())),
            }
        }
        registers.refused.sort_unstable();
        Ok(registers)
    }

    /// The F-14 digest over the members below `inputs/`.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let members: Vec<_> =
            self.files.iter().map(|(name, bytes)| (member(name), Digest::of(bytes))).collect();
        canon::digest_map(members.iter().map(|(member, digest)| (member.as_str(), *digest)))
    }

    /// The members below `inputs/`.
    pub fn pack(&self) -> Result<Vec<PackedMember>, PackError> {
        self.files.iter().map(|(name, bytes)| PackedMember::pack(&member(name), bytes)).collect()
    }
}

fn member(name: &str) -> String {
    format!("inputs/{name}.json")
}

fn register(path: &Path, name: &str) -> Result<Vec<u8>, String> {
    let plain = name.len() <= 59
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if !plain {
        return Err("its name is not made of 1 to 59 characters of A-Z a-z 0-9 . _ -".to_owned());
    }
    let metadata = fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is no regular file".to_owned());
    }
    if metadata.len() > LARGEST {
        return Err(format!("it has {} bytes, more than {LARGEST}", metadata.len()));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    canonical(&member(name), bytes).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{error}{cause}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_are_canonical_and_broken_ones_are_left_out_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("schedule-approvals.json", "{ \"b\": 1.0,\n \"a\": [] }");
        write("broken.json", "{\"a\":1,\"a\":2}");
        write("notes.txt", "not a register");
        let registers = Registers::read(folder.path()).unwrap();
        let expected = BTreeMap::from([("schedule-approvals".to_owned(), br#"{"a":[],"b":1}"#.to_vec())]);
        assert_eq!(registers.files, expected);
        assert_eq!(registers.refused.len(), 1);
        assert!(registers.refused[0].contains("broken.json"), "{:?}", registers.refused);
        // printf '{"inputs/schedule-approvals.json":"%s"}' $(printf '{"a":[],"b":1}' | sha256sum | cut -c-64) | sha256sum
        assert_eq!(registers.pack().unwrap()[0].entry().path, "inputs/schedule-approvals.json");
    }
}
