//! The policy files as they stand below `policies/`: bytes, digest and the mapping of controls.
//!
//! Nothing is compiled here. What a folder or a package holds is only ordered, bounded and named.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{PolicyError, PolicyErrorKind};
use crate::canon;
use crate::digest::Digest;
use crate::limits::Limits;
use crate::model::Controls;

/// Folder of the policy members inside a package, with its slash.
pub const POLICIES_FOLDER: &str = "policies/";

/// Path of the mapping of controls, below [`POLICIES_FOLDER`].
const CONTROLS: &str = "controls.json";

/// Bytes of all policy files together.
const TOTAL_BYTES: usize = 16 << 20;

/// Number of policy files.
const FILES: usize = 1_000;

/// The files below `policies/`, with their digest. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PolicyFiles {
    files: Arc<BTreeMap<String, Vec<u8>>>,
    controls: Arc<Controls>,
    digest: Digest,
}

impl PolicyFiles {
    /// Takes the files by their path below `policies/`, e.g. `controls/mfa_privileged.rego`.
    ///
    /// # Errors
    /// `Limits` for too many or too large files, `Parse` for an absent or unreadable `controls.json`.
    pub fn new(files: BTreeMap<String, Vec<u8>>) -> Result<Self, PolicyError> {
        let total: usize = files.values().map(Vec::len).sum();
        if files.len() > FILES || total > TOTAL_BYTES {
            return Err(PolicyError::new(
                PolicyErrorKind::Limits,
                POLICIES_FOLDER,
                format!(
                    "expected at most {FILES} files of {TOTAL_BYTES} bytes together, found {} of {total}",
                    files.len()
                ),
            ));
        }
        let refused = |message: String| PolicyError::new(PolicyErrorKind::Parse, CONTROLS, message);
        let mapping = files
            .get(CONTROLS)
            .ok_or_else(|| refused("expected the mapping of controls, found no file".into()))?;
        let value = canon::read(mapping, &Limits::default()).map_err(|error| refused(error.to_string()))?;
        let controls: Controls = serde_json::from_value(value).map_err(|error| refused(error.to_string()))?;
        check_controls(&controls)?;

        let paths: Vec<_> = files
            .iter()
            .map(|(path, bytes)| (format!("{POLICIES_FOLDER}{path}"), Digest::of(bytes)))
            .collect();
        let digest = canon::digest_map(paths.iter().map(|(path, digest)| (path.as_str(), *digest)));
        Ok(Self { files: Arc::new(files), controls: Arc::new(controls), digest })
    }

    /// As [`PolicyFiles::new`], with every `.json` file brought into canonical form (F-13), as the
    /// members of a package must be. For files that people edit.
    ///
    /// # Errors
    /// As [`PolicyFiles::new`], and `Parse` for a file that is no JSON document.
    pub fn canonical(mut files: BTreeMap<String, Vec<u8>>) -> Result<Self, PolicyError> {
        for (path, bytes) in &mut files {
            if has_extension(path, "json") {
                let refused = |error: canon::CanonError| {
                    PolicyError::new(PolicyErrorKind::Parse, path.as_str(), error.to_string())
                };
                let value = canon::read(bytes, &Limits::default()).map_err(refused)?;
                *bytes = canon::to_vec(&value).map_err(refused)?;
            }
        }
        Self::new(files)
    }

    /// The files by path below `policies/`.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// The mapping of controls.
    #[must_use]
    pub fn controls(&self) -> &[crate::model::Control] {
        &self.controls.controls
    }

    /// The digest over all files, tests included: the manifest's `policies_sha256` (F-36).
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Modules that are evaluated: every `.rego` file outside of `tests/`.
    pub(super) fn modules(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files
            .iter()
            .filter(|(path, _)| has_extension(path, "rego") && !path.starts_with("tests/"))
            .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// Data documents: name and bytes of every `data/<name>.json`.
    pub(super) fn data(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().filter_map(|(path, bytes)| {
            let name = path.strip_prefix("data/")?.strip_suffix(".json")?;
            (!name.contains('/')).then_some((name, bytes.as_slice()))
        })
    }
}

pub(super) fn has_extension(path: &str, extension: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, found)| found == extension)
}

/// A policy's name stands in a rule path and a control's id in results: both are plain words.
fn check_controls(controls: &Controls) -> Result<(), PolicyError> {
    let refused = |message: String| Err(PolicyError::new(PolicyErrorKind::Parse, CONTROLS, message));
    if controls.controls.is_empty() {
        return refused("expected at least one control, found none".to_owned());
    }
    for (index, control) in controls.controls.iter().enumerate() {
        let plain = |text: &str, extra: &str| {
            text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text.len() <= 80
                && text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
        };
        if !plain(&control.policy, "_") {
            return refused(format!(
                "expected a policy name of letters, digits and _, found {:?}",
                control.policy
            ));
        }
        if !plain(&control.control_id, "._-") {
            return refused(format!(
                "expected a control id of letters, digits, . _ -, found {:?}",
                control.control_id
            ));
        }
        if controls.controls.iter().take(index).any(|other| other.control_id == control.control_id) {
            return refused(format!("expected every control once, found {} twice", control.control_id));
        }
    }
    Ok(())
}
