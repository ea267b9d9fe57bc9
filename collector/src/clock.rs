//! Time and waiting, injected: everything in the collector that stamps or waits takes a [`Clock`].
//!
//! The real clock waits for real. The simulated one moves when somebody sleeps or an exchange is
//! made, so that a simulated month takes no waiting and its times come out the same in every run.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use verify_core::time::UtcTime;

/// A future of [`Clock::sleep`].
pub type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Source of the present moment and of waiting.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The present moment in UTC, in whole milliseconds.
    fn now(&self) -> Timestamp;

    /// Ends once `duration` has passed.
    fn sleep(&self, duration: Duration) -> Sleep<'_>;

    /// Tells the clock that one HTTP exchange of `bytes` body bytes has just ended.
    ///
    /// A real clock has moved by itself; a simulated one moves by a latency it makes up.
    fn exchange_ended(&self, bytes: u64) {
        let _ = bytes;
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        whole_milliseconds(Timestamp::now())
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock that moves only when told to, slept on or used for an exchange.
#[derive(Debug)]
pub struct SimulatedClock {
    state: Mutex<Simulated>,
}

#[derive(Debug, Clone, Copy)]
struct Simulated {
    now: Timestamp,
    exchanges: u64,
}

impl SimulatedClock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn starting_at(start: UtcTime) -> Self {
        Self { state: Mutex::new(Simulated { now: timestamp(start), exchanges: 0 }) }
    }

    /// Moves to `time`, e.g. the next simulated day, and begins the latencies anew.
    pub fn set(&self, time: UtcTime) {
        self.with(|state| *state = Simulated { now: timestamp(time), exchanges: 0 });
    }

    /// Moves forward by `duration`.
    pub fn advance(&self, duration: Duration) {
        self.with(|state| state.now = plus(state.now, duration));
    }

    fn with<T>(&self, change: impl FnOnce(&mut Simulated) -> T) -> T {
        // Every change is one assignment, so a state left by a panicking thread is still whole.
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.with(|state| state.now)
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        self.advance(duration);
        Box::pin(std::future::ready(()))
    }

    fn exchange_ended(&self, bytes: u64) {
        self.with(|state| {
            // 18 to 54 ms and 1 ms per 64 KiB: varied, yet a function of the exchanges alone.
            let latency = 18 + (state.exchanges * 13) % 37 + bytes / 65_536;
            state.exchanges += 1;
            state.now = plus(state.now, Duration::from_millis(latency));
        });
    }
}

/// `time` as the format writes it: whole seconds, the fraction cut off.
#[must_use]
pub fn utc(time: Timestamp) -> UtcTime {
    UtcTime::from_unix(time.as_millisecond().div_euclid(1_000))
}

/// `time` with its milliseconds, e.g. `2024-05-15T08:00:00.250Z`, as a transcript writes it.
#[must_use]
pub fn stamp(time: Timestamp) -> String {
    let civil = Offset::UTC.to_datetime(time);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second(),
        civil.millisecond()
    )
}

/// `time` moved forward by `duration`; stays where it is at the end of the calendar.
#[must_use]
pub fn plus(time: Timestamp, duration: Duration) -> Timestamp {
    SignedDuration::try_from(duration).ok().and_then(|by| time.checked_add(by).ok()).unwrap_or(time)
}

/// Time from `earlier` to `later`; nothing if the clock went backwards in between.
#[must_use]
pub fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}

fn timestamp(time: UtcTime) -> Timestamp {
    Timestamp::from_second(time.unix()).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn whole_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> UtcTime {
        "2026-05-01T08:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn sleeping_moves_the_simulated_clock_and_takes_no_time() {
        let clock = SimulatedClock::starting_at(start());
        let real = std::time::Instant::now();
        clock.sleep(Duration::from_hours(24)).await;
        assert_eq!(stamp(clock.now()), "2026-05-02T08:00:00.000Z");
        assert!(real.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn exchanges_take_the_same_time_on_every_simulated_day() {
        let clock = SimulatedClock::starting_at(start());
        let mut days = Vec::new();
        for _ in 0..2 {
            clock.set(start());
            days.push(
                (0..40)
                    .map(|index| {
                        clock.exchange_ended(index * 10_000);
                        stamp(clock.now())
                    })
                    .collect::<Vec<_>>(),
            );
        }
        assert_eq!(days[0], days[1]);
        assert!(days[0].is_sorted());
        assert_eq!(days[0][0], "2026-05-01T08:00:00.018Z");
    }

    #[test]
    fn seconds_are_cut_not_rounded() {
        let time: Timestamp = "2026-05-01T08:00:00.999Z".parse().unwrap();
        assert_eq!(utc(time), start());
        assert_eq!(between(time, timestamp(start())), Duration::ZERO);
    }

    #[test]
    fn the_system_clock_gives_whole_milliseconds() {
        assert_eq!(SystemClock.now().subsec_nanosecond() % 1_000_000, 0);
    }
}
