//! The response schemas of a profile, compiled once per run.

use std::collections::BTreeMap;

use verify_core::limits::Limits;
use verify_core::model::ResourceName;
use verify_core::profile::Profile;
use verify_core::schema::{Registry, Schema, SchemaError};

/// The live response schemas of every resource.
#[derive(Debug, Default)]
pub struct ResponseSchemas {
    registries: BTreeMap<ResourceName, Registry>,
}

/// Why the response schemas cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemasError {
    /// The profile names a file that is not there.
    #[error("resource {resource} names the schema {path}, which does not exist")]
    Missing {
        /// The resource.
        resource: ResourceName,
        /// Member path.
        path: String,
    },
    /// A schema is not usable.
    #[error("schema {path} cannot be used")]
    Schema {
        /// Member path.
        path: String,
        /// Why.
        #[source]
        source: SchemaError,
    },
}

impl ResponseSchemas {
    /// Compiles what `profile` names; `file` gives the bytes at a member path such as
    /// `schemas/reference/v2/users.response-1.json`.
    pub fn compile<'f>(
        profile: &Profile,
        file: impl Fn(&str) -> Option<&'f [u8]>,
        limits: &Limits,
    ) -> Result<Self, SchemasError> {
        let mut registries = BTreeMap::new();
        for resource in &profile.resources {
            let mut candidates = Vec::new();
            for path in &resource.response_schemas {
                let missing = || SchemasError::Missing { resource: resource.id.clone(), path: path.clone() };
                let bytes = file(path).ok_or_else(missing)?;
                let schema = Schema::compile(bytes, limits)
                    .map_err(|source| SchemasError::Schema { path: path.clone(), source })?;
                candidates.push((path.clone(), schema));
            }
            registries.insert(resource.id.clone(), Registry::new(candidates));
        }
        Ok(Self { registries })
    }

    pub(super) fn of(&self, resource: &ResourceName) -> Option<&Registry> {
        self.registries.get(resource)
    }
}
