//! Azure: one way to reach its services, for whoever keeps evidence or a secret there.
//!
//! Who asks follows the configuration, and what it leaves out follows Azure's own variables: a client secret, a
//! federated token of a workload (`AZURE_FEDERATED_TOKEN_FILE`), or else the managed identity of the machine
//! ([`credential`]). Tokens are kept in memory until shortly before their end and wiped then. Every call has a
//! time-out, few repetitions and a limit on its answer. The rest of this program is not asynchronous where it
//! seals, so calls run on a thread of their own and are waited for. A request over plain http to another machine
//! is refused; redirects are not followed, no proxy is used, nothing is logged, and no text of a service is
//! repeated ([`CallFault`]).
//!
//! The calls are made with `reqwest`, as all others of this program, and not with Azure's SDK. That one sends a
//! token only over https, so not to a test server on this machine; it does not wipe secrets and tokens; the one
//! attempt whose answer was lost cannot be told from the whole call; its answers have no limit; and its TLS
//! feature links a second cryptography library. About ten calls of a stable REST interface are needed.
//!
//! ```no_run
//! # use collector::azure::{AzureAccess, STORAGE_SCOPE};
//! # use collector::config::AzureConfig;
//! let access = AzureAccess::connect(&AzureConfig::default())?;
//! let token = access.token(STORAGE_SCOPE)?; // of Microsoft Entra ID, fresh for five minutes at least
//! # let _ = token;
//! # Ok::<(), collector::azure::AzureError>(())
//! ```

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::config::AzureConfig;
use crate::secret::{Secret, SecretError};
use crate::thread::{Thread, Unfinished};

pub mod credential;
mod fault;
mod http;
mod sas;
mod token;

use credential::{Environment, Identity};
pub use fault::CallFault;
pub(crate) use http::{Answer, Ask, Http, Method, Patience};
use sas::Sas;
use token::Tokens;

/// Scope of a token for blobs, in every cloud.
pub const STORAGE_SCOPE: &str = "https://storage.azure.com/.default";
/// Scope of a token for Key Vault in the public cloud.
pub const VAULT_SCOPE: &str = "https://vault.azure.net/.default";
/// Where resources are described, in the public cloud.
pub const MANAGEMENT: &str = "https://management.azure.com";

/// What a caller waits for at most, the search for a token included.
const PATIENCE: Duration = Duration::from_mins(1);

/// Why Azure cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum AzureError {
    /// The system gives no thread.
    #[error("no thread can be started for calls to Azure")]
    Thread(#[source] io::Error),
    /// The HTTP client cannot be built.
    #[error("the HTTP client for Azure cannot be set up")]
    Client,
    /// A secret that is configured is not to be had.
    #[error("a secret for Azure is not to be had")]
    Secret(#[source] SecretError),
    /// A shared access signature has no known form.
    #[error("the shared access signature is none: expected a query with sv=… and sig=…")]
    Sas,
    /// Configuration and environment do not name a usable identity.
    #[error("{0}")]
    Identity(&'static str),
    /// An address of the environment would carry a secret in the clear.
    #[error("{0} names an address that is neither https nor this machine")]
    PlainHttp(&'static str),
    /// Microsoft Entra ID, or the managed identity, gives no token.
    #[error("{issuer} {fault}")]
    Token {
        /// Who was asked.
        issuer: &'static str,
        /// How that ended.
        fault: CallFault,
    },
    /// Longer than anybody waits.
    #[error("Azure was not to be reached in time")]
    Late,
    /// The call ended without a result.
    #[error("a call to Azure ended without a result")]
    Stopped,
}

impl AzureError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Secret(_) | Self::Sas => "correct the source that [azure] names",
            Self::Identity(_) => {
                "name tenant_id and client_id in [azure], or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
            }
            Self::PlainHttp(_) => "name an https address",
            Self::Token { fault, .. } => fault.hint(),
            Self::Thread(_) | Self::Client | Self::Late | Self::Stopped => {
                "run again; what was committed is not affected"
            }
        }
    }

    /// Whether a later call may succeed without anybody changing the configuration of this program.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Token { fault, .. } => fault.is_passing(),
            Self::Thread(_) | Self::Late | Self::Stopped => true,
            Self::Client | Self::Secret(_) | Self::Sas | Self::Identity(_) | Self::PlainHttp(_) => false,
        }
    }
}

impl From<Unfinished> for AzureError {
    fn from(unfinished: Unfinished) -> Self {
        match unfinished {
            Unfinished::Late => Self::Late,
            Unfinished::Stopped => Self::Stopped,
        }
    }
}

/// By what a request is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pass {
    /// A token of this scope.
    Token(String),
    /// The configured shared access signature, or else a token for blobs.
    Storage,
}

/// Access to Azure: the identity, its tokens, and the thread on which calls run.
pub struct AzureAccess {
    line: Arc<Line>,
    thread: Thread,
}

impl fmt::Debug for AzureAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureAccess").field("identity", &self.line.tokens.identity()).finish_non_exhaustive()
    }
}

impl AzureAccess {
    /// Finds out who asks and loads what is configured as a secret. No service is asked yet.
    pub fn connect(config: &AzureConfig) -> Result<Self, AzureError> {
        Self::connect_in(config, &|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// As [`connect`](Self::connect), in this environment.
    pub fn connect_in(config: &AzureConfig, environment: Environment<'_>) -> Result<Self, AzureError> {
        let thread = Thread::start("azure").map_err(AzureError::Thread)?;
        let http = Http::new().map_err(|_never_told| AzureError::Client)?;
        let sas = match &config.sas {
            Some(source) => Some(Sas::of(&source.load_here().map_err(AzureError::Secret)?)?),
            None => None,
        };
        let tokens = Tokens::new(Identity::find(config, environment)?, http.clone());
        Ok(Self { line: Arc::new(Line { http, sas, tokens }), thread })
    }

    /// A token for `scope`, e.g. [`VAULT_SCOPE`]: kept ones are used until five minutes before their end.
    pub fn token(&self, scope: &str) -> Result<Secret, AzureError> {
        let (line, scope) = (Arc::clone(&self.line), scope.to_owned());
        self.thread.wait(PATIENCE, async move { line.tokens.token(&scope).await })?
    }

    /// Sends a request that carries a token or signature, and waits for its answer.
    pub(crate) fn send(&self, ask: Ask, pass: Pass, patience: Patience) -> Result<Answer, CallFault> {
        let line = Arc::clone(&self.line);
        let sent = self.wait_for(patience.whole(), async move { line.send(&ask, &pass, &patience).await });
        sent.unwrap_or(Err(CallFault::Late))
    }

    /// Runs `call` and waits for its end, from a task of another runtime too.
    pub(crate) fn wait_for<T: Send + 'static>(
        &self,
        patience: Duration,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, AzureError> {
        Ok(self.thread.wait(patience.saturating_add(PATIENCE), call)?)
    }

    /// The line on which futures of their own can send.
    pub(crate) fn line(&self) -> Arc<Line> {
        Arc::clone(&self.line)
    }
}

/// What sends requests and lets them in.
pub(crate) struct Line {
    http: Http,
    sas: Option<Sas>,
    tokens: Tokens,
}

impl Line {
    /// Sends `ask`; a token that the service no longer takes is renewed, once.
    pub(crate) async fn send(
        &self,
        ask: &Ask,
        pass: &Pass,
        patience: &Patience,
    ) -> Result<Answer, CallFault> {
        let scope = match (pass, &self.sas) {
            (Pass::Storage, Some(sas)) => {
                return self.http.send(ask, Some(&sas.signed(&ask.url)), None, patience).await;
            }
            (Pass::Storage, None) => STORAGE_SCOPE,
            (Pass::Token(scope), _) => scope,
        };
        let mut renewed = false;
        loop {
            let token = self.tokens.token(scope).await.map_err(CallFault::no_token)?;
            let sent = self.http.send(ask, None, Some(&token), patience).await;
            match sent {
                Err(CallFault::Refused { status: 401, .. }) if !renewed => {
                    renewed = true;
                    self.tokens.forget(scope, &token).await;
                }
                ended => return ended,
            }
        }
    }
}
