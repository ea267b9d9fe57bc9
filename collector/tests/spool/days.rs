//! Days without a store.

use std::process::Command;
use std::sync::Arc;

use collector::cycle::CycleOutcome;
use collector::demo::runner::{Demo, DemoPlan};
use collector::demo::scenario::{Event, Scenario};
use collector::nonce::GeneratedNonces;
use collector::notes::told;
use collector::session::{Built, SessionError, small_record};
use collector::spool::SpoolError;
use collector::store::{Store, StoreError};
use verify_core::finding::Code;
use verify_core::model::{Kind, Proof, Sequence};

use super::{Ground, against, begin, demo, open, run, runtime, verified, waited};

/// A chain with its first day stored, through the spool.
fn begun() -> Ground {
    let ground = Ground::new();
    let (drain, report) = ground.day(ground.up(), 1);
    assert_eq!((drain.stored.len(), drain.waiting, drain.away), (0, 0, None));
    assert!(report.stored_utc.is_some() && ground.waiting().is_empty());
    ground
}

#[test]
fn days_without_a_store_are_sealed_linked_and_committed_later_as_they_are() {
    let ground = begun();
    let records = ground.names(".json");
    for day in 2..=4 {
        let waiting = ground.waiting().len();
        let (drain, report) = ground.day(ground.down(), day);
        assert_eq!(drain.waiting, waiting);
        assert!(drain.away.unwrap().contains("cannot be reached"));
        assert_eq!((report.stored_utc, report.checkpoint.as_deref()), (None, None));
        assert_eq!(report.drift.as_ref().unwrap().against_previous, 0, "it is compared with the day before");
        assert_eq!(report.ending(&[]).code(), 4);
        assert_eq!((ground.names(".json"), ground.waiting().len()), (records, waiting + 1));
    }
    let sealed: Vec<_> = ground.waiting().iter().map(|path| std::fs::read(path).unwrap()).collect();
    let (drain, report) = ground.day(ground.up(), 5);
    assert_eq!((drain.stored.len(), drain.linked_anew, drain.waiting), (3, 0, 0));
    assert!(report.stored_utc.is_some() && report.omissions.is_empty());
    assert!(ground.waiting().is_empty());
    for (index, stored) in (0_u64..).zip(&drain.stored) {
        let manifest = ground.manifest(records as u64 + index);
        assert_eq!(manifest.sequence, stored.sequence);
        assert_eq!(manifest.sealed_utc, stored.sealed_utc);
        assert!(stored.stored_utc.unwrap() > stored.sealed_utc, "{stored:?}");
        assert!(waited(&manifest).unwrap().contains("cannot be reached"));
        // The first one still carries the note over all before it; what follows could not be signed yet.
        let late = manifest.omissions.iter().any(|omission| omission.proof == Proof::Checkpoint);
        assert_eq!(late, index > 0);
        let package = manifest.payload_path.split('#').next().unwrap();
        let bytes = std::fs::read(ground.root().join(package)).unwrap();
        assert!(sealed.contains(&bytes), "it is stored as it was sealed");
    }
    let report = ground.whole(5);
    let late = report.findings.iter().filter(|finding| finding.code == Code::SigLate).count();
    assert_eq!(late, 2, "{:?}", report.findings);
    let told = report.records.iter().filter_map(|record| record.note.as_deref());
    assert_eq!(
        told.filter(|note| note.starts_with("sealed 2026-05-0") && note.contains("stored later")).count(),
        3
    );
    // The second implementation knows such records too.
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../verify-core/python/verify.py");
    let judged = Command::new("python3").arg(script).arg(ground.root()).output().unwrap();
    let said = String::from_utf8_lossy(&judged.stdout).into_owned();
    assert_eq!(judged.status.code(), Some(0), "{said}");
    assert!(said.contains("SIG-LATE"), "{said}");
}

#[test]
fn behind_another_collector_everything_that_waits_is_judged_and_sealed_anew() {
    let ground = begun();
    for day in [2, 3] {
        ground.day(ground.down(), day);
    }
    let mut other = ground.other();
    // One of the very same slots, and one that nobody else answers.
    for day in [3, 4] {
        runtime().block_on(other.play(day)).unwrap();
    }
    let before = ground.names(".json") as u64;
    let (drain, report) = ground.day(ground.up(), 5);
    assert_eq!((drain.stored.len(), drain.linked_anew, drain.waiting), (2, 2, 0));
    assert_eq!(report.sequence, Sequence(before + 2));
    for (index, stored) in (0_u64..).zip(&drain.stored) {
        let manifest = ground.manifest(before + index);
        assert_eq!((manifest.kind, manifest.sequence), (Kind::Snapshot, stored.sequence));
        let reason = waited(&manifest).unwrap();
        assert!(reason.starts_with("first sealed at 2026-05-0"), "{reason}");
        // The collection is that of its day, the sealing that of now.
        assert!(
            manifest.finished_utc < manifest.sealed_utc
                && manifest.sealed_utc >= ground.manifest(before - 1).sealed_utc
        );
    }
    // Day 3 has two records: both stand in the row of its slot.
    let report = ground.whole(5);
    let snapshots = report.records.iter().filter(|record| record.kind == Kind::Snapshot).count();
    assert_eq!(snapshots, 6);
}

#[test]
fn failures_wait_too_and_are_linked_anew() {
    let ground = begun();
    let outage = Scenario::default_month().unwrap().with(Event::Outage { day: 2 });
    let plan = DemoPlan { scenario: outage.first_days(8), ..super::plan(ground.root(), 8) };
    let nonces = Arc::new(GeneratedNonces::from_seed(2));
    let mut demo = Demo::on(plan, Arc::new(ground.up()), nonces).unwrap();
    let (_, report) = run(&mut demo, &ground.open(ground.down()), 2);
    assert!(matches!(report.outcome, CycleOutcome::Failed(_)));
    assert_eq!(report.ending(&[]).code(), 4, "what is not stored outranks what failed");
    drop(demo);
    runtime().block_on(ground.other().play(3)).unwrap();
    let (drain, _) = ground.day(ground.up(), 4);
    assert_eq!((drain.stored.len(), drain.linked_anew), (1, 1));
    let report = verified(&ground.root());
    assert_eq!(against(&report), [""; 0]);
    assert_eq!((report.coverage.sealed, report.coverage.failed, report.coverage.missing), (3, 1, 0));
}

#[test]
fn only_cycles_wait_and_no_chain_begins_in_a_spool() {
    let ground = Ground::new();
    let store = ground.open(ground.down());
    assert!(matches!(store.records(), Err(StoreError::S3 { .. })), "nothing is known of the chain");
    drop(store);
    ground.day(ground.up(), 1);
    let store = ground.open(ground.down());
    let mut demo = demo(&ground.root(), Arc::new(ground.up()), 3);
    begin(&mut demo, &store, 2);
    let refused =
        demo.session().commit::<SessionError>(&mut demo.session().chain().unwrap().unwrap(), |chain| {
            let rules = demo.session().rules.configured(&demo.session().schedule);
            let document = serde_json::json!({"explanation": {"written_after": chain.head.0}});
            let draft = small_record(Kind::Explanation, &document, &rules, "j.doe")?;
            Ok(Some(Built { draft, rules }))
        });
    let why = told(&refused.unwrap_err());
    assert!(why.contains("only cycles wait in a spool"), "{why}");
    assert!(ground.waiting().is_empty());
    assert!(matches!(
        open(&ground.spool(), Arc::new(ground.up())),
        Err(StoreError::Spool(SpoolError::Busy(_)))
    ));
}
