//! The demo organization: plain data that both dialects are views of.
//!
//! It knows no HTTP and no clock. What it holds is a pure function of the seed, the number of users
//! and the scenario events applied so far. Entities are addressed by their position; the ids of the
//! `reference` dialect are that position plus one.

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::civil::Date;
use verify_core::time::UtcTime;

use super::names;
use crate::demo::scenario::VersionCounter;

/// Who wrote an entity last, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) modified: UtcTime,
    /// Position of the user who wrote it.
    pub(super) by: u32,
    pub(super) version: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    pub(super) first_name: u8,
    pub(super) last_name: u8,
    pub(super) department: u8,
    pub(super) title: Cow<'static, str>,
    pub(super) active: bool,
    pub(super) division: u8,
    /// Positions of the roles granted directly.
    pub(super) roles: Vec<u16>,
    /// Positions of the groups this user is a member of.
    pub(super) groups: Vec<u16>,
    pub(super) mfa_enrolled: bool,
    pub(super) stamp: Stamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) name: String,
    pub(super) permissions: Vec<String>,
    pub(super) mfa_enforced: bool,
    pub(super) stamp: Stamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) official: bool,
    pub(super) members: Vec<u32>,
    /// Positions of the roles every member holds.
    pub(super) roles: Vec<u16>,
    pub(super) stamp: Stamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) division: u8,
    pub(super) skills: Vec<String>,
    pub(super) service_percentage: u8,
    pub(super) service_duration_ms: u32,
    /// A removed queue keeps its position, so that no other queue changes its id.
    pub(super) removed: bool,
    pub(super) stamp: Stamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trunk {
    pub(super) name: String,
    pub(super) external: bool,
    pub(super) sip_domains: Vec<String>,
    /// Addresses the trunk accepts traffic from.
    pub(super) addresses: Vec<String>,
    pub(super) enabled: bool,
    pub(super) stamp: Stamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) agent: u32,
    pub(super) start: UtcTime,
    pub(super) end: UtcTime,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    pub(super) name: String,
    pub(super) business_unit: &'static str,
    pub(super) week: Date,
    pub(super) published: bool,
    pub(super) versions: VersionCounter,
    pub(super) shifts: Vec<Shift>,
    pub(super) stamp: Stamp,
}

/// A kind of entity that a scenario can change, by the resource name of the `reference` dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    User,
    Role,
    Queue,
    Trunk,
    Schedule,
}

/// What an entity was at the last baseline approval.
#[derive(Debug, Clone)]
pub(super) enum Saved {
    User(User),
    Role(Role),
    Queue(Queue),
    /// The queue did not exist.
    NoQueue,
    Trunk(Trunk),
    Schedule(Schedule),
}

/// One organization with everything both dialects show.
#[derive(Debug, Clone)]
pub(super) struct Organization {
    pub(super) seed: u64,
    pub(super) users: Vec<User>,
    pub(super) roles: Vec<Role>,
    pub(super) groups: Vec<Group>,
    pub(super) queues: Vec<Queue>,
    pub(super) trunks: Vec<Trunk>,
    pub(super) schedules: Vec<Schedule>,
    /// Entities that differ from the last baseline approval, as they were then.
    pub(super) saved: HashMap<(Kind, usize), Saved>,
}

impl Organization {
    /// Position of a user given as `user-000123`.
    pub(super) fn user(&self, id: &str) -> Option<usize> {
        position(id, "user-", 6).filter(|index| *index < self.users.len())
    }

    /// Position of a role given by id or name.
    pub(super) fn role(&self, name: &str) -> Option<usize> {
        self.roles.iter().enumerate().position(|(index, role)| role.name == name || role_id(index) == name)
    }

    /// Position of a queue given by id or name.
    pub(super) fn queue(&self, name: &str) -> Option<usize> {
        self.queues
            .iter()
            .enumerate()
            .position(|(index, queue)| !queue.removed && (queue.name == name || queue_id(index) == name))
    }

    /// Position of a trunk given by id or name.
    pub(super) fn trunk(&self, name: &str) -> Option<usize> {
        self.trunks
            .iter()
            .enumerate()
            .position(|(index, trunk)| trunk.name == name || trunk_id(index) == name)
    }

    /// Position of a schedule given by id.
    pub(super) fn schedule(&self, name: &str) -> Option<usize> {
        (0..self.schedules.len()).find(|index| schedule_id(*index) == name)
    }

    /// First and last name of a user, with the position where two would share a mailbox.
    pub(super) fn person(&self, index: usize) -> Option<(String, String)> {
        let user = self.users.get(index)?;
        let first = names::pick(names::FIRST, user.first_name);
        let last = names::pick(names::LAST, user.last_name);
        let mailbox = format!("{}.{}.{}@acme.example", first.to_lowercase(), last.to_lowercase(), index + 1);
        Some((format!("{first} {last}"), mailbox))
    }
}

/// The position behind an id of `prefix` and exactly `digits` digits.
fn position(id: &str, prefix: &str, digits: usize) -> Option<usize> {
    let number = id.strip_prefix(prefix)?;
    if number.len() < digits || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse::<usize>().ok()?.checked_sub(1)
}

/// `user-000123`.
pub(super) fn user_id(index: usize) -> String {
    format!("user-{:06}", index + 1)
}

/// `role-0000000007`.
pub(super) fn role_id(index: usize) -> String {
    format!("role-{:010}", index + 1)
}

/// `group-0007`.
pub(super) fn group_id(index: usize) -> String {
    format!("group-{:04}", index + 1)
}

/// `queue-0007`.
pub(super) fn queue_id(index: usize) -> String {
    format!("queue-{:04}", index + 1)
}

/// `trunk-01`.
pub(super) fn trunk_id(index: usize) -> String {
    format!("trunk-{:02}", index + 1)
}

/// `schedule-0007`.
pub(super) fn schedule_id(index: usize) -> String {
    format!("schedule-{:04}", index + 1)
}
