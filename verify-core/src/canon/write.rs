//! Writing canonical bytes. What is written has passed [`check`](super::check) before it is handed out.

use serde::Serialize;
use serde_json::Value;

use super::text::{push_string, utf16_order};
use super::{CanonClass, CanonError, MAX_DEPTH, check};
use crate::digest::Digest;
use crate::limits::Limits;

/// The RFC 8785 text of `value`.
///
/// An integer outside the exact range is refused, where the canonicalizer alone would round it.
pub fn to_vec(value: &Value) -> Result<Vec<u8>, CanonError> {
    let bytes = serde_json_canonicalizer::to_vec(value).map_err(|error| refused(&error))?;
    // The memory is already spent, so only what the parser can read back bounds this check.
    let limits = Limits {
        json_depth: MAX_DEPTH,
        member_bytes: u64::MAX,
        json_values: usize::MAX,
        ..Limits::default()
    };
    check(&bytes, &limits)?;
    Ok(bytes)
}

/// The RFC 8785 text of anything that serializes to JSON.
///
/// Refuses what [`to_vec`] refuses, and two fields that end up under one key. A NaN or infinity inside
/// a container becomes `null`, as everywhere in `serde_json`: types of the format have no such fields.
pub fn to_vec_of<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CanonError> {
    // The canonicalizer sees doubled keys, of which a tree keeps no trace; the tree refuses
    // 128-bit integers, which the canonicalizer would round to a double with an exponent.
    let direct = serde_json_canonicalizer::to_vec(&value).map_err(|error| refused(&error))?;
    let tree = serde_json::to_value(value)
        .map_err(|error| CanonError::new(CanonClass::Number, 0, format!("not exact in JSON: {error}")))?;
    let bytes = to_vec(&tree)?;
    if bytes != direct {
        return Err(CanonError::new(CanonClass::NotCanonical, 0, "two serializations of one value differ"));
    }
    Ok(bytes)
}

fn refused(error: &serde_json::Error) -> CanonError {
    let class = match error.io_error_kind() {
        Some(std::io::ErrorKind::InvalidInput) => CanonClass::Number,
        Some(std::io::ErrorKind::InvalidData) => CanonClass::DuplicateKey,
        _ => CanonClass::Syntax,
    };
    CanonError::new(class, 0, format!("cannot be written as canonical JSON: {error}"))
}

/// SHA-256 of the canonical object `{name: 64 hex digits}` (F-14).
///
/// The order of `entries` does not matter. A name given twice is written twice, so that the result
/// equals that of no map with distinct names.
pub fn digest_map<'a, I>(entries: I) -> Digest
where
    I: IntoIterator<Item = (&'a str, Digest)>,
{
    let mut entries: Vec<_> = entries.into_iter().collect();
    entries.sort_by(|(left, left_digest), (right, right_digest)| {
        utf16_order(left, right).then_with(|| left_digest.cmp(right_digest))
    });
    let mut bytes = vec![b'{'];
    for (index, (name, digest)) in entries.iter().enumerate() {
        if index > 0 {
            bytes.push(b',');
        }
        push_string(&mut bytes, name);
        bytes.extend_from_slice(format!(":\"{digest}\"").as_bytes());
    }
    bytes.push(b'}');
    Digest::of(&bytes)
}
