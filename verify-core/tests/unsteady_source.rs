//! Sources that fail, hide or change while they are read: never a pass, and never a false accusation.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends at the first surprise"
)]

#[expect(dead_code, reason = "other tests tamper with more of it")]
#[path = "support/chain.rs"]
mod chain;
#[path = "support/documents.rs"]
mod documents;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use verify_core::coverage::Period;
use verify_core::report::{RecordSummary, Report, VerdictWord};
use verify_core::source::{Folder, Item, ItemKind, Memory, Source, SourceError};
use verify_core::verify::{InProcessEvaluators, Observer, Options, Progress, Silent, verify};

use chain::{standard, time, write_files};

/// Evidence in memory in which one file may not be read, or one folder not be searched.
struct Denied {
    inner: Memory,
    prefix: &'static str,
    /// Whether the listing itself lacks everything below the prefix.
    hidden: bool,
}

impl Denied {
    fn denies(&self, name: &str) -> bool {
        name.starts_with(self.prefix)
    }
}

impl Source for Denied {
    fn describe(&self) -> String {
        "denied".to_owned()
    }

    fn list(&self, limit: usize) -> Result<Vec<Item>, SourceError> {
        let mut items = self.inner.list(limit)?;
        if self.hidden {
            items.retain(|item| !self.denies(&item.name));
            let kind = ItemKind::Unreadable(io::ErrorKind::PermissionDenied);
            items.push(Item { name: self.prefix.to_owned(), exact: true, kind, size: 0, stamp: None });
        }
        Ok(items)
    }

    fn read(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        if self.denies(&item.name) {
            let source = io::ErrorKind::PermissionDenied.into();
            return Err(SourceError::Read { name: item.name.clone(), source });
        }
        self.inner.read(item, limit)
    }

    fn read_start(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        self.read(item, 1 << 30)
            .map(|bytes| bytes.into_iter().take(usize::try_from(limit).unwrap()).collect())
    }
}

fn judge(source: &dyn Source) -> Report {
    let period = Period { from_utc: None, to_utc: Some(time("2026-05-03T23:59:59Z")) };
    let options = Options { period, ..Options::default() };
    verify(source, &options, &InProcessEvaluators, &Silent)
}

fn codes(report: &Report) -> BTreeSet<&'static str> {
    report.findings.iter().map(|finding| finding.code.as_str()).collect()
}

fn not_evaluated(report: &Report, code: &str) -> u64 {
    report.checks.iter().find(|check| check.code.as_str() == code).unwrap().not_evaluated
}

#[test]
fn what_may_not_be_read_is_inconclusive_and_named_never_missing() {
    let chain = standard();
    let package: &'static str = Box::leak(chain.links[3].place.clone().into_boxed_str());
    for (prefix, hidden, skipped) in [
        (package, false, vec!["PKG-MISSING"]),
        ("packages/2026/05/02", true, vec!["PKG-MISSING"]),
        ("packages", true, vec!["PKG-MISSING"]),
        ("chain/0000000003.json", false, vec!["CHAIN-COPY"]),
        ("chain/0000000000.json", false, vec!["CHAIN-COPY"]),
    ] {
        let report = judge(&Denied { inner: Memory { files: chain.files() }, prefix, hidden });
        assert_eq!(report.verdict.exit_code, 5, "{prefix}: {:#?}", report.findings);
        assert_eq!(report.verdict.word, VerdictWord::Inconclusive);
        assert_eq!(codes(&report), BTreeSet::new(), "{prefix}: {:#?}", report.findings);
        let sentence = &report.verdict.sentence;
        assert!(sentence.contains(prefix) && sentence.contains("permission denied"), "{sentence}");
        assert!(report.not_claimed.iter().any(|claim| claim.contains(prefix)), "{:?}", report.not_claimed);
        for code in skipped {
            assert!(not_evaluated(&report, code) > 0, "{prefix}: {code} must be counted as not evaluated");
        }
    }
}

#[test]
fn a_gap_behind_an_unreadable_folder_is_no_accusation() {
    let mut files = standard().files();
    let third = standard().links[3].clone();
    files.remove(&third.commit_place());
    files.remove(&third.place);
    let whole = judge(&Memory { files: files.clone() });
    assert!(whole.verdict.exit_code == 1 && codes(&whole).contains("CHAIN-GAP"), "{:#?}", whole.findings);
    let report = judge(&Denied { inner: Memory { files }, prefix: "elsewhere", hidden: true });
    assert_eq!((report.verdict.exit_code, codes(&report)), (5, BTreeSet::new()), "{:#?}", report.findings);
    assert!(not_evaluated(&report, "CHAIN-GAP") > 0 && not_evaluated(&report, "CHAIN-CADENCE") > 0);
}

#[test]
fn nothing_that_can_be_read_is_not_nothing_there() {
    let report = judge(&Denied { inner: Memory { files: standard().files() }, prefix: "", hidden: true });
    assert_eq!((report.verdict.exit_code, codes(&report)), (5, BTreeSet::new()));
    assert!(report.verdict.sentence.contains("permission denied"), "{}", report.verdict.sentence);
}

/// Stops a verification when it asks for the n-th time whether to stop.
struct Impatient {
    asked: AtomicUsize,
    patience: usize,
}

impl Observer for Impatient {
    fn progress(&self, _: Progress) {}

    fn record(&self, _: &RecordSummary) {}

    fn cancelled(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= self.patience
    }
}

#[test]
fn a_verification_that_is_stopped_accuses_nobody_and_is_no_verdict() {
    let source = Memory { files: standard().files() };
    let period = Period { from_utc: None, to_utc: Some(time("2026-05-03T23:59:59Z")) };
    let options = Options { period, threads: 1, ..Options::default() };
    let stopped = |patience: usize| {
        let observer = Impatient { asked: AtomicUsize::new(0), patience };
        let report = verify(&source, &options, &InProcessEvaluators, &observer);
        (report, observer.asked.into_inner())
    };
    let (whole, asked) = stopped(usize::MAX);
    assert_eq!(whole.verdict.exit_code, 0, "{:#?}", whole.findings);
    assert!(asked > source.files.len(), "it asks at every file and every record");
    let mut most_verified = 0;
    for patience in 0..asked {
        let (report, _) = stopped(patience);
        assert_eq!(codes(&report), BTreeSet::new(), "{patience}: {:#?}", report.findings);
        assert_eq!(report.verdict.exit_code, 5, "{patience}: {}", report.verdict.sentence);
        assert!(report.verdict.sentence.contains("the verification was cancelled"), "{patience}");
        most_verified = most_verified.max(report.records.len());
    }
    assert_eq!(most_verified, whole.records.len(), "what was verified until then is told");
}

/// A folder in which something happens at the n-th read of one file.
struct Unsteady<'a> {
    folder: Folder,
    name: &'a str,
    at: usize,
    reads: AtomicUsize,
    change: &'a (dyn Fn() + Sync),
}

impl Unsteady<'_> {
    fn happen(&self, item: &Item) {
        if item.name == self.name && self.reads.fetch_add(1, Ordering::Relaxed) == self.at {
            (self.change)();
        }
    }
}

impl Source for Unsteady<'_> {
    fn describe(&self) -> String {
        self.folder.describe()
    }

    fn list(&self, limit: usize) -> Result<Vec<Item>, SourceError> {
        self.folder.list(limit)
    }

    fn read(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        self.happen(item);
        self.folder.read(item, limit)
    }

    fn read_start(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        self.happen(item);
        self.folder.read_start(item, limit)
    }
}

/// The codes found when the file at `name` is changed before its read number `at` (the first is 0).
fn while_read(root: &Path, name: &str, at: usize, change: &(dyn Fn() + Sync)) -> Report {
    let folder = Folder::new(root);
    judge(&Unsteady { folder, name, at, reads: AtomicUsize::new(0), change })
}

#[test]
fn a_file_that_changes_between_listing_and_reading_or_between_reads_is_src_stable() {
    let chain = standard();
    let other = chain.links[1].package.clone();
    for (name, reads) in [(chain.links[3].place.clone(), 2), (chain.links[3].commit_place(), 2)] {
        for at in 0..reads {
            let growing: &(dyn Fn(&Path) + Sync) = &|path| {
                let mut bytes = fs::read(path).unwrap();
                bytes.push(b'\n');
                fs::write(path, bytes).unwrap();
            };
            let same_length: &(dyn Fn(&Path) + Sync) = &|path| {
                let mut bytes = fs::read(path).unwrap();
                bytes.reverse();
                fs::write(path, bytes).unwrap();
            };
            let replaced: &(dyn Fn(&Path) + Sync) = &|path| {
                fs::write(path.with_extension("new"), &other).unwrap();
                fs::rename(path.with_extension("new"), path).unwrap();
            };
            for (what, how) in [("growing", growing), ("same length", same_length), ("replaced", replaced)] {
                let place = tempfile::tempdir().unwrap();
                write_files(place.path(), &chain.files());
                let path = place.path().join(&name);
                let report = while_read(place.path(), &name, at, &|| how(&path));
                assert!(
                    codes(&report).contains("SRC-STABLE"),
                    "{name} {what} at {at}: {:#?}",
                    report.findings
                );
                assert_eq!(report.verdict.exit_code, 1, "{name} {what} at {at}");
            }
        }
    }
}
