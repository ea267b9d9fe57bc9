//! The rules in force: what approvals say, whatever the configuration says now.
//!
//! Approvals, exceptions and explanations carry the approved rules. Where a configured rule differs,
//! its approved files are read back from the newest record that carries them, so that one change
//! can be approved while another still waits.

use verify_core::digest::Digest;
use verify_core::model::{Manifest, RuleDigests, Schedule, Subject};
use verify_core::package::{PackError, PackedMember};

use super::{Rules, schedule_digest};
use crate::chain::{ChainError, ChainState, PackageError, StoredPackage, find_newest};
use crate::store::Store;

/// Why the rules in force cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum InForceError {
    /// The chain cannot be read.
    #[error("the chain cannot be read")]
    Chain(#[from] ChainError),
    /// A package cannot be used.
    #[error("a package with approved rules cannot be used")]
    Package(#[from] PackageError),
    /// A rule cannot be packed.
    #[error("an approved rule cannot be packed")]
    Pack(#[from] PackError),
    /// No record carries the approved rules.
    #[error("no record carries the approved {subject} with digest {digest}")]
    Nowhere {
        /// Which rules.
        subject: &'static str,
        /// Their approved digest.
        digest: Digest,
    },
}

/// Rules as a record carries them.
#[derive(Clone)]
pub struct InForce {
    /// Members below `profile/`, `schemas/` and `policies/`, and `verify.py`.
    pub members: Vec<PackedMember>,
    /// Their digests.
    pub digests: RuleDigests,
    /// The schedule.
    pub schedule: Schedule,
}

/// The families of rule members.
const FAMILIES: [(Subject, &str); 3] =
    [(Subject::Policies, "policies/"), (Subject::Schemas, "schemas/"), (Subject::Profile, "profile/")];

impl Rules {
    /// The approved rules of `chain`; those of `approving` are the configured ones.
    pub fn in_force(
        &self,
        chain: &ChainState,
        store: &dyn Store,
        configured: &Schedule,
        approving: Option<Subject>,
    ) -> Result<InForce, InForceError> {
        let mut found = self.configured(configured);
        for (subject, folder) in FAMILIES {
            let approved = digest_of(&chain.rules, subject);
            if approving == Some(subject) || approved == digest_of(&self.digests, subject) {
                continue;
            }
            let manifest = newest_with(store, subject, approved)?;
            found.members.retain(|member| !member.entry().path.starts_with(folder));
            found.members.extend(read_back(store, &manifest, folder)?);
            set_digest(&mut found.digests, subject, approved);
        }
        let approved = chain.rules.schedule_sha256;
        if approving != Some(Subject::Schedule) && approved != self.digests.schedule_sha256 {
            found.schedule = newest_with(store, Subject::Schedule, approved)?.schedule;
            found.digests.schedule_sha256 = approved;
        }
        Ok(found)
    }

    /// The rules that are configured but not approved.
    #[must_use]
    pub fn unapproved(&self, chain: &ChainState) -> Vec<Subject> {
        [Subject::Policies, Subject::Schemas, Subject::Profile, Subject::Schedule]
            .into_iter()
            .filter(|subject| digest_of(&chain.rules, *subject) != digest_of(&self.digests, *subject))
            .collect()
    }
}

/// The digest of one kind of rules. A baseline is no rule: its digest stands in approvals alone.
#[must_use]
pub const fn digest_of(rules: &RuleDigests, subject: Subject) -> Digest {
    match subject {
        Subject::Policies | Subject::Baseline => rules.policies_sha256,
        Subject::Schemas => rules.schemas_sha256,
        Subject::Profile => rules.profile_sha256,
        Subject::Schedule => rules.schedule_sha256,
    }
}

fn set_digest(rules: &mut RuleDigests, subject: Subject, digest: Digest) {
    match subject {
        Subject::Policies => rules.policies_sha256 = digest,
        Subject::Schemas => rules.schemas_sha256 = digest,
        Subject::Profile => rules.profile_sha256 = digest,
        Subject::Schedule => rules.schedule_sha256 = digest,
        Subject::Baseline => {}
    }
}

fn newest_with(store: &dyn Store, subject: Subject, digest: Digest) -> Result<Manifest, InForceError> {
    let carries = |manifest: &Manifest| match subject {
        Subject::Policies | Subject::Baseline => manifest.policies_sha256 == digest,
        Subject::Schemas => manifest.schemas_sha256 == digest,
        Subject::Profile => manifest.profile_sha256 == digest,
        Subject::Schedule => schedule_digest(&manifest.schedule).is_ok_and(|found| found == digest),
    };
    find_newest(store, carries)?.ok_or(InForceError::Nowhere { subject: subject.as_str(), digest })
}

fn read_back(
    store: &dyn Store,
    manifest: &Manifest,
    folder: &str,
) -> Result<Vec<PackedMember>, InForceError> {
    let package = StoredPackage::open(store, &manifest.payload_path)?;
    manifest
        .files
        .iter()
        .filter(|entry| entry.path.starts_with(folder))
        .map(|entry| {
            let bytes = package.payload(&entry.path, entry.sha256)?;
            Ok(PackedMember::pack(&entry.path, &bytes)?)
        })
        .collect()
}
