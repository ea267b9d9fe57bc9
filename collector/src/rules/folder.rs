//! Policies from the company's own folder.
//!
//! Takes `*.rego` and `*.json` below `model/`, `controls/` and `data/`, and `controls.json`.
//! `tests/` is for `collector policy test` and never becomes evidence. Links are not followed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::RulesError;

/// Bytes of one rule file, and number of rule files.
const LARGEST: u64 = 4 << 20;
const MOST: usize = 1_000;
/// Folders that are no part of the rules.
const TESTS: &str = "tests";

/// The policy members in `folder`, by their member paths.
pub(super) fn policies(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, RulesError> {
    let mut members = BTreeMap::new();
    collect(folder, "policies", false, &mut members)?;
    if members.contains_key("policies/controls.json") {
        return Ok(members);
    }
    Err(RulesError::File {
        path: folder.join("controls.json"),
        message: "is missing: it names the controls and what they read".to_owned(),
    })
}

/// The same with the files below `tests/`.
pub(super) fn policies_with_tests(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, RulesError> {
    let mut members = BTreeMap::new();
    collect(folder, "policies", true, &mut members)?;
    Ok(members)
}

fn collect(
    folder: &Path,
    prefix: &str,
    tests: bool,
    into: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), RulesError> {
    let failed = |source| RulesError::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let kind = entry.file_type().map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let refused = |message: &str| RulesError::File { path: path.clone(), message: message.to_owned() };
        if name.starts_with('.') || (name == TESTS && !tests) {
            continue;
        }
        let member = format!("{prefix}/{name}");
        if kind.is_dir() {
            collect(&path, &member, tests, into)?;
        } else if !kind.is_file() {
            return Err(refused("is neither a file nor a folder; links are not followed"));
        } else if path.extension().is_some_and(|ending| ending == "rego" || ending == "json") {
            let read = |source| RulesError::Read { path: path.clone(), source };
            if entry.metadata().map_err(read)?.len() > LARGEST {
                return Err(refused("is larger than 4 MiB"));
            }
            into.insert(member, fs::read(&path).map_err(read)?);
            if into.len() > MOST {
                return Err(refused("is one of more than 1,000 rule files"));
            }
        }
    }
    Ok(())
}
