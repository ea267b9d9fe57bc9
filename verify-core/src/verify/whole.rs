//! What needs all records: rules in force, exceptions, and the population of cycles.

use super::assemble::{Assembly, Plan};
use super::bundle::SAMPLE;
use super::ladder::Delivery;
use super::options::{Group, LEFT_OUT, Options};
use super::payload::Payload;
use super::record::Verified;
use super::summary;
use super::tally::Tally;
use crate::approvals::{Approving, InForce};
use crate::coverage::{self, CoverageError};
use crate::finding::{Code, Finding, Place};
use crate::model::{Exception, Sequence};
use crate::report::{Coverage, SlotStatus};

/// Rules in force and cycles, as far as this delivery can show them: the cycles, and why nothing can be claimed of them
/// although it was asked.
pub(super) fn judge_rules_and_cycles(
    assembly: &Assembly,
    delivery: Delivery,
    payloads: &[Option<&Payload>],
    options: &Options,
    tally: &mut Tally,
) -> (Coverage, Option<String>) {
    match delivery {
        Delivery::Chain => {
            check_approvals(&assembly.plans, payloads, options, tally);
            match check_coverage(assembly, payloads, options, tally) {
                Ok(coverage) => (coverage, None),
                Err(reason) => (Coverage::default(), Some(reason)),
            }
        }
        Delivery::OnePackage => {
            check_approvals(&assembly.plans, payloads, options, tally);
            for code in [Code::ChainCadence, Code::ChainPeriod] {
                tally.skip(code, "one package alone has no population of cycles");
            }
            (Coverage::default(), None)
        }
        Delivery::Bundle => {
            for code in [Code::RulesUnapproved, Code::RulesBaseline, Code::ChainCadence, Code::ChainPeriod] {
                tally.skip(code, SAMPLE);
            }
            let asked = options.period.from_utc.is_some() || options.period.to_utc.is_some();
            let reason = "a bundle claims no coverage, so no period can be asked of it (--from, --to)";
            (Coverage::default(), asked.then(|| reason.to_owned()))
        }
    }
}

fn check_approvals(plans: &[Plan], payloads: &[Option<&Payload>], options: &Options, tally: &mut Tally) {
    if !options.runs(Group::Rules) {
        tally.skip(Code::RulesUnapproved, LEFT_OUT);
        tally.skip(Code::RulesBaseline, LEFT_OUT);
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

pub(super) fn check_exceptions(
    plans: &[Plan],
    verified: &[Verified],
    payloads: &[Option<&Payload>],
    tally: &mut Tally,
) {
    let exceptions: Vec<(Sequence, Exception)> = plans
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

/// Counts the cycles; an error says why the evidence cannot be said to cover anything.
fn check_coverage(
    assembly: &Assembly,
    payloads: &[Option<&Payload>],
    options: &Options,
    tally: &mut Tally,
) -> Result<Coverage, String> {
    if !options.runs(Group::Coverage) {
        tally.skip(Code::ChainCadence, LEFT_OUT);
        tally.skip(Code::ChainPeriod, LEFT_OUT);
        return Ok(Coverage::default());
    }
    let records: Vec<_> = assembly
        .plans
        .iter()
        .zip(payloads)
        .map(|(plan, payload)| summary::cycle_record(plan, *payload))
        .collect();
    let coverage = match coverage::count(&records, options.period, options.limits.cycles) {
        Ok(coverage) => coverage,
        Err(error @ CoverageError::TooMany { .. }) => {
            tally.skip(Code::ChainCadence, &error.to_string());
            tally.skip(Code::ChainPeriod, &error.to_string());
            return Err(error.to_string());
        }
        Err(CoverageError::Schedule(error)) => {
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
            return Ok(Coverage::default());
        }
    };
    if let Some(reason) = assembly.partial.as_deref().filter(|_| coverage.missing > 0) {
        tally.skip(Code::ChainCadence, reason);
        tally.skip(Code::ChainPeriod, reason);
        return Ok(coverage);
    }
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
    Ok(coverage)
}
