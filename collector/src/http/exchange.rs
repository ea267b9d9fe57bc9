//! One exchange on the wire: send, read the body under its limit, say plainly what went wrong.

use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use reqwest::{RequestBuilder, Response};

/// Bytes that a body has room for before it grows; answers that hold secrets are smaller.
const FIRST_ROOM: usize = 16 * 1_024;

/// What came of one attempt.
#[derive(Debug)]
pub(crate) struct Received {
    /// Status and headers, if the answer got that far.
    pub(crate) head: Option<(u16, HeaderMap)>,
    /// The whole body, or why there is none.
    pub(crate) body: Result<Vec<u8>, Broken>,
    /// Body bytes that arrived, whole or not.
    pub(crate) bytes: u64,
}

/// Why an answer cannot be used. Fixed words: an error text of the network stack may name hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// No connection.
    #[error("no connection could be made")]
    Connect,
    /// Nothing in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection ended before the answer did.
    #[error("the answer was cut short")]
    Truncated,
    /// No HTTP answer came although a connection was made.
    #[error("the connection gave no valid answer")]
    Connection,
    /// More bytes than the limit.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    /// The body repeats a secret or a token, so it must not become evidence.
    #[error("the answer repeats a credential of this program")]
    Credential,
    /// The body is compressed though nobody asked for it.
    #[error("the answer is encoded, which was not asked for")]
    Encoded,
}

impl Broken {
    /// Whether a repetition may go better.
    pub(crate) const fn is_worth_repeating(self) -> bool {
        matches!(self, Self::Connect | Self::Timeout | Self::Truncated | Self::Connection)
    }

    /// Short stable word for failure records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Connect | Self::Connection => "connection",
            Self::Timeout => "timeout",
            Self::Truncated => "truncated",
            Self::TooLarge(_) => "too_large",
            Self::Credential => "credential",
            Self::Encoded => "encoded",
        }
    }
}

/// Sends `request` and reads its answer, `body_limit` bytes at most.
pub(crate) async fn send(request: RequestBuilder, body_limit: u64) -> Received {
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return Received { head: None, body: Err(before_head(&error)), bytes: 0 },
    };
    let head = Some((response.status().as_u16(), response.headers().clone()));
    // Room for a token from the start: a growing buffer leaves copies of one behind.
    let mut collected = Vec::with_capacity(FIRST_ROOM);
    let read = read_body(response, body_limit, &mut collected).await;
    let bytes = collected.len() as u64;
    Received { head, body: read.map(|()| collected), bytes }
}

async fn read_body(mut response: Response, limit: u64, into: &mut Vec<u8>) -> Result<(), Broken> {
    if response.headers().contains_key(CONTENT_ENCODING) {
        return Err(Broken::Encoded);
    }
    // An announced length is refused before a byte of it is read; it is never used to allocate.
    if response.content_length().is_some_and(|length| length > limit) {
        return Err(Broken::TooLarge(limit));
    }
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if (into.len() as u64).saturating_add(chunk.len() as u64) > limit => {
                return Err(Broken::TooLarge(limit));
            }
            Ok(Some(chunk)) => into.extend_from_slice(&chunk),
            Ok(None) => return Ok(()),
            Err(error) if error.is_timeout() => return Err(Broken::Timeout),
            Err(_) => return Err(Broken::Truncated),
        }
    }
}

fn before_head(error: &reqwest::Error) -> Broken {
    if error.is_timeout() {
        Broken::Timeout
    } else if error.is_connect() {
        Broken::Connect
    } else {
        Broken::Connection
    }
}
