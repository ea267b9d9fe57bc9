//! A secret that AWS Secrets Manager keeps: read at the beginning of a run, then as if it came from a file.
//!
//! The text is the secret string in its current version, or one member of it if it is a JSON object. What this
//! program takes of it is wiped when it is dropped; the buffers of the SDK are not ours to wipe.

use std::fmt;
use std::str::FromStr;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use zeroize::Zeroizing;

use super::{JsonKey, Secret, SecretError, kept};
use crate::aws::{Aws, CallError, NoPlainHttp, is_reference};
use crate::config::AwsConfig;

/// How errors name the service.
pub(super) const SERVICE: &str = "AWS Secrets Manager";
/// How the configuration names the service.
pub(super) const SCHEME: &str = "aws-secretsmanager";

/// A secret by name or ARN, and the member of it that is meant: `NAME-OR-ARN` or `NAME-OR-ARN#KEY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsSecret {
    named: String,
    key: Option<JsonKey>,
}

impl FromStr for AwsSecret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let refused = || SecretError::Reference {
            scheme: SCHEME,
            expected: "name or ARN of a secret, with #KEY for one member of a JSON object",
        };
        let (named, key) = match text.split_once('#') {
            Some((named, key)) => (named, Some(JsonKey::parse(key).ok_or_else(refused)?)),
            None => (text, None),
        };
        if is_reference(named) { Ok(Self { named: named.to_owned(), key }) } else { Err(refused()) }
    }
}

impl fmt::Display for AwsSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.named)?;
        self.key.iter().try_for_each(|key| write!(f, "#{key}"))
    }
}

impl AwsSecret {
    /// Asks for the current version.
    pub(super) fn load(&self, config: &AwsConfig) -> Result<Secret, SecretError> {
        let named = &self.named;
        let aws = Aws::connect(config)?;
        let settings =
            Builder::from(aws.sdk()).region(aws.region_for(named)?).interceptor(NoPlainHttp).build();
        let asked = Client::from_conf(settings).get_secret_value().secret_id(named).send();
        let mut answer = aws.wait(asked)?.map_err(|error| refusal(named, &CallError::of(&error)))?;
        let text = answer.secret_string.take().map(Zeroizing::new).ok_or_else(|| SecretError::Service {
            service: SERVICE,
            message: format!("keeps {named} as binary, expected a text"),
            passing: false,
        })?;
        kept(&text, self.key.as_ref(), &format!("secret {named}"))
    }
}

/// A call that Secrets Manager refused or that never reached it.
fn refusal(named: &str, error: &CallError) -> SecretError {
    let (why, passing) = match error.code() {
        Some("AccessDeniedException") => {
            (": the collector's identity needs secretsmanager:GetSecretValue on this secret", true)
        }
        Some("DecryptionFailure") => (": the KMS key that encrypts the secret does not serve", true),
        Some("InvalidRequestException") => {
            (": the secret waits for deletion or has no current version", true)
        }
        Some("ResourceNotFoundException" | "ValidationException" | "InvalidParameterException") => {
            (": there is no such secret in this account and region", false)
        }
        _ => ("", error.is_passing()),
    };
    let message = format!("does not give {named}: it {error}{why}");
    SecretError::Service { service: SERVICE, message, passing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_is_not_there_is_no_passing_fault() {
        let told = |code: &str| {
            let error = refusal("prod/key", &CallError::Refused { code: code.to_owned(), status: 400 });
            (error.to_string(), error.is_passing())
        };
        let (message, passing) = told("ResourceNotFoundException");
        assert!(
            message.contains("does not give prod/key") && message.contains("no such secret"),
            "{message}"
        );
        assert!(!passing);
        assert!(told("AccessDeniedException").1 && told("InternalServiceError").1);
    }
}
