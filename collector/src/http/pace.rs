//! Pacing: the platform's own rate-limit headers where it sends them, a steady rate where it does not.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;
use verify_core::profile::Pacing;

use crate::clock;

/// A rate-limit window is a minute on every platform known; a header that claims more than this is
/// not believed for longer.
const LONGEST_WINDOW: u64 = 120;

/// When the next request may be sent.
#[derive(Debug)]
pub struct Pace {
    interval: Duration,
    headers: Option<Headers>,
    /// The platform has told its limit: the steady rate no longer matters.
    told: bool,
    steady_until: Option<Timestamp>,
    window_ends: Option<Timestamp>,
}

#[derive(Debug)]
struct Headers {
    used: String,
    allowed: String,
    reset: String,
}

/// What there is to wait before a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// Our own steady rate.
    pub steady: Duration,
    /// The platform's window is used up; counts against the cycle's wait budget.
    pub window: Duration,
}

impl Pace {
    /// Pacing as the profile says.
    #[must_use]
    pub fn new(pacing: &Pacing) -> Self {
        let headers = match (&pacing.used_header, &pacing.allowed_header, &pacing.reset_header) {
            (Some(used), Some(allowed), Some(reset)) => {
                Some(Headers { used: used.clone(), allowed: allowed.clone(), reset: reset.clone() })
            }
            _ => None,
        };
        Self {
            interval: Duration::from_mins(1) / pacing.requests_per_minute.max(1),
            headers,
            told: false,
            steady_until: None,
            window_ends: None,
        }
    }

    /// What to wait before sending at `now`.
    #[must_use]
    pub fn before(&self, now: Timestamp) -> Hold {
        let until = |moment: Option<Timestamp>| moment.map_or(Duration::ZERO, |end| clock::between(now, end));
        let window = until(self.window_ends);
        let steady = if self.told || !window.is_zero() { Duration::ZERO } else { until(self.steady_until) };
        Hold { steady, window }
    }

    /// Takes note that a request was sent at `sent` and answered at `now` with these headers.
    pub fn after(&mut self, sent: Timestamp, now: Timestamp, answer: Option<&HeaderMap>) {
        self.steady_until = Some(clock::plus(sent, self.interval));
        self.window_ends = None;
        let (Some(names), Some(answer)) = (&self.headers, answer) else {
            return;
        };
        let number = |name: &str| answer.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        let (Some(used), Some(allowed), Some(reset)) =
            (number(&names.used), number(&names.allowed), number(&names.reset))
        else {
            return;
        };
        self.told = true;
        if used >= allowed {
            self.window_ends = Some(clock::plus(now, Duration::from_secs(reset.min(LONGEST_WINDOW))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn genesys() -> Pacing {
        Pacing {
            used_header: Some("inin-ratelimit-count".to_owned()),
            allowed_header: Some("inin-ratelimit-allowed".to_owned()),
            reset_header: Some("inin-ratelimit-reset".to_owned()),
            ..Pacing::default()
        }
    }

    fn headers(used: &str, allowed: &str, reset: &str) -> HeaderMap {
        let mut map = HeaderMap::new();
        map.insert("inin-ratelimit-count", used.parse().unwrap());
        map.insert("inin-ratelimit-allowed", allowed.parse().unwrap());
        map.insert("inin-ratelimit-reset", reset.parse().unwrap());
        map
    }

    #[test]
    fn without_headers_the_rate_is_steady() {
        let now = Timestamp::UNIX_EPOCH;
        let mut pace = Pace::new(&Pacing::default());
        assert_eq!(pace.before(now), Hold { steady: Duration::ZERO, window: Duration::ZERO });
        pace.after(now, now, None);
        assert_eq!(pace.before(now).steady, Duration::from_millis(200));
        assert_eq!(pace.before(clock::plus(now, Duration::from_secs(1))).steady, Duration::ZERO);
    }

    #[test]
    fn a_used_up_window_is_waited_out() {
        let now = Timestamp::UNIX_EPOCH;
        let mut pace = Pace::new(&genesys());
        pace.after(now, now, Some(&headers("179", "180", "61")));
        assert_eq!(pace.before(now), Hold { steady: Duration::ZERO, window: Duration::ZERO });
        pace.after(now, now, Some(&headers("180", "180", "61")));
        assert_eq!(pace.before(now), Hold { steady: Duration::ZERO, window: Duration::from_secs(61) });
        assert_eq!(pace.before(clock::plus(now, Duration::from_secs(61))).window, Duration::ZERO);
    }

    #[test]
    fn a_header_cannot_stop_the_collector() {
        let now = Timestamp::UNIX_EPOCH;
        let mut pace = Pace::new(&genesys());
        pace.after(now, now, Some(&headers("1", "0", "18446744073709551615")));
        assert_eq!(pace.before(now).window, Duration::from_secs(LONGEST_WINDOW));
        pace.after(now, now, Some(&headers("many", "180", "60")));
        assert_eq!(pace.before(now).window, Duration::ZERO);
    }
}
