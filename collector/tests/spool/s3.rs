//! A real object store that is stopped for days and started again.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use collector::spool::{Spool, SpoolStore};
use collector::store::s3::{LockMode, S3Limits, S3Settings, StorageClass};
use collector::store::{S3Store, Store};
use verify_core::model::Kind;
use verify_core::report::VerdictWord;

use super::seaweed::Seaweed;
use super::{against, demo, run, runtime, verified, waited};

fn store(server: &Seaweed, bucket: &str) -> Arc<dyn Store> {
    let settings = S3Settings {
        location: format!("s3://{bucket}/acme/prod").parse().unwrap(),
        mode: LockMode::Compliance,
        retention_days: 2,
        legal_hold: false,
        storage_class: StorageClass::STANDARD,
        encryption_key: None,
    };
    let limits = S3Limits {
        attempt: Duration::from_secs(10),
        first_pause: Duration::from_millis(10),
        ..S3Limits::default()
    };
    Arc::new(S3Store::over(Seaweed::access(&server.address()), settings, limits).unwrap())
}

fn spooled(server: &Seaweed, bucket: &str, folder: &Path) -> Arc<SpoolStore> {
    let remote = store(server, bucket);
    let spool = Spool::open(folder, &remote.location()).unwrap();
    Arc::new(SpoolStore::new(remote, spool))
}

/// Copies every object below the root into `folder`; the number of versions of all of them.
fn download(server: &Seaweed, bucket: &str, folder: &Path) -> usize {
    let client = server.client();
    let prefix = "acme/prod/";
    runtime().block_on(async {
        let listed = client.list_object_versions().bucket(bucket).prefix(prefix).send().await.unwrap();
        assert!(listed.is_truncated() != Some(true) && listed.delete_markers().is_empty());
        for version in listed.versions() {
            let key = version.key().unwrap();
            let object = client.get_object().bucket(bucket).key(key).send().await.unwrap();
            let path = folder.join(key.strip_prefix(prefix).unwrap());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, object.body.collect().await.unwrap().into_bytes()).unwrap();
        }
        listed.versions().len()
    })
}

#[test]
fn a_server_that_is_down_for_days_gets_everything_when_it_is_back() {
    let server = Seaweed::start();
    let bucket = server.bucket();
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("spool");
    let mut demo = demo(folder.path(), store(&server, &bucket), 1);
    let (_, first) = run(&mut demo, &spooled(&server, &bucket, &spool), 1);
    assert!(first.stored_utc.is_some());

    // Three days without it; then it is back, and nobody went ahead.
    server.stop();
    let mut sealed = Vec::new();
    for day in 2..=4 {
        demo.put_aside(store(&server, &bucket));
        let (drain, report) = run(&mut demo, &spooled(&server, &bucket, &spool), day);
        assert_eq!((drain.waiting, report.stored_utc), (sealed.len(), None), "{drain:?}");
        sealed.push(report.manifest_sha256);
    }
    server.go_on();
    demo.put_aside(store(&server, &bucket));
    let (drain, fifth) = run(&mut demo, &spooled(&server, &bucket, &spool), 5);
    assert_eq!((drain.stored.len(), drain.linked_anew, drain.waiting), (3, 0, 0), "{drain:?}");
    assert!(fifth.stored_utc.is_some() && fifth.checkpoint.is_some());
    let at = store(&server, &bucket);
    for (digest, stored) in sealed.iter().zip(&drain.stored) {
        let bytes = at.manifest(stored.sequence).unwrap();
        assert_eq!(verify_core::digest::Digest::of(&bytes), *digest, "it is committed as it was sealed");
    }

    // Down again for a day, and another collector is the first to find it back.
    demo.put_aside(at);
    server.stop();
    let (_, sixth) = run(&mut demo, &spooled(&server, &bucket, &spool), 6);
    assert_eq!(sixth.stored_utc, None);
    server.go_on();
    let mut other = super::demo(folder.path(), store(&server, &bucket), 99);
    runtime().block_on(other.play(7)).unwrap();
    demo.put_aside(store(&server, &bucket));
    let (drain, eighth) = run(&mut demo, &spooled(&server, &bucket, &spool), 8);
    assert_eq!((drain.stored.len(), drain.linked_anew, drain.waiting), (1, 1, 0), "{drain:?}");
    assert!(eighth.sequence > drain.stored[0].sequence);
    let bytes = store(&server, &bucket).manifest(drain.stored[0].sequence).unwrap();
    let manifest = serde_json::from_slice(&bytes).unwrap();
    assert!(waited(&manifest).unwrap().contains(&sixth.sealed_utc.to_string()));

    let copy = folder.path().join("copy");
    let versions = download(&server, &bucket, &copy);
    let report = verified(&copy);
    assert_eq!(against(&report), [""; 0]);
    assert_eq!(report.verdict.word, VerdictWord::Verified, "{:?}", report.findings);
    assert_eq!((report.coverage.sealed, report.coverage.missing), (8, 0));
    let records = report.records.len();
    assert_eq!(report.records.iter().filter(|record| record.kind == Kind::Snapshot).count(), 8);
    // Package, commit and note of every record, each in one version: nothing was written twice.
    assert_eq!(versions, 3 * records);
}
