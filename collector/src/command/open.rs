//! From a configuration file to everything a run works with.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{CommandError, spool, warn_of};
use crate::chain::ChainState;
use crate::clock::SystemClock;
use crate::config::{Config, StoreConfig, TimestampConfig};
use crate::exit::Ending;
use crate::nonce::GeneratedNonces;
use crate::notes::{NotesError, told};
use crate::rules::{Rules, RulesError};
use crate::seal::SealError;
use crate::secret::Services;
use crate::session::{Session, SessionError};
use crate::signing::{self, KeyMismatch, Keyring, SignError};
use crate::store::{AzureStore, DirStore, S3Store, Store, StoreError};
use crate::timestamp::{Authority, HttpAuthority};

/// Reads the configuration at `path` and loads what it names, the signing key included, for a command that writes:
/// what waits in the spool is stored first.
pub(super) fn session(path: &Path, out: &mut dyn Write) -> Result<Session, CommandError> {
    let config = Config::read(path)?;
    spool::emptied(&config, session_of(&config)?, out)
}

/// Loads what `config` names, the signing key included.
pub(super) fn session_of(config: &Config) -> Result<Session, CommandError> {
    let keys = keyring(config)?;
    without_key(config).map(|session| Session { keys, ..session })
}

/// The configured key; none for a chain that is not signed.
fn keyring(config: &Config) -> Result<Keyring, CommandError> {
    let Some(source) = &config.signing_key else { return Ok(Keyring::none()) };
    match signing::open(source, &config.origin, &Services::from(config)) {
        Ok(signer) => {
            warn_of(source.warning());
            Ok(Keyring::of(signer))
        }
        Err(error) if error.is_passing() => Ok(Keyring::unreachable(told(&error))),
        Err(error) => Err(error.into()),
    }
}

/// Loads what `config` names but for the signing key: enough to read the chain.
pub(super) fn without_key(config: &Config) -> Result<Session, CommandError> {
    let rules = Rules::load(&config.rules, &config.schedule)?;
    let nonces = GeneratedNonces::from_system().map_err(|error| {
        CommandError::new(Ending::Internal, format!("the system gives no random numbers: {error}"))
    })?;
    Ok(Session {
        store: store(config)?,
        clock: Arc::new(SystemClock),
        nonces: Arc::new(nonces),
        tenant: config.tenant.tenant(&rules.profile.platform),
        rules: Arc::new(rules),
        origin: config.origin.clone(),
        schedule: config.schedule.clone(),
        genesis: config.genesis.clone(),
        keys: Keyring::none(),
        authority: config.timestamp.as_ref().map(authority),
    })
}

fn store(config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match &config.store {
        StoreConfig::Folder(root) => Arc::new(DirStore::new(root)),
        StoreConfig::S3(settings) => Arc::new(S3Store::connect(settings.clone(), &config.aws)?),
        StoreConfig::Azure(settings) => Arc::new(AzureStore::connect(settings.clone(), &config.azure)?),
    })
}

/// What the store that failed says to do, if it is the cause of `error`.
fn store_hint(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(store) = error.downcast_ref::<StoreError>() {
            return Some(store.hint());
        }
        next = error.source();
    }
    None
}

fn authority(config: &TimestampConfig) -> Arc<dyn Authority> {
    let timeout = Duration::from_secs(u64::from(config.timeout_seconds));
    Arc::new(HttpAuthority::new(config.url.clone(), timeout))
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

/// How a run ends that the chain's notes stop, and what to do about it.
fn notes_hint(error: &NotesError) -> (Ending, &'static str) {
    match error {
        NotesError::Keys(KeyMismatch::NoKey { .. }) => {
            (Ending::Usage, "name the chain's key in the configuration: [signing] key = …")
        }
        NotesError::Keys(KeyMismatch::NotSigned { .. }) => (
            Ending::Usage,
            "sign from now on with `collector key rotate --new …`, or remove signing.key from the configuration",
        ),
        NotesError::Keys(KeyMismatch::Other { .. }) => (
            Ending::Usage,
            "change keys with `collector key rotate --new …`; after a change, name the new key in [signing]",
        ),
        NotesError::NoNote { .. } => {
            (Ending::StoreRefused, "run again when the key can sign; what was committed is then signed first")
        }
        NotesError::Store(_) => (
            Ending::StoreRefused,
            "check space and permissions of the store; nothing that was committed is affected",
        ),
        NotesError::Chain(_)
        | NotesError::Note { .. }
        | NotesError::Foreign { .. }
        | NotesError::NotSigned { .. } => {
            (Ending::StoreRefused, "run `verifier verify` on the evidence: it names what is wrong")
        }
    }
}

impl From<SignError> for CommandError {
    fn from(error: SignError) -> Self {
        let ending = if error.is_passing() { Ending::StoreRefused } else { Ending::Usage };
        let hint = error.hint();
        Self::new(ending, error).hint(hint)
    }
}

impl From<SessionError> for CommandError {
    fn from(error: SessionError) -> Self {
        if let Some(hint) = store_hint(&error) {
            return Self::new(Ending::StoreRefused, error).hint(hint);
        }
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
            SessionError::Notes(ref cause) => {
                let (ending, hint) = notes_hint(cause);
                Self::new(ending, error).hint(hint)
            }
            SessionError::Store(_) => Self::new(Ending::StoreRefused, error),
            SessionError::KeyUnreachable(_) => Self::new(Ending::StoreRefused, error)
                .hint("run again when the key's service answers; nothing was written"),
            SessionError::Canonical(_) | SessionError::Pack(_) | SessionError::Nothing => {
                Self::new(Ending::Internal, error)
            }
        }
    }
}
