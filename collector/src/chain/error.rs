//! Why a chain cannot be continued, and the comparison that finds it out.

use verify_core::canon::CanonError;
use verify_core::checkpoint::KeyError;
use verify_core::model::{Manifest, Sequence};

use super::PackageError;
use crate::store::StoreError;

/// Why the chain cannot be continued.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The store failed.
    #[error("the chain cannot be read")]
    Store(#[from] StoreError),
    /// A manifest is not what the format says.
    #[error("manifest {sequence} is not understood")]
    Manifest {
        /// Record.
        sequence: Sequence,
        /// Why.
        #[source]
        source: CanonError,
    },
    /// A manifest has fields of another shape.
    #[error("manifest {sequence} is not understood")]
    Fields {
        /// Record.
        sequence: Sequence,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A record does not continue the one before.
    #[error("record {sequence} does not continue the chain: expected {field} {expected}, found {found}")]
    Broken {
        /// Record.
        sequence: Sequence,
        /// Field of the manifest.
        field: &'static str,
        /// What would continue the chain.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A key of the log is written in no known form, or is another chain's.
    #[error("record {sequence} names a key that cannot be the log's: {found}")]
    Key {
        /// Record.
        sequence: Sequence,
        /// The key, shortened.
        found: String,
        /// Why, if it cannot be read at all.
        #[source]
        source: Option<KeyError>,
    },
    /// A package in the chain cannot be used.
    #[error("package of record {sequence} cannot be used")]
    Package {
        /// Record.
        sequence: Sequence,
        /// Why.
        #[source]
        source: PackageError,
    },
}

pub(super) fn expect<T: std::fmt::Display, U: std::fmt::Display>(
    manifest: &Manifest,
    field: &'static str,
    expected: T,
    found: U,
) -> Result<(), ChainError> {
    let (expected, found) = (expected.to_string(), found.to_string());
    if expected == found { Ok(()) } else { Err(broken(manifest, field, &expected, &found)) }
}

pub(super) fn broken(manifest: &Manifest, field: &'static str, expected: &str, found: &str) -> ChainError {
    ChainError::Broken {
        sequence: manifest.sequence,
        field,
        expected: expected.to_owned(),
        found: found.chars().take(200).collect(),
    }
}
