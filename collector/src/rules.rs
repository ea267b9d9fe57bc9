//! The rules of a run: profile, schemas and policies, exactly as they go into the evidence.
//!
//! Rules come from this program or from the company's own files. JSON is brought into its canonical
//! form here, once, because that is how it stands in a package (F-13); every digest is taken over
//! those bytes. What nobody evaluates (tests, notes) never becomes a member.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use verify_core::canon::{self, CanonError};
use verify_core::digest::Digest;
use verify_core::limits::Limits;
use verify_core::model::{RuleDigests, Schedule};
use verify_core::package::{PackError, PackedMember};
use verify_core::policy::{Evaluator, InProcess, Memo, POLICIES_FOLDER, PolicyError, PolicyFiles};
use verify_core::profile::Profile;

use crate::config::{RuleSources, Source};
use crate::platform::{PlatformError, RuleFiles};

mod folder;
mod in_force;
mod policies;

pub use in_force::{InForce, InForceError, digest_of};
pub use policies::built_in_policies;

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// Profile or schemas cannot be used.
    #[error("the platform's rules cannot be used")]
    Platform(#[from] PlatformError),
    /// A file or folder cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is too large or of a kind that has no place among rules.
    #[error("{path}: {message}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A JSON file is not strict JSON.
    #[error("{member} is not strict JSON")]
    Json {
        /// The member it would become.
        member: String,
        /// Why.
        #[source]
        source: CanonError,
    },
    /// The policies cannot be used.
    #[error("the policies cannot be used")]
    Policy(#[from] PolicyError),
    /// A rule cannot become a member of a package.
    #[error("a rule cannot become part of a package")]
    Pack(#[from] PackError),
}

/// Profile, schemas and policies of a run.
pub struct Rules {
    /// The profile, understood.
    pub profile: Profile,
    /// The policies, understood.
    pub policies: PolicyFiles,
    /// Members below `profile/`, `schemas/` and `policies/`, in canonical form.
    pub members: BTreeMap<String, Vec<u8>>,
    /// Their digests, and that of the schedule (F-36).
    pub digests: RuleDigests,
    /// The same members, compressed once for all records; and `verify.py`.
    packed: Vec<PackedMember>,
    evaluator: Mutex<InProcess>,
    memo: Memo,
}

impl Rules {
    /// Loads the rules that `sources` name.
    pub fn load(sources: &RuleSources, schedule: &Schedule) -> Result<Self, RulesError> {
        let (profile, files) = platform_rules(sources)?;
        let mut members = files.schemas;
        members.insert(files.profile_path, files.profile_bytes);
        members.extend(match &sources.policies {
            Source::BuiltIn(_) => built_in_policies(),
            Source::Path(folder) => folder::policies(folder)?,
        });
        Self::of(profile, members, schedule)
    }

    /// Brings `members` into canonical form, digests and compresses them.
    pub fn of(
        profile: Profile,
        members: BTreeMap<String, Vec<u8>>,
        schedule: &Schedule,
    ) -> Result<Self, RulesError> {
        let members = members
            .into_iter()
            .map(|(member, bytes)| canonical(&member, bytes).map(|bytes| (member, bytes)))
            .collect::<Result<BTreeMap<_, _>, _>>()?;
        let digests = RuleDigests {
            policies_sha256: digest_below(POLICIES_FOLDER, &members),
            schemas_sha256: digest_below("schemas/", &members),
            profile_sha256: digest_below("profile/", &members),
            schedule_sha256: schedule_digest(schedule)?,
        };
        let policies = members
            .iter()
            .filter_map(|(member, bytes)| {
                Some((member.strip_prefix(POLICIES_FOLDER)?.to_owned(), bytes.clone()))
            })
            .collect();
        let mut packed = members
            .iter()
            .map(|(member, bytes)| PackedMember::pack(member, bytes))
            .collect::<Result<Vec<_>, _>>()?;
        packed.push(PackedMember::pack("verify.py", verify_core::VERIFY_PY.as_bytes())?);
        Ok(Self {
            profile,
            policies: PolicyFiles::new(policies)?,
            members,
            digests,
            packed,
            evaluator: Mutex::new(InProcess::new()),
            memo: Memo::default(),
        })
    }

    /// Lends the evaluator and the memory of results: equal inputs are answered once.
    pub fn with_evaluator<T>(&self, judge: impl FnOnce(&mut dyn Evaluator, &Memo) -> T) -> T {
        // An evaluator holds only compiled policies, which a panic elsewhere cannot have changed.
        let mut evaluator = self.evaluator.lock().unwrap_or_else(PoisonError::into_inner);
        judge(&mut *evaluator, &self.memo)
    }

    /// The configured rules, as a cycle carries them.
    #[must_use]
    pub fn configured(&self, schedule: &Schedule) -> InForce {
        InForce { members: self.packed.clone(), digests: self.digests, schedule: schedule.clone() }
    }
}

/// Policies with their tests, by path below the folder of policies: the built-in ones, or a folder's.
pub fn policy_files_with_tests(
    own: Option<&std::path::Path>,
) -> Result<BTreeMap<String, Vec<u8>>, RulesError> {
    let members = match own {
        Some(path) => folder::policies_with_tests(path)?,
        None => built_in_policies().into_iter().chain(policies::built_in_tests()).collect(),
    };
    members
        .into_iter()
        .map(|(member, bytes)| {
            let path = member.strip_prefix(POLICIES_FOLDER).unwrap_or(&member).to_owned();
            canonical(&member, bytes).map(|bytes| (path, bytes))
        })
        .collect()
}

/// Digest of the canonical schedule object (F-36).
pub fn schedule_digest(schedule: &Schedule) -> Result<Digest, RulesError> {
    let bytes = canon::to_vec_of(schedule)
        .map_err(|source| RulesError::Json { member: "schedule".to_owned(), source })?;
    Ok(Digest::of(&bytes))
}

fn platform_rules(sources: &RuleSources) -> Result<(Profile, RuleFiles), RulesError> {
    Ok(match (&sources.profile, &sources.schemas) {
        (Source::BuiltIn(id), Source::BuiltIn(_)) => RuleFiles::shipped(id)?,
        (Source::Path(file), Source::BuiltIn(_)) => {
            RuleFiles::from_folder(file, file.parent().unwrap_or(file))?
        }
        (Source::Path(file), Source::Path(folder)) => RuleFiles::from_folder(file, folder)?,
        (Source::BuiltIn(id), Source::Path(folder)) => RuleFiles::shipped_with_schemas(id, folder)?,
    })
}

/// JSON members in RFC 8785 form, all others as they are.
pub(crate) fn canonical(member: &str, bytes: Vec<u8>) -> Result<Vec<u8>, RulesError> {
    // Names are exact: `x.JSON` is no document of the format.
    if member.rsplit_once('.').is_none_or(|(_, ending)| ending != "json") {
        return Ok(bytes);
    }
    let refused = |source| RulesError::Json { member: member.to_owned(), source };
    let value = canon::read(&bytes, &Limits::default()).map_err(refused)?;
    canon::to_vec(&value).map_err(refused)
}

/// The F-14 digest over the members below `folder`, by their full paths.
fn digest_below(folder: &str, members: &BTreeMap<String, Vec<u8>>) -> Digest {
    let below = members.iter().filter(|(member, _)| member.starts_with(folder));
    canon::digest_map(below.map(|(member, bytes)| (member.as_str(), Digest::of(bytes))))
}
