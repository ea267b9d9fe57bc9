//! What every store must do: the same functions, run in memory, on a folder, on S3 and on Azure.
//!
//! Azure is twice there: our double of it, with versions and policies, and Azurite, which has neither.

use std::collections::BTreeSet;
use std::sync::Barrier;

use collector::store::{Attachment, Commit, DirStore, Store, StoreError};
use verify_core::model::Sequence;

use super::azure_double::{AZURE, Setup};
use super::azurite::AZURITE;
use super::memory::{MemoryStore, Shelf};
use super::seaweed::SERVER;
use super::{azure, now, open, put, settings};

/// A place in which stores can be opened.
trait Ground {
    /// A store at this place, as a program of its own would open it.
    fn open(&self) -> Box<dyn Store>;
}

struct Memory(Shelf);

impl Ground for Memory {
    fn open(&self) -> Box<dyn Store> {
        Box::new(MemoryStore(self.0.clone()))
    }
}

struct Folder(tempfile::TempDir);

impl Ground for Folder {
    fn open(&self) -> Box<dyn Store> {
        Box::new(DirStore::new(self.0.path().join("evidence")))
    }
}

struct Bucket(String);

impl Ground for Bucket {
    fn open(&self) -> Box<dyn Store> {
        Box::new(open(settings(&self.0), &SERVER.address()))
    }
}

struct Blobs(String);

impl Ground for Blobs {
    fn open(&self) -> Box<dyn Store> {
        Box::new(azure::open(azure::settings(&AZURE.address(), &self.0), &AZURE.config()))
    }
}

struct Emulated(String);

impl Ground for Emulated {
    fn open(&self) -> Box<dyn Store> {
        Box::new(azure::open(azure::emulated(&self.0), &AZURITE.config()))
    }
}

macro_rules! on_every_store {
    ($($name:ident)*) => {
        mod memory {
            $(#[test]
            fn $name() {
                super::$name(&super::Memory(super::Shelf::default()));
            })*
        }
        mod folder {
            $(#[test]
            fn $name() {
                super::$name(&super::Folder(tempfile::tempdir().unwrap()));
            })*
        }
        mod s3 {
            $(#[test]
            fn $name() {
                super::$name(&super::Bucket(super::SERVER.bucket()));
            })*
        }
        mod azure_double {
            $(#[test]
            fn $name() {
                super::$name(&super::Blobs(super::AZURE.container(super::Setup::VersionLevel)));
            })*
        }
        mod azurite {
            $(#[test]
            fn $name() {
                super::$name(&super::Emulated(super::AZURITE.container()));
            })*
        }
    };
}

on_every_store! {
    what_was_put_is_read_back
    a_name_is_never_used_twice
    records_are_counted_and_a_hole_is_refused
    attachments_stand_beside_their_commit_and_are_never_replaced
    places_never_lead_out_of_the_packages
    a_writer_that_fails_leaves_no_name_behind
    of_two_racing_writers_exactly_one_commits
}

fn commit(store: &dyn Store, sequence: u64, bytes: &[u8]) -> Commit {
    store.commit(Sequence(sequence), &now(store), bytes).unwrap()
}

fn what_was_put_is_read_back(ground: &dyn Ground) {
    let store = ground.open();
    let place = "packages/2026/05/01/a-0-00000000.zip";
    put(store.as_ref(), place, b"bytes").unwrap();
    let recorded = store.payload_path(place, "snapshot.json");
    assert!(recorded.ends_with("packages/2026/05/01/a-0-00000000.zip#snapshot.json"), "{recorded}");
    assert_eq!(ground.open().package(&recorded).unwrap(), b"bytes");
    assert_eq!(commit(store.as_ref(), 0, b"{}"), Commit::Done);
    assert_eq!(ground.open().manifest(Sequence(0)).unwrap(), b"{}");
    assert!(ground.open().manifest(Sequence(1)).is_err() && ground.open().package("packages/b.zip").is_err());
    // Larger than one page of memory, and in S3 than one request.
    let large: Vec<u8> = (0..(12_u32 << 20)).map(|n| n.to_le_bytes()[(n % 3) as usize]).collect();
    put(store.as_ref(), "packages/large.zip", &large).unwrap();
    assert!(ground.open().package("packages/large.zip").unwrap() == large);
    put(store.as_ref(), "packages/empty.zip", b"").unwrap();
    assert_eq!(store.package("packages/empty.zip").unwrap(), b"");
}

fn a_name_is_never_used_twice(ground: &dyn Ground) {
    let (store, other) = (ground.open(), ground.open());
    put(store.as_ref(), "packages/a.zip", b"first").unwrap();
    for writer in [&store, &other] {
        let refused = put(writer.as_ref(), "packages/a.zip", b"second");
        assert!(matches!(refused, Err(StoreError::Taken { .. })), "{refused:?}");
    }
    assert_eq!(store.package("packages/a.zip").unwrap(), b"first");
    assert_eq!(commit(store.as_ref(), 0, b"{}"), Commit::Done);
    assert_eq!(commit(other.as_ref(), 0, b"[]"), Commit::Lost);
    assert_eq!(commit(store.as_ref(), 0, b"[]"), Commit::Lost);
    assert_eq!(other.manifest(Sequence(0)).unwrap(), b"{}");
}

fn records_are_counted_and_a_hole_is_refused(ground: &dyn Ground) {
    let store = ground.open();
    assert_eq!(store.records().unwrap(), 0);
    for sequence in [0, 1, 3] {
        commit(store.as_ref(), sequence, b"{}");
    }
    let refused = ground.open().records();
    assert!(matches!(refused, Err(StoreError::Hole { missing: 2, newest: 3, .. })), "{refused:?}");
    commit(ground.open().as_ref(), 2, b"{}");
    // More than one page of a listing, and what an open store knew before is no hindrance.
    for sequence in 4..11 {
        commit(ground.open().as_ref(), sequence, b"{}");
    }
    assert_eq!((store.records().unwrap(), ground.open().records().unwrap()), (11, 11));
}

fn attachments_stand_beside_their_commit_and_are_never_replaced(ground: &dyn Ground) {
    let store = ground.open();
    assert_eq!(store.attachments(Attachment::Checkpoint).unwrap(), []);
    assert_eq!(store.attachment(Sequence(0), Attachment::Checkpoint).unwrap(), None);
    commit(store.as_ref(), 0, b"{}");
    for sequence in [0, 2] {
        let put = store.put_attachment(Sequence(sequence), Attachment::Checkpoint, b"note");
        assert_eq!(put.unwrap(), Commit::Done);
    }
    let again = ground.open().put_attachment(Sequence(0), Attachment::Checkpoint, b"another").unwrap();
    assert_eq!(again, Commit::Lost);
    store.put_attachment(Sequence(0), Attachment::Token, b"token").unwrap();
    assert_eq!(ground.open().attachment(Sequence(0), Attachment::Checkpoint).unwrap().unwrap(), b"note");
    assert_eq!(store.attachments(Attachment::Checkpoint).unwrap(), [Sequence(0), Sequence(2)]);
    assert_eq!(ground.open().attachments(Attachment::Token).unwrap(), [Sequence(0)]);
    // What is beside a commit is no commit.
    assert_eq!(ground.open().records().unwrap(), 1);
}

fn places_never_lead_out_of_the_packages(ground: &dyn Ground) {
    let store = ground.open();
    for place in [
        "",
        "packages",
        "packages/",
        "chain/0000000000.json",
        "packages/../chain/0000000000.json",
        "packages//a.zip",
        "/etc/passwd",
        "packages/.hidden",
        "packages/a\\b.zip",
        "s3://elsewhere/acme/prod/packages/a.zip",
        "https://example.com/packages/a.zip",
    ] {
        assert!(matches!(store.package(place), Err(StoreError::Place { .. })), "{place}");
        assert!(matches!(put(store.as_ref(), place, b""), Err(StoreError::Place { .. })), "{place}");
    }
}

fn a_writer_that_fails_leaves_no_name_behind(ground: &dyn Ground) {
    let store = ground.open();
    let failed = store.put_package("packages/a.zip", &now(store.as_ref()), &mut |sink| {
        sink.write_all(b"half")?;
        Err("the second half is missing".into())
    });
    assert!(matches!(failed, Err(StoreError::Package(_))), "{failed:?}");
    put(store.as_ref(), "packages/a.zip", b"whole").unwrap();
    assert_eq!(store.package("packages/a.zip").unwrap(), b"whole");
}

fn of_two_racing_writers_exactly_one_commits(ground: &dyn Ground) {
    // SeaweedFS lets the loser of many a race wait for a second.
    const ROUNDS: u64 = 200;
    let start = Barrier::new(2);
    let write = |name: &'static str| {
        let store = ground.open();
        let start = &start;
        move || -> Vec<Result<Commit, StoreError>> {
            (0..ROUNDS)
                .map(|sequence| {
                    start.wait();
                    let manifest = format!("{{\"writer\":\"{name}\",\"sequence\":{sequence}}}");
                    let store = store.as_ref();
                    store.commit(Sequence(sequence), &now(store), manifest.as_bytes())
                })
                .collect()
        }
    };
    let (one, two) = (write("one"), write("two"));
    let (one, two) = std::thread::scope(|scope| {
        let (one, two) = (scope.spawn(one), scope.spawn(two));
        (one.join().unwrap(), two.join().unwrap())
    });
    let won = |ends: Vec<Result<Commit, StoreError>>| -> BTreeSet<u64> {
        let ends = ends.into_iter().map(Result::unwrap);
        (0..).zip(ends).filter(|(_, end)| *end == Commit::Done).map(|(sequence, _)| sequence).collect()
    };
    let (one, two) = (won(one), won(two));
    assert!(one.is_disjoint(&two), "nobody is told to have won what another one won");
    assert_eq!(one.len() + two.len(), usize::try_from(ROUNDS).unwrap(), "somebody wins every round");
    let store = ground.open();
    assert_eq!(store.records().unwrap(), ROUNDS);
    for sequence in 0..ROUNDS {
        let manifest = String::from_utf8(store.manifest(Sequence(sequence)).unwrap()).unwrap();
        let winner = if one.contains(&sequence) { "\"one\"" } else { "\"two\"" };
        assert!(manifest.contains(winner), "{sequence}: {manifest}");
    }
}
