//! Linking anew: what waits is judged and sealed again behind the newest record of the chain.
//!
//! Everything is done from the package that waits: payload, transcript, bodies and registers go over unchanged,
//! with the rules under which they were collected; drift, results and links are made for the new place in the
//! chain. The records are written into a queue of their own, which takes over when the last one is in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use verify_core::digest::Digest;
use verify_core::model::{FileEntry, Kind, Manifest, Proof, RuleDigests, Sequence};
use verify_core::package::{Container, MANIFEST, PackedMember, SUMS};
use verify_core::policy::CycleFacts;
use verify_core::profile::Profile;

use super::SpoolError;
use super::aside::Aside;
use super::store::SpoolStore;
use super::waiting::{Waiting, accepted, member};
use crate::chain::{ChainState, manifest_at};
use crate::cycle::{Collected, CollectedState, passed_on, read_back};
use crate::rules::{Rules, schedule_digest};
use crate::session::{Session, SessionError};
use crate::store::StoreError;

/// Folders of rules in a package.
const RULES: [&str; 3] = ["profile/", "policies/", "schemas/"];
/// Members that are made anew for another place in the chain.
const MADE_ANEW: [&str; 7] =
    [MANIFEST, SUMS, "drift.json", "validation.json", "checkpoint", "checkpoint.tsr", "verify.py"];
/// How the reason of a record begins that was sealed before.
const SEALED_FIRST: &str = "first sealed at ";

type Cause = Box<dyn std::error::Error + Send + Sync>;

impl SpoolStore {
    /// Of what waits, the records on the chain that are the same cycles linked anew by an earlier run, and what else
    /// waits. A spool that comes from a backup holds such cycles as they were before.
    pub(super) fn linked_before(
        &self,
        chain: &ChainState,
        waiting: &[Waiting],
    ) -> Result<(Vec<Manifest>, Vec<Waiting>), SessionError> {
        let mut left = waiting.to_vec();
        let mut stored = Vec::new();
        let first = waiting.first().map_or(chain.head.next().0, |first| first.manifest.sequence.0);
        for sequence in first..=chain.head.0 {
            let (manifest, _) = manifest_at(self, Sequence(sequence))?;
            let before = left.len();
            left.retain(|waiting| !is_linked_anew(&waiting.manifest, &manifest));
            if left.len() < before {
                stored.push(manifest);
            }
        }
        Ok((stored, left))
    }

    /// Seals everything that waits again, behind `chain`, whose needs are copied.
    pub(super) fn link_anew(
        &self,
        session: &Session,
        chain: &ChainState,
        waiting: &[Waiting],
    ) -> Result<Vec<Waiting>, SessionError> {
        let before = self.spool.queue();
        let next = before.next().map_err(StoreError::from)?;
        let reason = "the record before waits in the spool and is not committed yet".to_owned();
        let (remote, spool) = (Arc::clone(&self.remote), Arc::clone(&self.spool));
        let base = chain.head.next().0;
        let aside = Arc::new(Aside::new(remote, spool, next, Vec::new(), base, reason));
        let mut chain = chain.clone();
        for record in waiting {
            let sealed = before
                .read(record.name())
                .map_err(Cause::from)
                .and_then(|package| seal_again(record, &package, session, &aside, &mut chain));
            sealed.map_err(|source| {
                StoreError::from(SpoolError::Relink { path: record.path.clone(), source })
            })?;
        }
        self.spool.adopt(aside.queue())?;
        Ok(aside.waiting())
    }
}

fn seal_again(
    record: &Waiting,
    package: &[u8],
    session: &Session,
    aside: &Arc<Aside>,
    chain: &mut ChainState,
) -> Result<(), Cause> {
    let container = accepted(package)?;
    let manifest = &record.manifest;
    let rules = rules_of(manifest, &container, session)?;
    let session = Session {
        store: Arc::clone(aside) as Arc<dyn crate::store::Store>,
        rules,
        schedule: manifest.schedule.clone(),
        ..session.clone()
    };
    let collected = collected(manifest, &container)?;
    collected.seal(&session, chain)?;
    Ok(())
}

/// The rules under which the record was collected: those of the run, unless they were changed since.
fn rules_of(manifest: &Manifest, container: &Container<'_>, session: &Session) -> Result<Arc<Rules>, Cause> {
    let digests = RuleDigests {
        policies_sha256: manifest.policies_sha256,
        schemas_sha256: manifest.schemas_sha256,
        profile_sha256: manifest.profile_sha256,
        schedule_sha256: schedule_digest(&manifest.schedule)?,
    };
    if session.rules.digests == digests {
        return Ok(Arc::clone(&session.rules));
    }
    let mut members = BTreeMap::new();
    for entry in manifest.files.iter().filter(|entry| RULES.iter().any(|rule| entry.path.starts_with(rule))) {
        members.insert(entry.path.clone(), member(container, &entry.path)?);
    }
    let profile = members.iter().find(|(path, _)| path.starts_with("profile/"));
    let (_, profile) = profile.ok_or("it carries no profile")?;
    let profile = Profile::from_toml(std::str::from_utf8(profile)?)?;
    Ok(Arc::new(Rules::of(profile, members, &manifest.schedule)?))
}

/// What was collected, taken out of the package again.
fn collected(manifest: &Manifest, container: &Container<'_>) -> Result<Collected, Cause> {
    let mut members = Vec::new();
    let mut registers = BTreeMap::new();
    for entry in manifest.files.iter().filter(|entry| taken_over(entry)) {
        let found = container.member(&entry.path).ok_or("a member is missing")?;
        members.push(PackedMember::copied(found, entry.sha256));
        let register = entry.path.strip_prefix("inputs/").and_then(|name| name.strip_suffix(".json"));
        if let Some(name) = register {
            registers.insert(name.to_owned(), member(container, &entry.path)?);
        }
    }
    let slot = manifest.scheduled_utc.ok_or("a cycle has a slot")?;
    let state = if manifest.kind == Kind::Snapshot {
        let payload = member(container, &manifest.kind.payload_member())?;
        let (schema_validation, quarantine) =
            passed_on(&member(container, "validation.json")?).ok_or("validation.json is not understood")?;
        Some(Box::new(CollectedState {
            snapshot: read_back(payload, &manifest.resources).ok_or("snapshot.json is not understood")?,
            records: manifest.resources.clone(),
            registers,
            inputs_sha256: manifest.inputs_sha256,
            schema_validation,
            quarantine,
            facts: CycleFacts {
                collection_id: manifest.collection_id.clone(),
                scheduled_utc: slot,
                started_utc: manifest.started_utc,
            },
        }))
    } else {
        None
    };
    Ok(Collected {
        cycle: manifest.collection_cycle.clone(),
        actor: manifest.audit_log_entry.actor.clone(),
        slot,
        from_to_utc: (manifest.started_utc, manifest.finished_utc),
        members,
        state,
        sealed_before: Some(sealed_before(manifest)),
    })
}

/// Whether a member goes over unchanged.
fn taken_over(entry: &FileEntry) -> bool {
    let path = entry.path.as_str();
    !MADE_ANEW.contains(&path) && !RULES.iter().any(|rule| path.starts_with(rule))
}

/// Whether `record` is the cycle of `waiting`, linked anew: it names the same first sealing (F-144), answers the
/// same slot, and holds the very same collection.
fn is_linked_anew(waiting: &Manifest, record: &Manifest) -> bool {
    let told = record.omissions.iter().find(|omission| omission.proof == Proof::Store);
    let collected = |manifest: &Manifest| -> BTreeMap<String, Digest> {
        let entries = manifest.files.iter().filter(|entry| taken_over(entry));
        entries.map(|entry| (entry.path.clone(), entry.sha256)).collect()
    };
    told.is_some_and(|told| told.reason == sealed_before(waiting))
        && record.scheduled_utc == waiting.scheduled_utc
        && record.started_utc == waiting.started_utc
        && collected(record) == collected(waiting)
}

/// When the record was sealed for the first time, however often it had to be linked anew.
fn sealed_before(manifest: &Manifest) -> String {
    let told = manifest.omissions.iter().find(|omission| omission.proof == Proof::Store);
    match told {
        Some(omission) if omission.reason.starts_with(SEALED_FIRST) => omission.reason.clone(),
        _ => format!(
            "{SEALED_FIRST}{} into the spool, as record {}; sealed anew for its place in the chain",
            manifest.sealed_utc, manifest.sequence
        ),
    }
}
