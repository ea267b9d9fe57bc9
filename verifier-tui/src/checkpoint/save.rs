//! `verifier checkpoint save PATH --out FILE`: the newest checkpoint of a chain, kept by the reader.
//!
//! What is kept today is what tomorrow's chain is held against, so nothing is kept of a chain that does
//! not hold now: structure, links, signatures, and every anchor given are judged first.

use serde_json::json;
use verify_core::checkpoint::{Checkpoint, SignedNote, tree, write_leaves};
use verify_core::report::{Report, VerdictWord};
use verify_core::verify::Group;

use super::Answer;
use crate::cli::{Only, Question, Save, headless_command};
use crate::display::escape;
use crate::exit::Ending;
use crate::output;
use crate::print::Sheet;
use crate::records::{Records, leaves};
use crate::refusal::Refusal;
use crate::run::judged;
use crate::stop::Stop;
use crate::trust::leaves_path;
use crate::words::{self, counted, minute};

/// What a checkpoint rests on; replays and cycles are another question, and cost time.
const GROUPS: [Group; 5] = [Group::Structure, Group::Chain, Group::Signatures, Group::Anchors, Group::Time];

pub(super) fn save(asked: &Save) -> Result<Answer, Refusal> {
    asked.question.refuse_only("what is kept")?;
    let beside = leaves_path(&asked.out);
    output::outside(&asked.out, &asked.question.path)?;
    if asked.leaves {
        output::outside(&beside, &asked.question.path)?;
    }
    let mut question = asked.question.clone();
    question.only = GROUPS.map(Only::Group).to_vec();
    if !question.trust.pins.is_empty() {
        question.only.push(Only::Group(Group::Rules));
    }
    let report = judged(&question)?;
    refuse_unless_whole(&report, &question)?;
    let limits = question.limits.limits();
    let source = crate::source::of(&question, &Stop::of_interrupts()?)?;
    let manifests = Records::list(&source, &limits)?.manifests(&report)?;
    let leaves = leaves(&manifests);
    let Some((checkpoint, head)) =
        tree::root(&leaves).zip(report.chain.as_ref()).and_then(|(root, chain)| {
            let origin = chain.origin.parse().ok()?;
            Some((Checkpoint { origin, size: leaves.len() as u64, root }, &chain.head))
        })
    else {
        return Err(Refusal::new(
            Ending::Internal,
            "a verified chain has no root",
            "this is a defect of the verifier",
        ));
    };
    let signed = signed_note(&report, &checkpoint);
    let is_signed = signed.is_some();
    let note = signed.unwrap_or_else(|| SignedNote::new(&checkpoint));
    if asked.leaves {
        output::create(&beside, write_leaves(&leaves).as_bytes())?;
    }
    output::create(&asked.out, &note.to_bytes())?;
    let next = headless_command(&asked.next_time());
    let given = report.proofs.keys.iter().any(|row| row.given);
    let whose = match (is_signed, given) {
        (true, true) => "as signed in the evidence, by a key you gave".to_owned(),
        (true, false) => {
            "as signed in the evidence; by whom is open, because no key was given (--key)".to_owned()
        }
        (false, _) => "not signed: the evidence holds no sound note of this size".to_owned(),
    };
    let json = json!({
        "file": asked.out.to_string_lossy(),
        "leaves_file": asked.leaves.then(|| beside.to_string_lossy()),
        "origin": checkpoint.origin.as_str(),
        "size": checkpoint.size,
        "root_sha256": checkpoint.root,
        "signed": is_signed,
        "key_given": given,
        "head": {"sequence": head.sequence, "manifest_sha256": head.manifest_sha256, "sealed_utc": head.sealed_utc},
        "next": next,
        "exit_code": 0,
    });
    let mut sheet = Sheet::default();
    let shown = escape(&asked.out.to_string_lossy()).into_owned();
    sheet.field(
        "kept",
        &format!("{shown}: {} of {}", counted(checkpoint.size, "record"), escape(checkpoint.origin.as_str())),
    );
    sheet.field("newest", &format!("record {}, sealed {} UTC", head.sequence, minute(head.sealed_utc)));
    sheet.field("root", &checkpoint.root.to_string());
    sheet.field("note", &whose);
    if asked.leaves {
        sheet.field(
            "leaves",
            &format!("{}: a later change will be named by its record", escape(&beside.to_string_lossy())),
        );
    }
    sheet.blank();
    sheet.line("Keep it where the owner of the evidence cannot reach it. Next time:");
    sheet.line(&format!("  {next}"));
    let files = [Some(asked.out.display()), asked.leaves.then(|| beside.display())];
    let files: Vec<String> = files.into_iter().flatten().map(|file| file.to_string()).collect();
    Ok(Answer { text: sheet, json, code: 0, written: Some(files.join(" and ")) })
}

/// The note in the evidence that pins exactly these records.
fn signed_note(report: &Report, checkpoint: &Checkpoint) -> Option<SignedNote> {
    let row = report.proofs.checkpoint.as_ref()?;
    let note = SignedNote::parse(row.note.as_bytes()).ok()?;
    (note.checkpoint() == checkpoint).then_some(note)
}

fn refuse_unless_whole(report: &Report, question: &Question) -> Result<(), Refusal> {
    let verdict = &report.verdict;
    // A missing cycle is no reason to keep nothing; a chain that was cut is.
    let cut =
        report.findings.iter().any(|finding| finding.code == verify_core::finding::Code::ChainTruncated);
    let whole = matches!(verdict.word, VerdictWord::Verified | VerdictWord::Gaps | VerdictWord::Violations);
    let ending = match verdict.word {
        _ if whole && !cut && report.bundle.is_none() => return Ok(()),
        VerdictWord::Failed => Ending::Failed,
        VerdictWord::ReplayDiffers => Ending::Differs,
        VerdictWord::Gaps | VerdictWord::Verified | VerdictWord::Violations if cut => Ending::Cut,
        _ => Ending::Inconclusive,
    };
    let codes = words::codes(report);
    let why = if report.bundle.is_some() {
        "this is a sample, not a chain".to_owned()
    } else if codes.is_empty() {
        verdict.sentence.clone()
    } else {
        format!("{} ({codes})", verdict.sentence)
    };
    Err(Refusal::new(
        ending,
        format!("nothing was kept: {why}"),
        format!("{} shows every finding", headless_command(question)),
    ))
}
