//! From records and proofs to the assurance ladder: who stands on which rung, and why not all (F-136).

use std::collections::BTreeSet;

use super::options::Options;
use super::proofs::Proven;
use crate::model::Kind;
use crate::report::{BundleSummary, LadderStep, RecordSummary, Report, Rung};

/// How the evidence was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// As a chain.
    Chain,
    /// As one package.
    OnePackage,
    /// As a sample with proofs.
    Bundle,
}

/// Adds the rungs that rest on proofs, and takes away those that this delivery cannot show.
pub(super) fn raise(
    records: &mut [RecordSummary],
    delivery: Delivery,
    proven: &Proven,
    locked: &BTreeSet<u64>,
    options: &Options,
) {
    let mut stamps = proven.stamps.clone();
    stamps.sort_unstable();
    let mut earliest = None;
    for record in records.iter_mut().rev() {
        // The earliest token among all over sizes that cover this record.
        while let Some((_, time)) = stamps.last().filter(|(size, _)| *size > record.sequence).copied() {
            earliest = Some(earliest.map_or(time, |before: crate::time::UtcTime| before.min(time)));
            stamps.pop();
        }
        match delivery {
            Delivery::OnePackage => record.rungs.retain(|rung| *rung == Rung::Hashed),
            // Whoever makes a note himself can prove anything a member of it.
            Delivery::Bundle if record.sequence >= proven.signed.max(proven.anchored) => {
                record.rungs.retain(|rung| *rung != Rung::Chained);
            }
            Delivery::Bundle | Delivery::Chain => {}
        }
        let chained = record.rungs.contains(&Rung::Chained);
        // Of one package alone the kept leaf hash says where it stands: that needs no neighbour.
        let by_leaf = delivery == Delivery::OnePackage && record.rungs.contains(&Rung::Hashed);
        let latest = record.sealed_utc.plus_seconds(options.time_lag_seconds);
        for (rung, stands) in [
            (Rung::Signed, chained && record.sequence < proven.signed),
            (Rung::Timestamped, chained && earliest.is_some_and(|time| time <= latest)),
            (Rung::Anchored, (chained || by_leaf) && record.sequence < proven.anchored),
            (Rung::Locked, record.rungs.contains(&Rung::Hashed) && locked.contains(&record.sequence)),
        ] {
            if stands {
                record.rungs.push(rung);
            }
        }
        record.rungs.sort_unstable();
    }
}

/// One step per rung, over all records.
pub(super) fn steps(report: &Report, delivery: Delivery, options: &Options) -> Vec<LadderStep> {
    Rung::ALL
        .into_iter()
        .map(|rung| {
            let applies =
                |record: &&RecordSummary| rung != Rung::RePerformed || record.kind == Kind::Snapshot;
            let stands = |record: &RecordSummary| record.rungs.contains(&rung);
            let all: Vec<_> = report.records.iter().filter(applies).collect();
            let standing = all.iter().filter(|record| stands(record)).count() as u64;
            let of = all.len() as u64;
            let first_ones = all.iter().take_while(|record| stands(record));
            let up_to = first_ones.clone().last().map(|record| record.sequence);
            let reached = standing == of && of > 0;
            LadderStep {
                rung,
                reached,
                records: standing,
                of,
                up_to: up_to.filter(|_| !reached && first_ones.count() as u64 == standing),
                why: (!reached).then(|| why(rung, standing, of, report, delivery, options)),
            }
        })
        .collect()
}

fn why(rung: Rung, standing: u64, of: u64, report: &Report, delivery: Delivery, options: &Options) -> String {
    if report.records.is_empty() {
        return "no record was read".to_owned();
    }
    let alone = delivery == Delivery::OnePackage;
    let proofs = &report.proofs;
    let text = match rung {
        Rung::Hashed => return findings(of - standing, "about its own bytes", "about their own bytes"),
        Rung::Chained if alone => "one package alone is not held against its neighbours",
        Rung::Chained if delivery == Delivery::Bundle && standing == 0 => {
            "the proofs lead to a checkpoint that nobody vouches for: neither a given key (--key) nor one kept \
             outside (--checkpoint)"
        }
        Rung::Chained => {
            return findings(of - standing, "about its place in the chain", "about their place in the chain");
        }
        Rung::Anchored if alone && !options.anchors.is_empty() => {
            "one package is held against a kept checkpoint by the leaf hash that was kept of it (FILE.leaves)"
        }
        Rung::Signed | Rung::Timestamped | Rung::Anchored if alone => {
            "nothing can be said of a checkpoint without the records it covers"
        }
        Rung::Signed if options.keys.is_empty() && proofs.keys.is_empty() => {
            "no key was given from outside (--key)"
        }
        Rung::Signed if options.keys.is_empty() => {
            "no key was given from outside (--key); a key found only in the evidence proves nothing about who signed"
        }
        Rung::Signed if standing == 0 => "no checkpoint of a given key holds",
        Rung::Signed => "no checkpoint of a given key covers the rest",
        Rung::Timestamped if options.authorities.is_empty() => "no authority was given (--tsa)",
        Rung::Timestamped if proofs.stamps.is_none() => {
            "the evidence holds no token over a checkpoint of its own"
        }
        Rung::Timestamped if options.keys.is_empty() => {
            "a token counts over a checkpoint of a given key (--key), and none was given"
        }
        Rung::Timestamped if standing == 0 => {
            "no valid token was issued within the allowed time after a sealing"
        }
        Rung::Timestamped => "no valid token covers the rest within the allowed time after the sealing",
        Rung::Anchored if options.anchors.is_empty() => "no checkpoint kept outside was given (--checkpoint)",
        Rung::Anchored if standing == 0 => "no kept checkpoint is one that these records extend",
        Rung::Anchored => "no kept checkpoint covers the rest",
        Rung::Locked => return why_not_locked(report),
        Rung::RePerformed if of == 0 => "there is no snapshot, so there is nothing to perform again",
        Rung::RePerformed if alone => "one package alone has no earlier states to be compared with",
        Rung::RePerformed => {
            let rest = of - standing;
            let snapshots =
                if rest == 1 { "1 snapshot was".to_owned() } else { format!("{rest} snapshots were") };
            return format!("{snapshots} not replayed with equal results");
        }
    };
    text.to_owned()
}

/// Most reasons that are told in one sentence; the report holds all.
const MOST_REASONS: usize = 4;

fn why_not_locked(report: &Report) -> String {
    let Some(locks) = &report.locks else {
        return "the store was not asked for its locks; a folder has none to show".to_owned();
    };
    let told = |(why, records): (&String, &u64)| {
        let noun = if *records == 1 { "record" } else { "records" };
        format!("{records} {noun}: {why}")
    };
    let reasons: Vec<String> = locks.open.iter().take(MOST_REASONS).map(told).collect();
    if reasons.is_empty() { "the rest is not hashed".to_owned() } else { reasons.join("; ") }
}

fn findings(records: u64, about_one: &str, about_many: &str) -> String {
    if records == 1 {
        format!("1 record has findings {about_one}, or could not be judged")
    } else {
        format!("{records} records have findings {about_many}, or could not be judged")
    }
}

/// Rungs that were demanded and are not reached. An anchor never covers what came after it, so for *anchored* one
/// kept checkpoint that these records extend is enough.
pub(super) fn unmet(steps: &[LadderStep], options: &Options) -> Vec<String> {
    let demanded = steps.iter().filter(|step| options.required.contains(&step.rung));
    demanded
        .filter(|step| !(step.reached || step.rung == Rung::Anchored && step.records > 0))
        .map(|step| {
            let (word, rest) = (step.rung.word(), step.of - step.records);
            let are = if rest == 1 { "is" } else { "are" };
            let why = step.why.as_deref().unwrap_or_default();
            format!("--require {word}: {rest} of {} records {are} not {word} ({why})", step.of)
        })
        .collect()
}

/// One sentence for every rung that is not reached: what could have happened unseen.
pub(super) fn not_claimed(steps: &[LadderStep], bundle: Option<BundleSummary>) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(BundleSummary { records, of }) = bundle {
        sentences.push(format!(
            "Sampled: {records} of {of} records. Coverage is not claimed, and nothing is said about records that were \
             not delivered."
        ));
    }
    for step in steps.iter().filter(|step| !step.reached) {
        let open = match step.rung {
            Rung::Signed => "anyone who can write to the store could have made these records",
            Rung::Timestamped => {
                "whoever holds the signing key could have made these records later than they say"
            }
            Rung::Anchored => {
                "whoever holds the signing key could have rewritten, cut or forked the history, and shown another one \
                 to others"
            }
            Rung::Locked => "the store may allow evidence to be deleted or hidden",
            Rung::Hashed | Rung::Chained | Rung::RePerformed => continue,
        };
        let whom = match (step.records, step.up_to) {
            (0, _) => format!("Not {}", step.rung.word()),
            (_, Some(record)) => format!("Not {} after record {record}", step.rung.word()),
            _ => format!("Not {} in {} of {} records", step.rung.word(), step.of - step.records, step.of),
        };
        let why = step.why.as_deref().unwrap_or_default();
        sentences.push(format!("{whom} ({why}): {open}."));
    }
    sentences
}
