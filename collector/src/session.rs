//! Everything a run works with, and the loop that commits a record.
//!
//! A record is built against the chain as it stands. If another writer is faster, the chain is read
//! on and the record built anew, so what it says about its predecessors is always true.

use std::sync::Arc;

use verify_core::model::{Genesis, GenesisDocument, Kind, Omission, Origin, Proof, Schedule, Tenant};
use verify_core::time::UtcTime;

use crate::chain::ChainState;
use crate::clock::{Clock, utc};
use crate::config::GenesisApproval;
use crate::nonce::Nonces;
use crate::notes::{self, Standing};
use crate::rules::{InForce, Rules};
use crate::seal::{Context, Draft, Proofs, SealError, Sealed, SealedRecord, seal};
use crate::signing::Keyring;
use crate::store::{Attachment, Store};
use crate::timestamp::{self, Authority, Carried};

mod error;
mod small;

pub use error::SessionError;
pub use small::{no_inputs, small_record};

/// Races lost in a row before a run gives up: more means that somebody writes without pause.
const RACES: u32 = 20;

/// What a run works with.
#[derive(Clone)]
pub struct Session {
    /// Where evidence goes.
    pub store: Arc<dyn Store>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Unrepeated names.
    pub nonces: Arc<dyn Nonces>,
    /// Rules of the configuration.
    pub rules: Arc<Rules>,
    /// Origin of the chain.
    pub origin: Origin,
    /// Tenant of the chain.
    pub tenant: Tenant,
    /// Schedule of the configuration.
    pub schedule: Schedule,
    /// Who approved the first rules.
    pub genesis: GenesisApproval,
    /// The keys at hand.
    pub keys: Keyring,
    /// Who stamps the checkpoints, if anybody.
    pub authority: Option<Arc<dyn Authority>>,
}

/// What a record is built from.
pub struct Built {
    /// The record.
    pub draft: Draft,
    /// The rules it carries.
    pub rules: InForce,
}

impl Session {
    /// The present moment in whole seconds.
    #[must_use]
    pub fn now(&self) -> UtcTime {
        utc(self.clock.now())
    }

    /// The chain as it is committed; `None` while it is empty. A foreign chain is refused.
    pub fn chain(&self) -> Result<Option<ChainState>, SessionError> {
        let replay = || Ok(ChainState::replay(self.store.as_ref())?);
        let chain = self.once_more_if_it_went_away(replay, |_: SessionError| replay())?;
        if let Some(chain) = &chain {
            self.own(chain)?;
        }
        Ok(chain)
    }

    /// Takes in what was committed since `chain` was read.
    pub fn refresh(&self, chain: &mut ChainState) -> Result<(), SessionError> {
        self.steadily(chain, |chain| Ok(chain.refresh(self.store.as_ref()).map(drop)?))
    }

    /// The chain to write to, begun if it is empty; what a run before left unsigned is signed.
    pub fn chain_or_genesis(&self) -> Result<ChainState, SessionError> {
        loop {
            if let Some(mut chain) = self.chain()? {
                self.steadily(&mut chain, |chain| self.stand(chain).map(drop))?;
                return Ok(chain);
            }
            if let Some(reason) = self.keys.why_unreachable() {
                return Err(SessionError::KeyUnreachable(reason.to_owned()));
            }
            // Lost or won, the genesis exists afterwards.
            let rules = self.rules.configured(&self.schedule);
            seal(&self.context(&rules), None, self.genesis_draft()?, Proofs::default())?;
        }
    }

    /// Commits the record that `build` makes of the chain; `None` from it ends without a record.
    ///
    /// `build` is asked again after a lost race, with the chain as it is then. The record carries the
    /// newest note, or says why it does not; once it is committed, its own note is made.
    pub fn commit<E: From<SessionError>>(
        &self,
        chain: &mut ChainState,
        mut build: impl FnMut(&ChainState) -> Result<Option<Built>, E>,
    ) -> Result<Option<SealedRecord>, E> {
        for _ in 0..RACES {
            let (mut proofs, authority_failed, record) = self.steadily(chain, |chain| {
                let standing = self.stand(chain)?;
                let (proofs, authority_failed) = self.proofs(chain, &standing)?;
                Ok::<_, E>((proofs, authority_failed, build(chain)?))
            })?;
            let Some(Built { draft, rules }) = record else { return Ok(None) };
            self.admit_the_spool(&draft, &mut proofs);
            let sealed =
                seal(&self.context(&rules), Some(chain), draft, proofs).map_err(SessionError::from)?;
            if let Sealed::Committed(mut record) = sealed {
                self.steadily(chain, |chain| {
                    let after = self.stand(chain)?;
                    self.tell(chain, &after, &mut record)
                })?;
                self.store.keep(chain).map_err(SessionError::from)?;
                // An authority that failed a moment ago would only be waited for once more.
                if !authority_failed {
                    record.warnings.extend(self.stamp(chain)?);
                }
                return Ok(Some(record));
            }
        }
        Err(SessionError::from(SealError::Races(RACES)).into())
    }

    /// Does `work` with the chain; once more, with the chain as the spool knows it, if the store went away meanwhile.
    fn steadily<T, E: From<SessionError>>(
        &self,
        chain: &mut ChainState,
        mut work: impl FnMut(&mut ChainState) -> Result<T, E>,
    ) -> Result<T, E> {
        let there = self.store.away().is_none();
        match work(chain) {
            Err(error) if there && self.store.away().is_some() => {
                *chain = self.chain()?.ok_or(error)?;
                work(chain)
            }
            ended => ended,
        }
    }

    /// As [`steadily`](Self::steadily), without a chain.
    fn once_more_if_it_went_away<T, E>(
        &self,
        work: impl FnOnce() -> Result<T, E>,
        again: impl FnOnce(E) -> Result<T, E>,
    ) -> Result<T, E> {
        let there = self.store.away().is_none();
        match work() {
            Err(error) if there && self.store.away().is_some() => again(error),
            ended => ended,
        }
    }

    pub(crate) fn stand(&self, chain: &mut ChainState) -> Result<Standing, SessionError> {
        Ok(notes::stand(self.store.as_ref(), chain, &self.keys)?)
    }

    /// What is sealed into the spool says so (F-144).
    fn admit_the_spool(&self, draft: &Draft, proofs: &mut Proofs) {
        let Some(reason) = draft.sealed_before.clone().or_else(|| self.store.away()) else { return };
        proofs.omissions.push(Omission { proof: Proof::Store, reason });
        proofs.omissions.sort_by_key(|omission| omission.proof);
    }

    /// Adds to a sealed record what is to be said of its note.
    fn tell(
        &self,
        chain: &ChainState,
        standing: &Standing,
        record: &mut SealedRecord,
    ) -> Result<(), SessionError> {
        record.checkpoint = match standing {
            Standing::Signed(note) => Some(format!("chain/{}", Attachment::Checkpoint.name(note.sequence))),
            Standing::NotSigned | Standing::Late { .. } => None,
        };
        record.warnings.clear();
        for omission in &record.omissions {
            let what = match omission.proof {
                Proof::Checkpoint => "lacks the checkpoint of the record before",
                Proof::Store => "was sealed into the spool",
                Proof::Timestamp => "lacks a time-stamp over the checkpoint it carries",
            };
            record
                .warnings
                .push(format!("record {} declares that it {what}: {}", record.sequence, omission.reason));
        }
        if let Standing::Late { reason, .. } = standing {
            record.warnings.push(format!(
                "record {} has no checkpoint yet: {reason}; the next run makes up for it",
                chain.head
            ));
        }
        if let Some(change) =
            notes::open_change(self.store.as_ref(), &chain.log).map_err(SessionError::from)?
        {
            record.warnings.push(format!(
                "the key change in record {change} lacks the outgoing key's signature: complete it with \
                 `collector key rotate`"
            ));
        }
        Ok(())
    }

    /// What the next record carries of the records before it, and whether the authority failed over it.
    fn proofs(&self, chain: &ChainState, standing: &Standing) -> Result<(Proofs, bool), SessionError> {
        let mut omissions: Vec<Omission> = standing.omission().into_iter().collect();
        let carried = match standing.newest() {
            Some(note) => timestamp::carry(self.store.as_ref(), chain, note, self.authority.as_deref())?,
            None => Carried::default(),
        };
        omissions.extend(carried.omission);
        let checkpoint = standing.newest().map(|note| note.bytes.clone());
        Ok((Proofs { checkpoint, token: carried.token, omissions }, carried.failed))
    }

    /// Has the newest note stamped, and older ones that still lack their token; what is to be said of it.
    pub(crate) fn stamp(&self, chain: &ChainState) -> Result<Option<String>, SessionError> {
        let Some(authority) = &self.authority else { return Ok(None) };
        if self.store.away().is_some() {
            return Ok(None);
        }
        let fill = || Ok(timestamp::fill(self.store.as_ref(), chain, authority.as_ref())?);
        let failed = self.once_more_if_it_went_away(fill, |_: SessionError| Ok(self.store.away()))?;
        Ok(failed
            .map(|reason| format!("checkpoints lack their time-stamp: {reason}; the next run asks again")))
    }

    fn context<'a>(&'a self, rules: &'a InForce) -> Context<'a> {
        Context {
            store: self.store.as_ref(),
            clock: self.clock.as_ref(),
            nonces: self.nonces.as_ref(),
            origin: &self.origin,
            tenant: &self.tenant,
            schedule: &rules.schedule,
            rules: rules.digests,
        }
    }

    fn own(&self, chain: &ChainState) -> Result<(), SessionError> {
        let fields = [
            ("origin", self.origin.to_string(), chain.origin.to_string()),
            ("platform", self.tenant.platform.clone(), chain.tenant.platform.clone()),
            ("region", self.tenant.region.clone(), chain.tenant.region.clone()),
            ("organization", self.tenant.organization_id.clone(), chain.tenant.organization_id.clone()),
            ("subdomain", self.tenant.subdomain.clone(), chain.tenant.subdomain.clone()),
        ];
        for (field, expected, found) in fields {
            if expected != found {
                return Err(SessionError::Foreign { place: self.store.location(), field, expected, found });
            }
        }
        Ok(())
    }

    fn genesis_draft(&self) -> Result<Draft, SessionError> {
        let document = GenesisDocument {
            genesis: Genesis {
                origin: self.origin.clone(),
                tenant: self.tenant.clone(),
                log_key: self.keys.configured().map(ToString::to_string),
                approved_by: self.genesis.approved_by.clone(),
                ticket: self.genesis.ticket.clone(),
                reason: self.genesis.reason.clone(),
                approved_utc: self.now(),
                rules: self.rules.digests,
                schedule: self.schedule.clone(),
            },
        };
        let rules = self.rules.configured(&self.schedule);
        small_record(Kind::Genesis, &document, &rules, &self.genesis.approved_by)
    }
}
