//! Single values of the command line. Each refusal says what was expected and gives an example.

use std::str::FromStr;

use jiff::civil::Date;
use verify_core::digest::Digest;
use verify_core::time::UtcTime;

use verify_core::verify::KnownRecord;

/// A day or a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// A whole UTC day.
    Day(Date),
    /// One second.
    Moment(UtcTime),
}

impl When {
    /// Where it begins.
    #[must_use]
    pub fn first_second(self) -> UtcTime {
        match self {
            Self::Day(date) => UtcTime::midnight(date),
            Self::Moment(time) => time,
        }
    }

    /// Where it ends.
    #[must_use]
    pub fn last_second(self) -> UtcTime {
        match self {
            Self::Day(date) => UtcTime::midnight(date).plus_seconds(86_399),
            Self::Moment(time) => time,
        }
    }
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Day(date) => write!(f, "{date}"),
            Self::Moment(time) => write!(f, "{time}"),
        }
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let day_shaped = text.len() == 10
            && text.bytes().enumerate().all(|(index, byte)| match index {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let day = if day_shaped { text.parse::<Date>().ok().map(Self::Day) } else { None };
        day.or_else(|| text.parse().ok().map(Self::Moment)).ok_or_else(|| {
            "expected a day like 2026-05-01 or a UTC time like 2026-05-01T08:00:00Z".to_owned()
        })
    }
}

pub(crate) fn head(text: &str) -> Result<KnownRecord, String> {
    let expected = "expected SEQ:SHA256, as the report prints it after \"keep this line\"";
    let (sequence, digest) = text.split_once(':').ok_or_else(|| expected.to_owned())?;
    let sequence = sequence
        .parse()
        .map_err(|_| format!("{expected}; the part before the colon is no sequence number"))?;
    let manifest_sha256 = digest.parse::<Digest>().map_err(|error| format!("{expected}; {error}"))?;
    Ok(KnownRecord { sequence, manifest_sha256 })
}

pub(crate) fn threads(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|threads| (1..=256).contains(threads))
        .ok_or_else(|| "expected a number from 1 to 256".to_owned())
}

/// The parser's own stack bounds the depth it can be asked for.
pub(super) fn depth(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|depth| (1..=512).contains(depth))
        .ok_or_else(|| "expected a number from 1 to 512".to_owned())
}

pub(super) fn size(text: &str) -> Result<u64, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "" | "B" => Some(1),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    number
        .parse::<u64>()
        .ok()
        .zip(factor)
        .and_then(|(number, factor): (u64, u64)| number.checked_mul(factor))
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "expected bytes, e.g. 1073741824, 512MiB or 2GiB".to_owned())
}
