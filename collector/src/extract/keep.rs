//! Bodies that are kept, and in which form (F-47, F-53).

use serde_json::{Map, Value};
use verify_core::canon;
use verify_core::digest::Digest;
use verify_core::model::ResourceName;
use verify_core::normalize::Normalizer;

use super::RawBody;
use super::shortfall::Shortfall;
use crate::http::{ExchangeId, Transcript};

/// Bodies of one resource that are kept at most: their names have four digits.
const MOST_BODIES: usize = 9_999;

/// The bodies kept of one reading. They get their names at its end, because a list that is read again
/// gives up what it kept.
#[derive(Debug, Default)]
pub(super) struct Kept(Vec<(Vec<u8>, ExchangeId)>);

impl Kept {
    /// Keeps a body that was understood: as received, redactions aside.
    pub(super) fn page(
        &mut self,
        normalizer: &Normalizer<'_>,
        body: &Value,
        received: &[u8],
        exchange: ExchangeId,
    ) -> Result<(), Shortfall> {
        let redacted = normalizer.redact_body(body.clone())?;
        let bytes = if redacted.redacted.is_empty() { received.to_vec() } else { canonical(&redacted.body)? };
        self.push(bytes, exchange)
    }

    /// Keeps a body that breaks its schemas.
    ///
    /// Where nobody can say what of it should be redacted, only its shape is kept: every value gives
    /// way to the name of its type.
    pub(super) fn breaking(
        &mut self,
        normalizer: &Normalizer<'_>,
        body: &Value,
        received: &[u8],
        exchange: ExchangeId,
    ) -> Result<(), Shortfall> {
        let bytes = match normalizer.redact_body(body.clone()) {
            Ok(redacted) if redacted.redacted.is_empty() => received.to_vec(),
            Ok(redacted) => canonical(&redacted.body)?,
            Err(_) => canonical(&shape(body))?,
        };
        self.push(bytes, exchange)
    }

    fn push(&mut self, bytes: Vec<u8>, exchange: ExchangeId) -> Result<(), Shortfall> {
        self.0.push((bytes, exchange));
        self.refuse_too_many()
    }

    /// Takes over what another list kept.
    pub(super) fn append(&mut self, mut other: Self) -> Result<(), Shortfall> {
        self.0.append(&mut other.0);
        self.refuse_too_many()
    }

    fn refuse_too_many(&mut self) -> Result<(), Shortfall> {
        if self.0.len() <= MOST_BODIES {
            return Ok(());
        }
        self.0.truncate(MOST_BODIES);
        Err(Shortfall::TooMuch { what: "bodies to keep", most: MOST_BODIES as u64 })
    }

    /// Names the bodies in the order read, and notes in the transcript where each one is kept.
    pub(super) fn finish(self, resource: &ResourceName, transcript: &mut Transcript) -> Vec<RawBody> {
        let mut bodies = Vec::with_capacity(self.0.len());
        for (bytes, exchange) in self.0 {
            let member = format!("raw/{resource}/{:04}.json", bodies.len() + 1);
            let kept_sha256 = Digest::of(&bytes);
            transcript.note_kept(exchange, &member, kept_sha256);
            bodies.push(RawBody { member, bytes, kept_sha256 });
        }
        bodies
    }
}

fn canonical(body: &Value) -> Result<Vec<u8>, Shortfall> {
    canon::to_vec(body).map_err(|error| Shortfall::NotJson { problem: error.to_string() })
}

/// The same document with the name of its type in place of every value.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => Value::from("boolean"),
        Value::Number(_) => Value::from("number"),
        Value::String(_) => Value::from("string"),
        Value::Array(items) => Value::Array(items.iter().map(shape).collect()),
        Value::Object(members) => Value::Object(
            members.iter().map(|(name, value)| (name.clone(), shape(value))).collect::<Map<_, _>>(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_shape_holds_no_value() {
        let body = json!({"a": ["x", 1, true, null], "b": {"c": "secret"}});
        assert_eq!(shape(&body), json!({"a": ["string", "number", "boolean", null], "b": {"c": "string"}}));
    }
}
