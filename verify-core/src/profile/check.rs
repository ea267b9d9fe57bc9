//! What a profile must hold beyond its types: names once, parents first, pointers well formed.

use std::collections::BTreeSet;

use super::{Paging, Profile, Resource};

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

/// A profile is checked whole before anything is read with it.
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
    if resource.path.contains("{parent}") != resource.parent.is_some() {
        return Err(ProfileError::Address {
            field: format!("{name}.path"),
            expected: "{parent} exactly when a parent is given",
            found: resource.path.clone(),
        });
    }
    if let Some(parent) = &resource.parent
        && !earlier.contains(parent.resource.as_str())
    {
        return Err(ProfileError::Parent { child: name.to_owned(), parent: parent.resource.to_string() });
    }
    check_paging(name, &resource.paging)?;
    for member in resource.response_schemas.iter().chain(&resource.state_schema) {
        schema_member(name, member)?;
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

fn check_paging(resource: &str, paging: &Paging) -> Result<(), ProfileError> {
    let (total, rest) = match paging {
        Paging::Single { total } => (total, [None, None]),
        Paging::PageNumber { total, page_count, .. } => (total, [Some(page_count), None]),
        Paging::NextUri { total, next, page_count, .. } => (total, [Some(next), page_count.as_ref()]),
        Paging::NextPageToken { total, next, .. } => (total, [Some(next), None]),
    };
    for text in rest.into_iter().flatten().chain(total) {
        pointer(resource, "paging", text)?;
    }
    Ok(())
}

/// A schema becomes a member of the package and is read from a folder: a plain path below
/// `schemas/`, in four parts, without any way out of it (F-102).
fn schema_member(resource: &str, text: &str) -> Result<(), ProfileError> {
    let parts: Vec<&str> = text.split('/').collect();
    let plain = |part: &&str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.len() <= 64
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    };
    if parts.len() == 4 && text.starts_with("schemas/") && parts.iter().all(plain) {
        Ok(())
    } else {
        Err(ProfileError::Address {
            field: format!("{resource}: schema"),
            expected: "schemas/<platform>/<version>/<file>",
            found: text.to_owned(),
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        id = "x"
        platform = "x"
        api_version = "v1"
        api_base = "https://api.{domain}"
        sign_in = { url = "https://api.{domain}/token", client_auth = "basic" }
        organization = { path = "/me", id = "/id", subdomain = "/name" }

        [[resources]]
        id = "divisions"
        path = "/divisions"
        paging = { style = "single", total = "/total" }
        key = ["/id"]
        state_schema = "schemas/x/v1/divisions.state-1.json"

        [[resources]]
        id = "grants"
        path = "/divisions/{parent}/grants"
        paging = { style = "single" }
        parent = { resource = "divisions" }
    "#;

    #[test]
    fn each_broken_rule_is_named() {
        assert!(Profile::from_toml(GOOD).is_ok());
        let cases = [
            ("\"/id\"]", "\"id\"]", "expected a JSON pointer"),
            ("total = \"/total\"", "total = \"total\"", "expected a JSON pointer"),
            ("\"/divisions\"", "\"//elsewhere\"", "a path that starts with one slash"),
            ("{parent}", "all", "{parent} exactly when a parent is given"),
            ("id = \"grants\"", "id = \"divisions\"", "declared twice"),
            ("resource = \"divisions\"", "resource = \"groups\"", "must be declared before"),
            ("schemas/x/v1/", "schemas/x/../../../", "schemas/<platform>/<version>/<file>"),
            ("state_schema", "stateschema", "profile is not understood"),
        ];
        for (good, bad, expected) in cases {
            assert!(GOOD.contains(good), "{good}");
            let error = Profile::from_toml(&GOOD.replace(good, bad)).unwrap_err().to_string();
            assert!(error.contains(expected), "{bad}: {error}");
        }
    }
}
