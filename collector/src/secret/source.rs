//! Where a secret is, as the configuration writes it: one form for the client secret and for the signing key.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{AwsSecret, Secret, SecretError, VaultSecret, key_vault, local, secrets_manager};
use crate::azure::AzureAccess;
use crate::config::{AwsConfig, AzureConfig, Config};

/// Place of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A file of the user the collector runs as: `file:PATH`.
    File(PathBuf),
    /// A variable of the environment: `env:NAME`. The weak one, see [`warning`](Self::warning).
    Environment(String),
    /// AWS Secrets Manager: `aws-secretsmanager:NAME-OR-ARN`, with `#KEY` for a member of a JSON object.
    AwsSecretsManager(AwsSecret),
    /// Azure Key Vault: `azure-keyvault:https://VAULT/secrets/NAME[/VERSION]`, with `#KEY` likewise.
    AzureKeyVault(VaultSecret),
}

/// How the services that keep secrets are reached.
#[derive(Debug, Clone, Copy)]
pub struct Services<'a> {
    /// AWS.
    pub aws: &'a AwsConfig,
    /// Azure.
    pub azure: &'a AzureConfig,
}

impl<'a> From<&'a Config> for Services<'a> {
    fn from(config: &'a Config) -> Self {
        Self { aws: &config.aws, azure: &config.azure }
    }
}

impl SecretSource {
    /// Every form in which a place is written.
    pub const FORMS: &str = "file:PATH, env:NAME, aws-secretsmanager:NAME-OR-ARN[#KEY] or \
                             azure-keyvault:https://VAULT.vault.azure.net/secrets/NAME[/VERSION][#KEY]";

    /// Whether `text` begins like a place of this kind, right or wrong.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        let scheme = text.split_once(':').map(|(scheme, _)| scheme);
        matches!(scheme, Some("file" | "env" | secrets_manager::SCHEME | key_vault::SCHEME))
    }

    /// Reads the secret.
    pub fn load(&self, services: &Services<'_>) -> Result<Secret, SecretError> {
        match self {
            Self::File(_) | Self::Environment(_) => self.load_here(),
            Self::AwsSecretsManager(secret) => secret.load(services.aws),
            Self::AzureKeyVault(secret) => {
                let azure = AzureAccess::connect(services.azure)?;
                secret.load(&|scope| Ok(azure.token(scope)?))
            }
        }
    }

    /// Reads a secret that lies on this machine: what opens a service cannot lie in one.
    pub fn load_here(&self) -> Result<Secret, SecretError> {
        match self {
            Self::File(path) => local::from_file(path),
            Self::Environment(name) => local::from_environment(name),
            Self::AwsSecretsManager(_) | Self::AzureKeyVault(_) => Err(SecretError::Elsewhere),
        }
    }

    /// Why this place is the weaker choice, if it is.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        match self {
            Self::Environment(name) => Some(format!(
                "a secret is taken from environment variable {name}, which child processes, other processes of \
                 this user and crash reports can see; file:PATH with mode 600 or a secret manager is safer"
            )),
            Self::File(_) | Self::AwsSecretsManager(_) | Self::AzureKeyVault(_) => None,
        }
    }

    /// The same place, with a relative path resolved against `folder`.
    #[must_use]
    pub fn resolved(self, folder: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(folder.join(path)),
            elsewhere => elsewhere,
        }
    }
}

impl FromStr for SecretSource {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(PathBuf::from(path))),
            Some(("env", name)) if is_variable(name) => Ok(Self::Environment(name.to_owned())),
            Some((secrets_manager::SCHEME, name)) => Ok(Self::AwsSecretsManager(name.parse()?)),
            Some((key_vault::SCHEME, address)) => Ok(Self::AzureKeyVault(address.parse()?)),
            other => {
                let scheme = other.map_or("", |(scheme, _)| scheme);
                Err(SecretError::Source { found: scheme.chars().take(20).collect() })
            }
        }
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::AwsSecretsManager(secret) => write!(f, "{}:{secret}", secrets_manager::SCHEME),
            Self::AzureKeyVault(secret) => write!(f, "{}:{secret}", key_vault::SCHEME),
        }
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_written_as_it_is_read() {
        for text in [
            "file:/etc/collector/secret",
            "env:COLLECTOR_SECRET",
            "aws-secretsmanager:prod/collector",
            "aws-secretsmanager:prod/collector#client_secret",
            "aws-secretsmanager:arn:aws:secretsmanager:eu-central-1:111122223333:secret:key-AbCdEf#a.b-c",
            "azure-keyvault:https://acme.vault.azure.net/secrets/collector",
            "azure-keyvault:https://acme.vault.azure.net/secrets/collector/4387e9f3d6e14c459867679a90fd0f79",
            "azure-keyvault:https://acme.vault.azure.net/secrets/collector#client_secret",
        ] {
            let source = text.parse::<SecretSource>().unwrap();
            assert_eq!(source.to_string(), text);
            assert_eq!(source.warning().is_some(), text.starts_with("env:"), "{text}");
            assert!(SecretSource::is_meant(text));
        }
        let moved = "file:secret".parse::<SecretSource>().unwrap().resolved(Path::new("etc"));
        assert_eq!(moved.to_string(), "file:etc/secret");
    }

    #[test]
    fn a_pasted_secret_is_refused_and_not_repeated() {
        for text in [
            "s3cr3t-value-that-was-pasted",
            "vault:s3cr3t",
            "file:",
            "env:",
            "env:s3cr3t=B",
            "aws-secretsmanager:",
            "aws-secretsmanager:s3cr3t value",
            "aws-secretsmanager:name#",
            "aws-secretsmanager:name#s3cr3t value",
            "azure-keyvault:s3cr3t",
            "",
        ] {
            let error = text.parse::<SecretSource>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error}");
        }
        assert!(!SecretSource::is_meant("aws-kms:alias/evidence"));
    }
}
