//! What entities were at the last baseline approval, and the way back to it.

use verify_core::time::UtcTime;

use super::change::{ChangeError, nothing, unknown, written};
use super::organization::{Kind, Organization, Saved};

impl Organization {
    /// From now on the state is the baseline that reverts go back to.
    pub(super) fn approve(&mut self) {
        self.saved.clear();
        for schedule in &mut self.schedules {
            schedule.versions.approve();
        }
    }

    /// Where a revertible entity stands; queues that were removed can be named too.
    pub(super) fn place(&self, resource: &str, entity: &str) -> Result<(Kind, usize), ChangeError> {
        let removed = || {
            let mut queues = self.queues.iter().enumerate();
            queues.find(|(_, queue)| queue.removed && queue.name == entity).map(|(index, _)| index)
        };
        let (kind, word, index) = match resource {
            "users" => (Kind::User, "user", self.user(entity)),
            "security_roles" => (Kind::Role, "role", self.role(entity)),
            "telephony_trunks" => (Kind::Trunk, "trunk", self.trunk(entity)),
            "routing_queues" => (Kind::Queue, "queue", self.queue(entity).or_else(removed)),
            other => return Err(unknown("resource that can be reverted", other)),
        };
        index.map(|index| (kind, index)).ok_or_else(|| unknown(word, entity))
    }

    /// Keeps an entity as it was at the last baseline approval, once.
    pub(super) fn save(&mut self, kind: Kind, index: usize) {
        let copy = match kind {
            Kind::User => self.users.get(index).cloned().map(Saved::User),
            Kind::Role => self.roles.get(index).cloned().map(Saved::Role),
            Kind::Queue => self.queues.get(index).cloned().map(Saved::Queue),
            Kind::Trunk => self.trunks.get(index).cloned().map(Saved::Trunk),
            Kind::Schedule => self.schedules.get(index).cloned().map(Saved::Schedule),
        };
        if let Some(copy) = copy {
            self.saved.entry((kind, index)).or_insert(copy);
        }
    }

    /// Puts an entity back. Its modification stamp moves on: whoever reverts writes too.
    pub(super) fn restore(
        &mut self,
        kind: Kind,
        index: usize,
        at: UtcTime,
        by: u32,
        name: &str,
    ) -> Result<(), ChangeError> {
        let saved = self.saved.remove(&(kind, index));
        let saved =
            saved.ok_or_else(|| nothing(name, "it does not differ from the last approved baseline"))?;
        match saved {
            Saved::User(user) => put(&mut self.users, index, user, |user, now| {
                user.stamp = written(&now.stamp, at, by);
            }),
            Saved::Role(role) => put(&mut self.roles, index, role, |role, now| {
                role.stamp = written(&now.stamp, at, by);
            }),
            Saved::Queue(queue) => put(&mut self.queues, index, queue, |queue, now| {
                queue.stamp = written(&now.stamp, at, by);
            }),
            Saved::Trunk(trunk) => put(&mut self.trunks, index, trunk, |trunk, now| {
                trunk.stamp = written(&now.stamp, at, by);
            }),
            Saved::Schedule(schedule) => put(&mut self.schedules, index, schedule, |schedule, now| {
                schedule.stamp = written(&now.stamp, at, by);
                schedule.versions = now.versions;
                schedule.versions.revert();
            }),
            Saved::NoQueue => {
                if let Some(queue) = self.queues.get_mut(index) {
                    queue.removed = true;
                }
            }
        }
        Ok(())
    }
}

fn put<T>(all: &mut [T], index: usize, mut saved: T, adjust: impl FnOnce(&mut T, &T)) {
    if let Some(place) = all.get_mut(index) {
        adjust(&mut saved, place);
        *place = saved;
    }
}
