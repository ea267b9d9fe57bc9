//! The real program over a real object store that enforces locks: the same answer as over a folder, and what
//! only the store can show.

#![cfg(all(unix, feature = "s3"))]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

#[path = "s3/access.rs"]
mod access;
#[expect(dead_code, reason = "other tests tamper with more of it")]
#[path = "../../verify-core/tests/support/chain.rs"]
mod chain;
#[path = "s3/copies.rs"]
mod copies;
#[path = "../../verify-core/tests/support/documents.rs"]
mod documents;
#[path = "s3/faults.rs"]
mod faults;
#[path = "s3/kept.rs"]
mod kept;
#[path = "s3/locks.rs"]
mod locks;
#[path = "s3/round_trips.rs"]
mod round_trips;
#[path = "support/seaweed.rs"]
mod seaweed;
#[path = "support/session.rs"]
mod session;
#[path = "support/slow_line.rs"]
mod slow_line;
#[path = "s3/stopped.rs"]
mod stopped;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use aws_sdk_s3::types::ObjectLockMode;
use serde_json::{Value, json};
use verify_core::model::Kind;

use seaweed::{AUDITOR, KMS_KEY, Lock, SERVER};

/// Far enough behind the day of any test.
const UNTIL: &str = "2066-01-01T00:00:00Z";
type Files = BTreeMap<String, Vec<u8>>;

/// The standard chain, sealed for a store that locks.
fn locked(mode: &str, key: Option<&str>) -> Files {
    let mut chain = chain::standard();
    for index in 0..chain.links.len() {
        let (before, rest) = chain.links.split_at_mut(index);
        let link = &mut rest[0];
        link.manifest.object_lock_mode = Some(mode.to_owned());
        link.manifest.retention_until = Some(chain::time(UNTIL));
        link.manifest.encryption_key_id = key.map(str::to_owned);
        if let Some(head) = before.last() {
            link.manifest.previous_manifest_sha256 = Some(head.digest());
            link.manifest.chain_id = Some(before[0].digest());
            let snapshot = before.iter().rev().find(|link| link.manifest.kind == Kind::Snapshot);
            link.manifest.previous_snapshot_sha256 = snapshot.map(|link| link.manifest.payload_sha256);
        }
        link.reseal();
    }
    chain.files()
}

fn compliance() -> Lock<'static> {
    Lock { mode: ObjectLockMode::Compliance, until: UNTIL, key: None }
}

/// The program, as somebody who has nothing but these credentials.
fn verifier(arguments: &[&str], who: (&str, &str), address: &str) -> Output {
    let home = tempfile::tempdir().unwrap();
    command(arguments, who, address, home.path()).output().unwrap()
}

/// The same, in this home.
fn command(arguments: &[&str], (id, secret): (&str, &str), address: &str, home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_verifier"));
    command
        .args(arguments)
        .args(["--region", "us-east-1", "--endpoint-url", address])
        .env_clear()
        .env("HOME", home)
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("AWS_ACCESS_KEY_ID", id)
        .env("AWS_SECRET_ACCESS_KEY", secret)
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// The report over a bucket, and the exit code.
fn report(bucket: &str, more: &[&str]) -> (i32, Value) {
    let place = format!("s3://{bucket}/acme");
    let arguments = [&["verify", &place, "--to", "2026-05-03", "--format", "json"], more].concat();
    parsed(&verifier(&arguments, AUDITOR, &SERVER.address()))
}

fn parsed(output: &Output) -> (i32, Value) {
    let told = String::from_utf8_lossy(&output.stderr);
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{told}", String::from_utf8_lossy(&output.stdout)));
    (output.status.code().unwrap(), report)
}

/// Code and file of every finding.
fn findings(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = report["findings"].as_array().unwrap().iter();
    rows.map(|row| (text(&row["code"]), text(&row["place"]["file"]))).collect()
}

fn rung<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["assurance"].as_array().unwrap().iter().find(|step| step["rung"] == name).unwrap()
}

/// The package of the newest snapshot.
fn package(files: &Files) -> String {
    files.keys().rfind(|name| name.contains("/evidence-")).unwrap().clone()
}

/// A report without what a folder cannot say, or says of itself.
fn common(mut report: Value) -> Value {
    report["source"] = json!("");
    report.as_object_mut().unwrap().remove("locks");
    let without = |rows: &mut Value, part: &str, names: &[&str]| {
        rows.as_array_mut().unwrap().retain(|row| !names.contains(&row[part].as_str().unwrap()));
    };
    without(&mut report["assurance"], "rung", &["locked"]);
    without(&mut report["checks"], "code", &["LOCK-RETENTION", "LOCK-VERSIONS", "LOCK-KEY"]);
    for record in report["records"].as_array_mut().unwrap() {
        record["rungs"].as_array_mut().unwrap().retain(|rung| rung != "locked");
    }
    report["not_claimed"]
        .as_array_mut()
        .unwrap()
        .retain(|sentence| !sentence.as_str().unwrap().starts_with("Not locked"));
    let sentence = report["verdict"]["sentence"].as_str().unwrap();
    report["verdict"]["sentence"] = json!(sentence.split(" (").next().unwrap());
    report
}

#[test]
fn a_bucket_gives_the_verdict_and_figures_of_a_folder_and_its_locks() {
    let files = locked("COMPLIANCE", Some(KMS_KEY));
    let lock = Lock { key: Some(KMS_KEY), ..compliance() };
    let bucket = SERVER.bucket(&files, Some(&lock));
    let folder = tempfile::tempdir().unwrap();
    chain::write_files(folder.path(), &files);
    let output = Command::new(env!("CARGO_BIN_EXE_verifier"))
        .args(["verify", folder.path().to_str().unwrap(), "--to", "2026-05-03", "--format", "json"])
        .output()
        .unwrap();
    let (folder_exit, in_folder) = parsed(&output);
    // Whoever asks may get and list, and nothing else.
    let (exit, in_bucket) = report(&bucket, &["--require", "locked", "--lock-days", "3650"]);
    assert_eq!((exit, folder_exit), (0, 0), "{in_bucket:#}");
    assert_eq!(rung(&in_folder, "locked")["records"], 0);
    let step = rung(&in_bucket, "locked");
    assert_eq!((&step["reached"], &step["records"]), (&json!(true), &step["of"]), "{step}");
    let locks = &in_bucket["locks"];
    assert_eq!(locks["first_end_utc"], UNTIL);
    assert!(locks["days_left"].as_i64().unwrap() > 10_000, "{locks}");
    for code in ["LOCK-RETENTION", "LOCK-VERSIONS", "LOCK-KEY", "LOCK-DECLARED"] {
        let check = in_bucket["checks"].as_array().unwrap().iter().find(|check| check["code"] == code);
        let check = check.unwrap();
        assert!(check["passed"].as_u64().unwrap() > 0 && check["not_evaluated"] == 0, "{check}");
    }
    let (exit, in_bucket) = report(&bucket, &[]);
    assert_eq!((exit, common(in_bucket)), (0, common(in_folder)));
}

#[test]
fn one_package_and_a_whole_bucket_are_places_too() {
    let files = locked("COMPLIANCE", None);
    let name = package(&files);
    let bucket = SERVER.bucket(&files, Some(&compliance()));
    let place = format!("s3://{bucket}/acme/{name}");
    let (exit, alone) =
        parsed(&verifier(&["verify", &place, "--format", "json"], AUDITOR, &SERVER.address()));
    assert_eq!((exit, alone["records"].as_array().unwrap().len()), (0, 1), "{alone:#}");
    assert_eq!(rung(&alone, "locked")["reached"], true);
    let place = format!("s3://{bucket}");
    let arguments = ["verify", &place, "--to", "2026-05-03", "--format", "json"];
    let (exit, whole) = parsed(&verifier(&arguments, AUDITOR, &SERVER.address()));
    assert_eq!((exit, whole["records"].as_array().unwrap().len()), (0, files.len() / 2));
}
