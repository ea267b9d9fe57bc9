//! Attacks on single fields of a manifest.

use serde_json::Value;
use verify_core::finding::Code;
use verify_core::source::Overlay;
use verify_core::time::UtcTime;

use super::super::attack::{Attack, Attempt, Commit};
use super::super::evidence::Evidence;
use super::super::forge::{Obstacle, Record, at};
use super::documents::{attempt, place_of, rewritten, sequence};

const MANIFEST: &str = "manifest.json";

const fn attack(
    name: &'static str,
    title: &'static str,
    wants: &'static str,
    expects: &'static [Code],
    commit: Commit,
) -> Attack {
    Attack { name, title, wants, expects, groups: &[], commit }
}

pub(in super::super) const RETENTION: Attack = attack(
    "retention",
    "the retention of one record is changed, its own hashes repaired",
    "write-once storage on paper that was never asked for",
    &[Code::ChainLink],
    |evidence| one_record(evidence, "/retention_until", |value| later(value).into()),
);
pub(in super::super) const ACTOR: Attack = attack(
    "actor",
    "the actor of one record is changed, its own hashes repaired",
    "somebody else made responsible",
    &[Code::ChainLink],
    |evidence| {
        one_record(evidence, "/audit_log_entry/actor", |value| {
            format!("{}-2", value.as_str().unwrap_or("svc")).into()
        })
    },
);
pub(in super::super) const BACK_DATED: Attack = attack(
    "back-dated",
    "a record is dated before the one it follows, and the chain is rewritten",
    "evidence made afterwards that looks made in time",
    &[Code::ChainTime],
    back_dated,
);
pub(in super::super) const SHORT_DIGEST: Attack = attack(
    "short-digest",
    "a digest is shortened to 32 digits, and the chain is rewritten",
    "a weaker hash that a lenient comparison accepts",
    &[Code::SchemaDigest],
    |evidence| {
        whole_chain(evidence, "/payload_sha256", |value| {
            value.as_str().map(|digest| digest.chars().take(32).collect::<String>()).into()
        })
    },
);
pub(in super::super) const DOWNGRADE: Attack = attack(
    "downgrade",
    "a record claims an older format version, and the chain is rewritten",
    "rules of an older format that ask for less",
    &[Code::SchemaVersion],
    |evidence| whole_chain(evidence, "/manifest_version", |_| "0.9".into()),
);
pub(in super::super) const UNKNOWN_FIELD: Attack = attack(
    "unknown-field",
    "a manifest gets a field that the format does not know, and the chain is rewritten",
    "a statement that looks sealed and has no meaning",
    &[Code::SchemaUnknown],
    |evidence| {
        let index = evidence.ordinary()?;
        let mut record = Record::open(evidence, index)?;
        let fields = at(&mut record.manifest, "")?.as_object_mut();
        let fields = fields.ok_or_else(|| Obstacle::Absent("the manifest is no object".to_owned()))?;
        fields.insert("waived_findings".to_owned(), true.into());
        let done = "a field waived_findings was added".to_owned();
        rewritten(evidence, index, record, MANIFEST, "/waived_findings", done)
    },
);

/// A later time than the value's, or one in some years where there is none.
pub(super) fn later(value: &Value) -> String {
    let later = value.as_str().and_then(|text| text.parse::<UtcTime>().ok());
    later.map_or_else(|| "2040-01-01T00:00:00Z".to_owned(), |time| time.plus_seconds(86_400).to_string())
}

/// Changes one field of a manifest.
pub(super) fn change(
    record: &mut Record<'_>,
    field: &str,
    change: impl FnOnce(&Value) -> Value,
) -> Result<String, Obstacle> {
    let value = at(&mut record.manifest, field)?;
    let before = value.clone();
    *value = change(&before);
    Ok(format!("{field} was changed from {before} to {value}"))
}

fn one_record<'a>(
    evidence: &'a Evidence,
    field: &str,
    value: impl FnOnce(&Value) -> Value,
) -> Result<Attempt<'a>, Obstacle> {
    let index = evidence.ordinary()?;
    let mut record = Record::open(evidence, index)?;
    let done = change(&mut record, field, value)?;
    let mut overlay = Overlay::new(&evidence.base);
    record.write(&mut overlay)?;
    Ok(attempt(overlay, sequence(evidence, index), place_of(&record)?, MANIFEST, field, done))
}

fn whole_chain<'a>(
    evidence: &'a Evidence,
    field: &str,
    value: impl FnOnce(&Value) -> Value,
) -> Result<Attempt<'a>, Obstacle> {
    let index = evidence.ordinary()?;
    let mut record = Record::open(evidence, index)?;
    let done = change(&mut record, field, value)?;
    rewritten(evidence, index, record, MANIFEST, field, done)
}

fn back_dated(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let index = evidence.ordinary()?;
    let before = index.checked_sub(1).map(|before| Record::open(evidence, before));
    let before = before.ok_or_else(|| Obstacle::Absent("no record stands before it".to_owned()))??;
    let sealed = before.manifest.get("sealed_utc").and_then(Value::as_str).and_then(|text| text.parse().ok());
    let sealed: UtcTime =
        sealed.ok_or_else(|| Obstacle::Absent("the record before has no time".to_owned()))?;
    let mut record = Record::open(evidence, index)?;
    let earlier = sealed.plus_seconds(-3_600).to_string();
    let done = change(&mut record, "/sealed_utc", |_| earlier.as_str().into())?;
    for field in ["/started_utc", "/finished_utc", "/audit_log_entry/timestamp_utc"] {
        change(&mut record, field, |_| earlier.as_str().into())?;
    }
    rewritten(evidence, index, record, MANIFEST, "/sealed_utc", done)
}
