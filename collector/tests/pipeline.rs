//! Whole runs against the embedded tenant: what is sealed, verified by the library's own verifier.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::path::Path;
use std::sync::{Arc, Barrier};

use collector::chain::ChainState;
use collector::demo::runner::{Demo, DemoError, DemoPlan};
use collector::demo::scenario::Scenario;
use collector::demo::tenant::FaultSwitch;
use collector::nonce::GeneratedNonces;
use collector::store::{Attachment, Commit, DirStore, Store, StoreError, Terms, WritePackage};
use verify_core::finding::Code;
use verify_core::model::{ControlStatus, Kind, Sequence};
use verify_core::report::{SlotStatus, VerdictWord};
use verify_core::time::UtcTime;

#[path = "support/runs.rs"]
mod support;

use support::{against, files, plan, play, verified};

#[test]
fn the_month_tells_its_story_to_the_verifier() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("evidence");
    let mut demo = Demo::begin(plan(root.clone(), 30)).unwrap();
    play(&mut demo);
    demo.end().unwrap();
    let report = verified(&root);
    assert_eq!(against(&report), [""; 0]);
    assert_eq!(report.verdict.word, VerdictWord::Gaps, "{:?}", report.verdict);
    let days = |status| {
        let rows = report.coverage.rows.iter().filter(move |row| row.status == status);
        rows.map(|row| row.scheduled_utc.civil().day()).collect::<Vec<_>>()
    };
    assert_eq!(report.coverage.expected, 30);
    assert_eq!(days(SlotStatus::Failed), [17]);
    assert_eq!(days(SlotStatus::Missing), [28]);
    let cadence: Vec<_> =
        report.findings.iter().filter(|finding| finding.code == Code::ChainCadence).collect();
    assert_eq!(cadence.len(), 1);
    let failing = |control: &str, status| {
        let row = report.controls.iter().find(|row| row.control_id == control).unwrap();
        let cells = row.cells.iter().filter(move |cell| cell.recorded == status);
        cells.map(|cell| cell.scheduled_utc.unwrap().civil().day()).collect::<Vec<_>>()
    };
    assert_eq!(failing("CC6.1", ControlStatus::Fail), [9, 10, 11]);
    assert_eq!(failing("CC6.3", ControlStatus::Fail), [15]);
    assert_eq!(failing("CC6.6", ControlStatus::Fail), [20, 21]);
    assert_eq!(failing("CC7.2", ControlStatus::Fail), [13]);
    assert_eq!(failing("CC7.2", ControlStatus::NotEvaluated), [1]);
    assert_eq!(failing("CC6.3", ControlStatus::NotEvaluated), [19]);
    assert_eq!(failing("CC6.1", ControlStatus::NotEvaluated), [26]);
}

#[test]
fn equal_seeds_give_equal_bytes_in_any_folder_and_on_any_port() {
    let folder = tempfile::tempdir().unwrap();
    let roots = [folder.path().join("a"), folder.path().join("elsewhere/b")];
    let runs: Vec<_> = roots
        .iter()
        .map(|root| {
            let mut demo = Demo::begin(plan(root.clone(), 5)).unwrap();
            play(&mut demo);
            demo.end().unwrap();
            files(root)
        })
        .collect();
    assert_eq!(runs[0].len(), 21, "{:?}", runs[0].keys());
    assert!(runs[0] == runs[1], "two runs of one seed differ");
}

#[test]
fn a_fault_touches_its_resource_alone_and_the_day_after_shows_no_drift() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("evidence");
    let switch: FaultSwitch = "telephony_trunks=forbidden@2".parse().unwrap();
    let mut demo = Demo::begin(DemoPlan { faults: vec![switch], ..plan(root.clone(), 3) }).unwrap();
    let days = play(&mut demo);
    demo.end().unwrap();
    let incomplete = |day: usize| {
        let report = days[day].report().unwrap();
        report
            .resources
            .iter()
            .filter(|(_, resource)| resource.reason.is_some())
            .map(|(name, _)| name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(incomplete(1), ["telephony_trunks"]);
    assert_eq!(incomplete(2), [""; 0]);
    assert_eq!(days[2].report().unwrap().drift.as_ref().unwrap().against_previous, 0);
    assert_eq!(against(&verified(&root)), [""; 0]);
}

/// A run in which nothing happens, so that several clocks can be at one moment.
fn quiet(root: &Path, days: u32) -> DemoPlan {
    let scenario = Scenario::quiet("2026-05-01".parse().unwrap());
    DemoPlan { scenario, ..plan(root.to_owned(), days) }
}

/// A store that lets another writer win the first race for a given record.
struct Overtaken {
    inner: DirStore,
    at: Sequence,
    start: Barrier,
    done: Barrier,
    once: std::sync::atomic::AtomicBool,
}

impl Store for Overtaken {
    fn location(&self) -> String {
        self.inner.location()
    }
    fn records(&self) -> Result<u64, StoreError> {
        self.inner.records()
    }
    fn manifest(&self, sequence: Sequence) -> Result<Vec<u8>, StoreError> {
        self.inner.manifest(sequence)
    }
    fn terms(&self, sealed_utc: UtcTime) -> Terms {
        self.inner.terms(sealed_utc)
    }
    fn payload_path(&self, package: &str, member: &str) -> String {
        self.inner.payload_path(package, member)
    }
    fn package(&self, payload_path: &str) -> Result<Vec<u8>, StoreError> {
        self.inner.package(payload_path)
    }
    fn put_package(&self, package: &str, terms: &Terms, write: WritePackage<'_>) -> Result<(), StoreError> {
        self.inner.put_package(package, terms, write)
    }
    fn commit(&self, sequence: Sequence, terms: &Terms, manifest: &[u8]) -> Result<Commit, StoreError> {
        if sequence == self.at && !self.once.swap(true, std::sync::atomic::Ordering::SeqCst) {
            self.start.wait();
            self.done.wait();
        }
        self.inner.commit(sequence, terms, manifest)
    }
    fn put_attachment(
        &self,
        sequence: Sequence,
        kind: Attachment,
        bytes: &[u8],
    ) -> Result<Commit, StoreError> {
        self.inner.put_attachment(sequence, kind, bytes)
    }
    fn attachment(&self, sequence: Sequence, kind: Attachment) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.attachment(sequence, kind)
    }
    fn attachments(&self, kind: Attachment) -> Result<Vec<Sequence>, StoreError> {
        self.inner.attachments(kind)
    }
}

#[test]
fn the_loser_of_a_race_links_to_the_winner() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("evidence");
    let overtaken = Arc::new(Overtaken {
        inner: DirStore::new(&root),
        at: Sequence(1),
        start: Barrier::new(2),
        done: Barrier::new(2),
        once: std::sync::atomic::AtomicBool::new(false),
    });
    let one_day = || quiet(&root, 1);
    let mut slow = Demo::on(one_day(), overtaken.clone(), Arc::new(GeneratedNonces::from_seed(1))).unwrap();
    std::thread::scope(|scope| {
        let loser = scope.spawn(|| play(&mut slow));
        overtaken.start.wait();
        // The other collector runs its whole day while the first stands before its commit.
        let store = Arc::new(DirStore::new(&root));
        let mut fast = Demo::on(one_day(), store, Arc::new(GeneratedNonces::from_seed(2))).unwrap();
        let winner = play(&mut fast);
        overtaken.done.wait();
        let loser = loser.join().unwrap();
        assert_eq!(winner[0].report().unwrap().sequence, Sequence(1));
        assert_eq!(loser[0].report().unwrap().sequence, Sequence(2));
    });
    let report = verified(&root);
    assert_eq!(against(&report), [""; 0]);
    assert_eq!(report.chain.unwrap().uncommitted, 1);
    let chain = ChainState::replay(&DirStore::new(&root)).unwrap().unwrap();
    let answers: Vec<_> = chain.answers("2026-05-01T08:00:00Z".parse().unwrap()).collect();
    assert_eq!(
        answers.iter().map(|answer| (answer.kind, answer.complete)).collect::<Vec<_>>(),
        [(Kind::Snapshot, true), (Kind::Snapshot, true)]
    );
}

#[test]
fn two_collectors_at_once_never_fork_the_chain() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("evidence");
    let morning = Barrier::new(2);
    std::thread::scope(|scope| {
        for nonces in 1..=2 {
            let (root, morning) = (&root, &morning);
            scope.spawn(move || {
                let store = Arc::new(DirStore::new(root));
                let nonces = Arc::new(GeneratedNonces::from_seed(nonces));
                let mut demo = Demo::on(quiet(root, 3), store, nonces).unwrap();
                for day in 1..=3 {
                    morning.wait();
                    match support::runtime().block_on(demo.play(day)) {
                        // The other one was there first: as good as one's own.
                        Ok(_) | Err(DemoError::Answered(_)) => {}
                        Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
                    }
                }
            });
        }
    });
    let report = verified(&root);
    assert_eq!(against(&report), [""; 0]);
    assert_eq!((report.coverage.sealed, report.coverage.missing), (3, 0));
}
