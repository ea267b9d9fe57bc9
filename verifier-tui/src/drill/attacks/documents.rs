//! Attacks on the documents in a package, from a plain exchange to one with every hash repaired.

use serde_json::Value;
use verify_core::finding::Code;
use verify_core::source::Overlay;

use super::super::attack::{Attack, Attempt, Commit};
use super::super::evidence::Evidence;
use super::super::forge::{Obstacle, Record, at};
use super::super::rewrite::rewrite;

const fn attack(
    name: &'static str,
    title: &'static str,
    wants: &'static str,
    expects: &'static [Code],
    commit: Commit,
) -> Attack {
    Attack { name, title, wants, expects, groups: &[], commit }
}

pub(in super::super) const RENAMED_MEMBER: Attack = attack(
    "renamed-member",
    "a member of a package is renamed",
    "recorded drift that nobody finds under its name",
    &[Code::PkgMembers],
    |evidence| {
        plain(evidence, "drift.json", "drift.json was renamed to drift-old.json", |record| {
            record.put("drift-old.json", record.read("drift.json")?);
            record.remove("drift.json");
            Ok(())
        })
    },
);
pub(in super::super) const REMOVED_MEMBER: Attack = attack(
    "removed-member",
    "a member is taken out of a package",
    "a package without the results that it held",
    &[Code::PkgMembers],
    |evidence| {
        plain(evidence, "validation.json", "validation.json was taken out", |record| {
            record.read("validation.json")?;
            record.remove("validation.json");
            Ok(())
        })
    },
);
pub(in super::super) const ADDED_MEMBER: Attack = attack(
    "added-member",
    "a member is added to a package",
    "a document that looks sealed and never was",
    &[Code::PkgMembers],
    |evidence| {
        plain(evidence, "waiver.json", "a member waiver.json was added", |record| {
            record.put("waiver.json", b"{\"waived\":true}".to_vec());
            Ok(())
        })
    },
);
pub(in super::super) const EXCHANGED_PAYLOAD: Attack = attack(
    "exchanged-payload",
    "the payload of a package is exchanged for that of another day",
    "a quiet day in place of the day that something happened",
    &[Code::PkgHashPayload],
    |evidence| exchange(evidence, "snapshot.json", &|record, overlay| record.write(overlay).map(drop)),
);
pub(in super::super) const EXCHANGED_RESULTS: Attack = attack(
    "exchanged-results",
    "the results of a package are exchanged for those of another day",
    "yesterday's PASS over today's state",
    &[Code::PkgHashMember],
    |evidence| exchange(evidence, "validation.json", &|record, overlay| record.write(overlay).map(drop)),
);
pub(in super::super) const REPAIRED_PACKAGE: Attack = attack(
    "repaired-package",
    "the payload is exchanged and every hash inside the package is repaired",
    "a package that sha256sum -c accepts",
    &[Code::ChainCopy, Code::PkgMissing, Code::ChainLink],
    |evidence| {
        exchange(evidence, "snapshot.json", &|record, overlay| {
            record.repair()?;
            record.commit = None;
            record.write(overlay).map(drop)
        })
    },
);
pub(in super::super) const REPAIRED_RECORD: Attack = attack(
    "repaired-record",
    "one entity is changed; package, sums and commit of that record are repaired",
    "a privileged role that was never without protection",
    &[Code::ChainLink],
    repaired_record,
);
pub(in super::super) const NOT_CANONICAL: Attack = attack(
    "not-canonical",
    "a document is written in another form, and the chain is rewritten",
    "room for content that two readers see differently",
    &[Code::JsonCanon],
    |evidence| {
        let index = evidence.ordinary()?;
        let mut record = Record::open(evidence, index)?;
        let bytes = record.read("validation.json")?;
        record.put("validation.json", [b" ", bytes.as_slice()].concat());
        record.repair()?;
        let done = "a blank was put before the results";
        rewritten(evidence, index, record, "validation.json", "byte 0", done.to_owned())
    },
);
pub(in super::super) const DUPLICATE_KEY: Attack = attack(
    "duplicate-key",
    "an object gets one key twice, and the chain is rewritten",
    "results that one program reads as FAIL and another as PASS",
    &[Code::JsonDupkey],
    |evidence| {
        let index = evidence.ordinary()?;
        let mut record = Record::open(evidence, index)?;
        let bytes = record.read("validation.json")?;
        let rest = bytes.strip_prefix(b"{").unwrap_or_default();
        record.put("validation.json", [b"{\"validation_results\":null,", rest].concat());
        record.repair()?;
        let done = "a second key validation_results was put before the first";
        rewritten(evidence, index, record, "validation.json", "/validation_results", done.to_owned())
    },
);
pub(in super::super) const ANOTHER_DAYS_PAYLOAD: Attack = attack(
    "another-days-payload",
    "the payload of another day, every hash repaired and the chain rewritten",
    "a day without collection that looks collected",
    &[Code::SchemaBind],
    |evidence| {
        let (index, other) = two_snapshots(evidence)?;
        let mut record = Record::open(evidence, index)?;
        let donor = Record::open(evidence, other)?;
        record.put("snapshot.json", donor.read("snapshot.json")?);
        record.repair()?;
        let done = format!("the payload was replaced by that of record {}", sequence(evidence, other));
        rewritten(evidence, index, record, "snapshot.json", "", done)
    },
);

/// An attempt in which one record was changed and all later ones were linked to it again.
pub(super) fn rewritten<'a>(
    evidence: &'a Evidence,
    index: usize,
    record: Record<'a>,
    member: &str,
    field: &str,
    done: String,
) -> Result<Attempt<'a>, Obstacle> {
    let file = place_of(&record)?;
    let overlay = rewrite(evidence, index, record)?;
    Ok(attempt(overlay, sequence(evidence, index), file, member, field, done))
}

/// An attempt on one member of one record.
pub(super) fn attempt<'a>(
    overlay: Overlay<'a>,
    record: u64,
    file: String,
    member: &str,
    field: &str,
    done: String,
) -> Attempt<'a> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Attempt { overlay, record: Some(record), file, member: some(member), field: some(field), done }
}

/// The file of a record that an auditor would look at first.
pub(super) fn place_of(record: &Record<'_>) -> Result<String, Obstacle> {
    let place = record.package.clone().or_else(|| record.commit.clone());
    place.ok_or_else(|| Obstacle::Absent("the record has neither a commit nor a package".to_owned()))
}

pub(super) fn sequence(evidence: &Evidence, index: usize) -> u64 {
    evidence.entries.get(index).map_or(0, |entry| entry.sequence)
}

/// Changes the package of an ordinary record; nothing is repaired but `SHA256SUMS`.
fn plain<'a>(
    evidence: &'a Evidence,
    member: &str,
    done: &str,
    change: impl FnOnce(&mut Record<'a>) -> Result<(), Obstacle>,
) -> Result<Attempt<'a>, Obstacle> {
    let index = evidence.ordinary()?;
    let mut record = Record::open(evidence, index)?;
    change(&mut record)?;
    let mut overlay = Overlay::new(&evidence.base);
    record.write(&mut overlay)?;
    Ok(attempt(overlay, sequence(evidence, index), place_of(&record)?, member, "", done.to_owned()))
}

fn two_snapshots(evidence: &Evidence) -> Result<(usize, usize), Obstacle> {
    let index = evidence.ordinary()?;
    let other =
        evidence.snapshots().filter(|other| *other != index).min_by_key(|other| index.abs_diff(*other));
    let other = other.ok_or_else(|| Obstacle::Absent("the evidence holds one snapshot only".to_owned()))?;
    Ok((index, other))
}

type Finish<'f> = &'f dyn Fn(&mut Record<'_>, &mut Overlay<'_>) -> Result<(), Obstacle>;

fn exchange<'a>(evidence: &'a Evidence, member: &str, finish: Finish<'_>) -> Result<Attempt<'a>, Obstacle> {
    let (index, other) = two_snapshots(evidence)?;
    let mut record = Record::open(evidence, index)?;
    let donor = Record::open(evidence, other)?;
    record.put(member, donor.read(member)?);
    let file = place_of(&record)?;
    let mut overlay = Overlay::new(&evidence.base);
    finish(&mut record, &mut overlay)?;
    let done = format!("{member} was replaced by that of record {}", sequence(evidence, other));
    Ok(attempt(overlay, sequence(evidence, index), file, member, "", done))
}

fn repaired_record(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let index = evidence.ordinary()?;
    let mut record = Record::open(evidence, index)?;
    let altered = alter_entity(&mut record)?;
    record.repair()?;
    let mut overlay = Overlay::new(&evidence.base);
    record.write(&mut overlay)?;
    let Altered { pointer, done } = altered;
    Ok(attempt(overlay, sequence(evidence, index), place_of(&record)?, "snapshot.json", &pointer, done))
}

/// What was changed in the state.
pub(super) struct Altered {
    pub(super) pointer: String,
    pub(super) done: String,
}

/// Changes one entity of the snapshot: a role's protection where there is one, else any text.
pub(super) fn alter_entity(record: &mut Record<'_>) -> Result<Altered, Obstacle> {
    let mut snapshot = record.json("snapshot.json")?;
    let resources = snapshot.as_object().into_iter().flat_map(serde_json::Map::iter);
    let mut places: Vec<(u8, String)> = resources
        .filter_map(|(name, entities)| Some((name, entities.as_array()?)))
        .flat_map(|(name, entities)| {
            entities.iter().enumerate().take(50).flat_map(move |(index, entity)| {
                entity.as_object().into_iter().flat_map(serde_json::Map::iter).filter_map(
                    move |(field, value)| {
                        let weight = weight(name, field, value, entity)?;
                        Some((weight, format!("/{name}/{index}/{field}")))
                    },
                )
            })
        })
        .collect();
    places.sort();
    let none = || Obstacle::Absent("the snapshot holds no entity with a field to change".to_owned());
    let (_, pointer) = places.into_iter().next().ok_or_else(none)?;
    let value = at(&mut snapshot, &pointer)?;
    let before = value.clone();
    *value = match &before {
        Value::Bool(flag) => Value::from(!flag),
        Value::String(text) => Value::from(format!("{text} (approved)")),
        _ => return Err(none()),
    };
    let done = format!("{pointer} was changed from {before} to {value}");
    record.put_json("snapshot.json", &snapshot)?;
    Ok(Altered { pointer, done })
}

/// How much a field tempts: the protection of a privileged role most. `None` for what must not be touched.
fn weight(resource: &str, field: &str, value: &Value, entity: &Value) -> Option<u8> {
    // Keys decide the order of entities; another key would be another attack.
    if field.eq_ignore_ascii_case("id") || field.contains(['~', '/']) {
        return None;
    }
    let privileged = entity.get("permissions").is_some_and(|held| held.to_string().contains("admin"));
    match value {
        Value::Bool(_) if resource.contains("role") && field.contains("mfa") => Some(u8::from(!privileged)),
        Value::String(_) if resource.contains("role") && field == "name" => Some(2),
        Value::String(_) if field == "name" => Some(3),
        _ => None,
    }
}
