//! The organization as the `reference` dialect shows it: the source guide's own field names.
//!
//! Status fields, counts and `updatedDate`/`etag` come from the response's noise and differ on every
//! read; sets come shuffled; everything else is the organization's.

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use super::listing::Key;
use super::names::{self, DEPARTMENTS, DIVISIONS, PRESENCES};
use super::noise::number_of;
use super::organization::{
    Organization, Schedule, Stamp, group_id, queue_id, role_id, schedule_id, trunk_id, user_id,
};

/// One entity of a list; `None` for a key the list does not have.
pub(super) fn entity(
    organization: &Organization,
    resource: &str,
    key: Key,
    rng: &mut ChaCha8Rng,
) -> Option<Value> {
    let index = key.first as usize;
    let mut shown = match resource {
        "users" => user(organization, index, rng)?,
        "security_roles" => role(organization, index, rng)?,
        "groups" => group(organization, index, rng)?,
        "routing_queues" => queue(organization, index, rng)?,
        "telephony_trunks" => trunk(organization, index, rng)?,
        "wfm_schedules" => schedule(organization, index, rng)?,
        _ => return None,
    };
    if let (Some(members), Some(id)) = (shown.as_object_mut(), entity_id(resource, index)) {
        members.insert("id".to_owned(), json!(id));
        volatile(members, resource, rng);
    }
    Some(shown)
}

fn entity_id(resource: &str, index: usize) -> Option<String> {
    Some(match resource {
        "users" => user_id(index),
        "security_roles" => role_id(index),
        "groups" => group_id(index),
        "routing_queues" => queue_id(index),
        "telephony_trunks" => trunk_id(index),
        "wfm_schedules" => schedule_id(index),
        _ => return None,
    })
}

/// The three fields that the source guide says change on every call.
fn volatile(members: &mut Map<String, Value>, resource: &str, rng: &mut ChaCha8Rng) {
    let read = rng.next_u64();
    members.insert("selfUri".to_owned(), json!(format!("/api/v2/{resource}?read={:08x}", read >> 32)));
    members.insert("etag".to_owned(), json!(format!("W/\"{read:016x}\"")));
    members.insert("updatedDate".to_owned(), json!(moving_time(rng)));
}

/// A time that means nothing, different on every read.
pub(super) fn moving_time(rng: &mut ChaCha8Rng) -> String {
    let (hour, minute, second) = (rng.random_range(0..24), rng.random_range(0..60), rng.random_range(0..60));
    format!("2026-01-{:02}T{hour:02}:{minute:02}:{second:02}Z", rng.random_range(1..29))
}

/// A shuffled copy, written by `show`.
pub(super) fn shuffled<T>(items: &[T], rng: &mut ChaCha8Rng, show: impl Fn(&T) -> Value) -> Value {
    let mut values: Vec<Value> = items.iter().map(show).collect();
    values.shuffle(rng);
    Value::Array(values)
}

/// Adds the modification stamp under its field names.
fn stamped(mut shown: Value, stamp: &Stamp) -> Value {
    if let Some(members) = shown.as_object_mut() {
        members.insert("dateModified".to_owned(), json!(stamp.modified.to_string()));
        members.insert("modifiedBy".to_owned(), json!(user_id(stamp.by as usize)));
        // A schedule shows its own version: it is what an approval refers to.
        members.entry("version").or_insert(json!(stamp.version));
    }
    shown
}

fn user(organization: &Organization, index: usize, rng: &mut ChaCha8Rng) -> Option<Value> {
    let user = organization.users.get(index)?;
    let (name, email) = organization.person(index)?;
    let shown = json!({
        "name": name,
        "email": email,
        "department": names::pick(DEPARTMENTS, user.department),
        "title": user.title,
        "state": if user.active { "active" } else { "inactive" },
        "role_ids": shuffled(&user.roles, rng, |role| json!(role_id(usize::from(*role)))),
        "group_ids": shuffled(&user.groups, rng, |group| json!(group_id(usize::from(*group)))),
        "division": names::pick(DIVISIONS, user.division),
        "mfa_enrolled": user.mfa_enrolled,
        "presence": PRESENCES.choose(rng),
        "last_login": moving_time(rng),
    });
    Some(stamped(shown, &user.stamp))
}

fn role(organization: &Organization, index: usize, rng: &mut ChaCha8Rng) -> Option<Value> {
    let role = organization.roles.get(index)?;
    let shown = json!({
        "name": role.name,
        "permissions": shuffled(&role.permissions, rng, |text| json!(text)),
        "mfa_enforced": role.mfa_enforced,
        "user_count": rng.random_range(0..500),
    });
    Some(stamped(shown, &role.stamp))
}

fn group(organization: &Organization, index: usize, rng: &mut ChaCha8Rng) -> Option<Value> {
    let group = organization.groups.get(index)?;
    let shown = json!({
        "name": group.name,
        "type": if group.official { "official" } else { "social" },
        "member_ids": shuffled(&group.members, rng, |member| json!(user_id(*member as usize))),
        "role_ids": shuffled(&group.roles, rng, |role| json!(role_id(usize::from(*role)))),
        "member_count": group.members.len() + rng.random_range(0..3),
    });
    Some(stamped(shown, &group.stamp))
}

fn queue(organization: &Organization, index: usize, rng: &mut ChaCha8Rng) -> Option<Value> {
    let queue = organization.queues.get(index)?;
    let shown = json!({
        "name": queue.name,
        "description": queue.description,
        "skills": shuffled(&queue.skills, rng, |skill| json!(skill)),
        "service_level": {
            "percentage": queue.service_percentage,
            "duration_ms": queue.service_duration_ms,
        },
        "member_count": rng.random_range(0..200),
    });
    Some(stamped(shown, &queue.stamp))
}

fn trunk(organization: &Organization, index: usize, rng: &mut ChaCha8Rng) -> Option<Value> {
    let trunk = organization.trunks.get(index)?;
    let statuses = ["in_service", "degraded", "restarting", "out_of_service"];
    let shown = json!({
        "name": trunk.name,
        "status": statuses.choose(rng),
        "sip_domains": shuffled(&trunk.sip_domains, rng, |domain| json!(domain)),
        "ip_addresses": shuffled(&trunk.addresses, rng, |address| json!(address)),
        "trunk_type": if trunk.external { "external" } else { "phone" },
        "enabled": trunk.enabled,
        "connected_status": { "connected": rng.random_bool(0.9), "since": moving_time(rng) },
    });
    Some(stamped(shown, &trunk.stamp))
}

fn schedule(organization: &Organization, index: usize, rng: &mut ChaCha8Rng) -> Option<Value> {
    let schedule: &Schedule = organization.schedules.get(index)?;
    let shifts = shuffled(&schedule.shifts, rng, |shift| {
        json!({
            "agent_id": user_id(shift.agent as usize),
            "start": shift.start.to_string(),
            "end": shift.end.to_string(),
        })
    });
    let shown = json!({
        "name": schedule.name,
        "business_unit": schedule.business_unit,
        "week_date": schedule.week.to_string(),
        "published": schedule.published,
        "version": schedule.versions.current,
        "shifts": shifts,
    });
    Some(stamped(shown, &schedule.stamp))
}

/// Short name of the organization.
pub(super) const SHORT_NAME: &str = "acme-demo";

/// Id of the organization with this seed.
pub(super) fn organization_id(seed: u64) -> String {
    super::noise::uuid(&[seed, number_of("organization-id")])
}

/// What `/api/v2/organizations/me` answers, in both dialects.
pub(super) fn organization_itself(organization: &Organization) -> Value {
    json!({
        "id": organization_id(organization.seed),
        "name": "Acme Contact Centre",
        "domain": SHORT_NAME,
        "thirdPartyOrgName": SHORT_NAME,
    })
}
