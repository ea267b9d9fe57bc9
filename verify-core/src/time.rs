//! Times of the evidence format: RFC 3339, UTC, whole seconds, the letter `Z` (F-11).
//!
//! Nothing here reads a clock; callers bring the time. Local time is display, and lives elsewhere.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in UTC, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcTime(i64);

/// Why a text is not a time of this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a UTC time like 2024-05-15T08:00:00Z, found {found:?}")]
pub struct TimeError {
    /// The text that was refused.
    pub found: String,
}

/// First and last second that fit four-digit years.
const EARLIEST: i64 = -62_135_596_800; // 0001-01-01T00:00:00Z
const LATEST: i64 = 253_402_207_200; // the last second the calendar library can hold

impl UtcTime {
    /// From seconds since 1970-01-01T00:00:00Z, held inside the years 1 to 9999.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds.clamp(EARLIEST, LATEST))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// This moment moved by `seconds`, which may be negative.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }

    /// The UTC calendar date.
    #[must_use]
    pub fn date(self) -> Date {
        self.civil().date()
    }

    /// The UTC calendar date and time of day.
    #[must_use]
    pub fn civil(self) -> jiff::civil::DateTime {
        let timestamp = Timestamp::from_second(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        Offset::UTC.to_datetime(timestamp)
    }

    /// Midnight UTC at the start of `date`.
    #[must_use]
    pub fn midnight(date: Date) -> Self {
        Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).map_or_else(
            // Only dates at either end of the calendar have no such moment.
            |_| Self(if date.year() > 0 && date.year() < 5_000 { EARLIEST } else { LATEST }),
            |timestamp| Self::from_unix(timestamp.as_second()),
        )
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = self.civil();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            civil.year(),
            civil.month(),
            civil.day(),
            civil.hour(),
            civil.minute(),
            civil.second()
        )
    }
}

impl FromStr for UtcTime {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let refused = || TimeError { found: text.chars().take(40).collect() };
        let shape = text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            13 | 16 => byte == b':',
            19 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
        if text.len() != 20 || !shape {
            return Err(refused());
        }
        let timestamp: Timestamp = text.parse().map_err(|_| refused())?;
        let time = Self::from_unix(timestamp.as_second());
        // A leap second would be folded into its neighbour: refuse what does not print back equal.
        if time.to_string() == text { Ok(time) } else { Err(refused()) }
    }
}

impl Serialize for UtcTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UtcTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_read() {
        for text in ["2024-05-15T08:00:00Z", "1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z"] {
            assert_eq!(text.parse::<UtcTime>().unwrap().to_string(), text);
        }
        // `date -u -d @1715760000 +%FT%TZ`
        assert_eq!(UtcTime::from_unix(1_715_760_000).to_string(), "2024-05-15T08:00:00Z");
    }

    #[test]
    fn refuses_every_other_spelling() {
        for text in [
            "2024-05-15T08:00:00+00:00",
            "2024-05-15t08:00:00z",
            "2024-05-15T08:00:00.000Z",
            "2024-05-15 08:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-05-15T24:00:00Z",
            "2016-12-31T23:59:60Z",
            "",
        ] {
            assert!(text.parse::<UtcTime>().is_err(), "{text}");
        }
    }

    #[test]
    fn midnight_starts_the_date() {
        let time: UtcTime = "2024-05-15T08:00:00Z".parse().unwrap();
        assert_eq!(UtcTime::midnight(time.date()).to_string(), "2024-05-15T00:00:00Z");
        assert_eq!(time.plus_seconds(-8 * 3600), UtcTime::midnight(time.date()));
    }
}
