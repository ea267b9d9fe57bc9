//! What the higher rungs rest on: keys, checkpoints kept outside, tokens, witnesses, and the size of a sample.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::time::UtcTime;

/// Everything beside the records that was held against them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proofs {
    /// Keys in force in the chain and keys given from outside, by the first record they are good for.
    pub keys: Vec<KeyRow>,
    /// The largest checkpoint in the evidence that holds; null when there is none.
    pub checkpoint: Option<CheckpointRow>,
    /// Checkpoints kept outside, in the order given.
    pub anchors: Vec<AnchorRow>,
    /// Tokens found; null when there are none.
    pub stamps: Option<StampRow>,
    /// For each witness that signed a checkpoint this chain extends, the largest such checkpoint.
    pub witnesses: Vec<WitnessRow>,
}

/// A key and the records it is good for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRow {
    /// Verifier key (F-123).
    pub key: String,
    /// First record it is good for.
    pub from: u64,
    /// Last record; null while it is open.
    pub to: Option<u64>,
    /// Whether it was given from outside. A key found in evidence proves nothing about who signed.
    pub given: bool,
}

/// A checkpoint to keep: it pins every record below its size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointRow {
    /// Records it covers.
    pub size: u64,
    /// Root over them.
    pub root: Digest,
    /// The whole signed note, as text.
    pub note: String,
}

/// How this chain stands to a checkpoint kept outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnchorOutcome {
    /// Today's records give its root.
    Extends,
    /// They give another root: rewritten.
    Differs,
    /// There are fewer records than it covers.
    Cut,
    /// It is of another origin.
    Foreign,
    /// Not all records below its size are at hand; each that is has the leaf hash that was kept with it.
    Members,
    /// The line of a known key in it does not hold, so it says nothing.
    Refused,
    /// Records are absent, so nobody can say.
    NotEvaluated,
}

impl AnchorOutcome {
    /// The outcome as written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Extends => "extends",
            Self::Differs => "differs",
            Self::Cut => "cut",
            Self::Foreign => "foreign",
            Self::Members => "members",
            Self::Refused => "refused",
            Self::NotEvaluated => "not_evaluated",
        }
    }
}

/// One checkpoint kept outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorRow {
    /// What the reader calls it: the name of its file.
    pub name: String,
    /// Records it covers.
    pub size: u64,
    /// Root over them.
    pub root: Digest,
    /// How this chain stands to it.
    pub outcome: AnchorOutcome,
}

/// All tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StampRow {
    /// Distinct checkpoints with a token.
    pub tokens: u64,
    /// Those with a token that leads to an authority given from outside.
    pub valid: u64,
    /// Time of the newest valid token; null when there is none.
    pub newest_utc: Option<UtcTime>,
    /// Authority of that token, as its certificate names it.
    pub authority: Option<String>,
}

/// A witness and the largest checkpoint it signed that this chain extends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessRow {
    /// Name of its key.
    pub name: String,
    /// Records that checkpoint covers.
    pub size: u64,
    /// When it saw it, in its own words.
    pub time_utc: UtcTime,
}

/// A sample of records with proofs that they are members of one tree (F-135).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleSummary {
    /// Records delivered.
    pub records: u64,
    /// Records of the tree, as its note says.
    pub of: u64,
}
