//! A key that AWS KMS holds and never gives away: it is asked for its public half once, and for every signature.
//!
//! The key is of spec `ECC_NIST_EDWARDS25519`; `ED25519_SHA_512` over the message itself is Ed25519 as RFC 8032
//! has it, so a note signed there is like any other. Its name is the origin of the chain. What comes back has
//! the length of a signature; whether it is one, [`crate::notes`] verifies, as it does whoever signed.

use aws_sdk_kms::Client;
use aws_sdk_kms::config::Builder;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{KeySpec, MessageType, SigningAlgorithmSpec};
use verify_core::checkpoint::{KeyKind, VerifierKey};
use verify_core::model::Origin;

use super::{SignError, Signer};
use crate::aws::{Aws, CallError, NoPlainHttp};
use crate::config::AwsConfig;

/// How errors name the service.
const SERVICE: &str = "AWS KMS";
/// Bytes of a message that KMS signs itself.
const LONGEST_MESSAGE: usize = 4_096;

/// Signs by AWS KMS.
#[derive(Debug)]
pub struct KmsSigner {
    aws: Aws,
    client: Client,
    /// The key as the configuration names it.
    named: String,
    /// The key as KMS names it: an alias may point to another one tomorrow, or in a moment.
    key_id: String,
    key: VerifierKey,
}

impl KmsSigner {
    /// The key `named` by id, alias or ARN, as key of the chain `origin`.
    pub fn open(named: &str, origin: &Origin, config: &AwsConfig) -> Result<Self, SignError> {
        let aws = Aws::connect(config)?;
        let settings =
            Builder::from(aws.sdk()).region(aws.region_for(named)?).interceptor(NoPlainHttp).build();
        let client = Client::from_conf(settings);
        let asked = client.get_public_key().key_id(named).send();
        let answer = aws
            .wait(asked)?
            .map_err(|error| refusal("does not show the public half of", named, &CallError::of(&error)))?;
        let spec = answer.key_spec.as_ref().map_or("none", KeySpec::as_str);
        if answer.key_spec != Some(KeySpec::EccNistEdwards25519) {
            return Err(SignError::Spec { key: named.to_owned(), found: spec.to_owned() });
        }
        let der = answer.public_key.map(Blob::into_inner).unwrap_or_default();
        let key = VerifierKey::from_public_der(KeyKind::Log, origin.as_str(), &der)
            .ok_or_else(|| SignError::Service {
                service: SERVICE,
                message: format!(
                    "answers with {} bytes that are no Ed25519 public key for {named}",
                    der.len()
                ),
                passing: false,
            })?
            .map_err(SignError::KeyName)?;
        let key_id = answer.key_id.unwrap_or_else(|| named.to_owned());
        Ok(Self { aws, client, named: named.to_owned(), key_id, key })
    }
}

impl Signer for KmsSigner {
    fn key(&self) -> &VerifierKey {
        &self.key
    }

    fn sign(&self, text: &[u8]) -> Result<[u8; 64], SignError> {
        if text.len() > LONGEST_MESSAGE {
            return Err(SignError::Service {
                service: SERVICE,
                message: format!("signs at most {LONGEST_MESSAGE} bytes, the text has {}", text.len()),
                passing: false,
            });
        }
        let asked = self
            .client
            .sign()
            .key_id(&self.key_id)
            .message(Blob::new(text))
            .message_type(MessageType::Raw)
            .signing_algorithm(SigningAlgorithmSpec::Ed25519Sha512)
            .send();
        let answer = self
            .aws
            .wait(asked)?
            .map_err(|error| refusal("does not sign with", &self.named, &CallError::of(&error)))?;
        let signature = answer.signature.map(Blob::into_inner).unwrap_or_default();
        signature.try_into().map_err(|_| SignError::Wrong { key: self.key.to_string() })
    }
}

/// A call that KMS refused or that never reached it.
fn refusal(what: &str, named: &str, error: &CallError) -> SignError {
    let (why, passing) = match error.code() {
        Some("AccessDeniedException") => {
            (": the collector's identity needs kms:GetPublicKey and kms:Sign on this key", true)
        }
        Some("DisabledException") => (": the key is disabled", true),
        Some("KMSInvalidStateException") => {
            (": the key's state forbids it, e.g. it waits for deletion", true)
        }
        Some("NotFoundException" | "InvalidArnException" | "ValidationException") => {
            (": there is no such key in this account and region", false)
        }
        // As KMS answers for a key without a public half, or one for encryption.
        Some("UnsupportedOperationException" | "InvalidKeyUsageException") => {
            return SignError::Spec { key: named.to_owned(), found: "not for signing".to_owned() };
        }
        Some("ThrottlingException") => (": too many requests, after all attempts", true),
        _ => ("", error.is_passing()),
    };
    SignError::Service { service: SERVICE, message: format!("{what} {named}: it {error}{why}"), passing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_by_what_mends_them() {
        let told = |code: &str| {
            let error = CallError::Refused { code: code.to_owned(), status: 400 };
            let error = refusal("does not sign with", "alias/evidence", &error);
            (error.to_string(), error.is_passing())
        };
        let (message, passing) = told("DisabledException");
        assert_eq!(
            message,
            "AWS KMS does not sign with alias/evidence: it answers DisabledException (HTTP status 400): the key is \
             disabled"
        );
        assert!(passing);
        assert!(told("AccessDeniedException").0.contains("kms:Sign") && told("AccessDeniedException").1);
        assert!(told("ThrottlingException").1 && told("KMSInternalException").1);
        assert!(told("NotFoundException").0.contains("no such key") && !told("NotFoundException").1);
        assert!(told("UnsupportedOperationException").0.contains("ECC_NIST_EDWARDS25519"));
    }
}
