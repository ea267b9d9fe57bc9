//! What the tenant is asked and what it answers, apart from any HTTP library.

use std::time::Duration;

use serde_json::{Value, json};

/// One request.
#[derive(Debug, Clone, Default)]
pub(super) struct Question {
    pub(super) method: String,
    pub(super) path: String,
    /// Decoded query parameters, in order.
    pub(super) query: Vec<(String, String)>,
    /// The `Authorization` header.
    pub(super) authorization: Option<String>,
    /// Decoded form fields of the body.
    pub(super) form: Vec<(String, String)>,
}

impl Question {
    /// The first query parameter of this name.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// The first form field of this name.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        first(&self.form, name)
    }
}

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// How the bytes of a body reach the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Whole,
    /// `Content-Length` names the whole body; half of it is sent, then the connection closes.
    Truncated,
    /// The answer starts after this long.
    Late(Duration),
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) delivery: Delivery,
}

impl Answer {
    /// A JSON answer.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content_type: "application/json",
            body: body.to_string().into_bytes(),
            delivery: Delivery::Whole,
        }
    }

    /// An answer without a body.
    pub(super) fn empty(status: u16) -> Self {
        let mut answer = Self::json(status, &Value::Null);
        answer.body.clear();
        answer
    }

    /// An error in the platform's shape.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({
            "message": message,
            "code": code,
            "status": status,
            "messageParams": {},
            "details": [],
            "errors": [],
        });
        Self::json(status, &body)
    }

    /// The same answer with one more header.
    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
