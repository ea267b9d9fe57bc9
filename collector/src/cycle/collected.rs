//! What a cycle collected, ready to be judged and sealed: once, and again whenever another record comes first.
//!
//! Nothing in it depends on the chain. So it can be made anew from a package that waits in the spool, and gives
//! the same payload, byte for byte; what does not is refused as damaged.

use std::collections::BTreeMap;

use verify_core::canon::{Document, MemberRef};
use verify_core::digest::Digest;
use verify_core::limits::Limits;
use verify_core::model::{
    ExtractionMetadata, Kind, Quarantined, ResourceName, ResourceRecord, SchemaResult, ValidationDocument,
};
use verify_core::normalize::NormalResource;
use verify_core::package::PackedMember;
use verify_core::policy::CycleFacts;
use verify_core::time::UtcTime;

use super::CycleError;
use crate::chain::ChainState;
use crate::judge::{EarlierStates, Evidence, Verdict, documents, judge};
use crate::seal::{Draft, SealedRecord};
use crate::session::{Built, Session, SessionError, no_inputs};
use crate::snapshot::Snapshot;

/// A reading that has ended, well or not.
pub(crate) struct Collected {
    /// Name of the cycle.
    pub cycle: String,
    /// Who read.
    pub actor: String,
    /// The slot that is answered.
    pub slot: UtcTime,
    /// Start and end of the collection.
    pub from_to_utc: (UtcTime, UtcTime),
    /// Payload, transcript, bodies and registers: every member that neither chain nor rules decide.
    pub members: Vec<PackedMember>,
    /// The state, unless the reading failed.
    pub state: Option<Box<CollectedState>>,
    /// That it was sealed before, into the spool.
    pub sealed_before: Option<String>,
}

/// What of a snapshot is judged.
pub(crate) struct CollectedState {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// How every resource ended.
    pub records: BTreeMap<ResourceName, ResourceRecord>,
    /// Registers by name without `.json`.
    pub registers: BTreeMap<String, Vec<u8>>,
    /// Digest over the registers.
    pub inputs_sha256: Digest,
    /// Schema results by resource.
    pub schema_validation: BTreeMap<ResourceName, SchemaResult>,
    /// Bodies in quarantine.
    pub quarantine: Vec<Quarantined>,
    /// Facts of the cycle that policies may see.
    pub facts: CycleFacts,
}

impl Collected {
    /// Judges and seals it behind `chain`, as often as another writer is faster.
    pub(crate) fn seal(
        &self,
        session: &Session,
        chain: &mut ChainState,
    ) -> Result<(SealedRecord, Option<Verdict>), CycleError> {
        let store = session.store.clone();
        let mut earlier = EarlierStates::new(store.as_ref());
        let mut verdict = None;
        let committed = session.commit::<CycleError>(chain, |chain| {
            let rules = session.rules.configured(&session.schedule);
            let mut draft = Draft {
                kind: if self.state.is_some() { Kind::Snapshot } else { Kind::Failure },
                collection_cycle: self.cycle.clone(),
                scheduled_utc: Some(self.slot),
                collected_utc: Some(self.from_to_utc),
                state_sha256: None,
                resources: BTreeMap::new(),
                baseline: None,
                inputs_sha256: no_inputs(),
                actor: self.actor.clone(),
                members: [rules.members.as_slice(), &self.members].concat(),
                sealed_before: self.sealed_before.clone(),
            };
            if let Some(state) = &self.state {
                let judged = judge(&session.rules, chain, &mut earlier, &state.evidence(), session.now())?;
                let (differences, results) = documents(&judged)?;
                draft.members.push(PackedMember::pack("drift.json", &differences)?);
                draft.members.push(PackedMember::pack("validation.json", &results)?);
                draft.state_sha256 = Some(state.snapshot.state_sha256);
                draft.resources.clone_from(&state.records);
                draft.baseline = chain.approved.as_ref().map(|approved| approved.baseline.clone());
                draft.inputs_sha256 = state.inputs_sha256;
                verdict = Some(judged);
            }
            Ok(Some(Built { draft, rules }))
        })?;
        Ok((committed.ok_or(SessionError::Nothing)?, verdict))
    }
}

impl CollectedState {
    fn evidence(&self) -> Evidence<'_> {
        Evidence {
            snapshot: &self.snapshot,
            resources: &self.records,
            registers: &self.registers,
            schema_validation: &self.schema_validation,
            quarantine: &self.quarantine,
            cycle: self.facts.clone(),
        }
    }
}

/// The snapshot that was written as `bytes`, with what `records` says of its resources.
///
/// `None`: the text is no snapshot of this format, or writing it anew does not give the same bytes.
pub(crate) fn read_back(
    bytes: Vec<u8>,
    records: &BTreeMap<ResourceName, ResourceRecord>,
) -> Option<Snapshot> {
    let expected = Digest::of(&bytes);
    let document = Document::new(bytes, &Limits::default()).ok()?;
    let value = |name| document.member(name).and_then(|member| member.value().ok());
    let metadata: ExtractionMetadata = serde_json::from_value(value("extraction_metadata")?).ok()?;
    let mut stamps: BTreeMap<String, BTreeMap<String, serde_json::Value>> =
        serde_json::from_value(value("provenance")?).ok()?;
    let mut resources = BTreeMap::new();
    for (name, record) in records {
        let Some(digest) = record.sha256 else { continue };
        let bytes = document.member(name.as_str()).map(MemberRef::bytes)?.to_vec();
        let provenance = stamps.remove(name.as_str()).unwrap_or_default();
        resources.insert(name.clone(), NormalResource { bytes, count: record.count, digest, provenance });
    }
    let snapshot = Snapshot::write(&metadata, resources).ok()?;
    Some(snapshot).filter(|snapshot| Digest::of(snapshot.document.bytes()) == expected)
}

/// Schema results and quarantined bodies, which a judgement only passes on.
pub(crate) fn passed_on(
    validation: &[u8],
) -> Option<(BTreeMap<ResourceName, SchemaResult>, Vec<Quarantined>)> {
    let document: ValidationDocument = serde_json::from_slice(validation).ok()?;
    let results = document.validation_results;
    Some((results.schema_validation, results.quarantine))
}
