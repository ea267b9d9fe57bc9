//! A package with a changed member, and a report whose every free text is an attack.

use serde_json::{Value, json};
use verify_core::finding::{Code, Finding, Place};
use verify_core::report::Report;
use verify_core::verify::{Inspection, MemberRow};

use super::{digest, failed};

/// One package as recomputed: one member equal, one changed, one missing.
pub(crate) fn inspection() -> Inspection {
    let member = |path: &str, recorded: Option<&str>, recomputed: Option<&str>| MemberRow {
        path: path.to_owned(),
        size: 183_204,
        stored_size: 31_077,
        recorded_sha256: recorded.map(digest),
        recomputed_sha256: recomputed.map(digest),
        sound: recorded == recomputed || recorded.is_none(),
    };
    let place = Place { member: Some("validation.json".to_owned()), ..Place::default() };
    let (expected, found) = (digest("as sealed").to_string(), digest("as found").to_string());
    let finding = Finding::new(
        Code::PkgHashMember,
        place,
        expected,
        found,
        "the member is not the one that was sealed",
    );
    Inspection {
        manifest: Some(b"{}".to_vec()),
        members: vec![
            member("manifest.json", None, Some("m")),
            member("snapshot.json", Some("s"), Some("s")),
            member("validation.json", Some("as sealed"), Some("as found")),
            member("drift.json", Some("d"), None),
        ],
        findings: vec![finding],
    }
}

/// [`failed`] with `text` in every field that is free text.
pub(crate) fn hostile(text: &str) -> Report {
    let mut value = serde_json::to_value(failed()).unwrap();
    poison(&mut value, text);
    // Controls and violations belong together by id; the poisoned ids still do.
    serde_json::from_value(value).unwrap()
}

/// Keys whose strings are words, times or digests of the format.
const FIXED: [&str; 22] = [
    "item",
    "sha256",
    "report_version",
    "mode",
    "word",
    "rung",
    "root",
    "status",
    "kind",
    "code",
    "severity",
    "recorded",
    "replayed",
    "with_exceptions",
    "against",
    "outcome",
    "change",
    "chain_id",
    "manifest_sha256",
    "state_sha256",
    "scheduled_utc",
    "sealed_utc",
];

fn poison(value: &mut Value, text: &str) {
    match value {
        Value::String(string) => text.clone_into(string),
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, text)),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                let fixed = FIXED.contains(&name.as_str()) || name.ends_with("_utc");
                if name == "resources" || name == "reasons" || name == "counts" {
                    let Some(first) = member.as_object().and_then(|map| map.values().next().cloned()) else {
                        continue;
                    };
                    *member = json!({ text: first });
                } else if !(fixed && member.is_string()) && name != "rungs" {
                    poison(member, text);
                }
            }
        }
        _ => {}
    }
}
