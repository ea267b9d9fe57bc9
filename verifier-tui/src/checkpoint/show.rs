//! `verifier checkpoint show FILE`: what a checkpoint pins, who signed it, and how to check that by hand.

use serde_json::{Value, json};
use verify_core::checkpoint::{
    BadSignature, KeyKind, NoteError, SignatureLine, SignatureState, SignedNote, VerifierKey,
};
use verify_core::time::UtcTime;
use verify_core::verify::KeptCheckpoint;

use super::{Answer, pinned};
use crate::cli::{Show, quoted};
use crate::display::escape;
use crate::print::Sheet;
use crate::refusal::Refusal;
use crate::trust::{kept, leaves_path};
use crate::words::{counted, minute};

/// What became of one signature line.
enum State {
    /// It holds; a witness also says when.
    Holds(Option<UtcTime>),
    /// It does not.
    Bad(BadSignature),
    /// No key was given for it, so it says nothing.
    Unknown,
}

struct Line<'a> {
    signature: &'a SignatureLine,
    key: Option<&'a VerifierKey>,
    state: State,
}

pub(super) fn show(asked: &Show) -> Result<Answer, Refusal> {
    let kept = kept(&asked.file)?;
    let note = kept.note();
    let keys: Vec<&VerifierKey> =
        asked.keys.iter().map(|trusted| &trusted.key).chain(&asked.witnesses).collect();
    let lines: Vec<_> = note.lines().iter().map(|line| judged(note, line, &keys)).collect();
    let silent: Vec<_> =
        keys.iter().filter(|key| note.check(key) == SignatureState::NotSigned).copied().collect();
    let bad = lines.iter().any(|line| matches!(line.state, State::Bad(_)));
    let code = u8::from(bad || !silent.is_empty());
    let mut json = pinned(&kept);
    if let Some(fields) = json.as_object_mut() {
        fields.insert("signatures".to_owned(), lines.iter().map(as_json).collect());
        let names = silent.iter().map(|key| json!({"name": key.name(), "key_id": key.id().to_string()}));
        fields.insert("not_signed_by".to_owned(), names.collect());
        fields.insert("exit_code".to_owned(), json!(code));
    }
    Ok(Answer { text: told(&kept, asked, &lines, &silent), json, code, written: None })
}

fn judged<'a>(note: &SignedNote, line: &'a SignatureLine, keys: &[&'a VerifierKey]) -> Line<'a> {
    let key = keys.iter().find(|key| key.id() == line.key_id && key.name() == line.name).copied();
    let state = match key {
        None => State::Unknown,
        Some(key) => match (note.check(key), note.cosignature(key)) {
            (SignatureState::Bad(reason), _) | (_, Err(NoteError::Signature { source: reason, .. })) => {
                State::Bad(reason)
            }
            (_, time) => State::Holds(time.ok().flatten()),
        },
    };
    Line { signature: line, key, state }
}

fn as_json(line: &Line<'_>) -> Value {
    let (state, time, reason) = match &line.state {
        State::Holds(time) => ("holds", *time, None),
        State::Bad(reason) => ("bad", None, Some(reason.to_string())),
        State::Unknown => ("unknown_key", None, None),
    };
    json!({
        "name": line.signature.name,
        "key_id": line.signature.key_id.to_string(),
        "kind": line.key.map(|key| match key.kind() { KeyKind::Log => "log", KeyKind::Witness => "witness" }),
        "state": state,
        "time_utc": time,
        "reason": reason,
    })
}

fn told(kept: &KeptCheckpoint, asked: &Show, lines: &[Line<'_>], silent: &[&VerifierKey]) -> Sheet {
    let mut sheet = Sheet::default();
    let checkpoint = kept.note().checkpoint();
    sheet.field("origin", &escape(checkpoint.origin.as_str()));
    let newest = checkpoint.size.saturating_sub(1);
    sheet.field("size", &format!("{}: 0 to {newest}", counted(checkpoint.size, "record")));
    sheet.field("root", &checkpoint.root.to_string());
    let encoded = checkpoint.text().lines().nth(2).unwrap_or_default().to_owned();
    sheet.field("", &format!("in base64, as in the file: {encoded}"));
    if lines.is_empty() {
        sheet.field("signed", "by nobody: it is worth what the place is worth where you kept it");
    }
    for line in lines {
        let state = match &line.state {
            State::Holds(None) => "holds, by the key you gave".to_owned(),
            State::Holds(Some(time)) => {
                format!("holds, by the witness you gave, who saw it {} UTC", minute(*time))
            }
            State::Bad(reason) => format!("BAD: {reason}"),
            State::Unknown => "not checked: no such key was given (--key, --witness)".to_owned(),
        };
        let who = format!("{}, key id {}: {state}", escape(&line.signature.name), line.signature.key_id);
        sheet.field("signed", &who);
    }
    for key in silent {
        sheet.field("NOT SIGNED", &format!("by {}, key id {}, which you gave", escape(key.name()), key.id()));
    }
    let leaves = match kept.leaves() {
        Some(leaves) => format!(
            "{} in {}; their root is this one",
            counted(leaves.len() as u64, "leaf hash"),
            escape(&leaves_path(&asked.file).to_string_lossy())
        ),
        None => "none kept beside it".to_owned(),
    };
    sheet.field("leaves", &leaves);
    by_hand(&mut sheet, asked, lines);
    sheet
}

/// The steps that need nothing of ours (F-124); one block per signature of a log.
fn by_hand(sheet: &mut Sheet, asked: &Show, lines: &[Line<'_>]) {
    let file = quoted(&asked.file.to_string_lossy());
    for (index, line) in lines.iter().enumerate() {
        let Some(key) = line.key.filter(|key| key.kind() == KeyKind::Log) else { continue };
        sheet.title(&format!("BY HAND (key id {})", key.id()));
        sheet.line(&format!("  head -n 3 {file} > text"));
        // Three lines of text, an empty one, then the signatures.
        let number = index + 5;
        sheet.line(&format!(
            "  sed -n {number}p {file} | cut -d ' ' -f 3 | base64 -d | tail -c 64 > signature"
        ));
        let pem = key.public_pem().replace('\n', "\\n");
        sheet.line(&format!("  printf -- '{pem}' > key.pem"));
        sheet.line("  openssl pkeyutl -verify -rawin -pubin -inkey key.pem -in text -sigfile signature");
    }
    if !lines.is_empty() && lines.iter().all(|line| line.key.is_none()) {
        sheet.blank();
        sheet.line("  give --key VKEY to have it checked, and to see how to check it by hand");
    }
}
