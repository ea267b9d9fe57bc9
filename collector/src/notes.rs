//! The signed notes of the chain: found, proven to be of this chain, made, and carried (F-126 to F-129).
//!
//! A note is made only over records that are committed, and only if none of its size exists, so no key
//! ever signs two roots of one size. A note that contradicts the chain stops every writing: what stands
//! in the store is then not what was signed, and nothing is added to it.

use verify_core::checkpoint::{
    BadSignature, Checkpoint, NoteError, SignatureState, SignedNote, log_signature_line,
};
use verify_core::model::{Omission, Origin, Proof, Sequence};

use crate::chain::{ChainError, ChainState, Log};
use crate::signing::{KeyMismatch, Keyring, SignError};
use crate::store::{Attachment, Store, StoreError};

/// Why the chain's notes stop a run.
#[derive(Debug, thiserror::Error)]
pub enum NotesError {
    /// The store failed.
    #[error("the checkpoints cannot be read or stored")]
    Store(#[from] StoreError),
    /// The chain cannot be read.
    #[error("the chain cannot be read")]
    Chain(#[from] ChainError),
    /// A note is written in no known form.
    #[error("checkpoint {sequence} is no signed note")]
    Note {
        /// Record beside which it stands.
        sequence: Sequence,
        /// Why.
        #[source]
        source: NoteError,
    },
    /// A note is of another history than the chain.
    #[error(
        "checkpoint {sequence} is not of this chain: its {field} is {found}, that of the chain {expected}"
    )]
    Foreign {
        /// Record beside which it stands.
        sequence: Sequence,
        /// What differs.
        field: &'static str,
        /// In the chain.
        expected: String,
        /// In the note.
        found: String,
    },
    /// A note is not signed by the chain's key.
    #[error("checkpoint {sequence} is not signed by {key}, which is the chain's key there")]
    NotSigned {
        /// Record beside which it stands.
        sequence: Sequence,
        /// The key.
        key: String,
        /// What is wrong with its signature; `None`: there is none.
        #[source]
        source: Option<BadSignature>,
    },
    /// The keys at hand are not the chain's.
    #[error(transparent)]
    Keys(#[from] KeyMismatch),
    /// There is no note at all, and none can be made now.
    #[error("the chain has no checkpoint yet and none can be signed now: {reason}")]
    NoNote {
        /// Why.
        reason: String,
    },
}

/// A note that is proven to be of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldNote {
    /// Newest record it covers.
    pub sequence: Sequence,
    /// The note.
    pub note: SignedNote,
    /// Its bytes, as stored.
    pub bytes: Vec<u8>,
}

/// How the chain stands signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// No key is in force.
    NotSigned,
    /// The newest record is covered.
    Signed(HeldNote),
    /// The newest record could not be covered now.
    Late {
        /// The newest note there is.
        newest: Option<HeldNote>,
        /// Why there is no newer one, in one sentence.
        reason: String,
    },
}

impl Standing {
    /// The newest note.
    #[must_use]
    pub const fn newest(&self) -> Option<&HeldNote> {
        match self {
            Self::NotSigned => None,
            Self::Signed(note) => Some(note),
            Self::Late { newest, .. } => newest.as_ref(),
        }
    }

    /// What the next record must say it lacks.
    #[must_use]
    pub fn omission(&self) -> Option<Omission> {
        match self {
            Self::NotSigned | Self::Signed(_) => None,
            Self::Late { reason, .. } => Some(Omission { proof: Proof::Checkpoint, reason: reason.clone() }),
        }
    }
}

/// Reads the chain on, proves the newest note, and signs the newest record if it has none.
///
/// A chain without any note whose first one cannot be signed is refused: its next record could carry
/// nothing that speaks for the records before it.
pub fn stand(store: &dyn Store, chain: &mut ChainState, keys: &Keyring) -> Result<Standing, NotesError> {
    // Listed first: a note is made after its commit, so every one listed has its record by then.
    let listed = store.attachments(Attachment::Checkpoint)?;
    chain.refresh(store)?;
    keys.check(chain.log.key())?;
    let newest = match listed.last() {
        Some(sequence) => held(store, &chain.origin, &chain.log, *sequence)?,
        None => None,
    };
    if chain.log.key().is_none() {
        return Ok(Standing::NotSigned);
    }
    if let Some(note) = newest.as_ref().filter(|note| note.sequence == chain.head) {
        return Ok(Standing::Signed(note.clone()));
    }
    match sign(store, chain, chain.head, keys) {
        Ok(note) => Ok(Standing::Signed(note)),
        Err(Unsigned::Stop(error)) => Err(error),
        Err(Unsigned::Now(reason)) if newest.is_none() => Err(NotesError::NoNote { reason }),
        Err(Unsigned::Now(reason)) => Ok(Standing::Late { newest, reason }),
    }
}

/// Signs the note over records 0 to `sequence`, unless it exists; an existing one is proven.
pub fn complete(
    store: &dyn Store,
    chain: &ChainState,
    sequence: Sequence,
    keys: &Keyring,
) -> Result<Result<HeldNote, String>, NotesError> {
    if let Some(note) = held(store, &chain.origin, &chain.log, sequence)? {
        return Ok(Ok(note));
    }
    match sign(store, chain, sequence, keys) {
        Ok(note) => Ok(Ok(note)),
        Err(Unsigned::Now(reason)) => Ok(Err(reason)),
        Err(Unsigned::Stop(error)) => Err(error),
    }
}

/// The newest key change whose note lacks the outgoing key's signature; `None` if all are complete.
pub fn open_change(store: &dyn Store, log: &Log) -> Result<Option<Sequence>, NotesError> {
    let handed = log.periods().last().filter(|period| period.handed_over_by.is_some());
    let Some(period) = handed else { return Ok(None) };
    let complete = store.attachment(period.from, Attachment::Checkpoint)?.is_some();
    Ok(Some(period.from).filter(|_| !complete))
}

/// The note beside record `sequence`, proven; `None` if there is none.
pub fn held(
    store: &dyn Store,
    origin: &Origin,
    log: &Log,
    sequence: Sequence,
) -> Result<Option<HeldNote>, NotesError> {
    let Some(bytes) = store.attachment(sequence, Attachment::Checkpoint)? else { return Ok(None) };
    let note = SignedNote::parse(&bytes).map_err(|source| NotesError::Note { sequence, source })?;
    let size = sequence.next().0;
    let root = log.root(size).map_or_else(|| "absent".to_owned(), |root| root.to_string());
    let found = note.checkpoint();
    for (field, expected, found) in [
        ("origin", origin.to_string(), found.origin.to_string()),
        ("size", size.to_string(), found.size.to_string()),
        ("root", root, found.root.to_string()),
    ] {
        if expected != found {
            return Err(NotesError::Foreign { sequence, field, expected, found });
        }
    }
    for key in log.signers(sequence) {
        let bad = match note.check(key) {
            SignatureState::Signed => continue,
            SignatureState::NotSigned => None,
            SignatureState::Bad(reason) => Some(reason),
        };
        return Err(NotesError::NotSigned { sequence, key: key.to_string(), source: bad });
    }
    Ok(Some(HeldNote { sequence, note, bytes }))
}

/// Why there is no new note.
enum Unsigned {
    /// Not now; a later run may.
    Now(String),
    /// Nothing may be added to this chain.
    Stop(NotesError),
}

impl From<StoreError> for Unsigned {
    fn from(error: StoreError) -> Self {
        Self::Stop(error.into())
    }
}

fn sign(
    store: &dyn Store,
    chain: &ChainState,
    sequence: Sequence,
    keys: &Keyring,
) -> Result<HeldNote, Unsigned> {
    if let Some(reason) = store.away() {
        return Err(Unsigned::Now(reason));
    }
    let size = sequence.next().0;
    let root = chain.log.root(size).ok_or_else(|| Unsigned::Now(format!("there is no record {sequence}")))?;
    let mut note = SignedNote::new(&Checkpoint { origin: chain.origin.clone(), size, root });
    for key in chain.log.signers(sequence) {
        let Some(signer) = keys.signer(key) else {
            let missing = || match chain.log.signers(sequence).as_slice() {
                [outgoing, _] => {
                    format!("record {sequence} changes the key, and {outgoing} must sign its checkpoint too")
                }
                _ => SignError::NoKey { key: key.to_string() }.to_string(),
            };
            return Err(Unsigned::Now(keys.why_unreachable().map_or_else(missing, str::to_owned)));
        };
        let signature = signer.sign(note.text().as_bytes()).map_err(|error| Unsigned::Now(told(&error)))?;
        // Whoever signed: a bad signature would make the note refused for ever, and notes are never replaced.
        if !key.verify(note.text().as_bytes(), &signature) {
            let wrong = SignError::Wrong { key: key.to_string() };
            return Err(Unsigned::Now(wrong.to_string()));
        }
        note.add(log_signature_line(key, signature));
    }
    let bytes = note.to_bytes();
    store.put_attachment(sequence, Attachment::Checkpoint, &bytes)?;
    // Another collector may have been faster: then its note counts, and is proven like any other.
    held(store, &chain.origin, &chain.log, sequence)
        .map_err(Unsigned::Stop)?
        .ok_or_else(|| Unsigned::Now(format!("checkpoint {sequence} was stored and is not to be found")))
}

/// An error and its causes in one sentence, as evidence and warnings tell it.
#[must_use]
pub fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}
