//! Which key is good for which record: as the reader was told, and as the chain says itself.

use crate::checkpoint::VerifierKey;

/// A log's key given from outside of the evidence, with the records it is good for.
///
/// A checkpoint of size *n* is about record *n* - 1: the key is good for it if that record lies in the range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// The key.
    pub key: VerifierKey,
    /// First record it is good for.
    pub from: u64,
    /// Last record it is good for; `None` leaves the range open.
    pub to: Option<u64>,
}

impl TrustedKey {
    /// Whether the key is good for a record.
    #[must_use]
    pub fn covers(&self, sequence: u64) -> bool {
        self.from <= sequence && self.to.is_none_or(|to| sequence <= to)
    }
}
