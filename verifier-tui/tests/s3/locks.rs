//! What only the store can show: other versions, delete markers, locks that are shorter, weaker or not there, and objects
//! that belong to nothing. The server refuses what a lock forbids.

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::{ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode};

use super::seaweed::{Lock, OWNER, READER, SERVER, run};
use super::{UNTIL, compliance, findings, locked, package, parsed, report, rung, verifier};

/// Another end for the lock of an object, put by its owner with all the rights there are.
pub(super) fn lock_until(bucket: &str, key: &str, mode: ObjectLockRetentionMode, until: &str) -> bool {
    let until = DateTime::from_str(until, DateTimeFormat::DateTime).unwrap();
    let retention = ObjectLockRetention::builder().mode(mode).retain_until_date(until);
    let call = SERVER
        .client(OWNER)
        .put_object_retention()
        .bucket(bucket)
        .key(key)
        .retention(retention.build())
        .bypass_governance_retention(true);
    run(call.send()).is_ok()
}

/// The only version under a key.
fn version(bucket: &str, key: &str) -> String {
    let listed = run(SERVER.client(OWNER).list_object_versions().bucket(bucket).prefix(key).send()).unwrap();
    let [version] = listed.versions() else { panic!("{listed:?}") };
    version.version_id().unwrap().to_owned()
}

#[test]
fn what_is_locked_cannot_be_deleted_or_unlocked_and_what_was_tried_changes_nothing() {
    let files = locked("COMPLIANCE", None);
    let bucket = SERVER.bucket(&files, Some(&compliance()));
    let name = package(&files);
    let key = format!("acme/{name}");
    let first = version(&bucket, &key);
    for bypass in [false, true] {
        let call = SERVER.client(OWNER).delete_object().bucket(&bucket).key(&key).version_id(&first);
        let refused = run(call.bypass_governance_retention(bypass).send()).unwrap_err();
        assert_eq!(refused.raw_response().unwrap().status().as_u16(), 403, "{refused:?}");
    }
    assert!(!lock_until(&bucket, &key, ObjectLockRetentionMode::Compliance, "2030-01-01T00:00:00Z"));
    assert!(!lock_until(&bucket, &key, ObjectLockRetentionMode::Governance, UNTIL));
    let (exit, untouched) = report(&bucket, &["--require", "locked"]);
    assert_eq!((exit, findings(&untouched)), (0, Vec::new()), "{untouched:#}");
    // Putting over it makes another version; the first one stays what it was, and is what is judged.
    SERVER.put(&bucket, &key, b"another content", None);
    let call = SERVER.client(OWNER).get_object().bucket(&bucket).key(&key).version_id(&first);
    let stored = run(async { call.send().await.unwrap().body.collect().await.unwrap().into_bytes() });
    assert_eq!(stored, files[&name]);
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
    let key = format!("acme/{name}");
    assert!(lock_until(&bucket, &key, ObjectLockRetentionMode::Governance, "2065-12-31T23:59:59Z"));
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
