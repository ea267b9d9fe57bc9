//! Over a slow line: every object is asked for once, and many at the same time.

use std::time::Duration;

use super::seaweed::{AUDITOR, SERVER};
use super::slow_line::SlowLine;
use super::{compliance, locked, parsed, verifier};

/// What every request waits for.
const DELAY: Duration = Duration::from_millis(20);
/// Objects up to this size are fetched whole when they are looked at first.
const SMALL: usize = 64 << 10;

#[test]
fn every_object_is_asked_for_once_and_many_at_the_same_time() {
    let files = locked("COMPLIANCE", None);
    let bucket = SERVER.bucket(&files, Some(&compliance()));
    let line = SlowLine::to(&SERVER.host(), DELAY);
    let place = format!("s3://{bucket}/acme");
    let arguments =
        ["verify", &place, "--to", "2026-05-03", "--require", "locked", "--format", "json", "--threads", "4"];
    let (exit, report) = parsed(&verifier(&arguments, AUDITOR, &line.address));
    assert_eq!(exit, 0, "{report:#}");
    let seen = line.seen();
    let requests = |part: &str| seen.count("GET ", part);
    assert!(seen.requests.iter().all(|line| line.starts_with("GET ")), "{:?}", seen.requests);
    assert_eq!(requests("?versions"), 1, "{:?}", seen.requests);
    for (name, bytes) in &files {
        // The start of a large package is looked at before it is read.
        let expected = if bytes.len() <= SMALL { 1 } else { 2 };
        assert_eq!(requests(&format!("/acme/{name}?")), expected, "{name}: {:?}", seen.requests);
    }
    assert!(seen.most >= 4, "{} at the same time", seen.most);
}
