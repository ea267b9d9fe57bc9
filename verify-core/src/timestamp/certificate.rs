//! One certificate of a token: who it is, and whether it may sign tokens.
//!
//! RFC 3161, section 2.3: the extended key usage is critical and names time stamping alone. A key usage, where
//! there is one, allows signing and nothing else, as `openssl ts -verify` also asks for.

use der::Decode;
use der::oid::ObjectIdentifier;
use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier};

use super::asn1;
use super::fault::TokenFault;
use super::response::SignerId;
use super::shortened;
use super::signature::Method;

const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");

/// A certificate that both parsers can read: one knows names and extensions, the other verifies.
pub(super) struct Certificate<'a> {
    bytes: &'a CertificateDer<'a>,
    parsed: x509_cert::Certificate,
    verifier: EndEntityCert<'a>,
}

impl<'a> Certificate<'a> {
    /// Reads a certificate of X.509 version 3.
    pub(super) fn read(bytes: &'a CertificateDer<'a>) -> Result<Self, TokenFault> {
        asn1::document("Certificate", bytes)?;
        let parsed = x509_cert::Certificate::from_der(bytes)
            .map_err(|error| TokenFault::structure("Certificate", error.kind().to_string()))?;
        let verifier = EndEntityCert::try_from(bytes).map_err(|error| {
            TokenFault::structure("Certificate", format!("expected X.509 version 3, found {error}"))
        })?;
        Ok(Self { bytes, parsed, verifier })
    }

    /// All bytes.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The content of the issuer's name.
    pub(super) fn issuer(&self) -> &[u8] {
        self.verifier.issuer()
    }

    /// The content of the serial number.
    pub(super) fn serial(&self) -> &[u8] {
        self.verifier.serial()
    }

    /// The verifier of paths.
    pub(super) fn verifier(&self) -> &EndEntityCert<'a> {
        &self.verifier
    }

    /// The subject in the form of RFC 4514, shortened: text of whoever made the certificate.
    pub(super) fn subject(&self) -> String {
        shortened(&self.parsed.tbs_certificate.subject.to_string())
    }

    /// Whether `id` means this certificate.
    pub(super) fn is(&self, id: SignerId<'_>) -> bool {
        match id {
            SignerId::IssuerAndSerial { issuer, serial } => {
                issuer == self.issuer() && serial == self.serial()
            }
            SignerId::Key(key) => self
                .parsed
                .tbs_certificate
                .get::<SubjectKeyIdentifier>()
                .is_ok_and(|found| found.is_some_and(|(_, found)| found.0.as_bytes() == key)),
        }
    }

    /// Verifies `signature` over `message` with this certificate's key.
    pub(super) fn verify(
        &self,
        methods: &[Method],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), TokenFault> {
        let mut verdict = webpki::Error::InvalidSignatureForPublicKey;
        for method in methods {
            match self.verifier.verify_signature(method.algorithm(), message, signature) {
                Ok(()) => return Ok(()),
                // The method is for another kind of key; a later one may be for this kind.
                Err(error @ webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)) => {
                    verdict = error;
                }
                Err(error) => {
                    verdict = error;
                    break;
                }
            }
        }
        Err(TokenFault::signature(match verdict {
            webpki::Error::InvalidSignatureForPublicKey => {
                "expected a signature by the key of the signer's certificate (RSA of 2048 to 8192 bits, P-256 or P-384), \
                    found another"
                    .to_owned()
            }
            webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
                "expected a key of RSA, P-256 or P-384 that fits the signature algorithm, found another"
                    .to_owned()
            }
            other => format!("the key of the signer's certificate cannot be used: {other}"),
        }))
    }

    /// This certificate may sign tokens, and nothing else.
    pub(super) fn may_stamp(&self) -> Result<(), TokenFault> {
        let unreadable =
            |error: der::Error| TokenFault::signer(format!("unreadable extension: {}", error.kind()));
        let tbs = &self.parsed.tbs_certificate;
        match tbs.get::<ExtendedKeyUsage>().map_err(unreadable)? {
            None => {
                return Err(TokenFault::signer(
                    "expected the extended key usage timeStamping, found no extended key usage",
                ));
            }
            Some((_, ExtendedKeyUsage(purposes))) if purposes != [TIME_STAMPING] => {
                let found: Vec<String> = purposes.iter().map(ToString::to_string).collect();
                let found = shortened(&found.join(", "));
                return Err(TokenFault::signer(format!(
                    "expected the extended key usage {TIME_STAMPING} alone, found {found}"
                )));
            }
            Some((false, _)) => {
                return Err(TokenFault::signer(
                    "expected the extended key usage to be critical, found it is not",
                ));
            }
            Some((true, _)) => {}
        }
        if let Some((_, usage)) = tbs.get::<KeyUsage>().map_err(unreadable)? {
            let signs = usage.digital_signature() || usage.non_repudiation();
            let more = usage.key_encipherment()
                || usage.data_encipherment()
                || usage.key_agreement()
                || usage.key_cert_sign()
                || usage.crl_sign()
                || usage.encipher_only()
                || usage.decipher_only();
            if !signs || more {
                return Err(TokenFault::signer(
                    "expected a key usage of digitalSignature or nonRepudiation alone, found another",
                ));
            }
        }
        Ok(())
    }
}

/// Whether a certificate may issue others: what its own words say, or, where it is too old to say, that it may.
pub(super) fn may_issue(certificate: &x509_cert::Certificate) -> bool {
    let tbs = &certificate.tbs_certificate;
    let usage = match tbs.get::<KeyUsage>() {
        Ok(usage) => usage.map(|(_, usage)| usage.key_cert_sign()),
        Err(_) => return false,
    };
    match tbs.get::<x509_cert::ext::pkix::BasicConstraints>() {
        Ok(Some((_, constraints))) => constraints.ca && usage != Some(false),
        Ok(None) => usage == Some(true) || tbs.version == x509_cert::Version::V1,
        Err(_) => false,
    }
}
