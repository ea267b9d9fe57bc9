//! What a verification is asked to do.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::links::KnownRecord;
use crate::coverage::Period;
use crate::finding::Code;
use crate::limits::Limits;

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
    /// Approved rules and baselines.
    Rules,
    /// State schemas.
    Schema,
    /// Policy replay.
    Policies,
    /// Drift replay.
    Drift,
    /// Normalization replay.
    Normalization,
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 8] = [
        Self::Structure,
        Self::Chain,
        Self::Coverage,
        Self::Rules,
        Self::Schema,
        Self::Policies,
        Self::Drift,
        Self::Normalization,
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
        }
    }

    /// The group a code belongs to.
    #[must_use]
    pub const fn of(code: Code) -> Self {
        match code {
            Code::ChainCadence | Code::ChainPeriod => Self::Coverage,
            Code::RulesUnapproved | Code::RulesBaseline | Code::ExceptionExpired => Self::Rules,
            Code::SchemaSnapshot => Self::Schema,
            Code::PolicyParse | Code::PolicyBuiltin | Code::PolicyLimits | Code::PolicyReplay => {
                Self::Policies
            }
            Code::DriftReplay => Self::Drift,
            Code::NormReplay => Self::Normalization,
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
    /// Groups to run; `None` runs all. Structure and chain always run: the rest rests on them.
    pub only: Option<BTreeSet<Group>>,
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
            only: None,
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
        matches!(group, Group::Structure | Group::Chain)
            || self.only.as_ref().is_none_or(|only| only.contains(&group))
    }
}
