//! The configuration of one chain: one commented TOML file per tenant and environment.
//!
//! Every value is checked before anything is read or written, and a refusal names line and column.
//! Unknown keys are refused, so a typing error can never leave a setting silently at its default.
//! Secrets never stand in the file: it only says where they are.

use std::path::{Path, PathBuf};

use verify_core::model::{Origin, Schedule, Tenant};

use crate::secret::SecretSource;
use crate::signing::KeySource;
use crate::store::azure::AzureSettings;
use crate::store::s3::S3Settings;

mod error;
mod raw;
mod template;

pub use error::ConfigError;
pub use template::{TEMPLATE, write_template};

/// A checked configuration; paths are resolved against the folder of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The chain this configuration writes.
    pub origin: Origin,
    /// Name of the cycle, e.g. `daily_0800`.
    pub cycle: String,
    /// What is known of the tenant; the platform comes from the profile.
    pub tenant: TenantConfig,
    /// Who reads.
    pub identity: Identity,
    /// The promised cycles.
    pub schedule: Schedule,
    /// Seconds to wait before reading, so that changes can propagate.
    pub propagation_wait_seconds: u32,
    /// Where profile, schemas and policies come from.
    pub rules: RuleSources,
    /// Folder with operational registers, one JSON file each.
    pub inputs: Option<PathBuf>,
    /// Where evidence goes.
    pub store: StoreConfig,
    /// Folder in which cycles wait while the store cannot be reached; `None`: they are not sealed then.
    pub spool: Option<PathBuf>,
    /// Where the key is that signs the chain; `None`: the chain is not signed.
    pub signing_key: Option<KeySource>,
    /// How AWS is reached, should evidence or a key be there.
    pub aws: AwsConfig,
    /// How Azure is reached, should evidence or a secret be there.
    pub azure: AzureConfig,
    /// Who stamps the checkpoints; `None`: nobody.
    pub timestamp: Option<TimestampConfig>,
    /// Who approved the first rules.
    pub genesis: GenesisApproval,
}

/// Where evidence goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreConfig {
    /// A folder.
    Folder(PathBuf),
    /// A bucket, and the terms on which it keeps every object.
    S3(S3Settings),
    /// A container, and the terms on which it keeps every blob.
    Azure(AzureSettings),
}

/// How AWS is reached; what is absent follows AWS's own order: environment, profile files, role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AwsConfig {
    /// Region, e.g. `eu-central-1`.
    pub region: Option<String>,
    /// Profile of AWS's own configuration files.
    pub profile: Option<String>,
    /// Address of every service: a gateway or a test server. https, or http to this machine.
    pub endpoint_url: Option<String>,
}

/// How Azure is reached; what is absent follows Azure's own order: environment, then the machine's identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AzureConfig {
    /// Tenant of Microsoft Entra ID.
    pub tenant_id: Option<String>,
    /// The application, or the managed identity where a machine has several.
    pub client_id: Option<String>,
    /// Where the application's secret is.
    pub client_secret: Option<SecretSource>,
    /// Where a shared access signature for blobs is, which is used in place of a token.
    pub sas: Option<SecretSource>,
    /// Where tokens are issued: another cloud, or a test server. https, or http to this machine.
    pub authority_host: Option<String>,
    /// Resource id of the storage account, for questions that only Azure Resource Manager answers.
    pub account_id: Option<String>,
    /// Azure Resource Manager of another cloud, or a test server. https, or http to this machine.
    pub management_url: Option<String>,
}

/// A time-stamping authority (RFC 3161).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampConfig {
    /// Its address; plain http is enough, since its answers are signed.
    pub url: reqwest::Url,
    /// Seconds it has for one answer.
    pub timeout_seconds: u32,
}

/// What the configuration says of the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantConfig {
    /// Region as the platform names it.
    pub region: String,
    /// Expected organization id; the cycle fails when another one answers.
    pub organization_id: String,
    /// Expected short name.
    pub subdomain: String,
    /// Domain that replaces `{domain}` in the profile's addresses.
    pub domain: String,
    /// Overrides the profile's API address, e.g. for a gateway.
    pub api_base: Option<String>,
    /// Overrides scheme, host and port of the sign-in address.
    pub sign_in_base: Option<String>,
}

impl TenantConfig {
    /// The tenant as manifests name it.
    #[must_use]
    pub fn tenant(&self, platform: &str) -> Tenant {
        Tenant {
            platform: platform.to_owned(),
            region: self.region.clone(),
            organization_id: self.organization_id.clone(),
            subdomain: self.subdomain.clone(),
        }
    }
}

/// The service identity that reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Name of the service account, recorded in the evidence.
    pub service_account_id: String,
    /// OAuth client id.
    pub client_id: String,
    /// Where the client secret is.
    pub client_secret: SecretSource,
}

/// Where the rules come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSources {
    /// Name of a built-in profile, or a file.
    pub profile: Source,
    /// Built-in schemas, or a folder.
    pub schemas: Source,
    /// Built-in policies, or a folder.
    pub policies: Source,
}

/// Something built in, or the company's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Part of this program, by name.
    BuiltIn(String),
    /// A file or folder.
    Path(PathBuf),
}

/// The approval of the first rules, which the genesis records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenesisApproval {
    /// Who approved.
    pub approved_by: String,
    /// Change ticket.
    pub ticket: String,
    /// Why.
    pub reason: String,
}

impl Config {
    /// Reads and checks the file at `path`.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let bytes = std::fs::read(path).map_err(|source| ConfigError::unreadable(path, source))?;
        if bytes.len() > raw::LARGEST {
            return Err(ConfigError::too_large(path, bytes.len(), raw::LARGEST));
        }
        let text = String::from_utf8(bytes).map_err(|error| ConfigError::not_utf8(path, &error))?;
        Self::parse(&text, path)
    }

    /// Checks `text`, which was read from `path`; relative paths start at its folder.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        raw::check(text, path)
    }
}

#[cfg(test)]
mod tests;
