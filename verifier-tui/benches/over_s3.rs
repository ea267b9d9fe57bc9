//! Times a verification over S3 against the same one of a folder and the transfer alone, in one run.
//!
//! `cargo bench -p verifier-tui --bench over_s3 -- FOLDER` with evidence such as `collector demo --days 365 --out FOLDER`
//! makes. The evidence is put into `SeaweedFS` under a lock, and every request to it waits 20 milliseconds. The transfer
//! is `verifier fetch` over the same line. Each of three rounds times all three; nothing is kept between them. BIN
//! names another `verifier` than the one built with this program.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement ends at the first surprise and is printed"
)]

#[expect(dead_code, reason = "the tests need more of it")]
#[path = "../tests/support/seaweed.rs"]
mod seaweed;
#[expect(dead_code, reason = "the tests need more of it")]
#[path = "../tests/support/slow_line.rs"]
mod slow_line;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use aws_sdk_s3::types::ObjectLockMode;
use serde_json::Value;

use seaweed::{AUDITOR, Lock, SERVER};
use slow_line::SlowLine;

const DELAY: Duration = Duration::from_millis(20);
const ROUNDS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("not measured: cargo bench -p verifier-tui --bench over_s3 -- FOLDER");
        return;
    }
    let Some(folder) = arguments.iter().find(|argument| !argument.starts_with('-')) else {
        panic!("name a folder of evidence: collector demo --days 365 --out FOLDER makes one");
    };
    let folder = Path::new(folder);
    let mut files = BTreeMap::new();
    read_below(folder, folder, &mut files);
    let bytes: usize = files.values().map(Vec::len).sum();
    let packages = files.keys().filter(|name| name.contains("/evidence-")).count();
    println!("{packages} packages, {} objects, {bytes} bytes; {DELAY:?} before every request", files.len());
    let lock = Lock { mode: ObjectLockMode::Compliance, until: "2066-01-01T00:00:00Z", key: None };
    let place = format!("s3://{}/acme", SERVER.bucket(&files, Some(&lock)));
    let line = SlowLine::to(&SERVER.host(), DELAY);
    let mut best = [f64::INFINITY; 3];
    for round in 1..=ROUNDS {
        let folder = folder.to_str().unwrap();
        let (in_folder, folder_seconds) = timed(&["verify", folder, "--format", "json"], None);
        let copies = tempfile::tempdir().unwrap();
        let out = copies.path().join("copy");
        let (_, fetch_seconds) =
            timed(&["fetch", &place, "--out", out.to_str().unwrap(), "--no-cache"], Some(&line));
        line.forget();
        let (in_bucket, s3_seconds) = timed(&["verify", &place, "--format", "json"], Some(&line));
        same_answer(&in_folder, &in_bucket);
        let seen = line.seen();
        println!(
            "round {round}: folder {folder_seconds:.2} s, transfer {fetch_seconds:.2} s, S3 {s3_seconds:.2} s \
             ({} requests, {} at the same time)",
            seen.requests.len(),
            seen.most
        );
        for (best, seconds) in best.iter_mut().zip([folder_seconds, fetch_seconds, s3_seconds]) {
            *best = best.min(seconds);
        }
    }
    let [folder, transfer, s3] = best;
    println!("best: folder {folder:.2} s, transfer {transfer:.2} s, S3 {s3:.2} s");
    println!("S3 / (folder + transfer) = {:.2}", s3 / (folder + transfer));
    println!("S3 / folder              = {:.2}", s3 / folder);
}

fn read_below(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_below(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.insert(name, std::fs::read(path).unwrap());
        }
    }
}

/// The answer and how many seconds it took.
fn timed(arguments: &[&str], line: Option<&SlowLine>) -> (Output, f64) {
    let home = tempfile::tempdir().unwrap();
    let program = std::env::var_os("BIN").unwrap_or_else(|| OsString::from(env!("CARGO_BIN_EXE_verifier")));
    let mut command = Command::new(PathBuf::from(program));
    command.args(arguments).env("HOME", home.path()).env_remove("XDG_CACHE_HOME");
    if let Some(line) = line {
        command
            .args(["--region", "us-east-1", "--endpoint-url", &line.address])
            .env("AWS_ACCESS_KEY_ID", AUDITOR.0)
            .env("AWS_SECRET_ACCESS_KEY", AUDITOR.1)
            .env("AWS_EC2_METADATA_DISABLED", "true");
    }
    let begun = Instant::now();
    let output = command.output().unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let told = String::from_utf8_lossy(&output.stderr);
    // Evidence of the demo has a gap.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{arguments:?}: {:?}: {told}", output.status);
    (output, seconds)
}

/// A fast answer that is another one is none.
fn same_answer(in_folder: &Output, in_bucket: &Output) {
    let [folder, bucket]: [Value; 2] =
        [in_folder, in_bucket].map(|output| serde_json::from_slice(&output.stdout).unwrap());
    assert_eq!(in_folder.status.code(), in_bucket.status.code());
    for part in ["chain", "coverage", "controls", "violations", "drift", "findings", "rules"] {
        assert_eq!(folder[part], bucket[part], "{part}");
    }
}
