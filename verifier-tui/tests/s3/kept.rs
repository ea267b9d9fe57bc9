//! What is kept of fetched objects: an interrupted verification goes on, and nothing kept is believed.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use aws_sdk_s3::types::{ObjectLockMode, ObjectLockRetentionMode};
use serde_json::Value;
use verify_core::digest::Digest;

use super::locks::lock_until;
use super::seaweed::{AUDITOR, Lock, SERVER};
use super::slow_line::SlowLine;
use super::{UNTIL, command, common, compliance, findings, locked, package, parsed};

/// Requests on the way at the same time.
const REQUESTS: usize = 24;
const PATIENCE: Duration = Duration::from_mins(2);

/// Requests for bytes of objects, and not for their locks.
fn fetched(line: &SlowLine) -> usize {
    line.seen().count("GET ", "x-id=GetObject")
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let below = |path: PathBuf| if path.is_dir() { files_below(&path) } else { vec![path] };
    entries.flat_map(|entry| below(entry.unwrap().path())).collect()
}

fn arguments(place: &str) -> Vec<&str> {
    vec!["verify", place, "--to", "2026-05-03", "--format", "json"]
}

#[test]
fn a_verification_that_was_killed_goes_on_where_it_stopped() {
    let mut files = locked("COMPLIANCE", None);
    files.extend((0..60).map(|number| (format!("stray-{number}"), format!("stray {number}").into_bytes())));
    let bucket = SERVER.bucket(&files, Some(&compliance()));
    let place = format!("s3://{bucket}/acme");
    let line = SlowLine::to(&SERVER.host(), Duration::from_millis(200));
    let home = tempfile::tempdir().unwrap();
    let program = || command(&arguments(&place), AUDITOR, &line.address, home.path());
    let mut first = program().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    let before = loop {
        let before = fetched(&line);
        if before >= 2 * REQUESTS {
            break before;
        }
        assert!(begun.elapsed() < PATIENCE && first.try_wait().unwrap().is_none(), "{before} requests");
        std::thread::sleep(Duration::from_millis(5));
    };
    first.kill().unwrap();
    first.wait().unwrap();
    line.forget();
    let (exit, report) = parsed(&program().output().unwrap());
    let after = fetched(&line);
    assert_eq!(exit, 0, "{report:#}");
    let all = fetched_in_one_run(&place, &line);
    assert!(after <= all - (before - REQUESTS), "{before} before, {after} after, {all} in one run");
    // Nothing is kept any longer than that.
    assert_eq!(files_below(home.path()), Vec::<PathBuf>::new());
}

/// Requests for bytes where nothing was fetched before, and nothing is kept.
fn fetched_in_one_run(place: &str, line: &SlowLine) -> usize {
    line.forget();
    let home = tempfile::tempdir().unwrap();
    let all = [&arguments(place)[..], &["--no-cache"]].concat();
    let mut program = command(&all, AUDITOR, &line.address, home.path());
    assert!(program.stdout(Stdio::null()).status().unwrap().success());
    assert_eq!(files_below(home.path()), Vec::<PathBuf>::new());
    fetched(line)
}

#[test]
fn kept_objects_are_not_fetched_again_but_checked_and_their_locks_are_asked_for() {
    let files = locked("GOVERNANCE", None);
    let lock = Lock { mode: ObjectLockMode::Governance, until: UNTIL, key: None };
    let bucket = SERVER.bucket(&files, Some(&lock));
    let place = format!("s3://{bucket}/acme");
    let line = SlowLine::to(&SERVER.host(), Duration::ZERO);
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("kept");
    let with_cache = [&arguments(&place)[..], &["--cache", cache.to_str().unwrap()]].concat();
    let run = || {
        line.forget();
        let output = command(&with_cache, AUDITOR, &line.address, folder.path()).output().unwrap();
        let (exit, report) = parsed(&output);
        (exit, report, fetched(&line))
    };
    let (exit, first, requests) = run();
    assert_eq!((exit, requests >= files.len()), (0, true), "{first:#}");
    let kept = files_below(&cache);
    assert_eq!(kept.len(), requests);
    let (exit, second, requests) = run();
    assert_eq!((exit, requests), (0, 0));
    assert_eq!(common(second), common(first));
    // A file that was changed is not believed, whatever name it was given.
    let commit = &files["chain/0000000001.json"];
    let file = kept.iter().find(|file| std::fs::read(file).unwrap() == *commit).unwrap();
    let mut changed = commit.clone();
    changed[40] ^= 1;
    std::fs::write(file, &changed).unwrap();
    let (exit, _, requests) = run();
    assert_eq!((exit, requests), (0, 1));
    let name = file.file_name().unwrap().to_str().unwrap();
    let (version, _) = name.split_once('-').unwrap();
    std::fs::remove_file(file).unwrap();
    let renamed = file.with_file_name(format!("{version}-{}", Digest::of(&changed)));
    std::fs::write(renamed, &changed).unwrap();
    let (exit, _, requests) = run();
    assert_eq!((exit, requests), (0, 1), "S3 knows a SHA-256 of its own");
    // What is kept says nothing about locks.
    let key = format!("acme/{}", package(&files));
    assert!(lock_until(&bucket, &key, ObjectLockRetentionMode::Governance, "2065-12-31T23:59:59Z"));
    let (exit, shortened, requests) = run();
    assert_eq!((exit, requests), (1, 0));
    assert_eq!(findings(&shortened), [("LOCK-RETENTION".to_owned(), package(&files))]);
    // It is shown, and taken away.
    let told = |command: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_verifier"))
            .args(["cache", command, "--cache", cache.to_str().unwrap()])
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let number = format!("{} files", kept.len());
    assert!(told("show").starts_with(&format!("kept: {number}")));
    assert!(told("clear").starts_with(&format!("taken away: {number}")));
    assert_eq!(files_below(&cache), Vec::<PathBuf>::new());
}

#[test]
fn where_nothing_can_be_kept_the_answer_is_the_same() {
    let bucket = SERVER.bucket(&locked("COMPLIANCE", None), Some(&compliance()));
    let place = format!("s3://{bucket}/acme");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let output = command(&arguments(&place), AUDITOR, &SERVER.address(), &file).output().unwrap();
    let told = String::from_utf8(output.stderr.clone()).unwrap();
    let (exit, report): (i32, Value) = parsed(&output);
    assert_eq!(exit, 0, "{report:#}");
    assert!(told.contains("note: an interrupted run would begin anew"), "{told}");
    let asked = [&arguments(&place)[..], &["--cache", file.to_str().unwrap()]].concat();
    let output = command(&asked, AUDITOR, &SERVER.address(), folder.path()).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("--cache"), "{told}");
}
