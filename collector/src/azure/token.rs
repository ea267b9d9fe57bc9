//! Access tokens: how they are asked for, what an answer must look like, how long one is used.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::Value;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::credential::{Identity, Proof};
use super::http::{Answer, Ask, Http, Method, Patience};
use super::{AzureError, CallFault};
use crate::clock::{Clock, SystemClock, plus};
use crate::http::encoded;
use crate::secret::{Secret, one_line, wiped};

/// A token this close to its end is renewed rather than used; a quarter of a short token's life.
const MARGIN: Duration = Duration::from_mins(5);
/// Bytes of an answer at most.
const LIMIT: u64 = 64 << 10;
/// Bytes of a federated token at most.
const LONGEST_ASSERTION: u64 = 16 << 10;

/// What stands before a federated token in a form (RFC 7523 section 2.2).
const ASSERTION: &str = "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
                         &client_assertion=";

/// A token and until when it is used.
struct Held {
    token: Secret,
    until: Timestamp,
}

/// The tokens of one identity, by scope.
pub(super) struct Tokens {
    identity: Identity,
    http: Http,
    // Held while a token is asked for: of several who need it, one asks.
    held: Mutex<BTreeMap<String, Held>>,
}

impl Tokens {
    pub(super) fn new(identity: Identity, http: Http) -> Self {
        Self { identity, http, held: Mutex::default() }
    }

    pub(super) const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// A token for `scope`, kept or new.
    pub(super) async fn token(&self, scope: &str) -> Result<Secret, AzureError> {
        let mut held = self.held.lock().await;
        let now = SystemClock.now();
        if let Some(kept) = held.get(scope).filter(|kept| now < kept.until) {
            return Ok(kept.token.clone());
        }
        held.remove(scope);
        let new = self.mint(scope).await?;
        let token = new.token.clone();
        held.insert(scope.to_owned(), new);
        Ok(token)
    }

    /// Drops a token that a service did not take, unless it was renewed since.
    pub(super) async fn forget(&self, scope: &str, token: &Secret) {
        let mut held = self.held.lock().await;
        if held.get(scope).is_some_and(|kept| kept.token == *token) {
            held.remove(scope);
        }
    }

    async fn mint(&self, scope: &str) -> Result<Held, AzureError> {
        let issuer = match &self.identity {
            Identity::Application { .. } => "Microsoft Entra ID",
            Identity::Machine { .. } | Identity::Hosted { .. } => "the managed identity of this machine",
        };
        let failed = |fault| AzureError::Token { issuer, fault };
        let ask = self.request(scope)?;
        let now = SystemClock.now();
        let answer = self.http.send(&ask, None, None, &Patience::SHORT).await;
        drop(Zeroizing::new(ask.body));
        let answer = answer.map_err(|fault| match (&self.identity, fault) {
            // Where no metadata service answers, this machine has no identity of its own.
            (Identity::Machine { .. }, CallFault::Unreachable | CallFault::Late | CallFault::Cut) => {
                failed(CallFault::NoIdentity)
            }
            (_, fault) => failed(fault),
        })?;
        read(answer, now).ok_or_else(|| failed(CallFault::Form))
    }

    fn request(&self, scope: &str) -> Result<Ask, AzureError> {
        let resource = scope.strip_suffix("/.default").unwrap_or(scope);
        match &self.identity {
            Identity::Application { token_url, client_id, proof } => {
                let known = format!(
                    "grant_type=client_credentials&client_id={}&scope={}",
                    encoded(client_id),
                    encoded(scope)
                );
                let (name, proof) = match proof {
                    Proof::Secret(secret) => ("&client_secret=", Zeroizing::new(encoded(secret.expose()))),
                    Proof::Federated(path) => (ASSERTION, Zeroizing::new(encoded(assertion(path)?.expose()))),
                };
                // Room for all of it from the start: a growing text leaves copies behind.
                let mut form = String::with_capacity(known.len() + name.len() + proof.len());
                for part in [&known, name, &proof] {
                    form.push_str(part);
                }
                let ask = Ask {
                    method: Method::POST,
                    url: token_url.clone(),
                    headers: HeaderMap::new(),
                    body: form.into_bytes(),
                    limit: LIMIT,
                };
                Ok(ask
                    .with("content-type", "application/x-www-form-urlencoded")
                    .with("accept", "application/json"))
            }
            Identity::Machine { url, client_id } => {
                let url = asked(url, "2018-02-01", resource, client_id.as_deref());
                Ok(Ask::get(url, LIMIT).with("metadata", "true"))
            }
            Identity::Hosted { url, header, client_id } => {
                let url = asked(url, "2019-08-01", resource, client_id.as_deref());
                let mut ask = Ask::get(url, LIMIT);
                let header = wiped::header(Zeroizing::new(header.expose().to_owned()));
                // Without it, should it fit into no header, the service refuses.
                ask.headers
                    .extend(header.map(|header| (HeaderName::from_static("x-identity-header"), header)));
                Ok(ask)
            }
        }
    }
}

fn asked(url: &Url, version: &str, resource: &str, client_id: Option<&str>) -> Url {
    let mut url = url.clone();
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("api-version", version).append_pair("resource", resource);
        if let Some(client_id) = client_id {
            query.append_pair("client_id", client_id);
        }
    }
    url
}

/// The token of another issuer. The platform writes the file, so its owner is not asked for.
fn assertion(path: &Path) -> Result<Secret, AzureError> {
    use std::io::Read as _;

    let unreadable =
        |source| AzureError::Secret(crate::secret::SecretError::Read { path: path.to_owned(), source });
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(LONGEST_ASSERTION).unwrap_or(0) + 1));
    file.take(LONGEST_ASSERTION + 1).read_to_string(&mut text).map_err(unreadable)?;
    one_line(&text, &format!("federated token {}", path.display())).map_err(AzureError::Secret)
}

/// A token answer (RFC 6749 section 5.1). Managed identities write numbers as texts.
fn read(answer: Answer, now: Timestamp) -> Option<Held> {
    let body = Zeroizing::new(answer.body);
    let answer = wiped::Json::read(&body)?;
    let token = answer.get("access_token").and_then(Value::as_str)?;
    // RFC 6750 section 2.1: b64token. Anything else could break out of the header.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~' | '+' | '/' | '=');
    if token.is_empty() || !token.chars().all(plain) {
        return None;
    }
    if !answer.get("token_type").and_then(Value::as_str)?.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let number = |name: &str| {
        let value = answer.get(name)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    };
    let seconds = match (number("expires_in"), number("expires_on")) {
        (Some(seconds), _) => seconds,
        (None, Some(end)) => end.saturating_sub(now.as_second()),
        (None, None) => return None,
    };
    let lifetime = Duration::from_secs(u64::try_from(seconds).ok()?);
    let until = plus(now, lifetime.saturating_sub(MARGIN.min(lifetime / 4)));
    Some(Held { token: Secret::new(token.to_owned()), until })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lasting(body: &str) -> Option<i64> {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let answer = Answer { headers: HeaderMap::new(), body: body.as_bytes().to_vec() };
        read(answer, now).map(|held| held.until.as_second() - 1_000_000)
    }

    #[test]
    fn a_token_is_used_until_five_minutes_before_its_end() {
        for (body, seconds) in [
            (r#"{"token_type":"Bearer","expires_in":3599,"access_token":"a.b-c"}"#, Some(3_299)),
            (
                r#"{"token_type":"Bearer","expires_in":"86399","expires_on":"1","access_token":"a"}"#,
                Some(86_099),
            ),
            (r#"{"token_type":"Bearer","expires_on":"1000400","access_token":"a"}"#, Some(300)),
            (r#"{"token_type":"Bearer","expires_in":0,"access_token":"a"}"#, Some(0)),
            (r#"{"token_type":"Bearer","access_token":"a"}"#, None),
            (r#"{"token_type":"mac","expires_in":3599,"access_token":"a"}"#, None),
            (r#"{"token_type":"Bearer","expires_in":-1,"access_token":"a"}"#, None),
            (r#"{"token_type":"Bearer","expires_in":3599,"access_token":"a\r\nx: y"}"#, None),
            (r#"{"token_type":"Bearer","expires_in":3599,"access_token":""}"#, None),
            ("{}", None),
            ("no JSON", None),
        ] {
            assert_eq!(lasting(body), seconds, "{body}");
        }
    }
}
