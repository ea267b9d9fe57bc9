//! The key of one entity (F-41), and its natural key (F-84).

use serde_json::Value;

use crate::canon;
use crate::profile::Resource;

/// Why an entity has no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("key {pointer}: expected a string that is not empty or an integer, found {found}")]
pub struct KeyError {
    /// The profile's key pointer.
    pub pointer: String,
    /// What stands there: a JSON type, never the value.
    pub found: &'static str,
}

/// The key of a normalized entity: the values at the profile's `key` pointers, `~` written `~0` and
/// `/` written `~1`, joined by `/`; without pointers the resource's name (F-41).
pub fn entity_key(resource: &Resource, entity: &Value) -> Result<String, KeyError> {
    if resource.key.is_empty() {
        return Ok(resource.id.to_string());
    }
    let mut key = String::new();
    for (index, pointer) in resource.key.iter().enumerate() {
        if index > 0 {
            key.push('/');
        }
        let value = entity.pointer(pointer);
        let part = match value {
            Some(Value::String(text)) if !text.is_empty() => Some(canon::pointer::escape(text).into_owned()),
            Some(number @ Value::Number(_)) => integer(number),
            _ => None,
        };
        match part {
            Some(part) => key.push_str(&part),
            None => {
                return Err(KeyError { pointer: pointer.clone(), found: value.map_or("nothing", kind_of) });
            }
        }
    }
    Ok(key)
}

/// An integer in decimal, as the canonical form writes it: `5.0` and `5` are one key.
fn integer(number: &Value) -> Option<String> {
    let text = String::from_utf8(canon::to_vec(number).ok()?).ok()?;
    text.strip_prefix('-').unwrap_or(&text).bytes().all(|byte| byte.is_ascii_digit()).then_some(text)
}

/// Canonical bytes of the natural key, `None` if the profile has none or a part is absent or null.
pub(crate) fn natural_key(resource: &Resource, entity: &Value) -> Option<Vec<Vec<u8>>> {
    if resource.natural_key.is_empty() {
        return None;
    }
    let part = |pointer: &String| {
        let value = entity.pointer(pointer).filter(|value| !value.is_null())?;
        canon::to_vec(value).ok()
    };
    resource.natural_key.iter().map(part).collect()
}

/// The JSON type of a value, for messages that must not show the value.
pub(crate) const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(text) if text.is_empty() => "an empty string",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
