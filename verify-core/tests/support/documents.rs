//! The documents of a small tenant: two roles, three users, unless a test asks for others.

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

/// What the records of a small tenant are made from; what changes here shows from the next record on.
#[derive(Clone)]
pub(crate) struct Documents {
    /// Members below `policies/`, `profile/` and `schemas/`.
    pub(crate) rules: BTreeMap<String, Vec<u8>>,
    /// The entities of each resource.
    pub(crate) resources: BTreeMap<&'static str, Value>,
    /// Policy of the one control.
    pub(crate) policy: &'static str,
    /// When cycles are due.
    pub(crate) schedule: Schedule,
    /// The member `verify.py`.
    pub(crate) verify_py: Vec<u8>,
}

/// The usual tenant: a profile of two resources, one control, one open schema each.
pub(crate) fn usual() -> Documents {
    Documents {
        rules: rules(),
        resources: resources(),
        policy: "no_objection",
        schedule: daily(),
        verify_py: verify_core::VERIFY_PY.as_bytes().to_vec(),
    }
}

fn rules() -> BTreeMap<String, Vec<u8>> {
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
        ("policies/controls.json".to_owned(), bytes(&json!({"controls": [control("no_objection")]}))),
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

/// The one control.
pub(crate) fn control(policy: &str) -> Value {
    json!({"control_id": "CC6.1", "policy": policy, "description": "users are listed", "criteria": ["CC6.1"],
        "evidence_reference": "users", "reads": {"reference": {"resources": ["users"]}}})
}

/// The entities of the usual tenant.
fn resources() -> BTreeMap<&'static str, Value> {
    let roles = json!([{"id": "r1", "name": "admin"}, {"id": "r2", "name": "agent"}]);
    let users = json!([
        {"id": "u1", "name": "Zoë", "quota": 1.5, "role": "r1"},
        {"id": "u2", "name": "Line\u{2028}break \u{1f600}", "quota": 0.000_001, "role": "r2"},
        {"id": "u3", "name": "Quote \" and \\b", "quota": 1e-7, "role": "r2"}
    ]);
    BTreeMap::from([("security_roles", roles), ("users", users)])
}

fn entities_of(resource: &Value) -> usize {
    resource.as_array().map_or(0, Vec::len)
}

fn response_schema(resource: &str) -> String {
    format!("schemas/reference/v2/{resource}.response-1.json")
}

impl Documents {
    fn digests(&self) -> impl Iterator<Item = (&'static str, Digest)> {
        self.resources.iter().map(|(name, entities)| (*name, Digest::of(&bytes(entities))))
    }

    /// F-35.
    pub(crate) fn state_sha256(&self) -> Digest {
        canon::digest_map(self.digests())
    }

    /// What the manifest says of the resources.
    pub(crate) fn records(&self) -> Value {
        let record = |(name, entities): (&&str, &Value)| {
            let count = entities_of(entities);
            let record = json!({"outcome": "complete", "reason": null, "count": count, "reported_total": count,
                "pages": 1, "sha256": Digest::of(&bytes(entities)), "schema": response_schema(name)});
            ((*name).to_owned(), record)
        };
        Value::Object(self.resources.iter().map(record).collect())
    }

    /// `snapshot.json`.
    pub(crate) fn snapshot(&self, manifest: &Manifest) -> Value {
        let mut document =
            json!({"extraction_metadata": metadata(manifest), "observations": {}, "provenance": {}});
        for (name, entities) in &self.resources {
            document[*name] = entities.clone();
        }
        document
    }

    /// `validation.json`: the control passes.
    pub(crate) fn validation(&self, manifest: &Manifest) -> Value {
        let baseline = manifest.baseline.as_ref();
        let schemas: serde_json::Map<String, Value> = self
            .resources
            .keys()
            .map(|name| {
                let result = json!({"schema": response_schema(name), "validated": 1, "notices": []});
                ((*name).to_owned(), result)
            })
            .collect();
        json!({"validation_results": {
            "timestamp_utc": manifest.finished_utc,
            "baseline_hash": baseline.map(|baseline| format!("sha256:{}", baseline.state_sha256)),
            "current_hash": format!("sha256:{}", self.state_sha256()),
            "drift_detected": baseline.map(|_| false),
            "policy_violations": [],
            "controls_validated": [{"control_id": "CC6.1", "policy": self.policy, "description": "users are listed",
                "criteria": ["CC6.1"], "evidence_reference": "users", "status": "PASS",
                "status_with_exceptions": "PASS", "reason": null}],
            "schema_validation": schemas, "quarantine": []
        }})
    }

    /// `drift.json`: the state is that of the records it is compared with.
    pub(crate) fn drift(&self, previous: Option<u64>, baseline: Option<u64>) -> Value {
        let against = |side: Option<u64>, absent: &str| {
            let entries: serde_json::Map<String, Value> = self
                .digests()
                .map(|(name, sha256)| {
                    let against = side.map(|sequence| json!({"sequence": sequence, "sha256": sha256}));
                    let reason = against.is_none().then_some(absent);
                    let entry = json!({"evaluated": against.is_some(), "reason": reason, "against": against,
                        "current_sha256": sha256, "changes": []});
                    (name.to_owned(), entry)
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
    pub(crate) fn transcript(&self, started: UtcTime, status: u16) -> Vec<u8> {
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
        let counted = |entities| (status == 200).then(|| entities_of(entities));
        self.resources.iter().flat_map(|(name, entities)| line(name, counted(entities))).collect()
    }
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

/// One slot a day at 08:00.
pub(crate) fn daily() -> Schedule {
    Schedule { cron: "0 8 * * *".to_owned(), timezone: "UTC".to_owned(), tolerance_seconds: 3_600 }
}
