//! The demo in a bucket: the same story as in a folder, under locks, and the same verdict.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Barrier};

use collector::demo::runner::{Demo, DemoError, DemoPlan};
use collector::demo::scenario::Scenario;
use collector::nonce::GeneratedNonces;
use collector::store::Store;
use collector::store::s3::{LockMode, S3Settings};
use serde_json::Value;
use verify_core::model::Manifest;
use verify_core::report::Report;

use super::proxy::{Fault, Proxy};
use super::runs::{against, files, plan, play, runtime, verified};
use super::seaweed::{ACCESS_KEY, SECRET_KEY, SERVER};
use super::{open, settings};

/// The report without digests and sizes of packages: place and lock stand in the manifests.
pub(crate) fn figures(report: &Report) -> Value {
    fn plain(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| {
                    !name.contains("sha256") && !["source", "package_bytes"].contains(&name.as_str())
                });
                fields.values_mut().for_each(plain);
            }
            Value::Array(values) => values.iter_mut().for_each(plain),
            Value::String(text) => {
                let hex = |c: char| c.is_ascii_hexdigit();
                if text.len() >= 64 && text.split(|c| !hex(c)).any(|word| word.len() == 64) {
                    "a digest".clone_into(text);
                }
            }
            _ => {}
        }
    }
    let mut value = serde_json::to_value(report).unwrap();
    plain(&mut value);
    // A note is its root and signature.
    value["proofs"]["checkpoint"]["note"] = Value::Null;
    value
}

pub(crate) fn manifests(folder: &Path) -> Vec<Manifest> {
    files(&folder.join("chain"))
        .into_iter()
        .filter(|(name, _)| name.extension().is_some_and(|ending| ending == "json"))
        .map(|(_, bytes)| serde_json::from_slice(&bytes).unwrap())
        .collect()
}

#[test]
fn a_bucket_and_a_folder_give_the_same_verdict_and_figures() {
    const DAYS: u32 = 17;
    let folder = tempfile::tempdir().unwrap();
    let (root, copy) = (folder.path().join("evidence"), folder.path().join("copy"));
    let mut demo = Demo::begin(plan(root.clone(), DAYS)).unwrap();
    let in_folder = play(&mut demo);
    demo.end().unwrap();

    let bucket = SERVER.bucket();
    let store =
        Arc::new(open(S3Settings { mode: LockMode::Governance, ..settings(&bucket) }, &SERVER.address()));
    let mut demo = Demo::begin_in(plan(root.clone(), DAYS), store.clone()).unwrap();
    let in_bucket = play(&mut demo);
    assert_eq!(demo.end().unwrap(), format!("s3://{bucket}/acme/prod"));
    let outcomes = |days: &[collector::demo::summary::Day]| -> Vec<_> {
        days.iter().map(|day| day.report().map(|report| (report.sequence, report.complete()))).collect()
    };
    assert_eq!(outcomes(&in_folder), outcomes(&in_bucket));

    let keys = SERVER.download(&bucket, "acme/prod", &copy);
    assert_eq!(keys.len(), files(&root).len());
    let (one, two) = (verified(&root), verified(&copy));
    assert_eq!(against(&one), [""; 0]);
    assert_eq!(one.verdict.word, two.verdict.word);
    assert_eq!(one.verdict.exit_code, two.verdict.exit_code);
    let (one, two) = (figures(&one), figures(&two));
    assert!(one.to_string().len() > 10_000, "figures are compared, not their absence");
    let differing: BTreeMap<_, _> = one
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, value)| two[name.as_str()] != **value)
        .map(|(name, value)| (name, (value, &two[name.as_str()])))
        .collect();
    assert!(differing.is_empty(), "{differing:#?}");

    let manifests = manifests(&copy);
    assert_eq!(manifests.len() as u64, store.records().unwrap());
    for manifest in manifests {
        assert_eq!(manifest.object_lock_mode.as_deref(), Some("GOVERNANCE"));
        assert_eq!(manifest.storage_class.as_deref(), Some("STANDARD"));
        assert_eq!(manifest.encryption_key_id, None);
        let place = manifest.payload_path.strip_prefix(&format!("s3://{bucket}/")).unwrap();
        let (key, member) = place.split_once('#').unwrap();
        assert!(keys.contains(key) && member == manifest.kind.payload_member(), "{place}");
        let asked = SERVER.client().head_object().bucket(&bucket).key(key);
        let head = runtime().block_on(asked.send()).unwrap();
        let until = head.object_lock_retain_until_date().unwrap().secs();
        assert_eq!(until, manifest.retention_until.unwrap().unix(), "as the manifest says");
    }
    let again = Demo::begin_in(plan(root, DAYS), store);
    assert!(matches!(again, Err(DemoError::Taken(_))), "a chain stands there");
}

#[test]
fn the_program_plays_a_demo_into_a_bucket_with_one_flag() {
    let bucket = SERVER.bucket();
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_collector"))
            .args(["demo", "--days", "3", "--users", "20", "--endpoint-url", &SERVER.address()])
            .args(["--store", &format!("s3://{bucket}/demo")])
            .args(arguments)
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env_remove("AWS_REGION")
            .output()
            .unwrap()
    };
    let output = run(&[]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let next = format!("verifier s3://{bucket}/demo --endpoint-url {}", SERVER.address());
    assert!(told.contains(&format!("evidence: s3://{bucket}/demo\n")) && told.contains(&next), "{told}");
    assert!(!told.contains(SECRET_KEY));
    let folder = tempfile::tempdir().unwrap();
    SERVER.download(&bucket, "demo", folder.path());
    let report = verified(folder.path());
    assert_eq!((against(&report), report.coverage.sealed), (Vec::new(), 3));
    let output = run(&[]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("stands in") && told.contains("hint: name another root"), "{told}");
    let told = String::from_utf8(run(&["--out", "x"]).stderr).unwrap();
    assert!(told.contains("cannot be used with"), "{told}");
}

#[test]
fn two_collectors_in_one_bucket_never_fork_the_chain_while_answers_get_lost() {
    const DAYS: u32 = 6;
    let bucket = SERVER.bucket();
    let morning = Barrier::new(2);
    let unused = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for seed in 1..=2_u64 {
            let (bucket, morning, root) = (&bucket, &morning, unused.path());
            scope.spawn(move || {
                let proxy = Proxy::start(SERVER.port());
                let mut state = seed;
                proxy.set(move |_, _| {
                    // One request in eight meets a fault; which one follows from the seed.
                    state =
                        state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let faults = [Fault::DropBefore, Fault::DropAfter, Fault::Truncate, Fault::Twice];
                    let pick = (state >> 40) as usize;
                    pick.is_multiple_of(8).then(|| faults[(pick / 8) % 4])
                });
                let store = Arc::new(open(settings(bucket), &proxy.address()));
                let scenario = Scenario::quiet("2026-05-01".parse().unwrap());
                let plan = DemoPlan { scenario, ..plan(root.join("unused"), DAYS) };
                let mut demo = Demo::on(plan, store, Arc::new(GeneratedNonces::from_seed(seed))).unwrap();
                for day in 1..=DAYS {
                    morning.wait();
                    match runtime().block_on(demo.play(day)) {
                        // The other one was there first: as good as one's own.
                        Ok(_) | Err(DemoError::Answered(_)) => {}
                        Err(error) => {
                            let mut told = error.to_string();
                            let mut cause = std::error::Error::source(&error);
                            while let Some(error) = cause {
                                told = format!("{told}: {error}");
                                cause = error.source();
                            }
                            panic!("{told}");
                        }
                    }
                }
            });
        }
    });
    let folder = tempfile::tempdir().unwrap();
    SERVER.download(&bucket, "acme/prod", folder.path());
    let report = verified(folder.path());
    assert_eq!(against(&report), [""; 0]);
    assert_eq!((report.coverage.sealed, report.coverage.missing), (u64::from(DAYS), 0));
}
