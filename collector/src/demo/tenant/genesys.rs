//! The organization as the `genesys-cloud` dialect shows it: the platform's real field names.
//!
//! The real platform keeps no second factor on a role (it is one setting of the organization), no
//! roles on a user (they are grants in divisions) and no address list on a trunk (its base has one).

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::listing::{GROUP_SUBJECT, Key, uuid};
use super::names::{self, DEPARTMENTS, DIVISIONS, PRESENCES};
use super::organization::{Group, Organization, Stamp};
use super::reference::{moving_time, shuffled};

mod channels;

/// One entity of a list; `None` for a key the list does not have.
pub(super) fn entity(
    organization: &Organization,
    resource: &str,
    key: Key,
    rng: &mut ChaCha8Rng,
) -> Option<Value> {
    let index = key.first as usize;
    match resource {
        "divisions" => Some(division(organization, index)),
        "users" => user(organization, index, rng),
        "security_roles" => role(organization, index, rng),
        "role_grants" => grant(organization, key),
        "groups" => group(organization, index, rng),
        "group_members" => member(organization, index, rng),
        "routing_queues" => channels::queue(organization, index, rng),
        "telephony_trunks" => channels::trunk(organization, index, rng),
        "telephony_trunk_bases" => channels::trunk_base(organization, index, rng),
        "org_auth_settings" => Some(auth_settings(rng)),
        _ => None,
    }
}

/// A reference to a division, as other entities carry it.
fn division_of(organization: &Organization, index: u8) -> Value {
    let id = uuid(organization, "division", usize::from(index));
    json!({
        "selfUri": format!("/api/v2/authorization/divisions/{id}"),
        "id": id,
        "name": names::pick(DIVISIONS, index),
    })
}

fn writer(organization: &Organization, stamp: &Stamp) -> String {
    uuid(organization, "user", stamp.by as usize)
}

fn division(organization: &Organization, index: usize) -> Value {
    let id = uuid(organization, "division", index);
    json!({
        "selfUri": format!("/api/v2/authorization/divisions/{id}"),
        "id": id,
        "name": names::pick(DIVISIONS, u8::try_from(index).unwrap_or(0)),
        "description": "",
        "homeDivision": index == 0,
    })
}

fn user(organization: &Organization, index: usize, rng: &mut ChaCha8Rng) -> Option<Value> {
    let user = organization.users.get(index)?;
    let (name, email) = organization.person(index)?;
    let id = uuid(organization, "user", index);
    Some(json!({
        "selfUri": format!("/api/v2/users/{id}"),
        "id": id,
        "name": name,
        "division": division_of(organization, user.division),
        "chat": { "jabberId": format!("{}@acme-demo.orgspan.com", index + 1) },
        "department": names::pick(DEPARTMENTS, user.department),
        "email": email,
        "username": email,
        "title": user.title,
        "state": if user.active { "active" } else { "inactive" },
        "version": user.stamp.version,
        "acdAutoAnswer": false,
        "primaryContactInfo": [{ "address": email, "mediaType": "EMAIL", "type": "PRIMARY" }],
        "addresses": [],
        "images": [],
        "presence": {
            "presenceDefinition": { "systemPresence": PRESENCES.choose(rng) },
            "modifiedDate": moving_time(rng),
        },
        "routingStatus": { "status": "OFF_QUEUE", "startTime": moving_time(rng) },
    }))
}

/// The structured policies for one flat permission.
fn policies(permission: &str) -> Vec<(&'static str, &'static str, &'static [&'static str])> {
    match permission {
        "admin:write" => vec![
            ("authorization", "role", &["add", "delete", "edit"]),
            ("authorization", "grant", &["add", "delete"]),
            ("directory", "organization", &["admin"]),
        ],
        "telephony:edit" => vec![("telephony", "plugin", &["all"])],
        "telephony:view" => vec![("telephony", "sites", &["view"])],
        "security:role:view" => {
            vec![("authorization", "role", &["view"]), ("authorization", "grant", &["view"])]
        }
        "user:read" => vec![("directory", "user", &["view"])],
        "user:write" => vec![("directory", "user", &["add", "edit"])],
        "quality:view" => vec![("quality", "evaluation", &["view"])],
        "quality:edit" => vec![("quality", "evaluation", &["edit"])],
        "routing:queue:view" => vec![("routing", "queue", &["view"])],
        "routing:queue:edit" => vec![("routing", "queue", &["edit"])],
        "wfm:schedule:view" => vec![("wfm", "schedule", &["view"])],
        "wfm:schedule:edit" => vec![("wfm", "schedule", &["edit"])],
        "architect:flow:view" => vec![("architect", "flow", &["view"])],
        "architect:flow:edit" => vec![("architect", "flow", &["edit"])],
        "analytics:view" => vec![("analytics", "queueObservation", &["view"])],
        "audit:view" => vec![("audits", "audit", &["view"])],
        "conversation:handle" => vec![("conversation", "call", &["accept", "transfer"])],
        "billing:view" => vec![("billing", "subscription", &["view"])],
        _ => Vec::new(),
    }
}

fn role(organization: &Organization, index: usize, rng: &mut ChaCha8Rng) -> Option<Value> {
    let role = organization.roles.get(index)?;
    let id = uuid(organization, "role", index);
    // Several flat permissions may speak of one domain and entity, which the platform lists once.
    let mut actions: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    let mut plain: BTreeSet<String> = BTreeSet::new();
    for permission in &role.permissions {
        let known = policies(permission);
        if known.is_empty() {
            plain.insert(permission.clone());
        }
        for (domain, entity_name, granted) in known {
            actions.entry((domain, entity_name)).or_default().extend(granted);
            plain.extend(granted.iter().map(|action| format!("{domain}:{entity_name}:{action}")));
        }
    }
    let plain: Vec<String> = plain.into_iter().collect();
    let mut structured = Vec::new();
    for ((domain, entity_name), granted) in actions {
        let granted: Vec<&str> = granted.into_iter().collect();
        structured.push(json!({
            "domain": domain,
            "entityName": entity_name,
            "policyName": "",
            "policyDescription": "",
            "actionSet": shuffled(&granted, rng, |action| json!(action)),
            "namedResources": [],
            "allowConditions": false,
        }));
    }
    Some(json!({
        "selfUri": format!("/api/v2/authorization/roles/{id}"),
        "id": id,
        "name": role.name,
        "description": "",
        "permissions": shuffled(&plain, rng, |text| json!(text)),
        "permissionPolicies": shuffled(&structured, rng, Clone::clone),
        "unusedPermissions": plain.iter().take(rng.random_range(0..3)).collect::<Vec<_>>(),
        "userCount": rng.random_range(0..500),
        "roleNeedsUpdate": rng.random_bool(0.5),
        "addonLicenses": [],
        "base": false,
        "default": false,
    }))
}

fn grant(organization: &Organization, key: Key) -> Option<Value> {
    let role_index = key.second as usize;
    let role = organization.roles.get(role_index)?;
    let (subject, division, stamp) = if key.first >= GROUP_SUBJECT {
        let index = (key.first - GROUP_SUBJECT) as usize;
        (uuid(organization, "group", index), 0, &organization.groups.get(index)?.stamp)
    } else {
        let user = organization.users.get(key.first as usize)?;
        (uuid(organization, "user", key.first as usize), user.division, &user.stamp)
    };
    let role_id = uuid(organization, "role", role_index);
    Some(json!({
        "subjectId": subject,
        "division": division_of(organization, division),
        "role": {
            "selfUri": format!("/api/v2/authorization/roles/{role_id}"),
            "id": role_id,
            "name": role.name,
            "policies": [],
        },
        "grantMadeAt": stamp.modified.to_string(),
    }))
}

fn group(organization: &Organization, index: usize, rng: &mut ChaCha8Rng) -> Option<Value> {
    let group: &Group = organization.groups.get(index)?;
    let id = uuid(organization, "group", index);
    Some(json!({
        "selfUri": format!("/api/v2/groups/{id}"),
        "id": id,
        "name": group.name,
        "type": if group.official { "official" } else { "social" },
        "visibility": "public",
        "rulesVisible": true,
        "rolesEnabled": !group.roles.is_empty(),
        "includeOwners": false,
        "callsEnabled": false,
        "state": "active",
        "version": group.stamp.version,
        "dateModified": group.stamp.modified.to_string(),
        "memberCount": group.members.len() + rng.random_range(0..3),
        "owners": [],
        "addresses": [],
    }))
}

/// A member of a group is shown as a whole user.
fn member(organization: &Organization, index: usize, rng: &mut ChaCha8Rng) -> Option<Value> {
    user(organization, index, rng)
}

fn auth_settings(rng: &mut ChaCha8Rng) -> Value {
    let allowed = ["acme.example", "partner.example"];
    let networks = ["203.0.113.0/24", "198.51.100.0/25"];
    json!({
        "multifactorAuthenticationRequired": true,
        "domainAllowlistEnabled": true,
        "domainAllowlist": shuffled(&allowed, rng, |domain| json!(domain)),
        "ipAddressAllowlist": shuffled(&networks, rng, |network| json!(network)),
        "passwordRequirements": {
            "minimumLength": 14,
            "minimumDigits": 1,
            "minimumLetters": 1,
            "minimumUpper": 1,
            "minimumLower": 1,
            "minimumSpecials": 1,
            "minimumAgeSeconds": 0,
            "expirationDays": 90,
        },
        "inactivityTimeoutExclusions": [],
        "universalLogout": true,
    })
}
