//! Where a signing key is, as the configuration writes it.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::SignError;
use crate::aws::is_reference;
use crate::secret::SecretSource;

/// Place of a signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// Its text, wherever a secret can be.
    Text(SecretSource),
    /// A key that AWS KMS holds: `aws-kms:KEY-ID-OR-ALIAS-OR-ARN`.
    AwsKms(String),
}

const AWS_KMS: &str = "aws-kms";

impl KeySource {
    /// The form of a place where the key stays; the others are [`SecretSource::FORMS`].
    pub const KMS_FORM: &str = "aws-kms:KEY-ID-OR-ALIAS-OR-ARN";

    /// The same place, with a relative path resolved against `folder`.
    #[must_use]
    pub fn resolved(self, folder: &Path) -> Self {
        match self {
            Self::Text(secret) => Self::Text(secret.resolved(folder)),
            Self::AwsKms(key) => Self::AwsKms(key),
        }
    }

    /// Why this place is the weaker choice, if it is.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        match self {
            Self::Text(secret) => secret.warning(),
            Self::AwsKms(_) => None,
        }
    }
}

impl FromStr for KeySource {
    type Err = SignError;

    fn from_str(text: &str) -> Result<Self, SignError> {
        match text.split_once(':') {
            Some((AWS_KMS, key)) if is_reference(key) => Ok(Self::AwsKms(key.to_owned())),
            Some((AWS_KMS, _)) => {
                Err(SignError::Reference { scheme: AWS_KMS, expected: "id, alias or ARN of a key" })
            }
            _ if SecretSource::is_meant(text) => Ok(Self::Text(text.parse()?)),
            other => {
                let scheme = other.map_or("", |(scheme, _)| scheme);
                Err(SignError::Source { found: scheme.chars().take(20).collect() })
            }
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(secret) => secret.fmt(f),
            Self::AwsKms(key) => write!(f, "{AWS_KMS}:{key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_written_as_it_is_read() {
        for text in [
            "file:keys/log.key",
            "env:LOG_KEY",
            "aws-secretsmanager:prod/evidence-key",
            "aws-secretsmanager:prod/evidence#log-key",
            "azure-keyvault:https://acme.vault.azure.net/secrets/evidence-key",
            "aws-secretsmanager:arn:aws:secretsmanager:eu-central-1:111122223333:secret:key-AbCdEf",
            "aws-kms:alias/evidence",
            "aws-kms:mrk-1234abcd12ab34cd56ef1234567890ab",
            "aws-kms:arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        ] {
            assert_eq!(text.parse::<KeySource>().unwrap().to_string(), text);
        }
        let moved = "file:log.key".parse::<KeySource>().unwrap().resolved(Path::new("etc"));
        assert_eq!(moved.to_string(), "file:etc/log.key");
        let kept = "aws-kms:alias/a".parse::<KeySource>().unwrap().resolved(Path::new("etc"));
        assert_eq!(kept.to_string(), "aws-kms:alias/a");
    }

    #[test]
    fn a_pasted_key_is_refused_and_not_repeated() {
        for text in [
            "PRIVATE+KEY+a+01234567+AYEKFALVFGyNhPJEMzD1QIDr",
            "aws-secretsmanager:PRIVATE+KEY+a+01234567+AYEKFALVFGyNhPJEMzD1QIDr",
            "aws-kms:PRIVATE+KEY+a+01234567+AYEKFALVFGyNhPJEMzD1QIDr",
            "aws-kms:a key",
            "aws-kms:",
            "aws-secretsmanager:",
            "azure-keyvault:PRIVATE+KEY+a+01234567+AYEKFALVFGyNhPJEMzD1QIDr",
            "vault:x",
            "file:",
            "env:A=B",
            "",
        ] {
            let error = text.parse::<KeySource>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("AYEK"), "{error}");
        }
    }
}
