//! Trusted time: a token over every checkpoint, asked of an authority and stored beside it (F-130, F-132).
//!
//! An authority that does not answer stops nothing: the next record says that it carries no token, and a
//! later run asks again. A note whose next record stayed silent is never stamped afterwards: a late token
//! that nobody announced looks like back-dating, and would be found as such.

use verify_core::digest::Digest;
use verify_core::limits::Limits;
use verify_core::model::{Omission, Proof, Sequence};
use verify_core::timestamp::{Token, TokenFault};

use crate::chain::{ChainState, manifest_at};
use crate::notes::{self, HeldNote, NotesError, told};
use crate::store::{Attachment, Store};

mod http;

pub use http::HttpAuthority;

/// Tokens asked for after one record at most: a run ends soon, and the next one goes on.
const FILLED: usize = 16;
/// Notes without a token that are looked at for it, the newest first.
const LOOKED_AT: usize = 64;
/// A token this many seconds after the record was sealed is announced as late. Verifiers allow a day
/// unless they are told otherwise; a token that is had at once takes seconds.
const LATE_SECONDS: i64 = 3_600;

/// Who states times.
pub trait Authority: Send + Sync {
    /// A response to a fresh request over `imprint`, already held against that request.
    fn stamp(&self, imprint: Digest) -> Result<Vec<u8>, StampError>;
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum StampError {
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random(#[source] getrandom::Error),
    /// The request could not be sent.
    #[error("the time-stamping authority cannot be asked")]
    Setup(#[source] std::io::Error),
    /// No answer, or one that broke off.
    #[error("the time-stamping authority does not answer")]
    Exchange(#[source] reqwest::Error),
    /// An answer that is none.
    #[error("the time-stamping authority answers with HTTP status {0}")]
    Status(u16),
    /// More bytes than a token may have.
    #[error("the time-stamping authority answers with more than {0} bytes")]
    TooLong(usize),
    /// The answer is no token for the request.
    #[error("the time-stamping authority's answer is refused")]
    Refused(#[source] TokenFault),
    /// The thread that asked ended early.
    #[error("the exchange with the time-stamping authority broke off")]
    Thread,
}

/// What the next record carries and says of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Carried {
    /// The token over the note it carries.
    pub token: Option<Vec<u8>>,
    /// That there is none, or only a late one, and why.
    pub omission: Option<Omission>,
    /// Whether the authority was asked and failed.
    pub failed: bool,
}

/// The token over `note`, asked for now if there is none yet.
///
/// Without an authority nothing is said, unless the chain has tokens already: then silence would be a finding.
pub fn carry(
    store: &dyn Store,
    chain: &ChainState,
    note: &HeldNote,
    authority: Option<&dyn Authority>,
) -> Result<Carried, NotesError> {
    let missing = |reason: String| Carried { omission: Some(omission(reason)), ..Carried::default() };
    let stored = store.attachment(note.sequence, Attachment::Token)?;
    let bytes = match (stored, authority) {
        (Some(bytes), _) => bytes,
        (None, None) if store.attachments(Attachment::Token)?.is_empty() => return Ok(Carried::default()),
        (None, None) => return Ok(missing("no time-stamping authority is configured".to_owned())),
        (None, Some(_)) if !may_be_late(store, chain, note.sequence)? => {
            return Ok(missing("the checkpoint was not stamped in time".to_owned()));
        }
        (None, Some(authority)) => match ask(store, note, authority)? {
            Ok(bytes) => bytes,
            Err(reason) => return Ok(Carried { failed: true, ..missing(reason) }),
        },
    };
    let token = match over(&bytes, note) {
        Ok(token) => token,
        Err(fault) => {
            return Ok(missing(format!("the token kept for the checkpoint is refused: {}", told(&fault))));
        }
    };
    let sealed = manifest_at(store, note.sequence)?.0.sealed_utc;
    let late = token.time() > sealed.plus_seconds(LATE_SECONDS);
    let reason = || format!("the checkpoint was stamped late, at {}", token.time());
    Ok(Carried { omission: late.then(|| omission(reason())), token: Some(bytes), failed: false })
}

/// Asks for tokens that are missing, the newest first, until the authority fails; why it did.
pub fn fill(
    store: &dyn Store,
    chain: &ChainState,
    authority: &dyn Authority,
) -> Result<Option<String>, NotesError> {
    let stamped = store.attachments(Attachment::Token)?;
    let noted = store.attachments(Attachment::Checkpoint)?;
    let missing = noted.into_iter().rev().filter(|sequence| stamped.binary_search(sequence).is_err());
    let mut asked = 0;
    for sequence in missing.filter(|sequence| *sequence <= chain.head).take(LOOKED_AT) {
        if asked == FILLED || !may_be_late(store, chain, sequence)? {
            continue;
        }
        let Some(note) = notes::held(store, &chain.origin, &chain.log, sequence)? else { continue };
        asked += 1;
        if let Err(reason) = ask(store, &note, authority)? {
            return Ok(Some(reason));
        }
    }
    Ok(None)
}

/// Whether a token over the note of `sequence` may be had now: the next record announced that it is
/// missing, or there is no next record that could have.
fn may_be_late(store: &dyn Store, chain: &ChainState, sequence: Sequence) -> Result<bool, NotesError> {
    if sequence >= chain.head {
        return Ok(true);
    }
    // That a record was stored late says nothing about tokens (F-144).
    let next = manifest_at(store, sequence.next())?.0;
    Ok(next.omissions.iter().any(|omission| omission.proof != Proof::Store))
}

/// Asks for the token over `note` and stores it. Another collector's token counts, if it was faster.
fn ask(
    store: &dyn Store,
    note: &HeldNote,
    authority: &dyn Authority,
) -> Result<Result<Vec<u8>, String>, NotesError> {
    if let Some(reason) = store.away() {
        return Ok(Err(reason));
    }
    let bytes = match authority.stamp(Digest::of(&note.note.imprint_bytes())) {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(told(&error))),
    };
    store.put_attachment(note.sequence, Attachment::Token, &bytes)?;
    let stored = store.attachment(note.sequence, Attachment::Token)?;
    Ok(stored.ok_or_else(|| "the token was stored and is not to be found".to_owned()))
}

/// The stored token, if it is over `note`.
fn over(bytes: &[u8], note: &HeldNote) -> Result<Token, TokenFault> {
    let token = Token::parse(bytes, &Limits::default())?;
    let expected = Digest::of(&note.note.imprint_bytes());
    match token.imprint() {
        Some(found) if found == expected => Ok(token),
        Some(found) => Err(TokenFault::Imprint { expected, found }),
        None => Err(TokenFault::ImprintAlgorithm { expected, algorithm: "another algorithm".to_owned() }),
    }
}

const fn omission(reason: String) -> Omission {
    Omission { proof: Proof::Timestamp, reason }
}
