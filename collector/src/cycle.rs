//! One cycle: read the tenant, judge what was read, seal it as one record.
//!
//! The tenant is read once. Judging and sealing repeat if another writer commits in between, because
//! what a snapshot is compared with must be what stands before it in the chain. A cycle that brought
//! nothing is sealed as a failure, so that silence never stands for "nothing happened".

use std::collections::BTreeMap;
use std::time::Duration;

use verify_core::canon::{self, CanonError};
use verify_core::limits::Limits;
use verify_core::model::{
    CollectionId, Exchange, ExtractionMetadata, FailureDocument, IdError, Kind, Quarantined, ResourceName,
    ResourceRecord, SchemaResult, Subject,
};
use verify_core::normalize::{NormalResource, RedactionKey};
use verify_core::package::{PackError, PackedMember};
use verify_core::policy::CycleFacts;
use verify_core::time::UtcTime;

use crate::chain::{Answer, ChainState};
use crate::clock::utc;
use crate::extract::{Extraction, FailedExtraction, Plan, Reading, ResponseSchemas, extract_all};
use crate::http::ApiClient;
use crate::judge::{JudgeError, Verdict};
use crate::registers::Registers;
use crate::seal::{SealedRecord, collection_id};
use crate::session::{Session, SessionError};
use crate::snapshot::Snapshot;

mod collected;
mod report;

pub(crate) use collected::{Collected, CollectedState, passed_on, read_back};
pub use report::{ControlSummary, CycleOutcome, CycleReport, DriftSummary, ResourceSummary};

/// A reading should not have to renew its token within this time.
const WINDOW: Duration = Duration::from_mins(15);

/// Why a cycle ended without a record.
#[derive(Debug, thiserror::Error)]
pub enum CycleError {
    /// The chain or the store failed.
    #[error(transparent)]
    Session(Box<SessionError>),
    /// The snapshot cannot be judged.
    #[error("the snapshot cannot be judged")]
    Judge(#[source] Box<JudgeError>),
    /// A document cannot be written.
    #[error("{document} cannot be written as canonical JSON")]
    Canonical {
        /// Which document.
        document: &'static str,
        /// Why.
        #[source]
        source: CanonError,
    },
    /// A member cannot be packed.
    #[error("a member cannot be packed")]
    Pack(#[from] PackError),
    /// The slot gives no name.
    #[error("the cycle cannot be named")]
    Name(#[from] IdError),
}

impl From<SessionError> for CycleError {
    fn from(error: SessionError) -> Self {
        Self::Session(Box::new(error))
    }
}

impl From<JudgeError> for CycleError {
    fn from(error: JudgeError) -> Self {
        Self::Judge(Box::new(error))
    }
}

/// What one cycle works with, beside its session.
pub struct Cycle<'a> {
    /// Chain, rules, time.
    pub session: &'a Session,
    /// Name of the cycle, e.g. `daily_0800`.
    pub name: &'a str,
    /// Name of the identity that reads.
    pub service_account_id: &'a str,
    /// Response schemas of the profile.
    pub schemas: &'a ResponseSchemas,
    /// Key of redaction digests, if the profile needs one.
    pub redaction_key: Option<&'a RedactionKey>,
    /// Seconds to wait before reading.
    pub propagation_wait_seconds: u32,
    /// The slot that is answered.
    pub slot: UtcTime,
}

/// How a cycle ended.
#[derive(Debug)]
pub enum CycleEnd {
    /// A complete snapshot answers the slot already; nothing was read or written.
    Answered(Answer),
    /// A record was sealed.
    Sealed(Box<CycleReport>),
}

impl Cycle<'_> {
    /// Runs the cycle against `chain`, which is read on as records are committed.
    pub async fn run(
        &self,
        client: &mut ApiClient,
        chain: &mut ChainState,
        registers: &Registers,
    ) -> Result<CycleEnd, CycleError> {
        self.session.refresh(chain)?;
        if let Some(answer) = chain.complete_answer(self.slot) {
            return Ok(CycleEnd::Answered(answer.clone()));
        }
        let started = self.session.now();
        if self.propagation_wait_seconds > 0 {
            self.session.clock.sleep(Duration::from_secs(u64::from(self.propagation_wait_seconds))).await;
        }
        let plan = Plan {
            profile: &self.session.rules.profile,
            schemas: self.schemas,
            redaction_key: self.redaction_key,
            tenant: &self.session.tenant,
            window: WINDOW,
            limits: Limits::default(),
        };
        let report = match extract_all(client, &plan).await {
            Ok(extraction) => self.seal_snapshot(chain, started, extraction, registers)?,
            Err(failed) => self.seal_failure(chain, started, *failed)?,
        };
        Ok(CycleEnd::Sealed(Box::new(report)))
    }

    fn seal_snapshot(
        &self,
        chain: &mut ChainState,
        started: UtcTime,
        extraction: Extraction,
        registers: &Registers,
    ) -> Result<CycleReport, CycleError> {
        let id = collection_id(Kind::Snapshot, self.slot)?;
        let finished = utc(extraction.finished);
        let metadata = self.metadata(&id, started, utc(extraction.started), finished);
        let mut read = Read::of(extraction.readings)?;
        read.members.push(transcript(&extraction.exchanges)?);
        read.members.extend(registers.pack()?);
        let snapshot = Snapshot::write(&metadata, read.normal)
            .map_err(|source| CycleError::Canonical { document: "snapshot.json", source })?;
        read.members.push(PackedMember::pack(&Kind::Snapshot.payload_member(), snapshot.document.bytes())?);
        let state = CollectedState {
            snapshot,
            records: read.records,
            registers: registers.files.clone(),
            inputs_sha256: registers.digest(),
            schema_validation: read.schema_validation,
            quarantine: read.quarantine,
            facts: CycleFacts { collection_id: id, scheduled_utc: self.slot, started_utc: started },
        };
        let collected = self.collected((started, finished), read.members, Some(Box::new(state)));
        let (record, verdict) = collected.seal(self.session, chain)?;
        let records = collected.state.map(|state| state.records).unwrap_or_default();
        Ok(self.report(chain, &record, CycleOutcome::Sealed, records, verdict.as_ref(), registers))
    }

    fn seal_failure(
        &self,
        chain: &mut ChainState,
        started: UtcTime,
        failed: FailedExtraction,
    ) -> Result<CycleReport, CycleError> {
        let id = collection_id(Kind::Failure, self.slot)?;
        let finished = utc(failed.finished);
        let document = FailureDocument {
            extraction_metadata: self.metadata(&id, started, utc(failed.started), finished),
            failure: failed.failure.clone(),
        };
        let payload = canon::to_vec_of(&document)
            .map_err(|source| CycleError::Canonical { document: "failure.json", source })?;
        let members = vec![
            PackedMember::pack(&Kind::Failure.payload_member(), &payload)?,
            transcript(&failed.exchanges)?,
        ];
        let (record, _) = self.collected((started, finished), members, None).seal(self.session, chain)?;
        let outcome = CycleOutcome::Failed(failed.failure);
        Ok(self.report(chain, &record, outcome, BTreeMap::new(), None, &Registers::default()))
    }

    fn collected(
        &self,
        from_to_utc: (UtcTime, UtcTime),
        members: Vec<PackedMember>,
        state: Option<Box<CollectedState>>,
    ) -> Collected {
        Collected {
            cycle: self.name.to_owned(),
            actor: self.service_account_id.to_owned(),
            slot: self.slot,
            from_to_utc,
            members,
            state,
            sealed_before: None,
        }
    }

    fn metadata(
        &self,
        id: &CollectionId,
        started: UtcTime,
        read_from: UtcTime,
        finished: UtcTime,
    ) -> ExtractionMetadata {
        let profile = &self.session.rules.profile;
        let tenant = &self.session.tenant;
        ExtractionMetadata {
            timestamp_utc: read_from,
            subdomain: tenant.subdomain.clone(),
            api_version: profile.api_version.clone(),
            collection_cycle: self.name.to_owned(),
            service_account_id: self.service_account_id.to_owned(),
            collection_id: id.clone(),
            platform: tenant.platform.clone(),
            region: tenant.region.clone(),
            organization_id: tenant.organization_id.clone(),
            profile: profile.id.clone(),
            scheduled_utc: self.slot,
            started_utc: started,
            finished_utc: finished,
            propagation_wait_seconds: u64::from(self.propagation_wait_seconds),
            redaction_key_id: self.redaction_key.map(|key| key.id().to_owned()),
        }
    }

    fn report(
        &self,
        chain: &ChainState,
        record: &SealedRecord,
        outcome: CycleOutcome,
        resources: BTreeMap<ResourceName, ResourceRecord>,
        verdict: Option<&Verdict>,
        registers: &Registers,
    ) -> CycleReport {
        let unapproved = self.session.rules.unapproved(chain).into_iter().map(Subject::as_str).collect();
        CycleReport::new(self.slot, record, outcome, resources, verdict, unapproved, &registers.refused)
    }
}

/// What was read, apart: records for the manifest, entities for the snapshot, members for the package.
struct Read {
    records: BTreeMap<ResourceName, ResourceRecord>,
    normal: BTreeMap<ResourceName, NormalResource>,
    schema_validation: BTreeMap<ResourceName, SchemaResult>,
    quarantine: Vec<Quarantined>,
    members: Vec<PackedMember>,
}

impl Read {
    fn of(readings: BTreeMap<ResourceName, Reading>) -> Result<Self, PackError> {
        let mut read = Self {
            records: BTreeMap::new(),
            normal: BTreeMap::new(),
            schema_validation: BTreeMap::new(),
            quarantine: Vec::new(),
            members: Vec::new(),
        };
        for (name, reading) in readings {
            read.records.insert(name.clone(), reading.record());
            read.schema_validation.insert(name.clone(), reading.schema);
            read.quarantine.extend(reading.quarantined);
            for body in reading.raw {
                read.members.push(PackedMember::pack(&body.member, &body.bytes)?);
            }
            if let Some(normal) = reading.normal {
                read.normal.insert(name, normal);
            }
        }
        Ok(read)
    }
}

/// `transcript.jsonl`: one canonical line per exchange, in the order sent (F-55).
fn transcript(exchanges: &[Exchange]) -> Result<PackedMember, CycleError> {
    let mut text = Vec::new();
    for exchange in exchanges {
        let line = canon::to_vec_of(exchange)
            .map_err(|source| CycleError::Canonical { document: "transcript.jsonl", source })?;
        text.extend_from_slice(&line);
        text.push(b'\n');
    }
    Ok(PackedMember::pack("transcript.jsonl", &text)?)
}
