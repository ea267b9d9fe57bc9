//! Committing the attacks one after the other and judging each by comparison with the untouched copy.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use verify_core::finding::{Code, Finding};
use verify_core::report::Report;
use verify_core::verify::{Evaluators, Group, Observer, Options, Silent, verify};

use super::attack::{Attack, Attempt};
use super::claims;
use super::evidence::Evidence;
use super::forge::Obstacle;
use crate::cli::key_text;

use super::report::{
    AttackOutcome, AttackResult, ChainLine, ChangeSummary, CodeCount, CopySummary, DOES_NOT_PROVE,
    DRILL_VERSION, DrillReport, KeptLine, Outside, PROVES, Summary, Untouched,
};

/// Watches a drill.
pub trait Watch: Observer {
    /// The next attack begins; `done` of `total` are over.
    fn attack(&self, done: usize, total: usize, name: &str);
}

impl Watch for Silent {
    fn attack(&self, _: usize, _: usize, _: &str) {}
}

/// Commits the attacks, each with its number, on fresh copies. Stops between two of them when `watch` says so.
#[must_use]
pub fn run(
    evidence: &Evidence,
    attacks: &[(usize, Attack)],
    evaluators: &dyn Evaluators,
    watch: &dyn Watch,
) -> DrillReport {
    let mut results = Vec::new();
    for (done, (number, attack)) in attacks.iter().enumerate() {
        watch.attack(done, attacks.len(), attack.name);
        let started = Instant::now();
        let mut result = commit(evidence, *number, attack, evaluators, watch);
        result.milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        // A verification that was broken off says nothing, so neither does its attack.
        if watch.cancelled() {
            break;
        }
        results.push(result);
    }
    let summary = Summary::of(attacks.len(), &results);
    let sentences = |list: &[&str]| list.iter().map(|sentence| (*sentence).to_owned()).collect();
    DrillReport {
        drill_version: DRILL_VERSION.to_owned(),
        tool: evidence.options.tool.clone(),
        source: evidence.source.clone(),
        copy: CopySummary {
            files: evidence.base.files.len() as u64,
            bytes: evidence.bytes(),
            left_out: evidence.left_out,
        },
        chain: evidence.report.chain.as_ref().map(|chain| ChainLine {
            origin: chain.origin.clone(),
            records: chain.records,
            head: chain.head.clone(),
        }),
        outside: outside(&evidence.options),
        untouched: untouched(&evidence.report),
        attacks: results,
        summary,
        proves: sentences(&PROVES),
        does_not_prove: sentences(&DOES_NOT_PROVE),
    }
}

fn outside(options: &Options) -> Outside {
    Outside {
        from_utc: options.period.from_utc,
        to_utc: options.period.to_utc,
        head: options.head.map(|head| format!("{}:{}", head.sequence, head.manifest_sha256)),
        keys: options.keys.iter().map(key_text).collect(),
        checkpoints: options
            .anchors
            .iter()
            .map(|kept| KeptLine {
                name: kept.name().to_owned(),
                size: kept.note().checkpoint().size,
                root_sha256: kept.note().checkpoint().root,
                leaves: kept.leaves().is_some(),
            })
            .collect(),
        witnesses: options.witnesses.iter().map(ToString::to_string).collect(),
        quorum: options.quorum as u64,
        authorities: options.authorities.sha256(),
        time_lag_seconds: options.time_lag_seconds,
        required: options.required.iter().map(|rung| rung.as_str().to_owned()).collect(),
    }
}

fn untouched(report: &Report) -> Untouched {
    let mut counts: BTreeMap<Code, u64> = BTreeMap::new();
    for finding in &report.findings {
        *counts.entry(finding.code).or_default() += 1;
    }
    Untouched {
        word: report.verdict.word,
        exit_code: report.verdict.exit_code,
        sentence: report.verdict.sentence.clone(),
        findings: counts.into_iter().map(|(code, count)| CodeCount { code, count }).collect(),
    }
}

fn commit(
    evidence: &Evidence,
    number: usize,
    attack: &Attack,
    evaluators: &dyn Evaluators,
    watch: &dyn Watch,
) -> AttackResult {
    let (expected, groups) = claims::expected(evidence, attack);
    let groups: BTreeSet<Group> = [Group::Structure, Group::Chain].into_iter().chain(groups).collect();
    let mut result = AttackResult {
        number: number as u64,
        name: attack.name.to_owned(),
        title: attack.title.to_owned(),
        wants: attack.wants.to_owned(),
        expected,
        groups: groups.iter().map(|group| group.as_str().to_owned()).collect(),
        outcome: AttackOutcome::Error,
        reason: None,
        needs: Vec::new(),
        change: None,
        caught_by: None,
        new_codes: Vec::new(),
        exit_code: None,
        milliseconds: 0,
    };
    if result.expected.is_empty() {
        result.expected = attack.expects.to_vec();
        result.outcome = AttackOutcome::NotEvaluated;
        result.reason = Some(claims::unclaimed(evidence).to_owned());
        return result;
    }
    let attempt = match (attack.commit)(evidence) {
        Ok(attempt) => attempt,
        Err(obstacle) => {
            result.reason = Some(obstacle.to_string());
            if let Obstacle::Needs { options, .. } = obstacle {
                result.needs = options.iter().map(|option| (*option).to_owned()).collect();
            }
            if !matches!(obstacle, Obstacle::Failed(_)) {
                result.outcome = AttackOutcome::NotEvaluated;
            }
            return result;
        }
    };
    result.change = match change(&attempt) {
        Ok(change) => Some(change),
        Err(reason) => {
            result.reason = Some(reason);
            return result;
        }
    };
    let options = Options { only: Some(groups), ..evidence.options.clone() };
    let report = verify(&attempt.overlay, &options, evaluators, watch);
    judge(evidence, &attempt, &report, &mut result);
    result
}

/// What differs, found by comparing bytes. An attack that changed nothing would be caught by nothing, and one
/// that changed another file than it says would show the wrong digests.
fn change(attempt: &Attempt<'_>) -> Result<ChangeSummary, String> {
    let differences = attempt.overlay.differences();
    if differences.is_empty() {
        return Err("the attack changed nothing, so nothing could be caught".to_owned());
    }
    let shown = differences.iter().find(|difference| difference.name == attempt.file);
    let shown =
        shown.ok_or_else(|| format!("the attack did not change the file it names, {}", attempt.file))?;
    Ok(ChangeSummary {
        done: attempt.done.clone(),
        record: attempt.record,
        file: attempt.file.clone(),
        member: attempt.member.clone(),
        field: attempt.field.clone(),
        before_sha256: shown.before,
        after_sha256: shown.after,
        now: shown.other.map(str::to_owned),
        other_files: differences.len() as u64 - 1,
    })
}

/// Caught is only what fails where it held before.
fn judge(evidence: &Evidence, attempt: &Attempt<'_>, report: &Report, result: &mut AttackResult) {
    let expected = result.expected.clone();
    let names = |finding: &&Finding| expected.contains(&finding.code);
    let is_new = |finding: &&Finding| !evidence.is_background(finding.code, &finding.place);
    let new: Vec<&Finding> = report.findings.iter().filter(is_new).collect();
    result.exit_code = Some(report.verdict.exit_code);
    result.new_codes = new.iter().map(|finding| finding.code).collect::<BTreeSet<_>>().into_iter().collect();
    let changed: BTreeSet<String> =
        attempt.overlay.differences().into_iter().map(|difference| difference.name).collect();
    // Among several findings, the one at what was changed says most.
    let at_the_change = |finding: &&Finding| {
        let file = finding.place.file.as_ref().is_some_and(|file| changed.contains(file));
        (file, std::cmp::Reverse(finding.place.sequence))
    };
    // Only at the attacked record can a finding of the untouched evidence stand in the way of another.
    let here = |finding: &&Finding| {
        let place = &finding.place;
        (place.sequence.is_some() && place.sequence == attempt.record)
            || place.file.as_ref() == Some(&attempt.file)
    };
    if let Some(finding) = new.into_iter().filter(names).max_by_key(at_the_change) {
        result.outcome = AttackOutcome::Caught;
        result.caught_by = Some(finding.clone());
    } else if let Some(finding) = report.findings.iter().filter(names).find(here) {
        result.outcome = AttackOutcome::NotEvaluated;
        result.reason =
            Some(format!("the untouched evidence already shows {} where the attack would", finding.code));
    } else {
        result.outcome = AttackOutcome::Missed;
        result.reason = Some("no check that names this attack failed".to_owned());
    }
}
