//! The transcript of one cycle: every exchange in the order sent, sign-in included (F-55).
//!
//! Only what is listed in [`Exchange`] can get in: no request header, no body, no host.

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use verify_core::digest::Digest;
use verify_core::model::Exchange;
use verify_core::profile::Pacing;

use super::guard::Guard;

/// Longest header value that is taken over.
const LONGEST_HEADER: usize = 200;

/// Which reading an exchange serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Resource, or `sign_in`, or `organization`.
    pub resource: &'a str,
    /// Key of the parent entity a nested read is made for.
    pub parent: Option<&'a str>,
    /// Page, from 1.
    pub page: u64,
    /// Reading round, from 1.
    pub round: u64,
}

/// Names an exchange of the present cycle, to add what was learnt from its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExchangeId(usize);

/// Collects exchanges.
#[derive(Debug, Default)]
pub struct Transcript {
    exchanges: Vec<Exchange>,
}

impl Transcript {
    /// Adds an exchange.
    pub fn push(&mut self, exchange: Exchange) -> ExchangeId {
        self.exchanges.push(exchange);
        ExchangeId(self.exchanges.len() - 1)
    }

    /// Notes how many entities the answer held and which total it reported.
    pub fn note_page(&mut self, id: ExchangeId, entities: u64, reported_total: Option<u64>) {
        if let Some(exchange) = self.exchanges.get_mut(id.0) {
            exchange.entities = Some(entities);
            exchange.reported_total = reported_total;
        }
    }

    /// Notes under which member the body is kept.
    pub fn note_kept(&mut self, id: ExchangeId, member: &str, kept: Digest) {
        if let Some(exchange) = self.exchanges.get_mut(id.0) {
            exchange.kept_as = Some(member.to_owned());
            exchange.kept_sha256 = Some(kept);
        }
    }

    /// Exchanges so far.
    #[must_use]
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// All exchanges, in the order sent.
    #[must_use]
    pub fn into_exchanges(self) -> Vec<Exchange> {
        self.exchanges
    }
}

/// `retry-after` and the profile's rate-limit headers, as far as they are present.
pub(super) fn rate_limit(
    headers: &HeaderMap,
    pacing: &Pacing,
    guard: &Guard<'_>,
) -> BTreeMap<String, String> {
    let names = [
        Some("retry-after"),
        pacing.used_header.as_deref(),
        pacing.allowed_header.as_deref(),
        pacing.reset_header.as_deref(),
    ];
    names
        .into_iter()
        .flatten()
        .filter_map(|name| Some((name.to_ascii_lowercase(), text(headers, name, guard)?)))
        .collect()
}

/// The platform's correlation id.
pub(super) fn correlation_id(headers: &HeaderMap, pacing: &Pacing, guard: &Guard<'_>) -> Option<String> {
    text(headers, pacing.correlation_header.as_deref()?, guard)
}

/// A header's value; not taken over if it is no plain text or repeats a credential, shortened if it is very long.
fn text(headers: &HeaderMap, name: &str, guard: &Guard<'_>) -> Option<String> {
    let value = headers.get(name)?.to_str().ok().filter(|value| !guard.finds_in(value))?;
    Some(value.chars().take(LONGEST_HEADER).collect())
}
