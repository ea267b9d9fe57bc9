//! Azure, when answers are lost, late, cut or refused: everything ends stored exactly once, or as an error that says
//! what to do.

use std::error::Error as _;
use std::time::Duration;

use collector::store::azure::AzureLimits;
use collector::store::{Attachment, AzureStore, Commit, Store, StoreError};
use verify_core::model::Sequence;

use super::azure::{limits, open, settings};
use super::azure_double::{AZURE, CLIENT_SECRET, Container, Setup, TOKEN};
use super::proxy::{Fault, Proxy};
use super::{now, put};

/// Every name in the container, each of which must have one version.
fn everything(container: &str) -> Vec<String> {
    let names = AZURE.look(container, Container::names);
    assert!(names.iter().all(|(_, versions)| *versions == 1), "{names:?}");
    names.into_iter().map(|(name, _)| name.replace("acme/prod/", "")).collect()
}

/// One record: a package, its commit and its note.
fn record(store: &AzureStore, number: u64, package: &[u8]) -> Result<(), StoreError> {
    put(store, &format!("packages/{number}.zip"), package)?;
    let manifest = format!("{{\"sequence\":{number}}}");
    assert_eq!(store.commit(Sequence(number), &now(store), manifest.as_bytes())?, Commit::Done);
    assert_eq!(store.put_attachment(Sequence(number), Attachment::Checkpoint, b"note")?, Commit::Done);
    Ok(())
}

#[test]
fn a_fault_at_any_call_leaves_every_blob_written_exactly_once() {
    let proxy = Proxy::start(AZURE.port());
    for package in [vec![1_u8; 100], vec![2_u8; 6 << 20]] {
        let calls = {
            let container = AZURE.container(Setup::VersionLevel);
            let store = open(settings(&proxy.address(), &container), &AZURE.config());
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
            Fault::Answer(503, "ServerBusy"),
            Fault::Answer(500, "InternalError"),
        ] {
            let container = AZURE.container(Setup::VersionLevel);
            for call in 0..calls {
                let number = call as u64;
                let store = open(settings(&proxy.address(), &container), &AZURE.config());
                proxy.set(move |_, number| (number == call).then_some(fault));
                if let Err(error) = record(&store, number, &package) {
                    panic!("{fault:?} at call {call}: {error}: {:?}\n{:#?}", error.source(), proxy.heads());
                }
            }
            proxy.set(|_, _| None);
            let store = open(settings(&proxy.address(), &container), &AZURE.config());
            assert_eq!(store.records().unwrap(), calls as u64, "{fault:?}");
            assert_eq!(everything(&container).len(), 3 * calls, "{fault:?}");
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
    let proxy = Proxy::start(AZURE.port());
    let container = AZURE.container(Setup::VersionLevel);
    for fault in [Fault::DropAfter, Fault::Delay(1_500)] {
        let number = u64::from(fault != Fault::DropAfter);
        let quick = AzureLimits { upload_attempt: Duration::from_millis(700), ..limits() };
        let store =
            AzureStore::within(settings(&proxy.address(), &container), &AZURE.config(), quick).unwrap();
        proxy.set(move |line, _| line.starts_with("PUT ").then_some(fault));
        record(&store, number, b"package").unwrap();
        assert!(
            proxy.heads().iter().filter(|head| head.starts_with("PUT ")).count() > 3,
            "it was asked again"
        );
    }
    assert_eq!(everything(&container).len(), 6);
}

#[test]
fn a_commit_that_arrived_before_another_writers_is_ours_and_one_that_came_late_is_lost() {
    let proxy = Proxy::start(AZURE.port());
    let container = AZURE.container(Setup::VersionLevel);
    let ours = open(settings(&proxy.address(), &container), &AZURE.config());
    let theirs = open(settings(&AZURE.address(), &container), &AZURE.config());
    // Refused with 409, and what stands there is what we sent: our own request, whose answer was lost.
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
    let proxy = Proxy::start(AZURE.port());
    let container = AZURE.container(Setup::VersionLevel);
    let store = open(settings(&proxy.address(), &container), &AZURE.config());
    let terms = now(&store);
    let put = || store.put_package("packages/a.zip", &terms, &mut |sink| Ok(sink.write_all(b"package")?));
    proxy.set(|line, _| line.starts_with("PUT ").then_some(Fault::DropBefore));
    let error = put().unwrap_err();
    assert!(matches!(error, StoreError::Azure { doing: "store", .. }), "{error:?}");
    assert!(error.hint().contains("nothing is written twice"), "{}", error.hint());
    // Neither the write nor the question how it ended is answered.
    proxy.set(|_, number| Some(if number == 0 { Fault::DropAfter } else { Fault::DropBefore }));
    let error = put().unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error:?}");
    assert!(error.to_string().contains("is not known") && error.hint().contains("finds out"), "{error}");
    proxy.set(|_, _| None);
    put().unwrap();
    assert_eq!(everything(&container), ["packages/a.zip"]);
}

#[test]
fn refusals_are_told_by_code_with_what_helps_and_never_repeated() {
    let proxy = Proxy::start(AZURE.port());
    let container = AZURE.container(Setup::VersionLevel);
    let store = open(settings(&proxy.address(), &container), &AZURE.config());
    put(&store, "packages/a.zip", b"package").unwrap();
    for (status, code, words, asked) in [
        (403, "AuthenticationFailed", "expired", 1),
        (403, "AuthorizationPermissionMismatch", "permission", 1),
        (400, "Md5Mismatch", "doctor", 1),
        (503, "ServerBusy", "run again later", 4),
    ] {
        proxy.set(move |line, _| line.starts_with("PUT ").then_some(Fault::Answer(status, code)));
        let error = put(&store, "packages/b.zip", b"package").unwrap_err();
        let cause = error.source().unwrap().to_string();
        assert!(cause.contains(code) && cause.contains(&status.to_string()), "{cause}");
        assert!(error.hint().contains(words), "{code}: {}", error.hint());
        let told = format!("{error} {error:?} {cause} {store:?}");
        assert!(!told.contains("CANARY") && !told.contains(CLIENT_SECRET) && !told.contains(TOKEN), "{told}");
        let puts = proxy.heads().iter().filter(|head| head.starts_with("PUT ")).count();
        assert_eq!(puts, asked, "{code}");
    }
    proxy.set(|_, _| None);
    assert!(store.package("packages/b.zip").is_err(), "nothing was written");
}

#[test]
fn a_download_that_breaks_off_is_begun_anew() {
    let proxy = Proxy::start(AZURE.port());
    let container = AZURE.container(Setup::VersionLevel);
    let store = open(settings(&proxy.address(), &container), &AZURE.config());
    let package = vec![3_u8; 2 << 20];
    put(&store, "packages/a.zip", &package).unwrap();
    let mut cut = 0;
    proxy.set(move |line, _| {
        let get = line.starts_with("GET ") && line.contains("versionid");
        cut += u32::from(get);
        (get && cut < 3).then_some(Fault::Truncate)
    });
    assert!(store.package("packages/a.zip").unwrap() == package);
    proxy.set(|line, _| line.contains("versionid").then_some(Fault::Truncate));
    let error = store.package("packages/a.zip").unwrap_err();
    assert!(error.source().unwrap().to_string().contains("breaks off"), "{error:?}");
}
