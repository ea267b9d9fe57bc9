//! Digests of rules and baselines that the reader pinned: replaying a policy that nobody approved proves nothing (F-141).
//!
//! Approvals inside of the evidence are the word of whoever wrote it. A pin comes from outside, such as from
//! the security function of the company, and holds whoever owns the chain.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::assemble::Plan;
use super::options::{Group, LEFT_OUT, Options};
use super::range::RecordRange;
use super::tally::Tally;
use crate::digest::{Digest, DigestError};
use crate::finding::{Code, Finding, Place};
use crate::report::{PinItem, PinRow, RuleRow};

/// A digest given from outside of the evidence, with the records it is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    /// Of what.
    pub item: PinItem,
    /// The digest.
    pub sha256: Digest,
    /// First record it is good for.
    pub from: u64,
    /// Last record it is good for; `None` leaves the range open.
    pub to: Option<u64>,
}

/// A text that is no pin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// Not an item, an equals sign and more.
    #[error("expected one of policies, schemas, profile, baseline and =SHA256, found {0:?}")]
    Item(String),
    /// Not a digest.
    #[error("expected the SHA-256 digest of the {item} that were approved")]
    Digest {
        /// Of what.
        item: PinItem,
        /// Why.
        source: DigestError,
    },
    /// Not a range of records.
    #[error("expected the records a pin is good for as @FROM-TO or @FROM-, rising, found @{0}")]
    Range(String),
}

impl Pin {
    /// The records it is good for.
    #[must_use]
    pub const fn records(&self) -> RecordRange {
        RecordRange { from: self.from, to: self.to }
    }

    /// Whether the pin is good for a record.
    #[must_use]
    pub fn covers(&self, sequence: u64) -> bool {
        self.records().covers(sequence)
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}{}", self.item, self.sha256, self.records())
    }
}

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let (name, rest) = text.split_once('=').unwrap_or((text, ""));
        let known = PinItem::ALL.into_iter().find(|item| item.as_str() == name);
        let item = known.filter(|_| !rest.is_empty()).ok_or_else(|| PinError::Item(text.to_owned()))?;
        let (digest, range) =
            rest.split_once('@').map_or((rest, None), |(digest, range)| (digest, Some(range)));
        let sha256 = digest.parse().map_err(|source| PinError::Digest { item, source })?;
        let RecordRange { from, to } = range
            .map_or(Ok(RecordRange::default()), str::parse)
            .map_err(|_| PinError::Range(range.unwrap_or_default().to_owned()))?;
        Ok(Self { item, sha256, from, to })
    }
}

/// Holds every record against the pins that are good for it, and counts the records of each.
pub(super) fn check(plans: &[Plan], options: &Options, tally: &mut Tally) -> Vec<PinRow> {
    let mut rows: Vec<PinRow> = options
        .pins
        .iter()
        .map(|pin| PinRow { item: pin.item, sha256: pin.sha256, from: pin.from, to: pin.to, records: 0 })
        .collect();
    for plan in plans {
        for item in PinItem::ALL {
            let Some(found) = item.of(&plan.manifest) else { continue };
            let good = |pin: &&Pin| pin.item == item && pin.covers(plan.sequence());
            let wanted: Vec<&Pin> = options.pins.iter().filter(good).collect();
            for (row, pin) in rows.iter_mut().zip(&options.pins) {
                row.records += u64::from(good(&pin) && pin.sha256 == found);
            }
            if wanted.is_empty() {
                continue;
            }
            if wanted.iter().any(|pin| pin.sha256 == found) {
                tally.pass(Code::PolicyPin);
            } else {
                let expected: Vec<String> = wanted.iter().map(|pin| pin.sha256.to_string()).collect();
                let place = Place { pointer: Some(item.pointer().to_owned()), ..plan.place() };
                let message =
                    format!("the record was judged by another {item} digest than the one that was pinned");
                tally.fail(Finding::new(
                    Code::PolicyPin,
                    place,
                    expected.join(" or "),
                    found.to_string(),
                    message,
                ));
            }
        }
    }
    let why = match () {
        () if !options.runs(Group::Rules) => LEFT_OUT,
        () if options.pins.is_empty() => "no digest of rules or baseline was given from outside (--pin)",
        () => "no record at hand states what was pinned in its range",
    };
    tally.skip_if_unasked(Code::PolicyPin, why);
    rows
}

/// Every digest that records were judged by.
pub(super) fn rules(plans: &[Plan]) -> Vec<RuleRow> {
    let mut rows: BTreeMap<(PinItem, Digest), RuleRow> = BTreeMap::new();
    for plan in plans {
        for item in PinItem::ALL {
            let Some(sha256) = item.of(&plan.manifest) else { continue };
            let sequence = plan.sequence();
            let row = rows.entry((item, sha256)).or_insert(RuleRow {
                item,
                sha256,
                from: sequence,
                to: sequence,
                records: 0,
            });
            row.to = sequence;
            row.records += 1;
        }
    }
    let mut rows: Vec<RuleRow> = rows.into_values().collect();
    rows.sort_by_key(|row| (row.item, row.from, row.sha256));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_written_as_it_is_read_and_anything_else_is_refused() {
        let digest = Digest::of(b"approved");
        for (text, from, to) in [
            (format!("policies={digest}"), 0, None),
            (format!("schemas={digest}@3-"), 3, None),
            (format!("profile={digest}@0-41"), 0, Some(41)),
            (format!("baseline={digest}@7-7"), 7, Some(7)),
        ] {
            let pin: Pin = text.parse().unwrap();
            assert_eq!((pin.sha256, pin.from, pin.to), (digest, from, to));
            assert_eq!(pin.to_string(), text);
            assert!(pin.covers(from) && !from.checked_sub(1).is_some_and(|before| pin.covers(before)));
            assert!(to.is_none_or(|to| pin.covers(to) && !pin.covers(to + 1)));
        }
        for text in ["", "policies", "policies=", "schedule=", "inputs=", "=", "Policies="] {
            let text =
                if text.len() > 9 || text == "=" { format!("{text}{digest}") } else { text.to_owned() };
            assert!(matches!(text.parse::<Pin>(), Err(PinError::Item(_))), "{text}");
        }
        for text in ["x", "8f14e45fceea167a5a36dedd4bea2543", &digest.to_string().to_uppercase()] {
            let text = format!("policies={text}");
            assert!(matches!(text.parse::<Pin>(), Err(PinError::Digest { .. })), "{text}");
        }
        for range in ["", "5", "-5", "9-5", "+1-2", "1-+2", "0-99999999999999999999", "1-2-3"] {
            let text = format!("baseline={digest}@{range}");
            assert!(matches!(text.parse::<Pin>(), Err(PinError::Range(_))), "{text}");
        }
    }
}
