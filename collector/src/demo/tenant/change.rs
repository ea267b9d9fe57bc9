//! Applies scenario events to the organization. Only what the event names is touched.

use std::borrow::Cow;
use std::net::IpAddr;

use verify_core::time::UtcTime;

use super::fault::FaultError;
use super::organization::{Kind, Organization, Queue, Saved, Stamp};
use super::rehearsal;
use crate::demo::scenario::Event;

/// Position of the administrator whom unplanned changes are attributed to.
const ADMINISTRATOR: u32 = 1;

/// Why an event cannot happen to this organization.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// No such entity.
    #[error("unknown {kind} {name:?}")]
    Unknown {
        /// What was looked for.
        kind: &'static str,
        /// The id or name found in the scenario.
        name: String,
    },
    /// The event would change nothing, or only a part of what it says.
    #[error("{what} changes nothing: {why}")]
    Nothing {
        /// The entity.
        what: String,
        /// Why.
        why: String,
    },
    /// Not an IP address.
    #[error("expected an IP address, found {found:?}")]
    Address {
        /// The text found.
        found: String,
    },
    /// A resource or fault that does not fit.
    #[error(transparent)]
    Fault(#[from] FaultError),
}

pub(super) fn unknown(kind: &'static str, name: &str) -> ChangeError {
    ChangeError::Unknown { kind, name: name.to_owned() }
}

pub(super) fn nothing(what: &str, why: impl Into<String>) -> ChangeError {
    ChangeError::Nothing { what: what.to_owned(), why: why.into() }
}

impl Organization {
    /// Applies one event that happened at `at`. Events that change no configuration are checked only.
    pub(super) fn apply(&mut self, event: &Event, at: UtcTime) -> Result<(), ChangeError> {
        match event {
            Event::RoleChange { role, add, remove, mfa_enforced, .. } => {
                let index = self.role(role).ok_or_else(|| unknown("role", role))?;
                self.save(Kind::Role, index);
                let entity = self.roles.get_mut(index).ok_or_else(|| unknown("role", role))?;
                let mfa = mfa_enforced.unwrap_or(entity.mfa_enforced);
                if add.is_empty() && remove.is_empty() && mfa == entity.mfa_enforced {
                    return Err(nothing(role, "no permission is added or removed"));
                }
                edit_set(&mut entity.permissions, add, remove, role)?;
                entity.mfa_enforced = mfa;
                entity.stamp = written(&entity.stamp, at, ADMINISTRATOR);
            }
            Event::TrunkChange { trunk, add, remove, .. } => {
                let index = self.trunk(trunk).ok_or_else(|| unknown("trunk", trunk))?;
                if let Some(text) = add.iter().chain(remove).find(|text| text.parse::<IpAddr>().is_err()) {
                    return Err(ChangeError::Address { found: text.clone() });
                }
                if add.is_empty() && remove.is_empty() {
                    return Err(nothing(trunk, "no address is added or removed"));
                }
                self.save(Kind::Trunk, index);
                let entity = self.trunks.get_mut(index).ok_or_else(|| unknown("trunk", trunk))?;
                edit_set(&mut entity.addresses, add, remove, trunk)?;
                entity.stamp = written(&entity.stamp, at, ADMINISTRATOR);
            }
            Event::UserRoles { user, add, remove, .. } => self.user_roles(user, add, remove, at)?,
            Event::UserTitle { user, title, .. } => {
                let index = self.user(user).ok_or_else(|| unknown("user", user))?;
                self.save(Kind::User, index);
                let entity = self.users.get_mut(index).ok_or_else(|| unknown("user", user))?;
                if entity.title == title.as_str() {
                    return Err(nothing(user, "the title is already that"));
                }
                entity.title = Cow::Owned(title.clone());
                entity.stamp = written(&entity.stamp, at, ADMINISTRATOR);
            }
            Event::QueueAdded { name, skills, .. } => self.add_queue(name, skills, at)?,
            Event::QueueRemoved { queue, .. } => {
                let index = self.queue(queue).ok_or_else(|| unknown("queue", queue))?;
                self.save(Kind::Queue, index);
                let entity = self.queues.get_mut(index).ok_or_else(|| unknown("queue", queue))?;
                entity.removed = true;
                entity.stamp = written(&entity.stamp, at, ADMINISTRATOR);
            }
            Event::ScheduleChange { schedule, editor, move_minutes, approvals, .. } => {
                if *move_minutes == 0 {
                    return Err(nothing(schedule, "move_minutes is 0"));
                }
                self.known_users(approvals.iter().map(|approval| approval.by.as_str()))?;
                self.edit_schedule(schedule, editor, *move_minutes, at)?;
            }
            Event::ScheduleRevert { schedule, editor, approvals, .. } => {
                self.known_users(approvals.iter().map(|approval| approval.by.as_str()))?;
                let index = self.schedule(schedule).ok_or_else(|| unknown("schedule", schedule))?;
                let by = self.user(editor).ok_or_else(|| unknown("user", editor))?;
                self.restore(
                    Kind::Schedule,
                    index,
                    at,
                    u32::try_from(by).unwrap_or(ADMINISTRATOR),
                    schedule,
                )?;
            }
            Event::Revert { resource, entity, .. } => {
                let (kind, index) = self.place(resource, entity)?;
                self.restore(kind, index, at, ADMINISTRATOR, entity)?;
            }
            Event::BaselineApproval { .. }
            | Event::Outage { .. }
            | Event::Denied { .. }
            | Event::BreakingBody { .. }
            | Event::Skipped { .. }
            | Event::TokenExpiry { .. }
            | Event::Fault { .. } => rehearsal::check_condition(event)?,
        }
        Ok(())
    }

    fn known_users<'a>(&self, mut ids: impl Iterator<Item = &'a str>) -> Result<(), ChangeError> {
        ids.find(|id| self.user(id).is_none()).map_or(Ok(()), |id| Err(unknown("user", id)))
    }

    fn user_roles(
        &mut self,
        user: &str,
        add: &[String],
        remove: &[String],
        at: UtcTime,
    ) -> Result<(), ChangeError> {
        let index = self.user(user).ok_or_else(|| unknown("user", user))?;
        if add.is_empty() && remove.is_empty() {
            return Err(nothing(user, "no role is added or removed"));
        }
        let positions = |names: &[String]| -> Result<Vec<u16>, ChangeError> {
            let find = |name: &String| self.role(name).and_then(|role| u16::try_from(role).ok());
            names.iter().map(|name| find(name).ok_or_else(|| unknown("role", name))).collect()
        };
        let (added, removed) = (positions(add)?, positions(remove)?);
        self.save(Kind::User, index);
        let entity = self.users.get_mut(index).ok_or_else(|| unknown("user", user))?;
        edit_set(&mut entity.roles, &added, &removed, user)?;
        entity.stamp = written(&entity.stamp, at, ADMINISTRATOR);
        Ok(())
    }

    fn add_queue(&mut self, name: &str, skills: &[String], at: UtcTime) -> Result<(), ChangeError> {
        if self.queue(name).is_some() {
            return Err(nothing(name, "a queue of this name exists"));
        }
        self.saved.insert((Kind::Queue, self.queues.len()), Saved::NoQueue);
        self.queues.push(Queue {
            name: name.to_owned(),
            description: String::new(),
            division: 0,
            skills: skills.to_vec(),
            service_percentage: 80,
            service_duration_ms: 20_000,
            removed: false,
            stamp: Stamp { modified: at, by: ADMINISTRATOR, version: 1 },
        });
        Ok(())
    }

    fn edit_schedule(
        &mut self,
        schedule: &str,
        editor: &str,
        minutes: i64,
        at: UtcTime,
    ) -> Result<(), ChangeError> {
        let index = self.schedule(schedule).ok_or_else(|| unknown("schedule", schedule))?;
        let by = self.user(editor).ok_or_else(|| unknown("user", editor))?;
        self.save(Kind::Schedule, index);
        let entity = self.schedules.get_mut(index).ok_or_else(|| unknown("schedule", schedule))?;
        for shift in &mut entity.shifts {
            shift.start = shift.start.plus_seconds(minutes.saturating_mul(60));
            shift.end = shift.end.plus_seconds(minutes.saturating_mul(60));
        }
        entity.versions.change();
        entity.stamp = written(&entity.stamp, at, u32::try_from(by).unwrap_or(ADMINISTRATOR));
        Ok(())
    }
}

/// The stamp after one more write.
pub(super) fn written(before: &Stamp, at: UtcTime, by: u32) -> Stamp {
    Stamp { modified: at, by, version: before.version.saturating_add(1) }
}

/// Adds and removes members of a set; a step without effect is a mistake in the scenario.
fn edit_set<T: Clone + PartialEq>(
    set: &mut Vec<T>,
    add: &[T],
    remove: &[T],
    what: &str,
) -> Result<(), ChangeError> {
    for value in add {
        if set.contains(value) {
            return Err(nothing(what, "what is added is already there"));
        }
        set.push(value.clone());
    }
    for value in remove {
        let place = set.iter().position(|other| other == value);
        set.remove(place.ok_or_else(|| nothing(what, "what is removed is not there"))?);
    }
    Ok(())
}
