//! A key whose text AWS Secrets Manager keeps: read at the beginning of a run, then as if it came from a file.
//!
//! The text is the secret string itself, in its current version. What this program takes of it is wiped
//! when it is dropped; the buffers of the HTTP exchange are not ours to wipe.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use zeroize::Zeroizing;

use super::SignError;
use crate::aws::{Aws, CallError, NoPlainHttp};
use crate::config::AwsConfig;
use crate::secret::{Secret, one_line};

/// How errors name the service.
const SERVICE: &str = "AWS Secrets Manager";

/// The current text of the secret `named` by name or ARN.
pub(super) fn load(named: &str, config: &AwsConfig) -> Result<Secret, SignError> {
    let aws = Aws::connect(config)?;
    let settings = Builder::from(aws.sdk()).region(aws.region_for(named)?).interceptor(NoPlainHttp).build();
    let asked = Client::from_conf(settings).get_secret_value().secret_id(named).send();
    let mut answer = aws.wait(asked)?.map_err(|error| refusal(named, &CallError::of(&error)))?;
    let text = answer.secret_string.take().map(Zeroizing::new).ok_or_else(|| SignError::Service {
        service: SERVICE,
        message: format!("keeps {named} as binary, expected a text"),
        passing: false,
    })?;
    Ok(one_line(&text, &format!("secret {named}"))?)
}

/// A call that Secrets Manager refused or that never reached it.
fn refusal(named: &str, error: &CallError) -> SignError {
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
    SignError::Service { service: SERVICE, message, passing }
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
