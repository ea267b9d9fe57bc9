//! What is asked for goes over the wire, is what the server keeps, and cannot be undone.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode, ServerSideEncryption};
use collector::store::s3::{LockMode, S3Settings, StorageClass};
use collector::store::{Commit, S3Store, Store, StoreError};
use verify_core::model::Sequence;

use super::ministack::MiniStack;
use super::proxy::Proxy;
use super::seaweed::{KMS_KEY, SERVER, Seaweed, runtime};
use super::{now, open, put, settings};

const PLACE: &str = "packages/2026/05/01/a-0-00000000.zip";

fn head(bucket: &str, place: &str) -> HeadObjectOutput {
    let asked = SERVER.client().head_object().bucket(bucket).key(format!("acme/prod/{place}"));
    runtime().block_on(asked.send()).unwrap()
}

/// Version ids under a key, newest first.
fn versions(bucket: &str, place: &str) -> Vec<String> {
    let key = format!("acme/prod/{place}");
    let listed = SERVER.client().list_object_versions().bucket(bucket).prefix(&key);
    let listed = runtime().block_on(listed.send()).unwrap();
    listed.versions().iter().map(|version| version.version_id().unwrap().to_owned()).collect()
}

/// Puts one package and one commit.
fn write(store: &S3Store, package: &[u8]) {
    put(store, PLACE, package).unwrap();
    assert_eq!(store.commit(Sequence(0), &now(store), b"{}").unwrap(), Commit::Done);
}

#[test]
fn every_request_carries_checksum_condition_and_lock() {
    let proxy = Proxy::start(SERVER.port());
    let bucket = SERVER.bucket();
    let full = S3Settings {
        legal_hold: true,
        storage_class: StorageClass::KNOWN[3].parse().unwrap(),
        encryption_key: Some(KMS_KEY.parse().unwrap()),
        ..settings(&bucket)
    };
    let store = open(full, &proxy.address());
    proxy.set(|_, _| None);
    write(&store, b"package");
    let heads = proxy.heads();
    let of = |line: &str| {
        let found = heads.iter().find(|head| head.starts_with(line));
        found.unwrap_or_else(|| panic!("{line}: {heads:#?}")).to_ascii_lowercase()
    };
    let package = of(&format!("PUT /{bucket}/acme/prod/{PLACE}"));
    for field in [
        "if-none-match: *",
        // printf package | openssl dgst -sha256 -binary | base64
        "x-amz-checksum-sha256: vEpxGAhw95RRVfuwL0sKLj+qKmLW0xtwOQEwVe0Zhpo=",
        "x-amz-object-lock-mode: compliance",
        "x-amz-object-lock-legal-hold: on",
        "x-amz-storage-class: glacier_ir",
        "x-amz-server-side-encryption: aws:kms",
        &format!("x-amz-server-side-encryption-aws-kms-key-id: {KMS_KEY}"),
    ] {
        assert!(package.contains(&field.to_ascii_lowercase()), "{field}: {package}");
    }
    let until = now(&store).retention_until.unwrap().to_string().to_ascii_lowercase();
    let day = until.split('t').next().unwrap();
    assert!(package.contains(&format!("x-amz-object-lock-retain-until-date: {day}t")), "{day}: {package}");
    let commit = of(&format!("PUT /{bucket}/acme/prod/chain/0000000000.json"));
    assert!(
        commit.contains("if-none-match: *") && commit.contains("x-amz-storage-class: standard"),
        "{commit}"
    );
    let order: Vec<usize> = [PLACE, "chain/0000000000.json"]
        .iter()
        .map(|place| {
            heads
                .iter()
                .position(|head| head.starts_with(&format!("PUT /{bucket}/acme/prod/{place}")))
                .unwrap()
        })
        .collect();
    assert!(order[0] < order[1], "the package stands before the commit");
}

#[test]
fn the_server_keeps_what_was_asked_for() {
    let bucket = SERVER.bucket();
    let full =
        S3Settings { legal_hold: true, encryption_key: Some(KMS_KEY.parse().unwrap()), ..settings(&bucket) };
    let store = open(full, &SERVER.address());
    let terms = now(&store);
    let large = vec![7_u8; 11 << 20];
    store.put_package(PLACE, &terms, &mut |sink| Ok(sink.write_all(&large)?)).unwrap();
    store.put_package("packages/small.zip", &terms, &mut |sink| Ok(sink.write_all(b"small")?)).unwrap();
    store.commit(Sequence(0), &terms, b"{}").unwrap();
    store.put_attachment(Sequence(0), collector::store::Attachment::Checkpoint, b"note").unwrap();
    for place in [PLACE, "packages/small.zip", "chain/0000000000.json", "chain/0000000000.checkpoint"] {
        let head = head(&bucket, place);
        assert_eq!(head.object_lock_mode(), Some(&ObjectLockMode::Compliance), "{place}");
        let until = head.object_lock_retain_until_date().unwrap().secs();
        assert!(until >= terms.retention_until.unwrap().unix(), "{place}");
        assert_eq!(head.object_lock_legal_hold_status().unwrap().as_str(), "ON", "{place}");
        assert_eq!(head.server_side_encryption(), Some(&ServerSideEncryption::AwsKms), "{place}");
        assert!(head.ssekms_key_id().unwrap().ends_with(KMS_KEY), "{place}");
        assert_eq!(versions(&bucket, place).len(), 1, "{place}");
    }
    assert_eq!(head(&bucket, PLACE).content_length(), Some(11 << 20));
    assert!(store.package(&store.payload_path(PLACE, "snapshot.json")).unwrap() == large);
}

#[test]
fn a_stored_version_cannot_be_deleted_or_shortened_and_nothing_written_over_it_counts() {
    let bucket = SERVER.bucket();
    let store = open(settings(&bucket), &SERVER.address());
    write(&store, b"package");
    let client = SERVER.client();
    for (place, bytes) in [(PLACE, b"package".as_slice()), ("chain/0000000000.json", b"{}")] {
        let key = format!("acme/prod/{place}");
        let version = versions(&bucket, place).remove(0);
        let shorter = ObjectLockRetention::builder()
            .mode(ObjectLockRetentionMode::Compliance)
            .retain_until_date(DateTime::from_secs(now(&store).retention_until.unwrap().unix() - 86_400))
            .build();
        let weaker = ObjectLockRetention::builder()
            .mode(ObjectLockRetentionMode::Governance)
            .retain_until_date(DateTime::from_secs(now(&store).retention_until.unwrap().unix()))
            .build();
        runtime().block_on(async {
            let deleted = client.delete_object().bucket(&bucket).key(&key).version_id(&version);
            let refused = deleted.bypass_governance_retention(true).send().await.unwrap_err();
            assert_eq!(refused.raw_response().unwrap().status().as_u16(), 403, "{key}");
            for retention in [shorter, weaker] {
                let changed = client.put_object_retention().bucket(&bucket).key(&key).version_id(&version);
                let refused = changed.bypass_governance_retention(true).retention(retention).send().await;
                assert_eq!(refused.unwrap_err().raw_response().unwrap().status().as_u16(), 403, "{key}");
            }
            // Whoever may write can hide an object: by a delete marker, or by a newer version.
            client.delete_object().bucket(&bucket).key(&key).send().await.unwrap();
            let over = client.put_object().bucket(&bucket).key(&key).body(ByteStream::from_static(b"forged"));
            over.send().await.unwrap();
            client.delete_object().bucket(&bucket).key(&key).send().await.unwrap();
        });
        let fresh = open(settings(&bucket), &SERVER.address());
        let found = if place == PLACE { fresh.package(place) } else { fresh.manifest(Sequence(0)) };
        assert_eq!(found.unwrap(), bytes, "the first version counts");
    }
    let fresh = open(settings(&bucket), &SERVER.address());
    assert_eq!(fresh.records().unwrap(), 1, "a hidden record is a record");
    assert_eq!(fresh.commit(Sequence(0), &now(&fresh), b"[]").unwrap(), Commit::Lost);
    assert!(matches!(put(&fresh, PLACE, b"other"), Err(StoreError::Taken { .. })));
    let told = fresh.examine().unwrap();
    let chain = told.checks.iter().find(|check| check.name == "versions").unwrap();
    assert!(chain.found.contains("delete markers") && chain.mend.is_some(), "{chain:?}");
}

#[test]
fn governance_is_what_is_asked_for_when_it_is_configured() {
    let bucket = SERVER.bucket();
    let store = open(S3Settings { mode: LockMode::Governance, ..settings(&bucket) }, &SERVER.address());
    write(&store, b"package");
    assert_eq!(head(&bucket, PLACE).object_lock_mode(), Some(&ObjectLockMode::Governance));
    assert_eq!(now(&store).object_lock_mode.as_deref(), Some("GOVERNANCE"));
}

#[test]
fn what_is_kept_otherwise_than_asked_is_not_taken_for_stored() {
    let bucket = SERVER.bucket();
    let asked = open(settings(&bucket), &SERVER.address());
    // The same bytes, from an earlier run whose configuration asked for less.
    let less = open(S3Settings { mode: LockMode::Governance, ..settings(&bucket) }, &SERVER.address());
    write(&less, b"package");
    match put(&asked, PLACE, b"package") {
        Err(StoreError::NotKept { what: "object lock mode", expected, found, .. }) => {
            assert_eq!((expected.as_str(), found.as_str()), ("COMPLIANCE", "GOVERNANCE"));
        }
        other => panic!("{other:?}"),
    }
    let keyed = S3Settings {
        mode: LockMode::Governance,
        encryption_key: Some(KMS_KEY.parse().unwrap()),
        ..settings(&bucket)
    };
    let refused = put(&open(keyed, &SERVER.address()), PLACE, b"package");
    assert!(matches!(refused, Err(StoreError::NotKept { what: "encryption key", .. })), "{refused:?}");
    let longer = S3Settings { mode: LockMode::Governance, retention_days: 30, ..settings(&bucket) };
    let refused = put(&open(longer, &SERVER.address()), PLACE, b"package");
    assert!(matches!(refused, Err(StoreError::NotKept { what: "retention until", .. })), "{refused:?}");
}

#[test]
fn a_server_that_loses_the_lock_of_large_packages_is_caught() {
    // MiniStack takes the lock headers of an upload in parts, and forgets them.
    let server = MiniStack::start();
    let access = Seaweed::access(&server.address());
    let client = Client::from_conf(Builder::from(access.sdk()).force_path_style(true).build());
    let made = client.create_bucket().bucket("acme-evidence").object_lock_enabled_for_bucket(true);
    runtime().block_on(made.send()).unwrap();
    let store = open(settings("acme-evidence"), &server.address());
    put(&store, "packages/small.zip", b"package").unwrap();
    let refused = put(&store, PLACE, &vec![1_u8; 6 << 20]);
    assert!(matches!(refused, Err(StoreError::NotKept { what: "object lock mode", .. })), "{refused:?}");
}

#[test]
fn a_bucket_that_cannot_hold_evidence_is_refused_before_the_first_write() {
    let proxy = Proxy::start(SERVER.port());
    let bucket = SERVER.plain_bucket();
    let store = open(settings(&bucket), &proxy.address());
    proxy.set(|_, _| None);
    match put(&store, PLACE, b"package") {
        Err(error @ StoreError::Unfit { .. }) => {
            assert!(error.to_string().contains("object lock"), "{error}");
            assert!(
                error.hint().contains("aws s3api put-object-lock-configuration --bucket"),
                "{}",
                error.hint()
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(store.commit(Sequence(0), &now(&store), b"{}"), Err(StoreError::Unfit { .. })));
    assert!(proxy.heads().iter().all(|head| head.starts_with("GET ")), "nothing was written");
    let absent = open(settings("no-such-bucket"), &SERVER.address());
    let refused = put(&absent, PLACE, b"package").unwrap_err();
    assert!(refused.hint().contains("store plan"), "{refused}: {}", refused.hint());
}
