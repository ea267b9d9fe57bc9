//! One line on a terminal that says how far a long run is. Never in pipes, never in evidence.

use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::clock::{Clock, Sleep};

/// Nothing is shown before this: short runs stay quiet.
const QUIET: Duration = Duration::from_secs(1);
/// Shortest time between two updates.
const INTERVAL: Duration = Duration::from_millis(100);

/// A line that is written over and over, and cleared at the end.
#[derive(Debug)]
pub struct ProgressLine {
    enabled: bool,
    started: Instant,
    shown: Option<Instant>,
}

impl ProgressLine {
    /// A line on standard error, or nothing if `enabled` is false.
    #[must_use]
    pub fn new(enabled: bool) -> Self {
        Self { enabled, started: Instant::now(), shown: None }
    }

    /// Time since the beginning.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// `done` of `total` steps called `what`: with rate and time left.
    pub fn steps(&mut self, what: &str, done: u64, total: u64) {
        let seconds = self.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "counts of days and pages are far below 2^52")]
        let (done_f, left_f) = (done as f64, total.saturating_sub(done) as f64);
        let rate = done_f / seconds.max(f64::EPSILON);
        let left = if rate > 0.0 { left_f / rate } else { 0.0 };
        self.show(&format!("{done}/{total} {what}, {rate:.1}/s, about {left:.0} s left"));
    }

    /// Shows `text`, at most ten times a second.
    pub fn show(&mut self, text: &str) {
        let due = self.shown.is_none_or(|shown| shown.elapsed() >= INTERVAL);
        if self.enabled && due && self.elapsed() >= QUIET {
            self.shown = Some(Instant::now());
            // A terminal that went away is no reason to stop collecting.
            let _shown = write!(io::stderr().lock(), "\r\x1b[2K{text}");
        }
    }

    /// Clears the line.
    pub fn clear(&mut self) {
        if self.shown.take().is_some() {
            let _cleared = write!(io::stderr().lock(), "\r\x1b[2K");
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A clock that shows the exchanges it is told of. How many will come nobody knows before they came.
#[derive(Debug)]
pub struct ProgressClock<C> {
    clock: C,
    state: Mutex<Counted>,
}

#[derive(Debug)]
struct Counted {
    line: ProgressLine,
    exchanges: u64,
    bytes: u64,
}

impl<C: Clock> ProgressClock<C> {
    /// Shows progress on standard error and takes time from `clock`.
    #[must_use]
    pub fn new(clock: C) -> Self {
        Self { clock, state: Mutex::new(Counted { line: ProgressLine::new(true), exchanges: 0, bytes: 0 }) }
    }
}

impl<C: Clock> Clock for ProgressClock<C> {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        if duration >= QUIET {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let text = format!("{} requests, waiting {} s", state.exchanges, duration.as_secs());
            state.line.show(&text);
        }
        self.clock.sleep(duration)
    }

    fn exchange_ended(&self, bytes: u64) {
        self.clock.exchange_ended(bytes);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.exchanges += 1;
        state.bytes += bytes;
        #[expect(clippy::cast_precision_loss, reason = "a rate for the eye")]
        let rate = state.exchanges as f64 / state.line.elapsed().as_secs_f64().max(f64::EPSILON);
        let text = format!("{} requests, {} KiB, {rate:.1} requests/s", state.exchanges, state.bytes / 1024);
        state.line.show(&text);
    }
}
