//! A secret that Azure Key Vault keeps: read at the beginning of a run, then as if it came from a file.
//!
//! The flow is that of the REST reference (Get Secret, API version 7.4): the first request carries no token; the
//! vault answers 401 and says for which resource it wants one ([`challenge`] tells what is refused there); the
//! second carries it. A vault that gives a secret to somebody without a token is none and is not believed. Answers
//! are limited, redirects are not followed, no proxy is used, and no text of the vault is repeated but its error code.
//!
//! What this program takes of an answer is wiped when it is dropped; the buffers of connection and TLS are not ours.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Url, redirect};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{Secret, SecretError, kept, wiped};
use crate::clock::{Clock as _, SystemClock};
use crate::http::{is_worth_repeating, retry_after, send};
use crate::thread::Thread;

mod address;
mod challenge;
mod fault;

pub use address::VaultSecret;
use fault::{Fault, refusal};

/// How errors name the service.
const SERVICE: &str = "Azure Key Vault";
/// How the configuration names the service.
pub(super) const SCHEME: &str = "azure-keyvault";

const API_VERSION: &str = "7.4";
const CONNECT: Duration = Duration::from_secs(3);
/// One attempt, from its first byte to the last.
const ATTEMPT: Duration = Duration::from_secs(5);
const ATTEMPTS: u32 = 3;
/// Before the second attempt; doubled for the third.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// A vault that asks for a longer pause is given up: the run can be repeated.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// All attempts at one question and the pauses between them.
const PATIENCE: Duration = Duration::from_secs(25);
/// Bytes of an answer: a secret has 25 KiB at most, which JSON may write six times as long.
const LARGEST: u64 = 256 * 1_024;

/// What gives a token for a scope.
pub(super) type Tokens<'a> = &'a dyn Fn(&str) -> Result<Secret, SecretError>;

impl VaultSecret {
    /// Asks for it, with a token that `tokens` gives for the vault's own domain.
    pub(super) fn load(&self, tokens: Tokens<'_>) -> Result<Secret, SecretError> {
        let refused = |fault| refusal(self, &fault);
        let line = Line::open().map_err(refused)?;
        let mut url = self.url().clone();
        url.set_query(Some(&format!("api-version={API_VERSION}")));
        let scope = match line.ask(&url, None).map_err(refused)? {
            Answer { status: 401, headers, .. } => {
                challenge::scope(&headers, &url).map_err(|why| refused(Fault::Challenge(why)))?
            }
            Answer { status: 200..=299, .. } => return Err(refused(Fault::Open)),
            answer => return Err(refused(answer.fault())),
        };
        let token = tokens(&scope)?;
        let authorization = wiped::bearer(token.expose()).ok_or_else(|| refused(Fault::Token))?;
        let answer = line.ask(&url, Some(authorization)).map_err(refused)?;
        if answer.status != 200 {
            return Err(refused(answer.fault()));
        }
        let text = self.value(&answer.body).map_err(refused)?;
        drop(answer);
        kept(&text, self.key(), &format!("secret {}", self.url()))
    }

    /// The secret out of a bundle, as the vault gives it.
    fn value(&self, body: &[u8]) -> Result<Zeroizing<String>, Fault> {
        let mut bundle = wiped::Json::read(body).ok_or(Fault::Form)?;
        let id = bundle.get("id").and_then(Value::as_str).ok_or(Fault::Form)?;
        if !self.is(id) {
            return Err(Fault::Other);
        }
        if bundle.pointer("/attributes/enabled") == Some(&Value::Bool(false)) {
            return Err(Fault::Disabled);
        }
        bundle.take("value").ok_or(Fault::Form)
    }
}

/// An answer of the vault, whatever it says.
struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Zeroizing<Vec<u8>>,
}

impl Answer {
    fn fault(&self) -> Fault {
        Fault::refused(self.status, &self.body)
    }
}

/// The client, and the thread on which it waits.
struct Line {
    client: Client,
    thread: Thread,
}

impl Line {
    fn open() -> Result<Self, Fault> {
        // Fails only if a provider is installed already, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .http1_only()
            .connect_timeout(CONNECT)
            .timeout(ATTEMPT)
            .user_agent(concat!("collector/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| Fault::Setup)?;
        Ok(Self { client, thread: Thread::start("key-vault").map_err(|_| Fault::Setup)? })
    }

    /// Asks until there is an answer that no repetition would mend.
    fn ask(&self, url: &Url, authorization: Option<HeaderValue>) -> Result<Answer, Fault> {
        let (client, url) = (self.client.clone(), url.clone());
        let asked = async move {
            let mut attempt = 1;
            loop {
                let (ended, pause) = once(&client, &url, authorization.clone()).await;
                let repeat = match &ended {
                    Ok(answer) => is_worth_repeating(answer.status),
                    Err(fault) => fault.is_worth_repeating(),
                };
                let pause = pause.unwrap_or(FIRST_PAUSE * attempt);
                if !repeat || attempt == ATTEMPTS || pause > LONGEST_PAUSE {
                    return ended;
                }
                attempt += 1;
                tokio::time::sleep(pause).await;
            }
        };
        self.thread.wait(PATIENCE, asked).unwrap_or(Err(Fault::Late))
    }
}

/// One attempt, and the pause that the vault asks for.
async fn once(
    client: &Client,
    url: &Url,
    authorization: Option<HeaderValue>,
) -> (Result<Answer, Fault>, Option<Duration>) {
    let mut request = client.get(url.clone()).header(ACCEPT, "application/json");
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    let received = send(request, LARGEST).await;
    match (received.head, received.body) {
        (Some((status, headers)), body) if body.is_ok() || !(200..=299).contains(&status) => {
            let pause = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            let pause = pause.and_then(|value| retry_after(value, SystemClock.now()));
            // What a refusal says beyond its status is not needed.
            let body = Zeroizing::new(body.unwrap_or_default());
            (Ok(Answer { status, headers, body }), pause)
        }
        (_, Err(broken)) => (Err(Fault::Broken(broken)), None),
        (_, Ok(_)) => (Err(Fault::Form), None),
    }
}
