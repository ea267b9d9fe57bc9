//! Whom the reader trusts, and the path that leads there.
//!
//! A certificate the reader gives can be three things. A root or any issuing authority ends the path: of it only
//! its name, its key, its name constraints and its validity count. The certificate of the time-stamp authority itself is
//! trusted as it is: the path has no steps. A certificate that may not issue others never ends the path of another one.
//! Every certificate of the path, the given one included, must be valid at the token's time; revocation is not judged,
//! since it cannot be offline.
//!
//! Stricter than `openssl ts -verify`, on purpose or because `webpki` is: intermediates with an extended key usage must
//! allow time stamping, names must be equal byte for byte, at most six intermediates, no signer that is itself an
//! issuer (unless it is given), no critical extension that is unknown, no SHA-1, no RSA below 2048 bits.
//! A path may end at an intermediate the reader gave, for which openssl needs `-partial_chain`.

use std::time::Duration;

use der::Decode;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{KeyUsage, VerifiedPath, anchor_from_trusted_cert};

use crate::digest::Digest;
use crate::time::UtcTime;

use super::asn1;
use super::certificate::{Certificate, may_issue};
use super::fault::TokenFault;
use super::signature::Method;

/// Bytes of one file of authorities: a whole system's store of roots has a quarter of this.
const FILE: usize = 1 << 20;
/// `id-kp-timeStamping`, 1.3.6.1.5.5.7.3.8.
const TIME_STAMPING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];

/// Why a file holds no authority certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// The file is too large.
    #[error("expected at most {FILE} bytes of certificates, found {found}")]
    Size {
        /// Length in bytes.
        found: usize,
    },
    /// There is no certificate in it.
    #[error("expected certificates in PEM or one in DER, found none")]
    Empty,
    /// The PEM around a certificate is broken.
    #[error("certificate {number} is in broken PEM: {problem}")]
    Pem {
        /// Which one, counted from 1.
        number: usize,
        /// What the decoder says.
        problem: String,
    },
    /// A certificate cannot be read.
    #[error("certificate {number} is not X.509 in DER: {problem}")]
    Certificate {
        /// Which one, counted from 1.
        number: usize,
        /// What the parser says.
        problem: String,
    },
}

/// Certificates that the reader trusts to say the time, given outside of the evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authorities(Vec<Authority>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Authority {
    bytes: CertificateDer<'static>,
    /// First and last second it is valid, in seconds since 1970.
    valid: (i64, i64),
    /// Whether it may end the path of another certificate.
    issues: bool,
}

impl Authorities {
    /// Reads one or more certificates in PEM, with any text between them, or one in DER.
    pub fn from_pem(bytes: &[u8]) -> Result<Self, AuthorityError> {
        if bytes.len() > FILE {
            return Err(AuthorityError::Size { found: bytes.len() });
        }
        let mut authorities = Self::default();
        if bytes.first() == Some(&asn1::tag::SEQUENCE) {
            authorities.add(1, CertificateDer::from(bytes.to_vec()))?;
            return Ok(authorities);
        }
        for (index, certificate) in CertificateDer::pem_slice_iter(bytes).enumerate() {
            let number = index + 1;
            let certificate =
                certificate.map_err(|error| AuthorityError::Pem { number, problem: error.to_string() })?;
            authorities.add(number, certificate)?;
        }
        if authorities.is_empty() { Err(AuthorityError::Empty) } else { Ok(authorities) }
    }

    fn add(&mut self, number: usize, bytes: CertificateDer<'static>) -> Result<(), AuthorityError> {
        let refused = |problem: String| AuthorityError::Certificate { number, problem };
        asn1::document("Certificate", &bytes).map_err(|fault| refused(fault.to_string()))?;
        let parsed =
            x509_cert::Certificate::from_der(&bytes).map_err(|error| refused(error.kind().to_string()))?;
        anchor_from_trusted_cert(&bytes).map_err(|error| refused(error.to_string()))?;
        let seconds = |time: x509_cert::time::Time| {
            i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
        };
        let validity = parsed.tbs_certificate.validity;
        let valid = (seconds(validity.not_before), seconds(validity.not_after));
        let authority = Authority { bytes, valid, issues: may_issue(&parsed) };
        if !self.0.contains(&authority) {
            self.0.push(authority);
        }
        Ok(())
    }

    /// Adds those of `other` that are not here yet.
    pub fn extend(&mut self, other: Self) {
        for authority in other.0 {
            if !self.0.contains(&authority) {
                self.0.push(authority);
            }
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// SHA-256 of each certificate in DER, as `openssl x509 -fingerprint -sha256` shows it.
    #[must_use]
    pub fn sha256(&self) -> Vec<Digest> {
        self.0.iter().map(|authority| Digest::of(&authority.bytes)).collect()
    }

    /// Whether there are none: then no token can be verified.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Authority {
    fn holds_at(&self, time: UtcTime) -> bool {
        (self.valid.0..=self.valid.1).contains(&time.unix())
    }
}

/// A path leads from `signer` over certificates of the token to a given one, all of them valid at `time`.
pub(super) fn lead(
    signer: &Certificate<'_>,
    others: &[CertificateDer<'_>],
    time: UtcTime,
    authorities: &Authorities,
) -> Result<(), TokenFault> {
    if let Some(given) = authorities.0.iter().find(|given| given.bytes.as_ref() == signer.bytes()) {
        return if given.holds_at(time) { Ok(()) } else { Err(not_valid(time)) };
    }
    let (valid, passed): (Vec<&Authority>, Vec<&Authority>) =
        authorities.0.iter().filter(|given| given.issues).partition(|given| given.holds_at(time));
    let anchors: Vec<TrustAnchor<'_>> =
        valid.iter().filter_map(|given| anchor_from_trusted_cert(&given.bytes).ok()).collect();
    let seconds = u64::try_from(time.unix())
        .map_err(|_| TokenFault::path("expected a time after 1970, found an earlier one"))?;
    let issuers_may_issue = |path: &VerifiedPath<'_>| {
        let all = path.intermediate_certificates().all(|certificate| {
            x509_cert::Certificate::from_der(&certificate.der()).is_ok_and(|parsed| may_issue(&parsed))
        });
        if all { Ok(()) } else { Err(webpki::Error::EndEntityUsedAsCa) }
    };
    let verdict = signer.verifier().verify_for_usage(
        &Method::all(),
        &anchors,
        others,
        UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
        KeyUsage::required_if_present(TIME_STAMPING),
        None,
        Some(&issuers_may_issue),
    );
    match verdict {
        Ok(_) => Ok(()),
        Err(webpki::Error::UnknownIssuer) if !passed.is_empty() => Err(TokenFault::path(format!(
            "expected a path to a given certificate valid at {time}, found none; {} given are not valid then",
            passed.len()
        ))),
        Err(error) => Err(TokenFault::path(words(&error, time, anchors.len()))),
    }
}

fn not_valid(time: UtcTime) -> TokenFault {
    TokenFault::path(format!("expected every certificate to be valid at {time}, found one that is not"))
}

fn words(error: &webpki::Error, time: UtcTime, given: usize) -> String {
    let moment = |time: &UnixTime| UtcTime::from_unix(i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
    match error {
        webpki::Error::UnknownIssuer => {
            format!(
                "expected a path to one of the given certificates that issue others ({given}), found none"
            )
        }
        webpki::Error::MaximumPathDepthExceeded => {
            format!(
                "expected a path of at most six issuers to one of the given certificates ({given}), found none"
            )
        }
        webpki::Error::CertExpired { not_after, .. } => {
            format!(
                "expected every certificate to be valid at {time}, found one that ended at {}",
                moment(not_after)
            )
        }
        webpki::Error::CertNotValidYet { not_before, .. } => {
            format!(
                "expected every certificate to be valid at {time}, found one that begins at {}",
                moment(not_before)
            )
        }
        webpki::Error::InvalidSignatureForPublicKey => {
            "expected a signature by the key of the issuer, found another".to_owned()
        }
        webpki::Error::UnsupportedSignatureAlgorithmContext(_)
        | webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            "expected certificates signed with RSA or ECDSA and SHA-2, found another algorithm".to_owned()
        }
        webpki::Error::CaUsedAsEndEntity => {
            "expected a signer that issues no certificates, found an issuer".to_owned()
        }
        webpki::Error::EndEntityUsedAsCa => {
            "expected issuers that may issue certificates, found one that may not".to_owned()
        }
        webpki::Error::RequiredEkuNotFoundContext(_) => {
            "expected issuers that allow time stamping, found one with another extended key usage".to_owned()
        }
        other => format!("expected a path that holds, found {other}"),
    }
}
