//! The command that hands over a sample: what may be asked.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::{Format, Question};

/// Most records that may be named in one range: more is the whole chain, which needs no proof.
const LARGEST_RANGE: u64 = 100_000;

/// `prove`.
#[derive(Debug, Clone, Args)]
#[command(
    group = ArgGroup::new("which").required(true).args(["records", "sample"]),
    after_help = "Examples:\n  verifier prove evidence/demo --key <VKEY> --records 3,17,30-32 --out sample\n  \
                  verifier prove evidence/demo --key <VKEY> --sample 5 --seed 2026 --out sample\n  \
                  verifier verify sample --key <VKEY>\n\nThe folder holds the records asked for and those their replays \
                  need, each with a proof that it\nbelongs to the newest signed checkpoint. A sample proves nothing about \
                  the records left out.\n\n--sample N takes the N snapshots with the smallest SHA-256 of `<seed> \
                  <sequence>`, so that\nanybody can draw the same ones again."
)]
pub struct Prove {
    /// The records to hand over.
    #[arg(long, value_name = "SEQ,FROM-TO,...", value_delimiter = ',', value_parser = range)]
    pub records: Vec<Range>,
    /// Draw this many snapshots instead.
    #[arg(long, value_name = "N", requires = "seed")]
    pub sample: Option<u64>,
    /// What the draw depends on: a word or number that both sides agreed on before.
    #[arg(long, value_name = "TEXT", requires = "sample")]
    pub seed: Option<String>,
    /// The folder to write; it must not exist, and lies outside of the evidence.
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Form of the answer on standard output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Whose records.
    #[command(flatten)]
    pub question: Question,
}

/// One or several neighbouring records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

impl Prove {
    /// The records named, each once.
    #[must_use]
    pub fn named(&self) -> BTreeSet<u64> {
        self.records.iter().flat_map(|range| range.first..=range.last).collect()
    }
}

fn range(text: &str) -> Result<Range, String> {
    let expected = || format!("expected a record like 17 or records like 30-32, found {text:?}");
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().map_err(|_| expected())?, last.parse().map_err(|_| expected())?);
    if first > last {
        return Err(format!("expected records in rising order, found {text}"));
    }
    if last - first >= LARGEST_RANGE {
        return Err(format!("expected at most {LARGEST_RANGE} records in a range, found {text}"));
    }
    Ok(Range { first, last })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_closed_and_rising() {
        assert_eq!(range("17"), Ok(Range { first: 17, last: 17 }));
        assert_eq!(range("30-32"), Ok(Range { first: 30, last: 32 }));
        for text in ["", "-", "3-", "-3", "a", "5-4", "0-100000", "1-2-3", "99999999999999999999"] {
            assert!(range(text).is_err(), "{text}");
        }
    }
}
