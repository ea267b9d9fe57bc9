//! SIGKILL before and after every file call of a first day: genesis, snapshot and approval, each with
//! its package, its commit and its signed checkpoint.
//!
//! The harness lets one undisturbed child list its calls. Then, for each call, a child process really
//! kills itself there. What it leaves must verify, and the next run must continue it.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use collector::demo::runner::{Demo, DemoError};
use collector::nonce::GeneratedNonces;
use collector::store::{DirStore, FileCalls, RealFiles};
use verify_core::model::Kind;
use verify_core::report::VerdictWord;

#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "support/runs.rs"]
mod support;

use support::{against, plan, runtime, verified};

/// The environment of a child: where it works, at which call it dies, and where it lists its calls.
const ROOT: &str = "COLLECTOR_KILL_ROOT";
const AT: &str = "COLLECTOR_KILL_AT";
const LIST: &str = "COLLECTOR_KILL_LIST";

/// Where a process dies.
#[derive(Debug, Clone, Copy)]
enum Moment {
    Before,
    After,
}

/// Real files that count calls, and kill their own process at one of them.
struct KillingFiles {
    calls: AtomicUsize,
    at: Option<(usize, Moment)>,
    list: Option<PathBuf>,
}

impl KillingFiles {
    fn call<T>(&self, what: &str, path: &Path, real: impl FnOnce(RealFiles) -> T) -> T {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        if let Some(list) = &self.list {
            use std::io::Write;
            let mut file = File::options().create(true).append(true).open(list).unwrap();
            writeln!(file, "{what} {}", path.file_name().unwrap_or_default().to_string_lossy()).unwrap();
        }
        if matches!(self.at, Some((at, Moment::Before)) if at == number) {
            die();
        }
        let result = real(RealFiles);
        if matches!(self.at, Some((at, Moment::After)) if at == number) {
            die();
        }
        result
    }
}

fn die() -> ! {
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).unwrap();
    unreachable!("a process does not survive SIGKILL");
}

impl FileCalls for KillingFiles {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.call("create_dir", path, |real| real.create_dir(path))
    }

    fn create_new(&self, path: &Path) -> io::Result<File> {
        self.call("create_new", path, |real| real.create_new(path))
    }

    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        self.call("write", Path::new(""), |real| real.write(file, bytes))
    }

    fn set_read_only(&self, file: &File) -> io::Result<()> {
        self.call("set_read_only", Path::new(""), |real| real.set_read_only(file))
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        self.call("sync", Path::new(""), |real| real.sync(file))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.call("sync_dir", path, |real| real.sync_dir(path))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call("link", to, |real| real.link(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call("remove", path, |real| real.remove(path))
    }

    fn remove_abandoned(&self, path: &Path) -> io::Result<bool> {
        self.call("remove_abandoned", path, |real| real.remove_abandoned(path))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<OsString>> {
        self.call("list", path, |real| real.list(path))
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.call("read", path, |real| real.read(path, limit))
    }
}

/// One first day on the store in `root`. A run of its own has nonces of its own, as in real life.
fn first_day(root: &Path, files: Arc<dyn FileCalls>, nonces: u64) -> Result<(), DemoError> {
    let store = Arc::new(DirStore::with_files(root, files));
    let mut demo = Demo::on(plan(root.to_owned(), 2), store, Arc::new(GeneratedNonces::from_seed(nonces)))?;
    runtime().block_on(demo.play(1)).map(drop)
}

/// The child: a day that may die at one call. Without a place of its own it is a day that lives.
#[test]
fn child_day() {
    let own = tempfile::tempdir().unwrap();
    let root = std::env::var_os(ROOT).map_or_else(|| own.path().join("evidence"), PathBuf::from);
    let at = std::env::var(AT).ok().map(|text| {
        let (number, moment) = text.split_once(' ').unwrap();
        (number.parse().unwrap(), if moment == "before" { Moment::Before } else { Moment::After })
    });
    let list = std::env::var_os(LIST).map(PathBuf::from);
    first_day(&root, Arc::new(KillingFiles { calls: AtomicUsize::new(0), at, list }), 1).unwrap();
    assert_eq!(verified(&root).verdict.word, VerdictWord::Verified);
}

fn child(root: &Path, at: Option<(usize, &str)>, list: Option<&Path>) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child_day"]).env(ROOT, root);
    if let Some((number, moment)) = at {
        command.env(AT, format!("{number} {moment}"));
    }
    if let Some(list) = list {
        command.env(LIST, list);
    }
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).status().unwrap()
}

#[test]
fn every_call_may_be_the_last_one() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("calls.txt");
    assert!(child(&folder.path().join("whole"), None, Some(&list)).success());
    let listed = std::fs::read_to_string(&list).unwrap();
    let calls: Vec<&str> = listed.lines().collect();
    // Three records, each a package, a commit and a checkpoint of at least seven calls.
    assert!(calls.len() > 63, "{calls:?}");
    let notes = calls.iter().filter(|call| call.starts_with("link") && call.ends_with(".checkpoint"));
    assert_eq!(notes.count(), 3, "{calls:?}");
    for kind in ["create_dir", "create_new", "write", "set_read_only", "sync", "sync_dir", "link", "remove"] {
        assert!(calls.iter().any(|call| call.starts_with(kind)), "{kind} is not among {calls:?}");
    }
    // Two children at a time: each spends much of its life waiting for the disk.
    std::thread::scope(|scope| {
        for half in 0..2 {
            let (calls, folder) = (&calls, folder.path());
            scope.spawn(move || {
                for (number, call) in calls.iter().enumerate().filter(|(number, _)| number % 2 == half) {
                    for moment in ["before", "after"] {
                        killed_and_continued(
                            &folder.join(format!("{number}-{moment}")),
                            number,
                            moment,
                            call,
                        );
                    }
                }
            });
        }
    });
}

fn killed_and_continued(root: &Path, number: usize, moment: &str, call: &str) {
    use std::os::unix::process::ExitStatusExt;

    let place = format!("killed {moment} call {number} ({call})");
    let status = child(root, Some((number, moment)), None);
    assert_eq!(status.signal(), Some(9), "{place}: {status}");
    let committed = committed(root);
    // Whatever happened, only the newest record can be without its checkpoint.
    let signed = named(root, ".checkpoint");
    assert!(signed == committed || signed + 1 == committed, "{place}: {signed} of {committed} signed");
    if committed > 0 {
        let report = verified(root);
        assert_eq!(against(&report), [""; 0], "{place}");
        // A chain that has not covered any day yet is whole, but nothing to be sure of.
        let snapshot = report.records.iter().any(|record| record.kind == Kind::Snapshot);
        let expected = if snapshot { VerdictWord::Verified } else { VerdictWord::Inconclusive };
        assert_eq!(report.verdict.word, expected, "{place}: {:?}", report.findings);
    }
    match first_day(root, Arc::new(RealFiles), 2) {
        Ok(()) => {}
        // The snapshot was committed before the process died: the day needs no other.
        Err(DemoError::Answered(1)) => assert!(committed >= 2, "{place}"),
        Err(other) => panic!("{place}: {other}: {:?}", std::error::Error::source(&other)),
    }
    let report = verified(root);
    assert_eq!(against(&report), [""; 0], "{place}, continued");
    assert_eq!(report.verdict.word, VerdictWord::Verified, "{place}, continued: {:?}", report.findings);
    assert_eq!((report.coverage.sealed, report.coverage.missing), (1, 0), "{place}, continued");
    assert_eq!(named(root, ".checkpoint"), self::committed(root), "{place}, continued");
    let left: Vec<_> = std::fs::read_dir(root.join("chain"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    // A run that wrote nothing had no reason to sweep.
    assert!(left.is_empty() || self::committed(root) == committed, "{place}: {left:?}");
}

fn committed(root: &Path) -> usize {
    named(root, ".json")
}

/// Files in `chain/` named by ten digits and `ending`.
fn named(root: &Path, ending: &str) -> usize {
    let names = std::fs::read_dir(root.join("chain")).map(|entries| {
        entries
            .map(|entry| entry.expect("a readable folder").file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(ending).map(str::to_owned))
            .filter(|digits| digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .count()
    });
    names.unwrap_or(0)
}
