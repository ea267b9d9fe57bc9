//! What the reader brings from outside of the evidence: keys, kept checkpoints, witnesses, authorities.
//!
//! Only what was typed is understood here; the files it names are opened by [`crate::trust`].

use std::path::PathBuf;

use clap::Args;
use verify_core::checkpoint::{KeyKind, VerifierKey};
use verify_core::finding::Code;
use verify_core::report::Rung;
use verify_core::verify::{Group, Options, Pin, RangeError, RecordRange, TrustedKey, is_structural};

use crate::exit::Ending;
use crate::refusal::Refusal;

/// Heading in the help.
const OUTSIDE: &str = "From outside the evidence (nothing of it may come from the evidence itself)";
/// Longest time lag that is understood: ten years.
const LONGEST_LAG: i64 = 3_650 * 86_400;

/// What the reader brings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Trust {
    /// The log's key as it was handed to you, with the records it is good for, e.g. …@0-41 or …@42-.
    #[arg(long = "key", help_heading = OUTSIDE, value_name = "VKEY[@FROM-TO]", value_parser = log_key)]
    pub keys: Vec<TrustedKey>,
    /// A file with one such key per line.
    #[arg(long = "key-file", help_heading = OUTSIDE, value_name = "FILE")]
    pub key_files: Vec<PathBuf>,
    /// A checkpoint you kept: this chain must extend it. FILE.leaves beside it is taken, too.
    #[arg(long = "checkpoint", help_heading = OUTSIDE, value_name = "FILE")]
    pub checkpoints: Vec<PathBuf>,
    /// A digest of policies, schemas, profile or baseline that was approved, with the records it is good for. The
    /// report lists under RULES AND BASELINE what the records state.
    #[arg(long = "pin", help_heading = OUTSIDE, value_name = "ITEM=SHA256[@FROM-TO]", value_parser = pin)]
    pub pins: Vec<Pin>,
    /// The key of a witness whose cosignature is asked for.
    #[arg(long = "witness", help_heading = OUTSIDE, value_name = "VKEY", value_parser = witness_key)]
    pub witnesses: Vec<VerifierKey>,
    /// How many of the witnesses must have cosigned a checkpoint that this chain extends [default: all].
    #[arg(long, help_heading = OUTSIDE, value_name = "N", requires = "witnesses")]
    pub quorum: Option<usize>,
    /// Certificate of a time-stamping authority, in PEM: its own, or the one that issued it. It counts only with --key:
    /// a time-stamp is over a signed checkpoint.
    #[arg(long = "tsa", help_heading = OUTSIDE, value_name = "CERT.pem")]
    pub authorities: Vec<PathBuf>,
    /// How long after a sealing a time-stamp is still in time, e.g. 90m, 24h, 7d [default: 24h].
    #[arg(long, help_heading = OUTSIDE, value_name = "TIME", value_parser = lag)]
    pub time_lag: Option<i64>,
    /// Without these rungs for every record the answer is inconclusive: signed, timestamped, anchored, locked. Anchored
    /// is asked up to the newest checkpoint given: later records cannot be, and the verdict says up to which record.
    #[arg(long = "require", help_heading = OUTSIDE, value_name = "RUNG,...", value_delimiter = ',', value_parser = rung)]
    pub required: Vec<Rung>,
}

impl Trust {
    /// Refuses to be given what no check would look at: a rewritten chain would be green with the checkpoint in hand
    /// that shows it.
    pub(crate) fn refuse_silence(&self, options: &Options) -> Result<(), Refusal> {
        let given = [
            ("--key", !self.keys.is_empty(), Code::SigKey),
            ("--key-file", !self.key_files.is_empty(), Code::SigKey),
            ("--checkpoint", !self.checkpoints.is_empty(), Code::AnchorCheckpoint),
            ("--pin", !self.pins.is_empty(), Code::PolicyPin),
            ("--witness", !self.witnesses.is_empty(), Code::AnchorWitness),
            ("--tsa", !self.authorities.is_empty(), Code::TsValid),
            // Judged with the chain, which always runs; here so that nobody has to know that.
            ("--head", options.head.is_some(), Code::AnchorHead),
        ];
        let Some((option, _, code)) =
            given.into_iter().find(|(_, is_given, code)| *is_given && !options.asks(*code))
        else {
            return Ok(());
        };
        let group = Group::of(code);
        let (message, hint) = if options.structural && !is_structural(code) {
            (
                format!("{option} was given, but --only structural leaves out {code}"),
                format!(
                    "structural runs only what verify.py checks, too: leave it out, or leave out {option}"
                ),
            )
        } else {
            (
                format!("{option} was given, but --only leaves out {group}"),
                format!(
                    "add {group} to --only, or leave out {option}: what no check looks at proves nothing"
                ),
            )
        };
        Err(Refusal::new(Ending::Usage, message, hint))
    }

    /// The same as arguments: name and value, in an order that does not change.
    pub(super) fn arguments(&self) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        all.extend(self.keys.iter().map(|key| ("key", key_text(key))));
        let files = [("key-file", &self.key_files), ("checkpoint", &self.checkpoints)];
        for (name, paths) in files {
            all.extend(paths.iter().map(|path| (name, path.to_string_lossy().into_owned())));
        }
        all.extend(self.pins.iter().map(|pin| ("pin", pin.to_string())));
        all.extend(self.witnesses.iter().map(|key| ("witness", key.to_string())));
        all.extend(self.quorum.map(|quorum| ("quorum", quorum.to_string())));
        all.extend(self.authorities.iter().map(|path| ("tsa", path.to_string_lossy().into_owned())));
        all.extend(self.time_lag.map(|seconds| ("time-lag", format!("{seconds}s"))));
        if !self.required.is_empty() {
            let names: Vec<_> = self.required.iter().map(|rung| rung.as_str()).collect();
            all.push(("require", names.join(",")));
        }
        all
    }
}

/// A key and its range as they are typed.
pub(crate) fn key_text(trusted: &TrustedKey) -> String {
    format!("{}{}", trusted.key, trusted.records())
}

/// `VKEY`, `VKEY@FROM-TO` or `VKEY@FROM-`: the key of a log and the records it is good for.
pub(crate) fn log_key(text: &str) -> Result<TrustedKey, String> {
    // A name may hold an `@`, but then a `+` follows it; a range stands behind the last part.
    let (key, range) = match text.rsplit_once('@') {
        Some((key, range)) if !range.contains('+') => (key, Some(range)),
        _ => (text, None),
    };
    let key = key_of(key, KeyKind::Log)?;
    let RecordRange { from, to } = range.map_or(Ok(RecordRange::default()), records)?;
    Ok(TrustedKey { key, from, to })
}

/// `policies=SHA256`, perhaps with `@FROM-TO`.
fn pin(text: &str) -> Result<Pin, String> {
    text.parse().map_err(|error| with_cause(&error))
}

pub(super) fn witness_key(text: &str) -> Result<VerifierKey, String> {
    key_of(text, KeyKind::Witness)
}

fn key_of(text: &str, kind: KeyKind) -> Result<VerifierKey, String> {
    let key: VerifierKey = text.parse().map_err(|error| with_cause(&error))?;
    match (kind, key.kind()) {
        (KeyKind::Log, KeyKind::Witness) => {
            Err("expected the key of a log (type 0x01), found that of a witness: give it with --witness"
                .to_owned())
        }
        (KeyKind::Witness, KeyKind::Log) => {
            Err("expected the key of a witness (type 0x04), found that of a log: give it with --key"
                .to_owned())
        }
        _ => Ok(key),
    }
}

fn with_cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// `FROM-TO` or `FROM-`.
fn records(text: &str) -> Result<RecordRange, String> {
    text.parse().map_err(|error| match error {
        RangeError::Form => {
            format!("expected the records a key is good for as @FROM-TO or @FROM-, found @{text}")
        }
        RangeError::Falling => format!("{error}, found @{text}"),
    })
}

/// Seconds of `90m`, `24h`, `7d`.
fn lag(text: &str) -> Result<i64, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3_600),
        "d" => Some(86_400),
        _ => None,
    };
    number
        .parse::<i64>()
        .ok()
        .zip(factor)
        .and_then(|(number, factor): (i64, i64)| number.checked_mul(factor))
        .filter(|seconds| (1..=LONGEST_LAG).contains(seconds))
        .ok_or_else(|| "expected a time of at most 3650d, e.g. 90m, 24h or 7d".to_owned())
}

fn rung(text: &str) -> Result<Rung, String> {
    [Rung::Signed, Rung::Timestamped, Rung::Anchored, Rung::Locked]
        .into_iter()
        .find(|rung| rung.as_str() == text)
        .ok_or_else(|| "expected some of signed, timestamped, anchored, locked".to_owned())
}

/// One word of `--only`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// One group of checks.
    Group(Group),
    /// Exactly the checks that the second implementation makes, too.
    Structural,
}

impl Only {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Group(group) => group.as_str(),
            Self::Structural => "structural",
        }
    }
}

/// A group, or `structural`.
pub(super) fn only(text: &str) -> Result<Only, String> {
    if text == Only::Structural.as_str() {
        return Ok(Only::Structural);
    }
    text.parse().map(Only::Group).map_err(|_| {
        let known: Vec<_> = Group::ALL.iter().map(|group| group.as_str()).collect();
        format!("expected some of {}, structural", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example key of a log, made from 32 bytes that are a point.
    fn key(kind: KeyKind, name: &str) -> VerifierKey {
        VerifierKey::new(kind, name, [7; 32]).unwrap()
    }

    #[test]
    fn a_range_stands_behind_the_key_and_an_at_sign_may_stand_in_the_name() {
        let log = key(KeyKind::Log, "ops@example.com/acme/production");
        for (suffix, from, to) in
            [("", 0, None), ("@3-", 3, None), ("@0-41", 0, Some(41)), ("@7-7", 7, Some(7))]
        {
            let trusted = log_key(&format!("{log}{suffix}")).unwrap();
            assert_eq!((&trusted.key, trusted.from, trusted.to), (&log, from, to), "{suffix}");
            assert_eq!(key_text(&trusted), format!("{log}{suffix}"));
        }
    }

    #[test]
    fn wrong_keys_and_ranges_are_refused_with_what_was_expected() {
        let log = key(KeyKind::Log, "evidence.example.com/acme/production");
        let witness = key(KeyKind::Witness, "witness.example");
        for (text, expected) in [
            ("nonsense".to_owned(), "expected <name>+<8 hex digits>+<base64>"),
            (log.to_string().replace("acme", "acne"), "expected key id"),
            (witness.to_string(), "give it with --witness"),
            (format!("{log}@"), "as @FROM-TO or @FROM-, found @"),
            (format!("{log}@5"), "as @FROM-TO or @FROM-"),
            (format!("{log}@-5"), "as @FROM-TO or @FROM-"),
            (format!("{log}@9-5"), "in rising order"),
            (format!("{log}@0-99999999999999999999"), "as @FROM-TO or @FROM-"),
        ] {
            let error = log_key(&text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert!(witness_key(&log.to_string()).unwrap_err().contains("give it with --key"));
        assert_eq!(witness_key(&witness.to_string()).unwrap(), witness);
    }

    #[test]
    fn times_have_a_unit_and_an_end() {
        assert_eq!((lag("90m").unwrap(), lag("24h").unwrap(), lag("7d").unwrap()), (5_400, 86_400, 604_800));
        for text in ["", "24", "h", "0h", "-1h", "24 h", "1.5h", "3651d", "99999999999999999999s"] {
            assert!(lag(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_rungs_that_need_the_outside_can_be_required() {
        assert_eq!(rung("locked").unwrap(), Rung::Locked);
        for text in ["hashed", "re_performed", "Signed", ""] {
            assert!(rung(text).unwrap_err().contains("signed, timestamped, anchored, locked"), "{text}");
        }
    }
}
