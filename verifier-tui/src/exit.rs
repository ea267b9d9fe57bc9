//! The exit codes, in one table. The screens, the text and the JSON all end with one of these, and the
//! manual lists the same lines.

use std::process::ExitCode;

/// How the program ends when it is not a verdict that decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Help, version or a completion script was printed.
    Done,
    /// Something was refused because the integrity of the evidence failed.
    Failed,
    /// Somebody is asked to type something else.
    Usage,
    /// Something was refused because the chain was cut.
    Cut,
    /// Something was refused because a replay differs.
    Differs,
    /// There was nothing to verify, it could not be read, or the user left before the end.
    Inconclusive,
    /// A defect of this program, or its answer could not be written.
    Internal,
}

impl Ending {
    /// The exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Cut => 3,
            Self::Differs => 4,
            Self::Inconclusive => 5,
            Self::Internal => 70,
        }
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending.code())
    }
}

/// Every exit code of this program and what it says, the same in every mode.
pub const TABLE: [(u8, &str); 8] = [
    (0, "verified"),
    (1, "integrity failed"),
    (2, "wrong usage"),
    (3, "whole, but cycles are missing, only explained afterwards, or later records may have been cut"),
    (4, "whole, but a policy, drift or normalization replay differs from what was recorded"),
    (5, "inconclusive: nothing to verify, not readable, or stopped before the end"),
    (6, "violations are recorded and --fail-on violations was given"),
    (70, "internal error"),
];

/// What an exit code says; `unknown` for a code that is not in the table.
#[must_use]
pub fn meaning(code: u8) -> &'static str {
    TABLE.iter().find(|(known, _)| *known == code).map_or("unknown", |(_, meaning)| meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_stands_in_the_table() {
        for ending in [
            Ending::Done,
            Ending::Failed,
            Ending::Usage,
            Ending::Cut,
            Ending::Differs,
            Ending::Inconclusive,
            Ending::Internal,
        ] {
            assert_ne!(meaning(ending.code()), "unknown", "{ending:?}");
        }
    }

    #[test]
    fn codes_are_listed_once_and_in_order() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
        assert!(TABLE.iter().all(|(code, _)| *code != 101), "101 is a panic, never an answer");
    }
}
