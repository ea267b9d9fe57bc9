//! The canonical form against answers from outside, hostile texts, and an independent oracle.

mod hostile;
mod properties;
mod vectors;

use super::*;

/// What the fast pass must equal: parse, write canonically, compare.
fn is_canonical_the_slow_way(bytes: &[u8]) -> bool {
    read(bytes, &Limits::default()).and_then(|value| to_vec(&value)).is_ok_and(|canonical| canonical == bytes)
}

fn class_of<T: std::fmt::Debug>(result: Result<T, CanonError>) -> Option<CanonClass> {
    result.err().map(|error| error.class)
}
