//! Progress of a drill on a terminal. A wish to stop ends it after the attack at hand, and what was found so far is
//! still told.

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use verify_core::report::RecordSummary;
use verify_core::verify::{Observer, Progress};

use super::run::Watch;
use crate::progress::remaining;
use crate::stop::Stop;

/// Quiet at first: a small drill is done by then.
const QUIET: Duration = Duration::from_secs(1);
const BETWEEN_LINES: Duration = Duration::from_millis(100);

/// Draws progress on standard error.
#[derive(Debug)]
pub struct Meter {
    state: Mutex<State>,
    stop: Stop,
    terminal: bool,
}

#[derive(Debug)]
struct State {
    began: Instant,
    attacks: Option<Attacks>,
    shown: Option<Instant>,
}

#[derive(Debug)]
struct Attacks {
    began: Instant,
    done: usize,
    total: usize,
    name: String,
}

impl Meter {
    /// Starts the clock; `stop` says when to stop.
    #[must_use]
    pub fn start(stop: Stop) -> Self {
        let state = Mutex::new(State { began: Instant::now(), attacks: None, shown: None });
        Self { state, stop, terminal: io::stderr().is_terminal() }
    }

    /// Takes the line away again.
    pub fn clear(&self) {
        if let Ok(mut state) = self.state.lock()
            && state.shown.take().is_some()
        {
            // Progress is a courtesy: a closed standard error changes nothing.
            let _told = write!(io::stderr(), "\r\u{1b}[K");
        }
    }
}

impl Observer for Meter {
    fn progress(&self, progress: Progress) {
        if !self.terminal {
            return;
        }
        let Ok(mut state) = self.state.try_lock() else { return };
        let recent = state.shown.is_some_and(|last| last.elapsed() < BETWEEN_LINES);
        if state.began.elapsed() < QUIET || recent {
            return;
        }
        state.shown = Some(Instant::now());
        let line = match &state.attacks {
            Some(attacks) => line(attacks, progress, attacks.began.elapsed()),
            None => crate::progress::line(progress, state.began.elapsed()),
        };
        let _told = write!(io::stderr(), "\r{line}\u{1b}[K");
    }

    fn record(&self, _: &RecordSummary) {}

    fn cancelled(&self) -> bool {
        self.stop.is_asked()
    }
}

impl Watch for Meter {
    fn attack(&self, done: usize, total: usize, name: &str) {
        let Ok(mut state) = self.state.lock() else { return };
        let began = state.attacks.as_ref().map_or_else(Instant::now, |attacks| attacks.began);
        state.attacks = Some(Attacks { began, done, total, name: name.to_owned() });
    }
}

/// Progress in words, at most 79 columns.
fn line(attacks: &Attacks, progress: Progress, elapsed: Duration) -> String {
    let Attacks { done, total, name, .. } = attacks;
    let seconds = elapsed.as_secs_f64().max(0.001);
    let left = remaining(*done as u64, *total as u64, seconds)
        .map_or_else(String::new, |left| format!(", about {left} left"));
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = *done as f64 / seconds;
    let Progress { done: records, total: all, .. } = progress;
    format!("attack {} of {total} ({name}): {records}/{all} records, {rate:.1}/s{left}", done + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_time_left_are_told_in_one_line() {
        let attacks =
            Attacks { began: Instant::now(), done: 11, total: 55, name: "removed-and-relinked".to_owned() };
        let progress = Progress { stage: "verifying", done: 30, total: 32, bytes: 0 };
        let line = line(&attacks, progress, Duration::from_secs(4));
        assert_eq!(line, "attack 12 of 55 (removed-and-relinked): 30/32 records, 2.8/s, about 16 s left");
        assert!(line.len() <= 79, "{}", line.len());
    }
}
