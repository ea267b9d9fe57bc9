//! Long runs against S3 while requests and answers get lost: two collectors that write to one chain again and
//! again at the same moment, and one that collects day after day. Never a fork, never a lost record, nothing
//! written twice, and no memory that grows.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "support/proxy.rs"]
mod proxy;
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "support/runs.rs"]
mod runs;
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "support/seaweed.rs"]
mod seaweed;

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use collector::chain::ChainState;
use collector::demo::runner::{Demo, DemoError, DemoPlan};
use collector::demo::scenario::Scenario;
use collector::nonce::GeneratedNonces;
use collector::session::{Built, Session, SessionError, small_record};
use collector::store::s3::{LockMode, S3Limits, S3Settings, StorageClass};
use collector::store::{S3Store, Store};
use verify_core::model::{Exception, ExceptionDocument, Kind, Sequence};

use proxy::{Fault, Proxy};
use seaweed::{SERVER, Seaweed};

/// Rounds, of two records each, unless the variable `ROUNDS` says otherwise.
const USUAL: usize = 50;
/// Cycles, unless the variable `CYCLES` says otherwise.
const USUAL_CYCLES: u32 = 40;
/// Runs of a cycle until it is stored, at most: whoever schedules it runs it again when it fails.
const RUNS: u32 = 4;
/// Rounds or cycles after which nothing is new any more: connections, buffers, threads.
const WARM: usize = 15;
/// Bytes by which both collectors, their chains and both proxies may grow from then on.
const GROWTH: usize = 48 << 20;

/// A store in `bucket`, reached at `address`.
fn open(bucket: &str, address: &str) -> S3Store {
    let settings = S3Settings {
        location: format!("s3://{bucket}/acme").parse().unwrap(),
        mode: LockMode::Compliance,
        retention_days: 2,
        legal_hold: false,
        storage_class: StorageClass::STANDARD,
        encryption_key: None,
    };
    let limits = S3Limits { first_pause: Duration::from_millis(10), attempts: 6, ..S3Limits::default() };
    S3Store::over(Seaweed::access(address), settings, limits).unwrap()
}

/// A proxy that treats one request in `one_in` badly; which one and how follows from the seed.
fn unruly(seed: u64, one_in: usize) -> Proxy {
    let proxy = Proxy::start(SERVER.port());
    let mut state = seed;
    proxy.set(move |_, _| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let pick = usize::try_from(state >> 40).unwrap();
        let faults = [
            Fault::DropBefore,
            Fault::DropAfter,
            Fault::Truncate,
            Fault::Twice,
            Fault::Delay(30),
            Fault::Answer(503, "SlowDown"),
        ];
        pick.is_multiple_of(one_in).then(|| faults[(pick / one_in) % faults.len()])
    });
    proxy
}

/// Commits one record that says who wrote it and in which round; its place in the chain.
fn write(
    session: &Session,
    chain: &mut ChainState,
    writer: &str,
    round: usize,
) -> Result<Sequence, SessionError> {
    let document = ExceptionDocument {
        exception: Exception {
            control_id: "CC6.1".to_owned(),
            resource: "security_roles".to_owned(),
            entity: format!("role-{round}"),
            owner: writer.to_owned(),
            approved_by: writer.to_owned(),
            ticket: format!("CHG-{round}"),
            reason: "a round".to_owned(),
            valid_from_utc: "2026-05-01T00:00:00Z".parse().unwrap(),
            expires_utc: "2026-06-01T00:00:00Z".parse().unwrap(),
        },
    };
    let record = session.commit::<SessionError>(chain, |_| {
        let rules = session.rules.configured(&session.schedule);
        let draft = small_record(Kind::Exception, &document, &rules, writer)?;
        Ok(Some(Built { draft, rules }))
    })?;
    Ok(record.unwrap().sequence)
}

/// Resident bytes of this process.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<usize>().unwrap() << 10
}

fn told(error: &dyn Error) -> String {
    let cause = error.source().map(|cause| format!(": {}", told(cause)));
    format!("{error}{}", cause.unwrap_or_default())
}

#[test]
fn two_collectors_meet_in_every_round_and_every_fault_meets_them() {
    let rounds = std::env::var("ROUNDS").map_or(USUAL, |rounds| rounds.parse().unwrap());
    assert!(rounds > WARM, "{rounds}");
    let bucket = SERVER.bucket();
    let unused = tempfile::tempdir().unwrap();
    let start = Barrier::new(2);
    let (mut ends, mut sizes) = (Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        let run = |writer: &'static str, seed: u64| {
            let (bucket, start, root) = (&bucket, &start, unused.path());
            scope.spawn(move || {
                let proxy = unruly(seed, 15);
                let store: Arc<dyn Store> = Arc::new(open(bucket, &proxy.address()));
                let plan = runs::plan(root.join("unused"), 1);
                let demo = Demo::on(plan, store, Arc::new(GeneratedNonces::from_seed(seed))).unwrap();
                let session = demo.session().clone();
                let mut chain = session.chain_or_genesis().unwrap();
                let mut ends = Vec::new();
                let mut sizes = Vec::new();
                for round in 0..rounds {
                    start.wait();
                    ends.push(write(&session, &mut chain, writer, round));
                    if round == WARM {
                        sizes.push(resident());
                    }
                    // What a test remembers is no growth of the program.
                    if round % 25 == 0 {
                        proxy.forget();
                    }
                }
                sizes.push(resident());
                (ends, sizes)
            })
        };
        let (one, two) = (run("one", 1), run("two", 2));
        for thread in [one, two] {
            let (end, size) = thread.join().unwrap();
            ends.extend(end);
            sizes.push(size);
        }
    });
    let sequences: BTreeSet<u64> =
        ends.into_iter().map(|end| end.unwrap_or_else(|error| panic!("{}", told(&error))).0).collect();
    let expected: BTreeSet<u64> = (1..=2 * rounds as u64).collect();
    assert_eq!(sequences, expected, "every record has a place of its own, and no place is empty");

    let store = open(&bucket, &SERVER.address());
    let chain = ChainState::replay(&store).unwrap().unwrap();
    assert_eq!(chain.head, Sequence(2 * rounds as u64));
    let written: BTreeSet<(String, String)> =
        chain.exceptions.iter().map(|(_, found)| (found.owner.clone(), found.entity.clone())).collect();
    assert_eq!((chain.exceptions.len(), written.len()), (2 * rounds, 2 * rounds), "each once");
    for size in sizes {
        assert!(size[1] < size[0] + GROWTH, "from {} to {} bytes", size[0], size[1]);
    }
}

#[test]
fn cycle_after_cycle_is_stored_once_whatever_happens_to_requests() {
    let cycles = std::env::var("CYCLES").map_or(USUAL_CYCLES, |cycles| cycles.parse().unwrap());
    assert!(cycles as usize > WARM, "{cycles}");
    let (bucket, folder) = (SERVER.bucket(), tempfile::tempdir().unwrap());
    let proxy = unruly(3, 6);
    let store: Arc<dyn Store> = Arc::new(open(&bucket, &proxy.address()));
    let scenario = Scenario::quiet("2026-05-01".parse().unwrap());
    let plan = DemoPlan { scenario, ..runs::plan(folder.path().join("unused"), cycles) };
    let mut demo = Demo::on(plan, store, Arc::new(GeneratedNonces::from_seed(3))).unwrap();
    let mut run_again = 0;
    let mut sizes = Vec::new();
    for day in 1..=cycles {
        for run in 1.. {
            match runs::runtime().block_on(demo.play(day)) {
                // Stored by an earlier run, whose last answers got lost.
                Ok(_) | Err(DemoError::Answered(_)) => break,
                Err(error) => assert!(run < RUNS, "day {day}: {}", told(&error)),
            }
            run_again += 1;
        }
        if day as usize == WARM {
            sizes.push(resident());
        }
        if day % 5 == 0 {
            proxy.forget();
        }
    }
    sizes.push(resident());
    println!("{cycles} cycles, {run_again} runs had to be repeated, resident bytes {sizes:?}");

    let copy = folder.path().join("copy");
    SERVER.download(&bucket, "acme", &copy);
    let report = runs::verified(&copy);
    assert_eq!(runs::against(&report), [""; 0]);
    let coverage = &report.coverage;
    assert_eq!((coverage.sealed, coverage.missing), (u64::from(cycles), 0));
    assert!(sizes[1] < sizes[0] + GROWTH, "from {} to {} bytes", sizes[0], sizes[1]);
}
