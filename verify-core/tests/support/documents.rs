//! The documents of a small tenant whose configuration never changes: two roles, three users.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use verify_core::canon;
use verify_core::digest::Digest;
use verify_core::model::{Manifest, Schedule, Tenant};
use verify_core::time::UtcTime;

/// A document in canonical form.
pub(crate) fn bytes(document: &Value) -> Vec<u8> {
    canon::to_vec(document).unwrap()
}

/// The rules of the first records: a profile of two resources, one control, one open schema each.
pub(crate) fn rules() -> BTreeMap<String, Vec<u8>> {
    let resource = |id: &str| {
        format!(
            "\n[[resources]]\nid = \"{id}\"\npath = \"/api/v2/{id}\"\n\
             paging = {{ style = \"single\", total = \"/total\" }}\ncontainer = \"/entities\"\nkey = [\"/id\"]\n\
             response_schemas = [\"schemas/reference/v2/{id}.response-1.json\"]\n"
        )
    };
    let profile = format!(
        "id = \"reference\"\nplatform = \"reference\"\napi_version = \"v2\"\napi_base = \"https://api.{{domain}}\"\n\
         \n[sign_in]\nurl = \"https://api.{{domain}}/token\"\nclient_auth = \"body\"\n\
         \n[organization]\npath = \"/api/v2/organization\"\nid = \"/id\"\nsubdomain = \"/name\"\n{}{}",
        resource("security_roles"),
        resource("users")
    );
    let schema = bytes(&json!({"$schema": "https://json-schema.org/draft/2020-12/schema"}));
    BTreeMap::from([
        ("policies/controls.json".to_owned(), bytes(&json!({"controls": [control()]}))),
        (
            "policies/controls/no_objection.rego".to_owned(),
            b"package controls.no_objection\n\nresult := {\"status\": \"PASS\", \"violations\": [], \"reason\": null}\n".to_vec(),
        ),
        ("policies/data/limits.json".to_owned(), bytes(&json!({"most_administrators": 2}))),
        ("profile/reference.toml".to_owned(), profile.into_bytes()),
        ("schemas/reference/v2/security_roles.response-1.json".to_owned(), schema.clone()),
        ("schemas/reference/v2/users.response-1.json".to_owned(), schema),
    ])
}

/// The one control, whose policy never objects.
fn control() -> Value {
    json!({"control_id": "CC6.1", "policy": "no_objection", "description": "users are listed", "criteria": ["CC6.1"],
        "evidence_reference": "users", "reads": {"reference": {"resources": ["users"]}}})
}

/// The resources: name, entities, canonical digest.
pub(crate) fn state() -> BTreeMap<&'static str, (Value, Digest)> {
    let roles = json!([{"id": "r1", "name": "admin"}, {"id": "r2", "name": "agent"}]);
    let users = json!([
        {"id": "u1", "name": "Zoë", "quota": 1.5, "role": "r1"},
        {"id": "u2", "name": "Line\u{2028}break \u{1f600}", "quota": 0.000_001, "role": "r2"},
        {"id": "u3", "name": "Quote \" and \u{7f}", "quota": 1e-7, "role": "r2"}
    ]);
    let digested = |value: Value| {
        let digest = Digest::of(&bytes(&value));
        (value, digest)
    };
    BTreeMap::from([("security_roles", digested(roles)), ("users", digested(users))])
}

/// F-35.
pub(crate) fn state_sha256() -> Digest {
    canon::digest_map(state().iter().map(|(name, (_, digest))| (*name, *digest)))
}

/// What the manifest says of the resources.
pub(crate) fn resources() -> Value {
    let record = |(name, (entities, digest)): (&str, &(Value, Digest))| {
        let count = entities.as_array().map_or(0, Vec::len);
        let schema = format!("schemas/reference/v2/{name}.response-1.json");
        let record = json!({"outcome": "complete", "reason": null, "count": count, "reported_total": count,
            "pages": 1, "sha256": digest, "schema": schema});
        (name.to_owned(), record)
    };
    Value::Object(state().iter().map(|(name, resource)| record((name, resource))).collect())
}

/// The metadata of a snapshot or failure, from its manifest (F-40).
pub(crate) fn metadata(manifest: &Manifest) -> Value {
    let Tenant { platform, region, organization_id, subdomain } = &manifest.tenant;
    json!({
        "timestamp_utc": manifest.started_utc, "subdomain": subdomain, "api_version": "v2",
        "collection_cycle": manifest.collection_cycle, "service_account_id": "svc-evidence",
        "collection_id": manifest.collection_id, "platform": platform, "region": region,
        "organization_id": organization_id, "profile": "reference", "scheduled_utc": manifest.scheduled_utc,
        "started_utc": manifest.started_utc, "finished_utc": manifest.finished_utc,
        "propagation_wait_seconds": 0, "redaction_key_id": null
    })
}

/// `snapshot.json`.
pub(crate) fn snapshot(manifest: &Manifest) -> Value {
    let mut document =
        json!({"extraction_metadata": metadata(manifest), "observations": {}, "provenance": {}});
    for (name, (entities, _)) in state() {
        document[name] = entities;
    }
    document
}

/// `validation.json`: the control passes.
pub(crate) fn validation(manifest: &Manifest) -> Value {
    let baseline = manifest.baseline.as_ref();
    let schemas: serde_json::Map<String, Value> = state()
        .keys()
        .map(|name| {
            let schema = format!("schemas/reference/v2/{name}.response-1.json");
            ((*name).to_owned(), json!({"schema": schema, "validated": 1, "notices": []}))
        })
        .collect();
    json!({"validation_results": {
        "timestamp_utc": manifest.finished_utc,
        "baseline_hash": baseline.map(|baseline| format!("sha256:{}", baseline.state_sha256)),
        "current_hash": format!("sha256:{}", state_sha256()),
        "drift_detected": baseline.map(|_| false),
        "policy_violations": [],
        "controls_validated": [{"control_id": "CC6.1", "policy": "no_objection", "description": "users are listed",
            "criteria": ["CC6.1"], "evidence_reference": "users", "status": "PASS", "status_with_exceptions": "PASS",
            "reason": null}],
        "schema_validation": schemas, "quarantine": []
    }})
}

/// `drift.json`: the state never changes.
pub(crate) fn drift(previous: Option<u64>, baseline: Option<u64>) -> Value {
    let against = |side: Option<u64>, absent: &str| {
        let entries: serde_json::Map<String, Value> = state()
            .iter()
            .map(|(name, (_, sha256))| {
                let against = side.map(|sequence| json!({"sequence": sequence, "sha256": sha256}));
                let reason = against.is_none().then_some(absent);
                let entry = json!({"evaluated": against.is_some(), "reason": reason, "against": against,
                    "current_sha256": sha256, "changes": []});
                ((*name).to_owned(), entry)
            })
            .collect();
        json!({"resources": entries})
    };
    json!({
        "against_baseline": baseline.map(|sequence| against(Some(sequence), "")),
        "against_previous": against(previous, "no earlier snapshot in which it was complete")
    })
}

/// `transcript.jsonl`: one page of each resource, or the attempts of a cycle that failed.
pub(crate) fn transcript(started: UtcTime, status: u16) -> Vec<u8> {
    let moment = started.to_string().replace('Z', ".000Z");
    let line = |resource: &str, entities: Option<usize>| {
        let mut line = bytes(&json!({
            "resource": resource, "parent": null, "page": 1, "round": 1, "attempt": 1, "method": "GET",
            "target": format!("/api/v2/{resource}"), "status": status, "error": null, "started_utc": moment,
            "duration_ms": 12, "bytes": 400, "received_sha256": Digest::of(resource.as_bytes()),
            "kept_sha256": null, "kept_as": null, "entities": entities, "reported_total": entities,
            "correlation_id": null, "rate_limit": {}
        }));
        line.push(b'\n');
        line
    };
    let read = |(name, (entities, _)): (&str, &(Value, Digest))| {
        line(name, entities.as_array().filter(|_| status == 200).map(Vec::len))
    };
    state().iter().flat_map(|(name, resource)| read((name, resource))).collect()
}

/// One slot a day at 08:00.
pub(crate) fn daily() -> Schedule {
    Schedule { cron: "0 8 * * *".to_owned(), timezone: "UTC".to_owned(), tolerance_seconds: 3_600 }
}
