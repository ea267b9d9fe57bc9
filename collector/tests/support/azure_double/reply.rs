//! What the double answers.

use serde_json::Value;

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn error(status: u16, code: &str) -> Self {
        let body =
            format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>CANARY</Message></Error>");
        Self { status, headers: vec![("x-ms-error-code", code.to_owned())], body: body.into_bytes() }
    }

    pub(crate) fn plain(status: u16, body: String) -> Self {
        Self { status, headers: Vec::new(), body: body.into_bytes() }
    }

    pub(crate) fn json(value: &Value) -> Self {
        Self::plain(200, value.to_string())
    }
}
