//! One signed note: its form, the lines of known keys, and its place in this history (F-124, F-138).
//!
//! What is judged later, over the whole chain, is whose word a note is. Of every note only what that
//! needs is kept, never its bytes: a hostile chain may carry a large one in every record.

use super::history::History;
use super::keys::ChainKeys;
use super::tally::Tally;
use crate::checkpoint::{Checkpoint, KeyKind, SignatureState, SignedNote, VerifierKey};
use crate::digest::Digest;
use crate::finding::{Code, Finding, Place};
use crate::time::UtcTime;

/// What is kept of a note whose form and known signatures hold.
#[derive(Debug, Clone)]
pub(super) struct Note {
    /// Its size.
    pub(super) size: u64,
    /// Its root.
    pub(super) root: Digest,
    /// Whether it is of this chain, of a size that can be, with the root of that size wherever that is known.
    pub(super) sound: bool,
    /// Whether it is sound and its root was really compared. Nothing may rest on a note that is not: behind a gap or in
    /// a bundle an old note of the right key goes with any records.
    pub(super) bound: bool,
    /// What a token over it must be over (F-130).
    pub(super) imprint: Digest,
    /// Known keys of logs that signed it.
    pub(super) signers: Vec<VerifierKey>,
    /// Witnesses that signed it, with the time each states.
    pub(super) cosigned: Vec<(VerifierKey, UtcTime)>,
}

impl Note {
    /// Whether this key signed.
    pub(super) fn is_signed_by(&self, key: &VerifierKey) -> bool {
        self.signers.contains(key)
    }
}

/// Reads the note of a member or of a file; broken ones are findings.
pub(super) fn parse(bytes: &[u8], place: &Place, tally: &mut Tally) -> Option<SignedNote> {
    match SignedNote::parse(bytes) {
        Ok(note) => Some(note),
        Err(error) => {
            let found = super::bundle::described(&error);
            let message = "the checkpoint cannot be read";
            tally.fail(Finding::new(Code::SigValid, place.clone(), "a signed note (F-122)", found, message));
            None
        }
    }
}

/// Why a note is refused: the line of a known key in it does not hold (F-124).
pub(super) fn refused(note: &SignedNote, place: &Place, keys: &ChainKeys) -> Option<Finding> {
    keys.with_line(note).into_iter().find_map(|key| match note.check(key) {
        SignatureState::Bad(reason) => {
            let message = "a signature of a known key does not hold, so nothing in the note counts";
            let expected = format!("a signature of {key}");
            Some(Finding::new(Code::SigValid, place.clone(), expected, reason.to_string(), message))
        }
        _ => None,
    })
}

/// Judges a note that was read: signatures first, and if one of a known key is bad, nothing else.
///
/// `most` is the largest size that can be there: the sequence of the record that carries it, or the number of records.
pub(super) fn judge(
    note: &SignedNote,
    place: &Place,
    most: u64,
    keys: &ChainKeys,
    history: &History,
    tally: &mut Tally,
) -> Option<Note> {
    let mut kept = Note {
        size: note.checkpoint().size,
        root: note.checkpoint().root,
        sound: false,
        bound: false,
        imprint: Digest::of(&note.imprint_bytes()),
        signers: Vec::new(),
        cosigned: Vec::new(),
    };
    if let Some(finding) = refused(note, place, keys) {
        tally.fail(finding);
        return None;
    }
    tally.pass(Code::SigValid);
    for key in keys.with_line(note) {
        match note.cosignature(key) {
            Ok(Some(time)) => kept.cosigned.push((key.clone(), time)),
            _ if key.kind() == KeyKind::Log => kept.signers.push(key.clone()),
            _ => {}
        }
    }
    kept.sound = bind(note.checkpoint(), place, most, history, tally);
    kept.bound = kept.sound && history.root(kept.size).is_some();
    Some(kept)
}

/// Whether a checkpoint is of this history (`SIG-BIND`).
fn bind(checkpoint: &Checkpoint, place: &Place, most: u64, history: &History, tally: &mut Tally) -> bool {
    if history.is_one_package() {
        tally.skip(Code::SigBind, "one package alone: the records its checkpoint covers are not here");
        return false;
    }
    let fault = |expected: String, found: String, message: &str| {
        Some(Finding::new(Code::SigBind, place.clone(), expected, found, message))
    };
    let root = history.root(checkpoint.size);
    let finding = if history.origin.as_ref().is_some_and(|origin| *origin != checkpoint.origin) {
        let origin = history.origin.as_ref().map(ToString::to_string).unwrap_or_default();
        fault(origin, checkpoint.origin.to_string(), "the checkpoint is of another origin")
    } else if checkpoint.size > most && !history.partial {
        let expected = format!("at most {most} records");
        fault(
            expected,
            format!("{} records", checkpoint.size),
            "the checkpoint covers more records than there were",
        )
    } else if let Some(root) = root.filter(|root| *root != checkpoint.root) {
        let expected = format!("root of size {}: {root}", checkpoint.size);
        fault(
            expected,
            checkpoint.root.to_string(),
            "the checkpoint is of another history than these records",
        )
    } else {
        None
    };
    match finding {
        Some(finding) => {
            tally.fail(finding);
            return false;
        }
        None if root.is_some() => tally.pass(Code::SigBind),
        None => tally.skip(Code::SigBind, "the records below the checkpoint's size are not all at hand"),
    }
    true
}
