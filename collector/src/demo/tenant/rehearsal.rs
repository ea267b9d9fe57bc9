//! Plays a scenario without HTTP, to find its mistakes before the first request is sent.

use verify_core::time::UtcTime;

use super::change::ChangeError;
use super::fault::{Fault, FaultSwitch};
use super::organization::Organization;
use crate::demo::scenario::Event;

/// An organization whose only purpose is to try events on.
#[derive(Debug)]
pub(crate) struct Rehearsal {
    organization: Organization,
    approved_on: Option<u32>,
}

impl Rehearsal {
    /// Ids and names do not depend on the seed, so any seed serves.
    pub(crate) fn new(users: usize) -> Self {
        Self { organization: Organization::generate(0, users), approved_on: None }
    }

    /// Plays the next event.
    pub(crate) fn play(&mut self, day: u32, at: UtcTime, event: &Event) -> Result<(), ChangeError> {
        if self.approved_on.is_some_and(|approved| day > approved) {
            self.organization.approve();
            self.approved_on = None;
        }
        if matches!(event, Event::BaselineApproval { .. }) {
            self.approved_on = Some(day);
        }
        self.organization.apply(event, at)
    }
}

/// The fault that a condition of one day amounts to, checked against the resources that exist.
pub(super) fn condition(event: &Event) -> Option<Result<FaultSwitch, ChangeError>> {
    let (resource, fault, day) = match event {
        Event::Denied { day, resource } => (resource, Fault::Forbidden, day),
        Event::BreakingBody { day, resource } => (resource, Fault::BreakingSchema, day),
        Event::Fault { day, resource, fault } => (resource, *fault, day),
        _ => return None,
    };
    Some(FaultSwitch::new(resource, fault, Some(*day)).map_err(ChangeError::from))
}

/// Checks an event that changes no configuration.
pub(super) fn check_condition(event: &Event) -> Result<(), ChangeError> {
    if let Event::TokenExpiry { day, resource, request } = event {
        // Any fault that fits every resource does for the check of the name.
        FaultSwitch::new(resource, Fault::Forbidden, Some(*day))?;
        if *request == 0 {
            return Err(ChangeError::Nothing {
                what: resource.clone(),
                why: "requests are counted from 1".to_owned(),
            });
        }
    }
    condition(event).transpose().map(|_| ())
}
