//! What a profile must hold beyond its types: names once, parents first, pointers well formed.

use std::collections::BTreeSet;

use super::{Profile, Resource};

/// Why a profile cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The text is no TOML, or a field is unknown, missing or of the wrong type.
    #[error("profile is not understood")]
    Toml(#[source] Box<toml::de::Error>),
    /// Two resources share a name.
    #[error("resource {0} is declared twice")]
    Twice(String),
    /// A parent is not declared before its child.
    #[error("resource {child} is read for {parent}, which must be declared before it")]
    Parent {
        /// The nested resource.
        child: String,
        /// The resource it names.
        parent: String,
    },
    /// A JSON pointer does not start with a slash.
    #[error("resource {resource}: {field} holds {found:?}, expected a JSON pointer like /id")]
    Pointer {
        /// Resource it stands in.
        resource: String,
        /// Field it stands in.
        field: &'static str,
        /// The refused text.
        found: String,
    },
    /// A path or address is not of the expected form.
    #[error("{field} holds {found:?}, expected {expected}")]
    Address {
        /// Field it stands in.
        field: String,
        /// What is expected.
        expected: &'static str,
        /// The refused text.
        found: String,
    },
}

pub(super) fn check(profile: &Profile) -> Result<(), ProfileError> {
    let mut seen = BTreeSet::new();
    for resource in &profile.resources {
        check_resource(resource, &seen)?;
        if !seen.insert(resource.id.as_str()) {
            return Err(ProfileError::Twice(resource.id.to_string()));
        }
    }
    path("organization.path", &profile.organization.path)?;
    pointer("organization", "id", &profile.organization.id)?;
    pointer("organization", "subdomain", &profile.organization.subdomain)
}

fn check_resource(resource: &Resource, earlier: &BTreeSet<&str>) -> Result<(), ProfileError> {
    let name = resource.id.as_str();
    path(&format!("{name}.path"), &resource.path)?;
    if let Some(parent) = &resource.parent
        && !earlier.contains(parent.resource.as_str())
    {
        return Err(ProfileError::Parent { child: name.to_owned(), parent: parent.resource.to_string() });
    }
    if !resource.container.is_empty() {
        pointer(name, "container", &resource.container)?;
    }
    let lists = [
        ("key", resource.key.iter().map(String::as_str).collect::<Vec<_>>()),
        ("natural_key", resource.natural_key.iter().map(String::as_str).collect()),
        ("strip", resource.strip.iter().map(String::as_str).collect()),
        ("provenance", resource.provenance.iter().map(String::as_str).collect()),
        ("redact", resource.redact.iter().map(|redaction| redaction.path.as_str()).collect()),
        ("sets", resource.sets.iter().map(|set| set.path.as_str()).collect()),
        ("sets.key", resource.sets.iter().flat_map(|set| set.key.iter().map(String::as_str)).collect()),
    ];
    for (field, pointers) in lists {
        for text in pointers {
            pointer(name, field, text)?;
        }
    }
    Ok(())
}

fn pointer(resource: &str, field: &'static str, text: &str) -> Result<(), ProfileError> {
    if text.starts_with('/') {
        Ok(())
    } else {
        Err(ProfileError::Pointer { resource: resource.to_owned(), field, found: text.to_owned() })
    }
}

/// A path starts at the API base and can never name another host.
fn path(field: &str, text: &str) -> Result<(), ProfileError> {
    if text.starts_with('/') && !text.starts_with("//") && !text.contains(['?', '#', '\\', ' ']) {
        Ok(())
    } else {
        Err(ProfileError::Address {
            field: field.to_owned(),
            expected: "a path that starts with one slash and holds no query",
            found: text.to_owned(),
        })
    }
}
