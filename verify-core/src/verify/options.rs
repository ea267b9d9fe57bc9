//! What a verification is asked to do.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::anchors::KeptCheckpoint;
use super::keys::TrustedKey;
use super::links::KnownRecord;
use super::pins::Pin;
use crate::checkpoint::VerifierKey;
use crate::coverage::Period;
use crate::finding::Code;
use crate::limits::Limits;
use crate::report::Rung;
use crate::time::UtcTime;
use crate::timestamp::Authorities;

/// Reason of checks that the user left out.
pub(super) const LEFT_OUT: &str = "left out by --only";

/// Two ways to the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Entities equal to those of the state before are not parsed again; equal policy inputs are
    /// answered from a memo.
    #[default]
    Incremental,
    /// Every package on its own. The reference.
    FromScratch,
}

impl Mode {
    /// The mode as written in a report.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Incremental => "incremental",
            Self::FromScratch => "from_scratch",
        }
    }
}

/// Groups of checks, for `--only`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Sources, containers, members, documents.
    Structure,
    /// Links, identity, times, the head kept outside.
    Chain,
    /// The schedule's cycles.
    Coverage,
    /// Approved and pinned rules and baselines.
    Rules,
    /// State schemas.
    Schema,
    /// Policy replay.
    Policies,
    /// Drift replay.
    Drift,
    /// Normalization replay.
    Normalization,
    /// Checkpoints in the evidence and the keys that signed them.
    Signatures,
    /// Checkpoints and witnesses from outside.
    Anchors,
    /// Time-stamp tokens.
    Time,
    /// Locks of the store.
    Locks,
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 12] = [
        Self::Structure,
        Self::Chain,
        Self::Coverage,
        Self::Rules,
        Self::Schema,
        Self::Policies,
        Self::Drift,
        Self::Normalization,
        Self::Signatures,
        Self::Anchors,
        Self::Time,
        Self::Locks,
    ];

    /// The group as written on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Chain => "chain",
            Self::Coverage => "coverage",
            Self::Rules => "rules",
            Self::Schema => "schema",
            Self::Policies => "policies",
            Self::Drift => "drift",
            Self::Normalization => "normalization",
            Self::Signatures => "signatures",
            Self::Anchors => "anchors",
            Self::Time => "time",
            Self::Locks => "locks",
        }
    }

    /// The group a code belongs to.
    #[must_use]
    pub const fn of(code: Code) -> Self {
        match code {
            Code::ChainCadence | Code::ChainPeriod => Self::Coverage,
            Code::RulesUnapproved | Code::RulesBaseline | Code::PolicyPin | Code::ExceptionExpired => {
                Self::Rules
            }
            Code::SchemaSnapshot => Self::Schema,
            Code::PolicyParse | Code::PolicyBuiltin | Code::PolicyLimits | Code::PolicyReplay => {
                Self::Policies
            }
            Code::DriftReplay => Self::Drift,
            Code::NormReplay => Self::Normalization,
            Code::SigPresent
            | Code::SigKey
            | Code::SigValid
            | Code::SigBind
            | Code::SigRotate
            | Code::SigLate => Self::Signatures,
            Code::AnchorCheckpoint | Code::AnchorWitness => Self::Anchors,
            Code::TsPresent | Code::TsValid | Code::TsImprint | Code::TsSkew | Code::TsLate => Self::Time,
            Code::LockDeclared
            | Code::LockRetention
            | Code::LockVersions
            | Code::LockKey
            | Code::LockReceipt => Self::Locks,
            Code::ChainEmpty
            | Code::ChainGenesis
            | Code::ChainLink
            | Code::ChainSeq
            | Code::ChainGap
            | Code::ChainDup
            | Code::ChainFork
            | Code::ChainCopy
            | Code::ChainOrder
            | Code::ChainTime
            | Code::ChainOrigin
            | Code::ChainId
            | Code::ChainTruncated
            | Code::AnchorHead => Self::Chain,
            _ => Self::Structure,
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Group {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|group| group.as_str() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|group| group.as_str()).collect();
            format!("expected one of {}, found {text:?}", names.join(", "))
        })
    }
}

/// What to verify and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Limits on everything that is read.
    pub limits: Limits,
    /// Incremental or from scratch.
    pub mode: Mode,
    /// Period whose cycles are counted.
    pub period: Period,
    /// A record kept from outside.
    pub head: Option<KnownRecord>,
    /// Keys given from outside, each with the records it is good for.
    pub keys: Vec<TrustedKey>,
    /// Checkpoints kept outside.
    pub anchors: Vec<KeptCheckpoint>,
    /// Digests of rules and baselines given from outside.
    pub pins: Vec<Pin>,
    /// Keys of witnesses given from outside.
    pub witnesses: Vec<VerifierKey>,
    /// How many of the witnesses must have signed a checkpoint that this chain extends.
    pub quorum: usize,
    /// Certificates of time-stamping authorities given from outside.
    pub authorities: Authorities,
    /// Seconds after a sealing within which a token is in time (F-132).
    pub time_lag_seconds: i64,
    /// Days, from its sealing on, for which every record must demand a lock that nobody can end (F-154).
    pub lock_days: Option<u32>,
    /// The time of the verification, if locks that ended since the store was asked must not count (F-155).
    pub now_utc: Option<UtcTime>,
    /// Rungs without which the answer is inconclusive.
    pub required: BTreeSet<Rung>,
    /// Groups to run; `None` runs all. Structure and chain always run: the rest rests on them.
    pub only: Option<BTreeSet<Group>>,
    /// Leaves out every check that the second implementation does not make ([`is_structural`]).
    pub structural: bool,
    /// Whether cycles explained afterwards are accepted.
    pub accept_explained: bool,
    /// Whether recorded violations change the exit code.
    pub fail_on_violations: bool,
    /// Worker threads; 0 means one.
    pub threads: usize,
    /// Name and version of the program, for the report.
    pub tool: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            mode: Mode::default(),
            period: Period::default(),
            head: None,
            keys: Vec::new(),
            anchors: Vec::new(),
            pins: Vec::new(),
            witnesses: Vec::new(),
            quorum: 0,
            authorities: Authorities::default(),
            time_lag_seconds: 86_400,
            lock_days: None,
            now_utc: None,
            required: BTreeSet::new(),
            only: None,
            structural: false,
            accept_explained: false,
            fail_on_violations: false,
            threads: 1,
            tool: concat!("verify-core ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl Options {
    /// Whether a group of checks runs.
    #[must_use]
    pub fn runs(&self, group: Group) -> bool {
        let chosen = matches!(group, Group::Structure | Group::Chain)
            || self.only.as_ref().is_none_or(|only| only.contains(&group));
        chosen && (!self.structural || has_structural_code(group))
    }

    /// Whether a check is asked for.
    #[must_use]
    pub fn asks(&self, code: Code) -> bool {
        self.runs(Group::of(code)) && (!self.structural || is_structural(code))
    }
}

/// Whether the second implementation, `verify.py`, makes this check too: *both* in the table of section 12 of the
/// format.
#[must_use]
pub const fn is_structural(code: Code) -> bool {
    !matches!(
        code,
        Code::SchemaSnapshot
            | Code::AnchorWitness
            | Code::TsPresent
            | Code::TsValid
            | Code::TsImprint
            | Code::TsSkew
            | Code::TsLate
            | Code::LockDeclared
            | Code::LockRetention
            | Code::LockVersions
            | Code::LockKey
            | Code::LockReceipt
            | Code::ExceptionExpired
            | Code::PolicyParse
            | Code::PolicyBuiltin
            | Code::PolicyLimits
            | Code::PolicyReplay
            | Code::DriftReplay
            | Code::NormReplay
    )
}

fn has_structural_code(group: Group) -> bool {
    Code::ALL.iter().any(|code| Group::of(*code) == group && is_structural(*code))
}

#[cfg(test)]
mod tests {
    use super::*;

    // What people read and what the program does must be the same.
    #[test]
    fn structural_checks_are_those_the_format_marks_both() {
        let document = include_str!("../../docs/format.md");
        let by = |code: Code| {
            let start = format!("| `{code}` | ");
            let row = document.lines().find(|line| line.starts_with(&start)).unwrap();
            row.split(" | ").nth(3).unwrap()
        };
        for code in Code::ALL {
            let expected = if is_structural(*code) { "both" } else { "verifier" };
            assert_eq!(by(*code), expected, "{code}");
        }
    }
}
