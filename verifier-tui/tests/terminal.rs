//! The screens on a real pseudo-terminal: the exit code is the verdict's, and the terminal is given back.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot open its terminal has failed")]

#[path = "support/session.rs"]
mod session;

use std::io::Read as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use session::{PATIENCE, Session};

/// The screens over a folder.
fn screens(path: &Path) -> Session {
    Session::start(Command::new(env!("CARGO_BIN_EXE_verifier")).arg(path))
}

#[test]
fn the_exit_code_of_the_screens_is_the_verdicts() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.zip"), b"PK\x03\x04 and then nothing").unwrap();
    let mut session = screens(folder.path());
    session.wait_for("FAILED (1)");
    assert!(session.raw());
    session.press("6");
    session.wait_for("PKG-ZIP-STRUCT");
    session.press("q");
    let (code, shown) = session.end();
    assert_eq!(code, 1, "{shown}");
    let after = shown.split("\u{1b}[?1049l").nth(1).unwrap();
    assert!(after.contains("FAILED (exit code 1): integrity failed: 1 finding"), "{after:?}");
}

/// Another process ends it: the terminal is given back, and the process has died by that very signal.
#[test]
fn a_signal_gives_the_terminal_back() {
    use std::os::unix::process::ExitStatusExt;

    use rustix::process::{Pid, Signal, kill_process};
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let folder = tempfile::tempdir().unwrap();
        let mut session = screens(folder.path());
        session.wait_for("INCONCLUSIVE (5)");
        assert!(session.raw());
        let child = Pid::from_raw(i32::try_from(session.child.id()).unwrap()).unwrap();
        kill_process(child, signal).unwrap();
        let status = session.child.wait().unwrap();
        assert_eq!(status.signal(), Some(signal.as_raw()), "{status}");
        assert!(!session.raw(), "the terminal is given back");
        let mut rest = Vec::new();
        let _ended = session.terminal.read_to_end(&mut rest);
        assert!(String::from_utf8_lossy(&rest).contains("\u{1b}[?1049l"), "the screens are left");
    }
}

#[test]
fn nothing_to_verify_ends_the_screens_as_it_ends_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = screens(folder.path());
    session.wait_for("INCONCLUSIVE (5)");
    session.press("\u{3}");
    let (code, shown) = session.end();
    assert_eq!(code, 5, "{shown}");
    assert!(shown.contains("error: no evidence found in"), "{shown}");
}

/// The window is closed while the screens wait for a key: nothing may be left that turns in circles.
#[test]
fn a_closed_terminal_ends_the_program() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.zip"), b"PK\x03\x04 and then nothing").unwrap();
    let mut session = screens(folder.path());
    session.wait_for("FAILED (1)");
    let Session { terminal, mut child, .. } = session;
    drop(terminal);
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it still runs {PATIENCE:?} after its terminal was closed");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
