//! The access token: how it is asked for, what an answer must look like, how long it is good for.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::header::HeaderValue;
use serde_json::Value;
use verify_core::profile::{ClientAuth, SignIn};
use zeroize::Zeroizing;

use super::request::encoded;
use crate::clock;
use crate::secret::{Secret, wiped};

/// A token this close to its end is renewed rather than used; a quarter of a short token's life, so that
/// it is used at all.
const MARGIN: Duration = Duration::from_mins(1);

/// Lifetime of a token whose answer names none (RFC 6749 section 5.1 only recommends it).
const LIFETIME_UNTOLD: u64 = 600;

/// An access token and its end.
#[derive(Debug)]
pub(super) struct Token {
    authorization: HeaderValue,
    expires: Timestamp,
    margin: Duration,
}

impl Token {
    /// Reads a successful answer of the token endpoint (RFC 6749 section 5.1), received at `now`.
    pub(super) fn from_answer(body: &[u8], now: Timestamp) -> Result<Self, &'static str> {
        let answer = wiped::Json::read(body).ok_or("it is no JSON")?;
        let token = answer.get("access_token").and_then(Value::as_str).ok_or("access_token is missing")?;
        let authorization = wiped::bearer(token).ok_or("access_token holds characters that no token has")?;
        let kind = answer.get("token_type").and_then(Value::as_str).ok_or("token_type is missing")?;
        if !kind.eq_ignore_ascii_case("bearer") {
            return Err("token_type is not bearer");
        }
        let lifetime = match answer.get("expires_in") {
            None => LIFETIME_UNTOLD,
            Some(seconds) => seconds.as_u64().ok_or("expires_in is no number of seconds")?,
        };
        let lifetime = Duration::from_secs(lifetime);
        let expires = clock::plus(now, lifetime);
        Ok(Self { authorization, expires, margin: MARGIN.min(lifetime / 4) })
    }

    /// Whether it is good for `window` from `now` on, and for its margin at least.
    pub(super) fn lasts(&self, now: Timestamp, window: Duration) -> bool {
        clock::plus(now, window.max(self.margin)) < self.expires
    }

    /// The token itself, to be searched for where it must not be.
    pub(super) fn text(&self) -> Option<&str> {
        self.authorization.to_str().ok()?.strip_prefix("Bearer ")
    }

    pub(super) fn authorization(&self) -> HeaderValue {
        self.authorization.clone()
    }
}

/// The form body of the token request and, for basic authentication, its header (RFC 6749 sections
/// 2.3.1 and 4.4.2).
pub(super) fn request(
    sign_in: &SignIn,
    id: &str,
    secret: &Secret,
) -> (Zeroizing<String>, Option<HeaderValue>) {
    let secret = Zeroizing::new(encoded(secret.expose()));
    let id = encoded(id);
    // Room for all of it from the start: a growing text leaves copies behind.
    let scope = sign_in.scope.as_deref().map(encoded).unwrap_or_default();
    let mut form = Zeroizing::new(String::with_capacity(128 + scope.len() + id.len() + secret.len()));
    form.push_str("grant_type=client_credentials");
    if sign_in.scope.is_some() {
        form.push_str("&scope=");
        form.push_str(&scope);
    }
    match sign_in.client_auth {
        ClientAuth::Body => {
            form.push_str("&client_id=");
            form.push_str(&id);
            form.push_str("&client_secret=");
            form.push_str(&secret);
            (form, None)
        }
        ClientAuth::Basic => {
            let mut pair = Zeroizing::new(String::with_capacity(id.len() + 1 + secret.len()));
            for part in [id.as_str(), ":", &secret] {
                pair.push_str(part);
            }
            let mut text = Zeroizing::new(String::with_capacity(10 + pair.len().div_ceil(3) * 4));
            text.push_str("Basic ");
            STANDARD.encode_string(pair.as_bytes(), &mut text);
            (form, wiped::header(text))
        }
    }
}

/// Genesys Cloud limits its token endpoint with a 400 that only its text tells from a refusal.
pub(super) fn is_rate_limited(status: u16, body: &[u8]) -> bool {
    let start = body.get(..body.len().min(4_096)).unwrap_or_default();
    status == 400 && String::from_utf8_lossy(start).to_ascii_lowercase().contains("rate limit exceeded")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign_in(client_auth: ClientAuth) -> SignIn {
        SignIn {
            url: "https://login.example.com/oauth/token".to_owned(),
            client_auth,
            scope: Some("a:read b:read".to_owned()),
        }
    }

    #[test]
    fn the_token_request_is_that_of_rfc_6749() {
        let secret = Secret::new("7Fjfp0ZBr1KtDRbnfVdmIw".to_owned());
        // The example of RFC 6749 section 2.3.1, client s6BhdRkqt3.
        let (form, header) = request(&sign_in(ClientAuth::Basic), "s6BhdRkqt3", &secret);
        assert_eq!(*form, "grant_type=client_credentials&scope=a%3Aread%20b%3Aread");
        let header = header.unwrap();
        assert_eq!(header.to_str().unwrap(), "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3");
        assert!(header.is_sensitive());
        let (form, header) = request(&sign_in(ClientAuth::Body), "id", &Secret::new("a&b=c".to_owned()));
        assert!(form.ends_with("&client_id=id&client_secret=a%26b%3Dc"), "{}", *form);
        assert!(header.is_none());
    }

    #[test]
    fn a_token_ends_when_it_says() {
        let now = Timestamp::UNIX_EPOCH;
        let token =
            Token::from_answer(br#"{"access_token":"abc","expires_in":300,"token_type":"Bearer"}"#, now)
                .unwrap();
        assert!(token.lasts(now, Duration::from_secs(299)));
        assert!(!token.lasts(now, Duration::from_mins(5)));
        assert!(!format!("{token:?}").contains("abc"));
    }

    #[test]
    fn answers_that_are_no_token_are_refused() {
        for body in [
            "",
            "{}",
            r#"{"access_token":"","token_type":"bearer"}"#,
            r#"{"access_token":"a\r\nx: y","token_type":"bearer"}"#,
            r#"{"access_token":"a","token_type":"mac"}"#,
            r#"{"access_token":"a"}"#,
            r#"{"access_token":"a","token_type":"bearer","expires_in":"soon"}"#,
            r#"{"access_token":"a","access_token":"b","token_type":"bearer"}"#,
        ] {
            assert!(Token::from_answer(body.as_bytes(), Timestamp::UNIX_EPOCH).is_err(), "{body}");
        }
    }

    #[test]
    fn the_token_endpoints_400_is_told_from_a_refusal() {
        assert!(is_rate_limited(400, br#"{"description":"Rate limit exceeded"}"#));
        assert!(!is_rate_limited(400, br#"{"error":"invalid_client"}"#));
        assert!(!is_rate_limited(401, b"rate limit exceeded"));
    }
}
