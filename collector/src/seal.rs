//! Sealing: a finished record becomes a package, a link of the chain and a commit, in this order.
//!
//! The manifest is made last, when every member is packed. The package is durable before the commit
//! is attempted; whoever loses the race for a sequence number leaves an uncommitted package behind
//! and gets [`Sealed::Lost`], to judge again against the new head and seal under a new name.

use verify_core::canon::{self, CanonError};
use verify_core::digest::Digest;
use verify_core::limits::Limits;
use verify_core::model::{
    AuditLogEntry, Baseline, CollectionId, FORMAT_VERSION, FileEntry, IdError, Kind, Manifest, Omission,
    Origin, ResourceName, ResourceRecord, RuleDigests, Schedule, Sequence, Tenant, Tool,
};
use verify_core::package::{PackError, PackageWriter, PackedMember};
use verify_core::time::UtcTime;

use crate::chain::ChainState;
use crate::clock::{Clock, utc};
use crate::nonce::Nonces;
use crate::store::{Commit, Store, StoreError};

/// The engine that evaluates policies, as manifests name it.
const POLICY_ENGINE: &str = "regorus 0.14.1";

/// Why a record cannot be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The store failed.
    #[error("the record cannot be stored")]
    Store(#[from] StoreError),
    /// A member or the package breaks a limit.
    #[error("the package cannot be made")]
    Pack(#[from] PackError),
    /// The manifest cannot be written.
    #[error("the manifest cannot be written")]
    Manifest(#[source] CanonError),
    /// The payload member was not packed.
    #[error("the record has no member {0}")]
    NoPayload(String),
    /// The clock is behind the chain.
    #[error("the clock says {now}, but record {head} was sealed at {sealed}")]
    ClockBehind {
        /// Present moment.
        now: UtcTime,
        /// Newest record.
        head: Sequence,
        /// When it was sealed.
        sealed: UtcTime,
    },
    /// The time gives no name.
    #[error("the record cannot be named")]
    Name(#[from] IdError),
    /// Another writer was faster every time.
    #[error("another collector won the race for the next record {0} times")]
    Races(u32),
}

/// A record but for its place in the chain.
pub struct Draft {
    /// What it is.
    pub kind: Kind,
    /// Name of the cycle, or of the kind.
    pub collection_cycle: String,
    /// Slot of a snapshot or failure.
    pub scheduled_utc: Option<UtcTime>,
    /// Start of the collection; `None`: the sealing time.
    pub collected_utc: Option<(UtcTime, UtcTime)>,
    /// State digest of a snapshot.
    pub state_sha256: Option<Digest>,
    /// Resources of a snapshot.
    pub resources: std::collections::BTreeMap<ResourceName, ResourceRecord>,
    /// Baseline a snapshot was compared with.
    pub baseline: Option<Baseline>,
    /// Digest over the registers.
    pub inputs_sha256: Digest,
    /// Who acted.
    pub actor: String,
    /// Every member but manifest and sums.
    pub members: Vec<PackedMember>,
    /// That it was sealed before, into the spool, and when: said instead of why the store is away now.
    pub sealed_before: Option<String>,
}

/// What a record carries of the records before it (F-105, F-127, F-129).
#[derive(Debug, Clone, Default)]
pub struct Proofs {
    /// The newest signed note.
    pub checkpoint: Option<Vec<u8>>,
    /// The token over that note.
    pub token: Option<Vec<u8>>,
    /// What is missing and why, ascending by proof.
    pub omissions: Vec<Omission>,
}

/// What is the same for all records of a run.
pub struct Context<'a> {
    /// Where evidence goes.
    pub store: &'a dyn Store,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Unrepeated names.
    pub nonces: &'a dyn Nonces,
    /// Origin of the chain.
    pub origin: &'a Origin,
    /// Tenant of the chain.
    pub tenant: &'a Tenant,
    /// Schedule in force.
    pub schedule: &'a Schedule,
    /// Digests of the rules in force.
    pub rules: RuleDigests,
}

/// How an attempt to seal ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sealed {
    /// The record is in the chain.
    Committed(SealedRecord),
    /// Another writer took the sequence number; the package stays uncommitted.
    Lost,
}

/// A record that is in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRecord {
    /// Its position.
    pub sequence: Sequence,
    /// Its name.
    pub collection_id: CollectionId,
    /// Digest of its manifest.
    pub manifest_sha256: Digest,
    /// Where its package is, relative to the root.
    pub package: String,
    /// When it was sealed.
    pub sealed_utc: UtcTime,
    /// When its commit was confirmed; `None` while it waits in the spool.
    pub stored_utc: Option<UtcTime>,
    /// What it declares to lack.
    pub omissions: Vec<Omission>,
    /// Its own signed note, relative to the root; `None` while there is none.
    pub checkpoint: Option<String>,
    /// What of its proofs needs attention.
    pub warnings: Vec<String>,
}

/// Makes the package of `draft`, stores it, and commits it behind `chain` (`None`: as genesis).
pub fn seal(
    context: &Context<'_>,
    chain: Option<&ChainState>,
    draft: Draft,
    proofs: Proofs,
) -> Result<Sealed, SealError> {
    let sealed_utc = utc(context.clock.now());
    if let Some(chain) = chain
        && sealed_utc < chain.head_sealed_utc
    {
        let (head, sealed) = (chain.head, chain.head_sealed_utc);
        return Err(SealError::ClockBehind { now: sealed_utc, head, sealed });
    }
    let sequence = chain.map_or(Sequence::GENESIS, |chain| chain.head.next());
    let collection_id = collection_id(draft.kind, draft.scheduled_utc.unwrap_or(sealed_utc))?;
    let package = package_place(&collection_id, sequence, draft.scheduled_utc.unwrap_or(sealed_utc), context);

    let terms = context.store.terms(sealed_utc);

    let mut writer = PackageWriter::new(&Limits::default());
    for member in draft.members {
        writer.push(member)?;
    }
    for (member, bytes) in [("checkpoint", &proofs.checkpoint), ("checkpoint.tsr", &proofs.token)] {
        if let Some(bytes) = bytes {
            writer.push(PackedMember::pack(member, bytes)?)?;
        }
    }
    let files: Vec<FileEntry> = writer.entries().cloned().collect();
    let payload = draft.kind.payload_member();
    let payload_sha256 = files
        .iter()
        .find(|entry| entry.path == payload)
        .map(|entry| entry.sha256)
        .ok_or_else(|| SealError::NoPayload(payload.clone()))?;
    let (started_utc, finished_utc) = draft.collected_utc.unwrap_or((sealed_utc, sealed_utc));
    let manifest = Manifest {
        manifest_version: FORMAT_VERSION.to_owned(),
        kind: draft.kind,
        origin: context.origin.clone(),
        collection_id: collection_id.clone(),
        collection_cycle: draft.collection_cycle,
        sequence,
        chain_id: chain.map(|chain| chain.chain_id),
        tenant: context.tenant.clone(),
        payload_path: context.store.payload_path(&package, &payload),
        payload_sha256,
        previous_snapshot_sha256: chain
            .and_then(|chain| chain.previous_snapshot.as_ref())
            .map(|place| place.payload_sha256),
        previous_manifest_sha256: chain.map(|chain| chain.head_sha256),
        state_sha256: draft.state_sha256,
        policies_sha256: context.rules.policies_sha256,
        schemas_sha256: context.rules.schemas_sha256,
        profile_sha256: context.rules.profile_sha256,
        inputs_sha256: draft.inputs_sha256,
        resources: draft.resources,
        baseline: draft.baseline,
        files,
        schedule: context.schedule.clone(),
        scheduled_utc: draft.scheduled_utc,
        started_utc,
        finished_utc,
        sealed_utc,
        storage_class: terms.storage_class.clone(),
        object_lock_mode: terms.object_lock_mode.clone(),
        retention_until: terms.retention_until,
        encryption_key_id: terms.encryption_key_id.clone(),
        omissions: proofs.omissions.clone(),
        audit_log_entry: AuditLogEntry {
            action: action(draft.kind).to_owned(),
            actor: draft.actor,
            timestamp_utc: sealed_utc,
        },
        tool: tool(),
    };
    let manifest = canon::to_vec_of(&manifest).map_err(SealError::Manifest)?;
    let sums = writer.sums(&manifest);
    let mut writer = Some(writer);
    context.store.put_package(&package, &terms, &mut |sink| {
        let writer = writer.take().ok_or("the package was written before")?;
        writer.finish(&manifest, &sums, sink)?;
        Ok(())
    })?;
    Ok(match context.store.commit(sequence, &terms, &manifest)? {
        Commit::Lost => Sealed::Lost,
        Commit::Done => Sealed::Committed(SealedRecord {
            sequence,
            collection_id,
            manifest_sha256: Digest::of(&manifest),
            package,
            sealed_utc,
            stored_utc: context.store.away().is_none().then(|| utc(context.clock.now())),
            omissions: proofs.omissions,
            checkpoint: None,
            warnings: Vec::new(),
        }),
    })
}

/// `evidence-…` for snapshots, `<kind>-…` for every other kind (F-21).
pub fn collection_id(kind: Kind, time: UtcTime) -> Result<CollectionId, IdError> {
    let prefix = if kind == Kind::Snapshot { "evidence" } else { kind.as_str() };
    let civil = time.civil();
    format!(
        "{prefix}-{:04}-{:02}-{:02}-{:02}{:02}",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute()
    )
    .parse()
}

fn package_place(id: &CollectionId, sequence: Sequence, time: UtcTime, context: &Context<'_>) -> String {
    let date = time.date();
    let nonce = context.nonces.next();
    format!(
        "packages/{:04}/{:02}/{:02}/{id}-{sequence}-{nonce:08x}.zip",
        date.year(),
        date.month(),
        date.day()
    )
}

/// What the audit log says was done (F-38).
const fn action(kind: Kind) -> &'static str {
    match kind {
        Kind::Genesis => "CHAIN_STARTED",
        Kind::Snapshot => "EVIDENCE_UPLOADED",
        Kind::Approval => "APPROVAL_RECORDED",
        Kind::Failure => "FAILURE_RECORDED",
        Kind::Revalidation => "REVALIDATION_RECORDED",
        Kind::Exception => "EXCEPTION_RECORDED",
        Kind::Explanation => "EXPLANATION_RECORDED",
        Kind::KeyChange => "KEY_CHANGE_RECORDED",
    }
}

fn tool() -> Tool {
    Tool {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        source_revision: option_env!("SOURCE_REVISION").unwrap_or("unreleased").to_owned(),
        policy_engine: POLICY_ENGINE.to_owned(),
    }
}
