//! The chain as far as it is committed, replayed once: what the next record must know.
//!
//! Manifests are read one by one and only digests and places are kept: per record, one digest. A chain that does not link is refused: nothing is ever added behind a break. This is
//! no verification; the verifier does that, from the bytes.

use std::collections::{BTreeMap, VecDeque};

use verify_core::canon;
use verify_core::digest::Digest;
use verify_core::limits::Limits;
use verify_core::model::{
    Approval, ApprovalDocument, Baseline, CollectionId, Exception, ExceptionDocument, GenesisDocument,
    KeyChangeDocument, Kind, Manifest, Origin, Outcome, ResourceName, RuleDigests, Schedule, Sequence,
    Tenant,
};
use verify_core::time::UtcTime;

use crate::store::Store;

mod error;
mod log;
mod package;

pub use error::ChainError;
use error::{broken, expect};
pub use log::{KeyPeriod, Log};
pub use package::{PackageError, StoredPackage};

/// Slots kept in mind: the cycles of more than a day, even every minute.
const SLOTS_KEPT: usize = 3_000;

/// A snapshot in the chain: enough to find it and to prove that it is the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotPlace {
    /// Its record.
    pub sequence: Sequence,
    /// Its name.
    pub collection_id: CollectionId,
    /// Where its package is.
    pub payload_path: String,
    /// Digest of `snapshot.json`.
    pub payload_sha256: Digest,
    /// Digest of its state.
    pub state_sha256: Digest,
}

/// A snapshot in which one resource was complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteResource {
    /// The snapshot.
    pub snapshot: SnapshotPlace,
    /// Digest of the resource in it.
    pub sha256: Digest,
}

/// The approved baseline: what manifests say of it, and its snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovedState {
    /// As a manifest records it.
    pub baseline: Baseline,
    /// The snapshot.
    pub snapshot: SnapshotPlace,
    /// Its complete resources with their digests.
    pub resources: BTreeMap<ResourceName, Digest>,
}

/// A record that answers a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The slot.
    pub slot: UtcTime,
    /// The record.
    pub sequence: Sequence,
    /// Snapshot or failure.
    pub kind: Kind,
    /// Whether every resource in it is complete.
    pub complete: bool,
}

/// What is known of a chain after its newest record.
#[derive(Debug, Clone)]
pub struct ChainState {
    /// Origin of every record.
    pub origin: Origin,
    /// Tenant of every record.
    pub tenant: Tenant,
    /// Digest of the genesis manifest.
    pub chain_id: Digest,
    /// Newest record.
    pub head: Sequence,
    /// Digest of its manifest.
    pub head_sha256: Digest,
    /// When it was sealed.
    pub head_sealed_utc: UtcTime,
    /// Rules in force.
    pub rules: RuleDigests,
    /// Schedule of the newest record.
    pub schedule: Schedule,
    /// Newest approved baseline.
    pub approved: Option<ApprovedState>,
    /// Payload digest of the newest snapshot.
    pub previous_snapshot: Option<SnapshotPlace>,
    /// Per resource, the newest snapshot in which it was complete.
    pub complete: BTreeMap<ResourceName, CompleteResource>,
    /// Exceptions in the chain, in its order.
    pub exceptions: Vec<(Sequence, Exception)>,
    /// Roots of every size, and the keys that sign them.
    pub log: Log,
    answers: VecDeque<Answer>,
}

impl ChainState {
    /// Replays the chain in `store`; `None` while it is empty.
    pub fn replay(store: &dyn Store) -> Result<Option<Self>, ChainError> {
        let records = store.records()?;
        if records == 0 {
            return Ok(None);
        }
        let mut state = Self::start(store)?;
        state.follow(store, records)?;
        Ok(Some(state))
    }

    /// Takes in what was committed since; returns the number of new records.
    pub fn refresh(&mut self, store: &dyn Store) -> Result<u64, ChainError> {
        let before = self.head;
        self.follow(store, store.records()?)?;
        Ok(self.head.0.saturating_sub(before.0))
    }

    /// Records that answer `slot`, in the order of the chain.
    pub fn answers(&self, slot: UtcTime) -> impl Iterator<Item = &Answer> {
        self.answers.iter().filter(move |answer| answer.slot == slot)
    }

    /// The snapshot that answers `slot` with every resource complete.
    #[must_use]
    pub fn complete_answer(&self, slot: UtcTime) -> Option<&Answer> {
        self.answers(slot).find(|answer| answer.kind == Kind::Snapshot && answer.complete)
    }

    fn start(store: &dyn Store) -> Result<Self, ChainError> {
        let (manifest, bytes) = read_manifest(store, Sequence::GENESIS)?;
        let digest = Digest::of(&bytes);
        expect(&manifest, "kind", Kind::Genesis.as_str(), manifest.kind.as_str())?;
        let document: GenesisDocument = payload(store, &manifest)?;
        let log = Log::start(&manifest, &bytes, document.genesis.log_key.as_deref())?;
        Ok(Self {
            origin: manifest.origin,
            tenant: manifest.tenant,
            chain_id: digest,
            head: manifest.sequence,
            head_sha256: digest,
            head_sealed_utc: manifest.sealed_utc,
            rules: document.genesis.rules,
            schedule: manifest.schedule,
            approved: None,
            previous_snapshot: None,
            complete: BTreeMap::new(),
            exceptions: Vec::new(),
            log,
            answers: VecDeque::new(),
        })
    }

    fn follow(&mut self, store: &dyn Store, records: u64) -> Result<(), ChainError> {
        while self.head.next().0 < records {
            let (manifest, bytes) = read_manifest(store, self.head.next())?;
            self.check_link(&manifest)?;
            self.log.push(&bytes);
            match manifest.kind {
                Kind::Snapshot => self.take_snapshot(&manifest),
                Kind::Failure => self.take_answer(&manifest, false),
                Kind::Approval => {
                    let document: ApprovalDocument = payload(store, &manifest)?;
                    self.take_approval(store, &manifest, &document.approval)?;
                }
                Kind::Exception => {
                    let document: ExceptionDocument = payload(store, &manifest)?;
                    self.exceptions.push((manifest.sequence, document.exception));
                }
                Kind::KeyChange => {
                    let document: KeyChangeDocument = payload(store, &manifest)?;
                    self.log.change_key(&manifest, &document.key_change)?;
                }
                Kind::Genesis | Kind::Explanation | Kind::Revalidation => {}
            }
            self.head = manifest.sequence;
            self.head_sha256 = Digest::of(&bytes);
            self.head_sealed_utc = manifest.sealed_utc;
            self.schedule = manifest.schedule;
        }
        Ok(())
    }

    fn check_link(&self, manifest: &Manifest) -> Result<(), ChainError> {
        expect(manifest, "sequence", self.head.next(), manifest.sequence)?;
        expect(manifest, "origin", &self.origin, &manifest.origin)?;
        expect(manifest, "chain_id", self.chain_id, shown(manifest.chain_id))?;
        expect(
            manifest,
            "previous_manifest_sha256",
            self.head_sha256,
            shown(manifest.previous_manifest_sha256),
        )
    }

    fn take_snapshot(&mut self, manifest: &Manifest) {
        let Some(place) = snapshot_place(manifest) else { return };
        for (resource, record) in &manifest.resources {
            if let (Outcome::Complete, Some(sha256)) = (record.outcome, record.sha256) {
                let complete = CompleteResource { snapshot: place.clone(), sha256 };
                self.complete.insert(resource.clone(), complete);
            }
        }
        self.previous_snapshot = Some(place);
        let complete = manifest.resources.values().all(|record| record.outcome == Outcome::Complete);
        self.take_answer(manifest, complete);
    }

    fn take_answer(&mut self, manifest: &Manifest, complete: bool) {
        let Some(slot) = manifest.scheduled_utc else { return };
        if self.answers.len() == SLOTS_KEPT {
            self.answers.pop_front();
        }
        self.answers.push_back(Answer { slot, sequence: manifest.sequence, kind: manifest.kind, complete });
    }

    fn take_approval(
        &mut self,
        store: &dyn Store,
        manifest: &Manifest,
        approval: &Approval,
    ) -> Result<(), ChainError> {
        if let Some(rule) = self.rules.of_mut(approval.subject) {
            *rule = approval.after_sha256;
        }
        let Some(approved) = &approval.baseline else { return Ok(()) };
        let (snapshot, _) = manifest_at(store, approved.sequence)?;
        let Some(place) = snapshot_place(&snapshot) else {
            return Err(broken(&snapshot, "kind", Kind::Snapshot.as_str(), snapshot.kind.as_str()));
        };
        expect(&snapshot, "state_sha256", approved.state_sha256, place.state_sha256)?;
        self.approved = Some(ApprovedState {
            baseline: Baseline {
                collection_id: approved.collection_id.clone(),
                sequence: approved.sequence,
                state_sha256: approved.state_sha256,
                approval_sequence: manifest.sequence,
            },
            snapshot: place,
            resources: snapshot
                .resources
                .into_iter()
                .filter_map(|(name, record)| record.sha256.map(|sha256| (name, sha256)))
                .collect(),
        });
        Ok(())
    }
}

/// Reads one committed manifest and the digest of its bytes.
pub fn manifest_at(store: &dyn Store, sequence: Sequence) -> Result<(Manifest, Digest), ChainError> {
    read_manifest(store, sequence).map(|(manifest, bytes)| (manifest, Digest::of(&bytes)))
}

fn read_manifest(store: &dyn Store, sequence: Sequence) -> Result<(Manifest, Vec<u8>), ChainError> {
    let bytes = store.manifest(sequence)?;
    canon::check(&bytes, &Limits::default()).map_err(|source| ChainError::Manifest { sequence, source })?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|source| ChainError::Fields { sequence, source })?;
    expect(&manifest, "sequence", sequence, manifest.sequence)?;
    Ok((manifest, bytes))
}

/// The newest record, from the end of the chain, for which `wanted` holds.
pub fn find_newest(
    store: &dyn Store,
    wanted: impl Fn(&Manifest) -> bool,
) -> Result<Option<Manifest>, ChainError> {
    for sequence in (0..store.records()?).rev() {
        let (manifest, _) = manifest_at(store, Sequence(sequence))?;
        if wanted(&manifest) {
            return Ok(Some(manifest));
        }
    }
    Ok(None)
}

/// The place of a snapshot record; `None` for every other kind.
#[must_use]
pub fn snapshot_place(manifest: &Manifest) -> Option<SnapshotPlace> {
    let state_sha256 = manifest.state_sha256.filter(|_| manifest.kind == Kind::Snapshot)?;
    Some(SnapshotPlace {
        sequence: manifest.sequence,
        collection_id: manifest.collection_id.clone(),
        payload_path: manifest.payload_path.clone(),
        payload_sha256: manifest.payload_sha256,
        state_sha256,
    })
}

/// The payload of a record, as its type.
fn payload<T: serde::de::DeserializeOwned>(store: &dyn Store, manifest: &Manifest) -> Result<T, ChainError> {
    let sequence = manifest.sequence;
    let failed = |source| ChainError::Package { sequence, source };
    let bytes = StoredPackage::open(store, &manifest.payload_path)
        .and_then(|package| package.payload(&manifest.kind.payload_member(), manifest.payload_sha256))
        .map_err(failed)?;
    serde_json::from_slice(&bytes).map_err(|source| ChainError::Fields { sequence, source })
}

fn shown(digest: Option<Digest>) -> String {
    digest.map_or_else(|| "null".to_owned(), |digest| digest.to_string())
}
