//! Recorded results of controls against their replay, and against manifest and drift (F-70 to F-75, F-85).

use std::collections::{BTreeMap, BTreeSet};

use super::open::Opened;
use super::options::{Group, LEFT_OUT, Mode};
use super::record::Shared;
use super::replay::{Sides, SnapshotMaterial};
use super::rules::Rules;
use super::state::Earlier;
use super::tally::Tally;
use crate::digest::Digest;
use crate::finding::{Code, Finding, Place};
use crate::limits::Limits;
use crate::model::{ControlResult, DriftDocument, FileEntry, ValidationResults, Violation};
use crate::policy::{Case, CycleFacts, Evaluator, Judgement, Memo, PolicyErrorKind, SPENT_REASON, judge};

/// Runs every policy of the package again on the states and registers it holds.
pub(super) fn replay_policies(
    opened: &Opened<'_>,
    rules: &Rules,
    sides: &Sides<'_>,
    shared: &Shared<'_>,
    evaluator: &mut dyn Evaluator,
    limits: &Limits,
    tally: &mut Tally,
) -> Option<Replayed> {
    if !shared.options.runs(Group::Policies) {
        tally.skip(Code::PolicyReplay, LEFT_OUT);
        return None;
    }
    let manifest = &opened.manifest;
    // Without one of its files a policy is another policy; what it would say accuses nobody.
    let judging = |path: &str| path.starts_with("policies/") || path.starts_with("inputs/");
    let damaged = |entry: &&FileEntry| judging(&entry.path) && !opened.sound.contains_key(&entry.path);
    if let Some(entry) = manifest.files.iter().find(damaged) {
        tally.skip(Code::PolicyReplay, &format!("{} is missing or damaged", entry.path));
        return None;
    }
    let policies = match rules.policies.as_ref() {
        Ok(policies) => policies,
        Err(error) => {
            let place = opened.place_of("policies/controls.json");
            let message = "the policies cannot be replayed";
            tally.fail(Finding::new(error.code(), place, "policies", error.to_string(), message));
            return None;
        }
    };
    let cycle = CycleFacts {
        collection_id: manifest.collection_id.clone(),
        scheduled_utc: manifest.scheduled_utc.unwrap_or(manifest.started_utc),
        started_utc: manifest.started_utc,
    };
    let earlier: Vec<_> =
        shared.exceptions.iter().filter(|(sequence, _)| *sequence < manifest.sequence).cloned().collect();
    let material = SnapshotMaterial::new(opened, sides, limits);
    let case = Case {
        platform: &manifest.tenant.platform,
        material: &material,
        cycle: &cycle,
        exceptions: &earlier,
    };
    let fresh;
    let memo = match shared.options.mode {
        Mode::Incremental => &shared.memo,
        Mode::FromScratch => {
            fresh = Memo::new();
            &fresh
        }
    };
    let mut judgement = judge(policies, case, &mut shared.spent.watch(evaluator), memo);
    let (spent, errors): (Vec<_>, Vec<_>) =
        judgement.errors.into_iter().partition(|(_, error)| error.kind == PolicyErrorKind::Spent);
    judgement.errors = errors;
    for _ in &spent {
        tally.skip(Code::PolicyLimits, SPENT_REASON);
    }
    for code in [Code::PolicyParse, Code::PolicyBuiltin, Code::PolicyLimits] {
        if spent.is_empty() && judgement.errors.iter().all(|(_, error)| error.code() != code) {
            tally.pass(code);
        }
    }
    for (control, error) in &judgement.errors {
        let place = Place { pointer: Some(control.clone()), ..opened.place_of("policies/controls.json") };
        let message = "the policy of this control cannot be evaluated";
        tally.fail(Finding::new(error.code(), place, "a result", error.to_string(), message));
    }
    Some(Replayed { judgement, spent: spent.into_iter().map(|(control, _)| control).collect() })
}

/// What replaying the policies gave.
pub(super) struct Replayed {
    /// Every control.
    pub(super) judgement: Judgement,
    /// Controls that were not tried, because policies exceeded their limits before.
    pub(super) spent: BTreeSet<String>,
}

/// Recorded results against the replay, and against manifest and drift (F-70, F-74, F-85).
pub(super) fn check_validation(
    opened: &Opened<'_>,
    validation: Option<&ValidationResults>,
    drift: Option<&DriftDocument>,
    replay: Option<(&Judgement, &BTreeSet<String>)>,
    tally: &mut Tally,
) {
    let Some(validation) = validation else {
        tally.skip(Code::PolicyBind, "validation.json is missing or damaged");
        tally.skip(Code::PolicyReplay, "validation.json is missing or damaged");
        return;
    };
    let manifest = &opened.manifest;
    let place = |field: &str| Place {
        pointer: Some(format!("/validation_results/{field}")),
        ..opened.place_of("validation.json")
    };
    let prefixed =
        |digest: Option<Digest>| digest.map_or_else(|| "null".to_owned(), |d| format!("sha256:{d}"));
    let message = "the results name another state than the manifest";
    let expected = prefixed(manifest.state_sha256);
    tally.equal(Code::PolicyBind, &place("current_hash"), &expected, &validation.current_hash, message);
    let message = "the results name another baseline than the manifest";
    let expected = prefixed(manifest.baseline.as_ref().map(|baseline| baseline.state_sha256));
    let found = validation.baseline_hash.clone().unwrap_or_else(|| "null".to_owned());
    tally.equal(Code::PolicyBind, &place("baseline_hash"), &expected, &found, message);
    if let Some(drift) = drift {
        let detected = drift.against_baseline.as_ref().map(|comparison| comparison.change_count() > 0);
        let shown = |detected: Option<bool>| detected.map_or_else(|| "null".to_owned(), |d| d.to_string());
        let message = "the results contradict the recorded drift";
        let (expected, found) = (shown(detected), shown(validation.drift_detected));
        tally.equal(Code::PolicyBind, &place("drift_detected"), &expected, &found, message);
    }
    let inside =
        validation.timestamp_utc >= manifest.finished_utc && validation.timestamp_utc <= manifest.sealed_utc;
    let message = "the results were not made between the end of collection and the sealing";
    tally.equal(Code::PolicyBind, &place("timestamp_utc"), &true, &inside, message);
    if let Some((replayed, unknown)) = replay {
        check_results(validation, replayed, unknown, &place, tally);
    }
}

/// Controls that read an earlier state which is damaged or gone: their replay says nothing.
pub(super) fn unknown_controls(opened: &Opened<'_>, rules: &Rules, sides: &Sides<'_>) -> BTreeSet<String> {
    let Ok(policies) = rules.policies.as_ref() else { return BTreeSet::new() };
    let lost = |earlier: Option<&Earlier>| earlier.is_some_and(|earlier| earlier.state.is_none());
    policies
        .controls()
        .iter()
        .filter(|control| {
            let Some(reads) = control.reads.get(&opened.manifest.tenant.platform) else { return false };
            reads.previous.iter().any(|name| lost(sides.latest.get(name)))
                || (!reads.baseline.is_empty() && lost(sides.baseline.as_ref()))
        })
        .map(|control| control.control_id.clone())
        .collect()
}

/// Why the replay of a control may say nothing.
const UNKNOWN: &str = "the policy was not tried, or an earlier state that it reads is damaged or missing";

fn check_results(
    validation: &ValidationResults,
    replayed: &Judgement,
    unknown: &BTreeSet<String>,
    place: &impl Fn(&str) -> Place,
    tally: &mut Tally,
) {
    for (index, expected) in replayed.controls.iter().enumerate() {
        let place = place(&format!("controls_validated/{index}"));
        let Some(found) = validation.controls_validated.get(index) else {
            let message = "the recorded results lack a control";
            let expected = format!("{} {}", expected.control_id, expected.status.as_str());
            tally.fail(Finding::new(Code::PolicyReplay, place, expected, "none", message));
            continue;
        };
        let shown = |result: &ControlResult| {
            let reason = result.reason.as_deref().unwrap_or("no reason");
            format!("{} {} ({reason})", result.control_id, result.status.as_str())
        };
        if expected == found {
            tally.pass(Code::PolicyReplay);
        } else if unknown.contains(&expected.control_id) {
            tally.skip(Code::PolicyReplay, UNKNOWN);
        } else {
            let message = "replaying the policy gives another result than recorded";
            tally.fail(Finding::new(Code::PolicyReplay, place, shown(expected), shown(found), message));
        }
    }
    let surplus = validation.controls_validated.len().saturating_sub(replayed.controls.len());
    let message = "results are recorded for controls that the policies do not hold";
    tally.equal(Code::PolicyReplay, &place("controls_validated"), &0, &surplus, message);
    let known = |violations: &[Violation]| -> Vec<Violation> {
        violations.iter().filter(|violation| !unknown.contains(&violation.control_id)).cloned().collect()
    };
    if known(&replayed.violations) == known(&validation.policy_violations) {
        tally.pass(Code::PolicyReplay);
        return;
    }
    let first_hidden = first_lacking(&replayed.violations, &validation.policy_violations);
    let first_invented = first_lacking(&validation.policy_violations, &replayed.violations);
    let shown = |violation: Option<&Violation>, count: usize| match violation {
        Some(v) => format!("{count} violations, among them {} {} {}", v.control_id, v.resource, v.entity),
        None => format!("{count} violations"),
    };
    let message = "replaying the policies gives other violations than recorded";
    tally.fail(Finding::new(
        Code::PolicyReplay,
        place("policy_violations"),
        shown(first_hidden, replayed.violations.len()),
        shown(first_invented, validation.policy_violations.len()),
        message,
    ));
}

/// The first of `all` that is not among `others`.
fn first_lacking<'a>(all: &'a [Violation], others: &[Violation]) -> Option<&'a Violation> {
    let mut known: BTreeMap<(&str, &str, &str, &str), Vec<&Violation>> = BTreeMap::new();
    for other in others {
        known.entry(identity(other)).or_default().push(other);
    }
    all.iter().find(|one| known.get(&identity(one)).is_none_or(|alike| !alike.contains(one)))
}

fn identity(violation: &Violation) -> (&str, &str, &str, &str) {
    (&violation.control_id, &violation.resource, &violation.entity, &violation.message)
}
