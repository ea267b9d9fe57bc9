//! `verifier prove PATH --out FOLDER`: a sample of records that proves its own membership (F-135).
//!
//! The folder holds `chain/<sequence>.json`, `chain/<sequence>.tlog-proof` and `packages/<sequence>.zip`
//! and nothing else: any other file would be a stray. Places recorded in evidence are never used as
//! paths. What was written is verified in the end as its receiver will, and that verdict is the answer.

mod choose;
mod needs;

use std::collections::BTreeSet;

use serde_json::json;
use verify_core::checkpoint::{InclusionProof, SignedNote, tree};
use verify_core::digest::Digest;
use verify_core::model::{Manifest, Sequence};
use verify_core::report::{RecordSummary, Report, VerdictWord};

use crate::checkpoint::Answer;
use crate::cli::{Prove, Question, Trust, headless_command};
use crate::display::escape;
use crate::exit::Ending;
use crate::output;
use crate::print::Sheet;
use crate::records::{Records, leaves};
use crate::refusal::Refusal;
use crate::run::judged;
use crate::stop::Stop;
use crate::words::{self, counted};

/// Writes the bundle and verifies it.
pub fn prove(asked: &Prove) -> Result<Answer, Refusal> {
    let question = &asked.question;
    question.refuse_only("a proof")?;
    output::outside(&asked.out, &question.path)?;
    let report = judged(question)?;
    let note = covering_note(&report, question)?;
    let limits = question.limits.limits();
    let source = crate::source::of(question, &Stop::of_interrupts()?)?;
    let evidence = Records::list(&source, &limits)?;
    let manifests = evidence.manifests(&report)?;
    let documents = manifests.iter().map(|bytes| parsed(bytes)).collect::<Result<Vec<_>, _>>()?;
    let covered =
        documents.get(..covered(&note)).ok_or_else(|| defect("a sound note covers absent records"))?;
    let sampled = match asked.sample {
        Some(number) => choose::drawn(covered, number, asked.seed.as_deref().unwrap_or_default())?,
        None => choose::named(covered, asked.named())?,
    };
    let needed = needs::of(covered, &sampled);
    let leaves = leaves(&manifests);
    let covered_leaves = leaves.get(..covered.len()).unwrap_or_default();
    output::create_folder(&asked.out)?;
    output::create_folder(&asked.out.join("chain"))?;
    output::create_folder(&asked.out.join("packages"))?;
    for sequence in &needed {
        let at = usize::try_from(*sequence).unwrap_or(usize::MAX);
        let (Some(record), Some(manifest)) = (report.records.get(at), manifests.get(at)) else {
            return Err(defect("a needed record is absent"));
        };
        write_record(asked, &evidence, record, manifest, covered_leaves, &note)?;
    }
    let receiver = receiver(asked);
    let bundle = judged(&receiver)?;
    Ok(answer(asked, &note, &sampled, &needed, &bundle, &headless_command(&receiver)))
}

/// Records that a note pins.
fn covered(note: &SignedNote) -> usize {
    usize::try_from(note.checkpoint().size).unwrap_or(usize::MAX)
}

fn parsed(manifest: &[u8]) -> Result<Manifest, Refusal> {
    serde_json::from_slice(manifest).map_err(|_| defect("a verified manifest cannot be read again"))
}

fn defect(what: &str) -> Refusal {
    Refusal::new(
        Ending::Internal,
        what,
        "this is a defect of the verifier, not a statement about the evidence",
    )
}

/// The newest signed note that holds; without one there is nothing that a proof could lead to.
fn covering_note(report: &Report, question: &Question) -> Result<SignedNote, Refusal> {
    let refused = |ending, why: String, hint: String| {
        Err(Refusal::new(ending, format!("nothing was written: {why}"), hint))
    };
    let verdict = &report.verdict;
    let shows = format!("{} shows every finding", headless_command(question));
    match verdict.word {
        VerdictWord::Failed => {
            return refused(
                Ending::Failed,
                format!("{} ({})", verdict.sentence, words::codes(report)),
                shows,
            );
        }
        VerdictWord::Inconclusive => return refused(Ending::Inconclusive, verdict.sentence.clone(), shows),
        // A recorded result that does not replay is still evidence that somebody may have to hand over.
        VerdictWord::Verified | VerdictWord::ReplayDiffers | VerdictWord::Gaps | VerdictWord::Violations => {}
    }
    if report.bundle.is_some() {
        let hint = "name the folder with the whole chain".to_owned();
        return refused(Ending::Usage, "this is a sample already, not a chain".to_owned(), hint);
    }
    let note = report.proofs.checkpoint.as_ref().and_then(|row| SignedNote::parse(row.note.as_bytes()).ok());
    let Some(note) = note else {
        let hint = "hand over the whole folder, or have the chain signed (collector key generate)".to_owned();
        let why =
            "the evidence holds no signed checkpoint, so no record can be proven a member of one".to_owned();
        return refused(Ending::Usage, why, hint);
    };
    Ok(note)
}

fn write_record(
    asked: &Prove,
    evidence: &Records<'_>,
    record: &RecordSummary,
    manifest: &[u8],
    leaves: &[Digest],
    note: &SignedNote,
) -> Result<(), Refusal> {
    let sequence = record.sequence;
    let hashes =
        tree::inclusion_proof(leaves, sequence).ok_or_else(|| defect("a needed record has no proof"))?;
    let proof = InclusionProof { index: sequence, hashes, note: note.clone() };
    let chain = asked.out.join("chain");
    output::create(&chain.join(Sequence(sequence).commit_name()), manifest)?;
    output::create(&chain.join(format!("{sequence:010}.tlog-proof")), &proof.to_bytes())?;
    let package = evidence.package(record)?;
    output::create(&asked.out.join("packages").join(format!("{sequence}.zip")), &package)
}

/// What the receiver of the bundle asks, with the same trust.
fn receiver(asked: &Prove) -> Question {
    let trust = &asked.question.trust;
    Question {
        path: asked.out.clone(),
        trust: Trust { keys: trust.keys.clone(), key_files: trust.key_files.clone(), ..Trust::default() },
        from: None,
        to: None,
        head: None,
        fail_on: None,
        only: Vec::new(),
        store: crate::cli::StoreOptions::default(),
        locks: crate::cli::LockOptions::default(),
        ..asked.question.clone()
    }
}

fn answer(
    asked: &Prove,
    note: &SignedNote,
    sampled: &BTreeSet<u64>,
    needed: &BTreeSet<u64>,
    bundle: &Report,
    next: &str,
) -> Answer {
    let others: Vec<u64> = needed.difference(sampled).copied().collect();
    let size = note.checkpoint().size;
    let json = json!({
        "folder": asked.out.to_string_lossy(),
        "origin": note.checkpoint().origin.as_str(),
        "size": size,
        "root_sha256": note.checkpoint().root,
        "sampled": sampled,
        "needed_beside": others,
        "verdict": {"sentence": bundle.verdict.sentence, "exit_code": bundle.verdict.exit_code},
        "next": next,
        "exit_code": bundle.verdict.exit_code,
    });
    let mut sheet = Sheet::default();
    sheet.field(
        "written",
        &format!(
            "{}: {} of {size}",
            escape(&asked.out.to_string_lossy()),
            counted(needed.len() as u64, "record")
        ),
    );
    sheet.field("sampled", &listed(sampled.iter().copied()));
    if let (Some(seed), Some(number)) = (&asked.seed, asked.sample) {
        let text =
            format!("the {number} snapshots with the smallest SHA-256 of `{} <sequence>`", escape(seed));
        sheet.field("drawn", &text);
    }
    sheet.field(
        "beside",
        &if others.is_empty() {
            "nothing: the sample needs no other record".to_owned()
        } else {
            format!("{}: what the sample's replays and keys rest on", listed(others.iter().copied()))
        },
    );
    sheet.field(
        "proven by",
        &format!("the checkpoint of {}, root {}", counted(size, "record"), note.checkpoint().root),
    );
    sheet.field("verified", &escape(&bundle.verdict.sentence));
    sheet
        .field("not claimed", "anything about records that are not in it: coverage, gaps, the newest record");
    sheet.blank();
    sheet.line("The receiver verifies it with the key handed over outside of the evidence:");
    sheet.line(&format!("  {next}"));
    let written = Some(asked.out.display().to_string());
    Answer { text: sheet, json, code: bundle.verdict.exit_code, written }
}

/// `3, 17, 30-32`.
fn listed(sequences: impl Iterator<Item = u64>) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for sequence in sequences {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == sequence => *last = sequence,
            _ => runs.push((sequence, sequence)),
        }
    }
    let shown = |(first, last): &(u64, u64)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    runs.iter().map(shown).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_listed_as_ranges() {
        assert_eq!(listed([0, 3, 4, 5, 9].into_iter()), "0, 3-5, 9");
        assert_eq!(listed(std::iter::empty()), "");
    }
}
