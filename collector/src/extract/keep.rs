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

/// The bodies kept of one round.
#[derive(Debug, Default)]
pub(super) struct Kept {
    bodies: Vec<RawBody>,
    exchanges: Vec<ExchangeId>,
}

impl Kept {
    /// Keeps a body that was understood: as received, redactions aside.
    pub(super) fn page(
        &mut self,
        resource: &ResourceName,
        normalizer: &Normalizer<'_>,
        body: &Value,
        received: &[u8],
        exchange: ExchangeId,
    ) -> Result<(), Shortfall> {
        let redacted = normalizer.redact_body(body.clone())?;
        let bytes = if redacted.redacted.is_empty() { received.to_vec() } else { canonical(&redacted.body)? };
        self.push(resource, bytes, exchange)
    }

    /// Keeps a body that breaks its schemas, and gives its member path.
    ///
    /// Where nobody can say what of it should be redacted, only its shape is kept: every value gives
    /// way to the name of its type.
    pub(super) fn breaking(
        &mut self,
        resource: &ResourceName,
        normalizer: &Normalizer<'_>,
        body: &Value,
        received: &[u8],
        exchange: ExchangeId,
    ) -> Result<String, Shortfall> {
        let bytes = match normalizer.redact_body(body.clone()) {
            Ok(redacted) if redacted.redacted.is_empty() => received.to_vec(),
            Ok(redacted) => canonical(&redacted.body)?,
            Err(_) => canonical(&shape(body))?,
        };
        self.push(resource, bytes, exchange)?;
        Ok(self.bodies.last().map(|body| body.member.clone()).unwrap_or_default())
    }

    fn push(
        &mut self,
        resource: &ResourceName,
        bytes: Vec<u8>,
        exchange: ExchangeId,
    ) -> Result<(), Shortfall> {
        if self.bodies.len() >= MOST_BODIES {
            return Err(Shortfall::TooMuch { what: "bodies to keep", most: MOST_BODIES as u64 });
        }
        let member = format!("raw/{resource}/{:04}.json", self.bodies.len() + 1);
        self.bodies.push(RawBody { member, kept_sha256: Digest::of(&bytes), bytes });
        self.exchanges.push(exchange);
        Ok(())
    }

    /// Hands the bodies over and notes in the transcript where each one is kept. Called for the last
    /// round only, so that no line names a body of a round that was given up.
    pub(super) fn finish(self, transcript: &mut Transcript) -> Vec<RawBody> {
        for (body, exchange) in self.bodies.iter().zip(&self.exchanges) {
            transcript.note_kept(*exchange, &body.member, body.kept_sha256);
        }
        self.bodies
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
