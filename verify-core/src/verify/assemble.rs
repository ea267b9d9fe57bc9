//! From sightings to one chain: which manifest is the record at each sequence, and which package carries it.
//!
//! A committed manifest decides. Without any (a bare folder of packages) the manifests in the packages do.
//! What belongs to no record is listed, never silently ignored.

use std::collections::{BTreeMap, BTreeSet};

use super::survey::{Survey, commit_number};
use super::tally::Tally;
use crate::digest::Digest;
use crate::finding::{Code, Finding, Place};
use crate::model::{Kind, Manifest};
use crate::source::Item;

/// One record to be verified.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// Digest of its manifest.
    pub(super) sha256: Digest,
    /// Hash of its manifest as a leaf of the tree (F-120).
    pub(super) leaf: Digest,
    /// Its manifest, without the list of members: that is read again from the package.
    pub(super) manifest: Manifest,
    /// Its package.
    pub(super) package: Option<Item>,
    /// Its commit.
    pub(super) commit: Option<Item>,
}

impl Plan {
    /// Its sequence.
    pub(super) fn sequence(&self) -> u64 {
        self.manifest.sequence.0
    }

    /// Its place, for findings.
    pub(super) fn place(&self) -> Place {
        Place {
            sequence: Some(self.sequence()),
            file: self.package.as_ref().map(|item| item.name.clone()),
            ..Place::default()
        }
    }
}

/// The records by sequence, and what is left over.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    /// By sequence, one each.
    pub(super) plans: Vec<Plan>,
    /// Zip files that belong to no record although one lacks its package, or no commits exist: to be
    /// scanned, so that the exact damage is named.
    pub(super) suspects: Vec<Item>,
    /// Packages sealed but never committed.
    pub(super) uncommitted: u64,
    /// Whether the source is one package file: it is then judged alone, not against neighbours.
    pub(super) alone: bool,
    /// Why nothing may be called absent: parts of the source could not be read.
    pub(super) partial: Option<String>,
}

struct Candidate<'a> {
    sha256: Digest,
    leaf: Digest,
    manifest: &'a Manifest,
    commits: Vec<&'a Item>,
    packages: Vec<&'a Item>,
}

impl Candidate<'_> {
    /// The chain it says it belongs to: the digest of that chain's genesis.
    fn chain(&self) -> Option<Digest> {
        if self.manifest.sequence.0 == 0 { Some(self.sha256) } else { self.manifest.chain_id }
    }
}

/// Which chain this source is about: the one most manifests name, commits counting first.
///
/// `None` stands for manifests that name none, which only a damaged genesis could explain.
fn identity(candidates: &BTreeMap<Digest, Candidate<'_>>) -> Option<Digest> {
    let mut support: BTreeMap<Option<Digest>, (usize, usize)> = BTreeMap::new();
    for candidate in candidates.values() {
        let (commits, packages) = support.entry(candidate.chain()).or_default();
        *commits += candidate.commits.len();
        *packages += candidate.packages.len();
    }
    support.into_iter().max_by_key(|(chain, support)| (*support, *chain)).and_then(|(chain, _)| chain)
}

/// Manifests of another chain are findings wherever they lie, and belong to no record.
fn report_foreign(own: &[&Candidate<'_>], foreign: &[&Candidate<'_>], tally: &mut Tally) {
    let Some(example) = own.first() else { return };
    for candidate in foreign {
        for item in candidate.commits.iter().chain(&candidate.packages) {
            let place = Place {
                sequence: Some(candidate.manifest.sequence.0),
                file: Some(item.name.clone()),
                ..Place::default()
            };
            let (expected, found) = (&example.manifest.origin, &candidate.manifest.origin);
            if expected == found {
                let message = "the record belongs to another chain of the same origin";
                let shown =
                    |chain: Option<Digest>| chain.map_or_else(|| "none".to_owned(), |id| id.to_string());
                let (expected, found) = (shown(example.chain()), shown(candidate.chain()));
                tally.fail(Finding::new(Code::ChainId, place, expected, found, message));
            } else {
                let message = "the record is of another origin";
                let (expected, found) = (expected.to_string(), found.to_string());
                tally.fail(Finding::new(Code::ChainOrigin, place, expected, found, message));
            }
        }
    }
}

/// Whether this is the genesis package of a run that died before its commit, or lost the race for it:
/// the same origin and tenant as the chain, and no commit (F-20).
fn is_unfinished_beginning(candidate: &Candidate<'_>, own: &[&Candidate<'_>]) -> bool {
    let manifest = candidate.manifest;
    manifest.sequence.0 == 0
        && candidate.commits.is_empty()
        && own.first().is_some_and(|own| {
            own.manifest.origin == manifest.origin && own.manifest.tenant == manifest.tenant
        })
}

/// Sorts the survey into records.
pub(super) fn assemble(survey: &Survey, tally: &mut Tally) -> Assembly {
    for (_, findings) in &survey.broken_commits {
        tally.fail_all(findings.iter().cloned());
    }
    let all = candidates(survey);
    let identity = identity(&all);
    let (own, foreign): (Vec<_>, Vec<_>) = all.values().partition(|candidate| candidate.chain() == identity);
    let committed = !survey.commits.is_empty() || !survey.broken_commits.is_empty();
    let (begun, foreign): (Vec<_>, Vec<_>) =
        foreign.into_iter().partition(|candidate| committed && is_unfinished_beginning(candidate, &own));
    report_foreign(&own, &foreign, tally);
    let mut by_sequence: BTreeMap<u64, Vec<&Candidate<'_>>> = BTreeMap::new();
    for candidate in &own {
        by_sequence.entry(candidate.manifest.sequence.0).or_default().push(candidate);
    }
    let newest_commit =
        own.iter().filter(|own| !own.commits.is_empty()).map(|own| own.manifest.sequence.0).max();
    let mut assembly = Assembly { partial: partial(&survey.unreadable), ..Assembly::default() };
    for item in begun.iter().flat_map(|candidate| &candidate.packages) {
        tally.fail(stray(item, "the package was sealed but never committed; it is part of nothing"));
        assembly.uncommitted += 1;
    }
    let mut left_over: Vec<&Item> = Vec::new();
    for (sequence, rivals) in &by_sequence {
        let Some(chosen) = choose(*sequence, rivals, committed, &assembly, tally) else { continue };
        let uncommitted_tail =
            committed && chosen.commits.is_empty() && newest_commit.is_none_or(|newest| *sequence > newest);
        if uncommitted_tail {
            for rival in rivals {
                report_uncommitted_tail(rival, &assembly, tally);
                assembly.uncommitted += rival.packages.len() as u64;
            }
            continue;
        }
        check_copies(chosen, committed, assembly.partial.as_deref(), tally);
        for rival in rivals.iter().filter(|rival| rival.sha256 != chosen.sha256) {
            left_over.extend(&rival.packages);
            if !chosen.packages.is_empty() {
                assembly.uncommitted += rival.packages.len() as u64;
            }
        }
        assembly.plans.push(plan(chosen));
    }
    // Only a source that is itself a file has an item without a name.
    assembly.alone = survey.packages.iter().any(|sighting| sighting.item.name.is_empty());
    let lacks_a_package =
        assembly.partial.is_none() && assembly.plans.iter().any(|plan| plan.package.is_none());
    for item in left_over {
        report_left_over(item, lacks_a_package, tally);
    }
    for sighting in survey.packages.iter().filter(|sighting| sighting.manifest.is_none()) {
        if committed && !lacks_a_package {
            report_left_over(&sighting.item, false, tally);
        } else {
            assembly.suspects.push(sighting.item.clone());
        }
    }
    for (item, message) in &survey.strays {
        tally.fail(stray(item, message));
    }
    if survey.strays.is_empty() {
        tally.pass(Code::SrcStray);
    }
    assembly
}

/// All manifests by digest, with where each was seen.
fn candidates(survey: &Survey) -> BTreeMap<Digest, Candidate<'_>> {
    let mut candidates: BTreeMap<Digest, Candidate<'_>> = BTreeMap::new();
    for (sightings, is_commit) in [(&survey.commits, true), (&survey.packages, false)] {
        for sighting in sightings {
            let (Some(sha256), Some(leaf), Some(manifest)) =
                (sighting.sha256, sighting.leaf, sighting.manifest.as_deref())
            else {
                continue;
            };
            let candidate = candidates.entry(sha256).or_insert_with(|| Candidate {
                sha256,
                leaf,
                manifest,
                commits: Vec::new(),
                packages: Vec::new(),
            });
            let list = if is_commit { &mut candidate.commits } else { &mut candidate.packages };
            list.push(&sighting.item);
        }
    }
    candidates
}

/// Which of several manifests with one sequence is the record. Commits win over packages; among equals
/// the one that continues the record before; a choice between two commits, or between two packages
/// where there are no commits, is a fork.
fn choose<'a, 'b>(
    sequence: u64,
    rivals: &'b [&'b Candidate<'a>],
    committed: bool,
    assembly: &Assembly,
    tally: &mut Tally,
) -> Option<&'b Candidate<'a>> {
    let before = assembly.plans.last().map(|plan| plan.sha256);
    let rank = |candidate: &Candidate<'_>| {
        let continues = candidate.manifest.previous_manifest_sha256 == before;
        (!candidate.commits.is_empty(), continues, !candidate.packages.is_empty(), candidate.sha256)
    };
    let mut ordered: Vec<&Candidate<'a>> = rivals.to_vec();
    ordered.sort_by_key(|candidate| std::cmp::Reverse(rank(candidate)));
    let equals: Vec<_> = ordered.iter().filter(|rival| !committed || !rival.commits.is_empty()).collect();
    if let [first, second, ..] = equals.as_slice() {
        let place = Place { sequence: Some(sequence), file: file_of(second), ..Place::default() };
        let message = "two different records carry this sequence number";
        tally.fail(Finding::new(
            Code::ChainFork,
            place,
            first.sha256.to_string(),
            second.sha256.to_string(),
            message,
        ));
    } else {
        tally.pass(Code::ChainFork);
    }
    ordered.first().copied()
}

fn file_of(candidate: &Candidate<'_>) -> Option<String> {
    candidate.commits.first().or(candidate.packages.first()).map(|item| item.name.clone())
}

/// What could not be read may be the very thing that seems absent.
fn partial(unreadable: &[String]) -> Option<String> {
    let first = unreadable.first()?;
    Some(match unreadable.len() {
        1 => format!("it may be what could not be read ({first})"),
        more => format!("it may be among {more} places that could not be read (first: {first})"),
    })
}

fn check_copies(chosen: &Candidate<'_>, committed: bool, partial: Option<&str>, tally: &mut Tally) {
    let sequence = chosen.manifest.sequence.0;
    let place = |item: Option<&&Item>| Place {
        sequence: Some(sequence),
        file: item.map(|item| item.name.clone()),
        ..Place::default()
    };
    if let Some(reason) = partial.filter(|_| committed && chosen.commits.is_empty()) {
        tally.skip(Code::ChainCopy, reason);
    } else if committed && chosen.commits.is_empty() {
        let message = "the committed manifest of this record is missing although later records are committed";
        let expected = chosen.sha256.to_string();
        tally.fail(Finding::new(Code::ChainCopy, place(chosen.packages.first()), expected, "none", message));
    } else if committed && !chosen.packages.is_empty() {
        tally.pass(Code::ChainCopy);
    }
    if let Some(reason) = partial.filter(|_| chosen.packages.is_empty()) {
        tally.skip(Code::PkgMissing, reason);
    } else if chosen.packages.is_empty() {
        let message = "no package carries the committed manifest of this record";
        let expected = format!("a package whose manifest has the digest {}", chosen.sha256);
        tally.fail(Finding::new(Code::PkgMissing, place(chosen.commits.first()), expected, "none", message));
    } else {
        tally.pass(Code::PkgMissing);
    }
    for copies in [&chosen.commits, &chosen.packages] {
        for copy in copies.iter().skip(1) {
            let message = "the record was delivered more than once";
            tally.fail(Finding::new(
                Code::ChainDup,
                place(Some(copy)),
                "one copy",
                copies.len().to_string(),
                message,
            ));
        }
    }
    for item in &chosen.commits {
        match commit_number(&item.name) {
            Some(named) if named != sequence => {
                let message = "the file name claims another sequence number";
                let (expected, found) = (chosen.manifest.sequence.commit_name(), item.name.clone());
                tally.fail(Finding::new(Code::ChainOrder, place(Some(item)), expected, found, message));
            }
            _ => tally.pass(Code::ChainOrder),
        }
    }
}

/// A crash or a lost race leaves packages only at the sequence after the newest commit, linked to it.
/// Anything further on needs a commit that is no longer there.
fn report_uncommitted_tail(candidate: &Candidate<'_>, assembly: &Assembly, tally: &mut Tally) {
    let head = assembly.plans.last();
    let follows = candidate.manifest.previous_manifest_sha256 == head.map(|plan| plan.sha256)
        && head.is_none_or(|plan| plan.sequence() + 1 == candidate.manifest.sequence.0);
    for item in &candidate.packages {
        if follows {
            tally.fail(stray(item, "the package was sealed but never committed; it is part of nothing"));
        } else if let Some(reason) = &assembly.partial {
            tally.skip(Code::ChainCopy, reason);
        } else {
            let place = Place {
                sequence: Some(candidate.manifest.sequence.0),
                file: Some(item.name.clone()),
                ..Place::default()
            };
            let message = "the package follows records whose commits are missing";
            let expected = format!("committed manifest {}", candidate.sha256);
            tally.fail(Finding::new(Code::ChainCopy, place, expected, "none", message));
        }
    }
}

fn report_left_over(item: &Item, a_record_lacks_its_package: bool, tally: &mut Tally) {
    if a_record_lacks_its_package {
        let place = Place { file: Some(item.name.clone()), ..Place::default() };
        let message = "the package's manifest is not the committed one, and a record lacks its package";
        let expected = "a manifest equal to the committed one";
        tally.fail(Finding::new(Code::ChainCopy, place, expected, "another manifest", message));
    } else {
        tally.fail(stray(item, "the file belongs to no record; it was not verified"));
    }
}

fn stray(item: &Item, message: &str) -> Finding {
    let place = Place { file: Some(item.name.clone()), ..Place::default() };
    Finding::new(
        Code::SrcStray,
        place,
        "a package or committed manifest of a record",
        "another file",
        message,
    )
}

fn plan(chosen: &Candidate<'_>) -> Plan {
    let mut manifest = chosen.manifest.clone();
    manifest.files = Vec::new();
    Plan {
        sha256: chosen.sha256,
        leaf: chosen.leaf,
        manifest,
        package: chosen.packages.first().map(|item| (*item).clone()),
        commit: chosen.commits.first().map(|item| (*item).clone()),
    }
}

/// Sequence numbers between the first and the last record that no record carries.
pub(super) fn missing_sequences(plans: &[Plan]) -> Vec<std::ops::RangeInclusive<u64>> {
    let present: BTreeSet<u64> = plans.iter().map(Plan::sequence).collect();
    let mut missing = Vec::new();
    let mut expected = 0_u64;
    for sequence in present {
        if sequence > expected {
            missing.push(expected..=sequence - 1);
        }
        expected = sequence.saturating_add(1);
    }
    missing
}

/// The last sequence number of every gap that may hide a snapshot, ascending. The record behind a gap names the payload
/// of the nearest snapshot before it (F-32): if that one is at hand, the gap hides none.
pub(super) fn lost_snapshots(plans: &[Plan]) -> Vec<u64> {
    let mut snapshot = None;
    let mut expected = 0;
    let mut lost = Vec::new();
    for plan in plans {
        let named = plan.manifest.previous_snapshot_sha256;
        if plan.sequence() > expected && named != snapshot {
            lost.extend(plan.sequence().checked_sub(1));
        }
        if plan.manifest.kind == Kind::Snapshot {
            snapshot = Some(plan.manifest.payload_sha256);
        }
        expected = plan.sequence().saturating_add(1);
    }
    lost
}
