//! Judgement of a finished snapshot: drift against baseline and earlier states, and the policies.
//!
//! Both comparisons and the policies are the library's, the same that a verifier replays; here they
//! are only given their material. Earlier states are read back from the chain when they are needed,
//! and proven against the digests their manifests recorded.

use std::borrow::Cow;
use std::collections::BTreeMap;

use verify_core::canon::{self, CanonError, MemberRef};
use verify_core::digest::Digest;
use verify_core::drift::{
    Against, Current, DriftError, Earlier, Entities, ProvenanceBytes, ResourceSides, build_comparison,
};
use verify_core::model::{
    Comparison, DriftDocument, Outcome, Quarantined, ResourceName, ResourceRecord, SchemaResult,
    ValidationDocument, ValidationResults,
};
use verify_core::policy::{Case, CycleFacts, Judgement, Material, Part, judge as judge_policies};
use verify_core::profile::Resource;
use verify_core::time::UtcTime;

use crate::chain::{ChainState, SnapshotPlace};
use crate::rules::Rules;
use crate::snapshot::Snapshot;

mod earlier;

pub use earlier::{EarlierError, EarlierStates};

/// Why a snapshot cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// An earlier state cannot be read back.
    #[error("an earlier state cannot be used")]
    Earlier(#[from] EarlierError),
    /// Two states cannot be compared.
    #[error("drift cannot be computed")]
    Drift(#[from] DriftError),
    /// A result cannot be written.
    #[error("a result cannot be written as canonical JSON")]
    Canonical(#[from] CanonError),
}

/// What is judged.
pub struct Evidence<'a> {
    /// The state.
    pub snapshot: &'a Snapshot,
    /// How every resource ended.
    pub resources: &'a BTreeMap<ResourceName, ResourceRecord>,
    /// Registers by name without `.json`, in canonical form.
    pub registers: &'a BTreeMap<String, Vec<u8>>,
    /// Schema results by resource.
    pub schema_validation: &'a BTreeMap<ResourceName, SchemaResult>,
    /// Bodies in quarantine.
    pub quarantine: &'a [Quarantined],
    /// Facts of the cycle that policies may see.
    pub cycle: CycleFacts,
}

/// The documents of a judgement.
pub struct Verdict {
    /// `drift.json`.
    pub drift: DriftDocument,
    /// `validation.json`.
    pub validation: ValidationDocument,
    /// Policies that could not be evaluated, in words.
    pub policy_errors: Vec<String>,
}

/// Judges `evidence` against the chain as it stands.
pub fn judge(
    rules: &Rules,
    chain: &ChainState,
    earlier: &mut EarlierStates<'_>,
    evidence: &Evidence<'_>,
    now: UtcTime,
) -> Result<Verdict, JudgeError> {
    let sides = Sides::load(rules, chain, earlier, evidence)?;
    let drift = DriftDocument {
        against_baseline: match &chain.approved {
            Some(_) => Some(sides.comparison(rules, Against::Baseline)?),
            None => None,
        },
        against_previous: sides.comparison(rules, Against::Previous)?,
    };
    let registers =
        evidence.registers.iter().map(|(name, bytes)| (name.clone(), Digest::of(bytes))).collect();
    let material = CycleMaterial { sides: &sides, registers };
    let case = Case {
        platform: &rules.profile.platform,
        material: &material,
        cycle: &evidence.cycle,
        exceptions: &chain.exceptions,
    };
    let judgement =
        rules.with_evaluator(|evaluator, memo| judge_policies(&rules.policies, case, evaluator, memo));
    let policy_errors =
        judgement.errors.iter().map(|(control, error)| format!("{control}: {error}")).collect();
    let validation = validation(chain, evidence, &drift, judgement, now);
    Ok(Verdict { drift, validation, policy_errors })
}

fn validation(
    chain: &ChainState,
    evidence: &Evidence<'_>,
    drift: &DriftDocument,
    judgement: Judgement,
    now: UtcTime,
) -> ValidationDocument {
    ValidationDocument {
        validation_results: ValidationResults {
            timestamp_utc: now,
            baseline_hash: chain
                .approved
                .as_ref()
                .map(|approved| format!("sha256:{}", approved.baseline.state_sha256)),
            current_hash: format!("sha256:{}", evidence.snapshot.state_sha256),
            drift_detected: drift.against_baseline.as_ref().map(|baseline| baseline.change_count() > 0),
            policy_violations: judgement.violations,
            controls_validated: judgement.controls,
            schema_validation: evidence.schema_validation.clone(),
            quarantine: evidence.quarantine.to_vec(),
        },
    }
}

/// An earlier state of one resource: where it is, and its digest there.
struct EarlierSide {
    place: SnapshotPlace,
    sha256: Digest,
}

/// Everything that is compared, with the packages that are needed for it loaded.
struct Sides<'a> {
    evidence: &'a Evidence<'a>,
    previous: BTreeMap<ResourceName, EarlierSide>,
    baseline: BTreeMap<ResourceName, EarlierSide>,
    states: &'a EarlierStates<'a>,
}

impl<'a> Sides<'a> {
    fn load(
        rules: &Rules,
        chain: &ChainState,
        states: &'a mut EarlierStates<'_>,
        evidence: &'a Evidence<'a>,
    ) -> Result<Self, JudgeError> {
        let (mut previous, mut baseline) = (BTreeMap::new(), BTreeMap::new());
        for Resource { id, .. } in &rules.profile.resources {
            if let Some(complete) = chain.complete.get(id) {
                let side = EarlierSide { place: complete.snapshot.clone(), sha256: complete.sha256 };
                previous.insert(id.clone(), side);
            }
            if let Some(approved) = &chain.approved
                && let Some(sha256) = approved.resources.get(id)
            {
                baseline
                    .insert(id.clone(), EarlierSide { place: approved.snapshot.clone(), sha256: *sha256 });
            }
        }
        // A resource that did not change is read from the present snapshot: equal digests, equal bytes.
        let needed = previous
            .iter()
            .chain(&baseline)
            .filter(|(id, side)| evidence.snapshot.resources.get(*id) != Some(&side.sha256));
        let places: BTreeMap<_, _> =
            needed.map(|(_, side)| (side.place.sequence, side.place.clone())).collect();
        states.load_only(places.into_values())?;
        Ok(Self { evidence, previous, baseline, states })
    }

    fn side(&self, against: Against, resource: &str) -> Option<&EarlierSide> {
        match against {
            Against::Baseline => self.baseline.get(resource),
            Against::Previous => self.previous.get(resource),
        }
    }

    /// Bytes of a resource in an earlier state; the present ones if nothing changed.
    fn earlier_bytes(&self, side: &EarlierSide, resource: &str) -> Option<&[u8]> {
        if self.evidence.snapshot.resources.get(resource) == Some(&side.sha256) {
            return self.evidence.snapshot.resource(resource);
        }
        self.states.get(side.place.sequence)?.member(resource).map(MemberRef::bytes)
    }

    fn earlier_entities(&self, side: &EarlierSide, resource: &str) -> Option<Entities<'_>> {
        if self.evidence.snapshot.resources.get(resource) == Some(&side.sha256) {
            return self.entities(resource);
        }
        let elements = self.states.get(side.place.sequence)?.member(resource)?.elements()?;
        Some(Box::new(elements))
    }

    fn entities(&self, resource: &str) -> Option<Entities<'_>> {
        Some(Box::new(self.evidence.snapshot.document.member(resource)?.elements()?))
    }

    fn comparison(&self, rules: &Rules, against: Against) -> Result<Comparison, DriftError> {
        let sides = |resource: &Resource| {
            let name = resource.id.as_str();
            let current = match (self.evidence.snapshot.resources.get(name), self.entities(name)) {
                (Some(sha256), Some(entities)) => Current::Complete { sha256: *sha256, entities },
                _ => Current::NotComplete(
                    self.evidence.resources.get(name).map_or(Outcome::Failed, |record| record.outcome),
                ),
            };
            let earlier = self.side(against, name).and_then(|side| {
                let entities = self.earlier_entities(side, name)?;
                Some(Earlier { sequence: side.place.sequence, sha256: side.sha256, entities })
            });
            ResourceSides { current, earlier }
        };
        let provenance = ProvenanceBytes(self.evidence.snapshot.all_provenance());
        build_comparison(&rules.profile, against, sides, &provenance)
    }
}

/// The cycle's material, as policies may ask for it.
struct CycleMaterial<'a> {
    sides: &'a Sides<'a>,
    registers: BTreeMap<String, Digest>,
}

impl Material for CycleMaterial<'_> {
    fn outcome(&self, resource: &str) -> Option<Outcome> {
        self.sides.evidence.resources.get(resource).map(|record| record.outcome)
    }

    fn digest(&self, part: Part<'_>) -> Option<Digest> {
        let snapshot = self.sides.evidence.snapshot;
        match part {
            Part::State(name) => snapshot.resources.get(name).copied(),
            Part::Previous(name) => self.sides.side(Against::Previous, name).map(|side| side.sha256),
            Part::Baseline(name) => self.sides.side(Against::Baseline, name).map(|side| side.sha256),
            Part::Register(name) => self.registers.get(name).copied(),
            Part::Provenance(name) => snapshot.provenance(name).map(|(_, digest)| digest),
        }
    }

    fn bytes(&self, part: Part<'_>) -> Option<Cow<'_, [u8]>> {
        let snapshot = self.sides.evidence.snapshot;
        let bytes = match part {
            Part::State(name) => snapshot.resource(name),
            Part::Previous(name) => {
                self.sides.side(Against::Previous, name).and_then(|side| self.sides.earlier_bytes(side, name))
            }
            Part::Baseline(name) => {
                self.sides.side(Against::Baseline, name).and_then(|side| self.sides.earlier_bytes(side, name))
            }
            Part::Register(name) => self.sides.evidence.registers.get(name).map(Vec::as_slice),
            Part::Provenance(name) => snapshot.provenance(name).map(|(bytes, _)| bytes),
        };
        bytes.map(Cow::Borrowed)
    }
}

/// The canonical bytes of both documents: `drift.json` and `validation.json`.
pub fn documents(verdict: &Verdict) -> Result<(Vec<u8>, Vec<u8>), JudgeError> {
    Ok((canon::to_vec_of(&verdict.drift)?, canon::to_vec_of(&verdict.validation)?))
}
