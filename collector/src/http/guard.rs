//! Answers that repeat a credential: a gateway that echoes requests, a debug header, an error page.
//!
//! Bodies and some headers of answers become evidence, so what repeats the client's secret or its token as it is
//! does not get in: a header is left out, a body counts as no answer. A platform that wants to hide a credential
//! in its answers can; it knows them already. This is against accidents.

use super::exchange::{Broken, Received};
use super::token::Token;
use super::{ClientSecret, ClientSettings};

/// The credentials that must not come back.
pub(super) struct Guard<'a> {
    secret: Option<&'a str>,
    token: Option<&'a str>,
}

impl<'a> Guard<'a> {
    pub(super) fn of(settings: &'a ClientSettings, token: Option<&'a Token>) -> Self {
        let secret = match &settings.client_secret {
            ClientSecret::AtHand(secret) => Some(secret.expose()),
            ClientSecret::Unreachable(_) => None,
        };
        Self { secret, token: token.and_then(Token::text) }
    }

    /// Whether `text` repeats a credential.
    pub(super) fn finds_in(&self, text: &str) -> bool {
        [self.secret, self.token].into_iter().flatten().any(|credential| text.contains(credential))
    }

    /// Takes the body of `received` away if it repeats a credential. The answer that brings a token is `expected` to.
    pub(super) fn check(&self, received: &mut Received, expected: bool) {
        let success = received.head.as_ref().is_some_and(|(status, _)| (200..=299).contains(status));
        if expected && success {
            return;
        }
        // What is no text is refused later on.
        let text = received.body.as_ref().ok().and_then(|body| std::str::from_utf8(body).ok());
        if text.is_some_and(|text| self.finds_in(text)) {
            received.body = Err(Broken::Credential);
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;

    const GUARD: Guard<'static> = Guard { secret: Some("hunter2"), token: Some("t0ken") };

    fn checked(status: u16, body: &[u8], expected: bool) -> bool {
        let mut received =
            Received { head: Some((status, HeaderMap::new())), body: Ok(body.to_vec()), bytes: 0 };
        GUARD.check(&mut received, expected);
        received.body == Ok(body.to_vec())
    }

    #[test]
    fn a_body_that_repeats_a_credential_is_no_answer() {
        assert!(
            checked(200, b"{\"name\":\"t0k3n\"}", false)
                && checked(403, b"", false)
                && checked(200, b"\xff", false)
        );
        assert!(!checked(200, b"{\"echo\":\"Bearer t0ken\"}", false));
        assert!(!checked(403, b"{\"code\":\"hunter2\"}", false));
        assert!(checked(200, b"{\"access_token\":\"t0ken\"}", true), "that is where it comes from");
        assert!(!checked(401, b"{\"error\":\"hunter2\"}", true));
    }
}
