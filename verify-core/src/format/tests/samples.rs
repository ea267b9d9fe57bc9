//! Sample documents in which every field holds something, and further ones for the other kinds.

use serde_json::{Value, json};

use crate::format::DocumentKind;

const TIME: &str = "2024-05-15T08:00:00Z";

fn digest(nibble: char) -> String {
    nibble.to_string().repeat(64)
}

fn tenant() -> Value {
    json!({"platform": "reference", "region": "eu-west-1", "organization_id": "o-1", "subdomain": "acme"})
}

fn schedule() -> Value {
    json!({"cron": "0 8 * * *", "timezone": "UTC", "tolerance_seconds": 14_400})
}

pub(super) fn manifest() -> Value {
    json!({
        "manifest_version": "1.0",
        "kind": "snapshot",
        "origin": "evidence.example.com/acme/production",
        "collection_id": "evidence-2024-05-15-0800",
        "collection_cycle": "daily_0800",
        "sequence": 7,
        "chain_id": digest('a'),
        "tenant": tenant(),
        "payload_path": "packages/2024/05/15/evidence-2024-05-15-0800-7-0badcafe.zip#snapshot.json",
        "payload_sha256": digest('b'),
        "previous_snapshot_sha256": digest('c'),
        "previous_manifest_sha256": digest('d'),
        "state_sha256": digest('e'),
        "policies_sha256": digest('1'),
        "schemas_sha256": digest('2'),
        "profile_sha256": digest('3'),
        "inputs_sha256": digest('4'),
        "resources": {
            "users": {
                "outcome": "complete", "reason": null, "count": 250, "reported_total": 250, "pages": 3,
                "sha256": digest('5'), "schema": "schemas/reference/v2/users.response-2.json"
            },
            "groups": {
                "outcome": "denied", "reason": "the identity may not read it: 403", "count": 0,
                "reported_total": null, "pages": 0, "sha256": null, "schema": null
            }
        },
        "baseline": {
            "collection_id": "evidence-2024-05-01-0800", "sequence": 1, "state_sha256": digest('6'),
            "approval_sequence": 2
        },
        "files": [
            {"path": "snapshot.json", "size": 10, "sha256": digest('b'), "stored_size": 9, "stored_sha256": digest('7')}
        ],
        "schedule": schedule(),
        "scheduled_utc": TIME,
        "started_utc": TIME,
        "finished_utc": TIME,
        "sealed_utc": TIME,
        "storage_class": "GLACIER_IR",
        "object_lock_mode": "COMPLIANCE",
        "retention_until": "2031-05-15T08:00:00Z",
        "encryption_key_id": "key-1", "omissions": [{"proof": "timestamp", "reason": "the authority did not answer"}],
        "audit_log_entry": {"action": "EVIDENCE_UPLOADED", "actor": "svc-evidence-collector-01", "timestamp_utc": TIME},
        "tool": {
            "name": "collector", "version": "0.1.0", "source_revision": "unreleased", "policy_engine": "regorus 0.14.1"
        }
    })
}

/// A manifest of another kind than snapshot, at a place in the chain.
pub(super) fn manifest_of(kind: &str, sequence: u64) -> Value {
    let mut manifest = manifest();
    let fields = manifest.as_object_mut().unwrap();
    fields.insert("kind".to_owned(), json!(kind));
    fields.insert("sequence".to_owned(), json!(sequence));
    fields.insert("resources".to_owned(), json!({}));
    for name in ["state_sha256", "baseline"] {
        fields.insert(name.to_owned(), Value::Null);
    }
    if kind != "failure" {
        fields.insert("scheduled_utc".to_owned(), Value::Null);
    }
    if sequence == 0 {
        for name in ["chain_id", "previous_manifest_sha256", "previous_snapshot_sha256"] {
            fields.insert(name.to_owned(), Value::Null);
        }
    }
    manifest
}

fn metadata() -> Value {
    json!({
        "timestamp_utc": TIME, "subdomain": "acme", "api_version": "v2", "collection_cycle": "daily_0800",
        "service_account_id": "svc-evidence-collector-01", "collection_id": "evidence-2024-05-15-0800",
        "platform": "reference", "region": "eu-west-1", "organization_id": "o-1", "profile": "reference",
        "scheduled_utc": TIME, "started_utc": TIME, "finished_utc": TIME, "propagation_wait_seconds": 30,
        "redaction_key_id": "redaction-1"
    })
}

pub(super) fn snapshot() -> Value {
    json!({
        "extraction_metadata": metadata(),
        "observations": {},
        "provenance": {"users": {"user-1": {"/modifiedBy": "user-2", "/version": 3}}},
        "users": [{"id": "user-1", "name": "Ada"}],
        "groups": []
    })
}

fn notice() -> Value {
    json!({"instance_path": "/entities/*/badge", "schema_path": "/properties", "message": "field is not described"})
}

pub(super) fn validation() -> Value {
    json!({"validation_results": {
        "timestamp_utc": TIME,
        "baseline_hash": format!("sha256:{}", digest('6')),
        "current_hash": format!("sha256:{}", digest('e')),
        "drift_detected": true,
        "policy_violations": [{
            "control_id": "CC6.1", "policy": "mfa_privileged", "resource": "security_roles", "entity": "role-7",
            "message": "role-7 may edit telephony without a second factor", "details": {"permission": "telephony:edit"},
            "exception_sequence": 5
        }],
        "controls_validated": [
            {
                "control_id": "CC6.1", "description": "privileged roles need a second factor", "status": "FAIL",
                "status_with_exceptions": "PASS", "evidence_reference": "security_roles", "policy": "mfa_privileged",
                "criteria": ["CC6.1"], "reason": null
            },
            {
                "control_id": "CC7.2", "description": "schedule changes are approved twice", "status": "NOT_EVALUATED",
                "status_with_exceptions": "NOT_EVALUATED", "evidence_reference": "wfm_schedules",
                "policy": "schedule_approvals", "criteria": ["CC8.1"], "reason": "there is no earlier state"
            }
        ],
        "schema_validation": {
            "users": {"schema": "schemas/reference/v2/users.response-2.json", "validated": 3, "notices": [notice()]},
            "groups": {"schema": null, "validated": 0, "notices": []}
        },
        "quarantine": [{
            "resource": "groups", "member": "raw/groups/0001.json",
            "schemas": ["schemas/reference/v2/groups.response-1.json"], "errors": [notice()]
        }]
    }})
}

pub(super) fn drift() -> Value {
    let comparison = json!({"resources": {
        "users": {
            "evaluated": true, "reason": null, "against": {"sequence": 1, "sha256": digest('8')},
            "current_sha256": digest('9'),
            "changes": [{
                "change": "changed", "entity": "user-1", "pointer": "/role_ids", "previous": ["a"], "new": ["b"],
                "set_removed": ["a"], "set_added": ["b"], "provenance": {"/modifiedBy": "user-2"}
            }]
        },
        "groups": {
            "evaluated": false, "reason": "not complete in this cycle: denied", "against": null,
            "current_sha256": null, "changes": []
        }
    }});
    json!({"against_baseline": comparison, "against_previous": comparison})
}

pub(super) fn exchange() -> Value {
    json!({
        "resource": "group_members", "parent": "group-1", "page": 1, "round": 1, "attempt": 2, "method": "GET",
        "target": "/api/v2/groups/group-1/individuals", "status": 200, "error": "answer was cut short",
        "started_utc": "2024-05-15T08:00:00.250Z", "duration_ms": 12, "bytes": 900, "received_sha256": digest('a'),
        "kept_sha256": digest('b'), "kept_as": "raw/group_members/0001.json", "entities": 3, "reported_total": 3,
        "correlation_id": "c-1", "rate_limit": {"inin-ratelimit-count": "12"}
    })
}

pub(super) fn genesis() -> Value {
    json!({"genesis": {
        "origin": "evidence.example.com/acme/production", "tenant": tenant(), "log_key": null,
        "approved_by": "ciso@acme.example", "ticket": "CHG-1", "reason": "start of the period", "approved_utc": TIME,
        "rules": {
            "policies_sha256": digest('1'), "schemas_sha256": digest('2'), "profile_sha256": digest('3'),
            "schedule_sha256": digest('4')
        },
        "schedule": schedule()
    }})
}

pub(super) fn approval() -> Value {
    json!({"approval": {
        "subject": "baseline", "approved_by": "ciso@acme.example", "ticket": "CHG-2", "reason": "as intended",
        "approved_utc": TIME, "before_sha256": digest('6'), "after_sha256": digest('e'),
        "baseline": {"collection_id": "evidence-2024-05-15-0800", "sequence": 7, "state_sha256": digest('e')}
    }})
}

pub(super) fn failure() -> Value {
    json!({
        "extraction_metadata": metadata(),
        "failure": {"stage": "sign_in", "code": "http_503", "message": "the platform answered 503 eight times", "attempts": 8}
    })
}

pub(super) fn exception() -> Value {
    json!({"exception": {
        "control_id": "CC6.6", "resource": "users", "entity": "user-1", "owner": "head of operations",
        "approved_by": "ciso@acme.example", "ticket": "CHG-3", "reason": "handover", "valid_from_utc": TIME,
        "expires_utc": "2024-06-15T08:00:00Z"
    }})
}

pub(super) fn explanation() -> Value {
    json!({"explanation": {
        "scheduled_utc": TIME, "explained_by": "operations", "ticket": "INC-1", "reason": "the host was replaced",
        "written_after": 9
    }})
}

pub(super) fn controls() -> Value {
    json!({"controls": [{
        "control_id": "CC7.2", "policy": "schedule_approvals", "description": "schedule changes are approved twice",
        "criteria": ["CC8.1", "CC6.3"], "evidence_reference": "wfm_schedules",
        "reads": {"reference": {
            "resources": ["wfm_schedules"], "provenance": ["wfm_schedules"], "previous": ["wfm_schedules"], "baseline": ["wfm_schedules"],
            "inputs": ["schedule-approvals"], "cycle": true
        }}
    }]})
}

pub(super) fn key_change() -> Value {
    json!({"key_change": {
        "old_key": null,
        "new_key": "evidence.example.com/acme/production+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "first_sequence": 6, "emergency": false,
        "approved_by": "ciso@example.com", "ticket": "CHG-9", "reason": "yearly change",
        "approved_utc": "2024-05-15T12:00:00Z"
    }})
}

/// Documents that have no type of their own, and the other shapes of those that have one.
pub(super) fn further() -> Vec<(DocumentKind, Value)> {
    let mut first_baseline = approval();
    first_baseline["approval"]["before_sha256"] = Value::Null;
    let mut profile = approval();
    profile["approval"]["subject"] = json!("profile");
    profile["approval"]["baseline"] = Value::Null;
    let mut before_approval = validation();
    before_approval["validation_results"]["baseline_hash"] = Value::Null;
    before_approval["validation_results"]["drift_detected"] = Value::Null;
    let mut no_baseline = drift();
    no_baseline["against_baseline"] = Value::Null;
    let mut silent = exchange();
    for name in
        ["status", "received_sha256", "kept_sha256", "kept_as", "entities", "reported_total", "parent"]
    {
        silent[name] = Value::Null;
    }
    vec![
        (DocumentKind::Snapshot, snapshot()),
        (DocumentKind::Manifest, manifest_of("genesis", 0)),
        (DocumentKind::Manifest, manifest_of("approval", 2)),
        (DocumentKind::Manifest, manifest_of("failure", 3)),
        (DocumentKind::Manifest, manifest_of("exception", 4)),
        (DocumentKind::Manifest, manifest_of("explanation", 5)),
        (DocumentKind::Approval, first_baseline),
        (DocumentKind::Approval, profile),
        (DocumentKind::Validation, before_approval),
        (DocumentKind::Drift, no_baseline),
        (DocumentKind::TranscriptLine, silent),
        (DocumentKind::Revalidation, json!({})),
    ]
}
