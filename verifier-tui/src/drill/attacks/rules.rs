//! Attacks on the rules: what is asked, when it is asked, and what it is compared with.

use serde_json::Value;
use verify_core::finding::Code;
use verify_core::verify::Group;

use super::super::attack::{Attack, Attempt};
use super::super::evidence::Evidence;
use super::super::forge::{Obstacle, Record, at};
use super::documents::{rewritten, sequence};
use super::manifest::change;
use super::results::pass_everything;

pub(in super::super) const WEAKENED_POLICY: Attack = Attack {
    name: "weakened-policy",
    title: "a policy is replaced by one that always passes, with results, hashes and chain",
    wants: "controls that pass and replay as passed",
    expects: &[Code::RulesUnapproved],
    groups: &[Group::Rules],
    commit: weakened_policy,
};
pub(in super::super) const THINNED_SCHEDULE: Attack = Attack {
    name: "thinned-schedule",
    title: "the schedule asks for one cycle a month, and the chain is rewritten",
    wants: "missing days that were never due",
    expects: &[Code::RulesUnapproved],
    groups: &[Group::Rules],
    commit: |evidence| {
        let index = evidence.ordinary()?;
        let mut record = Record::open(evidence, index)?;
        let done = change(&mut record, "/schedule/cron", |cron| {
            let monthly = if cron == "0 8 1 * *" { "0 8 2 * *" } else { "0 8 1 * *" };
            monthly.into()
        })?;
        rewritten(evidence, index, record, "manifest.json", "/schedule/cron", done)
    },
};
pub(in super::super) const REPLACED_BASELINE: Attack = Attack {
    name: "replaced-baseline",
    title: "another snapshot is named as the baseline, and the chain is rewritten",
    wants: "drift that vanishes because the drifted state is called approved",
    expects: &[Code::RulesBaseline],
    groups: &[Group::Rules],
    commit: replaced_baseline,
};

fn weakened_policy(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let violated = evidence.report.violations.first();
    let index = violated.map_or_else(|| evidence.ordinary(), |row| evidence.index_of(row.sequence))?;
    let mut record = Record::open(evidence, index)?;
    let policy = violated
        .and_then(|row| evidence.report.controls.iter().find(|control| control.control_id == row.control_id))
        .or_else(|| evidence.report.controls.first())
        .map(|control| control.policy.clone());
    let absent = || Obstacle::Absent("the package holds no policy".to_owned());
    let policy = policy.ok_or_else(absent)?;
    let package = format!("package controls.{policy}");
    let member = record
        .members()
        .into_iter()
        .filter(|name| name.starts_with("policies/"))
        .find(|name| {
            let text = record.read(name).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            text.is_some_and(|text| text.lines().any(|line| line.trim() == package))
        })
        .ok_or_else(absent)?;
    let text =
        format!("{package}\n\nresult := {{\"status\": \"PASS\", \"violations\": [], \"reason\": null}}\n");
    if record.read(&member)? == text.as_bytes() {
        record.put(&member, format!("{text}\n# never objects\n").into_bytes());
    } else {
        record.put(&member, text.into_bytes());
    }
    pass_everything(&mut record)?;
    record.repair()?;
    let done = format!("the policy {policy} was replaced by one that always passes");
    rewritten(evidence, index, record, &member, "", done)
}

fn replaced_baseline(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let absent =
        || Obstacle::Absent("no snapshot names a baseline beside which an earlier one lies".to_owned());
    // From the newest on, the snapshot with the most history behind it.
    for index in evidence.snapshots().collect::<Vec<_>>().into_iter().rev() {
        let mut record = Record::open(evidence, index)?;
        let Some(approved) = record.manifest.pointer("/baseline/sequence").and_then(Value::as_u64) else {
            continue;
        };
        let earlier = evidence
            .snapshots()
            .filter(|other| *other < index && sequence(evidence, *other) != approved)
            .last();
        let Some(other) = earlier else { continue };
        let named = Record::open(evidence, other)?.manifest;
        let state = named.get("state_sha256").cloned().unwrap_or_default();
        let taken =
            [("sequence", "sequence"), ("state_sha256", "state_sha256"), ("collection_id", "collection_id")];
        for (field, from) in taken {
            let value = named.get(from).cloned().ok_or_else(absent)?;
            *at(&mut record.manifest, &format!("/baseline/{field}"))? = value;
        }
        let mut results = record.json("validation.json")?;
        let hash = format!("sha256:{}", state.as_str().unwrap_or_default());
        *at(&mut results, "/validation_results/baseline_hash")? = hash.into();
        record.put_json("validation.json", &results)?;
        record.repair()?;
        let done =
            format!("record {} was named as the baseline in place of {approved}", sequence(evidence, other));
        return rewritten(evidence, index, record, "manifest.json", "/baseline", done);
    }
    Err(absent())
}
