//! A record that waits: a cycle's package, proven to be whole before it is used for anything.
//!
//! Only cycles wait: what they saw is lost if it cannot be kept, anything else can be recorded later.

use std::path::{Path, PathBuf};

use verify_core::canon;
use verify_core::digest::Digest;
use verify_core::limits::Limits;
use verify_core::model::{Kind, Manifest};
use verify_core::package::compare::{check_member, check_members, check_sums};
use verify_core::package::{Container, Inflater, MANIFEST, SUMS, scan};

use super::SpoolError;
use crate::store::{Store, Terms};

/// A sealed cycle that is not committed to the store yet.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The file.
    pub path: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    /// The manifest as it is committed.
    pub bytes: Vec<u8>,
    /// Where the package goes in the store.
    pub place: String,
}

impl Waiting {
    /// The package in `path`, as it was just sealed for `store`; `None` if it is not that of a cycle.
    pub(super) fn sealed(
        path: PathBuf,
        package: &[u8],
        store: &dyn Store,
    ) -> Result<Option<Self>, SpoolError> {
        let damaged = |problem: String| SpoolError::Damaged { path: path.clone(), problem };
        let container = accepted(package).map_err(&damaged)?;
        let bytes = member(&container, MANIFEST).map_err(&damaged)?;
        canon::check(&bytes, &Limits::default()).map_err(|error| damaged(error.to_string()))?;
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if !matches!(manifest.kind, Kind::Snapshot | Kind::Failure) {
            return Ok(None);
        }
        let place = place_of(&manifest.payload_path).to_owned();
        let expected = store.payload_path(&place, &manifest.kind.payload_member());
        if expected != manifest.payload_path {
            let found = manifest.payload_path;
            return Err(SpoolError::Foreign { path, expected, found });
        }
        Ok(Some(Self { path, manifest, bytes, place }))
    }

    /// As [`sealed`](Self::sealed) for a package that lay in the spool: every byte must be the one that its
    /// manifest names.
    pub(super) fn prove(path: &Path, package: &[u8], store: &dyn Store) -> Result<Self, SpoolError> {
        let damaged = |problem: String| SpoolError::Damaged { path: path.to_owned(), problem };
        let Some(waiting) = Self::sealed(path.to_owned(), package, store)? else {
            return Err(damaged("only cycles wait in a spool".to_owned()));
        };
        if path.file_name().is_none_or(|name| name != waiting.name()) {
            return Err(damaged(format!("it is the package {}", waiting.name())));
        }
        whole(package).map_err(damaged)?;
        Ok(waiting)
    }

    /// Digest of its manifest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }

    /// File name of the package, the same in spool and store.
    #[must_use]
    pub fn name(&self) -> &str {
        file_name(&self.place)
    }

    /// The terms that its manifest states.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            storage_class: self.manifest.storage_class.clone(),
            object_lock_mode: self.manifest.object_lock_mode.clone(),
            retention_until: self.manifest.retention_until,
            encryption_key_id: self.manifest.encryption_key_id.clone(),
        }
    }
}

/// The place of a package in its store, from what a manifest says of its payload.
pub(super) fn place_of(payload_path: &str) -> &str {
    let place = payload_path.split_once('#').map_or(payload_path, |(place, _)| place);
    place.rfind("packages/").and_then(|start| place.get(start..)).unwrap_or(place)
}

/// The last part of a place.
pub(super) fn file_name(place: &str) -> &str {
    place.rsplit_once('/').map_or(place, |(_, name)| name)
}

/// That every byte of a package is the one that its manifest names; or what is wrong with it.
pub(super) fn whole(package: &[u8]) -> Result<(), String> {
    let container = accepted(package)?;
    let bytes = member(&container, MANIFEST)?;
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    let list = &manifest.files;
    let mut faults = check_members(list, &container);
    faults.extend(check_sums(list, Digest::of(&bytes), &member(&container, SUMS)?));
    let mut inflater = Inflater::new();
    for entry in list {
        let Some(member) = container.member(&entry.path) else { continue };
        match inflater.read(member) {
            Ok((_, digest)) => faults.extend(check_member(entry, member, digest)),
            Err(fault) => faults.push(fault),
        }
    }
    faults.first().map_or(Ok(()), |fault| Err(format!("{} {}", fault.code, fault.message)))
}

/// The container of a package, or what is wrong with it.
pub(super) fn accepted(package: &[u8]) -> Result<Container<'_>, String> {
    scan(package, &Limits::default()).map_err(|faults| {
        faults.first().map_or_else(String::new, |fault| format!("{} {}", fault.code, fault.message))
    })
}

/// The inflated bytes of a member.
pub(super) fn member(container: &Container<'_>, name: &str) -> Result<Vec<u8>, String> {
    let member = container.member(name).ok_or_else(|| format!("it has no member {name}"))?;
    let (bytes, _) =
        Inflater::new().read(member).map_err(|fault| format!("{} {}", fault.code, fault.message))?;
    Ok(bytes)
}
