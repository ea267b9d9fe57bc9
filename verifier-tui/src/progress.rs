//! One line on a terminal while a headless verification runs: stage, share, rate, time left.
//!
//! Nothing is written in the first second, nor where standard error is no terminal.

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use verify_core::report::RecordSummary;

use verify_core::verify::{Observer, Progress};

use crate::stop::Stop;

/// Quiet at first: most verifications are done by then.
const QUIET: Duration = Duration::from_secs(1);
const BETWEEN_LINES: Duration = Duration::from_millis(100);

/// Draws progress on standard error.
#[derive(Debug)]
pub struct Meter {
    started: Instant,
    shown: Mutex<Option<Instant>>,
    terminal: bool,
    stop: Stop,
}

impl Meter {
    /// Starts the clock; `stop` says when to stop.
    #[must_use]
    pub fn start(stop: Stop) -> Self {
        Self { started: Instant::now(), shown: Mutex::new(None), terminal: io::stderr().is_terminal(), stop }
    }

    /// Takes the line away again.
    pub fn clear(&self) {
        if let Ok(mut shown) = self.shown.lock()
            && shown.take().is_some()
        {
            // Progress is a courtesy: a closed standard error changes nothing.
            let _told = write!(io::stderr(), "\r\u{1b}[K");
        }
    }
}

impl Observer for Meter {
    fn progress(&self, progress: Progress) {
        if !self.terminal || self.started.elapsed() < QUIET {
            return;
        }
        let Ok(mut shown) = self.shown.try_lock() else { return };
        if shown.is_some_and(|last| last.elapsed() < BETWEEN_LINES) {
            return;
        }
        *shown = Some(Instant::now());
        let _told = write!(io::stderr(), "\r{}\u{1b}[K", line(progress, self.started.elapsed()));
    }

    fn record(&self, _record: &RecordSummary) {}

    fn cancelled(&self) -> bool {
        self.stop.is_asked()
    }
}

/// Progress in words, at most 79 columns.
#[must_use]
pub fn line(progress: Progress, elapsed: Duration) -> String {
    let Progress { stage, done, total, bytes } = progress;
    let seconds = elapsed.as_secs_f64().max(0.001);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = bytes as f64 / seconds / 1_048_576.0;
    let left = match remaining(done, total, seconds) {
        Some(left) => format!(", about {left} left"),
        None => String::new(),
    };
    format!("{stage}: {done} of {total}, {rate:.1} MiB/s{left}")
}

/// Time left in words, if it can be estimated.
pub(crate) fn remaining(done: u64, total: u64, seconds: f64) -> Option<String> {
    if done == 0 || total <= done {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
    let left = seconds / done as f64 * (total - done) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and cut at a year")]
    let left = left.clamp(1.0, 31_536_000.0) as u64;
    Some(if left < 90 { format!("{left} s") } else { format!("{} min", left.div_ceil(60)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_time_left_are_told() {
        let progress = Progress { stage: "packages", done: 10, total: 40, bytes: 50 << 20 };
        assert_eq!(line(progress, Duration::from_secs(5)), "packages: 10 of 40, 10.0 MiB/s, about 15 s left");
        let progress = Progress { stage: "packages", done: 1, total: 61, bytes: 1 << 20 };
        assert_eq!(line(progress, Duration::from_secs(2)), "packages: 1 of 61, 0.5 MiB/s, about 2 min left");
    }

    #[test]
    fn nothing_done_gives_no_estimate() {
        let progress = Progress { stage: "listing", done: 0, total: 0, bytes: 0 };
        assert_eq!(line(progress, Duration::ZERO), "listing: 0 of 0, 0.0 MiB/s");
    }
}
