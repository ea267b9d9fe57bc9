//! The assurance ladder in words: what a rung proves, what it leaves open, and what it takes to reach it.
//!
//! The texts say *records* of what stands on a rung; how many do is said beside them.

use verify_core::report::{AnchorOutcome, KeyRow, LadderStep, LockSummary, Report, Rung};

use super::{counted, grouped, minute, short};
use crate::display::escape;

/// The rungs of one record as letters, `-` for each it does not stand on; all seven in the order of the ladder.
#[must_use]
pub fn letters(rungs: &[Rung]) -> String {
    let letter = |rung: Rung| match rung {
        Rung::Hashed => 'H',
        Rung::Chained => 'C',
        Rung::Signed => 'S',
        Rung::Timestamped => 'T',
        Rung::Anchored => 'A',
        Rung::Locked => 'L',
        Rung::RePerformed => 'R',
    };
    Rung::ALL.into_iter().map(|rung| if rungs.contains(&rung) { letter(rung) } else { '-' }).collect()
}

/// The rungs of one record in words: those it stands on, then those it does not.
#[must_use]
pub fn standing(rungs: &[Rung]) -> String {
    let words = |stands: bool| {
        let chosen = Rung::ALL.into_iter().filter(|rung| rungs.contains(rung) == stands);
        chosen.map(Rung::word).collect::<Vec<_>>().join(", ")
    };
    match (words(true), words(false)) {
        (none, _) if none.is_empty() => "not proven".to_owned(),
        (all, none) if none.is_empty() => all,
        (some, others) => format!("{some}; not {}", others.replace(", ", ", not ")),
    }
}

/// What a rung says of the records that stand on it.
#[must_use]
pub const fn meaning(rung: Rung) -> &'static str {
    match rung {
        Rung::Hashed => "every byte is the one its manifest names",
        Rung::Chained => "every record names the one before it",
        Rung::Signed => "a key given from outside signed a checkpoint over it",
        Rung::Timestamped => "an authority saw that checkpoint soon after the sealing",
        Rung::Anchored => "a checkpoint kept outside covers it and is extended by this chain",
        Rung::Locked => "the store was seen to lock it",
        Rung::RePerformed => "policies, drift and normalization were run again with equal results",
    }
}

/// What a rung proves, in a sentence for whoever has to rely on it.
#[must_use]
pub const fn proves(rung: Rung) -> &'static str {
    match rung {
        Rung::Hashed => "no byte of the package differs from what its manifest names",
        Rung::Chained => {
            "none was changed, added, removed or reordered without redoing every record after it"
        }
        Rung::Signed => "whoever holds the key you were given vouches for it and for all before it",
        Rung::Timestamped => {
            "an authority you trust saw the signed history with it soon after it was sealed: it was not made up later"
        }
        Rung::Anchored => {
            "it is the one you kept a checkpoint of: not changed, added or removed since, whoever holds the keys"
        }
        Rung::Locked => "the store itself said that this version can be neither removed nor replaced",
        Rung::RePerformed => {
            "policies, drift and normalization, run again here on what is recorded, give what is recorded"
        }
    }
}

/// What a rung does not prove.
#[must_use]
pub const fn open(rung: Rung) -> &'static str {
    match rung {
        Rung::Hashed => "that the manifest itself is the one that was sealed",
        Rung::Chained => "anything against somebody who makes the whole chain anew, or cuts off its end",
        Rung::Signed => "that the holder of the key did not rewrite it later, nor when it was signed",
        Rung::Timestamped => "that no other history was stamped as well, nor that the authority is honest",
        Rung::Anchored => {
            "anything about records newer than the checkpoint, or about the time before you kept it"
        }
        Rung::Locked => "anything about the time before the upload",
        Rung::RePerformed => "that the platform told the truth, or that a policy asks enough",
    }
}

/// What it takes to reach a rung.
#[must_use]
pub const fn reach(rung: Rung) -> &'static str {
    match rung {
        Rung::Hashed => "packages whose hashes hold; the findings name those that do not",
        Rung::Chained => "all records from the first on; the findings name what is missing or wrong",
        Rung::Signed => "--key with the verifier key, handed over outside of the evidence",
        Rung::Timestamped => "--tsa with the authority's certificate, and --key",
        Rung::Anchored => "--checkpoint with one kept earlier; verifier checkpoint save keeps one now",
        Rung::Locked => "the store itself, s3://BUCKET/ROOT, or a receipt of it (--receipt)",
        Rung::RePerformed => "complete snapshots, and the earlier states they are compared with",
    }
}

/// How many records stand on a rung.
#[must_use]
pub fn share(step: &LadderStep) -> String {
    format!("{} of {}", grouped(step.records), grouped(step.of))
}

/// What is proven of all records.
#[must_use]
pub fn proven(assurance: &[LadderStep]) -> String {
    let reached: Vec<_> =
        assurance.iter().filter(|step| step.reached).map(|step| meaning(step.rung)).collect();
    if reached.is_empty() { "nothing of all records".to_owned() } else { reached.join(", ") }
}

/// What is not, or only of some records, and why.
#[must_use]
pub fn not_proven(assurance: &[LadderStep]) -> String {
    let missing: Vec<_> = assurance
        .iter()
        .filter_map(|step| {
            let why = step.why.as_ref()?;
            let word = step.rung.word();
            Some(match step.up_to {
                Some(record) => format!("{word} after record {record} ({why})"),
                None => format!("{word} ({why})"),
            })
        })
        .collect();
    if missing.is_empty() { "nothing that the ladder knows".to_owned() } else { missing.join(", ") }
}

/// What the evidence was held against, each with a name; safe to show. Never empty: *nothing* is said, too.
#[must_use]
pub fn held_against(report: &Report) -> Vec<(&'static str, String)> {
    let proofs = &report.proofs;
    let (given, named): (Vec<&KeyRow>, Vec<&KeyRow>) = proofs.keys.iter().partition(|row| row.given);
    let is_given = |row: &&KeyRow| given.iter().any(|other| other.key == row.key);
    let mut lines: Vec<(&'static str, String)> = given.iter().map(|row| ("key", key(row, &named))).collect();
    lines.extend(named.iter().filter(|row| !is_given(row)).map(|row| ("key", key(row, &[]))));
    for row in &proofs.anchors {
        let outcome = match row.outcome {
            AnchorOutcome::Extends => "extended by this chain",
            AnchorOutcome::Differs => "NOT what this chain holds: rewritten",
            AnchorOutcome::Cut => "MORE than this chain holds: cut",
            AnchorOutcome::Foreign => "of another chain",
            AnchorOutcome::Members => "holds the records at hand, by the leaf hashes kept with it",
            AnchorOutcome::Refused => "REFUSED: a signature in it does not hold",
            AnchorOutcome::NotEvaluated => {
                "not evaluated: records are absent, and no leaf hashes were kept with it"
            }
        };
        let size = counted(row.size, "record");
        lines.push(("checkpoint", format!("{}: {size}, {outcome}", escape(&row.name))));
    }
    for row in &report.pins {
        let range = range(row.from, row.to);
        // The whole digest is what the reader gave; the JSON holds it.
        let (item, digest) = (row.item, short(&row.sha256));
        let stated = counted(row.records, "record");
        lines.push(("pin", format!("{item} {digest} at records {range}: stated by {stated}")));
    }
    if let Some(stamps) = &proofs.stamps {
        let valid = format!("{} of {} valid", grouped(stamps.valid), counted(stamps.tokens, "token"));
        let newest =
            stamps.newest_utc.zip(stamps.authority.as_deref()).map_or_else(String::new, |(time, who)| {
                format!("; the newest of {} UTC by {}", minute(time), escape(who))
            });
        lines.push(("authority", format!("{valid}{newest}")));
    }
    lines.extend(report.locks.as_ref().map(|locks| ("locks", locks_told(locks))));
    for row in &proofs.witnesses {
        let (name, size) = (escape(&row.name), counted(row.size, "record"));
        lines.push(("witness", format!("{name} cosigned {size} on {} UTC", minute(row.time_utc))));
    }
    if !proofs.keys.iter().any(|row| row.given) && proofs.anchors.is_empty() {
        let nothing = "no key and no checkpoint was given: whatever holds, holds only within the evidence";
        lines.push(("outside", nothing.to_owned()));
    }
    lines
}

/// What the store told about its locks.
fn locks_told(locks: &LockSummary) -> String {
    let (by, asked) = (escape(&locks.told_by), minute(locks.asked_utc));
    match locks.first_end_utc.zip(locks.days_left) {
        None => format!("told by {by} on {asked} UTC: nothing is locked"),
        Some((end, days)) if days < 0 => {
            format!("told by {by} on {asked} UTC: the first one ENDED on {} UTC", minute(end))
        }
        Some((end, days)) => {
            let days =
                if days == 1 { "1 day".to_owned() } else { format!("{} days", grouped(days.unsigned_abs())) };
            format!(
                "told by {by} on {asked} UTC: the first one ends on {} UTC, {days} after the asking",
                minute(end)
            )
        }
    }
}

/// A key by its name and id; the whole of it stands in the JSON. One that was given may also be `named` by the evidence.
fn key(row: &KeyRow, named: &[&KeyRow]) -> String {
    let mut parts = row.key.splitn(3, '+');
    let (name, id) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let whose = if row.given { "given by you" } else { "named by the evidence alone, which proves nothing" };
    let mut text =
        format!("{}, key id {}: {whose}, for records {}", escape(name), escape(id), range(row.from, row.to));
    for row in named.iter().filter(|other| other.key == row.key) {
        text.push_str("; the evidence names it for ");
        text.push_str(&range(row.from, row.to));
    }
    text
}

fn range(from: u64, to: Option<u64>) -> String {
    match to {
        None => format!("from {from} on"),
        Some(to) => format!("{from} to {to}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_words_of_a_record() {
        let rungs = [Rung::Hashed, Rung::Chained, Rung::Signed, Rung::RePerformed];
        assert_eq!(letters(&rungs), "HCS---R");
        assert_eq!(
            standing(&rungs),
            "hashed, chained, signed, re-performed; not timestamped, not anchored, not locked"
        );
        assert_eq!((letters(&[]), standing(&[])), ("-------".to_owned(), "not proven".to_owned()));
        assert!(!standing(&Rung::ALL).contains("not"));
    }

    #[test]
    fn every_rung_says_what_it_proves_what_not_and_how_to_reach_it() {
        for rung in Rung::ALL {
            let texts = [meaning(rung), proves(rung), open(rung), reach(rung)];
            assert!(texts.iter().all(|text| text.len() > 20 && !text.ends_with('.')), "{rung:?}");
        }
    }

    #[test]
    fn locks_are_told_with_the_days_that_are_left() {
        let time = |text: &str| Some(text.parse().unwrap());
        let mut locks = LockSummary {
            told_by: "s3://bucket/root".to_owned(),
            asked_utc: "2026-06-01T08:00:00Z".parse().unwrap(),
            first_end_utc: None,
            days_left: None,
            open: std::collections::BTreeMap::new(),
        };
        let told = "told by s3://bucket/root on 2026-06-01 08:00 UTC";
        assert_eq!(locks_told(&locks), format!("{told}: nothing is locked"));
        for (end, days, words) in [
            ("2031-05-31T08:00:00Z", 1_825, "ends on 2031-05-31 08:00 UTC, 1,825 days after the asking"),
            ("2026-06-02T09:00:00Z", 1, "ends on 2026-06-02 09:00 UTC, 1 day after the asking"),
            ("2026-05-31T08:00:00Z", -1, "ENDED on 2026-05-31 08:00 UTC"),
        ] {
            (locks.first_end_utc, locks.days_left) = (time(end), Some(days));
            assert_eq!(locks_told(&locks), format!("{told}: the first one {words}"));
        }
    }
}
