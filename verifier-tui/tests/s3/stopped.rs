//! A store that does not answer any more: whoever asks can leave at any time, and is told what was known until then.

use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::faults::{page, server};
use super::seaweed::{AUDITOR, SERVER};
use super::session::Session;
use super::{command, compliance, locked};

/// Far less than the minute that a call may take, and enough for a machine that is busy.
const SOON: Duration = Duration::from_secs(10);
/// The same for something to begin.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server that lists, and keeps silent when it is asked for an object; and word of the first such request.
fn silent() -> (String, Receiver<()>) {
    let (asked, word) = channel();
    let address = server(move |request| {
        if !request.contains("versions") {
            let _first = asked.send(());
            std::thread::sleep(Duration::from_hours(1));
        }
        (200, page(false))
    });
    (address, word)
}

/// The program over a silent server, once it waits for an object.
fn waiting(arguments: &[&str]) -> Child {
    let (address, word) = silent();
    let home = tempfile::tempdir().unwrap();
    let child = command(arguments, AUDITOR, &address, home.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    word.recv_timeout(PATIENCE).unwrap();
    child
}

fn interrupt(child: &Child) {
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(id, Signal::INT).unwrap();
}

#[test]
fn an_interrupt_ends_the_waiting_with_what_is_known() {
    for format in ["text", "json"] {
        let child = waiting(&["verify", "s3://evidence/acme", "--format", format]);
        let asked = Instant::now();
        interrupt(&child);
        let output = child.wait_with_output().unwrap();
        assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(5), "{told}");
        if format == "text" {
            assert!(told.contains("stopped before anything was verified in s3://evidence/acme"), "{told}");
        } else {
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            let sentence = report["verdict"]["sentence"].as_str().unwrap();
            assert!(sentence.contains("the verification was cancelled"), "{sentence}");
            assert_eq!(report["findings"], serde_json::json!([]), "nobody is accused");
        }
    }
}

#[test]
fn copying_can_be_interrupted_too_and_says_that_it_is_not_whole() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("q2");
    let child = waiting(&["fetch", "s3://evidence/acme", "--out", out.to_str().unwrap()]);
    let asked = Instant::now();
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(5), "{told}");
    assert!(told.contains("NOT COPIED") && told.contains("Do not verify this copy"), "{told}");
    assert!(!told.contains("Then:") && !folder.path().join("q2.receipt.json").exists(), "{told}");
}

fn on_a_terminal(place: &str, address: &str) -> Session {
    let home = tempfile::tempdir().unwrap();
    let mut program: Command = command(&[place, "--to", "2026-05-03"], AUDITOR, address, home.path());
    Session::start(&mut program)
}

#[test]
fn the_screens_can_be_left_while_a_store_keeps_silent() {
    for key in ["q", "\u{3}"] {
        let (address, word) = silent();
        let mut session = on_a_terminal("s3://evidence/acme", &address);
        session.wait_for("is running");
        word.recv_timeout(PATIENCE).unwrap();
        let asked = Instant::now();
        session.press(key);
        let (code, shown) = session.end();
        assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
        assert_eq!(code, 5, "{shown}");
        let after = shown.split("\u{1b}[?1049l").nth(1).unwrap();
        assert!(after.contains("there is no verdict"), "{after:?}");
    }
}

#[test]
fn the_screens_show_a_bucket_and_its_locks() {
    let bucket = SERVER.bucket(&locked("COMPLIANCE", None), Some(&compliance()));
    let mut session = on_a_terminal(&format!("s3://{bucket}/acme"), &SERVER.address());
    session.wait_for("VERIFIED (0)");
    // When the first lock ends.
    session.wait_for("2066-01-01");
    session.press("q");
    let (code, shown) = session.end();
    assert_eq!(code, 0, "{shown}");
    let after = shown.split("\u{1b}[?1049l").nth(1).unwrap();
    assert!(after.contains("VERIFIED (exit code 0)") && after.contains("locked"), "{after:?}");
    assert!(!after.contains("not locked"), "{after:?}");
}
