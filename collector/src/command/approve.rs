//! `collector approve`: a person's word on a baseline or a changed rule becomes a record.

use std::io::Write;

use verify_core::model::{
    Approval, ApprovalDocument, ApprovedBaseline, CollectionId, Kind, Manifest, Subject,
};

use super::{CommandError, open};
use crate::chain::{ChainState, find_newest, snapshot_place};
use crate::cli::{ApprovalSubject, ApproveArguments, Decision};
use crate::exit::Ending;
use crate::rules::digest_of;
use crate::seal::SealedRecord;
use crate::session::{Built, Session, SessionError, small_record};

/// What is to be approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approving {
    /// A snapshot, the newest if none is named, becomes the baseline.
    Baseline(Option<CollectionId>),
    /// A rule as it is configured now.
    Rule(Subject),
}

/// How an approval ended.
#[derive(Debug)]
pub enum Approved {
    /// It is in the chain.
    Recorded(Box<(SealedRecord, Approval)>),
    /// It is in force already; nothing was written.
    Already(String),
    /// There is no such snapshot.
    NoSnapshot,
}

/// Runs the command.
pub(super) fn run(arguments: &ApproveArguments, out: &mut dyn Write) -> Result<Ending, CommandError> {
    let approving = match (arguments.subject, &arguments.collection_id) {
        (ApprovalSubject::Baseline, id) => Approving::Baseline(id.clone()),
        (_, Some(_)) => {
            return Err(CommandError::new(Ending::Usage, "--collection-id names a snapshot")
                .hint("use it with `approve baseline` only"));
        }
        (ApprovalSubject::Policies, None) => Approving::Rule(Subject::Policies),
        (ApprovalSubject::Schemas, None) => Approving::Rule(Subject::Schemas),
        (ApprovalSubject::Profile, None) => Approving::Rule(Subject::Profile),
        (ApprovalSubject::Schedule, None) => Approving::Rule(Subject::Schedule),
    };
    let session = open::session(&arguments.config.config, out)?;
    let mut chain = open::existing_chain(&session)?;
    match approve(&session, &mut chain, &approving, &arguments.decision)? {
        Approved::Recorded(recorded) => {
            let (record, approval) = *recorded;
            writeln!(
                out,
                "recorded approval of {} as record {} ({})",
                approval.subject.as_str(),
                record.sequence,
                record.collection_id
            )?;
            if let Some(baseline) = &approval.baseline {
                writeln!(out, "baseline: {} (record {})", baseline.collection_id, baseline.sequence)?;
            }
            let before = approval.before_sha256.map_or("none".to_owned(), |digest| digest.to_string());
            writeln!(out, "before: {before}\nafter:  {}", approval.after_sha256)?;
            tell_warnings(out, &record)?;
        }
        Approved::Already(what) => writeln!(out, "{what}; nothing was written")?,
        Approved::NoSnapshot => {
            return Err(CommandError::new(
                Ending::Usage,
                match &arguments.collection_id {
                    Some(id) => format!("the chain in {} has no snapshot {id}", session.store.location()),
                    None => format!("the chain in {} has no snapshot yet", session.store.location()),
                },
            )
            .hint("collect first, then approve what was collected"));
        }
    }
    Ok(Ending::Done)
}

/// What of a record's proofs needs attention.
pub(super) fn tell_warnings(out: &mut dyn Write, record: &SealedRecord) -> Result<(), CommandError> {
    record.warnings.iter().try_for_each(|warning| writeln!(out, "warning: {warning}"))?;
    Ok(())
}

/// Records the approval of `approving`, unless it is in force already.
pub fn approve(
    session: &Session,
    chain: &mut ChainState,
    approving: &Approving,
    decision: &Decision,
) -> Result<Approved, SessionError> {
    let mut ended = Approved::NoSnapshot;
    let mut approval = None;
    let record = session.commit::<SessionError>(chain, |chain| {
        let outcome = match approving {
            Approving::Baseline(id) => baseline(session, chain, id.as_ref(), decision)?,
            Approving::Rule(subject) => rule(session, chain, *subject, decision),
        };
        let made = match outcome {
            Ok(made) => made,
            Err(other) => {
                ended = other;
                return Ok(None);
            }
        };
        let approving = Some(made.subject).filter(|subject| *subject != Subject::Baseline);
        let rules = session.rules.in_force(chain, session.store.as_ref(), &session.schedule, approving)?;
        let document = ApprovalDocument { approval: made.clone() };
        let draft = small_record(Kind::Approval, &document, &rules, &decision.by)?;
        approval = Some(made);
        Ok(Some(Built { draft, rules }))
    })?;
    Ok(match (record, approval) {
        (Some(record), Some(approval)) => Approved::Recorded(Box::new((record, approval))),
        _ => ended,
    })
}

fn baseline(
    session: &Session,
    chain: &ChainState,
    id: Option<&CollectionId>,
    decision: &Decision,
) -> Result<Result<Approval, Approved>, SessionError> {
    let wanted = |manifest: &Manifest| {
        manifest.kind == Kind::Snapshot && id.is_none_or(|id| manifest.collection_id == *id)
    };
    let found = find_newest(session.store.as_ref(), wanted)?;
    let Some(place) = found.as_ref().and_then(snapshot_place) else { return Ok(Err(Approved::NoSnapshot)) };
    let before = chain.approved.as_ref();
    if before.is_some_and(|approved| approved.baseline.sequence == place.sequence) {
        return Ok(Err(Approved::Already(format!("{} is the baseline already", place.collection_id))));
    }
    Ok(Ok(Approval {
        subject: Subject::Baseline,
        approved_by: decision.by.clone(),
        ticket: decision.ticket.clone(),
        reason: decision.reason.clone(),
        approved_utc: session.now(),
        before_sha256: before.map(|approved| approved.baseline.state_sha256),
        after_sha256: place.state_sha256,
        baseline: Some(ApprovedBaseline {
            collection_id: place.collection_id,
            sequence: place.sequence,
            state_sha256: place.state_sha256,
        }),
    }))
}

fn rule(
    session: &Session,
    chain: &ChainState,
    subject: Subject,
    decision: &Decision,
) -> Result<Approval, Approved> {
    let before = digest_of(&chain.rules, subject);
    let after = digest_of(&session.rules.digests, subject);
    if before == after {
        let what = subject.as_str();
        return Err(Approved::Already(format!("the configured {what} with digest {after} is in force")));
    }
    Ok(Approval {
        subject,
        approved_by: decision.by.clone(),
        ticket: decision.ticket.clone(),
        reason: decision.reason.clone(),
        approved_utc: session.now(),
        before_sha256: Some(before),
        after_sha256: after,
        baseline: None,
    })
}
