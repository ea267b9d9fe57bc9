use std::fs;

use super::super::names::PACKAGES;
use super::*;

fn store() -> (tempfile::TempDir, DirStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = DirStore::new(folder.path().join("evidence"));
    (folder, store)
}

fn put(store: &DirStore, place: &str, bytes: &[u8]) -> Result<(), StoreError> {
    store.put_package(place, &Terms::default(), &mut |sink| Ok(sink.write_all(bytes)?))
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn what_was_put_is_read_back_and_cannot_be_written() {
    let (_folder, store) = store();
    put(&store, "packages/2026/05/01/a-0-00000000.zip", b"bytes").unwrap();
    let place = store.payload_path("packages/2026/05/01/a-0-00000000.zip", "snapshot.json");
    assert_eq!(place, "packages/2026/05/01/a-0-00000000.zip#snapshot.json");
    assert_eq!(store.package(&place).unwrap(), b"bytes");
    let file = store.root().join("packages/2026/05/01/a-0-00000000.zip");
    assert!(fs::metadata(&file).unwrap().permissions().readonly());
    assert_eq!(names(file.parent().unwrap()), ["a-0-00000000.zip"]);
}

#[test]
fn a_name_is_never_used_twice() {
    let (_folder, store) = store();
    put(&store, "packages/a.zip", b"first").unwrap();
    assert!(matches!(put(&store, "packages/a.zip", b"second"), Err(StoreError::Taken { .. })));
    assert_eq!(store.package("packages/a.zip").unwrap(), b"first");
    assert_eq!(store.commit(Sequence(0), &Terms::default(), b"{}").unwrap(), Commit::Done);
    assert_eq!(store.commit(Sequence(0), &Terms::default(), b"[]").unwrap(), Commit::Lost);
    assert_eq!(store.manifest(Sequence(0)).unwrap(), b"{}");
    assert_eq!(names(&store.root().join(CHAIN)), ["0000000000.json"]);
}

#[test]
fn an_empty_store_has_no_records_and_a_hole_is_refused() {
    let (_folder, store) = store();
    assert_eq!(store.records().unwrap(), 0);
    for sequence in [0, 1, 3] {
        store.commit(Sequence(sequence), &Terms::default(), b"{}").unwrap();
    }
    assert!(matches!(store.records(), Err(StoreError::Hole { missing: 2, newest: 3, .. })));
    store.commit(Sequence(2), &Terms::default(), b"{}").unwrap();
    assert_eq!(store.records().unwrap(), 4);
}

#[test]
fn places_never_lead_out_of_the_packages() {
    let (_folder, store) = store();
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
        "s3://bucket/packages/a.zip",
    ] {
        assert!(matches!(store.package(place), Err(StoreError::Place { .. })), "{place}");
        assert!(matches!(put(&store, place, b""), Err(StoreError::Place { .. })), "{place}");
    }
}

#[test]
fn a_writer_that_fails_leaves_no_name_behind() {
    let (_folder, store) = store();
    let failed = store.put_package("packages/a.zip", &Terms::default(), &mut |sink| {
        sink.write_all(b"half")?;
        Err("the second half is missing".into())
    });
    assert!(matches!(failed, Err(StoreError::Package(_))));
    assert_eq!(names(&store.root().join(PACKAGES)), [""; 0]);
}

#[test]
fn only_what_dead_writers_left_is_swept() {
    let (_folder, store) = store();
    store.commit(Sequence(0), &Terms::default(), b"{}").unwrap();
    let chain = store.root().join(CHAIN);
    fs::write(chain.join(".0000000001.json.1-0.part"), "of a dead writer").unwrap();
    fs::write(chain.join("notes.txt"), "of a person").unwrap();
    let living = RealFiles.create_new(&chain.join(".0000000001.json.2-0.part")).unwrap();
    store.commit(Sequence(1), &Terms::default(), b"{}").unwrap();
    assert_eq!(
        names(&chain),
        [".0000000001.json.2-0.part", "0000000000.json", "0000000001.json", "notes.txt"]
    );
    drop(living);
}

#[test]
fn attachments_stand_beside_their_commit_and_are_never_replaced() {
    let (_folder, store) = store();
    assert_eq!(store.attachments(Attachment::Checkpoint).unwrap(), []);
    assert_eq!(store.attachment(Sequence(0), Attachment::Checkpoint).unwrap(), None);
    store.commit(Sequence(0), &Terms::default(), b"{}").unwrap();
    for sequence in [0, 2] {
        let put = store.put_attachment(Sequence(sequence), Attachment::Checkpoint, b"note");
        assert_eq!(put.unwrap(), Commit::Done);
    }
    let again = store.put_attachment(Sequence(0), Attachment::Checkpoint, b"another").unwrap();
    assert_eq!(again, Commit::Lost);
    store.put_attachment(Sequence(0), Attachment::Token, b"token").unwrap();
    assert_eq!(store.attachment(Sequence(0), Attachment::Checkpoint).unwrap().unwrap(), b"note");
    assert_eq!(store.attachments(Attachment::Checkpoint).unwrap(), [Sequence(0), Sequence(2)]);
    assert_eq!(store.attachments(Attachment::Token).unwrap(), [Sequence(0)]);
    // What is beside a commit is no commit.
    assert_eq!(store.records().unwrap(), 1);
    assert_eq!(
        names(&store.root().join(CHAIN)),
        ["0000000000.checkpoint", "0000000000.json", "0000000000.tsr", "0000000002.checkpoint"]
    );
    let file = store.root().join(CHAIN).join("0000000000.checkpoint");
    assert!(fs::metadata(file).unwrap().permissions().readonly());
}
