//! Explanations of missing cycles, held against the schedule and the clock (F-98).

use super::assemble::Plan;
use super::payload::Payload;
use super::tally::Tally;
use crate::finding::{Code, Finding, Place};
use crate::model::Schedule;
use crate::schedule::Slots;

/// An explanation names a slot that was due, afterwards (F-98).
pub(super) fn check_explanations(plans: &[Plan], payloads: &[Option<&Payload>], tally: &mut Tally) {
    for (plan, payload) in plans.iter().zip(payloads) {
        let Some(Payload::Explanation(explanation)) = payload else { continue };
        let slot = explanation.scheduled_utc;
        let place = || Place {
            member: Some(plan.manifest.kind.payload_member()),
            pointer: Some("/explanation/scheduled_utc".to_owned()),
            ..plan.place()
        };
        let mut findings = Vec::new();
        if plan.manifest.sealed_utc < slot {
            let message = "the explanation was written before its slot";
            let expected = format!("a slot before {}", plan.manifest.sealed_utc);
            findings.push(Finding::new(Code::SchemaBind, place(), expected, slot.to_string(), message));
        }
        // In force at the slot, or known to whoever explained: either promised this cycle.
        let sealed_before = |earlier: &&Plan| earlier.manifest.sealed_utc <= slot;
        let in_force = plans.iter().rev().find(sealed_before).or(plans.first());
        let schedules = in_force.into_iter().chain([plan]).map(|plan| &plan.manifest.schedule);
        let promised = |schedule: &Schedule| match Slots::new(schedule) {
            Ok(slots) => slots.between(slot, slot).next().is_some(),
            // A schedule that is not understood is a finding of its own.
            Err(_) => true,
        };
        if !schedules.into_iter().any(promised) {
            let message = "the explanation names a slot that the schedule does not have";
            let expected = format!("a slot of {:?}", plan.manifest.schedule.cron);
            findings.push(Finding::new(Code::SchemaBind, place(), expected, slot.to_string(), message));
        }
        tally.all(Code::SchemaBind, findings);
    }
}
