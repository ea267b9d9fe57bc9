//! One package for a person to look at: every member recorded and recomputed, side by side.

use super::manifest::read_manifest;
use crate::digest::Digest;
use crate::finding::{Finding, Place};
use crate::limits::Limits;
use crate::model::FileEntry;
use crate::package::compare::{check_member, check_members, check_sums};
use crate::package::{Container, Inflater, MANIFEST, SUMS, scan};
use crate::source::{Item, ItemKind, Source, SourceError};

/// One member as recorded and as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// Its name.
    pub path: String,
    /// Bytes, inflated.
    pub size: u64,
    /// Bytes as stored.
    pub stored_size: u64,
    /// Digest the manifest names; `None` for the manifest and the sums, which it does not list.
    pub recorded_sha256: Option<Digest>,
    /// Digest of what is there; `None` when it cannot be inflated or is missing.
    pub recomputed_sha256: Option<Digest>,
    /// Whether both agree, stored form included.
    pub sound: bool,
}

/// What one package holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The manifest's bytes, if they could be read.
    pub manifest: Option<Vec<u8>>,
    /// Every member, in the order of the container.
    pub members: Vec<MemberRow>,
    /// What is wrong with the container and its list.
    pub findings: Vec<Finding>,
}

/// Why a member cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The source cannot be read.
    #[error("the package cannot be read")]
    Source(#[from] SourceError),
    /// The source holds no such file.
    #[error("the source holds no file {0}")]
    NoPackage(String),
    /// The container is not accepted or the member is damaged.
    #[error("the package cannot be opened: {0}")]
    Damaged(String),
    /// The package holds no such member.
    #[error("the package holds no member {0}")]
    NoMember(String),
}

fn load(source: &dyn Source, package: &str, limits: &Limits) -> Result<Vec<u8>, InspectError> {
    let item = source
        .list(limits.files)?
        .into_iter()
        .find(|item: &Item| item.name == package && item.kind == ItemKind::File)
        .ok_or_else(|| InspectError::NoPackage(package.to_owned()))?;
    Ok(source.read(&item, limits.package_bytes)?)
}

/// Opens one package and recomputes every member.
pub fn inspect(source: &dyn Source, package: &str, limits: &Limits) -> Result<Inspection, InspectError> {
    let bytes = load(source, package, limits)?;
    let place = Place { file: Some(package.to_owned()), ..Place::default() };
    let mut inspection = Inspection { manifest: None, members: Vec::new(), findings: Vec::new() };
    match scan(&bytes, limits) {
        Ok(container) => look(&container, &place, limits, &mut inspection),
        Err(faults) => {
            inspection.findings.extend(faults.into_iter().map(|fault| fault.into_finding(place.clone())));
        }
    }
    Ok(inspection)
}

fn look(container: &Container<'_>, place: &Place, limits: &Limits, inspection: &mut Inspection) {
    let mut inflater = Inflater::new();
    let mut files: Vec<FileEntry> = Vec::new();
    if let Some(Ok((bytes, _))) = container.member(MANIFEST).map(|member| inflater.read(member)) {
        let read = read_manifest(&bytes, limits, place);
        inspection.findings.extend(read.findings);
        files = read.manifest.map(|manifest| manifest.files).unwrap_or_default();
        inspection.manifest = Some(bytes);
    }
    let mut faults = check_members(&files, container);
    for member in container.members() {
        let path = member.name().as_str().to_owned();
        let entry = files.iter().find(|entry| entry.path == path);
        let result = inflater.inflate(member, |_| ());
        let mut own = match (&result, entry) {
            (Ok(digest), Some(entry)) => check_member(entry, member, *digest),
            (Err(fault), _) => vec![fault.clone()],
            (Ok(_), None) => Vec::new(),
        };
        if path == SUMS
            && let (Some(manifest), Ok((sums, _))) = (&inspection.manifest, inflater.read(member))
        {
            own.extend(check_sums(&files, Digest::of(manifest), &sums));
        }
        inspection.members.push(MemberRow {
            path,
            size: member.size(),
            stored_size: member.stored_size(),
            recorded_sha256: entry.map(|entry| entry.sha256),
            recomputed_sha256: result.ok(),
            sound: own.is_empty(),
        });
        faults.append(&mut own);
    }
    for entry in files.iter().filter(|entry| container.member(&entry.path).is_none()) {
        inspection.members.push(MemberRow {
            path: entry.path.clone(),
            size: entry.size,
            stored_size: entry.stored_size,
            recorded_sha256: Some(entry.sha256),
            recomputed_sha256: None,
            sound: false,
        });
    }
    inspection.findings.extend(faults.into_iter().map(|fault| fault.into_finding(place.clone())));
}

/// The bytes of one member.
pub fn read_member(
    source: &dyn Source,
    package: &str,
    member: &str,
    limits: &Limits,
) -> Result<Vec<u8>, InspectError> {
    let bytes = load(source, package, limits)?;
    let container = scan(&bytes, limits).map_err(|faults| {
        let codes: Vec<_> = faults.iter().map(|fault| fault.code.as_str()).collect();
        InspectError::Damaged(codes.join(", "))
    })?;
    let found = container.member(member).ok_or_else(|| InspectError::NoMember(member.to_owned()))?;
    let read = Inflater::new().read(found);
    read.map(|(bytes, _)| bytes).map_err(|fault| InspectError::Damaged(fault.message.to_owned()))
}
