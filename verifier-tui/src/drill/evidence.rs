//! The evidence a drill works on: a copy in memory, what an untouched verification of it says, and where
//! each record lies. The folder on disk is read once and never written.

use std::collections::{BTreeMap, BTreeSet};

use verify_core::digest::Digest;
use verify_core::finding::{Code, Place};
use verify_core::model::Kind;
use verify_core::report::Report;
use verify_core::source::{ItemKind, Memory, Source, SourceError};
use verify_core::verify::{Evaluators, Observer, Options, Progress, verify};

use super::forge::Obstacle;

/// A copy of evidence, verified as it is.
#[derive(Debug)]
pub struct Evidence {
    /// What the user called it.
    pub source: String,
    /// Every regular file.
    pub base: Memory,
    /// Things that could not be copied because they are no regular files.
    pub left_out: u64,
    /// What the verification of the untouched copy found.
    pub report: Report,
    /// How every attacked copy is verified, apart from the groups of checks.
    pub options: Options,
    /// The records by sequence.
    pub entries: Vec<Entry>,
    background: BTreeSet<(Code, Place)>,
}

/// Where one record lies.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its sequence.
    pub sequence: u64,
    /// Its kind.
    pub kind: Kind,
    /// SHA-256 of its manifest.
    pub sha256: Digest,
    /// File name of its package.
    pub package: Option<String>,
    /// File name of its committed manifest; none in a bare folder of packages.
    pub commit: Option<String>,
    /// File name of the checkpoint made after it.
    pub note: Option<String>,
    /// File name of the time-stamp over that checkpoint.
    pub token: Option<String>,
}

impl Entry {
    /// Every file of the record, the package first.
    pub(super) fn files(&self) -> impl Iterator<Item = &String> {
        self.package.iter().chain(&self.commit).chain(&self.note).chain(&self.token)
    }
}

impl Evidence {
    /// Copies the source and verifies the copy.
    pub fn of(
        source: &dyn Source,
        options: &Options,
        evaluators: &dyn Evaluators,
        observer: &dyn Observer,
    ) -> Result<Self, SourceError> {
        let (base, left_out) = copy(source, options, observer)?;
        let report = verify(&base, options, evaluators, observer);
        let commits: BTreeMap<Digest, &String> = base
            .files
            .iter()
            .filter(|(_, bytes)| bytes.starts_with(b"{"))
            .map(|(name, bytes)| (Digest::of(bytes), name))
            .collect();
        let entries = report
            .records
            .iter()
            .map(|record| {
                let commit = commits.get(&record.manifest_sha256).map(|name| (*name).clone());
                let beside = |suffix: &str| {
                    let name = format!("{}{suffix}", commit.as_ref()?.strip_suffix(".json")?);
                    base.files.contains_key(&name).then_some(name)
                };
                Entry {
                    sequence: record.sequence,
                    kind: record.kind,
                    sha256: record.manifest_sha256,
                    package: record.package.clone(),
                    note: beside(".checkpoint"),
                    token: beside(".tsr"),
                    commit,
                }
            })
            .collect();
        let background =
            report.findings.iter().map(|finding| (finding.code, finding.place.clone())).collect();
        Ok(Self {
            source: source.describe(),
            base,
            left_out,
            report,
            options: options.clone(),
            entries,
            background,
        })
    }

    /// Whether it is a sample of records, each with a proof of membership (F-135).
    #[must_use]
    pub fn is_sample(&self) -> bool {
        self.report.bundle.is_some()
    }

    /// Whether it is one package alone: there is no chain then that could be attacked.
    #[must_use]
    pub fn is_one_package(&self) -> bool {
        self.base.files.len() == 1 && self.left_out == 0
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.base.files.values().map(|bytes| bytes.len() as u64).sum()
    }

    /// Whether the untouched evidence already fails this check at this place.
    #[must_use]
    pub fn is_background(&self, code: Code, place: &Place) -> bool {
        self.background.contains(&(code, place.clone()))
    }

    /// The place in `entries` of the record with this sequence.
    pub(super) fn index_of(&self, sequence: u64) -> Result<usize, Obstacle> {
        self.entries
            .iter()
            .position(|entry| entry.sequence == sequence)
            .ok_or_else(|| Obstacle::Absent(format!("record {sequence} is not there")))
    }

    /// A snapshot in the middle of the chain that is no baseline, has a successor, and where possible is sound:
    /// whatever an attack does to it, nothing else explains the finding.
    pub(super) fn ordinary(&self) -> Result<usize, Obstacle> {
        let baselines: BTreeSet<u64> =
            self.report.drift.iter().map(|row| row.against_sequence).chain(self.approved()).collect();
        let followed = || self.snapshots().filter(|index| index + 1 < self.entries.len());
        let is_baseline =
            |index: &usize| self.entries.get(*index).is_some_and(|entry| baselines.contains(&entry.sequence));
        let is_sound =
            |index: &usize| self.entries.get(*index).is_some_and(|entry| self.is_sound(entry.sequence));
        let sound: Vec<usize> = followed().filter(|it| is_sound(it) && !is_baseline(it)).collect();
        sound
            .get(sound.len() / 2)
            .copied()
            .or_else(|| followed().find(is_sound))
            .or_else(|| followed().find(|it| !is_baseline(it)))
            .or_else(|| followed().next())
            .ok_or_else(|| {
                Obstacle::Absent(
                    "the evidence holds no snapshot with a package and a later record".to_owned(),
                )
            })
    }

    /// Whether the untouched evidence shows nothing about this record.
    pub(super) fn is_sound(&self, sequence: u64) -> bool {
        let record = self.report.records.iter().find(|record| record.sequence == sequence);
        record.is_some_and(|record| record.findings == 0)
    }

    /// Snapshots with a package, by place in `entries`.
    pub(super) fn snapshots(&self) -> impl Iterator<Item = usize> + '_ {
        self.entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.kind == Kind::Snapshot && entry.package.is_some())
            .map(|(index, _)| index)
    }

    /// Snapshots that directly precede an approval: a baseline, as a rule.
    fn approved(&self) -> impl Iterator<Item = u64> + '_ {
        self.entries.windows(2).filter_map(|pair| match pair {
            [before, after] if after.kind == Kind::Approval => Some(before.sequence),
            _ => None,
        })
    }
}

fn copy(
    source: &dyn Source,
    options: &Options,
    observer: &dyn Observer,
) -> Result<(Memory, u64), SourceError> {
    let items = source.list(options.limits.files)?;
    let total = items.len() as u64;
    let (mut copy, mut left_out, mut bytes) = (Memory::default(), 0, 0);
    for (done, item) in items.into_iter().enumerate() {
        observer.progress(Progress { stage: "copying to memory", done: done as u64, total, bytes });
        if let ItemKind::Unreadable(kind) = item.kind {
            // Nobody can say what is in there, so nothing could be said about attacks on it.
            return Err(SourceError::Read { name: item.name, source: kind.into() });
        }
        if item.kind == ItemKind::File && item.exact && item.size <= options.limits.package_bytes {
            let content = source.read(&item, options.limits.package_bytes)?;
            bytes += content.len() as u64;
            copy.files.insert(item.name, content);
        } else {
            left_out += 1;
        }
    }
    Ok((copy, left_out))
}
