//! SIGKILL before every call that changes a file: of the spool and of the store alike. What a killed run leaves is
//! continued by the next one, and in the end every cycle stands in the chain exactly once.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use collector::spool::{Spool, SpoolStore};
use collector::store::{FileCalls, Store};
use verify_core::model::Kind;

use super::remote::{Quick, Remote};
use super::{Ground, against, demo, run, runtime, verified};

/// The environment of a child: where it works, whether the store is down, at which call it dies, and where it
/// writes how many there were.
const PLACE: &str = "COLLECTOR_SPOOL_PLACE";
const DOWN: &str = "COLLECTOR_SPOOL_DOWN";
const AT: &str = "COLLECTOR_SPOOL_AT";

/// Real files that count the calls that change something, and kill their own process before one of them.
struct KillingFiles {
    calls: AtomicUsize,
    at: Option<usize>,
}

impl KillingFiles {
    fn change<T>(&self, real: impl FnOnce(Quick) -> T) -> T {
        if Some(self.calls.fetch_add(1, Ordering::SeqCst)) == self.at {
            let _dead =
                rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
            unreachable!("a process does not survive SIGKILL");
        }
        real(Quick)
    }
}

impl FileCalls for KillingFiles {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.change(|real| real.create_dir(path))
    }

    fn create_new(&self, path: &Path) -> io::Result<File> {
        self.change(|real| real.create_new(path))
    }

    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        self.change(|real| real.write(file, bytes))
    }

    fn set_read_only(&self, file: &File) -> io::Result<()> {
        Quick.set_read_only(file)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        Quick.sync(file)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        Quick.sync_dir(path)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(|real| real.link(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change(|real| real.remove(path))
    }

    fn remove_abandoned(&self, path: &Path) -> io::Result<bool> {
        Quick.remove_abandoned(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<OsString>> {
        Quick.list(path)
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        Quick.read(path, limit)
    }
}

/// The child: day 5, which may die at one call. Without a place it does nothing.
#[test]
fn child_run() {
    let Some(place) = std::env::var_os(PLACE).map(PathBuf::from) else { return };
    let at = std::env::var(AT).ok().map(|number| number.parse().unwrap());
    let files = Arc::new(KillingFiles { calls: AtomicUsize::new(0), at });
    let root = place.join("evidence");
    let remote = Remote::over(&root, files.clone());
    let remote = Arc::new(if std::env::var_os(DOWN).is_some() { remote.down() } else { remote });
    let spool = Spool::with_files(place.join("spool"), &remote.location(), files.clone()).unwrap();
    let store = Arc::new(SpoolStore::new(remote, spool));
    run(&mut demo(&root, Arc::new(Remote::up(&root)), 5), &store, 5);
    std::fs::write(place.join("calls"), files.calls.load(Ordering::SeqCst).to_string()).unwrap();
}

/// Runs the child in `place`; the signal that ended it.
fn child(place: &Path, down: bool, at: Option<usize>) -> Option<i32> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "killed::child_run"]).env(PLACE, place);
    if down {
        command.env(DOWN, "1");
    }
    if let Some(number) = at {
        command.env(AT, number.to_string());
    }
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    command.status().unwrap().signal()
}

/// Kills day 5 at every call in a copy of `ground`, and plays day 6 with a store that answers.
fn killed_everywhere(ground: &Ground, down: bool, snapshots: usize) {
    let whole = ground.copied();
    assert_eq!(child(whole.folder.path(), down, None), None);
    let calls: usize = std::fs::read_to_string(whole.folder.path().join("calls")).unwrap().parse().unwrap();
    // One package into the spool; or three records, each with package, commit and note, and all their copies.
    assert!(calls >= if down { 4 } else { 60 }, "{calls}");
    // Two children at a time: each spends much of its life waiting for the disk.
    std::thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || {
                for number in (0..calls).filter(|number| number % 2 == half) {
                    let place = ground.copied();
                    assert_eq!(child(place.folder.path(), down, Some(number)), Some(9), "call {number}");
                    continued(&place, number, snapshots);
                }
            });
        }
    });
}

fn continued(place: &Ground, number: usize, snapshots: usize) {
    let (drain, _) = place.day(place.up(), 6);
    assert_eq!((drain.away, drain.waiting), (None, 0), "killed at call {number}");
    let missed = drain.warnings.iter().find(|warning| warning.contains("is gone"));
    assert_eq!(missed, None, "killed at call {number}: nothing was removed");
    let report = verified(&place.root());
    assert_eq!(against(&report), [""; 0], "killed at call {number}");
    let mut slots: Vec<_> = report
        .records
        .iter()
        .filter(|record| record.kind == Kind::Snapshot)
        .map(|record| record.scheduled_utc.unwrap())
        .collect();
    let records = slots.len();
    slots.sort_unstable();
    slots.dedup();
    assert_eq!(slots.len(), records, "killed at call {number}: nothing is written twice");
    // Only the day that was being collected may be missing, if it was not sealed when the process died.
    let day_5 = "2026-05-05T08:00:00Z".parse().unwrap();
    assert_eq!(
        records + usize::from(!slots.contains(&day_5)),
        snapshots,
        "killed at call {number}: nothing is lost"
    );
}

#[test]
fn a_cycle_killed_at_any_step_into_the_spool_is_whole_or_not_there() {
    let ground = Ground::new();
    ground.day(ground.up(), 1);
    ground.day(ground.down(), 2);
    killed_everywhere(&ground, true, 4);
}

#[test]
fn an_emptying_and_linking_anew_killed_at_any_step_is_continued() {
    let ground = Ground::new();
    ground.day(ground.up(), 1);
    ground.day(ground.down(), 2);
    ground.day(ground.down(), 3);
    runtime().block_on(ground.other().play(4)).unwrap();
    killed_everywhere(&ground, false, 6);
}
