//! The bytes behind a report, found again by their digests.
//!
//! Verification reads every file once and keeps none. Whoever hands records on, or keeps their leaf
//! hashes, reads them a second time: names are not trusted to stand for the same bytes then, only the
//! digests that the report states are.

use std::collections::BTreeMap;

use verify_core::checkpoint::tree;
use verify_core::digest::Digest;
use verify_core::limits::Limits;
use verify_core::package::{Inflater, MANIFEST, scan};
use verify_core::report::{RecordSummary, Report};
use verify_core::source::{Item, ItemKind, Source, SourceError};

use crate::exit::Ending;
use crate::refusal::Refusal;

/// A source with the list of what is in it.
pub struct Records<'a> {
    source: &'a dyn Source,
    limits: &'a Limits,
    items: BTreeMap<String, Item>,
}

impl<'a> Records<'a> {
    /// Lists the source.
    pub fn list(source: &'a dyn Source, limits: &'a Limits) -> Result<Self, Refusal> {
        let items = source.list(limits.files).map_err(|error| unreadable(&error))?;
        let files = items.into_iter().filter(|item| item.kind == ItemKind::File && item.exact);
        Ok(Self { source, limits, items: files.map(|item| (item.name.clone(), item)).collect() })
    }

    /// The manifests of all records of the report, in the order of the chain from record 0 on.
    pub fn manifests(&self, report: &Report) -> Result<Vec<Vec<u8>>, Refusal> {
        let mut committed = self.committed(report)?;
        let mut manifests = Vec::with_capacity(report.records.len());
        for (expected, record) in (0_u64..).zip(&report.records) {
            if record.sequence != expected {
                return Err(absent(&format!("record {expected} is absent")));
            }
            let manifest = match committed.remove(&record.manifest_sha256) {
                Some(manifest) => manifest,
                None => manifest_of(&self.package(record)?, record, self.limits)?,
            };
            manifests.push(manifest);
        }
        Ok(manifests)
    }

    /// Committed manifests by their digests: those that the report knows.
    fn committed(&self, report: &Report) -> Result<BTreeMap<Digest, Vec<u8>>, Refusal> {
        let known: std::collections::BTreeSet<_> =
            report.records.iter().map(|record| record.manifest_sha256).collect();
        let packages: std::collections::BTreeSet<_> =
            report.records.iter().filter_map(|record| record.package.as_deref()).collect();
        let small =
            |item: &&Item| item.size <= self.limits.manifest_bytes && !packages.contains(item.name.as_str());
        let mut found = BTreeMap::new();
        for item in self.items.values().filter(small) {
            let start = self.source.read_start(item, 1).map_err(|error| unreadable(&error))?;
            if start != b"{" {
                continue;
            }
            let bytes =
                self.source.read(item, self.limits.manifest_bytes).map_err(|error| unreadable(&error))?;
            let digest = Digest::of(&bytes);
            if known.contains(&digest) {
                found.insert(digest, bytes);
            }
        }
        Ok(found)
    }

    /// The package of a record, whose manifest is the one that was verified.
    pub fn package(&self, record: &RecordSummary) -> Result<Vec<u8>, Refusal> {
        let name = record.package.as_deref().unwrap_or_default();
        let item = self
            .items
            .get(name)
            .ok_or_else(|| absent(&format!("record {} has no package", record.sequence)))?;
        let bytes = self.source.read(item, self.limits.package_bytes).map_err(|error| unreadable(&error))?;
        manifest_of(&bytes, record, self.limits)?;
        Ok(bytes)
    }
}

/// The manifest in a package; it must be the record's.
fn manifest_of(package: &[u8], record: &RecordSummary, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let container = scan(package, limits).ok();
    let member = container.as_ref().and_then(|container| container.member(MANIFEST));
    let read = member.and_then(|member| Inflater::new().read(member).ok());
    match read {
        Some((manifest, digest)) if digest == record.manifest_sha256 => Ok(manifest),
        _ => Err(Refusal::new(
            Ending::Inconclusive,
            format!(
                "the package of record {} is not the one that was verified: it changed meanwhile",
                record.sequence
            ),
            "copy the evidence to a quiet place and use the copy",
        )),
    }
}

/// Leaf hashes of manifests (F-120).
#[must_use]
pub fn leaves(manifests: &[Vec<u8>]) -> Vec<Digest> {
    manifests.iter().map(|manifest| tree::leaf(manifest)).collect()
}

fn absent(what: &str) -> Refusal {
    Refusal::new(
        Ending::Inconclusive,
        format!("{what}: only a chain whose records are all at hand from the first on can be pinned"),
        "ask for the whole folder; verifier verify PATH says what is missing",
    )
}

fn unreadable(error: &SourceError) -> Refusal {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    Refusal::new(
        Ending::Inconclusive,
        format!("{error}{cause}"),
        "ask for permission to read it, or use a copy",
    )
}
