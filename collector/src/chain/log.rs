//! The chain as a log: the root of every size, and the keys that sign it (F-120, F-125, F-128).
//!
//! Key changes are taken from the chain alone. One that does not hand over from the key in force is
//! refused, as everything is that does not continue the chain.

use verify_core::checkpoint::{KeyKind, VerifierKey, tree};
use verify_core::digest::Digest;
use verify_core::model::{KeyChange, Manifest, Sequence};

use super::error::{ChainError, expect};

/// The time of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPeriod {
    /// Record from which it is in force.
    pub from: Sequence,
    /// The key.
    pub key: VerifierKey,
    /// The key before, which signs the note of the change too; `None` if there was none or it is lost.
    pub handed_over_by: Option<VerifierKey>,
    /// Whether the key before could not sign any more.
    pub emergency: bool,
}

/// Roots and keys of a chain.
#[derive(Debug, Clone)]
pub struct Log {
    frontier: tree::Frontier,
    /// At index *n*, the root of size *n* + 1.
    roots: Vec<Digest>,
    periods: Vec<KeyPeriod>,
}

impl Log {
    pub(super) fn start(genesis: &Manifest, bytes: &[u8], key: Option<&str>) -> Result<Self, ChainError> {
        let mut log = Self { frontier: tree::Frontier::default(), roots: Vec::new(), periods: Vec::new() };
        log.push(bytes);
        if let Some(text) = key {
            let key = key_of(genesis, text)?;
            let from = genesis.sequence;
            log.periods.push(KeyPeriod { from, key, handed_over_by: None, emergency: false });
        }
        Ok(log)
    }

    pub(super) fn push(&mut self, manifest: &[u8]) {
        self.frontier.push(tree::leaf(manifest));
        self.roots.extend(self.frontier.root());
    }

    pub(super) fn change_key(&mut self, manifest: &Manifest, change: &KeyChange) -> Result<(), ChainError> {
        let shown = |key: Option<&str>| key.unwrap_or("null").to_owned();
        let in_force = self.key().map(ToString::to_string);
        expect(manifest, "old_key", shown(in_force.as_deref()), shown(change.old_key.as_deref()))?;
        expect(manifest, "first_sequence", manifest.sequence, change.first_sequence)?;
        self.periods.push(KeyPeriod {
            from: manifest.sequence,
            key: key_of(manifest, &change.new_key)?,
            handed_over_by: self.key().filter(|_| !change.emergency).cloned(),
            emergency: change.emergency,
        });
        Ok(())
    }

    /// The root over the first `size` records; `None` if there are not as many.
    #[must_use]
    pub fn root(&self, size: u64) -> Option<Digest> {
        self.roots.get(usize::try_from(size.checked_sub(1)?).ok()?).copied()
    }

    /// The key in force now; `None` while the chain is not signed.
    #[must_use]
    pub fn key(&self) -> Option<&VerifierKey> {
        self.periods.last().map(|period| &period.key)
    }

    /// All keys in their order.
    #[must_use]
    pub fn periods(&self) -> &[KeyPeriod] {
        &self.periods
    }

    /// The keys that sign the note over records 0 to `sequence`, the outgoing one first; none while
    /// the chain is not signed.
    #[must_use]
    pub fn signers(&self, sequence: Sequence) -> Vec<&VerifierKey> {
        let Some(period) = self.periods.iter().rev().find(|period| period.from <= sequence) else {
            return Vec::new();
        };
        let outgoing = period.handed_over_by.iter().filter(|_| period.from == sequence);
        outgoing.chain([&period.key]).collect()
    }
}

/// A key of this log: an Ed25519 key of the log's type under the name of the chain.
fn key_of(manifest: &Manifest, text: &str) -> Result<VerifierKey, ChainError> {
    let refused = |source| ChainError::Key {
        sequence: manifest.sequence,
        found: text.chars().take(200).collect(),
        source,
    };
    let key: VerifierKey = text.parse().map_err(|error| refused(Some(error)))?;
    if key.kind() == KeyKind::Log && key.name() == manifest.origin.as_str() {
        Ok(key)
    } else {
        Err(refused(None))
    }
}
