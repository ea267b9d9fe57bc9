//! `collector record`: exceptions, and why a cycle is missing.

use std::io::Write;

use verify_core::model::{
    Exception, ExceptionDocument, Explanation, ExplanationDocument, Kind, Manifest, Schedule,
};
use verify_core::schedule::Slots;

use super::approve::tell_warnings;
use super::{CommandError, open};
use crate::chain::find_newest;
use crate::cli::{ExceptionArguments, ExplanationArguments, RecordCommand};
use crate::exit::Ending;
use crate::seal::SealedRecord;
use crate::session::{Built, Session, SessionError, small_record};

/// Runs the command.
pub(super) fn run(command: &RecordCommand, out: &mut dyn Write) -> Result<Ending, CommandError> {
    let (what, record) = match command {
        RecordCommand::Exception(arguments) => ("exception", exception(arguments, out)?),
        RecordCommand::Explanation(arguments) => ("explanation", explanation(arguments, out)?),
    };
    writeln!(out, "recorded {what} as record {} ({})", record.sequence, record.collection_id)?;
    tell_warnings(out, &record)?;
    Ok(Ending::Done)
}

fn exception(arguments: &ExceptionArguments, out: &mut dyn Write) -> Result<SealedRecord, CommandError> {
    if arguments.expires <= arguments.from {
        return Err(CommandError::new(
            Ending::Usage,
            format!("--expires {} is not after --from {}", arguments.expires, arguments.from),
        )
        .hint("an exception covers the time from --from up to, and without, --expires"));
    }
    let session = open::session(&arguments.config.config, out)?;
    let known: Vec<&str> =
        session.rules.policies.controls().iter().map(|control| control.control_id.as_str()).collect();
    if !known.contains(&arguments.control.as_str()) {
        return Err(CommandError::new(Ending::Usage, format!("there is no control {}", arguments.control))
            .hint(format!("the configured policies test {}", known.join(", "))));
    }
    if session.rules.profile.resource(&arguments.resource).is_none() {
        let known: Vec<&str> =
            session.rules.profile.resources.iter().map(|resource| resource.id.as_str()).collect();
        return Err(CommandError::new(Ending::Usage, format!("there is no resource {}", arguments.resource))
            .hint(format!("the profile has {}", known.join(", "))));
    }
    let document = ExceptionDocument {
        exception: Exception {
            control_id: arguments.control.clone(),
            resource: arguments.resource.clone(),
            entity: arguments.entity.clone(),
            owner: arguments.owner.clone(),
            approved_by: arguments.decision.by.clone(),
            ticket: arguments.decision.ticket.clone(),
            reason: arguments.decision.reason.clone(),
            valid_from_utc: arguments.from,
            expires_utc: arguments.expires,
        },
    };
    commit(&session, Kind::Exception, &arguments.decision.by, |_| Ok(document.clone()))
}

fn explanation(arguments: &ExplanationArguments, out: &mut dyn Write) -> Result<SealedRecord, CommandError> {
    let session = open::session(&arguments.config.config, out)?;
    let chain = open::existing_chain(&session)?;
    if !is_slot(&chain.schedule, arguments) {
        return Err(CommandError::new(
            Ending::Usage,
            format!("{} is no slot of the schedule \"{}\"", arguments.slot, chain.schedule.cron),
        )
        .hint("name the moment at which the cycle should have started"));
    }
    let ends = arguments.slot.plus_seconds(i64::from(chain.schedule.tolerance_seconds));
    if session.now() <= ends {
        return Err(CommandError::new(
            Ending::Usage,
            format!("slot {} can still be answered until {ends}", arguments.slot),
        )
        .hint("run `collector collect` instead"));
    }
    let answers = |manifest: &Manifest| {
        matches!(manifest.kind, Kind::Snapshot | Kind::Failure)
            && manifest.scheduled_utc == Some(arguments.slot)
    };
    if let Some(found) = find_newest(session.store.as_ref(), answers).map_err(SessionError::from)? {
        return Err(CommandError::new(
            Ending::Usage,
            format!("slot {} has record {} ({})", arguments.slot, found.sequence, found.collection_id),
        )
        .hint("only a slot without a record needs an explanation"));
    }
    commit(&session, Kind::Explanation, &arguments.decision.by, |head| {
        Ok(ExplanationDocument {
            explanation: Explanation {
                scheduled_utc: arguments.slot,
                explained_by: arguments.decision.by.clone(),
                ticket: arguments.decision.ticket.clone(),
                reason: arguments.decision.reason.clone(),
                written_after: head,
            },
        })
    })
}

fn is_slot(schedule: &Schedule, arguments: &ExplanationArguments) -> bool {
    let slot = arguments.slot;
    Slots::new(schedule).is_ok_and(|slots| slots.between(slot, slot).next().is_some())
}

/// Commits one small record; the document may name the head it is written after.
fn commit<T: serde::Serialize>(
    session: &Session,
    kind: Kind,
    actor: &str,
    document: impl Fn(verify_core::model::Sequence) -> Result<T, SessionError>,
) -> Result<SealedRecord, CommandError> {
    let mut chain = open::existing_chain(session)?;
    let record = session.commit::<SessionError>(&mut chain, |chain| {
        let rules = session.rules.in_force(chain, session.store.as_ref(), &session.schedule, None)?;
        let draft = small_record(kind, &document(chain.head)?, &rules, actor)?;
        Ok(Some(Built { draft, rules }))
    })?;
    record.ok_or_else(|| CommandError::new(Ending::Internal, "the record was not made"))
}
