//! How a run ends, and the exit code that says so. One exhaustive match, nowhere else.

use std::process::ExitCode;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Everything asked for was done; evidence, if any, is sealed and stored.
    Done,
    /// Sealed and stored, and something in it needs attention.
    Attention,
    /// Wrong arguments or configuration; nothing was written.
    Usage,
    /// The platform could not be read; a failure record was sealed.
    SourceFailed,
    /// The store refused, or could not be reached; what was sealed, if anything, waits in the spool.
    StoreRefused,
    /// Somebody stopped the run; nothing is half written.
    Interrupted,
    /// A defect of this program.
    Internal,
}

impl Ending {
    /// The exit code, as the manual lists it.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Attention => 1,
            Self::Usage => 2,
            Self::SourceFailed => 3,
            Self::StoreRefused => 4,
            Self::Internal => 70,
            // As shells report an interrupt.
            Self::Interrupted => 130,
        }
    }
}

/// Every exit code of this program and what it says, as the manual lists them.
pub const TABLE: [(Ending, &str); 7] = [
    (Ending::Done, "everything asked for was done; evidence, if any, is sealed and stored"),
    (Ending::Attention, "sealed and stored, and something in it needs attention"),
    (Ending::Usage, "wrong arguments or configuration; nothing was written"),
    (Ending::SourceFailed, "the platform could not be read; a failure record was sealed"),
    (
        Ending::StoreRefused,
        "the store refused or could not be reached; with a spool, what was sealed waits in it",
    ),
    (Ending::Internal, "a defect of this program"),
    (Ending::Interrupted, "somebody stopped the run; nothing is half written"),
];

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending.code())
    }
}
