//! The rules a collector follows on one platform: its profile and the schemas that profile names.
//!
//! Both are data. The shipped ones are embedded; a configuration may name a folder with its own
//! instead. Exactly the bytes that were followed go into the evidence, so nothing here rewrites
//! them, and a profile that names a schema nobody has is refused before anything is read.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use verify_core::profile::{Profile, ProfileError};

mod shipped;
#[cfg(test)]
mod tests;

pub use shipped::{profile, profile_ids, schemas};

/// The largest profile or schema file that is read from a folder.
const LARGEST_RULE_FILE: u64 = 1 << 20;

/// Why the rules of a platform cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// No profile of this name is shipped.
    #[error("no profile {found:?} is shipped, expected one of {}", shipped::profile_ids().collect::<Vec<_>>().join(", "))]
    UnknownProfile {
        /// The name asked for.
        found: String,
    },
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is larger than any rule file can be.
    #[error("{} is larger than {LARGEST_RULE_FILE} bytes, the most a rule file may hold", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The profile is not UTF-8.
    #[error("profile is not UTF-8")]
    Utf8(#[from] std::str::Utf8Error),
    /// The profile cannot be followed.
    #[error("profile cannot be followed")]
    Profile(#[from] ProfileError),
    /// The profile names a schema that is not there.
    #[error("resource {resource} names the schema {schema}, which does not exist")]
    MissingSchema {
        /// The resource that names it.
        resource: String,
        /// Member path of the schema.
        schema: String,
    },
}

/// The rule files of one platform as bytes, under the names they have inside a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFiles {
    /// Member name of the profile, `profile/<id>.toml`.
    pub profile_path: String,
    /// The profile as written.
    pub profile_bytes: Vec<u8>,
    /// The schemas the profile names, by member name `schemas/<platform>/<version>/<file>`.
    pub schemas: BTreeMap<String, Vec<u8>>,
}

impl RuleFiles {
    /// The shipped rules of the profile called `id`, parsed and as bytes.
    pub fn shipped(id: &str) -> Result<(Profile, Self), PlatformError> {
        let text =
            shipped::profile(id).ok_or_else(|| PlatformError::UnknownProfile { found: id.to_owned() })?;
        Self::collect(text.as_bytes(), |member| {
            Ok(shipped::schemas().find(|(path, _)| *path == member).map(|(_, bytes)| bytes.to_vec()))
        })
    }

    /// The shipped profile called `id` with schemas of one's own: those below `folder` stand before
    /// the shipped ones, as for [`RuleFiles::from_folder`].
    pub fn shipped_with_schemas(id: &str, folder: &Path) -> Result<(Profile, Self), PlatformError> {
        let text =
            shipped::profile(id).ok_or_else(|| PlatformError::UnknownProfile { found: id.to_owned() })?;
        Self::collect(text.as_bytes(), |member| own_or_shipped(folder, member))
    }

    /// The rules in a folder that holds one profile file and its `schemas/`.
    ///
    /// A schema is looked for below `folder` first and among the shipped ones after that, so a
    /// customer only keeps the files that differ.
    pub fn from_folder(profile_file: &Path, folder: &Path) -> Result<(Profile, Self), PlatformError> {
        let profile = read(profile_file)?;
        Self::collect(&profile, |member| own_or_shipped(folder, member))
    }

    fn collect(
        profile_bytes: &[u8],
        find: impl Fn(&str) -> Result<Option<Vec<u8>>, PlatformError>,
    ) -> Result<(Profile, Self), PlatformError> {
        let profile = Profile::from_toml(std::str::from_utf8(profile_bytes)?)?;
        let mut schemas = BTreeMap::new();
        for resource in &profile.resources {
            for member in resource.response_schemas.iter().chain(&resource.state_schema) {
                let bytes = find(member)?.ok_or_else(|| PlatformError::MissingSchema {
                    resource: resource.id.to_string(),
                    schema: member.clone(),
                })?;
                schemas.insert(member.clone(), bytes);
            }
        }
        let files = Self {
            profile_path: format!("profile/{}.toml", profile.id),
            profile_bytes: profile_bytes.to_vec(),
            schemas,
        };
        Ok((profile, files))
    }
}

fn own_or_shipped(folder: &Path, member: &str) -> Result<Option<Vec<u8>>, PlatformError> {
    let own = folder.join(member);
    if own.exists() {
        return read(&own).map(Some);
    }
    Ok(shipped::schemas().find(|(path, _)| *path == member).map(|(_, bytes)| bytes.to_vec()))
}

/// Reads a small file; what is larger is refused before more of it is held in memory.
fn read(path: &Path) -> Result<Vec<u8>, PlatformError> {
    let failed = |source| PlatformError::Read { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(LARGEST_RULE_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST_RULE_FILE {
        return Err(PlatformError::TooLarge { path: path.to_owned() });
    }
    Ok(bytes)
}
