//! Queues and trunks of the `genesys-cloud` dialect.
//!
//! The addresses a trunk accepts stand in the trunk base's free `properties`; the key used here is the
//! one the profile and the policy data name.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::{division_of, writer};
use crate::demo::tenant::listing::uuid;
use crate::demo::tenant::organization::{Organization, Trunk};
use crate::demo::tenant::reference::{moving_time, shuffled};

pub(super) fn queue(organization: &Organization, index: usize, rng: &mut ChaCha8Rng) -> Option<Value> {
    let queue = organization.queues.get(index)?;
    let id = uuid(organization, "queue", index);
    let media = json!({
        "enableAutoAnswer": false,
        "alertingTimeoutSeconds": 30,
        "serviceLevel": {
            "percentage": f64::from(queue.service_percentage) / 100.0,
            "durationMs": queue.service_duration_ms,
        },
    });
    Some(json!({
        "selfUri": format!("/api/v2/routing/queues/{id}"),
        "id": id,
        "name": queue.name,
        "description": queue.description,
        "division": division_of(organization, queue.division),
        "dateCreated": "2023-01-09T09:00:00Z",
        "dateModified": queue.stamp.modified.to_string(),
        "modifiedBy": writer(organization, &queue.stamp),
        "createdBy": uuid(organization, "user", 0),
        "mediaSettings": { "call": media, "callback": media },
        "routingRules": [],
        "acwSettings": { "wrapupPrompt": "MANDATORY_TIMEOUT", "timeoutMs": 60_000 },
        "skillEvaluationMethod": "ALL",
        "scoringMethod": "TimestampAndPriority",
        "lastAgentRoutingMode": "Disabled",
        "memberGroups": [],
        "autoAnswerOnly": true,
        "enableTranscription": false,
        "enableManualAssignment": false,
        "memberCount": rng.random_range(0..200),
        "userMemberCount": rng.random_range(0..200),
        "joinedMemberCount": rng.random_range(0..50),
    }))
}

fn trunk_base_id(organization: &Organization, index: usize) -> String {
    uuid(organization, "trunk-base", index)
}

const fn trunk_type(trunk: &Trunk) -> &'static str {
    if trunk.external { "EXTERNAL" } else { "PHONE" }
}

pub(super) fn trunk(organization: &Organization, index: usize, rng: &mut ChaCha8Rng) -> Option<Value> {
    let trunk = organization.trunks.get(index)?;
    let id = uuid(organization, "trunk", index);
    let base = trunk_base_id(organization, index);
    let proxies: Vec<String> = trunk.sip_domains.iter().map(|domain| format!("{domain}:5061")).collect();
    Some(json!({
        "selfUri": format!("/api/v2/telephony/providers/edges/trunks/{id}"),
        "id": id,
        "name": trunk.name,
        "state": "active",
        "trunkType": trunk_type(trunk),
        "trunkBase": {
            "selfUri": format!("/api/v2/telephony/providers/edges/trunkbasesettings/{base}"),
            "id": base,
            "name": trunk.name,
        },
        "inService": trunk.enabled,
        "enabled": rng.random_bool(0.9),
        "connectedStatus": { "connected": rng.random_bool(0.9), "connectedStateTime": moving_time(rng) },
        "optionsStatus": [{
            "proxyAddress": proxies.first(),
            "optionState": rng.random_bool(0.8),
            "optionStateTime": moving_time(rng),
        }],
        "registersStatus": [],
        "ipStatus": { "address": format!("10.0.{}.{}", rng.random_range(0..256), rng.random_range(0..256)) },
        "optionsEnabledStatus": "ENABLED",
        "registersEnabledStatus": "DISABLED",
        "family": 2,
        "proxyAddressList": proxies,
        // The run-time trunk is written by the platform, not by the change of its base.
        "version": 1,
        "dateCreated": "2023-01-09T09:00:00Z",
    }))
}

pub(super) fn trunk_base(organization: &Organization, index: usize, rng: &mut ChaCha8Rng) -> Option<Value> {
    let trunk = organization.trunks.get(index)?;
    let id = trunk_base_id(organization, index);
    let instance = |value: Value| json!({ "value": { "instance": value } });
    Some(json!({
        "selfUri": format!("/api/v2/telephony/providers/edges/trunkbasesettings/{id}"),
        "id": id,
        "name": trunk.name,
        "state": "active",
        "trunkType": trunk_type(trunk),
        "trunkMetabase": {
            "id": "external_sip_pcv_byoc_carrier.json",
            "name": "BYOC Carrier",
            "selfUri": "/api/v2/telephony/providers/edges/trunkbasesettings/metabases/external_sip_pcv_byoc_carrier.json",
        },
        "managed": false,
        "properties": {
            "trunk_label": instance(json!(trunk.name)),
            "trunk_enabled": instance(json!(trunk.enabled)),
            "trunk_max_dial_timeout": instance(json!("1m")),
            "trunk_media_codec": instance(json!(["audio/opus", "audio/pcmu"])),
            "trunk_access_acl_allowList": instance(shuffled(&trunk.addresses, rng, |address| json!(address))),
        },
        "version": trunk.stamp.version,
        "dateCreated": "2023-01-09T09:00:00Z",
        "dateModified": trunk.stamp.modified.to_string(),
        "modifiedBy": writer(organization, &trunk.stamp),
        "createdBy": uuid(organization, "user", 0),
    }))
}
