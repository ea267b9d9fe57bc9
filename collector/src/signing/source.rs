//! Where a signing key is, as the configuration writes it.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::SignError;
use crate::secret::SecretSource;

/// Place of a signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// Its text, in a file or a variable: `file:PATH` or `env:NAME`.
    Text(SecretSource),
    /// Its text, in AWS Secrets Manager: `aws-secretsmanager:NAME-OR-ARN`.
    AwsSecret(String),
    /// A key that AWS KMS holds: `aws-kms:KEY-ID-OR-ALIAS-OR-ARN`.
    AwsKms(String),
}

const AWS_SECRET: &str = "aws-secretsmanager";
const AWS_KMS: &str = "aws-kms";
/// Characters of an ARN at most.
const LONGEST_REFERENCE: usize = 2_048;

impl KeySource {
    /// Every form in which a place is written.
    pub const FORMS: &str =
        "file:PATH, env:NAME, aws-secretsmanager:NAME-OR-ARN or aws-kms:KEY-ID-OR-ALIAS-OR-ARN";

    /// The same place, with a relative path resolved against `folder`.
    #[must_use]
    pub fn resolved(self, folder: &Path) -> Self {
        match self {
            Self::Text(SecretSource::File(path)) => Self::Text(SecretSource::File(folder.join(path))),
            elsewhere => elsewhere,
        }
    }
}

impl FromStr for KeySource {
    type Err = SignError;

    fn from_str(text: &str) -> Result<Self, SignError> {
        match text.split_once(':') {
            Some(("file" | "env", _)) => Ok(Self::Text(text.parse()?)),
            Some((AWS_SECRET, name)) if is_reference(name) => Ok(Self::AwsSecret(name.to_owned())),
            Some((AWS_SECRET, _)) => {
                Err(SignError::Reference { scheme: AWS_SECRET, expected: "name or ARN of a secret" })
            }
            Some((AWS_KMS, key)) if is_reference(key) => Ok(Self::AwsKms(key.to_owned())),
            Some((AWS_KMS, _)) => {
                Err(SignError::Reference { scheme: AWS_KMS, expected: "id, alias or ARN of a key" })
            }
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
            Self::AwsSecret(name) => write!(f, "{AWS_SECRET}:{name}"),
            Self::AwsKms(key) => write!(f, "{AWS_KMS}:{key}"),
        }
    }
}

/// Whether `text` can be a name at AWS, and is not the text of a private key.
fn is_reference(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-:!".contains(c);
    (1..=LONGEST_REFERENCE).contains(&text.len()) && text.chars().all(plain) && !text.contains("PRIVATE+KEY")
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
