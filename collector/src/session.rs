//! Everything a run works with, and the loop that commits a record.
//!
//! A record is built against the chain as it stands. If another writer is faster, the chain is read
//! on and the record built anew, so what it says about its predecessors is always true.

use std::sync::Arc;

use verify_core::canon::{self, CanonError};
use verify_core::digest::Digest;
use verify_core::model::{Genesis, GenesisDocument, Kind, Origin, Schedule, Tenant};
use verify_core::package::{PackError, PackedMember};
use verify_core::time::UtcTime;

use crate::chain::{ChainError, ChainState};
use crate::clock::{Clock, utc};
use crate::config::GenesisApproval;
use crate::nonce::Nonces;
use crate::rules::{InForce, InForceError, Rules};
use crate::seal::{Context, Draft, SealError, Sealed, SealedRecord, seal};
use crate::store::Store;

/// Races lost in a row before a run gives up: more means that somebody writes without pause.
const RACES: u32 = 20;

/// Why a record could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The chain cannot be read.
    #[error("the chain cannot be continued")]
    Chain(#[source] Box<ChainError>),
    /// The record cannot be sealed.
    #[error("the record cannot be sealed")]
    Seal(#[source] Box<SealError>),
    /// The rules in force cannot be had.
    #[error("the rules in force cannot be had")]
    InForce(#[source] Box<InForceError>),
    /// A document cannot be written.
    #[error("a document cannot be written as canonical JSON")]
    Canonical(#[from] CanonError),
    /// A member cannot be packed.
    #[error("a document cannot be packed")]
    Pack(#[from] PackError),
    /// A record was to be made and was not.
    #[error("no record was made")]
    Nothing,
    /// The chain belongs to somebody else.
    #[error("the chain in {place} has {field} {found}, the configuration says {expected}")]
    Foreign {
        /// The store.
        place: String,
        /// What differs.
        field: &'static str,
        /// In the configuration.
        expected: String,
        /// In the chain.
        found: String,
    },
}

impl From<ChainError> for SessionError {
    fn from(error: ChainError) -> Self {
        Self::Chain(Box::new(error))
    }
}

impl From<InForceError> for SessionError {
    fn from(error: InForceError) -> Self {
        Self::InForce(Box::new(error))
    }
}

impl From<SealError> for SessionError {
    fn from(error: SealError) -> Self {
        Self::Seal(Box::new(error))
    }
}

/// What a run works with.
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
        let chain = ChainState::replay(self.store.as_ref())?;
        if let Some(chain) = &chain {
            self.own(chain)?;
        }
        Ok(chain)
    }

    /// The chain, begun if it is empty.
    pub fn chain_or_genesis(&self) -> Result<ChainState, SessionError> {
        loop {
            if let Some(chain) = self.chain()? {
                return Ok(chain);
            }
            // Lost or won, the genesis exists afterwards.
            seal(&self.context(&self.rules.configured(&self.schedule)), None, self.genesis_draft()?)?;
        }
    }

    /// Commits the record that `build` makes of the chain; `None` from it ends without a record.
    ///
    /// `build` is asked again after a lost race, with the chain as it is then.
    pub fn commit<E: From<SessionError>>(
        &self,
        chain: &mut ChainState,
        mut build: impl FnMut(&ChainState) -> Result<Option<Built>, E>,
    ) -> Result<Option<SealedRecord>, E> {
        for _ in 0..RACES {
            let Some(Built { draft, rules }) = build(chain)? else { return Ok(None) };
            let sealed = seal(&self.context(&rules), Some(chain), draft).map_err(SessionError::from)?;
            chain.refresh(self.store.as_ref()).map_err(SessionError::from)?;
            if let Sealed::Committed(record) = sealed {
                return Ok(Some(record));
            }
        }
        Err(SessionError::from(SealError::Races(RACES)).into())
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
                log_key: None,
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

/// A record without a collection: its one document and the rules in force.
pub fn small_record(
    kind: Kind,
    document: &impl serde::Serialize,
    rules: &InForce,
    actor: &str,
) -> Result<Draft, SessionError> {
    let mut members = rules.members.clone();
    members.push(PackedMember::pack(&kind.payload_member(), &canon::to_vec_of(document)?)?);
    Ok(Draft {
        kind,
        collection_cycle: kind.as_str().to_owned(),
        scheduled_utc: None,
        collected_utc: None,
        state_sha256: None,
        resources: std::collections::BTreeMap::new(),
        baseline: None,
        inputs_sha256: no_inputs(),
        actor: actor.to_owned(),
        members,
    })
}

/// The digest over no registers (F-14).
#[must_use]
pub fn no_inputs() -> Digest {
    canon::digest_map([])
}
