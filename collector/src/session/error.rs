//! Why a run cannot make a record.

use verify_core::canon::CanonError;
use verify_core::package::PackError;

use crate::chain::ChainError;
use crate::notes::NotesError;
use crate::rules::InForceError;
use crate::seal::SealError;
use crate::store::StoreError;

/// Why a record could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The chain cannot be read.
    #[error("the chain cannot be continued")]
    Chain(#[source] Box<ChainError>),
    /// The record cannot be sealed.
    #[error("the record cannot be sealed")]
    Seal(#[source] Box<SealError>),
    /// The rules in force cannot be had.
    #[error("the rules in force cannot be had")]
    InForce(#[source] Box<InForceError>),
    /// The signed notes stop the run.
    #[error("the chain's checkpoints stop this run")]
    Notes(#[source] Box<NotesError>),
    /// A new chain is to be signed by a key that is not at hand.
    #[error("a signed chain cannot be begun without its key: {0}")]
    KeyUnreachable(String),
    /// A document cannot be written.
    #[error("a document cannot be written as canonical JSON")]
    Canonical(#[from] CanonError),
    /// A member cannot be packed.
    #[error("a document cannot be packed")]
    Pack(#[from] PackError),
    /// The store, or the spool before it, cannot be used.
    #[error("the store cannot be used")]
    Store(#[from] StoreError),
    /// A record was to be made and was not.
    #[error("no record was made")]
    Nothing,
    /// The chain belongs to somebody else.
    #[error("the chain in {place} has {field} {found}, the configuration says {expected}")]
    Foreign {
        /// The store.
        place: String,
        /// What differs.
        field: &'static str,
        /// In the configuration.
        expected: String,
        /// In the chain.
        found: String,
    },
}

impl From<ChainError> for SessionError {
    fn from(error: ChainError) -> Self {
        Self::Chain(Box::new(error))
    }
}

impl From<NotesError> for SessionError {
    fn from(error: NotesError) -> Self {
        match error {
            NotesError::Chain(error) => error.into(),
            other => Self::Notes(Box::new(other)),
        }
    }
}

impl From<InForceError> for SessionError {
    fn from(error: InForceError) -> Self {
        Self::InForce(Box::new(error))
    }
}

impl From<SealError> for SessionError {
    fn from(error: SealError) -> Self {
        Self::Seal(Box::new(error))
    }
}
