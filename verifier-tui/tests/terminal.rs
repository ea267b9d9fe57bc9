//! The screens on a real pseudo-terminal: the exit code is the verdict's, and the terminal is given back.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot open its terminal has failed")]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// Longest a screen may take to show what is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

struct Session {
    terminal: File,
    shown: Vec<u8>,
    child: Child,
}

impl Session {
    fn start(path: &Path) -> Self {
        let terminal: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        // The program must not hold the other side of its own terminal, or that could never be closed.
        fcntl_setfd(&terminal, FdFlags::CLOEXEC).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        tcsetwinsize(&terminal, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let other = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_verifier"))
            .arg(path)
            .env("TERM", "xterm-256color")
            .stdin(other.try_clone().unwrap())
            .stdout(other.try_clone().unwrap())
            .stderr(other)
            .spawn()
            .unwrap();
        Self { terminal: terminal.into(), shown: Vec::new(), child }
    }

    /// Reads until `text` is shown. The program redraws only what changes, so look for short words.
    fn wait_for(&mut self, text: &str) {
        let started = Instant::now();
        let mut chunk = [0; 4096];
        while !String::from_utf8_lossy(&self.shown).contains(text) {
            assert!(
                started.elapsed() < PATIENCE,
                "{text:?} not in {:?}",
                String::from_utf8_lossy(&self.shown)
            );
            let count = self.terminal.read(&mut chunk).unwrap();
            self.shown.extend(chunk.iter().take(count));
        }
    }

    fn press(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).unwrap();
    }

    fn raw(&self) -> bool {
        !tcgetattr(&self.terminal).unwrap().local_modes.contains(LocalModes::ICANON)
    }

    /// Exit code, and everything that was shown.
    fn end(mut self) -> (i32, String) {
        let code = self.child.wait().unwrap().code().unwrap();
        let raw = self.raw();
        // The other side is closed now: what is left ends with an error on Linux, with nothing elsewhere.
        let mut rest = Vec::new();
        let _ended = self.terminal.read_to_end(&mut rest);
        self.shown.extend(rest);
        assert!(!raw, "the terminal is given back");
        (code, String::from_utf8_lossy(&self.shown).into_owned())
    }
}

#[test]
fn the_exit_code_of_the_screens_is_the_verdicts() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.zip"), b"PK\x03\x04 and then nothing").unwrap();
    let mut session = Session::start(folder.path());
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
        let mut session = Session::start(folder.path());
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
    let mut session = Session::start(folder.path());
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
    let mut session = Session::start(folder.path());
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
