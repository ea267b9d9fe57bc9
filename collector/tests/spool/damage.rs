//! A spool that is not as it was written is refused by name, and nothing in it is passed over.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use collector::spool::SpoolError;
use collector::store::{Store, StoreError};

use super::remote::Remote;
use super::{Ground, demo, open};

/// One stored day and two that wait.
fn waiting() -> Ground {
    let ground = Ground::new();
    ground.day(ground.up(), 1);
    ground.day(ground.down(), 2);
    ground.day(ground.down(), 3);
    ground
}

/// What a run says to this spool.
fn told(ground: &Ground, remote: Remote) -> String {
    // A session of the same chain, made on another store.
    let elsewhere = ground.folder.path().join("elsewhere");
    let demo = demo(&elsewhere, Arc::new(Remote::up(&elsewhere)), 9);
    demo.sleep_until(4);
    let store = match open(&ground.spool(), Arc::new(remote)) {
        Ok(store) => store,
        Err(error) => return collector::notes::told(&error),
    };
    let session = collector::session::Session { store: store.clone(), ..demo.session().clone() };
    match store.begin(&session) {
        Ok((drain, _)) => panic!("taken for whole: {drain:?}"),
        Err(error) => collector::notes::told(&error),
    }
}

fn rewrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_package_is_named_and_stops_the_run_with_and_without_a_store() {
    let changes: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes.clear(),
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        },
        |bytes| bytes.push(0),
    ];
    for change in changes {
        let ground = waiting();
        let records = ground.names(".json");
        let path = ground.waiting().remove(1);
        rewrite(&path, change);
        for remote in [ground.up(), ground.down()] {
            let told = told(&ground, remote);
            assert!(told.contains(path.to_str().unwrap()) && told.contains("damaged"), "{told}");
        }
        assert_eq!((ground.names(".json"), ground.waiting().len()), (records, 2), "nothing was passed over");
    }
}

#[test]
fn a_package_that_is_gone_or_exchanged_is_noticed_by_its_follower() {
    let ground = waiting();
    let [first, second]: [_; 2] = ground.waiting().try_into().unwrap();
    let bytes = fs::read(&first).unwrap();
    fs::remove_file(&first).unwrap();
    fs::write(first.with_file_name("evidence-2026-05-02-0800-3-00000000.zip"), &bytes).unwrap();
    assert!(told(&ground, ground.up()).contains("it is the package"));
    fs::remove_file(first.with_file_name("evidence-2026-05-02-0800-3-00000000.zip")).unwrap();
    // Without the first one the second is linked anew: it says what it saw, and the missing day stays missing.
    let demo = demo(&ground.root(), Arc::new(ground.up()), 9);
    demo.sleep_until(4);
    let store = ground.open(ground.up());
    let session = collector::session::Session { store: store.clone(), ..demo.session().clone() };
    let drain = store.drain(&session).unwrap();
    assert_eq!((drain.stored.len(), drain.linked_anew), (1, 1));
    assert!(drain.warnings[0].starts_with("record 3, behind which evidence-2026-05-03-0800"), "{drain:?}");
    assert!(!second.exists());
    let report = super::verified(&ground.root());
    assert_eq!(super::against(&report), [""; 0]);
    assert_eq!((report.coverage.sealed, report.coverage.missing), (2, 1));
}

#[test]
fn copies_that_are_not_what_the_store_holds_are_refused() {
    let ground = waiting();
    let copy = ground.spool().join("copy/chain/0000000001.json");
    rewrite(&copy, |bytes| bytes.push(b' '));
    let with = told(&ground, ground.up());
    assert!(with.contains(copy.to_str().unwrap()) && with.contains("is not what the store holds"), "{with}");
    let without = told(&ground, ground.down());
    blames_the_copies(&ground, &without);
    assert!(without.contains("manifest 1 is not understood"), "{without}");
}

/// That the copies are blamed, by their folder.
fn blames_the_copies(ground: &Ground, told: &str) {
    let folder = ground.spool().join("copy");
    let blamed = format!("the copies in {}, which stand for the store", folder.display());
    assert!(told.contains(&blamed), "{told}");
}

#[test]
fn damaged_and_removed_copies_are_blamed_while_the_store_is_away_and_are_made_anew() {
    let newest = |ground: &Ground, ending: &str| {
        let files = fs::read_dir(ground.spool().join("copy/chain")).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|found| found == ending)).max().unwrap()
    };
    let break_it: [fn(&Path); 2] = [
        |path| fs::remove_file(path).unwrap(),
        |path| {
            rewrite(path, |bytes| {
                let at = bytes.iter().rposition(|byte| *byte == b'\n').unwrap() - 8;
                bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            });
        },
    ];
    for (number, breaks) in break_it.into_iter().enumerate() {
        let ground = waiting();
        let ending = ["json", "checkpoint"][number];
        let path = newest(&ground, ending);
        breaks(&path);
        let said = told(&ground, ground.down());
        blames_the_copies(&ground, &said);
        let what = ["0000000002.json", "checkpoint 2"][number];
        assert!(said.contains(what), "{said}");
        // What the message says to do is enough.
        fs::remove_dir_all(ground.spool().join("copy")).unwrap();
        blames_the_copies(&ground, &told(&ground, ground.down()));
        let (drain, _) = ground.day(ground.up(), 4);
        assert_eq!((drain.stored.len(), drain.linked_anew), (2, 0));
        ground.whole(4);
    }
    let hint = SpoolError::Copies { folder: "copy".into(), source: "damaged".into() }.hint();
    assert!(hint.starts_with("remove this folder") && hint.contains("made anew when the store answers"));
}

#[test]
fn a_damaged_snapshot_among_the_copies_is_named_while_the_store_is_away() {
    let ground = Ground::new();
    ground.day(ground.up(), 1);
    let mut find = Command::new("find");
    find.arg(ground.spool().join("copy/packages")).args(["-name", "evidence-*"]);
    let found = String::from_utf8(find.output().unwrap().stdout).unwrap();
    let path = Path::new(found.lines().next().unwrap());
    rewrite(path, |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    let store = ground.open(ground.down());
    store.records().unwrap();
    let place = path.strip_prefix(ground.spool().join("copy")).unwrap().to_str().unwrap();
    let error = store.package(place).unwrap_err();
    let said = collector::notes::told(&error);
    blames_the_copies(&ground, &said);
    assert!(said.contains(&format!("{} is damaged", path.display())), "{said}");
}

#[test]
fn what_waited_and_vanished_is_named_until_the_next_cycle_is_stored() {
    let ground = waiting();
    let names: Vec<_> = ground
        .waiting()
        .iter()
        .map(|path| {
            fs::remove_file(path).unwrap();
            path.file_name().unwrap().to_str().unwrap().to_owned()
        })
        .collect();
    let expected: Vec<_> = names
        .iter()
        .map(|name| format!("{name} waited in {} and is gone: it was removed", ground.spool().display()))
        .collect();
    let missed = |drain: &collector::spool::Drain| {
        assert_eq!(drain.warnings.len(), 2, "{drain:?}");
        for (warning, expected) in drain.warnings.iter().zip(&expected) {
            assert!(warning.starts_with(expected), "{warning}");
        }
    };
    missed(&ground.day(ground.down(), 4).0);
    missed(&ground.day(ground.up(), 5).0);
    assert_eq!(ground.day(ground.up(), 6).0.warnings, [""; 0], "it was told");
    let report = super::verified(&ground.root());
    assert_eq!((report.coverage.sealed, report.coverage.missing), (4, 2));
}

#[test]
fn a_spool_from_a_backup_stores_nothing_twice() {
    let ground = waiting();
    let backup = ground.copied();
    super::runtime().block_on(ground.other().play(4)).unwrap();
    let (drain, _) = ground.day(ground.up(), 5);
    assert_eq!((drain.stored.len(), drain.linked_anew), (2, 2));
    assert_eq!(drain.linked_behind.map(|head| head.0 + 1), Some(drain.stored[0].sequence.0));
    let records = ground.names(".json");
    fs::remove_dir_all(ground.spool()).unwrap();
    let from = backup.spool();
    assert!(Command::new("cp").arg("-a").args([from, ground.spool()]).status().unwrap().success());
    let (again, _) = ground.day(ground.up(), 6);
    assert_eq!((again.linked_anew, again.waiting, again.warnings.len()), (0, 0, 0), "{again:?}");
    let told = |drain: &collector::spool::Drain| -> Vec<_> {
        drain.stored.iter().map(|stored| (stored.sequence, stored.waited.clone())).collect()
    };
    assert_eq!(told(&again), told(&drain), "the records of the earlier run are named");
    assert!(again.stored.iter().all(|stored| stored.stored_utc.is_none()));
    assert_eq!(ground.names(".json"), records + 1, "only the new day was added");
    ground.whole(6);
}

#[test]
fn a_store_that_lost_records_gets_no_more() {
    let ground = waiting();
    fs::remove_file(ground.root().join("chain/0000000002.json")).unwrap();
    let told = told(&ground, ground.up());
    assert!(told.contains("has 2 records, but 3 were seen there before"), "{told}");
}

#[test]
fn a_spool_is_for_one_store_and_for_nobody_else_to_read() {
    let ground = waiting();
    fs::set_permissions(ground.spool(), fs::Permissions::from_mode(0o750)).unwrap();
    let remote = || Arc::new(ground.up());
    assert!(matches!(open(&ground.spool(), remote()), Err(StoreError::Spool(SpoolError::Shared(_)))));
    fs::set_permissions(ground.spool(), fs::Permissions::from_mode(0o700)).unwrap();
    let elsewhere = Arc::new(collector::store::DirStore::new(ground.root()));
    assert!(matches!(
        open(&ground.spool(), elsewhere),
        Err(StoreError::Spool(SpoolError::Foreign { found, .. })) if found == "s3://acme/evidence"
    ));
    let made = ground.folder.path().join("new/spool");
    drop(open(&made, remote()).unwrap());
    assert_eq!(fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o700);
}
