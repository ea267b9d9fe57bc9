//! The client itself: token, pacing, repetition and transcript around single exchanges.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use reqwest::{RequestBuilder, Url, redirect};
use verify_core::digest::Digest;
use verify_core::model::Exchange;
use zeroize::Zeroizing;

use super::attempt::{Answer, Attempt, target};
use super::exchange;
use super::guard::Guard;
use super::token::{self, Token};
use super::transcript::{correlation_id, rate_limit};
use super::{
    Backoff, ClientSecret, ClientSettings, LONGEST_RETRY_AFTER, Pace, Place, ReadFault, ReadRequest,
    SignInFault, Transcript, WaitBudget, is_worth_repeating, retry_after,
};
use crate::clock::{self, Clock};
use crate::secret::wiped;

/// A client cannot be built.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up")]
pub struct ClientError(#[source] reqwest::Error);

/// The read-only client of one tenant.
#[derive(Debug)]
pub struct ApiClient {
    settings: ClientSettings,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    token: Option<Token>,
    pace: Pace,
    backoff: Backoff,
    budget: WaitBudget,
    transcript: Transcript,
    sign_ins: u64,
}

/// What to do about an attempt.
enum Next {
    Take,
    Repeat { asked: Option<Duration> },
    GiveUp,
}

impl ApiClient {
    /// Builds a client that takes its time from `clock`.
    pub fn new(settings: ClientSettings, clock: Arc<dyn Clock>) -> Result<Self, ClientError> {
        // Fails only if a provider is installed already, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .http1_only()
            .connect_timeout(settings.limits.connect)
            .read_timeout(settings.limits.silence)
            .timeout(settings.limits.exchange)
            .user_agent(concat!("collector/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(ClientError)?;
        let pace = Pace::new(&settings.pacing);
        let backoff = Backoff::new(&settings.pacing, settings.jitter_seed);
        let budget = budget(&settings);
        let transcript = Transcript::default();
        Ok(Self { settings, http, clock, token: None, pace, backoff, budget, transcript, sign_ins: 0 })
    }

    /// Begins a cycle: an empty transcript, the whole wait budget and the jitter from its seed. The token stays.
    pub fn begin_cycle(&mut self) {
        self.backoff = Backoff::new(&self.settings.pacing, self.settings.jitter_seed);
        self.budget = budget(&self.settings);
        self.transcript = Transcript::default();
        self.sign_ins = 0;
    }

    /// The clock the client takes its time from.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// The base that links are reduced to.
    #[must_use]
    pub fn api_base(&self) -> &super::ApiBase {
        &self.settings.api_base
    }

    /// The transcript of the present cycle.
    #[must_use]
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// The transcript, to add what was learnt from bodies.
    pub fn transcript_mut(&mut self) -> &mut Transcript {
        &mut self.transcript
    }

    /// Takes the transcript out; the next exchange begins a new one.
    pub fn take_transcript(&mut self) -> Transcript {
        std::mem::take(&mut self.transcript)
    }

    /// Sees to a token that is good for `window`, so that it need not be renewed in the midst of a reading.
    ///
    /// A token that was just minted is taken even if the platform makes it shorter than that.
    pub async fn sign_in(&mut self, window: Duration) -> Result<(), SignInFault> {
        match &self.token {
            Some(token) if token.lasts(self.clock.now(), window) => Ok(()),
            _ => self.mint().await,
        }
    }

    /// Reads one page: waits for its turn, repeats what is worth repeating, renews the token once on 401.
    pub async fn read(&mut self, request: &ReadRequest, place: Place<'_>) -> Result<Answer, ReadFault> {
        let url = self.settings.api_base.join(request)?;
        let mut renewed = false;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let authorization = self.authorization().await?;
            let builder = self
                .http
                .get(url.clone())
                .header(ACCEPT, "application/json")
                .header(AUTHORIZATION, authorization);
            let attempt = self.attempt("GET", &url, builder, place, attempts).await?;
            if attempt.status() == Some(401) && !renewed {
                renewed = true;
                self.token = None;
                continue;
            }
            match self.judge(&attempt, false) {
                Next::Take => return Ok(attempt.into_answer()),
                Next::Repeat { asked } if attempts < self.settings.pacing.attempts_per_page => {
                    self.wait_after(attempts, asked).await?;
                }
                Next::Repeat { .. } | Next::GiveUp => return Err(attempt.fault(attempts)),
            }
        }
    }

    async fn authorization(&mut self) -> Result<reqwest::header::HeaderValue, ReadFault> {
        let sign_in = |fault| ReadFault::SignIn(Box::new(fault));
        let usable = self.token.as_ref().is_some_and(|token| token.lasts(self.clock.now(), Duration::ZERO));
        if !usable {
            self.mint().await.map_err(sign_in)?;
        }
        let token = self.token.as_ref().ok_or(SignInFault::Answer("there is none")).map_err(sign_in)?;
        Ok(token.authorization())
    }

    async fn mint(&mut self) -> Result<(), SignInFault> {
        self.token = None;
        let secret = match &self.settings.client_secret {
            ClientSecret::AtHand(secret) => secret.clone(),
            ClientSecret::Unreachable(why) => return Err(SignInFault::Secret(why.clone())),
        };
        self.sign_ins += 1;
        let place = Place { resource: "sign_in", parent: None, page: 1, round: self.sign_ins };
        let url = self.settings.token_endpoint.url().clone();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let (form, basic) = token::request(&self.settings.sign_in, &self.settings.client_id, &secret);
            let mut builder = self
                .http
                .post(url.clone())
                .header(ACCEPT, "application/json")
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(wiped::body(form));
            if let Some(basic) = basic {
                builder = builder.header(AUTHORIZATION, basic);
            }
            let attempt =
                self.attempt("POST", &url, builder, place, attempts).await.map_err(SignInFault::Endpoint)?;
            match self.judge(&attempt, true) {
                Next::Take => {
                    let body = Zeroizing::new(attempt.into_answer().body);
                    let token = Token::from_answer(&body, self.clock.now()).map_err(SignInFault::Answer)?;
                    self.token = Some(token);
                    return Ok(());
                }
                Next::Repeat { asked } if attempts < self.settings.pacing.attempts_per_page => {
                    self.wait_after(attempts, asked).await.map_err(SignInFault::Endpoint)?;
                }
                Next::Repeat { .. } | Next::GiveUp => {
                    return Err(SignInFault::Endpoint(attempt.fault(attempts)));
                }
            }
        }
    }

    /// Waits for its turn, sends, records.
    async fn attempt(
        &mut self,
        method: &str,
        url: &Url,
        builder: RequestBuilder,
        place: Place<'_>,
        attempt: u32,
    ) -> Result<Attempt, ReadFault> {
        let hold = self.pace.before(self.clock.now());
        self.budget.spend(hold.window)?;
        let wait = hold.window.max(hold.steady);
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
        }
        let started = self.clock.now();
        let mut received = exchange::send(builder, self.settings.limits.body_bytes).await;
        self.clock.exchange_ended(received.bytes);
        let ended = self.clock.now();
        let is_secret = method == "POST";
        let guard = Guard::of(&self.settings, self.token.as_ref());
        guard.check(&mut received, is_secret);
        let headers = received.head.as_ref().map(|(_, headers)| headers);
        self.pace.after(started, ended, headers);
        let none = HeaderMap::new();
        let headers = headers.unwrap_or(&none);
        // The digest of an answer that holds a token stays out: it would let a guess be confirmed.
        let id = self.transcript.push(Exchange {
            resource: place.resource.to_owned(),
            parent: place.parent.map(str::to_owned),
            page: place.page,
            round: place.round,
            attempt: u64::from(attempt),
            method: method.to_owned(),
            target: target(url),
            status: received.head.as_ref().map(|(status, _)| *status),
            error: received.body.as_ref().err().map(ToString::to_string),
            started_utc: clock::stamp(started),
            duration_ms: u64::try_from(clock::between(started, ended).as_millis()).unwrap_or(u64::MAX),
            bytes: received.bytes,
            received_sha256: received.body.as_ref().ok().filter(|_| !is_secret).map(|body| Digest::of(body)),
            kept_sha256: None,
            kept_as: None,
            entities: None,
            reported_total: None,
            correlation_id: correlation_id(headers, &self.settings.pacing, &guard),
            rate_limit: rate_limit(headers, &self.settings.pacing, &guard),
        });
        Ok(Attempt { id, received })
    }

    fn judge(&self, attempt: &Attempt, is_sign_in: bool) -> Next {
        match (&attempt.received.head, &attempt.received.body) {
            (Some((200..=299, _)), Ok(_)) => Next::Take,
            (Some((status, headers)), body) => {
                let limited =
                    is_sign_in && body.as_ref().is_ok_and(|body| token::is_rate_limited(*status, body));
                let broken = (200..=299).contains(status)
                    && body.as_ref().is_err_and(|broken| broken.is_worth_repeating());
                if !limited && !broken && !is_worth_repeating(*status) {
                    return Next::GiveUp;
                }
                let value = headers.get("retry-after").and_then(|value| value.to_str().ok());
                Next::Repeat { asked: value.and_then(|value| retry_after(value, self.clock.now())) }
            }
            (None, Err(broken)) if broken.is_worth_repeating() => Next::Repeat { asked: None },
            (None, _) => Next::GiveUp,
        }
    }

    /// Waits as long as the platform asks, else as long as the backoff says, within the cycle's budget.
    async fn wait_after(&mut self, attempts: u32, asked: Option<Duration>) -> Result<(), ReadFault> {
        let wait = asked.unwrap_or_else(|| self.backoff.after(attempts));
        if wait > LONGEST_RETRY_AFTER {
            return Err(ReadFault::LongWait {
                asked: wait.as_secs(),
                followed: LONGEST_RETRY_AFTER.as_secs(),
            });
        }
        self.budget.spend(wait)?;
        self.clock.sleep(wait).await;
        Ok(())
    }
}

fn budget(settings: &ClientSettings) -> WaitBudget {
    WaitBudget::new(Duration::from_secs(u64::from(settings.pacing.cycle_wait_budget_seconds)))
}
