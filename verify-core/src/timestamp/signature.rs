//! Signature algorithms of tokens and certificates: RSA of 2048 to 8192 bits (PKCS #1 v1.5 and PSS) and ECDSA on
//! P-256 and P-384, with SHA-256, SHA-384 or SHA-512 (F-131).
//!
//! Not to be had: ECDSA with SHA-512, other curves, and keys declared for RSASSA-PSS alone.

use der::oid::ObjectIdentifier;
use rustls_pki_types::SignatureVerificationAlgorithm;
use webpki::ring as known;

use super::asn1::{Fields, tag};
use super::fault::TokenFault;
use super::hash::Hash;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// A signature algorithm and the digest it uses.
#[derive(Clone, Copy)]
pub(super) struct Method {
    hash: Hash,
    /// Whether `rsaEncryption` in a `SignerInfo` stands for it.
    plain_rsa: bool,
    algorithm: &'static dyn SignatureVerificationAlgorithm,
}

const fn method(
    hash: Hash,
    plain_rsa: bool,
    algorithm: &'static dyn SignatureVerificationAlgorithm,
) -> Method {
    Method { hash, plain_rsa, algorithm }
}

fn methods() -> [Method; 13] {
    use Hash::{Sha256, Sha384, Sha512};
    [
        method(Sha256, true, known::RSA_PKCS1_2048_8192_SHA256),
        method(Sha384, true, known::RSA_PKCS1_2048_8192_SHA384),
        method(Sha512, true, known::RSA_PKCS1_2048_8192_SHA512),
        method(Sha256, false, known::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS),
        method(Sha384, false, known::RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS),
        method(Sha512, false, known::RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS),
        method(Sha256, false, known::RSA_PSS_2048_8192_SHA256_LEGACY_KEY),
        method(Sha384, false, known::RSA_PSS_2048_8192_SHA384_LEGACY_KEY),
        method(Sha512, false, known::RSA_PSS_2048_8192_SHA512_LEGACY_KEY),
        method(Sha256, false, known::ECDSA_P256_SHA256),
        method(Sha384, false, known::ECDSA_P256_SHA384),
        method(Sha256, false, known::ECDSA_P384_SHA256),
        method(Sha384, false, known::ECDSA_P384_SHA384),
    ]
}

impl Method {
    /// The algorithm itself.
    pub(super) fn algorithm(&self) -> &'static dyn SignatureVerificationAlgorithm {
        self.algorithm
    }

    /// All of them: what the certificates of a path may be signed with.
    pub(super) fn all() -> Vec<&'static dyn SignatureVerificationAlgorithm> {
        methods().into_iter().map(|method| method.algorithm).collect()
    }

    /// Those that a `SignerInfo` can mean by the content of its signature algorithm, which must use `hash`.
    pub(super) fn named(algorithm: &[u8], hash: Hash) -> Result<Vec<Self>, TokenFault> {
        let mut fields = Fields::inside("SignatureAlgorithmIdentifier", algorithm)?;
        let object = fields.object()?;
        let plain_rsa = object == RSA_ENCRYPTION;
        if plain_rsa {
            // The digest then stands beside it, in digestAlgorithm (RFC 3370, section 3.2).
            fields.optional(tag::NULL)?;
            fields.end()?;
        }
        let found: Vec<Self> = methods()
            .into_iter()
            .filter(|method| {
                method.hash == hash
                    && if plain_rsa {
                        method.plain_rsa
                    } else {
                        method.algorithm.signature_alg_id().as_ref() == algorithm
                    }
            })
            .collect();
        if found.is_empty() {
            return Err(TokenFault::signature(format!(
                "expected RSA, RSASSA-PSS or ECDSA with the token's digest algorithm {hash}, found {object}"
            )));
        }
        Ok(found)
    }
}
