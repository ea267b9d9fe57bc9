//! What can happen on a day of the demo month, as it is written in a scenario file.

use serde::Deserialize;

use crate::demo::tenant::Fault;

/// One thing that happens on one day (day 1 is the scenario's `start`).
///
/// Changes of the configuration stay until they are reverted; everything else lasts for its day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// After the day's snapshot the state is approved as the new baseline.
    BaselineApproval {
        /// Day, from 1.
        day: u32,
        /// Who approves.
        by: String,
        /// Change ticket.
        ticket: String,
        /// Why.
        reason: String,
    },
    /// A role gains or loses permissions.
    RoleChange {
        /// Day, from 1.
        day: u32,
        /// Role id or name.
        role: String,
        /// Permissions that are added.
        #[serde(default)]
        add: Vec<String>,
        /// Permissions that are removed.
        #[serde(default)]
        remove: Vec<String>,
        /// New value of the role's demand for a second factor.
        #[serde(default)]
        mfa_enforced: Option<bool>,
    },
    /// A trunk accepts traffic from more or fewer addresses.
    TrunkChange {
        /// Day, from 1.
        day: u32,
        /// Trunk id or name.
        trunk: String,
        /// Addresses that are added.
        #[serde(default)]
        add: Vec<String>,
        /// Addresses that are removed.
        #[serde(default)]
        remove: Vec<String>,
    },
    /// A user gains or loses roles that are granted directly.
    UserRoles {
        /// Day, from 1.
        day: u32,
        /// User id, e.g. `user-000003`.
        user: String,
        /// Role ids or names that are granted.
        #[serde(default)]
        add: Vec<String>,
        /// Role ids or names that are taken away.
        #[serde(default)]
        remove: Vec<String>,
    },
    /// A user gets another title.
    UserTitle {
        /// Day, from 1.
        day: u32,
        /// User id.
        user: String,
        /// New title.
        title: String,
    },
    /// A queue is created.
    QueueAdded {
        /// Day, from 1.
        day: u32,
        /// Name of the queue.
        name: String,
        /// Skills it asks for.
        #[serde(default)]
        skills: Vec<String>,
    },
    /// A queue is removed.
    QueueRemoved {
        /// Day, from 1.
        day: u32,
        /// Queue id or name.
        queue: String,
    },
    /// Every shift of a schedule moves, and its version counts up.
    ScheduleChange {
        /// Day, from 1.
        day: u32,
        /// Schedule id.
        schedule: String,
        /// User id of the planner who writes it.
        editor: String,
        /// Minutes by which every shift moves.
        move_minutes: i64,
        /// Entries of the approvals register for the new version.
        #[serde(default)]
        approvals: Vec<Approval>,
    },
    /// A schedule goes back to the version of the last approved baseline.
    ScheduleRevert {
        /// Day, from 1.
        day: u32,
        /// Schedule id.
        schedule: String,
        /// User id of the planner who writes it.
        editor: String,
        /// Entries of the approvals register for the restored version.
        #[serde(default)]
        approvals: Vec<Approval>,
    },
    /// An entity goes back to what it was at the last approved baseline.
    Revert {
        /// Day, from 1.
        day: u32,
        /// `users`, `security_roles`, `routing_queues` or `telephony_trunks`.
        resource: String,
        /// Entity id or name.
        entity: String,
    },
    /// The whole platform answers 503, sign-in too.
    Outage {
        /// Day, from 1.
        day: u32,
    },
    /// One resource answers 403.
    Denied {
        /// Day, from 1.
        day: u32,
        /// Resource name.
        resource: String,
    },
    /// One resource answers with a field of another type.
    BreakingBody {
        /// Day, from 1.
        day: u32,
        /// Resource name.
        resource: String,
    },
    /// The collector is never run.
    Skipped {
        /// Day, from 1.
        day: u32,
    },
    /// Every token dies when a resource gets its n-th request of the day.
    TokenExpiry {
        /// Day, from 1.
        day: u32,
        /// Resource name.
        resource: String,
        /// Which request of that resource, from 1.
        request: u64,
    },
    /// One resource misbehaves.
    Fault {
        /// Day, from 1.
        day: u32,
        /// Resource name.
        resource: String,
        /// How.
        fault: Fault,
    },
}

/// One approval of a schedule version, as an operator would enter it in the register.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// User id of the approver.
    pub by: String,
    /// Change ticket.
    pub ticket: String,
}

impl Event {
    /// The day it happens on, from 1.
    #[must_use]
    pub const fn day(&self) -> u32 {
        match self {
            Self::BaselineApproval { day, .. }
            | Self::RoleChange { day, .. }
            | Self::TrunkChange { day, .. }
            | Self::UserRoles { day, .. }
            | Self::UserTitle { day, .. }
            | Self::QueueAdded { day, .. }
            | Self::QueueRemoved { day, .. }
            | Self::ScheduleChange { day, .. }
            | Self::ScheduleRevert { day, .. }
            | Self::Revert { day, .. }
            | Self::Outage { day }
            | Self::Denied { day, .. }
            | Self::BreakingBody { day, .. }
            | Self::Skipped { day }
            | Self::TokenExpiry { day, .. }
            | Self::Fault { day, .. } => *day,
        }
    }

    /// What it does, in one line for a summary.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::BaselineApproval { by, ticket, .. } => {
                format!("baseline approved after the snapshot by {by} ({ticket})")
            }
            Self::RoleChange { role, add, remove, mfa_enforced, .. } => {
                let mfa = mfa_enforced.map(|on| format!(" mfa_enforced={on}")).unwrap_or_default();
                format!("role {role} changed:{}{mfa}", signed(add, remove))
            }
            Self::TrunkChange { trunk, add, remove, .. } => {
                format!("trunk {trunk} addresses changed:{}", signed(add, remove))
            }
            Self::UserRoles { user, add, remove, .. } => {
                format!("{user} roles changed:{}", signed(add, remove))
            }
            Self::UserTitle { user, title, .. } => format!("{user} is now {title:?}"),
            Self::QueueAdded { name, .. } => format!("queue {name} created"),
            Self::QueueRemoved { queue, .. } => format!("queue {queue} removed"),
            Self::ScheduleChange { schedule, approvals, .. } => {
                format!("{schedule} changed with {} approval(s)", approvals.len())
            }
            Self::ScheduleRevert { schedule, approvals, .. } => {
                format!("{schedule} restored with {} approval(s)", approvals.len())
            }
            Self::Revert { resource, entity, .. } => format!("{resource} {entity} reverted"),
            Self::Outage { .. } => "platform outage: every request answers 503".to_owned(),
            Self::Denied { resource, .. } => format!("{resource} answers 403"),
            Self::BreakingBody { resource, .. } => format!("{resource} breaks its schema"),
            Self::Skipped { .. } => "the collector is not run".to_owned(),
            Self::TokenExpiry { resource, request, .. } => {
                format!("the token expires at request {request} of {resource}")
            }
            Self::Fault { resource, fault, .. } => format!("{resource} fault {fault}"),
        }
    }
}

fn signed(add: &[String], remove: &[String]) -> String {
    let added = add.iter().map(|text| format!(" +{text}"));
    let removed = remove.iter().map(|text| format!(" -{text}"));
    added.chain(removed).collect()
}
