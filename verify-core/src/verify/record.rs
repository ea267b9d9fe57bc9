//! One record: its package, its payload, and for a snapshot everything that can be replayed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::assemble::Plan;
use super::members::check_kind_members;
use super::notes::Note;
use super::open::{Opened, open};
use super::options::{Group, Mode, Options};
use super::payload::{Payload, check_action, check_collection_id, member_document, read_payload};
use super::proofs::{self, Beside};
use super::replay::{Sides, check_state_schemas, replay_drift, replay_normalization};
use super::results::{Replayed, check_validation, replay_policies, unknown_controls};
use super::rules::RuleCache;
use super::snapshot::{ResourceDigests, check_state};
use super::state::{Earlier, EarlierStates, State};
use super::survey::{described, unstable};
use super::tally::Tally;
use super::times::Stamped;
use super::transcript::{check_failure, check_transcript, read_transcript};
use crate::digest::Digest;
use crate::finding::{Code, Finding};
use crate::format::DocumentKind;
use crate::limits::Limits;
use crate::model::{DriftDocument, Exception, Kind, Sequence, ValidationDocument, ValidationResults};
use crate::policy::{Evaluator, Judgement, Memo, Spent};
use crate::source::Source;

/// What every record is judged with.
pub(super) struct Shared<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) plans: &'a [Plan],
    pub(super) options: &'a Options,
    pub(super) rules: RuleCache,
    pub(super) memo: Memo,
    /// Sets of policies that exceeded their limits.
    pub(super) spent: Spent,
    /// Threads that share the work.
    pub(super) threads: u64,
    pub(super) exceptions: Vec<(Sequence, Exception)>,
    /// Last sequence number of every gap in the chain, ascending.
    pub(super) missing: Vec<u64>,
    /// Proofs beside the chain.
    pub(super) beside: &'a Beside,
}

/// What is carried from one snapshot of a run to the next.
#[derive(Default)]
pub(super) struct Run {
    pub(super) earlier: EarlierStates,
    /// Per resource the snapshot that fits its state schema as a whole, under these rules.
    clean: BTreeMap<String, u64>,
    clean_under: Option<(Digest, Digest)>,
}

/// What one record gave.
pub(super) struct Verified {
    pub(super) index: usize,
    pub(super) tally: Tally,
    pub(super) payload: Option<Payload>,
    pub(super) package_bytes: u64,
    /// Whether every byte is the one its manifest names.
    pub(super) hashed: bool,
    pub(super) recorded: Option<Recorded>,
    pub(super) unreadable: Option<String>,
    /// Proofs the package carries; `None` if it was not accepted.
    pub(super) carried: Option<Carried>,
}

/// Proofs in a package about the records before it.
pub(super) struct Carried {
    /// Whether the manifest lists the note, and the token.
    pub(super) note_listed: bool,
    pub(super) token_listed: bool,
    /// The note, if it counts.
    pub(super) note: Option<Note>,
    /// The token, if it is over that note.
    pub(super) stamped: Option<Stamped>,
}

/// What a snapshot records, with what the replay gave.
pub(super) struct Recorded {
    pub(super) validation: Option<ValidationResults>,
    pub(super) replayed: Option<Judgement>,
    pub(super) drift: Option<DriftDocument>,
}

/// Verifies the record at `index`.
pub(super) fn verify_record(
    index: usize,
    plan: &Plan,
    shared: &Shared<'_>,
    run: &mut Run,
    evaluator: &mut dyn Evaluator,
) -> Verified {
    let mut verified = Verified {
        index,
        tally: Tally::default(),
        payload: None,
        package_bytes: 0,
        hashed: false,
        recorded: None,
        unreadable: None,
        carried: None,
    };
    let mut state = None;
    match read_package(plan, shared, &mut verified) {
        None => skip_all(&mut verified.tally, "the package is missing or cannot be read"),
        Some(bytes) => {
            verified.package_bytes = bytes.len() as u64;
            match open(&bytes, plan, &shared.options.limits, &mut verified.tally) {
                None => skip_all(&mut verified.tally, "the container of the package was not accepted"),
                Some(mut opened) => {
                    state = judge_record(plan, &mut opened, shared, run, evaluator, &mut verified);
                }
            }
        }
    }
    if plan.manifest.kind == Kind::Snapshot {
        run.earlier.advance(plan, state.as_ref());
    }
    let options = shared.options;
    verified.tally.leave_out_quietly(|code| options.asks(code));
    // Who signed it, and when, is another question than whether its bytes are those that were sealed.
    let integrity = |finding: &Finding| {
        finding.code.exit_class() == crate::finding::ExitClass::Integrity
            && Group::of(finding.code) == Group::Structure
    };
    verified.hashed = verified.package_bytes > 0 && !verified.tally.findings().iter().any(integrity);
    verified
}

fn read_package(plan: &Plan, shared: &Shared<'_>, verified: &mut Verified) -> Option<Vec<u8>> {
    let item = plan.package.as_ref()?;
    match shared.source.read(item, shared.options.limits.package_bytes) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            match unstable(&error, &item.name) {
                Some(finding) => verified.tally.fail(finding),
                None => verified.unreadable = Some(described(&error)),
            }
            None
        }
    }
}

/// Checks that need an opened package.
const CONTENT_CODES: [Code; 9] = [
    Code::PkgMembers,
    Code::PkgHashPayload,
    Code::PkgHashMember,
    Code::PkgHashState,
    Code::PkgHashRules,
    Code::PkgSums,
    Code::PolicyReplay,
    Code::DriftReplay,
    Code::NormReplay,
];

fn skip_all(tally: &mut Tally, reason: &str) {
    for code in CONTENT_CODES {
        tally.skip(code, reason);
    }
}

fn judge_record(
    plan: &Plan,
    opened: &mut Opened<'_>,
    shared: &Shared<'_>,
    run: &mut Run,
    evaluator: &mut dyn Evaluator,
    verified: &mut Verified,
) -> Option<Arc<State>> {
    let tally = &mut verified.tally;
    check_collection_id(&opened.manifest, &opened.place, tally);
    check_action(&opened.manifest, &opened.place, tally);
    check_kind_members(opened, tally);
    verified.carried = Some(proofs::carried(plan, opened, shared, tally));
    verified.payload = read_payload(opened, tally);
    if let Some(Payload::Failure(failure)) = &verified.payload {
        check_failure(opened, failure, tally);
    }
    if opened.manifest.kind != Kind::Snapshot {
        return None;
    }
    let Some(document) = opened.snapshot.take() else {
        skip_all(tally, "the snapshot is damaged");
        return None;
    };
    let limits = &shared.options.limits;
    let rules = shared.rules.rules_of(opened, limits);
    let profile = rules.profile.as_ref().as_ref();
    let digests = check_state(opened, &document, profile.ok(), tally);
    let digests = only_recorded(opened, digests);
    let state = State { sequence: plan.sequence(), document, digests };
    let validation = member_document(opened, DocumentKind::Validation, "validation.json", tally)
        .map(|document: ValidationDocument| document.validation_results);
    let drift = member_document(opened, DocumentKind::Drift, "drift.json", tally);
    let exchanges = read_transcript(opened, tally);
    match &exchanges {
        Some(exchanges) => check_transcript(opened, exchanges, profile.ok(), tally),
        None => tally.skip(Code::CollectTranscript, "the transcript is missing or damaged"),
    }
    let sides = sides(plan, &state, shared, run, limits);
    let mut replayed = None;
    match profile {
        Ok(profile) => {
            match (&drift, shared.options.runs(Group::Drift)) {
                (_, false) => tally.skip(Code::DriftReplay, super::options::LEFT_OUT),
                (Some(drift), true) => replay_drift(opened, profile, &sides, drift, tally),
                (None, true) => tally.skip(Code::DriftReplay, "drift.json is missing or damaged"),
            }
            match (&exchanges, shared.options.runs(Group::Normalization)) {
                (_, false) => tally.skip(Code::NormReplay, super::options::LEFT_OUT),
                (Some(exchanges), true) => replay_normalization(opened, profile, exchanges, limits, tally),
                (None, true) => tally.skip(Code::NormReplay, "the transcript is missing or damaged"),
            }
            if shared.options.runs(Group::Schema) {
                let carried = carried(opened, run, shared.options.mode);
                let clean = check_state_schemas(opened, profile, &rules, &sides, &carried, tally);
                run.clean.extend(clean.into_iter().map(|name| (name, plan.sequence())));
            } else {
                tally.skip(Code::SchemaSnapshot, super::options::LEFT_OUT);
            }
            let again = replay_policies(opened, &rules, &sides, shared, evaluator, limits, tally);
            let mut unknown = BTreeSet::new();
            if let Some(Replayed { judgement, spent }) = again {
                unknown = unknown_controls(opened, &rules, &sides);
                unknown.extend(spent);
                replayed = Some(judgement);
            }
            let replay = replayed.as_ref().map(|judgement| (judgement, &unknown));
            check_validation(opened, validation.as_ref(), drift.as_ref(), replay, tally);
            if let Some(judgement) = &mut replayed {
                judgement.controls.retain(|control| !unknown.contains(&control.control_id));
            }
        }
        Err(reason) => {
            let place = opened.place_of("profile");
            let message = "the profile of the record cannot be used, so nothing in it can be performed again";
            // A profile that is damaged is a finding already.
            if shared.options.runs(Group::Normalization) && opened.is_whole_below("profile") {
                tally.fail(Finding::new(Code::NormReplay, place, "one profile", reason.as_str(), message));
            }
            for code in [Code::DriftReplay, Code::SchemaSnapshot, Code::PolicyReplay] {
                tally.skip(code, &format!("the profile cannot be used: {reason}"));
            }
            check_validation(opened, validation.as_ref(), drift.as_ref(), None, tally);
        }
    }
    drop(sides);
    verified.recorded = Some(Recorded { validation, replayed, drift });
    Some(Arc::new(state))
}

/// Only digests that are also the recorded ones may be compared with later.
fn only_recorded(opened: &Opened<'_>, digests: ResourceDigests) -> ResourceDigests {
    let recorded = &opened.manifest.resources;
    digests
        .into_iter()
        .filter(|(name, digest)| recorded.get(name).is_some_and(|record| record.sha256 == Some(*digest)))
        .collect()
}

fn sides<'a>(
    plan: &Plan,
    state: &'a State,
    shared: &Shared<'_>,
    run: &mut Run,
    limits: &Limits,
) -> Sides<'a> {
    // A record that is gone may have held the state this one was compared with: then nobody can say.
    let lost = shared.missing.iter().rev().find(|missing| **missing < plan.sequence()).copied();
    let latest = plan
        .manifest
        .resources
        .keys()
        .filter_map(|name| {
            let known = run.earlier.latest(name.as_str());
            let earlier = match (known, lost) {
                (known, Some(lost)) if known.is_none_or(|known| known.sequence < lost) => {
                    Earlier { sequence: lost, state: None }
                }
                (known, _) => known?.clone(),
            };
            Some((name.to_string(), earlier))
        })
        .collect();
    let baseline = plan
        .manifest
        .baseline
        .as_ref()
        .map(|baseline| run.earlier.baseline(baseline.sequence.0, shared.plans, shared.source, limits));
    Sides { state, latest, baseline }
}

fn carried(opened: &Opened<'_>, run: &mut Run, mode: Mode) -> BTreeMap<String, u64> {
    let under = (opened.manifest.schemas_sha256, opened.manifest.profile_sha256);
    if run.clean_under != Some(under) {
        run.clean.clear();
        run.clean_under = Some(under);
    }
    if mode == Mode::FromScratch { BTreeMap::new() } else { run.clean.clone() }
}
