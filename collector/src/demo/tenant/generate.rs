//! Builds the organization from a seed. No clock, no global randomness: equal arguments, equal data.
//!
//! The first fifteen users are the same staff for every seed (administrators, telephony, reviewers,
//! planners), so that a scenario can name them. In the generated state every control passes: each
//! holder of a privileged role has a second factor, nobody holds both privileged duties, and every
//! trunk address lies in 203.0.113.0/24 or 198.51.100.0/25.

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::civil::date;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use verify_core::time::UtcTime;

use super::names::{self, BUSINESS_UNITS, DEPARTMENTS, DIVISIONS, FIRST, LAST, ROLES, SKILLS, TOPICS};
use super::noise;
use super::organization::{Group, Organization, Queue, Role, Schedule, Shift, Stamp, Trunk, User};
use crate::demo::scenario::VersionCounter;

/// Users every scenario may name, and the fewest an organization can have.
pub(super) const STAFF: usize = 15;

/// Roles by position in [`ROLES`]; staff by user position.
const AGENT: u16 = 3;
const STAFF_ROLES: [(u16, &str); STAFF] = [
    (0, "Platform Administrator"),
    (0, "Platform Administrator"),
    (0, "Platform Administrator"),
    (1, "Telephony Engineer"),
    (1, "Telephony Engineer"),
    (1, "Telephony Engineer"),
    (6, "Security Analyst"),
    (6, "Security Analyst"),
    (2, "Quality Lead"),
    (5, "Workforce Planner"),
    (4, "Floor Supervisor"),
    (4, "Floor Supervisor"),
    (9, "Service Desk Analyst"),
    (8, "Flow Designer"),
    (2, "Quality Lead"),
];

/// Positions of staff who are members of the groups that grant roles.
const QUALITY_STAFF: [u32; 2] = [8, 14];
const TELEPHONY_STAFF: [u32; 3] = [3, 4, 5];
const SERVICE_DESK_STAFF: [u32; 1] = [12];

/// Regional roles beside the named ones, so that role lists have more than one small page.
const REGIONAL_ROLES: usize = 12;

impl Organization {
    /// The organization for `seed` with `users` users (at least the staff).
    pub(super) fn generate(seed: u64, users: usize) -> Self {
        let mut rng = noise::generator(&[seed, noise::number_of("organization")]);
        let roles = roles(&mut rng);
        let mut people = people(&mut rng, users.max(STAFF), roles.len());
        let groups = groups(&mut rng, &mut people);
        let queues = (0..(people.len() / 25 + 4).min(500)).map(|index| queue(&mut rng, index)).collect();
        let trunks = (0..6).map(|index| trunk(&mut rng, index)).collect();
        let schedules = schedules(&mut rng, people.len());
        Self { seed, users: people, roles, groups, queues, trunks, schedules, saved: HashMap::new() }
    }
}

/// A stamp some time in the two years before the demo month.
fn stamp(rng: &mut ChaCha8Rng) -> Stamp {
    let start = UtcTime::midnight(date(2024, 1, 1));
    let seconds = rng.random_range(0_i64..800 * 86_400);
    Stamp {
        modified: start.plus_seconds(seconds),
        by: rng.random_range(0_u32..3),
        version: rng.random_range(1..40),
    }
}

fn roles(rng: &mut ChaCha8Rng) -> Vec<Role> {
    let named = ROLES.iter().map(|(name, permissions, mfa)| {
        ((*name).to_owned(), permissions.iter().map(|text| (*text).to_owned()).collect(), *mfa)
    });
    let regional = (1..=REGIONAL_ROLES).map(|number| {
        let permissions = vec!["analytics:view".to_owned(), "routing:queue:view".to_owned()];
        (format!("Regional_Team_{number:02}"), permissions, false)
    });
    named
        .chain(regional)
        .map(|(name, permissions, mfa_enforced)| Role { name, permissions, mfa_enforced, stamp: stamp(rng) })
        .collect()
}

fn people(rng: &mut ChaCha8Rng, users: usize, roles: usize) -> Vec<User> {
    (0..users)
        .map(|index| {
            let (title, own_roles, mfa_enrolled) = match STAFF_ROLES.get(index) {
                // One quality lead has no second factor: harmless until the role becomes privileged.
                Some((role, title)) => (*title, vec![*role], index != 8),
                None => agent(rng, roles),
            };
            User {
                first_name: word(rng, FIRST),
                last_name: word(rng, LAST),
                department: word(rng, DEPARTMENTS),
                title: Cow::Borrowed(title),
                active: index < STAFF || rng.random_range(0..100) < 97,
                division: if index < STAFF { 0 } else { word(rng, DIVISIONS) },
                roles: own_roles,
                groups: Vec::new(),
                mfa_enrolled,
                stamp: stamp(rng),
            }
        })
        .collect()
}

/// Title, roles and second factor of a user who is not staff; never a privileged role.
fn agent(rng: &mut ChaCha8Rng, roles: usize) -> (&'static str, Vec<u16>, bool) {
    let enrolled = rng.random_range(0..100) < 95;
    match rng.random_range(0..100) {
        0..5 => ("Floor Supervisor", vec![AGENT, 4], enrolled),
        5..7 => ("Quality Lead", vec![2, AGENT], true),
        7..9 => ("Analyst", vec![7], enrolled),
        9..40 => {
            let regional = u16::try_from(rng.random_range(ROLES.len()..roles)).unwrap_or(AGENT);
            ("Senior Agent", vec![AGENT, regional], enrolled)
        }
        _ => ("Agent", vec![AGENT], enrolled),
    }
}

fn word(rng: &mut ChaCha8Rng, words: &[&str]) -> u8 {
    u8::try_from(rng.random_range(0..words.len())).unwrap_or(0)
}

fn groups(rng: &mut ChaCha8Rng, users: &mut [User]) -> Vec<Group> {
    let granting = [
        ("Quality_Team", 2, &QUALITY_STAFF[..]),
        ("Telephony_Operations", 1, &TELEPHONY_STAFF[..]),
        ("Service_Desk_Team", 9, &SERVICE_DESK_STAFF[..]),
    ];
    let mut groups: Vec<Group> = granting
        .into_iter()
        .map(|(name, role, members)| Group {
            name: name.to_owned(),
            official: true,
            members: members.to_vec(),
            roles: vec![role],
            stamp: stamp(rng),
        })
        .collect();
    for number in 1..=(users.len() / 20).clamp(3, 200) {
        groups.push(Group {
            name: format!("Team_{number:03}"),
            official: rng.random_range(0..4) > 0,
            members: members(rng, users.len()),
            roles: Vec::new(),
            stamp: stamp(rng),
        });
    }
    for (position, group) in groups.iter().enumerate() {
        for member in &group.members {
            if let (Some(user), Ok(group)) = (users.get_mut(*member as usize), u16::try_from(position)) {
                user.groups.push(group);
            }
        }
    }
    groups
}

/// Up to thirty different users who are not staff.
fn members(rng: &mut ChaCha8Rng, users: usize) -> Vec<u32> {
    if users <= STAFF {
        return Vec::new();
    }
    let mut members: Vec<u32> = (0..rng.random_range(3..30))
        .map(|_| u32::try_from(rng.random_range(STAFF..users)).unwrap_or(u32::MAX))
        .collect();
    members.sort_unstable();
    members.dedup();
    members
}

fn queue(rng: &mut ChaCha8Rng, index: usize) -> Queue {
    let topic = names::pick(TOPICS, u8::try_from(index % TOPICS.len()).unwrap_or(0));
    let first = rng.random_range(0..SKILLS.len());
    let skills =
        SKILLS.iter().cycle().skip(first).take(rng.random_range(2..5)).map(|skill| (*skill).to_owned());
    Queue {
        name: format!("{topic}_{:03}", index + 1),
        description: format!("Contacts about {}", topic.to_lowercase()),
        division: word(rng, DIVISIONS),
        skills: skills.collect(),
        service_percentage: [70, 80, 85, 90].get(rng.random_range(0..4_usize)).copied().unwrap_or(80),
        service_duration_ms: rng.random_range(1..7) * 10_000,
        removed: false,
        stamp: stamp(rng),
    }
}

fn trunk(rng: &mut ChaCha8Rng, index: usize) -> Trunk {
    let number = index + 1;
    let addresses = vec![
        format!("203.0.113.{}", number * 10),
        format!("203.0.113.{}", number * 10 + 1),
        format!("198.51.100.{}", number * 10),
    ];
    Trunk {
        name: format!("Carrier_{number:02}"),
        external: index < 4,
        sip_domains: vec![format!("sip{number}.acme.example"), format!("backup{number}.acme.example")],
        addresses,
        enabled: true,
        stamp: stamp(rng),
    }
}

/// Six weeks for each business unit, around the demo month.
fn schedules(rng: &mut ChaCha8Rng, users: usize) -> Vec<Schedule> {
    let mut schedules = Vec::new();
    for unit in BUSINESS_UNITS {
        for week in 0_i64..6 {
            let monday = UtcTime::midnight(date(2026, 4, 27)).plus_seconds(week * 7 * 86_400);
            let agents = members(rng, users);
            let shifts = agents.into_iter().enumerate().map(|(index, agent)| {
                let day = i64::try_from(index % 5).unwrap_or(0);
                let start = monday.plus_seconds(day * 86_400 + 3_600 * rng.random_range(6_i64..12));
                Shift { agent, start, end: start.plus_seconds(8 * 3_600) }
            });
            let shifts = shifts.collect();
            schedules.push(Schedule {
                name: format!("{unit} {}", monday.date()),
                business_unit: unit,
                week: monday.date(),
                published: week < 5,
                versions: VersionCounter::default(),
                shifts,
                stamp: stamp(rng),
            });
        }
    }
    schedules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_arguments_give_the_same_organization_and_another_seed_another() {
        let one = Organization::generate(7, 300);
        let two = Organization::generate(7, 300);
        let other = Organization::generate(8, 300);
        assert_eq!(one.users, two.users);
        assert_eq!(one.groups, two.groups);
        assert_eq!(one.queues, two.queues);
        assert_eq!(one.schedules, two.schedules);
        assert_ne!(one.users, other.users);
    }

    #[test]
    fn the_generated_state_breaks_no_control() {
        let organization = Organization::generate(11, 5_000);
        for (index, user) in organization.users.iter().enumerate() {
            let through_groups =
                user.groups.iter().flat_map(|group| &organization.groups[usize::from(*group)].roles);
            let held: Vec<u16> = user.roles.iter().chain(through_groups).copied().collect();
            assert!(!(held.contains(&0) && held.contains(&1)), "user {index} holds both duties");
            if held.contains(&0) || held.contains(&1) {
                assert!(user.mfa_enrolled, "user {index} is privileged without a second factor");
                assert!(held.iter().all(|role| *role < 2), "user {index} mixes privileged and other roles");
            }
        }
        assert!(!organization.users[8].mfa_enrolled);
    }

    #[test]
    fn too_few_users_are_filled_up_with_staff() {
        assert_eq!(Organization::generate(1, 0).users.len(), STAFF);
    }
}
