//! When to try again and how long to wait: pure rules, no waiting in here.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::Offset;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use verify_core::profile::Pacing;

use crate::clock;

/// Longest `Retry-After` that is followed. A platform that asks for more is not tried sooner than it
/// asks: the request is given up.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(10);

/// Whether an HTTP status says "not now" and repeating a read is safe.
#[must_use]
pub const fn is_worth_repeating(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}

/// Waits after failures: the first wait, doubled each time, with jitter, up to the longest.
#[derive(Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    random: ChaCha8Rng,
}

impl Backoff {
    /// Bounds from the profile; `seed` makes the jitter of a simulated run the same every time.
    #[must_use]
    pub fn new(pacing: &Pacing, seed: u64) -> Self {
        Self {
            first: Duration::from_secs(u64::from(pacing.backoff_first_seconds.max(1))),
            longest: Duration::from_secs(u64::from(pacing.backoff_longest_seconds.max(1))),
            random: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// The wait after failed attempt number `attempt`, counted from 1: between half and all of the doubled
    /// wait, so that many collectors struck by one outage do not come back in step.
    pub fn after(&mut self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        let whole = self.first.saturating_mul(1 << doublings).min(self.longest);
        let whole = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.random.random_range(whole / 2..=whole))
    }
}

/// The wait a `Retry-After` header asks for (RFC 9110 section 10.2.3): seconds, or a date.
///
/// `None` when the value is neither; a date that has passed asks for no wait.
#[must_use]
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number holds is still an answer: for ever.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    http_date(value).map(|date| clock::between(now, date))
}

/// The preferred form and the asctime form of RFC 9110 section 5.6.7.
fn http_date(value: &str) -> Option<Timestamp> {
    if let Ok(date) = rfc2822::DateTimeParser::new().parse_timestamp(value) {
        return Some(date);
    }
    let civil = DateTime::strptime("%a %b %e %H:%M:%S %Y", value).ok()?;
    Offset::UTC.to_timestamp(civil).ok()
}

/// Time one cycle may spend waiting for the platform.
#[derive(Debug, Clone, Copy)]
pub struct WaitBudget {
    total: Duration,
    spent: Duration,
}

/// A wait that the budget does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a wait of {} s is needed, but {} of the cycle's {} s of waiting are spent",
    .needed.as_secs(), .spent.as_secs(), .total.as_secs()
)]
pub struct BudgetSpent {
    /// The wait that was needed.
    pub needed: Duration,
    /// Waiting spent before.
    pub spent: Duration,
    /// The whole budget.
    pub total: Duration,
}

impl WaitBudget {
    /// An unspent budget.
    #[must_use]
    pub const fn new(total: Duration) -> Self {
        Self { total, spent: Duration::ZERO }
    }

    /// Takes `needed` out of the budget, or refuses and leaves the budget as it was.
    pub fn spend(&mut self, needed: Duration) -> Result<(), BudgetSpent> {
        match self.spent.checked_add(needed) {
            Some(spent) if spent <= self.total => {
                self.spent = spent;
                Ok(())
            }
            _ => Err(BudgetSpent { needed, spent: self.spent, total: self.total }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "1994-11-06T08:49:00Z".parse().unwrap()
    }

    #[test]
    fn waits_double_up_to_the_longest_and_repeat_with_the_seed() {
        let waits = |seed| {
            let mut backoff = Backoff::new(&Pacing::default(), seed);
            (1..=10).map(|attempt| backoff.after(attempt)).collect::<Vec<_>>()
        };
        for (attempt, wait) in waits(7).into_iter().enumerate() {
            let whole = Duration::from_secs((1 << attempt).min(60));
            assert!(wait >= whole / 2 && wait <= whole, "attempt {attempt}: {wait:?}");
        }
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        // The dates are the examples of RFC 9110 section 5.6.7.
        let cases = [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            ("Sun Nov  6 08:49:37 1994", Some(37)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ];
        for (value, seconds) in cases {
            assert_eq!(retry_after(value, now()), seconds.map(Duration::from_secs), "{value:?}");
        }
        assert!(retry_after("99999999999999999999999", now()).unwrap() > LONGEST_RETRY_AFTER);
    }

    #[test]
    fn a_refused_wait_leaves_the_budget() {
        let mut budget = WaitBudget::new(Duration::from_secs(10));
        assert!(budget.spend(Duration::from_secs(6)).is_ok());
        let refused = budget.spend(Duration::from_secs(5)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "a wait of 5 s is needed, but 6 of the cycle's 10 s of waiting are spent"
        );
        assert!(budget.spend(Duration::from_secs(4)).is_ok());
        assert!(budget.spend(Duration::MAX).is_err());
    }

    #[test]
    fn only_statuses_that_pass_are_repeated() {
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(is_worth_repeating(status), "{status}");
        }
        for status in [200, 204, 301, 400, 401, 403, 404, 413] {
            assert!(!is_worth_repeating(status), "{status}");
        }
    }
}
