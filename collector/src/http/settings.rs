//! What a client is made from: addresses, identity, pacing and bounds, all fixed before the first request.

use std::time::Duration;

use verify_core::profile::{Pacing, Profile, SignIn};

use super::{AddressError, ApiBase, TokenEndpoint};
use crate::secret::Secret;

/// Bounds of one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// Until a connection stands.
    pub connect: Duration,
    /// Between two pieces of an answer.
    pub silence: Duration,
    /// From sending to the end of the body.
    pub exchange: Duration,
    /// Bytes of one body.
    pub body_bytes: u64,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            exchange: Duration::from_mins(2),
            body_bytes: 64 << 20,
        }
    }
}

/// Where the platform answers, as the configuration gives it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Endpoints<'a> {
    /// Replaces `{domain}` in the profile's addresses.
    pub domain: &'a str,
    /// Base URL used instead of the profile's `api_base`.
    pub api_base: Option<&'a str>,
    /// Base URL whose scheme, host and port replace those of the profile's `sign_in.url`.
    pub sign_in_base: Option<&'a str>,
}

/// The secret of the identity, if its service gives it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientSecret {
    /// Here it is.
    AtHand(Secret),
    /// Not now, and why, in words that may be sealed: a cycle that cannot sign in is a failure of its slot.
    Unreachable(String),
}

impl From<Secret> for ClientSecret {
    fn from(secret: Secret) -> Self {
        Self::AtHand(secret)
    }
}

/// Everything an [`super::ApiClient`] needs.
#[derive(Debug)]
pub struct ClientSettings {
    /// Base of every read.
    pub api_base: ApiBase,
    /// The one address that is posted to.
    pub token_endpoint: TokenEndpoint,
    /// How the token is asked for.
    pub sign_in: SignIn,
    /// Id of the read-only identity.
    pub client_id: String,
    /// Its secret.
    pub client_secret: ClientSecret,
    /// Pacing and retry bounds.
    pub pacing: Pacing,
    /// Bounds of one exchange.
    pub limits: HttpLimits,
    /// Seed of the jitter: random for a real run, fixed for a simulated one.
    pub jitter_seed: u64,
}

impl ClientSettings {
    /// Settings for `profile` at `endpoints`, with default bounds.
    pub fn new(
        profile: &Profile,
        endpoints: Endpoints<'_>,
        client_id: &str,
        client_secret: impl Into<ClientSecret>,
        jitter_seed: u64,
    ) -> Result<Self, AddressError> {
        let placed = |text: &str| text.replace("{domain}", endpoints.domain);
        let api_base = match endpoints.api_base {
            Some(text) => ApiBase::parse("API base URL", text)?,
            None => ApiBase::parse("api_base", &placed(&profile.api_base))?,
        };
        // With a base of its own the endpoint's host does not matter, so it need not be configured.
        let url = match endpoints.sign_in_base {
            Some(_) => profile.sign_in.url.replace("{domain}", "domain.invalid"),
            None => placed(&profile.sign_in.url),
        };
        Ok(Self {
            api_base,
            token_endpoint: TokenEndpoint::parse(&url, endpoints.sign_in_base)?,
            sign_in: profile.sign_in.clone(),
            client_id: client_id.to_owned(),
            client_secret: client_secret.into(),
            pacing: profile.pacing.clone(),
            limits: HttpLimits::default(),
            jitter_seed,
        })
    }
}
