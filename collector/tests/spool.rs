//! Cycles that wait for their store: sealed while it is down, committed in their order later, linked anew behind
//! another collector's records, and never lost, doubled or signed too early, wherever a run is cut or killed.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

#[path = "spool/cut.rs"]
mod cut;
#[path = "spool/damage.rs"]
mod damage;
#[path = "spool/days.rs"]
mod days;
#[path = "spool/killed.rs"]
mod killed;
#[path = "support/remote.rs"]
mod remote;
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "support/runs.rs"]
mod runs;
#[path = "spool/s3.rs"]
mod s3;
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "support/seaweed.rs"]
mod seaweed;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use collector::cycle::CycleReport;
use collector::demo::runner::Demo;
use collector::nonce::GeneratedNonces;
use collector::session::Session;
use collector::spool::{Drain, Spool, SpoolStore};
use collector::store::{Store, StoreError};
use verify_core::model::{Manifest, Proof};
use verify_core::report::{Report, VerdictWord};

use remote::{Quick, Remote};
use runs::{against, plan, runtime, verified};

/// A place with a store and a spool, and the days of a demo played into it.
struct Ground {
    folder: tempfile::TempDir,
}

impl Ground {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// The same place once more.
    fn copied(&self) -> Self {
        let copy = Self::new();
        let from = self.folder.path().join(".");
        assert!(Command::new("cp").arg("-a").arg(from).arg(copy.folder.path()).status().unwrap().success());
        copy
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("evidence")
    }

    fn spool(&self) -> PathBuf {
        self.folder.path().join("spool")
    }

    /// A store with the spool before it, as a run opens it.
    fn open(&self, remote: Remote) -> Arc<SpoolStore> {
        open(&self.spool(), Arc::new(remote)).unwrap()
    }

    /// A run of its own that collects `day`, with the store as it reaches it.
    fn day(&self, remote: Remote, day: u32) -> (Drain, CycleReport) {
        let store = self.open(remote);
        let mut demo = demo(&self.root(), Arc::new(Remote::up(&self.root())), day.into());
        run(&mut demo, &store, day)
    }

    fn up(&self) -> Remote {
        Remote::up(&self.root())
    }

    fn down(&self) -> Remote {
        Remote::up(&self.root()).down()
    }

    /// A collector of its own on the same store, without any spool.
    fn other(&self) -> Demo {
        demo(&self.root(), Arc::new(Remote::up(&self.root())), 99)
    }

    fn manifest(&self, sequence: u64) -> Manifest {
        let path = self.root().join(format!("chain/{sequence:010}.json"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    fn names(&self, ending: &str) -> usize {
        let names = std::fs::read_dir(self.root().join("chain")).unwrap();
        names.filter(|name| name.as_ref().unwrap().file_name().to_str().unwrap().ends_with(ending)).count()
    }

    /// The files that wait.
    fn waiting(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(self.spool()).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name().to_str().unwrap().starts_with("waiting-") {
                let files = std::fs::read_dir(entry.path()).unwrap().map(|file| file.unwrap().path());
                found.extend(files.filter(|path| path.extension().is_some_and(|ending| ending == "zip")));
            }
        }
        found.sort_unstable();
        found
    }

    /// That the chain is whole, all of it is signed, and `sealed` days are covered with none missing.
    fn whole(&self, sealed: u64) -> Report {
        let report = verified(&self.root());
        assert_eq!(against(&report), [""; 0]);
        assert_eq!(report.verdict.word, VerdictWord::Verified, "{:?}", report.findings);
        assert_eq!((report.coverage.sealed, report.coverage.missing), (sealed, 0));
        assert_eq!(self.names(".checkpoint"), self.names(".json"), "everything committed is signed");
        report
    }
}

fn open(folder: &Path, remote: Arc<dyn Store>) -> Result<Arc<SpoolStore>, StoreError> {
    let spool = Spool::with_files(folder, &remote.location(), Arc::new(Quick))?;
    Ok(Arc::new(SpoolStore::new(remote, spool)))
}

fn demo(root: &Path, store: Arc<dyn Store>, nonces: u64) -> Demo {
    Demo::on(plan(root.to_owned(), 8), store, Arc::new(GeneratedNonces::from_seed(nonces))).unwrap()
}

/// What a run on `day` does first: what waits is stored, and the chain is read.
fn begin(demo: &mut Demo, store: &Arc<SpoolStore>, day: u32) -> Drain {
    demo.sleep_until(day);
    let session = Session { store: store.clone(), ..demo.session().clone() };
    let (drain, _) = store.begin(&session).unwrap();
    demo.go_on_with(store.clone()).unwrap();
    drain
}

/// One run of the program: what waits is stored, then the cycle of `day` is collected.
fn run(demo: &mut Demo, store: &Arc<SpoolStore>, day: u32) -> (Drain, CycleReport) {
    let drain = begin(demo, store, day);
    let played = runtime().block_on(demo.play(day)).unwrap();
    (drain, played.report().unwrap().clone())
}

/// The reason for which a record says that it was stored late.
fn waited(manifest: &Manifest) -> Option<&str> {
    let told = manifest.omissions.iter().find(|omission| omission.proof == Proof::Store)?;
    Some(&told.reason)
}
