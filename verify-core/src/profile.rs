//! Platform profiles: everything the product knows about one platform's API, as data (TOML).
//!
//! One file declares hosts, sign-in, pacing and every resource. The collector follows it to read;
//! collector and verifier follow it to normalize and compare. A new endpoint is a few lines of
//! data, no Rust. Unknown keys are refused, so a typing error can never silently change a rule.

use serde::{Deserialize, Serialize};

use crate::model::ResourceName;

mod check;
pub use check::ProfileError;

/// One platform profile, e.g. `reference` or `genesys-cloud`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Name of the profile; also its member name `profile/<id>.toml`.
    pub id: String,
    /// Platform word used by policies and manifests: `reference`, `genesys-cloud`, `nice-cxone`.
    pub platform: String,
    /// API version recorded in the evidence, e.g. `v2`.
    pub api_version: String,
    /// How to get a token.
    pub sign_in: SignIn,
    /// Base URL of the API without trailing slash; `{domain}` is replaced from the configuration.
    pub api_base: String,
    /// Request pacing and retry bounds.
    #[serde(default)]
    pub pacing: Pacing,
    /// Where organization id and name are read, to prove which tenant answered.
    pub organization: Organization,
    /// Resources in reading order; a parent stands before its children.
    pub resources: Vec<Resource>,
}

/// Client-credentials sign-in (RFC 6749 section 4.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Full URL of the token endpoint; `{domain}` is replaced from the configuration.
    pub url: String,
    /// Where the client id and secret go.
    pub client_auth: ClientAuth,
    /// `scope` of the request, if the platform wants one.
    #[serde(default)]
    pub scope: Option<String>,
}

/// Where client id and secret go in the token request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// `Authorization: Basic`.
    Basic,
    /// Form fields `client_id` and `client_secret`.
    Body,
}

/// Pacing and retry bounds; the platform's own headers always win.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pacing {
    /// Requests per minute when the platform does not say.
    pub requests_per_minute: u32,
    /// First wait after a failure without `Retry-After`, seconds.
    pub backoff_first_seconds: u32,
    /// Longest such wait, seconds.
    pub backoff_longest_seconds: u32,
    /// Tries for one page before the resource is given up.
    pub attempts_per_page: u32,
    /// Seconds a whole cycle may spend waiting before it is given up.
    pub cycle_wait_budget_seconds: u32,
    /// Response header with the requests used in this window.
    pub used_header: Option<String>,
    /// Response header with the requests allowed in this window.
    pub allowed_header: Option<String>,
    /// Response header with the seconds until the window ends.
    pub reset_header: Option<String>,
    /// Response header with the platform's correlation id.
    pub correlation_header: Option<String>,
}

impl Default for Pacing {
    fn default() -> Self {
        Self {
            requests_per_minute: 300,
            backoff_first_seconds: 1,
            backoff_longest_seconds: 60,
            attempts_per_page: 8,
            cycle_wait_budget_seconds: 3_600,
            used_header: None,
            allowed_header: None,
            reset_header: None,
            correlation_header: None,
        }
    }
}

/// The request that names the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// Path of the request.
    pub path: String,
    /// JSON pointer of the organization id in the answer.
    pub id: String,
    /// JSON pointer of the organization's short name in the answer.
    pub subdomain: String,
}

/// One resource: how it is read, normalized and compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Name, e.g. `users`.
    pub id: ResourceName,
    /// Path below `api_base`; `{parent}` is replaced by the parent's key when `parent` is given.
    pub path: String,
    /// Fixed query parameters, in this order.
    #[serde(default)]
    pub query: Vec<(String, String)>,
    /// How pages follow each other.
    pub paging: Paging,
    /// JSON pointer of the array of entities; empty for a root object that is the one entity.
    #[serde(default)]
    pub container: String,
    /// JSON pointers inside a normalized entity that make its key; empty for a single entity,
    /// whose key is the resource's name.
    #[serde(default)]
    pub key: Vec<String>,
    /// JSON pointers of the natural key, which survives a renumbering of ids.
    #[serde(default)]
    pub natural_key: Vec<String>,
    /// Resource whose entities this one is read for.
    #[serde(default)]
    pub parent: Option<Parent>,
    /// Permission the identity needs.
    #[serde(default)]
    pub permission: Option<String>,
    /// Pointer patterns of fields that move with no administrator's doing: dropped. `*` stands for
    /// every array element or object member.
    #[serde(default)]
    pub strip: Vec<String>,
    /// Pointer patterns of modification stamps: moved to `provenance`.
    #[serde(default)]
    pub provenance: Vec<String>,
    /// Pointer patterns of secrets and personal data: replaced before anything is written.
    #[serde(default)]
    pub redact: Vec<Redaction>,
    /// Arrays whose order means nothing.
    #[serde(default)]
    pub sets: Vec<SetArray>,
    /// Whether response bodies are kept, so that normalization can be replayed.
    #[serde(default)]
    pub keep_raw: bool,
    /// Response schemas that may match, newest first, as full member paths:
    /// `schemas/<platform>/<version>/<file>`.
    #[serde(default)]
    pub response_schemas: Vec<String>,
    /// State schema of one normalized entity, as a full member path.
    #[serde(default)]
    pub state_schema: Option<String>,
}

/// The resource a nested read is made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parent {
    /// Name of the parent resource; its entities' keys fill `{parent}`.
    pub resource: ResourceName,
    /// Member added to every entity with the parent's key, when the answer does not name it.
    #[serde(default)]
    pub inject: Option<String>,
}

/// A field that must not be written as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redaction {
    /// Pointer pattern.
    pub path: String,
    /// What stands in its place.
    pub with: RedactWith,
}

/// What stands in place of a redacted value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedactWith {
    /// Nothing: the field is dropped.
    Nothing,
    /// HMAC-SHA-256 of its canonical bytes under the collector's redaction key: stays comparable.
    Digest,
}

/// An array whose order means nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetArray {
    /// Pointer pattern of the array.
    pub path: String,
    /// JSON pointers inside an element that identify it; empty: the whole element.
    #[serde(default)]
    pub key: Vec<String>,
}

/// How pages follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "style", rename_all = "snake_case", deny_unknown_fields)]
pub enum Paging {
    /// One answer holds everything.
    Single {
        /// JSON pointer of a reported total, if there is one.
        #[serde(default)]
        total: Option<String>,
    },
    /// `pageNumber=1, 2, …` up to the reported page count.
    PageNumber {
        /// Query parameter of the page number.
        page_parameter: String,
        /// Query parameter of the page size.
        size_parameter: String,
        /// Entities asked for per page.
        page_size: u32,
        /// JSON pointer of the page count.
        page_count: String,
        /// JSON pointer of the reported total, if there is one.
        #[serde(default)]
        total: Option<String>,
    },
    /// Each answer names the path of the next one.
    NextUri {
        /// Query parameter of the page size.
        size_parameter: String,
        /// Entities asked for per page.
        page_size: u32,
        /// JSON pointer of the next path; absent or null ends the list.
        next: String,
        /// JSON pointer of the reported total, if there is one.
        #[serde(default)]
        total: Option<String>,
        /// JSON pointer of the page count, if there is one.
        #[serde(default)]
        page_count: Option<String>,
    },
    /// Each answer gives a token for the next one.
    NextPageToken {
        /// Query parameter of the token.
        token_parameter: String,
        /// Query parameter of the page size.
        size_parameter: String,
        /// Entities asked for per page.
        page_size: u32,
        /// JSON pointer of the next token; absent or null ends the list.
        next: String,
        /// JSON pointer of the reported total, if there is one.
        #[serde(default)]
        total: Option<String>,
    },
}

impl Profile {
    /// Reads a profile from TOML and checks it.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        let profile: Self = toml::from_str(text).map_err(|source| ProfileError::Toml(Box::new(source)))?;
        check::check(&profile)?;
        Ok(profile)
    }

    /// The resource called `name`.
    #[must_use]
    pub fn resource(&self, name: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id.as_str() == name)
    }
}
