//! One recorded attempt, and what becomes of it: an answer, or a fault.

use reqwest::Url;
use verify_core::digest::Digest;
use zeroize::Zeroizing;

use super::exchange::Received;
use super::{Broken, ExchangeId, ReadFault, Refusal};

/// A successful answer.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status, 200 to 299.
    pub status: u16,
    /// The whole body; may be empty.
    pub body: Vec<u8>,
    /// Digest of the body.
    pub received_sha256: Digest,
    /// Its line in the transcript.
    pub exchange: ExchangeId,
}

/// One recorded attempt.
pub(super) struct Attempt {
    pub(super) id: ExchangeId,
    pub(super) received: Received,
}

impl Attempt {
    pub(super) fn status(&self) -> Option<u16> {
        self.received.head.as_ref().map(|(status, _)| *status)
    }

    pub(super) fn into_answer(self) -> Answer {
        let status = self.status().unwrap_or_default();
        let body = self.received.body.unwrap_or_default();
        Answer { status, received_sha256: Digest::of(&body), body, exchange: self.id }
    }

    pub(super) fn fault(self, attempts: u32) -> ReadFault {
        match (self.received.head, self.received.body) {
            (Some((status, _)), body) if !(200..=299).contains(&status) => {
                // A refusal of a sign-in may repeat what was presented.
                let body = Zeroizing::new(body.unwrap_or_default());
                ReadFault::Refused { refusal: Refusal::new(status, &body), attempts }
            }
            (_, Err(broken)) => ReadFault::Broken { broken, attempts },
            (_, Ok(_)) => ReadFault::Broken { broken: Broken::Connection, attempts },
        }
    }
}

/// Path and query, as the transcript writes them.
pub(super) fn target(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}
