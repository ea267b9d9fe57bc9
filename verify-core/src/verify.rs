//! The verifier: every check of the format over one source, in a fixed order, and one report.
//!
//! All checks always run: a failed one never hides a later one, and what could not be evaluated is
//! counted with why. Nothing is written, no path is taken from evidence, no clock is read. Packages
//! are read once each, in runs of neighbours, one run per thread.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::approvals::{Approving, InForce};
use crate::coverage;
use crate::finding::{Code, Finding, Place};
use crate::model::{Kind, Sequence};
use crate::policy::{Evaluator, InProcess, Memo};
use crate::report::{
    ChainSummary, Coverage, Grounds, Head, REPORT_VERSION, RecordSummary, Report, Rung, SlotStatus, judge,
};
use crate::source::Source;

mod assemble;
mod inspect;
mod links;
mod manifest;
mod open;
mod options;
mod payload;
mod record;
mod replay;
mod rules;
mod snapshot;
mod state;
mod summary;
mod survey;
mod tally;

pub use inspect::{InspectError, Inspection, MemberRow, inspect, read_member};
pub use links::KnownRecord;
pub use options::{Group, Mode, Options};

use assemble::{Assembly, Plan, assemble};
use payload::Payload;
use record::{Run, Shared, Verified, verify_record};
use rules::RuleCache;
use tally::Tally;

/// How far a verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done, for people.
    pub stage: &'static str,
    /// Records done.
    pub done: u64,
    /// Records in all; 0 while it is not known.
    pub total: u64,
    /// Bytes of packages read so far.
    pub bytes: u64,
}

/// Watches a verification, from any thread.
pub trait Observer: Sync {
    /// Something moved on.
    fn progress(&self, progress: Progress);
    /// One record is verified; links to its neighbours are judged later.
    fn record(&self, record: &RecordSummary);
    /// Whether to stop as soon as possible.
    fn cancelled(&self) -> bool;
}

/// Watches nothing, stops nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn progress(&self, _: Progress) {}
    fn record(&self, _: &RecordSummary) {}
    fn cancelled(&self) -> bool {
        false
    }
}

/// Makes the policy evaluators, one for each thread.
pub trait Evaluators: Sync {
    /// One more.
    fn make(&self) -> Box<dyn Evaluator + Send>;
}

/// Evaluators in this process: for policies one trusts, such as in tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct InProcessEvaluators;

impl Evaluators for InProcessEvaluators {
    fn make(&self) -> Box<dyn Evaluator + Send> {
        Box::new(InProcess::new())
    }
}

/// Verifies everything in `source`. Never fails: a source that cannot be read is an inconclusive report.
#[must_use]
pub fn verify(
    source: &dyn Source,
    options: &Options,
    evaluators: &dyn Evaluators,
    observer: &dyn Observer,
) -> Report {
    let mut tally = Tally::default();
    let mut missing = Vec::new();
    observer.progress(Progress { stage: "listing", done: 0, total: 0, bytes: 0 });
    let assembly = match survey::survey(source, &options.limits, &mut tally) {
        Ok(survey) => {
            missing.extend(survey.unreadable.iter().cloned());
            assemble(&survey, &mut tally)
        }
        Err(error) => {
            missing.push(survey::described(&error));
            Assembly::default()
        }
    };
    for item in &assembly.suspects {
        let place = Place { file: Some(item.name.clone()), ..Place::default() };
        match source.read(item, options.limits.package_bytes) {
            Ok(bytes) => open::scan_suspect(&bytes, &place, &options.limits, &mut tally),
            Err(error) => missing.push(survey::described(&error)),
        }
    }
    if assembly.plans.is_empty() && !missing.is_empty() {
        tally.skip(Code::ChainEmpty, "the source could not be read");
    } else {
        links::check_links(&assembly.plans, &mut tally);
    }
    links::check_known_record(&assembly.plans, options.head, &mut tally);
    let verified = verify_records(source, &assembly.plans, options, evaluators, observer);
    if observer.cancelled() {
        missing.push("the verification was cancelled".to_owned());
    }
    missing.extend(verified.iter().filter_map(|verified| verified.unreadable.clone()));
    build_report(source, options, &assembly, &verified, tally, &missing)
}

/// Verifies every record: the small ones first, because snapshots are judged with what they say.
fn verify_records(
    source: &dyn Source,
    plans: &[Plan],
    options: &Options,
    evaluators: &dyn Evaluators,
    observer: &dyn Observer,
) -> Vec<Verified> {
    let (snapshots, others): (Vec<usize>, Vec<usize>) = (0..plans.len())
        .partition(|index| plans.get(*index).is_some_and(|plan| plan.manifest.kind == Kind::Snapshot));
    let counter =
        Counter { done: AtomicU64::new(0), bytes: AtomicU64::new(0), total: plans.len() as u64, observer };
    let mut shared = Shared {
        source,
        plans,
        options,
        rules: RuleCache::default(),
        memo: Memo::new(),
        exceptions: Vec::new(),
        missing: assemble::missing_sequences(plans).iter().map(|range| *range.end()).collect(),
    };
    let mut verified = verify_run(&others, &shared, evaluators, &counter);
    shared.exceptions = verified
        .iter()
        .filter_map(|verified| match &verified.payload {
            Some(Payload::Exception(exception)) => {
                let plan = plans.get(verified.index)?;
                Some((plan.manifest.sequence, exception.clone()))
            }
            _ => None,
        })
        .collect();
    let shared = shared;
    let threads = options.threads.clamp(1, snapshots.len().max(1));
    let run_length = snapshots.len().div_ceil(threads).max(1);
    let done: Vec<Vec<Verified>> = std::thread::scope(|scope| {
        let (shared, counter) = (&shared, &counter);
        let workers: Vec<_> = snapshots
            .chunks(run_length)
            .map(|run| scope.spawn(move || verify_run(run, shared, evaluators, counter)))
            .collect();
        workers
            .into_iter()
            // A thread that panicked must never look like a run without records.
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    verified.extend(done.into_iter().flatten());
    verified.sort_by_key(|verified| verified.index);
    verified
}

struct Counter<'a> {
    done: AtomicU64,
    bytes: AtomicU64,
    total: u64,
    observer: &'a dyn Observer,
}

impl Counter<'_> {
    fn advance(&self, plan: &Plan, verified: &Verified) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let bytes = self.bytes.fetch_add(verified.package_bytes, Ordering::Relaxed) + verified.package_bytes;
        self.observer.record(&summary::record_summary(plan, verified, verified.tally.findings()));
        self.observer.progress(Progress { stage: "verifying", done, total: self.total, bytes });
    }
}

fn verify_run(
    indices: &[usize],
    shared: &Shared<'_>,
    evaluators: &dyn Evaluators,
    counter: &Counter<'_>,
) -> Vec<Verified> {
    let Some(first) = indices.first() else { return Vec::new() };
    let mut evaluator = evaluators.make();
    let mut run = Run::default();
    let snapshots = shared.plans.get(*first).is_some_and(|plan| plan.manifest.kind == Kind::Snapshot);
    if snapshots {
        run.earlier =
            state::EarlierStates::before(*first, shared.plans, shared.source, &shared.options.limits);
    }
    let mut verified = Vec::with_capacity(indices.len());
    for index in indices {
        if counter.observer.cancelled() {
            break;
        }
        let Some(plan) = shared.plans.get(*index) else { continue };
        let one = verify_record(*index, plan, shared, &mut run, evaluator.as_mut());
        counter.advance(plan, &one);
        verified.push(one);
    }
    verified
}

fn build_report(
    source: &dyn Source,
    options: &Options,
    assembly: &Assembly,
    verified: &[Verified],
    mut tally: Tally,
    missing: &[String],
) -> Report {
    let plans = &assembly.plans;
    let payloads: Vec<Option<&Payload>> = (0..plans.len())
        .map(|index| {
            let at = verified.binary_search_by_key(&index, |verified| verified.index).ok()?;
            verified.get(at)?.payload.as_ref()
        })
        .collect();
    let mut later = Tally::default();
    check_approvals(plans, &payloads, options, &mut later);
    check_exceptions(plans, verified, &payloads, &mut later);
    let coverage = check_coverage(plans, &payloads, options, &mut later);
    let mut report = Report {
        report_version: REPORT_VERSION.to_owned(),
        tool: options.tool.clone(),
        source: source.describe(),
        mode: options.mode.as_str().to_owned(),
        verdict: judge(Grounds::nothing(&coverage)),
        chain: chain_summary(assembly),
        coverage,
        checks: Vec::new(),
        records: Vec::new(),
        controls: Vec::new(),
        violations: Vec::new(),
        drift: Vec::new(),
        drift_rows_omitted: 0,
        incomplete: Vec::new(),
        findings: Vec::new(),
        not_claimed: Vec::new(),
    };
    for verified in verified {
        tally.merge(verified.tally.clone());
    }
    tally.merge(later);
    for verified in verified {
        let Some(plan) = plans.get(verified.index) else { continue };
        report.records.push(summary::record_summary(plan, verified, tally.findings()));
        summary::add_snapshot(&mut report, plan, verified.recorded.as_ref());
    }
    let rung = report.records.iter().map(|record| record.rung).min().unwrap_or(Rung::None);
    let uncovered = report.violations.iter().filter(|row| row.exception_sequence.is_none()).count() as u64;
    report.verdict = judge(Grounds {
        findings: tally.findings(),
        coverage: &report.coverage,
        rung,
        records: report.records.len() as u64,
        evaluated: tally.evaluated(),
        required_but_missing: missing,
        accept_explained: options.accept_explained,
        fail_on_violations: options.fail_on_violations,
        violations: uncovered,
    });
    report.not_claimed = not_claimed(&report, options);
    (report.checks, report.findings) = tally.finish();
    report.findings.sort_by(|a, b| {
        (std::cmp::Reverse(a.severity), a.place.sequence, a.code, &a.place, &a.expected).cmp(&(
            std::cmp::Reverse(b.severity),
            b.place.sequence,
            b.code,
            &b.place,
            &b.expected,
        ))
    });
    report
}

fn chain_summary(assembly: &Assembly) -> Option<ChainSummary> {
    let (first, last) = (assembly.plans.first()?, assembly.plans.last()?);
    Some(ChainSummary {
        origin: first.manifest.origin.to_string(),
        tenant: first.manifest.tenant.clone(),
        chain_id: if first.sequence() == 0 { Some(first.sha256) } else { first.manifest.chain_id },
        records: assembly.plans.len() as u64,
        head: Head {
            sequence: last.sequence(),
            manifest_sha256: last.sha256,
            sealed_utc: last.manifest.sealed_utc,
        },
        uncommitted: assembly.uncommitted,
    })
}

fn check_approvals(plans: &[Plan], payloads: &[Option<&Payload>], options: &Options, tally: &mut Tally) {
    if !options.runs(Group::Rules) {
        tally.skip(Code::RulesUnapproved, options::LEFT_OUT);
        tally.skip(Code::RulesBaseline, options::LEFT_OUT);
        return;
    }
    let mut in_force = InForce::new();
    let complete_start = plans.first().is_some_and(|plan| plan.sequence() == 0);
    for (plan, payload) in plans.iter().zip(payloads) {
        let approving = match payload {
            Some(Payload::Genesis(genesis)) => Some(Approving::Genesis(genesis)),
            Some(Payload::Approval(approval)) => Some(Approving::Approval(approval)),
            _ => None,
        };
        let faults = in_force.apply(&plan.manifest, approving);
        if !complete_start || in_force.is_unknown() {
            for code in [Code::RulesUnapproved, Code::RulesBaseline] {
                tally.skip(code, "an approving record before it is missing or damaged");
            }
            continue;
        }
        for code in [Code::RulesUnapproved, Code::RulesBaseline] {
            let findings = faults
                .iter()
                .filter(|fault| fault.code == code)
                .map(|fault| {
                    let place = Place { pointer: Some(fault.pointer.to_owned()), ..plan.place() };
                    let (expected, found) = (fault.expected.clone(), fault.found.clone());
                    Finding::new(code, place, expected, found, fault.message.clone())
                })
                .collect();
            tally.all(code, findings);
        }
    }
}

fn check_exceptions(plans: &[Plan], verified: &[Verified], payloads: &[Option<&Payload>], tally: &mut Tally) {
    let exceptions: Vec<(Sequence, crate::model::Exception)> = plans
        .iter()
        .zip(payloads)
        .filter_map(|(plan, payload)| match payload {
            Some(Payload::Exception(exception)) => Some((plan.manifest.sequence, exception.clone())),
            _ => None,
        })
        .collect();
    for verified in verified {
        if let (Some(plan), Some(recorded)) = (plans.get(verified.index), &verified.recorded) {
            tally.all(Code::ExceptionExpired, summary::expired_exceptions(plan, recorded, &exceptions));
        }
    }
}

fn check_coverage(
    plans: &[Plan],
    payloads: &[Option<&Payload>],
    options: &Options,
    tally: &mut Tally,
) -> Coverage {
    if !options.runs(Group::Coverage) {
        tally.skip(Code::ChainCadence, options::LEFT_OUT);
        tally.skip(Code::ChainPeriod, options::LEFT_OUT);
        return Coverage::default();
    }
    let records: Vec<_> =
        plans.iter().zip(payloads).map(|(plan, payload)| summary::cycle_record(plan, *payload)).collect();
    let coverage = match coverage::count(&records, options.period) {
        Ok(coverage) => coverage,
        Err(error) => {
            let message = "the schedule cannot be understood, so no cycle can be counted";
            let place = Place { pointer: Some("/schedule/cron".to_owned()), ..Place::default() };
            tally.fail(Finding::new(
                Code::SchemaType,
                place,
                "a schedule (F-61)",
                error.to_string(),
                message,
            ));
            tally.skip(Code::ChainCadence, "the schedule cannot be understood");
            return Coverage::default();
        }
    };
    let newest = coverage::newest_slot(&records);
    let (inside, after): (Vec<_>, Vec<_>) =
        coverage.rows.iter().partition(|row| newest.is_some_and(|newest| row.scheduled_utc <= newest));
    for row in inside {
        if row.status == SlotStatus::Missing {
            let place = Place { pointer: Some(row.scheduled_utc.to_string()), ..Place::default() };
            let message = "a scheduled cycle has neither a snapshot nor a failure record";
            tally.fail(Finding::new(Code::ChainCadence, place, "a record", "none", message));
        } else {
            tally.pass(Code::ChainCadence);
        }
    }
    let uncovered: Vec<_> = after.iter().filter(|row| row.status == SlotStatus::Missing).collect();
    if let (Some(first), Some(last)) = (uncovered.first(), uncovered.last()) {
        let place = Place {
            pointer: Some(format!("{} to {}", first.scheduled_utc, last.scheduled_utc)),
            ..Place::default()
        };
        let message = "the newest record lies before the end of the requested period";
        let expected = format!("{} more cycles", uncovered.len());
        let found = newest.map_or_else(|| "none".to_owned(), |newest| format!("newest cycle {newest}"));
        tally.fail(Finding::new(Code::ChainPeriod, place, expected, found, message));
    } else if options.period.to_utc.is_some() {
        tally.pass(Code::ChainPeriod);
    } else {
        tally.skip(Code::ChainPeriod, "no end of the period was requested (--to)");
    }
    coverage
}

/// What the report does not say, so that nobody reads it into it.
fn not_claimed(report: &Report, options: &Options) -> Vec<String> {
    let mut sentences = vec![
        "Signatures, time stamps and write-once locks are not part of this evidence: whoever controls the store \
         could have rewritten it as a whole. Compare the head record with one kept from outside (--head)."
            .to_owned(),
        "The evidence shows what the platform answered, not whether the platform told the truth.".to_owned(),
    ];
    if let Some(chain) = &report.chain
        && options.period.to_utc.is_none()
        && options.head.is_none()
    {
        sentences.push(format!(
            "This report speaks up to record {} (sealed {}); later records may exist or may have been cut. \
             Ask for the end of the period with --to, or for a known record with --head.",
            chain.head.sequence, chain.head.sealed_utc
        ));
    }
    if options.only.is_some() {
        sentences.push("Checks were left out with --only; nothing is said about them.".to_owned());
    }
    sentences
}
