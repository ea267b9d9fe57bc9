//! The line to the store is cut at every call of a run, before the call is done and after: the next run finds out what
//! happened, and in the end every cycle stands in the chain exactly once.

use std::sync::Arc;

use verify_core::model::Kind;

use super::remote::{Cut, Remote};
use super::{Ground, begin, demo, run, runtime, verified};

/// What happens before the run whose line is cut.
#[derive(Debug, Clone, Copy)]
enum Before {
    /// A stored day.
    Day,
    /// Two days that wait.
    Waiting,
    /// Two days that wait, and another collector's day in the store.
    Behind,
}

fn prepared(before: Before) -> Ground {
    let ground = Ground::new();
    ground.day(ground.up(), 1);
    if matches!(before, Before::Waiting | Before::Behind) {
        ground.day(ground.down(), 2);
        ground.day(ground.down(), 3);
    }
    if matches!(before, Before::Behind) {
        runtime().block_on(ground.other().play(4)).unwrap();
    }
    ground
}

/// Plays day 5 with the line cut at one call, then day 6 with a whole one; the calls of day 5.
fn cut_and_continued(prepared: &Ground, before: Before, cut: Option<Cut>) -> usize {
    let place = format!("{before:?}, {cut:?}");
    let ground = prepared.copied();
    let remote = match cut {
        Some(cut) => Remote::cut(&ground.root(), cut),
        None => Remote::up(&ground.root()),
    };
    let remote = Arc::new(remote);
    let whole: Arc<dyn collector::store::Store> = Arc::new(Remote::up(&ground.root()));
    let mut demo = demo(&ground.root(), whole.clone(), 2);
    let store = super::open(&ground.spool(), remote.clone()).unwrap();
    begin(&mut demo, &store, 5);
    let day = runtime().block_on(demo.play(5)).unwrap_or_else(|error| panic!("{place}: {error:?}"));
    let report = day.report().unwrap();
    assert_eq!(
        report.stored_utc.is_none(),
        store
            .waiting()
            .unwrap()
            .iter()
            .any(|waiting| waiting.manifest.scheduled_utc == Some(report.scheduled_utc)),
        "{place}"
    );
    let calls = remote.calls();
    demo.go_on_with(whole).unwrap();
    drop(store);
    let store = ground.open(Remote::up(&ground.root()));
    let (drain, _) = run(&mut demo, &store, 6);
    assert_eq!((drain.away, drain.waiting), (None, 0), "{place}");
    assert!(ground.waiting().is_empty(), "{place}");
    let report = verified(&ground.root());
    assert_eq!(super::against(&report), [""; 0], "{place}");
    let mut slots: Vec<_> = report
        .records
        .iter()
        .filter(|record| record.kind == Kind::Snapshot)
        .map(|record| record.scheduled_utc.unwrap())
        .collect();
    let records = slots.len();
    slots.sort_unstable();
    slots.dedup();
    let expected = match before {
        Before::Day => 3,
        Before::Waiting => 5,
        Before::Behind => 6,
    };
    assert_eq!(
        (records, slots.len()),
        (expected, expected),
        "{place}: nothing is lost, nothing is written twice"
    );
    assert_eq!(ground.names(".checkpoint"), ground.names(".json"), "{place}");
    calls
}

fn everywhere(before: Before) {
    let ground = prepared(before);
    let calls = cut_and_continued(&ground, before, None);
    assert!(calls > 15, "{calls}");
    for number in 0..calls {
        cut_and_continued(&ground, before, Some(Cut::Before(number)));
        cut_and_continued(&ground, before, Some(Cut::After(number)));
    }
}

#[test]
fn a_run_that_is_cut_anywhere_loses_and_doubles_nothing() {
    everywhere(Before::Day);
}

#[test]
fn an_emptying_that_is_cut_anywhere_loses_and_doubles_nothing() {
    everywhere(Before::Waiting);
}

#[test]
fn a_linking_anew_that_is_cut_anywhere_loses_and_doubles_nothing() {
    everywhere(Before::Behind);
}
