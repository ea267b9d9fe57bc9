//! What a cycle says of itself: for people on a terminal, for machines as stable JSON, for the demo.

use std::collections::BTreeMap;

use serde::Serialize;
use verify_core::digest::Digest;
use verify_core::model::{
    CollectionId, Comparison, ControlStatus, Failure, Omission, Outcome, ResourceName, ResourceRecord,
    Sequence,
};
use verify_core::time::UtcTime;

use crate::cli::FailOn;
use crate::exit::Ending;
use crate::judge::Verdict;
use crate::seal::SealedRecord;

/// How a cycle ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "failure", rename_all = "snake_case")]
pub enum CycleOutcome {
    /// A snapshot was sealed.
    Sealed,
    /// A failure was sealed.
    Failed(Failure),
}

/// One resource in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResourceSummary {
    /// How the reading ended.
    pub outcome: Outcome,
    /// Entities read.
    pub count: u64,
    /// Why it is not complete.
    pub reason: Option<String>,
}

/// Drift in a report: number of changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DriftSummary {
    /// Against the approved baseline; null before the first approval.
    pub against_baseline: Option<usize>,
    /// Against the nearest earlier states.
    pub against_previous: usize,
}

/// One control in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ControlSummary {
    /// Control id.
    pub control_id: String,
    /// How it ended.
    pub status: ControlStatus,
    /// How it ended with valid exceptions taken into account.
    pub status_with_exceptions: ControlStatus,
    /// Violations found.
    pub violations: usize,
    /// Why it was not evaluated.
    pub reason: Option<String>,
}

/// A sealed cycle. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CycleReport {
    /// Snapshot or failure.
    pub outcome: CycleOutcome,
    /// The slot.
    pub scheduled_utc: UtcTime,
    /// Name of the record.
    pub collection_id: CollectionId,
    /// Position of the record; of one that waits in the spool, as long as no other record takes it.
    pub sequence: Sequence,
    /// When it was sealed.
    pub sealed_utc: UtcTime,
    /// When its commit was confirmed; null while it waits in the spool.
    pub stored_utc: Option<UtcTime>,
    /// Digest of its manifest: what an auditor may note down.
    pub manifest_sha256: Digest,
    /// Its package, relative to the root.
    pub package: String,
    /// Its signed note, relative to the root; null while there is none.
    pub checkpoint: Option<String>,
    /// What it declares to lack.
    pub omissions: Vec<Omission>,
    /// By resource.
    pub resources: BTreeMap<ResourceName, ResourceSummary>,
    /// Null for a failure.
    pub drift: Option<DriftSummary>,
    /// In the order of the mapping.
    pub controls: Vec<ControlSummary>,
    /// Bodies in quarantine.
    pub quarantined: usize,
    /// Rules that differ from the approved ones: a finding until they are approved.
    pub unapproved_rules: Vec<&'static str>,
    /// What else needs attention.
    pub warnings: Vec<String>,
}

impl CycleReport {
    pub(super) fn new(
        scheduled_utc: UtcTime,
        record: &SealedRecord,
        outcome: CycleOutcome,
        resources: BTreeMap<ResourceName, ResourceRecord>,
        verdict: Option<&Verdict>,
        unapproved_rules: Vec<&'static str>,
        refused: &[String],
    ) -> Self {
        let results = verdict.map(|verdict| &verdict.validation.validation_results);
        let violations = |control: &str| {
            results.map_or(0, |results| {
                results.policy_violations.iter().filter(|violation| violation.control_id == control).count()
            })
        };
        Self {
            outcome,
            scheduled_utc,
            collection_id: record.collection_id.clone(),
            sequence: record.sequence,
            sealed_utc: record.sealed_utc,
            stored_utc: record.stored_utc,
            manifest_sha256: record.manifest_sha256,
            package: record.package.clone(),
            checkpoint: record.checkpoint.clone(),
            omissions: record.omissions.clone(),
            resources: resources
                .into_iter()
                .map(|(name, record)| {
                    let ResourceRecord { outcome, count, reason, .. } = record;
                    (name, ResourceSummary { outcome, count, reason })
                })
                .collect(),
            drift: verdict.map(|verdict| DriftSummary {
                against_baseline: verdict.drift.against_baseline.as_ref().map(Comparison::change_count),
                against_previous: verdict.drift.against_previous.change_count(),
            }),
            controls: results.map_or_else(Vec::new, |results| {
                results
                    .controls_validated
                    .iter()
                    .map(|control| ControlSummary {
                        control_id: control.control_id.clone(),
                        status: control.status,
                        status_with_exceptions: control.status_with_exceptions,
                        violations: violations(&control.control_id),
                        reason: control.reason.clone(),
                    })
                    .collect()
            }),
            quarantined: results.map_or(0, |results| results.quarantine.len()),
            unapproved_rules,
            warnings: refused
                .iter()
                .chain(&record.warnings)
                .cloned()
                .chain(verdict.into_iter().flat_map(|verdict| verdict.policy_errors.iter().cloned()))
                .collect(),
        }
    }

    /// Number of complete resources.
    #[must_use]
    pub fn complete(&self) -> usize {
        self.resources.values().filter(|resource| resource.outcome == Outcome::Complete).count()
    }

    /// How a run with this report ends, given what the caller wants to be told of.
    #[must_use]
    pub fn ending(&self, fail_on: &[FailOn]) -> Ending {
        if self.stored_utc.is_none() {
            return Ending::StoreRefused;
        }
        if matches!(self.outcome, CycleOutcome::Failed(_)) {
            return Ending::SourceFailed;
        }
        let failed = |control: &ControlSummary| control.status_with_exceptions == ControlStatus::Fail;
        let told = fail_on.iter().any(|what| match what {
            FailOn::Incomplete => self.complete() < self.resources.len(),
            FailOn::Quarantine => self.quarantined > 0,
            FailOn::Drift => {
                self.drift.as_ref().and_then(|drift| drift.against_baseline).is_some_and(|count| count > 0)
            }
            FailOn::Violations => self.controls.iter().any(failed),
            FailOn::Never => false,
        });
        // Unapproved rules are a finding against the evidence itself, so they are always told.
        if told || !self.unapproved_rules.is_empty() || !self.warnings.is_empty() {
            Ending::Attention
        } else {
            Ending::Done
        }
    }
}
