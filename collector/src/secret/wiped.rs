//! What carries a secret in and out of HTTP: bodies, headers and JSON documents that are wiped when the last
//! holder lets go.
//!
//! The HTTP library shares the bytes of bodies and headers instead of copying them; what it writes to the
//! connection it copies into a buffer of its own, and a JSON parser may need one for a string with escapes.
//! Those are not ours to wipe.

use axum::body::Bytes;
use reqwest::Body;
use reqwest::header::HeaderValue;
use serde_json::Value;
use verify_core::canon;
use verify_core::limits::Limits;
use zeroize::{Zeroize, Zeroizing};

/// `text` as the body of a request.
pub(crate) fn body<T: AsRef<[u8]> + Zeroize + Send + 'static>(text: Zeroizing<T>) -> Body {
    Body::from(Bytes::from_owner(text))
}

/// `text` as the value of a header that no `Debug` shows; nothing if a character cannot stand in one.
pub(crate) fn header(text: Zeroizing<String>) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(text)).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The header with which a bearer token is presented (RFC 6750 section 2.1); nothing if `token` is none.
pub(crate) fn bearer(token: &str) -> Option<HeaderValue> {
    // b64token: anything else could break out of the header.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~' | '+' | '/' | '=');
    if token.is_empty() || !token.chars().all(plain) {
        return None;
    }
    let mut text = Zeroizing::new(String::with_capacity(token.len() + 7));
    text.push_str("Bearer ");
    text.push_str(token);
    header(text)
}

/// A JSON document whose strings are wiped when it is dropped.
pub(crate) struct Json(Value);

impl Json {
    /// Reads `bytes`; nothing if they are no JSON, or beyond the limits of documents.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        canon::read(bytes, &Limits::default()).ok().map(Self)
    }

    /// The member `key` of an object.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Whether it is an object.
    pub(crate) fn is_object(&self) -> bool {
        self.0.is_object()
    }

    /// What a JSON pointer (RFC 6901) leads to.
    pub(crate) fn pointer(&self, pointer: &str) -> Option<&Value> {
        self.0.pointer(pointer)
    }

    /// Takes the string `key` out of an object.
    pub(crate) fn take(&mut self, key: &str) -> Option<Zeroizing<String>> {
        match self.0.get_mut(key) {
            Some(Value::String(text)) => Some(Zeroizing::new(std::mem::take(text))),
            _ => None,
        }
    }
}

impl Drop for Json {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// Keys of objects stay: a map hands out none of them to be changed.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_shown_to_nobody_and_cannot_be_broken_out_of() {
        let value = bearer("abc.DEF-1~+/=").unwrap();
        assert!(value.is_sensitive() && !format!("{value:?}").contains("abc"));
        assert_eq!(value.as_bytes(), b"Bearer abc.DEF-1~+/=");
        for token in ["", "a b", "a\r\nx: y", "é", "a,b"] {
            assert!(bearer(token).is_none(), "{token:?}");
        }
        assert!(header(Zeroizing::new("a\nb".to_owned())).is_none());
    }

    #[test]
    fn a_body_is_the_very_memory_that_is_wiped() {
        let text = Zeroizing::new("client_secret=hunter2".to_owned());
        let place = text.as_ptr();
        let body = body(text);
        let held = body.as_bytes().unwrap();
        assert_eq!((held.as_ptr(), held), (place, b"client_secret=hunter2".as_slice()), "not copied");
    }

    #[test]
    fn every_string_of_a_document_is_wiped() {
        let mut value = serde_json::json!({"a": "hunter2", "b": ["hunter2", {"c": "hunter2"}], "d": 7});
        wipe(&mut value);
        assert_eq!(value, serde_json::json!({"a": "", "b": ["", {"c": ""}], "d": 7}));
    }
}
