//! Trusted time: RFC 3161 tokens over checkpoints, requested and verified (F-130, F-131).
//!
//! [`Request`] is what is sent, [`Token::parse`] reads an answer without trusting it, [`check_answer`] is for whoever
//! asked, [`verify`] for whoever doubts. No clock is read: every certificate must be valid at the token's own
//! time, as an authority's certificate of seven years ago has ended long since. No network either: issuers come with the
//! token, and the certificates trusted in the end from the reader.
//!
//! What a token proves: the bytes it is over existed at its time, if the authority is honest. What it does not: that
//! they were made then. A revoked authority cannot be noticed offline.

mod asn1;
mod attributes;
mod certificate;
mod fault;
mod hash;
mod path;
mod request;
mod response;
mod signature;
mod tst_info;

pub use fault::TokenFault;
pub use path::{Authorities, AuthorityError};
pub use request::Request;

use std::fmt::Write as _;

use rustls_pki_types::CertificateDer;

use crate::digest::Digest;
use crate::limits::Limits;
use crate::time::UtcTime;

use attributes::Attributes;
use certificate::Certificate;
use hash::Hash;
use response::SignedData;
use signature::Method;
use tst_info::{Imprint, TstInfo};

/// Characters of a text that somebody else wrote, in a message or a stamp.
const TEXT: usize = 512;

/// A token as it was received: read, not yet trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    response: Vec<u8>,
    statement: TstInfo,
    authority: String,
}

/// A token that holds: what it proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The time the authority states, in whole seconds (fractions are cut off).
    pub time: UtcTime,
    /// Subject of the authority's certificate, in the form of RFC 4514. Foreign text: escape it before showing it.
    pub authority: String,
    /// Serial number of the token in hexadecimal digits.
    pub serial: String,
    /// Policy of the authority, an object identifier.
    pub policy: String,
}

impl Token {
    /// Reads a `TimeStampResp` in DER: status granted, a `TSTInfo` of version 1, one signer whose certificate it carries.
    /// At most [`Limits::token_bytes`], and no byte after the end.
    pub fn parse(response: &[u8], limits: &Limits) -> Result<Self, TokenFault> {
        if response.len() > limits.token_bytes {
            return Err(TokenFault::Size { limit: limits.token_bytes, found: response.len() });
        }
        let envelope = response::read(response)?;
        let statement = TstInfo::read(envelope.content)?;
        let certificates = Carried::of(&envelope);
        let authority = certificates.signer(&envelope)?.subject();
        Ok(Self { response: response.to_vec(), statement, authority })
    }

    /// The SHA-256 the token is over; none if its imprint is of another algorithm.
    #[must_use]
    pub const fn imprint(&self) -> Option<Digest> {
        match &self.statement.imprint {
            Imprint::Sha256(digest) => Some(*digest),
            Imprint::Other(_) => None,
        }
    }

    /// The time the token states, in whole seconds: fractions are cut off.
    #[must_use]
    pub const fn time(&self) -> UtcTime {
        self.statement.time
    }

    /// The serial number in lower-case hexadecimal digits, two per byte.
    #[must_use]
    pub fn serial_hex(&self) -> String {
        self.statement.serial.clone()
    }

    /// The authority's policy, an object identifier in dotted form.
    #[must_use]
    pub fn policy(&self) -> String {
        self.statement.policy.clone()
    }

    /// The nonce, if there is one of at most 64 bits.
    #[must_use]
    pub const fn nonce(&self) -> Option<u64> {
        self.statement.nonce
    }

    /// Subject of the signer's certificate, as it says itself: foreign text of at most 512 characters.
    #[must_use]
    pub fn authority(&self) -> String {
        self.authority.clone()
    }

    fn expect_imprint(&self, expected: &Digest) -> Result<(), TokenFault> {
        match &self.statement.imprint {
            Imprint::Sha256(found) if found == expected => Ok(()),
            Imprint::Sha256(found) => Err(TokenFault::Imprint { expected: *expected, found: *found }),
            Imprint::Other(algorithm) => {
                Err(TokenFault::ImprintAlgorithm { expected: *expected, algorithm: algorithm.clone() })
            }
        }
    }
}

/// The certificates a token carries.
struct Carried<'a>(Vec<CertificateDer<'a>>);

impl<'a> Carried<'a> {
    fn of(envelope: &SignedData<'a>) -> Self {
        Self(envelope.certificates.iter().map(|bytes| CertificateDer::from(*bytes)).collect())
    }

    /// The signer's certificate. Others that cannot be read are no reason to refuse the token: no path needs them.
    fn signer(&self, envelope: &SignedData<'_>) -> Result<Certificate<'_>, TokenFault> {
        if self.0.is_empty() {
            return Err(TokenFault::signer("expected it in the token, found no certificate there"));
        }
        let readable = self.0.iter().filter_map(|bytes| Certificate::read(bytes).ok());
        readable.into_iter().find(|certificate| certificate.is(envelope.signer.id)).ok_or_else(|| {
            TokenFault::signer(format!(
                "expected it in the token, found {} certificates that are not it",
                self.0.len()
            ))
        })
    }
}

/// The token is whole: its signer signed this statement and may sign statements about time.
fn whole(envelope: &SignedData<'_>, signer: &Certificate<'_>) -> Result<(), TokenFault> {
    let hash = Hash::of_object(envelope.signer.digest).ok_or_else(|| {
        TokenFault::signature(format!(
            "expected SHA-256, SHA-384 or SHA-512, found {}",
            envelope.signer.digest
        ))
    })?;
    if envelope.digests != [envelope.signer.digest] {
        return Err(TokenFault::signature(
            "expected the digest algorithm of the one signer announced, found another",
        ));
    }
    Attributes::read(envelope.signer.attributes.value)?.bind(envelope.content, hash, signer)?;
    let methods = Method::named(envelope.signer.algorithm, hash)?;
    // What is signed are the attributes as a SET, though the token carries them as [0] (RFC 5652, section 5.4).
    let mut message = envelope.signer.attributes.whole.to_vec();
    if let Some(first) = message.first_mut() {
        *first = asn1::tag::SET;
    }
    signer.verify(&methods, &message, envelope.signer.signature)?;
    signer.may_stamp()
}

/// Verifies `token` over `imprint` with the certificates the reader was given (F-131).
///
/// Without any certificate given no token holds; whoever has none should not ask, but say *not evaluated*.
pub fn verify(token: &Token, imprint: &Digest, authorities: &Authorities) -> Result<Stamp, TokenFault> {
    token.expect_imprint(imprint)?;
    let envelope = response::read(&token.response)?;
    let certificates = Carried::of(&envelope);
    let signer = certificates.signer(&envelope)?;
    whole(&envelope, &signer)?;
    path::lead(&signer, &certificates.0, token.time(), authorities)?;
    Ok(Stamp {
        time: token.time(),
        authority: token.authority.clone(),
        serial: token.serial_hex(),
        policy: token.policy(),
    })
}

/// Judges the answer to `request`: granted, over its imprint, with its nonce, and signed soundly by the certificate it
/// carries. Whether that certificate is trusted is for [`verify`].
pub fn check_answer(request: &Request, response: &[u8], limits: &Limits) -> Result<Token, TokenFault> {
    let token = Token::parse(response, limits)?;
    token.expect_imprint(&request.imprint())?;
    if token.nonce() != Some(request.nonce()) {
        return Err(TokenFault::Nonce { expected: request.nonce(), found: token.nonce() });
    }
    let envelope = response::read(response)?;
    let certificates = Carried::of(&envelope);
    whole(&envelope, &certificates.signer(&envelope)?)?;
    Ok(token)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
