//! Why a store could not do its work, what to do about it, and whether it may pass by itself.

use std::io;

use super::{BlobFault, S3Fault};
use crate::aws::AwsError;
use crate::azure::AzureError;
use crate::spool::SpoolError;

/// Why a store could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A call on a file or folder failed.
    #[error("cannot {doing} {path}")]
    Call {
        /// What was attempted, e.g. `create`.
        doing: &'static str,
        /// The file or folder.
        path: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A name that must be free is taken.
    #[error("{path} exists already and is never overwritten")]
    Taken {
        /// The taken name.
        path: String,
    },
    /// The commits do not run from 0 without a hole.
    #[error("chain in {path} has no record {missing}, but a record {newest}")]
    Hole {
        /// Folder of the commits.
        path: String,
        /// First missing sequence.
        missing: u64,
        /// Newest sequence found.
        newest: u64,
    },
    /// Writing the package failed before the store was reached.
    #[error("the package cannot be written")]
    Package(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A call to S3 failed.
    #[error("cannot {doing} {place}")]
    S3 {
        /// What was attempted, e.g. `read`.
        doing: &'static str,
        /// The object or bucket.
        place: String,
        /// Why not.
        #[source]
        source: S3Fault,
    },
    /// A call to Azure Blob Storage failed.
    #[error("cannot {doing} {place}")]
    Azure {
        /// What was attempted, e.g. `read`.
        doing: &'static str,
        /// The blob or container.
        place: String,
        /// Why not.
        #[source]
        source: BlobFault,
    },
    /// Time ran out over a write, and then over the question how it ended.
    #[error("whether {place} was stored is not known")]
    Open {
        /// The object.
        place: String,
        /// Why the write had no answer.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An object was written and is not kept as it was asked to be.
    #[error("{place} is not kept as asked: expected {what} {expected}, found {found}")]
    NotKept {
        /// The object.
        place: String,
        /// What differs.
        what: &'static str,
        /// What was asked for.
        expected: String,
        /// What the store says.
        found: String,
    },
    /// The bucket or container cannot hold evidence.
    #[error("{place} cannot hold evidence: {lack}")]
    Unfit {
        /// The bucket or container.
        place: String,
        /// What it lacks.
        lack: String,
        /// The command that mends it.
        mend: String,
    },
    /// AWS cannot be asked at all.
    #[error("{place} cannot be asked")]
    Aws {
        /// The bucket.
        place: String,
        /// Why not.
        #[source]
        source: AwsError,
    },
    /// Azure cannot be asked at all.
    #[error("{place} cannot be asked")]
    AzureAccess {
        /// The container.
        place: String,
        /// Why not.
        #[source]
        source: AzureError,
    },
    /// A recorded place does not lie in this store.
    #[error("{path:?} is no place in this store")]
    Place {
        /// The refused place.
        path: String,
    },
    /// The spool before this store cannot be used.
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

impl StoreError {
    /// Whether the store was not to be reached, and later may be, without anybody changing store or configuration.
    /// What a store refuses is no such fault: waiting does not make it right.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::S3 { source, .. } => source.is_passing(),
            Self::Azure { source, .. } => source.is_passing(),
            // The same bytes under the same name find out later what became of them.
            Self::Open { .. } => true,
            Self::Aws { source, .. } => matches!(source, AwsError::Late | AwsError::Stopped),
            Self::AzureAccess { source, .. } => matches!(source, AzureError::Late | AzureError::Stopped),
            Self::Call { .. }
            | Self::Taken { .. }
            | Self::Hole { .. }
            | Self::Package(_)
            | Self::NotKept { .. }
            | Self::Unfit { .. }
            | Self::Place { .. }
            | Self::Spool(_) => false,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::S3 { source, .. } => source.hint().to_owned(),
            Self::Azure { source, .. } => source.hint().to_owned(),
            Self::AzureAccess { source, .. } => source.hint().to_owned(),
            Self::Open { .. } => "run again: the next run finds out, and nothing is written twice".to_owned(),
            Self::NotKept { .. } => {
                "`collector doctor` examines the store; what was committed before is not affected".to_owned()
            }
            Self::Unfit { mend, .. } => mend.clone(),
            Self::Aws { source: AwsError::Region, .. } => {
                "name the region in the configuration: [aws] region = \"eu-central-1\"".to_owned()
            }
            Self::Spool(fault) => fault.hint().to_owned(),
            Self::Hole { .. } => "run `verifier verify` on the evidence: it names what is wrong".to_owned(),
            _ => {
                "check space and permissions of the store; nothing that was committed is affected".to_owned()
            }
        }
    }
}
