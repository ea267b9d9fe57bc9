//! `policies/controls.json`: which policy tests which control, and what it reads (F-71).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The mapping of controls to policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controls {
    /// In the order in which results are listed.
    pub controls: Vec<Control>,
}

/// One control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Control id, e.g. `CC6.1`.
    pub control_id: String,
    /// Policy name: the rule `data.controls.<policy>.result` is evaluated.
    pub policy: String,
    /// What the control asks, in our own words.
    pub description: String,
    /// Criteria the policy really supports, primary first.
    pub criteria: Vec<String>,
    /// Where in the state to look.
    pub evidence_reference: String,
    /// What the policy may see, by platform. A platform without an entry: `NOT_EVALUATED`.
    pub reads: BTreeMap<String, Reads>,
}

/// What a policy may see. It sees nothing else, so equal projections give equal results (F-73).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reads {
    /// Resources of this state; each must be complete.
    pub resources: Vec<String>,
    /// Resources of this state whose modification stamps it sees.
    pub provenance: Vec<String>,
    /// Resources of the previous state (nearest earlier complete one of each).
    pub previous: Vec<String>,
    /// Resources of the baseline.
    pub baseline: Vec<String>,
    /// Registers under `inputs/`, by name without `.json`; an absent one makes it `NOT_EVALUATED`.
    pub inputs: Vec<String>,
    /// Whether it sees the recorded facts of the cycle (times, id).
    pub cycle: bool,
}
