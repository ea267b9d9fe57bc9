//! Client-credentials sign-in (RFC 6749 section 4.4) and the tokens it gives out.
//!
//! A token is bound to the dialect whose endpoint gave it. It dies at the end of its lifetime by the
//! injected clock, when the tenant is told to revoke all tokens, and when a new day begins.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use verify_core::time::UtcTime;

use super::answer::{Answer, Question};
use super::listing::Dialect;
use super::noise;

/// The client that may sign in. Its secret is left out of `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: String,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Token {
    text: String,
    dialect: Dialect,
    expires: UtcTime,
}

/// The tokens of one day.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    live: Vec<Token>,
    /// Tokens given out today; also what makes each one different.
    given: u64,
}

/// The dialect whose sign-in path this is.
pub(super) fn endpoint(path: &str) -> Option<Dialect> {
    match path {
        "/api/v2/oauth/token" => Some(Dialect::Reference),
        "/oauth/token" => Some(Dialect::GenesysCloud),
        _ => None,
    }
}

impl Tokens {
    /// Answers a token request.
    pub(super) fn sign_in(
        &mut self,
        question: &Question,
        dialect: Dialect,
        client: &Client,
        lifetime_seconds: u32,
        seed_and_day: (u64, u32),
        now: UtcTime,
    ) -> Answer {
        if question.method != "POST" {
            return Answer::error(405, "method.not.allowed", "a token is asked for with POST");
        }
        if question.field("grant_type") != Some("client_credentials") {
            return refused(400, "unsupported_grant_type", "expected grant_type=client_credentials");
        }
        let presented = match dialect {
            Dialect::Reference => question.field("client_id").zip(question.field("client_secret")).map(owned),
            Dialect::GenesysCloud => basic(question.authorization.as_deref()),
        };
        if presented != Some((client.id.clone(), client.secret.clone())) {
            // RFC 6749 section 5.2: 400, or 401 where the Authorization header was used.
            return match dialect {
                Dialect::Reference => refused(400, "invalid_client", "client id or secret is wrong"),
                Dialect::GenesysCloud => refused(401, "invalid_client", "client id or secret is wrong")
                    .header("www-authenticate", "Basic realm=\"login\""),
            };
        }
        self.given += 1;
        let (seed, day) = seed_and_day;
        let parts = [seed, u64::from(day), noise::number_of("token"), self.given, dialect as u64];
        let text = format!("{:016x}{:016x}", noise::mix(&parts), noise::mix(&[noise::mix(&parts), 1]));
        self.live.retain(|token| token.expires > now);
        let expires = now.plus_seconds(i64::from(lifetime_seconds));
        self.live.push(Token { text: text.clone(), dialect, expires });
        Answer::json(
            200,
            &json!({ "access_token": text, "expires_in": lifetime_seconds, "token_type": "bearer" }),
        )
        .header("cache-control", "no-store")
    }

    /// The dialect of a request's bearer token, if it is alive at `now`.
    pub(super) fn dialect(&self, authorization: Option<&str>, now: UtcTime) -> Option<Dialect> {
        let (scheme, text) = authorization?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let token = self.live.iter().find(|token| token.text == text && token.expires > now)?;
        Some(token.dialect)
    }

    /// Kills every token.
    pub(super) fn revoke(&mut self) {
        self.live.clear();
    }
}

fn owned((id, secret): (&str, &str)) -> (String, String) {
    (id.to_owned(), secret.to_owned())
}

/// Id and secret of a `Basic` header.
fn basic(header: Option<&str>) -> Option<(String, String)> {
    let (scheme, text) = header?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    decoded.split_once(':').map(owned)
}

fn refused(status: u16, error: &str, description: &str) -> Answer {
    Answer::json(status, &json!({ "error": error, "error_description": description }))
}
