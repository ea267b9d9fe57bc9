//! Why a spool cannot be used, and what to do about it.

use std::error::Error;
use std::io;
use std::path::PathBuf;

/// Why a spool cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// A call on the folder failed.
    #[error("cannot {doing} {path}")]
    Call {
        /// What was attempted.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// Others may read or write it.
    #[error("{0} is open to other users of this machine")]
    Shared(PathBuf),
    /// Another run works with it.
    #[error("{0} is in use by another run")]
    Busy(PathBuf),
    /// It belongs to another store or chain.
    #[error("{path} belongs to {found}, the configuration says {expected}")]
    Foreign {
        /// The file that says so.
        path: PathBuf,
        /// As configured.
        expected: String,
        /// As found.
        found: String,
    },
    /// A package that waits is not what was sealed.
    #[error("{path} is damaged: {problem}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A copy is not what the store holds.
    #[error("{path} is not what the store holds as {name}, and what was committed never changes")]
    Differs {
        /// The copy.
        path: PathBuf,
        /// What it is a copy of.
        name: String,
    },
    /// The copies cannot stand for a store that is away.
    #[error(
        "the copies in {folder}, which stand for the store while it is away, are damaged or not complete"
    )]
    Copies {
        /// The folder of the copies.
        folder: PathBuf,
        /// What is wrong with which of them.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The store has lost records.
    #[error("{place} has {found} records, but {known} were seen there before")]
    Fewer {
        /// The store.
        place: String,
        /// Records seen before.
        known: u64,
        /// Records now.
        found: u64,
    },
    /// Only cycles are sealed into a spool.
    #[error("only cycles wait in a spool, and {reason}")]
    OnlyCycles {
        /// Why nothing can be written to the store.
        reason: String,
    },
    /// A waiting cycle cannot be judged and sealed again.
    #[error("{path} cannot be linked to the chain anew")]
    Relink {
        /// The package.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl SpoolError {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Call { .. } => "check space and permissions of the spool; what waits in it is not affected",
            Self::Shared(_) => "give the folder to the collector alone: chmod 700",
            Self::Busy(_) => "run again when the other run has ended",
            Self::Foreign { .. } => {
                "every store needs a spool of its own; empty this one with the configuration it belongs to"
            }
            Self::Damaged { .. } => {
                "bring the file back from a backup; or move it away, and say why its cycle is missing with \
                 `collector record explanation`"
            }
            Self::Differs { .. } => {
                "run `verifier verify` on the store; if it holds, remove the copy, which is made anew"
            }
            Self::Copies { .. } => {
                "remove this folder, and nothing else of the spool: it is made anew when the store answers; neither \
                 the evidence nor what waits is affected"
            }
            Self::Fewer { .. } => {
                "check [store] root and who can delete there; nothing is added to a chain that lost records"
            }
            Self::OnlyCycles { .. } => "run again when the store can be reached",
            Self::Relink { .. } => "run `verifier verify` on the evidence: it names what is wrong",
        }
    }
}
