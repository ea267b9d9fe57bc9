//! The program on a real pseudo-terminal.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// Longest a screen may take to show what is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A program and the side of its terminal that people look at.
pub(crate) struct Session {
    pub(crate) terminal: File,
    shown: Vec<u8>,
    pub(crate) child: Child,
}

impl Session {
    /// Starts it.
    pub(crate) fn start(command: &mut Command) -> Self {
        let terminal: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        // The program must not hold the other side of its own terminal, or that could never be closed.
        fcntl_setfd(&terminal, FdFlags::CLOEXEC).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        tcsetwinsize(&terminal, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let other = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let child = command
            .env("TERM", "xterm-256color")
            .stdin(other.try_clone().unwrap())
            .stdout(other.try_clone().unwrap())
            .stderr(other)
            .spawn()
            .unwrap();
        Self { terminal: terminal.into(), shown: Vec::new(), child }
    }

    /// Reads until `text` is shown. The program redraws only what changes, so look for short words.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let started = Instant::now();
        let mut chunk = [0; 4096];
        while !String::from_utf8_lossy(&self.shown).contains(text) {
            assert!(
                started.elapsed() < PATIENCE,
                "{text:?} not in {:?}",
                String::from_utf8_lossy(&self.shown)
            );
            let mut there = [PollFd::new(&self.terminal, PollFlags::IN)];
            let moment = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
            if poll(&mut there, Some(&moment)).unwrap() == 0 {
                continue;
            }
            let count = self.terminal.read(&mut chunk).unwrap();
            self.shown.extend(chunk.iter().take(count));
        }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).unwrap();
    }

    pub(crate) fn raw(&self) -> bool {
        !tcgetattr(&self.terminal).unwrap().local_modes.contains(LocalModes::ICANON)
    }

    /// Exit code, and everything that was shown.
    pub(crate) fn end(mut self) -> (i32, String) {
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
