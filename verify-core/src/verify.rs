//! The verifier: every check of the format over one source, in a fixed order, and one report.
//!
//! All checks always run: a failed one never hides a later one, and what could not be evaluated is
//! counted with why. Nothing is written, no path is taken from evidence, no clock is read. Packages
//! are read once each, in runs of neighbours, one run per thread.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::finding::{Code, Place};
use crate::model::Kind;
use crate::policy::{Evaluator, InProcess, Memo, Spent};
use crate::report::{RecordSummary, Report};
use crate::source::Source;

mod anchors;
mod assemble;
mod bundle;
mod conclude;
mod escapes;
mod explanations;
mod forks;
mod history;
mod inspect;
mod keys;
mod ladder;
mod links;
mod locks;
mod manifest;
mod members;
mod notes;
mod open;
mod options;
mod payload;
mod pins;
mod proofs;
mod range;
mod record;
mod replay;
mod results;
mod rules;
mod signers;
mod snapshot;
mod state;
mod summary;
mod survey;
mod tally;
mod times;
mod transcript;
mod whole;
mod witnesses;

pub use anchors::{KeptCheckpoint, KeptError};
pub use inspect::{InspectError, Inspection, MemberRow, inspect, read_member};
pub use keys::TrustedKey;
pub use links::KnownRecord;
pub use options::{Group, Mode, Options, is_structural};
pub use pins::{Pin, PinError};
pub use range::{RangeError, RecordRange};

use assemble::{Assembly, Plan, assemble};
use history::History;
use keys::ChainKeys;
use payload::Payload;
use proofs::Beside;
use record::{Run, Shared, Verified, verify_record};
use rules::RuleCache;
use tally::Tally;

/// The first reason why a verification that was stopped is inconclusive.
pub const CANCELLED: &str = "the verification was cancelled";

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
    let (mut beside, mut loose_proofs) = (Beside::default(), Vec::new());
    let mut assembly = match survey::survey(source, &options.limits, observer, &mut tally) {
        Ok(survey) => {
            missing.extend(survey.unreadable.iter().cloned());
            let assembly = assemble(&survey, &mut tally);
            (beside.notes, beside.tokens, loose_proofs) = (survey.notes, survey.tokens, survey.proofs);
            assembly
        }
        Err(error) => {
            missing.push(survey::described(&error));
            Assembly::default()
        }
    };
    let whole = assembly.partial.is_none();
    beside.bundle = bundle::read(source, &loose_proofs, &assembly.plans, options, &mut missing, &mut tally);
    beside.history = match &beside.bundle {
        _ if assembly.alone => History::of_one(&assembly.plans),
        Some(bundle) => {
            assembly.partial = Some(bundle::SAMPLE.to_owned());
            History::of_bundle(&assembly.plans, bundle.note.as_ref().map(|note| note.checkpoint().clone()))
        }
        None => History::of(&assembly.plans, !whole),
    };
    beside.keys = ChainKeys::read(source, &assembly.plans, options);
    for item in assembly.suspects.iter().take_while(|_| !observer.cancelled()) {
        let place = Place { file: Some(item.name.clone()), ..Place::default() };
        match source.read(item, options.limits.package_bytes) {
            Ok(bytes) => open::scan_suspect(&bytes, &place, &options.limits, &mut tally),
            Err(error) => missing.push(survey::described(&error)),
        }
    }
    if assembly.plans.is_empty() && !missing.is_empty() {
        tally.skip(Code::ChainEmpty, "the source could not be read");
    } else if assembly.alone && !assembly.plans.is_empty() {
        links::skip_links(&mut tally);
    } else {
        links::check_links(&assembly.plans, assembly.partial.as_deref(), &mut tally);
    }
    links::check_known_record(&assembly.plans, options.head, assembly.partial.as_deref(), &mut tally);
    let verified = verify_records(source, &assembly.plans, &beside, options, evaluators, observer);
    if observer.cancelled() {
        // Whatever else is missing is so because of this.
        missing.insert(0, CANCELLED.to_owned());
    }
    missing.extend(verified.iter().filter_map(|verified| verified.unreadable.clone()));
    conclude::build_report(source, options, &assembly, &beside, &verified, tally, missing)
}

/// Verifies every record: the small ones first, because snapshots are judged with what they say.
fn verify_records(
    source: &dyn Source,
    plans: &[Plan],
    beside: &Beside,
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
        spent: Spent::default(),
        threads: 1,
        exceptions: Vec::new(),
        missing: assemble::lost_snapshots(plans),
        beside,
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
    let threads = options.threads.clamp(1, snapshots.len().max(1));
    shared.threads = threads as u64;
    let shared = shared;
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
        let own: Vec<_> = verified.tally.findings().iter().collect();
        self.observer.record(&summary::record_summary(plan, verified, &own));
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
        let limits = &shared.options.limits;
        let most = limits.states_bytes / shared.threads;
        run.earlier = state::EarlierStates::before(*first, shared.plans, shared.source, limits, most);
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
