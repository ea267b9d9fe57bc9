//! Linking anew: what waits is judged and sealed again behind the records of another collector.
//!
//! Everything is done from the package that waits: payload, transcript, bodies and registers go over unchanged,
//! with the rules under which they were collected; drift, results and links are made for the new place in the
//! chain. The records are written into a queue of their own, which takes over when the last one is in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use verify_core::model::{Kind, Manifest, Proof, RuleDigests};
use verify_core::package::{Container, MANIFEST, PackedMember, SUMS};
use verify_core::policy::CycleFacts;
use verify_core::profile::Profile;

use super::SpoolError;
use super::aside::Aside;
use super::store::SpoolStore;
use super::waiting::{Waiting, accepted, member};
use crate::chain::ChainState;
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
    let taken_over =
        |path: &str| !MADE_ANEW.contains(&path) && !RULES.iter().any(|rule| path.starts_with(rule));
    let mut members = Vec::new();
    let mut registers = BTreeMap::new();
    for entry in manifest.files.iter().filter(|entry| taken_over(&entry.path)) {
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

/// When the record was sealed for the first time, however often it had to be linked anew.
fn sealed_before(manifest: &Manifest) -> String {
    let told = manifest.omissions.iter().find(|omission| omission.proof == Proof::Store);
    match told {
        Some(omission) if omission.reason.starts_with(SEALED_FIRST) => omission.reason.clone(),
        _ => format!(
            "{SEALED_FIRST}{} into the spool, as record {}; sealed anew behind records that were committed meanwhile",
            manifest.sealed_utc, manifest.sequence
        ),
    }
}
