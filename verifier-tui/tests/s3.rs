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

#[expect(dead_code, reason = "other tests tamper with more of it")]
#[path = "../../verify-core/tests/support/chain.rs"]
mod chain;
#[path = "../../verify-core/tests/support/documents.rs"]
mod documents;
#[path = "s3/faults.rs"]
mod faults;
#[path = "s3/round_trips.rs"]
mod round_trips;
#[path = "support/seaweed.rs"]
mod seaweed;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::{ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode};
use serde_json::{Value, json};
use verify_core::model::Kind;

use seaweed::{AUDITOR, KMS_KEY, Lock, OWNER, READER, SERVER, STRANGER, run};

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
fn verifier(arguments: &[&str], (id, secret): (&str, &str), address: &str) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_verifier"))
        .args(arguments)
        .args(["--region", "us-east-1", "--endpoint-url", address])
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("AWS_ACCESS_KEY_ID", id)
        .env("AWS_SECRET_ACCESS_KEY", secret)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .unwrap()
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

#[test]
fn a_version_over_a_package_is_named_and_the_first_one_is_judged() {
    let files = locked("COMPLIANCE", None);
    let name = package(&files);
    let bucket = SERVER.bucket(&files, Some(&compliance()));
    SERVER.put(&bucket, &format!("acme/{name}"), b"another content", None);
    let (exit, report) = report(&bucket, &[]);
    assert_eq!((exit, findings(&report)), (1, vec![("LOCK-VERSIONS".to_owned(), name)]), "{report:#}");
    let step = rung(&report, "locked");
    assert_eq!(step["records"].as_u64().unwrap() + 1, step["of"].as_u64().unwrap());
    assert!(step["why"].as_str().unwrap().contains("other versions"), "{step}");
}

#[test]
fn a_delete_marker_hides_nothing() {
    let files = locked("COMPLIANCE", None);
    let bucket = SERVER.bucket(&files, Some(&compliance()));
    let deleted = |key: &str| {
        let call = SERVER.client(OWNER).delete_object().bucket(&bucket).key(format!("acme/{key}"));
        run(call.send()).unwrap();
    };
    deleted("chain/0000000001.json");
    // Nothing was ever there, and now a marker is.
    deleted("chain/0000000099.json");
    let (exit, report) = report(&bucket, &[]);
    let expected = ["chain/0000000099.json", "chain/0000000001.json"];
    let mut expected = expected.map(|name| ("LOCK-VERSIONS".to_owned(), name.to_owned()));
    expected.sort();
    let mut found = findings(&report);
    found.sort();
    assert_eq!((exit, found), (1, expected.to_vec()), "{report:#}");
}

#[test]
fn a_shortened_lock_and_a_missing_one_are_named_and_governance_never_counts_as_locked() {
    let files = locked("GOVERNANCE", None);
    let lock = Lock { mode: ObjectLockMode::Governance, until: UNTIL, key: None };
    let bucket = SERVER.bucket(&files, Some(&lock));
    let (exit, before) = report(&bucket, &["--require", "locked"]);
    assert_eq!((exit, findings(&before)), (5, Vec::new()), "{before:#}");
    assert!(rung(&before, "locked")["why"].as_str().unwrap().contains("GOVERNANCE"));
    let name = package(&files);
    let until = DateTime::from_str("2065-12-31T23:59:59Z", DateTimeFormat::DateTime).unwrap();
    let retention =
        ObjectLockRetention::builder().mode(ObjectLockRetentionMode::Governance).retain_until_date(until);
    let call = SERVER
        .client(OWNER)
        .put_object_retention()
        .bucket(&bucket)
        .key(format!("acme/{name}"))
        .retention(retention.build())
        .bypass_governance_retention(true);
    run(call.send()).unwrap();
    let (exit, after) = report(&bucket, &[]);
    assert_eq!((exit, findings(&after)), (1, vec![("LOCK-RETENTION".to_owned(), name)]));
    let finding = &after["findings"][0];
    assert_eq!(finding["found"], "GOVERNANCE until 2065-12-31T23:59:59Z");
    let plain = SERVER.bucket(&files, None);
    let (exit, unlocked) = report(&plain, &[]);
    let found = findings(&unlocked);
    assert_eq!(
        (exit, found.len()),
        (1, files.len()),
        "every package and every commit: {}",
        unlocked["locks"]
    );
    assert!(found.iter().all(|(code, _)| code == "LOCK-RETENTION"), "{found:?}");
}

#[test]
fn a_lock_that_may_not_be_asked_for_is_neither_there_nor_missing() {
    let bucket = SERVER.bucket(&locked("COMPLIANCE", None), None);
    let place = format!("s3://{bucket}/acme");
    let arguments = ["verify", &place, "--to", "2026-05-03", "--format", "json"];
    let (exit, report) = parsed(&verifier(&arguments, READER, &SERVER.address()));
    assert_eq!((exit, findings(&report)), (0, Vec::new()));
    let why = rung(&report, "locked")["why"].as_str().unwrap();
    assert!(why.contains("its lock is not told: S3 answers AccessDenied"), "{why}");
    let required = [&arguments[..], &["--require", "locked"]].concat();
    let (exit, _) = parsed(&verifier(&required, READER, &SERVER.address()));
    assert_eq!(exit, 5);
}

#[test]
fn objects_that_belong_to_no_record_are_listed_over_many_pages() {
    let files = locked("COMPLIANCE", None);
    let bucket = SERVER.bucket(&files, Some(&compliance()));
    let client = SERVER.client(OWNER);
    run(async {
        for round in 0..11 {
            let puts = (0..100).map(|number| {
                // Before, between and behind the evidence, with names that have to be encoded.
                let place = ["a", "n", "z"][number % 3];
                let key = format!("acme/{place}/{round} +%2F\u{e9}&<{number}");
                client.put_object().bucket(&bucket).key(key).body(b"stray".to_vec().into()).send()
            });
            for put in puts.map(tokio::spawn).collect::<Vec<_>>() {
                put.await.unwrap().unwrap();
            }
        }
    });
    let (exit, report) = report(&bucket, &[]);
    let found = findings(&report);
    let strays: Vec<_> = found.iter().filter(|(code, _)| code == "SRC-STRAY").collect();
    assert_eq!((exit, strays.len()), (0, 1_100), "{:?}", found.first());
    assert!(strays.iter().any(|(_, name)| name == "z/10 +%2F\u{e9}&<2"), "{:?}", strays.last());
    assert_eq!(rung(&report, "chained")["reached"], true);
}

#[test]
fn whoever_may_only_read_can_do_all_that_and_nothing_else() {
    let files = locked("COMPLIANCE", None);
    let bucket = SERVER.bucket(&files, Some(&compliance()));
    let client = SERVER.client(AUDITOR);
    let put = client.put_object().bucket(&bucket).key("acme/x").body(b"x".to_vec().into());
    assert!(run(put.send()).is_err(), "the auditor can write: the test proves nothing");
    let out = tempfile::tempdir().unwrap();
    let place = format!("s3://{bucket}/acme");
    let ran = |arguments: &[&str]| {
        let output = verifier(arguments, AUDITOR, &SERVER.address());
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {told}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        told
    };
    let text = ran(&["verify", &place, "--to", "2026-05-03"]);
    assert!(text.contains("locked") && text.contains("days left"), "{text}");
    let tables = out.path().join("tables");
    ran(&["export", &place, "--to", "2026-05-03", "--out", tables.to_str().unwrap()]);
    assert!(tables.join("report.json").exists());
    let kept = out.path().join("kept.checkpoint");
    let told = ran(&["checkpoint", "save", &place, "--to", "2026-05-03", "--out", kept.to_str().unwrap()]);
    assert!(
        kept.exists() && told.contains("--endpoint-url"),
        "the next command asks the same server: {told}"
    );
    ran(&["drill", &place, "--to", "2026-05-03", "--only", "rewritten-state"]);
}

#[test]
fn a_copy_with_its_receipt_is_judged_like_the_store() {
    let files = locked("COMPLIANCE", None);
    let bucket = SERVER.bucket(&files, Some(&compliance()));
    let name = package(&files);
    SERVER.put(&bucket, &format!("acme/{name}"), b"another content", None);
    SERVER.put(&bucket, "acme/a name: no path", b"no evidence", None);
    let place = format!("s3://{bucket}/acme");
    let folder = tempfile::tempdir().unwrap();
    let (out, kept) = (folder.path().join("q2"), folder.path().join("q2.receipt.json"));
    let fetch = ["fetch", &place, "--out", out.to_str().unwrap(), "--format", "json"];
    let (exit, answer) = parsed(&verifier(&fetch, AUDITOR, &SERVER.address()));
    assert_eq!((exit, answer["objects"].as_u64()), (0, Some(files.len() as u64 + 1)), "{answer}");
    assert_eq!(std::fs::read(out.join(&name)).unwrap(), files[&name], "the first version");
    let again = verifier(&fetch, AUDITOR, &SERVER.address());
    assert_eq!(again.status.code(), Some(2), "nothing is written over");
    let judged = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_verifier"))
            .args(["verify", out.to_str().unwrap(), "--to", "2026-05-03", "--format", "json"])
            .args(more)
            .output()
            .unwrap();
        parsed(&output)
    };
    let receipt = ["--receipt", kept.to_str().unwrap()];
    let ((in_copy, copy), (in_store, store)) = (judged(&receipt), report(&bucket, &[]));
    let codes = |report| findings(report).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
    assert_eq!(codes(&store), ["LOCK-VERSIONS", "SRC-STRAY"]);
    assert_eq!((in_copy, codes(&copy)), (in_store, codes(&store)));
    assert_eq!(rung(&copy, "locked"), rung(&store, "locked"));
    assert_eq!(judged(&[]).0, 0, "without the receipt nobody can tell");
    // Other bytes than those the receipt is about have no lock.
    let other = files.keys().find(|name| name.contains("/evidence-")).unwrap();
    std::fs::copy(out.join(&name), out.join(other)).unwrap();
    let (_, changed) = judged(&receipt);
    let why = rung(&changed, "locked")["why"].to_string();
    assert!(why.contains("the receipt is about other bytes"), "{why}");
}

#[test]
fn who_may_not_ask_gets_no_verdict() {
    let files = locked("COMPLIANCE", None);
    let bucket = SERVER.bucket(&files, Some(&compliance()));
    let place = format!("s3://{bucket}/acme");
    let wrong = (AUDITOR.0, "a-wrong-secret");
    for (who, words) in [(STRANGER, "AccessDenied"), (wrong, "SignatureDoesNotMatch")] {
        let output = verifier(&["verify", &place], who, &SERVER.address());
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(5), "{told}");
        assert!(told.contains(words), "{told}");
        assert!(!told.contains(who.1));
    }
    let output = verifier(&["verify", "s3://evidence-nowhere/acme"], AUDITOR, &SERVER.address());
    assert_eq!(output.status.code(), Some(5), "{}", String::from_utf8_lossy(&output.stderr));
    let empty = format!("s3://{bucket}/other");
    let output = verifier(&["verify", &empty], AUDITOR, &SERVER.address());
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{told}");
    assert!(told.contains("no evidence found"), "{told}");
}

#[test]
fn options_of_a_store_are_refused_for_a_folder_and_http_to_others_always() {
    let folder = tempfile::tempdir().unwrap();
    let verifier = |path: &str, arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_verifier"))
            .args(["verify", path])
            .args(arguments)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let path = folder.path().to_str().unwrap();
    for (path, arguments, words) in [
        (path, &["--region", "us-east-1"][..], "--region is about a store"),
        (path, &["--no-sign-request"][..], "--no-sign-request is about a store"),
        ("s3://abc/x", &["--endpoint-url", "http://example.com", "--region", "x"][..], "plain http"),
        ("s3://A/x", &["--region", "x"][..], "no place in S3"),
        ("s3://abc/x", &["--receipt", "r"][..], "--receipt is for a copy"),
    ] {
        let (code, told) = verifier(path, arguments);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(words), "{told}");
    }
    assert!(Path::new(path).is_dir());
}
