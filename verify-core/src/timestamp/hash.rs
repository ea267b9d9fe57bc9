//! Digest algorithms of tokens: SHA-256, SHA-384 and SHA-512 (F-131), and SHA-1 for one purpose.

use std::fmt;

use der::oid::ObjectIdentifier;
use ring::digest::{self, digest};

/// A digest algorithm that may carry a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        })
    }
}

impl Hash {
    /// The algorithm named by `object`; none for any other, SHA-1 and MD5 among them.
    pub(super) fn of_object(object: ObjectIdentifier) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512].into_iter().find(|hash| hash.object() == object)
    }

    /// The object identifier, from the NIST arc.
    const fn object(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        })
    }

    /// Whether `expected` is the digest of `bytes`.
    pub(super) fn matches(self, bytes: &[u8], expected: &[u8]) -> bool {
        digest(
            match self {
                Self::Sha256 => &digest::SHA256,
                Self::Sha384 => &digest::SHA384,
                Self::Sha512 => &digest::SHA512,
            },
            bytes,
        )
        .as_ref()
            == expected
    }
}

/// Whether `expected` is the SHA-1 of `certificate`: what the certificate id of RFC 2634 holds.
///
/// It only says which of the certificates signed; the signature is verified with that certificate's key and
/// the certificate by its path, so a second certificate of equal SHA-1 gains nothing.
pub(super) fn sha1_names(certificate: &[u8], expected: &[u8]) -> bool {
    digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate).as_ref() == expected
}
