//! Attacks on what a record says, with every hash repaired and the chain rewritten to its end: only doing the
//! work again shows them.

use serde_json::{Value, json};
use verify_core::digest::Digest;
use verify_core::finding::Code;
use verify_core::verify::Group;

use super::super::attack::{Attack, Attempt};
use super::super::evidence::Evidence;
use super::super::forge::{Obstacle, Record, at};
use super::documents::{Altered, alter_entity, rewritten};

pub(in super::super) const FAIL_TO_PASS: Attack = Attack {
    name: "fail-to-pass",
    title: "a FAIL becomes a PASS, every hash repaired and the chain rewritten",
    wants: "a control that never failed",
    expects: &[Code::PolicyReplay],
    groups: &[Group::Policies],
    commit: fail_to_pass,
};
pub(in super::super) const ERASED_DRIFT: Attack = Attack {
    name: "erased-drift",
    title: "recorded drift is erased, every hash repaired and the chain rewritten",
    wants: "a change that never happened",
    expects: &[Code::DriftReplay],
    groups: &[Group::Drift],
    commit: erased_drift,
};
pub(in super::super) const REWRITTEN_STATE: Attack = Attack {
    name: "rewritten-state",
    title: "an entity is changed, every hash repaired and the chain rewritten",
    wants: "a privileged role that was never without protection, with perfect hashes",
    expects: &[Code::NormReplay, Code::DriftReplay],
    groups: &[Group::Drift, Group::Normalization],
    commit: |evidence| {
        let index = evidence.ordinary()?;
        let mut record = Record::open(evidence, index)?;
        let Altered { pointer, done } = alter_entity(&mut record)?;
        record.repair()?;
        rewritten(evidence, index, record, "snapshot.json", &pointer, done)
    },
};
pub(in super::super) const REWRITTEN_BODY: Attack = Attack {
    name: "rewritten-body",
    title: "a kept answer of the platform is changed, with transcript, hashes and chain",
    wants: "a source that seems to have said something else",
    expects: &[Code::NormReplay],
    groups: &[Group::Normalization],
    commit: rewritten_body,
};
pub(in super::super) const SHORT_LIST: Attack = Attack {
    name: "short-list",
    title: "an entity is taken out of a list that is still called complete",
    wants: "a privileged user whom nobody sees",
    expects: &[Code::CollectComplete],
    groups: &[],
    commit: short_list,
};
pub(in super::super) const DENIED_AS_EMPTY: Attack = Attack {
    name: "denied-as-empty",
    title: "a resource that was not complete is called complete and empty",
    wants: "controls that pass because there is nothing to see",
    expects: &[Code::CollectTranscript, Code::CollectComplete],
    groups: &[],
    commit: denied_as_empty,
};
pub(in super::super) const REMOVED_EXCHANGE: Attack = Attack {
    name: "removed-exchange",
    title: "a line is taken out of the transcript, every hash repaired and the chain rewritten",
    wants: "a request, or an answer, that never was",
    expects: &[Code::CollectTranscript],
    groups: &[],
    commit: removed_exchange,
};

/// Every result of the record passes, and nothing violates anything.
pub(super) fn pass_everything(record: &mut Record<'_>) -> Result<(), Obstacle> {
    let mut results = record.json("validation.json")?;
    let controls = at(&mut results, "/validation_results/controls_validated")?.as_array_mut();
    for control in controls.into_iter().flatten().filter(|control| control["status"] == "FAIL") {
        *at(control, "/status")? = "PASS".into();
        *at(control, "/status_with_exceptions")? = "PASS".into();
    }
    *at(&mut results, "/validation_results/policy_violations")? = json!([]);
    record.put_json("validation.json", &results)
}

fn fail_to_pass(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let absent = || Obstacle::Absent("no sound snapshot records a violation that could be hidden".to_owned());
    let mut sequences = evidence.report.violations.iter().map(|row| row.sequence);
    let sequence = sequences.find(|sequence| evidence.is_sound(*sequence)).ok_or_else(absent)?;
    let index = evidence.index_of(sequence)?;
    let mut record = Record::open(evidence, index)?;
    pass_everything(&mut record)?;
    record.repair()?;
    let done = "every FAIL became a PASS and the violations were emptied".to_owned();
    rewritten(evidence, index, record, "validation.json", "/validation_results/controls_validated", done)
}

fn erased_drift(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let absent = || Obstacle::Absent("no sound snapshot records drift that could be erased".to_owned());
    // Against a damaged state nothing can be compared again.
    let mut rows = evidence.report.drift.iter();
    let row = rows.find(|row| evidence.is_sound(row.sequence) && evidence.is_sound(row.against_sequence));
    let sequence = row.ok_or_else(absent)?.sequence;
    let index = evidence.index_of(sequence)?;
    let mut record = Record::open(evidence, index)?;
    let mut drift = record.json("drift.json")?;
    let mut erased = 0;
    for side in ["/against_previous/resources", "/against_baseline/resources"] {
        let resources = drift.pointer_mut(side).and_then(Value::as_object_mut);
        for (_, resource) in resources.into_iter().flatten() {
            let changes = at(resource, "/changes")?;
            erased += changes.as_array().map_or(0, Vec::len);
            *changes = json!([]);
        }
    }
    record.put_json("drift.json", &drift)?;
    let mut results = record.json("validation.json")?;
    let detected = at(&mut results, "/validation_results/drift_detected")?;
    if detected.is_boolean() {
        *detected = false.into();
    }
    record.put_json("validation.json", &results)?;
    record.repair()?;
    let done = format!("{} erased", crate::words::counted(erased as u64, "recorded change"));
    rewritten(evidence, index, record, "drift.json", "/against_previous", done)
}

/// Lines of the transcript, changed by `change`, which says whether a line stays.
fn edit_transcript(
    record: &mut Record<'_>,
    mut change: impl FnMut(&mut Value) -> Result<bool, Obstacle>,
) -> Result<(), Obstacle> {
    let bytes = record.read("transcript.jsonl")?;
    let mut lines = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let refused = |_| Obstacle::Absent("the transcript is damaged as it is".to_owned());
        let mut value: Value = serde_json::from_slice(line).map_err(refused)?;
        if change(&mut value)? {
            lines.extend(verify_core::canon::to_vec(&value)?);
            lines.push(b'\n');
        }
    }
    record.put("transcript.jsonl", lines);
    Ok(())
}

fn removed_exchange(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let index = evidence.ordinary()?;
    let mut record = Record::open(evidence, index)?;
    let complete = at(&mut record.manifest, "/resources")?.clone();
    let (mut number, mut removed) = (0_usize, None);
    edit_transcript(&mut record, |line| {
        number += 1;
        let resource = line["resource"].as_str().unwrap_or_default();
        let gives_entities = line["entities"].as_u64().is_some_and(|entities| entities > 0);
        let outcome = complete.get(resource).and_then(|record| record.get("outcome"));
        let is_complete = outcome.is_some_and(|outcome| outcome == "complete");
        let attacked = removed.is_none() && gives_entities && is_complete;
        if attacked {
            removed = Some((number, resource.to_owned()));
        }
        Ok(!attacked)
    })?;
    let absent = || Obstacle::Absent("no request gave entities of a complete resource".to_owned());
    let (number, resource) = removed.ok_or_else(absent)?;
    record.repair()?;
    let done = format!("line {number}, a page of {resource}, was taken out");
    rewritten(evidence, index, record, "transcript.jsonl", &format!("line {number}"), done)
}

fn short_list(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let index = evidence.ordinary()?;
    let mut record = Record::open(evidence, index)?;
    let mut snapshot = record.json("snapshot.json")?;
    let resources = at(&mut record.manifest, "/resources")?.clone();
    let found = resources.as_object().into_iter().flatten().find_map(|(name, resource)| {
        let total = resource["reported_total"].as_u64()?;
        (resource["outcome"] == "complete" && total > 0).then(|| (name.clone(), total))
    });
    let absent = || Obstacle::Absent("no resource states a total of the platform".to_owned());
    let (name, total) = found.ok_or_else(absent)?;
    let entities = at(&mut snapshot, &format!("/{name}"))?.as_array_mut().ok_or_else(absent)?;
    entities.pop();
    record.put_json("snapshot.json", &snapshot)?;
    record.repair()?;
    let done = format!("the last entity of {name} was taken out; the platform reported {total}");
    rewritten(evidence, index, record, "snapshot.json", &format!("/{name}"), done)
}

fn denied_as_empty(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let absent = || Obstacle::Absent("every resource of every snapshot is complete".to_owned());
    let row = evidence.report.incomplete.first().ok_or_else(absent)?;
    let index = evidence.index_of(row.sequence)?;
    let mut record = Record::open(evidence, index)?;
    let mut snapshot = record.json("snapshot.json")?;
    let top = snapshot.as_object_mut().ok_or_else(absent)?;
    top.insert(row.resource.clone(), json!([]));
    record.put_json("snapshot.json", &snapshot)?;
    let field = format!("/resources/{}", row.resource);
    let entry = at(&mut record.manifest, &field)?;
    for (name, value) in [
        ("outcome", json!("complete")),
        ("reason", Value::Null),
        ("reported_total", json!(0)),
        ("pages", json!(1)),
    ] {
        *at(entry, &format!("/{name}"))? = value;
    }
    record.repair()?;
    let done =
        format!("{} was {} and is called complete with no entities", row.resource, row.outcome.as_str());
    rewritten(evidence, index, record, "manifest.json", &field, done)
}

fn rewritten_body(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let index = evidence.ordinary()?;
    let mut record = Record::open(evidence, index)?;
    let snapshot = record.json("snapshot.json")?;
    let bodies: Vec<String> = record.members().into_iter().filter(|name| name.starts_with("raw/")).collect();
    for member in bodies {
        let Some(resource) = member.split('/').nth(1) else { continue };
        let first = snapshot.pointer(&format!("/{resource}/0/name"));
        let Some(name) = first.and_then(Value::as_str) else { continue };
        let mut body = record.json(&member)?;
        if !rename(&mut body, name) {
            continue;
        }
        let before = Digest::of(&record.read(&member)?).to_string();
        let bytes = serde_json::to_vec(&body)
            .map_err(|error| Obstacle::Failed(format!("a body cannot be written: {error}")))?;
        let after = Digest::of(&bytes).to_string();
        edit_transcript(&mut record, |line| {
            if line["kept_as"].as_str() == Some(member.as_str()) {
                if line["received_sha256"].as_str() == Some(before.as_str()) {
                    *at(line, "/received_sha256")? = after.as_str().into();
                    *at(line, "/bytes")? = bytes.len().into();
                }
                *at(line, "/kept_sha256")? = after.as_str().into();
            }
            Ok(true)
        })?;
        let done = format!("the first entity of {resource} was renamed in the kept answer");
        record.put(&member, bytes);
        record.repair()?;
        return rewritten(evidence, index, record, &member, "", done);
    }
    Err(Obstacle::Absent("no answer of the platform was kept whose entities have names".to_owned()))
}

/// Renames the first object that bears this name.
fn rename(value: &mut Value, name: &str) -> bool {
    match value {
        Value::Array(elements) => elements.iter_mut().any(|element| rename(element, name)),
        Value::Object(members) => {
            if members.get("name").and_then(Value::as_str) == Some(name) {
                members.insert("name".to_owned(), format!("{name} (approved)").into());
                return true;
            }
            members.iter_mut().any(|(_, member)| rename(member, name))
        }
        _ => false,
    }
}
