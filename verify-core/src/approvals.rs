//! Which rules and which baseline are in force at each record (F-42, F-90 to F-92).
//!
//! The genesis sets the first rules, every approval changes one of them, and any other change is a
//! finding. Nobody can loosen a rule quietly.

use std::collections::BTreeMap;

use crate::canon;
use crate::digest::Digest;
use crate::finding::Code;
use crate::model::{Approval, Baseline, Genesis, Kind, Manifest, RuleDigests, Schedule, Sequence, Subject};

/// What an approving record says; `None` where its payload could not be read.
#[derive(Debug, Clone, Copy)]
pub enum Approving<'a> {
    /// The payload of a genesis.
    Genesis(&'a Genesis),
    /// The payload of an approval.
    Approval(&'a Approval),
}

/// One deviation from what is approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalFault {
    /// `RULES-UNAPPROVED` or `RULES-BASELINE`.
    pub code: Code,
    /// Manifest field or payload field it shows in, as a JSON pointer.
    pub pointer: &'static str,
    /// What is in force.
    pub expected: String,
    /// What the record says.
    pub found: String,
    /// What is wrong, lower case.
    pub message: String,
}

/// The rules and the baseline in force after the records applied so far.
#[derive(Debug, Clone, Default)]
pub struct InForce {
    rules: Option<RuleDigests>,
    baseline: Option<Baseline>,
    /// State digest and id of every snapshot so far: what an approval may name.
    snapshots: BTreeMap<Sequence, (Digest, String)>,
    /// Set once an approving record could not be read: from then on nobody can say.
    unknown: bool,
}

/// SHA-256 of the canonical schedule object (F-36).
#[must_use]
pub fn schedule_digest(schedule: &Schedule) -> Digest {
    canon::to_vec_of(schedule).map_or_else(|_| Digest::of(&[]), |bytes| Digest::of(&bytes))
}

/// The rule digests a manifest states.
#[must_use]
pub fn rules_of(manifest: &Manifest) -> RuleDigests {
    RuleDigests {
        policies_sha256: manifest.policies_sha256,
        schemas_sha256: manifest.schemas_sha256,
        profile_sha256: manifest.profile_sha256,
        schedule_sha256: schedule_digest(&manifest.schedule),
    }
}

const RULES: [(Subject, &str); 4] = [
    (Subject::Policies, "/policies_sha256"),
    (Subject::Schemas, "/schemas_sha256"),
    (Subject::Profile, "/profile_sha256"),
    (Subject::Schedule, "/schedule"),
];

impl InForce {
    /// Nothing is in force before the genesis.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Rules in force; `None` before the genesis, or when that cannot be said.
    #[must_use]
    pub fn rules(&self) -> Option<RuleDigests> {
        if self.unknown { None } else { self.rules }
    }

    /// Baseline in force.
    #[must_use]
    pub fn baseline(&self) -> Option<&Baseline> {
        self.baseline.as_ref()
    }

    /// Whether an approving record was unreadable, so that nothing after it can be judged.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        self.unknown
    }

    /// Applies the next record and says what in it was not approved.
    pub fn apply(&mut self, manifest: &Manifest, approving: Option<Approving<'_>>) -> Vec<ApprovalFault> {
        let mut faults = Vec::new();
        match (manifest.kind, approving) {
            (Kind::Genesis, Some(Approving::Genesis(genesis))) => self.rules = Some(genesis.rules),
            (Kind::Approval, Some(Approving::Approval(approval))) => {
                self.apply_approval(manifest, approval, &mut faults);
            }
            (Kind::Genesis | Kind::Approval, _) => self.unknown = true,
            _ => {}
        }
        if self.unknown {
            return faults;
        }
        self.check_rules(manifest, &mut faults);
        if manifest.kind == Kind::Snapshot {
            self.check_baseline(manifest, &mut faults);
            if let Some(state) = manifest.state_sha256 {
                self.snapshots.insert(manifest.sequence, (state, manifest.collection_id.to_string()));
            }
        }
        faults
    }

    fn check_rules(&self, manifest: &Manifest, faults: &mut Vec<ApprovalFault>) {
        let Some(mut expected) = self.rules else { return };
        let mut found = rules_of(manifest);
        for (subject, pointer) in RULES {
            let (Some(expected), Some(found)) = (expected.of_mut(subject), found.of_mut(subject)) else {
                continue;
            };
            if expected != found {
                faults.push(ApprovalFault {
                    code: Code::RulesUnapproved,
                    pointer,
                    expected: expected.to_string(),
                    found: found.to_string(),
                    message: format!("{} changed without an approval record", subject.as_str()),
                });
            }
        }
    }

    fn check_baseline(&self, manifest: &Manifest, faults: &mut Vec<ApprovalFault>) {
        if manifest.baseline != self.baseline {
            let shown = |baseline: &Option<Baseline>| match baseline {
                None => "none".to_owned(),
                Some(b) => format!(
                    "record {} {} approved by record {}",
                    b.sequence, b.state_sha256, b.approval_sequence
                ),
            };
            faults.push(ApprovalFault {
                code: Code::RulesBaseline,
                pointer: "/baseline",
                expected: shown(&self.baseline),
                found: shown(&manifest.baseline),
                message: "the baseline used is not the approved one".to_owned(),
            });
        }
    }

    fn apply_approval(&mut self, manifest: &Manifest, approval: &Approval, faults: &mut Vec<ApprovalFault>) {
        let code = match approval.subject {
            Subject::Baseline => Code::RulesBaseline,
            _ => Code::RulesUnapproved,
        };
        let before = match (&mut self.rules, approval.subject) {
            (_, Subject::Baseline) => self.baseline.as_ref().map(|baseline| baseline.state_sha256),
            (Some(rules), subject) => rules.of_mut(subject).copied(),
            (None, _) => None,
        };
        if before != approval.before_sha256 {
            faults.push(ApprovalFault {
                code,
                pointer: "/approval/before_sha256",
                expected: shown(before),
                found: shown(approval.before_sha256),
                message: "the approval does not start from what was in force".to_owned(),
            });
        }
        if approval.subject == Subject::Baseline {
            self.apply_baseline(manifest, approval, faults);
        } else if let Some(digest) = self.rules.as_mut().and_then(|rules| rules.of_mut(approval.subject)) {
            *digest = approval.after_sha256;
        }
    }

    fn apply_baseline(&mut self, manifest: &Manifest, approval: &Approval, faults: &mut Vec<ApprovalFault>) {
        let fault = |expected: String, found: String, message: &str| ApprovalFault {
            code: Code::RulesBaseline,
            pointer: "/approval/baseline",
            expected,
            found,
            message: message.to_owned(),
        };
        let Some(named) = &approval.baseline else {
            faults.push(fault("a snapshot".into(), "none".into(), "the approval names no snapshot"));
            return;
        };
        let known = self.snapshots.get(&named.sequence);
        let claimed = (named.state_sha256, named.collection_id.to_string());
        if known != Some(&claimed) || approval.after_sha256 != named.state_sha256 {
            faults.push(fault(
                known.map_or_else(
                    || format!("an earlier snapshot at sequence {}", named.sequence),
                    |(state, id)| format!("{id} {state}"),
                ),
                format!("{} {}", named.collection_id, named.state_sha256),
                "the approved snapshot is not in this chain before the approval",
            ));
            return;
        }
        self.baseline = Some(Baseline {
            collection_id: named.collection_id.clone(),
            sequence: named.sequence,
            state_sha256: named.state_sha256,
            approval_sequence: manifest.sequence,
        });
    }
}

fn shown(digest: Option<Digest>) -> String {
    digest.map_or_else(|| "none".to_owned(), |digest| digest.to_string())
}
