//! The envelope: `TimeStampResp` of RFC 3161 and the `SignedData` of RFC 5652 in it, as bytes and positions.
//!
//! Refused: a status other than granted, other content than a signed `TSTInfo`, more or fewer than one signer,
//! more than [`CERTIFICATES`] certificates. Ignored, as nothing here rests on them: revocation lists and unsigned
//! attributes.

use der::oid::ObjectIdentifier;

use super::asn1::{self, Element, Fields, tag};
use super::fault::TokenFault;
use super::tst_info::algorithm_object;
use super::{hexadecimal, shortened};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// Certificates in one token. Path building tries their permutations: eight are thousands of steps, thirty are
/// more than anyone waits for. Authorities send one to four.
pub(super) const CERTIFICATES: usize = 8;

/// The parts of a token that verification works on, all borrowed from the response.
#[derive(Debug, Clone)]
pub(super) struct SignedData<'a> {
    /// The bytes of `TSTInfo`.
    pub(super) content: &'a [u8],
    /// The certificates, each whole, in the order of the token.
    pub(super) certificates: Vec<&'a [u8]>,
    /// Digest algorithms the token announces.
    pub(super) digests: Vec<ObjectIdentifier>,
    /// The one signer.
    pub(super) signer: SignerInfo<'a>,
}

/// `SignerInfo` of RFC 5652, section 5.3.
#[derive(Debug, Clone)]
pub(super) struct SignerInfo<'a> {
    /// Which certificate is the signer's.
    pub(super) id: SignerId<'a>,
    /// Digest algorithm of content and signed attributes.
    pub(super) digest: ObjectIdentifier,
    /// The content of the signed attributes, as it was received.
    pub(super) attributes: Element<'a>,
    /// Signature algorithm: the content of its `AlgorithmIdentifier`.
    pub(super) algorithm: &'a [u8],
    /// The signature.
    pub(super) signature: &'a [u8],
}

/// How a token names its signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignerId<'a> {
    /// Contents of the issuer's name and of the serial number.
    IssuerAndSerial { issuer: &'a [u8], serial: &'a [u8] },
    /// The subject key identifier.
    Key(&'a [u8]),
}

/// Reads a response whose status is granted.
pub(super) fn read(response: &[u8]) -> Result<SignedData<'_>, TokenFault> {
    let mut fields =
        Fields::open("TimeStampResp", asn1::document("TimeStampResp", response)?, tag::SEQUENCE)?;
    status(fields.required(tag::SEQUENCE)?)?;
    let token = fields.required(tag::SEQUENCE)?;
    fields.end()?;

    let mut fields = Fields::open("ContentInfo", token, tag::SEQUENCE)?;
    expect_object("ContentInfo", SIGNED_DATA, fields.object()?)?;
    let content = fields.required(tag::constructed(0))?;
    fields.end()?;
    let mut fields = Fields::inside("ContentInfo", content.value)?;
    let signed_data = fields.required(tag::SEQUENCE)?;
    fields.end()?;
    read_signed_data(signed_data)
}

fn expect_object(
    place: &'static str,
    expected: ObjectIdentifier,
    found: ObjectIdentifier,
) -> Result<(), TokenFault> {
    if found == expected {
        return Ok(());
    }
    Err(TokenFault::structure(place, format!("expected the content type {expected}, found {found}")))
}

fn status(element: Element<'_>) -> Result<(), TokenFault> {
    let mut fields = Fields::open("PKIStatusInfo", element, tag::SEQUENCE)?;
    let status = fields.integer()?;
    let mut text = String::new();
    if let Some(lines) = fields.optional(tag::SEQUENCE)? {
        let mut lines = Fields::inside("PKIFreeText", lines.value)?;
        while let Some(line) = lines.optional(tag::UTF8)? {
            text.push_str(if text.is_empty() { "" } else { "; " });
            text.push_str(&String::from_utf8_lossy(line.value));
        }
        lines.end()?;
    }
    fields.optional(0x03)?;
    fields.end()?;
    if matches!(status, [0 | 1]) {
        return Ok(());
    }
    let status = match status {
        [number @ 0..=0x7f] => number.to_string(),
        other => format!("0x{}", hexadecimal(other.get(..16).unwrap_or(other))),
    };
    let text = if text.is_empty() { text } else { format!(" ({})", shortened(&text)) };
    Err(TokenFault::Status { status, text })
}

fn read_signed_data(element: Element<'_>) -> Result<SignedData<'_>, TokenFault> {
    const PLACE: &str = "SignedData";
    let mut fields = Fields::open(PLACE, element, tag::SEQUENCE)?;
    // Version 3, because the content is not plain data (RFC 5652, section 5.1).
    fields.version(3)?;
    let mut digests = Vec::new();
    let mut list = Fields::inside(PLACE, fields.required(tag::SET)?.value)?;
    while let Some(algorithm) = list.any()? {
        digests.push(algorithm_object(algorithm)?);
    }
    let content = encapsulated(fields.required(tag::SEQUENCE)?)?;
    let certificates = match fields.optional(tag::constructed(0))? {
        Some(set) => certificates(set)?,
        None => Vec::new(),
    };
    fields.optional(tag::constructed(1))?;
    let mut signers = Fields::inside(PLACE, fields.required(tag::SET)?.value)?;
    fields.end()?;
    let Some(first) = signers.any()? else {
        return Err(TokenFault::structure(PLACE, "expected one signer, found none".to_owned()));
    };
    if signers.any()?.is_some() {
        return Err(TokenFault::structure(PLACE, "expected one signer, found more".to_owned()));
    }
    Ok(SignedData { content, certificates, digests, signer: signer(first)? })
}

fn encapsulated(element: Element<'_>) -> Result<&[u8], TokenFault> {
    const PLACE: &str = "EncapsulatedContentInfo";
    let mut fields = Fields::open(PLACE, element, tag::SEQUENCE)?;
    expect_object(PLACE, TST_INFO, fields.object()?)?;
    let explicit = fields.required(tag::constructed(0))?;
    fields.end()?;
    let mut fields = Fields::inside(PLACE, explicit.value)?;
    let content = fields.required(tag::OCTETS)?.value;
    fields.end()?;
    Ok(content)
}

/// The certificates in any order: not every authority sorts its set as DER asks for.
fn certificates(set: Element<'_>) -> Result<Vec<&[u8]>, TokenFault> {
    const PLACE: &str = "CertificateSet";
    let mut list = Fields::inside(PLACE, set.value)?;
    let mut certificates = Vec::new();
    while let Some(certificate) = list.optional(tag::SEQUENCE)? {
        if certificates.len() == CERTIFICATES {
            let problem = format!("expected at most {CERTIFICATES} certificates, found more");
            return Err(TokenFault::structure(PLACE, problem));
        }
        certificates.push(certificate.whole);
    }
    list.end()?;
    Ok(certificates)
}

fn signer(element: Element<'_>) -> Result<SignerInfo<'_>, TokenFault> {
    const PLACE: &str = "SignerInfo";
    let mut fields = Fields::open(PLACE, element, tag::SEQUENCE)?;
    let version = fields.integer()?;
    let (expected, id) = if let Some(key) = fields.optional(tag::primitive(0))? {
        (3, SignerId::Key(key.value))
    } else {
        let mut names = Fields::open(PLACE, fields.required(tag::SEQUENCE)?, tag::SEQUENCE)?;
        let issuer = names.required(tag::SEQUENCE)?.value;
        let serial = names.integer()?;
        names.end()?;
        (1, SignerId::IssuerAndSerial { issuer, serial })
    };
    if version != [expected] {
        let problem = format!("expected version {expected} for the way the signer is named, found another");
        return Err(TokenFault::structure(PLACE, problem));
    }
    let digest = algorithm_object(fields.required(tag::SEQUENCE)?)?;
    let attributes = fields.required(tag::constructed(0))?;
    let algorithm = fields.required(tag::SEQUENCE)?.value;
    let signature = fields.required(tag::OCTETS)?.value;
    fields.optional(tag::constructed(1))?;
    fields.end()?;
    Ok(SignerInfo { id, digest, attributes, algorithm, signature })
}
