//! HTTP around the tenant: turns requests into questions and answers into responses.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use axum::serve::ListenerExt;
use http_body::Frame;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::sync::oneshot;
use verify_core::time::UtcTime;

use super::Shared;
use super::answer::{Answer, Delivery, Question};

/// A sign-in form is short; nothing else has a body.
const LARGEST_BODY: usize = 16 * 1024;

/// Serves until `stop` fires or its sender is dropped.
pub(super) async fn serve(
    listener: tokio::net::TcpListener,
    shared: Arc<Shared>,
    stop: oneshot::Receiver<()>,
) -> std::io::Result<()> {
    // Without this a page of several packets waits for the client's delayed acknowledgement.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let router = axum::Router::new().fallback(handle).with_state(shared);
    tokio::select! {
        ended = async { axum::serve(listener, router).await } => ended,
        _ = stop => Ok(()),
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        let refused = Answer::error(413, "request.too.large", "the request body is too large");
        return respond(refused, shared.now());
    };
    let authorization = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let question = Question {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: pairs(head.uri.query().unwrap_or("").as_bytes()),
        authorization: authorization.map(str::to_owned),
        form: pairs(&body),
    };
    let now = shared.now();
    let answer = shared.service().answer(&question, now);
    if let Delivery::Late(wait) = answer.delivery {
        tokio::time::sleep(wait).await;
    }
    respond(answer, now)
}

fn respond(answer: Answer, now: UtcTime) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    // The tenant lives in simulated time; hyper would put the wall clock here.
    if let Ok(timestamp) = Timestamp::from_second(now.unix())
        && let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&timestamp)
        && let Ok(date) = HeaderValue::from_str(&date)
    {
        headers.insert(DATE, date);
    }
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    if !answer.body.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    }
    *response.body_mut() = if answer.delivery == Delivery::Truncated {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(answer.body.len()));
        let half = answer.body.len() / 2;
        Body::new(BrokenBody { rest: Some(Bytes::from(answer.body).slice(..half)) })
    } else {
        Body::from(answer.body)
    };
    response
}

/// A body that gives its bytes and then fails, so that the connection closes early.
struct BrokenBody {
    rest: Option<Bytes>,
}

impl axum::body::HttpBody for BrokenBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(match self.rest.take() {
            Some(bytes) => Ok(Frame::data(bytes)),
            None => Err(std::io::ErrorKind::ConnectionAborted.into()),
        }))
    }
}

/// Decodes `application/x-www-form-urlencoded` (WHATWG URL section 5.1).
fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    let parts = encoded.split(|byte| *byte == b'&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let mut halves = part.splitn(2, |byte| *byte == b'=');
            (decoded(halves.next().unwrap_or_default()), decoded(halves.next().unwrap_or_default()))
        })
        .collect()
}

fn decoded(encoded: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, beyond @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(hex_value(*high) << 4 | hex_value(*low));
                rest = beyond;
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

const fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'A' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded() {
        let read = pairs(b"grant_type=client_credentials&scope=a+b%3Aread&empty=&bare&odd=%zz");
        let expected = [
            ("grant_type", "client_credentials"),
            ("scope", "a b:read"),
            ("empty", ""),
            ("bare", ""),
            ("odd", "%zz"),
        ];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
