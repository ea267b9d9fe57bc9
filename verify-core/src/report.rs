//! The report: everything the verifier found, as plain data with one JSON form.
//!
//! Screens, text and exports all draw from this one value, so their figures cannot differ. Every
//! string that came out of evidence is untrusted: escape it before a terminal, CSV or HTML sees it.
//! `fixtures/schemas/report.schema.json` is its schema.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::finding::{Code, ExitClass, Finding};
use crate::model::{Change, ControlStatus, Kind, Outcome, Tenant};
use crate::time::UtcTime;

mod ladder;
mod locks;
mod pins;
mod proofs;
mod verdict;

pub use ladder::{LadderStep, Rung, ladder_words};
pub use locks::LockSummary;
pub use pins::{PinItem, PinRow, RuleRow};
pub use proofs::{
    AnchorOutcome, AnchorRow, BundleSummary, CheckpointRow, KeyRow, Proofs, StampRow, WitnessRow,
};
pub use verdict::{Grounds, Verdict, VerdictWord, judge};

/// Version of the report's JSON form.
pub const REPORT_VERSION: &str = "1.0";

/// Everything one verification found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`REPORT_VERSION`].
    pub report_version: String,
    /// Name and version of the verifier.
    pub tool: String,
    /// What was read, as the user named it.
    pub source: String,
    /// `incremental` or `from_scratch`: two ways to the same answer.
    pub mode: String,
    /// The answer.
    pub verdict: Verdict,
    /// The assurance ladder over all records, one step per rung, the lowest first.
    pub assurance: Vec<LadderStep>,
    /// What the rungs above *chained* rest on.
    pub proofs: Proofs,
    /// Whose evidence it is; null when no record could be read.
    pub chain: Option<ChainSummary>,
    /// How large a sample it is; null when the evidence is not a bundle (F-135).
    pub bundle: Option<BundleSummary>,
    /// Every digest of rules and baseline that records were judged by, by item and first record.
    pub rules: Vec<RuleRow>,
    /// Digests that the reader pinned, in the order given.
    pub pins: Vec<PinRow>,
    /// What the store told about its locks; absent where none was asked, as in a folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locks: Option<LockSummary>,
    /// The period the cycles were counted over.
    pub coverage: Coverage,
    /// One line per check, in the order in which they run.
    pub checks: Vec<CheckSummary>,
    /// One entry per record, by sequence.
    pub records: Vec<RecordSummary>,
    /// One row per control.
    pub controls: Vec<ControlRow>,
    /// Every recorded violation, by sequence.
    pub violations: Vec<ViolationRow>,
    /// Every recorded change, by sequence; at most [`MAXIMUM_DRIFT_ROWS`].
    pub drift: Vec<DriftRow>,
    /// Changes left out of `drift` because of that limit.
    pub drift_rows_omitted: u64,
    /// Resources that were not complete, by sequence.
    pub incomplete: Vec<IncompleteRow>,
    /// Every failed check; of a flood under one code, the first ones.
    pub findings: Vec<Finding>,
    /// Findings left out of `findings` because there are too many; `checks` counts them.
    pub findings_omitted: u64,
    /// What this report does not claim, in plain sentences.
    pub not_claimed: Vec<String>,
}

/// Most changes a report lists; later ones are counted.
pub const MAXIMUM_DRIFT_ROWS: usize = 200_000;

/// Whose evidence it is and how far it reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainSummary {
    /// Origin line.
    pub origin: String,
    /// Tenant.
    pub tenant: Tenant,
    /// SHA-256 of the genesis manifest; null when the genesis is absent.
    pub chain_id: Option<Digest>,
    /// Records found.
    pub records: u64,
    /// Newest record.
    pub head: Head,
    /// Number of packages sealed but never committed.
    pub uncommitted: u64,
}

/// The newest record: keep it, and ask for it next time with `--head`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Its sequence.
    pub sequence: u64,
    /// SHA-256 of its manifest.
    pub manifest_sha256: Digest,
    /// When it was sealed.
    pub sealed_utc: UtcTime,
}

/// What became of one expected slot (F-64).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotStatus {
    /// A snapshot answers it.
    Sealed,
    /// A failure record answers it.
    Failed,
    /// Nobody answered; somebody explained afterwards.
    Explained,
    /// Nothing.
    Missing,
}

impl SlotStatus {
    /// The status as written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Failed => "failed",
            Self::Explained => "explained",
            Self::Missing => "missing",
        }
    }
}

/// One expected cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotRow {
    /// The slot.
    pub scheduled_utc: UtcTime,
    /// What became of it.
    pub status: SlotStatus,
    /// Sequences of all records of the slot, the answering one first.
    pub sequences: Vec<u64>,
    /// Resources of the answering snapshot that are not complete.
    pub incomplete_resources: u64,
}

/// The population of cycles and what became of each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// First moment of the period; null when nothing could be counted.
    pub from_utc: Option<UtcTime>,
    /// Last moment of the period.
    pub to_utc: Option<UtcTime>,
    /// Whether the auditor asked for this period.
    pub requested: bool,
    /// Slots expected.
    pub expected: u64,
    /// Slots by status.
    pub sealed: u64,
    /// See `sealed`.
    pub failed: u64,
    /// See `sealed`.
    pub explained: u64,
    /// See `sealed`.
    pub missing: u64,
    /// One row per slot.
    pub rows: Vec<SlotRow>,
}

/// How one check ended over all places where it applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckSummary {
    /// The check's code.
    pub code: Code,
    /// Places where it passed.
    pub passed: u64,
    /// Places where it failed; each is a finding, listed or counted in `findings_omitted`.
    pub failed: u64,
    /// Places where it could not be evaluated.
    pub not_evaluated: u64,
    /// Why not, each reason with its count.
    pub reasons: BTreeMap<String, u64>,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordSummary {
    /// Its sequence.
    pub sequence: u64,
    /// What it is.
    pub kind: Kind,
    /// Its collection id.
    pub collection_id: String,
    /// The slot it answers.
    pub scheduled_utc: Option<UtcTime>,
    /// When it was sealed.
    pub sealed_utc: UtcTime,
    /// SHA-256 of its manifest.
    pub manifest_sha256: Digest,
    /// Its package, as the source names it; null when there is none.
    pub package: Option<String>,
    /// Bytes of the package.
    pub package_bytes: u64,
    /// The rungs it stands on, the lowest first; each is stated on its own (F-136).
    pub rungs: Vec<Rung>,
    /// Findings about it.
    pub findings: u64,
    /// State digest of a snapshot.
    pub state_sha256: Option<Digest>,
    /// Outcome per resource of a snapshot.
    pub resources: BTreeMap<String, Outcome>,
    /// Entities per complete resource of a snapshot.
    pub counts: BTreeMap<String, u64>,
    /// Changes against the previous state; null when not a snapshot.
    pub drift_previous: Option<u64>,
    /// Changes against the baseline; null without baseline.
    pub drift_baseline: Option<u64>,
    /// Violations recorded.
    pub violations: u64,
    /// One line for people: approval, failure reason, explanation.
    pub note: Option<String>,
}

/// One control over all snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlRow {
    /// Control id.
    pub control_id: String,
    /// What it asks.
    pub description: String,
    /// Criteria it supports.
    pub criteria: Vec<String>,
    /// Policy name.
    pub policy: String,
    /// Where in the state to look.
    pub evidence_reference: String,
    /// Snapshots by recorded status.
    pub pass: u64,
    /// See `pass`.
    pub fail: u64,
    /// See `pass`.
    pub not_evaluated: u64,
    /// One cell per snapshot.
    pub cells: Vec<ControlCell>,
}

/// One control in one snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlCell {
    /// Sequence of the snapshot.
    pub sequence: u64,
    /// Its slot.
    pub scheduled_utc: Option<UtcTime>,
    /// What was recorded.
    pub recorded: ControlStatus,
    /// What the replay gave; null when it could not be replayed.
    pub replayed: Option<ControlStatus>,
    /// Recorded status with exceptions taken into account.
    pub with_exceptions: ControlStatus,
    /// Why it was not evaluated.
    pub reason: Option<String>,
}

/// One recorded violation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViolationRow {
    /// Sequence of the snapshot.
    pub sequence: u64,
    /// Its slot.
    pub scheduled_utc: Option<UtcTime>,
    /// Control.
    pub control_id: String,
    /// Resource.
    pub resource: String,
    /// Entity key.
    pub entity: String,
    /// Sentence of the policy.
    pub message: String,
    /// Exception that covers it.
    pub exception_sequence: Option<u64>,
}

/// What a change is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// The approved baseline.
    Baseline,
    /// The nearest earlier complete state.
    Previous,
}

/// One recorded change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriftRow {
    /// Sequence of the snapshot.
    pub sequence: u64,
    /// Its slot.
    pub scheduled_utc: Option<UtcTime>,
    /// What it is compared with.
    pub against: Against,
    /// Sequence of the earlier side.
    pub against_sequence: u64,
    /// Resource.
    pub resource: String,
    /// The change itself.
    pub change: Change,
}

/// One resource of one snapshot that is not complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncompleteRow {
    /// Sequence of the snapshot.
    pub sequence: u64,
    /// Its slot.
    pub scheduled_utc: Option<UtcTime>,
    /// Resource.
    pub resource: String,
    /// How its reading ended.
    pub outcome: Outcome,
    /// Why, with the figures.
    pub reason: String,
}

impl Report {
    /// Findings whose code leads to an exit code other than 0.
    pub fn decisive(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.code.exit_class() != ExitClass::Note)
    }

    /// The report's one JSON form: RFC 8785, without a final newline.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json_canonicalizer::to_vec(self)
    }
}
