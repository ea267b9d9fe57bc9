//! Answers that are lost, late, cut or refused: everything ends stored exactly once, or as an error that says
//! what to do.

use std::error::Error as _;
use std::time::Duration;

use collector::store::s3::S3Limits;
use collector::store::{Attachment, Commit, S3Store, Store, StoreError};
use verify_core::model::Sequence;

use super::proxy::{Fault, Proxy};
use super::seaweed::{ACCESS_KEY, SECRET_KEY, SERVER, Seaweed, runtime};
use super::{limits, now, open, put, settings};

/// Keys of every version and delete marker below the root, sorted.
fn everything(bucket: &str) -> Vec<String> {
    let listed = runtime().block_on(SERVER.client().list_object_versions().bucket(bucket).send()).unwrap();
    assert_eq!(listed.is_truncated(), Some(false));
    assert_eq!(listed.delete_markers().len(), 0);
    let mut keys: Vec<String> =
        listed.versions().iter().map(|version| version.key().unwrap().replace("acme/prod/", "")).collect();
    keys.sort_unstable();
    keys
}

/// One record: a package, its commit and its note.
fn record(store: &S3Store, number: u64, package: &[u8]) -> Result<(), StoreError> {
    put(store, &format!("packages/{number}.zip"), package)?;
    let manifest = format!("{{\"sequence\":{number}}}");
    assert_eq!(store.commit(Sequence(number), &now(store), manifest.as_bytes())?, Commit::Done);
    assert_eq!(store.put_attachment(Sequence(number), Attachment::Checkpoint, b"note")?, Commit::Done);
    Ok(())
}

#[test]
fn a_fault_at_any_call_leaves_every_object_written_exactly_once() {
    let proxy = Proxy::start(SERVER.port());
    for package in [vec![1_u8; 100], vec![2_u8; 6 << 20]] {
        let calls = {
            let store = open(settings(&SERVER.bucket()), &proxy.address());
            proxy.set(|_, _| None);
            record(&store, 0, &package).unwrap();
            proxy.heads().len()
        };
        assert!(calls > 12, "{calls}");
        for fault in [
            Fault::DropBefore,
            Fault::DropAfter,
            Fault::Truncate,
            Fault::Twice,
            Fault::Answer(503, "SlowDown"),
            Fault::Answer(500, "InternalError"),
        ] {
            let bucket = SERVER.bucket();
            for call in 0..calls {
                let number = call as u64;
                let store = open(settings(&bucket), &proxy.address());
                proxy.set(move |_, number| (number == call).then_some(fault));
                if let Err(error) = record(&store, number, &package) {
                    panic!("{fault:?} at call {call}: {error}: {:?}\n{:#?}", error.source(), proxy.heads());
                }
            }
            proxy.set(|_, _| None);
            let store = open(settings(&bucket), &proxy.address());
            assert_eq!(store.records().unwrap(), calls as u64, "{fault:?}");
            let mut expected: Vec<String> = (0..calls)
                .flat_map(|n| {
                    [
                        format!("packages/{n}.zip"),
                        format!("chain/{n:010}.json"),
                        format!("chain/{n:010}.checkpoint"),
                    ]
                })
                .collect();
            expected.sort_unstable();
            assert_eq!(everything(&bucket), expected, "{fault:?}");
            for number in 0..calls {
                assert!(
                    store.package(&format!("packages/{number}.zip")).unwrap() == package,
                    "{fault:?} {number}"
                );
            }
        }
    }
}

#[test]
fn a_write_whose_every_answer_is_lost_is_found_to_have_succeeded() {
    let proxy = Proxy::start(SERVER.port());
    let bucket = SERVER.bucket();
    for fault in [Fault::DropAfter, Fault::Delay(1_500)] {
        let number = u64::from(fault != Fault::DropAfter);
        let quick = S3Limits { upload_attempt: Duration::from_millis(700), ..limits() };
        let store = S3Store::over(Seaweed::access(&proxy.address()), settings(&bucket), quick).unwrap();
        proxy.set(move |line, _| line.starts_with("PUT ").then_some(fault));
        record(&store, number, b"package").unwrap();
        assert!(
            proxy.heads().iter().filter(|head| head.starts_with("PUT ")).count() > 3,
            "it was asked again"
        );
    }
    assert_eq!(
        everything(&bucket),
        [
            "chain/0000000000.checkpoint",
            "chain/0000000000.json",
            "chain/0000000001.checkpoint",
            "chain/0000000001.json",
            "packages/0.zip",
            "packages/1.zip"
        ]
    );
}

#[test]
fn a_commit_that_arrived_before_another_writers_is_ours_and_one_that_came_late_is_lost() {
    let proxy = Proxy::start(SERVER.port());
    let bucket = SERVER.bucket();
    let (ours, theirs) =
        (open(settings(&bucket), &proxy.address()), open(settings(&bucket), &SERVER.address()));
    // Refused with 412, and what stands there is what we sent: our own request, whose answer was lost.
    proxy.set(|line, number| (line.starts_with("PUT ") && number < 5).then_some(Fault::DropAfter));
    assert_eq!(ours.commit(Sequence(0), &now(&ours), b"{\"by\":\"us\"}").unwrap(), Commit::Done);
    assert_eq!(theirs.commit(Sequence(0), &now(&theirs), b"{\"by\":\"them\"}").unwrap(), Commit::Lost);
    // The same answers, and something else stands there.
    assert_eq!(theirs.commit(Sequence(1), &now(&theirs), b"{\"by\":\"them\"}").unwrap(), Commit::Done);
    proxy.set(|line, _| line.starts_with("PUT ").then_some(Fault::DropAfter));
    assert_eq!(ours.commit(Sequence(1), &now(&ours), b"{\"by\":\"us\"}").unwrap(), Commit::Lost);
    proxy.set(|_, _| None);
    assert_eq!(ours.manifest(Sequence(1)).unwrap(), b"{\"by\":\"them\"}");
}

#[test]
fn a_store_that_stays_away_is_an_error_and_the_next_run_finishes() {
    let proxy = Proxy::start(SERVER.port());
    let bucket = SERVER.bucket();
    let store = open(settings(&bucket), &proxy.address());
    let terms = now(&store);
    let put = || store.put_package("packages/a.zip", &terms, &mut |sink| Ok(sink.write_all(b"package")?));
    proxy.set(|line, _| line.starts_with("PUT ").then_some(Fault::DropBefore));
    let error = put().unwrap_err();
    assert!(matches!(error, StoreError::S3 { doing: "store", .. }), "{error:?}");
    assert!(error.hint().contains("nothing is written twice"), "{}", error.hint());
    // Neither the write nor the question how it ended is answered.
    proxy.set(|_, number| Some(if number == 0 { Fault::DropAfter } else { Fault::DropBefore }));
    let error = put().unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error:?}");
    assert!(error.to_string().contains("is not known") && error.hint().contains("finds out"), "{error}");
    proxy.set(|_, _| None);
    put().unwrap();
    assert_eq!(everything(&bucket), ["packages/a.zip"]);
}

#[test]
fn refusals_are_told_by_code_with_what_helps_and_never_repeated() {
    let proxy = Proxy::start(SERVER.port());
    let store = open(settings(&SERVER.bucket()), &proxy.address());
    proxy.set(|_, _| None);
    put(&store, "packages/a.zip", b"package").unwrap();
    for (status, code, words, asked) in [
        (400, "ExpiredToken", "renew", 1),
        (403, "RequestTimeTooSkewed", "clock", 1),
        (403, "AccessDenied", "permission", 1),
        (403, "SignatureDoesNotMatch", "[aws] region", 1),
        (400, "KMS.DisabledException", "encryption key", 1),
        (503, "SlowDown", "run again later", 4),
    ] {
        proxy.set(move |line, _| line.starts_with("PUT ").then_some(Fault::Answer(status, code)));
        let error = put(&store, "packages/b.zip", b"package").unwrap_err();
        let cause = error.source().unwrap().to_string();
        assert!(cause.contains(code) && cause.contains(&status.to_string()), "{cause}");
        assert!(error.hint().contains(words), "{code}: {}", error.hint());
        let told = format!("{error} {error:?} {cause}");
        assert!(
            !told.contains("CANARY") && !told.contains(SECRET_KEY) && !told.contains(ACCESS_KEY),
            "{told}"
        );
        let puts = proxy.heads().iter().filter(|head| head.starts_with("PUT ")).count();
        assert_eq!(puts, asked, "{code}");
    }
    proxy.set(|_, _| None);
    assert!(matches!(store.package("packages/b.zip"), Err(StoreError::S3 { .. })), "nothing was written");
}

#[test]
fn a_download_that_breaks_off_is_begun_anew() {
    let proxy = Proxy::start(SERVER.port());
    let store = open(settings(&SERVER.bucket()), &proxy.address());
    proxy.set(|_, _| None);
    let package = vec![3_u8; 2 << 20];
    put(&store, "packages/a.zip", &package).unwrap();
    let mut cut = 0;
    proxy.set(move |line, _| {
        let get = line.contains("packages/a.zip?") && line.contains("GetObject");
        cut += u32::from(get);
        (get && cut < 3).then_some(Fault::Truncate)
    });
    assert!(store.package("packages/a.zip").unwrap() == package);
    assert!(proxy.heads().iter().filter(|head| head.contains("GetObject")).count() >= 3);
    proxy.set(|line, _| line.contains("GetObject").then_some(Fault::Truncate));
    let error = store.package("packages/a.zip").unwrap_err();
    assert!(error.source().unwrap().to_string().contains("whole object"), "{error:?}");
}
