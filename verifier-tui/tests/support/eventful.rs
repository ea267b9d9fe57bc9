//! A small tenant to whom something happens: a forbidden role appears and goes, a cycle fails, one is missing,
//! a resource is denied. Built on the small chain of the library's tests.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use verify_core::digest::Digest;
use verify_core::model::{Kind, Manifest};

use crate::chain::{Chain, time};
use crate::documents::{self, Documents, bytes};

const POLICY: &str = r#"package controls.no_night_role

import rego.v1

violations := [violation |
	some role in input.state.security_roles
	role.name == "night"
	violation := {"resource": "security_roles", "entity": role.id, "message": "the role must not exist", "details": {}}
]

result := {"status": "FAIL", "violations": violations, "reason": null} if count(violations) > 0

result := {"status": "PASS", "violations": [], "reason": null} if count(violations) == 0
"#;

/// Genesis; a snapshot and its approval as baseline; a role too many; a failed cycle; a missing one; the role
/// gone; users denied; a quiet day.
pub(crate) fn eventful() -> Chain {
    let mut tenant = Tenant { latest: BTreeMap::new(), baseline: None };
    let mut chain = Chain::start(rules(), "acme", "2026-05-01T00:00:00Z");
    tenant.snapshot(&mut chain, 1, &[]);
    chain.approve_baseline(1, "2026-05-01T12:00:00Z");
    tenant.baseline = Some(tenant.latest.clone());
    let usual = chain.documents.resources["security_roles"].clone();
    let mut more = usual.clone();
    more.as_array_mut().unwrap().push(json!({"id": "r3", "name": "night"}));
    chain.documents.resources.insert("security_roles", more);
    tenant.snapshot(&mut chain, 2, &[]);
    chain.failure("2026-05-03T08:00:00Z");
    chain.documents.resources.insert("security_roles", usual);
    tenant.snapshot(&mut chain, 5, &[]);
    tenant.snapshot(&mut chain, 6, &["users"]);
    tenant.snapshot(&mut chain, 7, &[]);
    chain
}

fn rules() -> Documents {
    let mut documents = documents::usual();
    let mut control = documents::control("no_night_role");
    control["reads"] = json!({"reference": {"resources": ["security_roles"]}});
    documents.policy = "no_night_role";
    documents.rules.remove("policies/controls/no_objection.rego");
    documents.rules.insert("policies/controls/no_night_role.rego".to_owned(), POLICY.into());
    documents.rules.insert("policies/controls.json".to_owned(), bytes(&json!({"controls": [control]})));
    let profile = String::from_utf8(documents.rules["profile/reference.toml"].clone()).unwrap();
    let kept = profile.replacen("id = \"security_roles\"\n", "id = \"security_roles\"\nkeep_raw = true\n", 1);
    assert_ne!(kept, profile);
    documents.rules.insert("profile/reference.toml".to_owned(), kept.into());
    documents
}

/// One side that later snapshots are compared with, by resource: sequence and entities.
type Side = BTreeMap<&'static str, (u64, Value)>;

struct Tenant {
    latest: Side,
    baseline: Option<Side>,
}

impl Tenant {
    /// The cycle of a day in May, with resources that were denied.
    fn snapshot(&mut self, chain: &mut Chain, day: u64, denied: &[&str]) {
        let slot = time(&format!("2026-05-{day:02}T08:00:00Z"));
        let all = chain.documents.clone();
        chain.documents.resources.retain(|name, _| !denied.contains(name));
        let now = chain.documents.clone();
        let drift = json!({
            "against_baseline": self.baseline.as_ref().map(|side| comparison(&all, &now, side)),
            "against_previous": comparison(&all, &now, &self.latest)
        });
        chain.seal(Kind::Snapshot, Some(slot), slot.plus_seconds(360), |manifest| {
            let body =
                bytes(&json!({"entities": now.resources["security_roles"], "total": roles(&now).len()}));
            let members = BTreeMap::from([
                ("validation.json".to_owned(), bytes(&results(&now, manifest, &drift))),
                ("drift.json".to_owned(), bytes(&drift)),
                ("transcript.jsonl".to_owned(), transcript(&all, &now, manifest, &body)),
                ("raw/security_roles/0001.json".to_owned(), body),
            ]);
            (now.snapshot(manifest), members)
        });
        let link = chain.links.last_mut().unwrap();
        for name in denied {
            let record = json!({"outcome": "denied", "reason": "status 403", "count": 0, "reported_total": null,
                "pages": 0, "sha256": null, "schema": null});
            link.manifest.resources.insert(name.parse().unwrap(), serde_json::from_value(record).unwrap());
        }
        link.reseal();
        let sequence = link.manifest.sequence.0;
        self.latest
            .extend(now.resources.iter().map(|(name, entities)| (*name, (sequence, entities.clone()))));
        chain.documents = all;
    }
}

fn roles(documents: &Documents) -> &Vec<Value> {
    documents.resources["security_roles"].as_array().unwrap()
}

/// F-70, with the one control judged as its policy judges.
fn results(now: &Documents, manifest: &Manifest, drift: &Value) -> Value {
    let mut results = now.validation(manifest);
    let body = &mut results["validation_results"];
    if roles(now).iter().any(|role| role["name"] == "night") {
        body["controls_validated"][0]["status"] = "FAIL".into();
        body["controls_validated"][0]["status_with_exceptions"] = "FAIL".into();
        body["policy_violations"] = json!([{"control_id": "CC6.1", "policy": "no_night_role",
            "resource": "security_roles", "entity": "r3", "message": "the role must not exist", "details": {},
            "exception_sequence": null}]);
    }
    if !body["drift_detected"].is_null() {
        let resources = drift["against_baseline"]["resources"].as_object().unwrap();
        let changed = resources.values().any(|resource| resource["changes"] != json!([]));
        body["drift_detected"] = changed.into();
    }
    results
}

/// F-80 to F-82, for states in which entities only come and go.
fn comparison(all: &Documents, now: &Documents, side: &Side) -> Value {
    let entry = |name: &&'static str| {
        let entry = match (now.resources.get(name), side.get(name)) {
            (None, _) => json!({"evaluated": false, "reason": "not complete in this snapshot: denied",
                "against": null, "current_sha256": null, "changes": []}),
            (Some(entities), None) => json!({"evaluated": false,
                "reason": "no earlier snapshot in which it was complete", "against": null,
                "current_sha256": Digest::of(&bytes(entities)), "changes": []}),
            (Some(entities), Some((sequence, earlier))) => json!({"evaluated": true, "reason": null,
                "against": {"sequence": sequence, "sha256": Digest::of(&bytes(earlier))},
                "current_sha256": Digest::of(&bytes(entities)), "changes": changes(earlier, entities)}),
        };
        ((*name).to_owned(), entry)
    };
    let entries: serde_json::Map<String, Value> = all.resources.keys().map(entry).collect();
    json!({"resources": entries})
}

fn changes(earlier: &Value, now: &Value) -> Vec<Value> {
    let only_in = |one: &Value, other: &Value| -> Vec<Value> {
        let other = other.as_array().unwrap();
        one.as_array().unwrap().iter().filter(|entity| !other.contains(entity)).cloned().collect()
    };
    let change = |kind: &str, entity: &Value, previous: Value, new: Value| {
        json!({"change": kind, "entity": entity["id"], "pointer": "", "previous": previous, "new": new,
            "set_removed": null, "set_added": null, "provenance": null})
    };
    let gone = only_in(earlier, now);
    let gone = gone.iter().map(|entity| change("removed", entity, entity.clone(), Value::Null));
    let new = only_in(now, earlier);
    gone.chain(new.iter().map(|entity| change("added", entity, Value::Null, entity.clone()))).collect()
}

/// One page of each resource; the roles kept as received, what was denied refused with 403.
fn transcript(all: &Documents, now: &Documents, manifest: &Manifest, body: &[u8]) -> Vec<u8> {
    let text = all.transcript(manifest.started_utc, 200);
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .flat_map(|line| {
            let mut line: Value = serde_json::from_slice(line).unwrap();
            let resource = line["resource"].as_str().unwrap().to_owned();
            if resource == "security_roles" {
                line["bytes"] = body.len().into();
                line["received_sha256"] = json!(Digest::of(body));
                line["kept_sha256"] = json!(Digest::of(body));
                line["kept_as"] = "raw/security_roles/0001.json".into();
            }
            if !now.resources.contains_key(resource.as_str()) {
                line["status"] = 403.into();
                line["entities"] = Value::Null;
                line["reported_total"] = Value::Null;
            }
            [bytes(&line), b"\n".to_vec()].concat()
        })
        .collect()
}
