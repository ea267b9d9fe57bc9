//! One request to Azure: bounded in time, attempts and size, repeated only where that can help.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Url, redirect};
use zeroize::Zeroizing;

use super::CallFault;
use crate::aws::keeps_to_itself;
use crate::clock::{Clock, SystemClock};
use crate::http::{Broken, retry_after, send};
use crate::secret::{Secret, wiped};

pub(crate) use reqwest::Method;

const CONNECT: Duration = Duration::from_secs(5);

/// How long a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    /// One attempt, from its first byte to the last.
    pub(crate) attempt: Duration,
    /// Attempts.
    pub(crate) attempts: u32,
    /// Pause before the second attempt; it doubles from then on.
    pub(crate) first_pause: Duration,
    /// Longest pause between two attempts.
    pub(crate) longest_pause: Duration,
}

impl Patience {
    /// For a small question, such as one for a token or a secret.
    pub(crate) const SHORT: Self = Self {
        attempt: Duration::from_secs(5),
        attempts: 3,
        first_pause: Duration::from_millis(500),
        longest_pause: Duration::from_secs(2),
    };

    /// All attempts and the pauses between them, at most.
    pub(crate) fn whole(&self) -> Duration {
        self.attempt.saturating_add(self.longest_pause).saturating_mul(self.attempts.max(1))
    }

    /// The pause before attempt `next`, counted from 2; a service may ask for a longer one, but not for any.
    pub(crate) fn pause(&self, next: u32, asked: Option<Duration>) -> Duration {
        let doubled =
            self.first_pause.saturating_mul(1_u32.checked_shl(next.saturating_sub(2)).unwrap_or(u32::MAX));
        asked.unwrap_or_default().max(doubled).min(self.longest_pause)
    }
}

/// A request, as often as it is sent. It may carry a secret, so nothing shows it.
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Bytes of the answer at most.
    pub(crate) limit: u64,
}

impl Ask {
    /// A question without a body.
    pub(crate) fn get(url: Url, limit: u64) -> Self {
        Self { method: Method::GET, url, headers: HeaderMap::new(), body: Vec::new(), limit }
    }

    /// Adds a header; a value that is none ends as an empty one, which every service refuses.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""));
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }
}

/// A successful answer. It may carry a token, so nothing shows it.
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header, if it is there and text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// The client.
#[derive(Debug, Clone)]
pub(crate) struct Http(reqwest::Client);

impl Http {
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        // Fails only if a provider is installed already, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .http1_only()
            .connect_timeout(CONNECT)
            .user_agent(concat!("collector/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self(client))
    }

    /// Sends `ask`, to the address `signed` if there is one, until it is answered or patience ends.
    pub(crate) async fn send(
        &self,
        ask: &Ask,
        signed: Option<&Url>,
        token: Option<&Secret>,
        patience: &Patience,
    ) -> Result<Answer, CallFault> {
        let mut attempt = 1;
        loop {
            let (ended, asked) = self.attempt(ask, signed.unwrap_or(&ask.url), token, patience.attempt).await;
            match ended {
                Err(fault) if fault.is_worth_repeating() && attempt < patience.attempts => {
                    attempt += 1;
                    tokio::time::sleep(patience.pause(attempt, asked)).await;
                }
                ended => return ended,
            }
        }
    }

    /// One attempt, and the pause that the service asks for.
    async fn attempt(
        &self,
        ask: &Ask,
        url: &Url,
        token: Option<&Secret>,
        time: Duration,
    ) -> (Result<Answer, CallFault>, Option<Duration>) {
        if !keeps_to_itself(url) && !is_metadata_service(url) {
            return (Err(CallFault::PlainHttp), None);
        }
        let mut request = self.0.request(ask.method.clone(), url.clone()).headers(ask.headers.clone());
        if let Some(token) = token {
            let Some(value) = wiped::bearer(token.expose()) else { return (Err(CallFault::Form), None) };
            request = request.header(AUTHORIZATION, value);
        }
        if matches!(ask.method, Method::PUT | Method::POST) {
            // An empty body would be sent without its length, which Azure demands.
            request = request
                .header(CONTENT_LENGTH, ask.body.len())
                .body(wiped::body(Zeroizing::new(ask.body.clone())));
        }
        let Ok(received) = tokio::time::timeout(time, send(request, ask.limit)).await else {
            return (Err(CallFault::Late), None);
        };
        let Some((status, headers)) = received.head else {
            return (Err(CallFault::broken(received.body.err().unwrap_or(Broken::Connection))), None);
        };
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if !(200..300).contains(&status) {
            let asked = text(RETRY_AFTER.as_str()).and_then(|value| retry_after(value, SystemClock.now()));
            let body = Zeroizing::new(received.body.unwrap_or_default());
            return (Err(CallFault::refused(status, text("x-ms-error-code"), &body)), asked);
        }
        match received.body {
            Ok(body) => (Ok(Answer { headers, body }), None),
            Err(broken) => (Err(CallFault::broken(broken)), None),
        }
    }
}

/// The one address at which Azure gives a machine its own token, over http that never leaves the host.
fn is_metadata_service(url: &Url) -> bool {
    url.scheme() == "http" && url.host_str() == Some("169.254.169.254") && url.port().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_are_never_endless() {
        let patience = Patience::SHORT;
        let pauses: Vec<u128> = (2..7).map(|next| patience.pause(next, None).as_millis()).collect();
        assert_eq!(pauses, [500, 1_000, 2_000, 2_000, 2_000]);
        assert_eq!(patience.pause(2, Some(Duration::from_secs(1))), Duration::from_secs(1));
        assert_eq!(patience.pause(2, Some(Duration::MAX)), Duration::from_secs(2));
        assert_eq!(patience.pause(u32::MAX, None), Duration::from_secs(2));
    }

    #[test]
    fn of_all_other_machines_only_the_metadata_service_is_spoken_to_in_the_clear() {
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(is_metadata_service(&url("http://169.254.169.254/metadata/identity/oauth2/token")));
        for text in
            ["http://169.254.169.253/", "http://169.254.169.254.example.com/", "http://169.254.169.254:8080/"]
        {
            assert!(!is_metadata_service(&url(text)) && !keeps_to_itself(&url(text)), "{text}");
        }
    }
}
