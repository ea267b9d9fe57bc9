//! Attacks on the chain: records removed, repeated, exchanged, forked, or taken from somebody else's chain.

use serde_json::Value;
use verify_core::digest::Digest;
use verify_core::finding::Code;
use verify_core::source::Overlay;
use verify_core::verify::Group;

use super::super::attack::{Attack, Attempt, Commit};
use super::super::evidence::{Entry, Evidence};
use super::super::forge::{Obstacle, Record, at};
use super::super::rewrite::{Links, rewrite, write_linked};
use super::documents::{attempt, place_of, sequence};
use super::manifest::{change, later};

const fn attack(
    name: &'static str,
    title: &'static str,
    wants: &'static str,
    expects: &'static [Code],
    commit: Commit,
) -> Attack {
    Attack { name, title, wants, expects, groups: &[], commit }
}

pub(in super::super) const REMOVED_RECORD: Attack = attack(
    "removed-record",
    "a record is removed, commit and package",
    "a day that was never collected",
    &[Code::ChainGap],
    |evidence| remove(evidence, evidence.ordinary()?, true, true),
);
pub(in super::super) const REMOVED_PACKAGE: Attack = attack(
    "removed-package",
    "a package is removed, its commit stays",
    "a day whose content nobody can look at",
    &[Code::PkgMissing],
    |evidence| remove(evidence, evidence.ordinary()?, false, true),
);
pub(in super::super) const REMOVED_COMMIT: Attack = attack(
    "removed-commit",
    "a commit is removed, its package stays",
    "a record that can be called unfinished",
    &[Code::ChainCopy],
    |evidence| remove(evidence, evidence.ordinary()?, true, false),
);
pub(in super::super) const REMOVED_AND_RELINKED: Attack = Attack {
    name: "removed-and-relinked",
    title: "a record is removed, later ones are renumbered and linked again",
    wants: "a chain without a gap that lacks one day",
    expects: &[Code::ChainCadence],
    groups: &[Group::Coverage],
    commit: removed_and_relinked,
};
pub(in super::super) const REMOVED_GENESIS: Attack = attack(
    "removed-genesis",
    "the first record is removed",
    "rules that nobody can hold against the first approval",
    &[Code::ChainGenesis],
    |evidence| {
        if evidence.entries.first().is_none_or(|entry| entry.sequence != 0) {
            return Err(Obstacle::Absent("the genesis is not there as it is".to_owned()));
        }
        remove(evidence, 0, true, true)
    },
);
pub(in super::super) const COPIED_AS_NEWEST: Attack = attack(
    "copied-as-newest",
    "an older record is copied under the next number",
    "a quiet day delivered as the newest one",
    &[Code::ChainDup],
    |evidence| {
        let (mut record, index, last) = as_newest(evidence)?;
        let mut overlay = Overlay::new(&evidence.base);
        let from = evidence.entries.get(index);
        let bytes = |name: Option<&String>| name.and_then(|name| evidence.base.files.get(name)).cloned();
        let places = [
            (record.package.take(), bytes(from.and_then(|entry| entry.package.as_ref()))),
            (record.commit.take(), bytes(from.and_then(|entry| entry.commit.as_ref()))),
        ];
        let mut file = String::new();
        for (place, bytes) in places {
            if let (Some(place), Some(bytes)) = (place, bytes) {
                overlay.put(place.clone(), bytes);
                if file.is_empty() {
                    file = place;
                }
            }
        }
        let done = format!("record {} was copied under the number {last}", sequence(evidence, index));
        Ok(attempt(overlay, sequence(evidence, index), file, "", "", done))
    },
);
pub(in super::super) const REPLAYED_AS_NEWEST: Attack = attack(
    "replayed-as-newest",
    "an older record gets the next number and fitting links",
    "a quiet day delivered as the newest one, with perfect hashes",
    &[Code::ChainTime],
    |evidence| {
        let (mut record, index, last) = as_newest(evidence)?;
        change(&mut record, "/sequence", |_| last.into())?;
        let file = place_of(&record)?;
        let mut overlay = Overlay::new(&evidence.base);
        let links = Links::before(evidence, evidence.entries.len())?;
        write_linked(std::iter::once(Ok(record)), links, &mut overlay)?;
        let done = format!("record {} was sealed again as record {last}", sequence(evidence, index));
        Ok(attempt(overlay, last, file, "manifest.json", "/sequence", done))
    },
);
pub(in super::super) const EXCHANGED_RECORDS: Attack = attack(
    "exchanged-records",
    "two neighbours exchange their numbers",
    "a change that seems to come after its approval",
    &[Code::ChainLink],
    exchanged_records,
);
pub(in super::super) const FORK: Attack = attack(
    "fork",
    "a second record is committed under one number",
    "two histories, one for each auditor",
    &[Code::ChainFork],
    |evidence| {
        beside(evidence, "fork", "a second record with another retention was committed", |record| {
            change(record, "/retention_until", |value| later(value).into()).map(drop)
        })
    },
);
pub(in super::super) const FOREIGN_ORIGIN: Attack = attack(
    "foreign-origin",
    "a record of another tenant is mixed in",
    "a well-kept tenant's evidence counted for this one",
    &[Code::ChainOrigin],
    |evidence| {
        beside(evidence, "foreign", "a record of another origin was added", |record| {
            change(record, "/origin", |origin| {
                format!("{}-other", origin.as_str().unwrap_or("evidence")).into()
            })?;
            foreign_chain(record)
        })
    },
);
pub(in super::super) const FOREIGN_CHAIN: Attack = attack(
    "foreign-chain",
    "a record of another chain of the same origin is mixed in",
    "evidence of a chain that was begun anew counted for this one",
    &[Code::ChainId],
    |evidence| beside(evidence, "foreign", "a record of another chain was added", foreign_chain),
);
pub(in super::super) const FOREIGN_TENANT: Attack = attack(
    "foreign-tenant",
    "a record names another organization, and the chain is rewritten",
    "another organization's evidence in place of this one's",
    &[Code::ChainOrigin],
    |evidence| {
        let index = evidence.ordinary()?;
        let mut record = Record::open(evidence, index)?;
        let field = "/tenant/organization_id";
        let done = change(&mut record, field, |id| format!("{}-other", id.as_str().unwrap_or("org")).into())?;
        let file = place_of(&record)?;
        let overlay = rewrite(evidence, index, record)?;
        Ok(attempt(overlay, sequence(evidence, index), file, "manifest.json", field, done))
    },
);

fn foreign_chain(record: &mut Record<'_>) -> Result<(), Obstacle> {
    let other = Digest::of(b"another genesis").to_string();
    change(record, "/chain_id", |_| other.as_str().into()).map(drop)
}

fn entry(evidence: &Evidence, index: usize) -> Result<&Entry, Obstacle> {
    evidence.entries.get(index).ok_or_else(|| Obstacle::Absent("the record is not there".to_owned()))
}

pub(super) fn remove(
    evidence: &Evidence,
    index: usize,
    commit: bool,
    package: bool,
) -> Result<Attempt<'_>, Obstacle> {
    let entry = entry(evidence, index)?;
    let mut overlay = Overlay::new(&evidence.base);
    let mut removed = Vec::new();
    if package {
        removed.extend(&entry.package);
    }
    if commit {
        removed.extend(entry.commit.iter().chain(&entry.note).chain(&entry.token));
    }
    if !package && removed.is_empty() {
        return Err(Obstacle::Absent("a bare folder of packages holds no commits".to_owned()));
    }
    if !commit && entry.commit.is_none() {
        return Err(Obstacle::Absent("in a bare folder the package is the record".to_owned()));
    }
    for name in &removed {
        overlay.remove(name.as_str());
    }
    let what = match (commit, package) {
        (true, true) => "commit and package",
        (true, false) => "the commit",
        (false, _) => "the package",
    };
    let done = format!(
        "{what} of record {} {}",
        entry.sequence,
        if commit && package { "were removed" } else { "was removed" }
    );
    let file = removed.first().map_or_else(String::new, |name| (*name).clone());
    Ok(attempt(overlay, entry.sequence, file, "", "", done))
}

/// An older record with the places of the next one, its index, and the next number.
fn as_newest(evidence: &Evidence) -> Result<(Record<'_>, usize, u64), Obstacle> {
    let index = evidence.ordinary()?;
    let mut record = Record::open(evidence, index)?;
    let last = evidence.entries.last().map_or(0, |entry| entry.sequence) + 1;
    record.package = record.package.map(|name| format!("{}-{last}.zip", name.trim_end_matches(".zip")));
    record.commit = record.commit.map(|name| sibling(&name, &format!("{last:010}.json")));
    Ok((record, index, last))
}

/// Another name in the same folder.
pub(super) fn sibling(name: &str, other: &str) -> String {
    name.rsplit_once('/').map_or_else(|| other.to_owned(), |(folder, _)| format!("{folder}/{other}"))
}

fn beside<'a>(
    evidence: &'a Evidence,
    folder: &str,
    done: &str,
    forge: impl FnOnce(&mut Record<'a>) -> Result<(), Obstacle>,
) -> Result<Attempt<'a>, Obstacle> {
    let index = evidence.ordinary()?;
    let mut record = Record::open(evidence, index)?;
    forge(&mut record)?;
    let base = |name: String| format!("{folder}/{}", name.rsplit('/').next().unwrap_or(&name));
    record.package = record.package.map(base);
    record.commit = record.commit.map(base);
    let mut overlay = Overlay::new(&evidence.base);
    record.write(&mut overlay)?;
    Ok(attempt(overlay, sequence(evidence, index), place_of(&record)?, "manifest.json", "", done.to_owned()))
}

fn exchanged_records(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let index = evidence.ordinary()?;
    let (mut first, mut second) = (Record::open(evidence, index)?, Record::open(evidence, index + 1)?);
    std::mem::swap(at(&mut first.manifest, "/sequence")?, at(&mut second.manifest, "/sequence")?);
    std::mem::swap(&mut first.commit, &mut second.commit);
    let mut overlay = Overlay::new(&evidence.base);
    first.write(&mut overlay)?;
    second.write(&mut overlay)?;
    let (one, two) = (sequence(evidence, index), sequence(evidence, index + 1));
    let done = format!("records {one} and {two} exchanged their numbers and commits");
    Ok(attempt(overlay, one, place_of(&first)?, "manifest.json", "/sequence", done))
}

fn removed_and_relinked(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let index = evidence.ordinary()?;
    let gone = entry(evidence, index)?;
    let mut overlay = Overlay::new(&evidence.base);
    for name in gone.files() {
        overlay.remove(name.as_str());
    }
    // The last number is free afterwards.
    if let Some(last) = evidence.entries.last() {
        for name in last.commit.iter().chain(&last.note).chain(&last.token) {
            overlay.remove(name.as_str());
        }
    }
    let later: Result<Vec<_>, Obstacle> = (index + 1..evidence.entries.len())
        .map(|later| {
            let mut record = Record::open_for_links(evidence, later)?;
            record.commit.clone_from(&entry(evidence, later - 1)?.commit);
            renumber(&mut record, gone.sequence)?;
            Ok(record)
        })
        .collect();
    let links = Links::before(evidence, index)?;
    write_linked(later?.into_iter().map(Ok), links, &mut overlay)?;
    let file = gone.package.clone().unwrap_or_default();
    let done = format!("record {} was removed; every later one moved up by one", gone.sequence);
    Ok(attempt(overlay, gone.sequence, file, "", "", done))
}

/// Every number from `gone` on becomes one less, wherever a record names it.
fn renumber(record: &mut Record<'_>, gone: u64) -> Result<(), Obstacle> {
    let less = |value: &mut Value| {
        if let Some(number) = value.as_u64().filter(|number| *number >= gone && *number > 0) {
            *value = (number - 1).into();
        }
    };
    less(at(&mut record.manifest, "/sequence")?);
    for pointer in ["/baseline/sequence", "/baseline/approval_sequence"] {
        record.manifest.pointer_mut(pointer).map(less);
    }
    let Ok(mut drift) = record.json("drift.json") else { return Ok(()) };
    for side in ["/against_previous/resources", "/against_baseline/resources"] {
        let resources = drift.pointer_mut(side).and_then(Value::as_object_mut);
        for (_, resource) in resources.into_iter().flatten() {
            resource.pointer_mut("/against/sequence").map(less);
        }
    }
    record.put_json("drift.json", &drift)?;
    record.repair()
}
