//! Emptying the spool: each record that waits is stored, committed and signed, in this order, one after the other.
//!
//! A record leaves the spool only after its commit was confirmed. One that is found committed already was stored by
//! a run that ended before it could note so. If it cannot be the next record, everything that waits is linked anew
//! behind the newest one, as a whole, but for what was linked anew and stored before: a spool may come from a backup.

use std::error::Error;

use serde::Serialize;
use verify_core::digest::Digest;
use verify_core::model::{CollectionId, Manifest, Proof, Sequence};
use verify_core::time::UtcTime;

use super::SpoolError;
use super::store::SpoolStore;
use super::waiting::Waiting;
use crate::chain::{ChainState, manifest_at};
use crate::notes::NotesError;
use crate::session::{Session, SessionError};
use crate::store::{Commit, Store, StoreError};

/// Times that other collectors may go ahead before a run gives up.
const RACES: u32 = 20;

/// A record that left the spool. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stored {
    /// Its name.
    pub collection_id: CollectionId,
    /// Its position.
    pub sequence: Sequence,
    /// When it was sealed.
    pub sealed_utc: UtcTime,
    /// When its commit was confirmed; null if an earlier run committed it and ended before it could say so.
    pub stored_utc: Option<UtcTime>,
    /// What it says of its time in the spool, e.g. when it was sealed first.
    pub waited: Option<String>,
}

/// What became of the records that waited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Drain {
    /// Those that are stored now, in the order of the chain.
    pub stored: Vec<Stored>,
    /// How many had to be linked anew, because they could not be the next records as they were sealed.
    pub linked_anew: usize,
    /// The newest record of the chain then, behind which they are.
    pub linked_behind: Option<Sequence>,
    /// How many wait still.
    pub waiting: usize,
    /// Why they do; null if the store can be reached.
    pub away: Option<String>,
    /// What else needs attention.
    pub warnings: Vec<String>,
}

/// Where a record that waits belongs.
enum Turn {
    /// It is in the chain.
    Committed,
    /// It is the next record.
    Next,
    /// Behind other records than it was sealed behind.
    Moved,
}

impl SpoolStore {
    /// Stores what waits, and reads the chain to write to; begun if it is empty. `session` works with this very store.
    ///
    /// If the store is away, now or while this runs, nothing is lost, and the chain is that of the spool.
    pub fn begin(&self, session: &Session) -> Result<(Drain, ChainState), SessionError> {
        let drain = self.drain(session)?;
        let mut chain = session.chain_or_genesis().map_err(|error| self.blamed(error))?;
        let there = self.away().is_none();
        let kept = self.keep(&chain);
        let away = self.away();
        if there && away.is_some() {
            // What was read may be more than is copied: from here on only what is copied counts.
            chain = session.chain().map_err(|error| self.blamed(error))?.ok_or(SessionError::Nothing)?;
        } else {
            kept?;
        }
        Ok((Drain { away, ..drain }, chain))
    }

    /// Stores what waits, in its order. `session` works with this very store.
    pub fn drain(&self, session: &Session) -> Result<Drain, SessionError> {
        let mut drain = Drain::default();
        match self.drain_into(session, &mut drain) {
            Err(error) if self.away().is_none() => return Err(error),
            Err(_) | Ok(()) => {}
        }
        for name in self.spool.gone().map_err(StoreError::from)? {
            drain.warnings.push(format!(
                "{name} waited in {} and is gone: it was removed, and this spool did not store it; bring it back from a \
                 backup, or say why its cycle is missing with `collector record explanation`",
                self.spool.folder().display()
            ));
        }
        drain.away = self.away();
        drain.waiting = self.waiting().map_err(StoreError::from)?.len();
        Ok(drain)
    }

    fn drain_into(&self, session: &Session, drain: &mut Drain) -> Result<(), SessionError> {
        let mut waiting = self.waiting().map_err(StoreError::from)?;
        let Some(first) = waiting.first() else { return Ok(()) };
        self.spool.note(waiting.iter().map(Waiting::name))?;
        let mut chain = session.chain()?.ok_or_else(|| {
            let (place, known) = (self.location(), first.manifest.sequence.0);
            StoreError::from(SpoolError::Fewer { place, known, found: 0 })
        })?;
        for _ in 0..RACES {
            session.stand(&mut chain)?;
            while let Some(first) = waiting.first() {
                if self.away().is_some() {
                    return Ok(());
                }
                let stored_utc = match self.store_if_next(session, &chain, first) {
                    Ok(Turn::Committed) => None,
                    Ok(Turn::Next) => Some(session.now()),
                    Ok(Turn::Moved) => break,
                    Err(fault) if fault.is_passing() => return Ok(self.go_away(fault).map(drop)?),
                    Err(refused) => return Err(refused.into()),
                };
                self.spool.settle(first)?;
                drain.stored.push(Stored::of(&first.manifest, stored_utc));
                waiting.remove(0);
                // Only now that it is committed its own note is made, before the next one is stored.
                if let Some(omission) = session.stand(&mut chain)?.omission() {
                    let (head, reason) = (chain.head, omission.reason);
                    drain.warnings.push(format!("record {head} has no checkpoint yet: {reason}"));
                }
            }
            if waiting.is_empty() {
                drain.warnings.extend(session.stamp(&chain)?);
                return Ok(());
            }
            session.stand(&mut chain)?;
            self.keep(&chain)?;
            drain.warnings.extend(self.gap(&chain, &waiting)?);
            let (stored, left) = self.linked_before(&chain, &waiting)?;
            if self.away().is_some() {
                return Ok(());
            }
            if left.is_empty() {
                waiting
                    .iter()
                    .try_for_each(|waiting| self.spool.give_up(waiting))
                    .map_err(StoreError::from)?;
                waiting = left;
            } else {
                drain.linked_anew = drain.linked_anew.max(left.len());
                drain.linked_behind = Some(chain.head);
                waiting = self.link_anew(session, &chain, &left)?;
            }
            drain.stored.extend(stored.iter().map(|manifest| Stored::of(manifest, None)));
        }
        Err(crate::seal::SealError::Races(RACES).into())
    }

    /// A chain that cannot be read while the store is away was read from copies: they are to blame, not the evidence.
    fn blamed(&self, error: SessionError) -> SessionError {
        let of_the_copies = match &error {
            SessionError::Chain(_) => true,
            SessionError::Notes(cause) => matches!(
                **cause,
                NotesError::Note { .. } | NotesError::Foreign { .. } | NotesError::NotSigned { .. }
            ),
            _ => false,
        };
        if of_the_copies && self.away().is_some() && !names_the_spool(&error) {
            return StoreError::from(self.spool.copies_unfit(error)).into();
        }
        error
    }

    /// Stores the record if it is the next one; [`Turn::Next`] means that it is committed now.
    fn store_if_next(
        &self,
        session: &Session,
        chain: &ChainState,
        waiting: &Waiting,
    ) -> Result<Turn, StoreError> {
        match self.turn(session, chain, waiting)? {
            Turn::Next => Ok(match self.store(waiting)? {
                Commit::Done => Turn::Next,
                Commit::Lost => Turn::Moved,
            }),
            turn => Ok(turn),
        }
    }

    fn turn(&self, session: &Session, chain: &ChainState, waiting: &Waiting) -> Result<Turn, StoreError> {
        let manifest = &waiting.manifest;
        if manifest.chain_id != Some(chain.chain_id) {
            let shown =
                |id: Option<Digest>| id.map_or_else(|| "no chain".to_owned(), |id| format!("chain {id}"));
            return Err(SpoolError::Foreign {
                path: waiting.path.clone(),
                expected: shown(Some(chain.chain_id)),
                found: shown(manifest.chain_id),
            }
            .into());
        }
        if manifest.sequence <= chain.head {
            let committed = Digest::of(&self.remote.manifest(manifest.sequence)?);
            return Ok(if committed == waiting.digest() { Turn::Committed } else { Turn::Moved });
        }
        let next = manifest.sequence == chain.head.next()
            && manifest.previous_manifest_sha256 == Some(chain.head_sha256);
        // A lock that has run out cannot be had any more; sealed anew, the record gets a new one.
        let lasting = manifest.retention_until.is_none_or(|until| until > session.now());
        Ok(if next && lasting { Turn::Next } else { Turn::Moved })
    }

    /// The record before the first one that waits was committed before that one was sealed, or waited itself until
    /// it was. If it is nowhere, somebody removed it from the spool.
    fn gap(&self, chain: &ChainState, waiting: &[Waiting]) -> Result<Option<String>, SessionError> {
        let Some(first) = waiting.first().map(|first| &first.manifest) else { return Ok(None) };
        let before = Sequence(first.sequence.0.saturating_sub(1));
        let there =
            before <= chain.head && first.previous_manifest_sha256 == Some(manifest_at(self, before)?.1);
        let lost = || {
            format!(
                "record {before}, behind which {} was sealed, is neither in the store nor in the spool: it was \
                 removed, and its cycle is missing",
                first.collection_id
            )
        };
        Ok((!there).then(lost))
    }

    /// Package, then commit. What stands there already, byte for byte, is our own earlier try.
    fn store(&self, waiting: &Waiting) -> Result<Commit, StoreError> {
        let bytes = self.spool.queue().read(waiting.name())?;
        let terms = waiting.terms();
        match self.remote.put_package(&waiting.place, &terms, &mut |sink| Ok(sink.write_all(&bytes)?)) {
            Err(StoreError::Taken { .. }) => {
                if self.remote.package(&waiting.manifest.payload_path)? != bytes {
                    // Sealed anew, the record gets a name of its own.
                    return Ok(Commit::Lost);
                }
            }
            other => other?,
        }
        let sequence = waiting.manifest.sequence;
        match self.remote.commit(sequence, &terms, &waiting.bytes)? {
            Commit::Lost if self.remote.manifest(sequence)? == waiting.bytes => Ok(Commit::Done),
            committed => Ok(committed),
        }
    }
}

/// Whether an error says already what of the spool is wrong.
fn names_the_spool(error: &(dyn Error + 'static)) -> bool {
    matches!(error.downcast_ref::<StoreError>(), Some(StoreError::Spool(_)))
        || error.source().is_some_and(names_the_spool)
}

impl Stored {
    fn of(manifest: &Manifest, stored_utc: Option<UtcTime>) -> Self {
        let told = manifest.omissions.iter().find(|omission| omission.proof == Proof::Store);
        Self {
            collection_id: manifest.collection_id.clone(),
            sequence: manifest.sequence,
            sealed_utc: manifest.sealed_utc,
            stored_utc,
            waited: told.map(|omission| omission.reason.clone()),
        }
    }
}
