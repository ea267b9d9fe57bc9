//! From a configuration file to everything a run works with.

use std::path::Path;
use std::sync::Arc;

use super::CommandError;
use crate::chain::ChainState;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::exit::Ending;
use crate::nonce::GeneratedNonces;
use crate::rules::{Rules, RulesError};
use crate::seal::SealError;
use crate::session::{Session, SessionError};
use crate::store::DirStore;

/// Reads the configuration at `path` and loads what it names.
pub(super) fn session(path: &Path) -> Result<Session, CommandError> {
    let config = Config::read(path)?;
    session_of(&config)
}

/// Loads what `config` names.
pub(super) fn session_of(config: &Config) -> Result<Session, CommandError> {
    let rules = Rules::load(&config.rules, &config.schedule)?;
    let nonces = GeneratedNonces::from_system().map_err(|error| {
        CommandError::new(Ending::Internal, format!("the system gives no random numbers: {error}"))
    })?;
    Ok(Session {
        store: Arc::new(DirStore::new(&config.store_root)),
        clock: Arc::new(SystemClock),
        nonces: Arc::new(nonces),
        tenant: config.tenant.tenant(&rules.profile.platform),
        rules: Arc::new(rules),
        origin: config.origin.clone(),
        schedule: config.schedule.clone(),
        genesis: config.genesis.clone(),
    })
}

/// The chain of a run that cannot begin one.
pub(super) fn existing_chain(session: &Session) -> Result<ChainState, CommandError> {
    session.chain()?.ok_or_else(|| {
        CommandError::new(Ending::Usage, format!("there is no chain in {}", session.store.location()))
            .hint("run `collector collect --config …` first: its first run begins the chain")
    })
}

impl From<RulesError> for CommandError {
    fn from(error: RulesError) -> Self {
        Self::new(Ending::Usage, error).hint("correct the rule, or use the built-in ones")
    }
}

impl From<SessionError> for CommandError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Foreign { .. } => Self::new(Ending::Usage, error)
                .hint("every tenant and environment needs a store root of its own"),
            SessionError::Chain(_) | SessionError::InForce(_) => Self::new(Ending::StoreRefused, error)
                .hint("run `verifier verify` on the evidence: it names what is wrong"),
            SessionError::Seal(ref cause) => {
                let hint = if matches!(**cause, SealError::ClockBehind { .. }) {
                    "set this machine's clock; evidence must not run backwards"
                } else {
                    "check space and permissions of the store; nothing that was committed is affected"
                };
                Self::new(Ending::StoreRefused, error).hint(hint)
            }
            SessionError::Canonical(_) | SessionError::Pack(_) | SessionError::Nothing => {
                Self::new(Ending::Internal, error)
            }
        }
    }
}
