//! What the authority says: `TSTInfo` of RFC 3161, section 2.4.2.
//!
//! Read field by field, because `genTime` may hold fractions of a second that general parsers of DER refuse.
//! Refused: another version than 1, a time that is not UTC in DER, serial numbers below zero or over
//! [`SERIAL`] bytes, and critical extensions, since none is known.

use der::oid::ObjectIdentifier;

use crate::digest::Digest;
use crate::time::UtcTime;

use super::asn1::{self, Element, Fields, tag};
use super::fault::TokenFault;
use super::hash::Hash;
use super::hexadecimal;

const PLACE: &str = "TSTInfo";

/// Bytes of a serial number: RFC 3161 asks for 160 bits to be understood.
const SERIAL: usize = 64;

/// The statement inside a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TstInfo {
    pub(super) policy: String,
    pub(super) imprint: Imprint,
    pub(super) serial: String,
    pub(super) time: UtcTime,
    pub(super) nonce: Option<u64>,
}

/// What a token is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Imprint {
    Sha256(Digest),
    /// Algorithm and length, for the message only.
    Other(String),
}

impl TstInfo {
    /// Reads the content that the authority signed.
    pub(super) fn read(content: &[u8]) -> Result<Self, TokenFault> {
        let mut fields = Fields::open(PLACE, asn1::document(PLACE, content)?, tag::SEQUENCE)?;
        fields.version(1)?;
        let policy = fields.object()?.to_string();
        let imprint = imprint(fields.required(tag::SEQUENCE)?)?;
        let serial = serial(fields.integer()?)?;
        let time = time(fields.required(tag::TIME)?.value)?;
        // Accuracy and ordering say how far to trust the time; the five minutes of F-132 are coarser than either.
        if let Some(accuracy) = fields.optional(tag::SEQUENCE)? {
            accuracy_is_sound(accuracy)?;
        }
        if let Some(ordering) = fields.optional(tag::BOOLEAN)?
            && ordering.value != [0xff]
        {
            return Err(fault("expected ordering to be TRUE where it is present"));
        }
        let nonce = match fields.optional(tag::INTEGER)? {
            Some(element) => unsigned(Fields::inside(PLACE, element.whole)?.integer()?),
            None => None,
        };
        // The name of the authority is read from its certificate, which is proven; this one is not.
        fields.optional(tag::constructed(0))?;
        if let Some(extensions) = fields.optional(tag::constructed(1))? {
            refuse_critical(extensions)?;
        }
        fields.end()?;
        Ok(Self { policy, imprint, serial, time, nonce })
    }
}

fn fault(problem: impl Into<String>) -> TokenFault {
    TokenFault::structure(PLACE, problem.into())
}

fn imprint(element: Element<'_>) -> Result<Imprint, TokenFault> {
    let mut fields = Fields::open("MessageImprint", element, tag::SEQUENCE)?;
    let algorithm = fields.required(tag::SEQUENCE)?;
    let digest = fields.required(tag::OCTETS)?.value;
    fields.end()?;
    let object = algorithm_object(algorithm)?;
    match (Hash::of_object(object), <[u8; 32]>::try_from(digest)) {
        (Some(Hash::Sha256), Ok(bytes)) => Ok(Imprint::Sha256(Digest::from_bytes(bytes))),
        _ => Ok(Imprint::Other(format!("{object} with {} bytes", digest.len()))),
    }
}

/// The object identifier of a digest algorithm, whose parameters must be absent or NULL.
pub(super) fn algorithm_object(element: Element<'_>) -> Result<ObjectIdentifier, TokenFault> {
    let mut fields = Fields::open("AlgorithmIdentifier", element, tag::SEQUENCE)?;
    let object = fields.object()?;
    fields.optional(tag::NULL)?;
    fields.end()?;
    Ok(object)
}

fn serial(bytes: &[u8]) -> Result<String, TokenFault> {
    if bytes.len() > SERIAL || bytes.first().is_some_and(|first| *first > 0x7f) {
        return Err(fault(format!(
            "expected a serial number from 0, of at most {SERIAL} bytes, found another"
        )));
    }
    match bytes {
        [0, rest @ ..] if !rest.is_empty() => Ok(hexadecimal(rest)),
        _ => Ok(hexadecimal(bytes)),
    }
}

fn unsigned(bytes: &[u8]) -> Option<u64> {
    let bytes = match bytes {
        [0x80..=0xff, ..] => return None,
        [0, rest @ ..] => rest,
        _ => bytes,
    };
    if bytes.len() > 8 {
        return None;
    }
    Some(bytes.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
}

/// `GeneralizedTime` as RFC 3161 wants it: `yyyymmddhhmmss[.f…]Z`, no zero at the end of the fraction, which is cut off.
fn time(bytes: &[u8]) -> Result<UtcTime, TokenFault> {
    let text = String::from_utf8_lossy(bytes.get(..64).unwrap_or(bytes)).into_owned();
    let refused = || fault(format!("expected a time like 20240515080000Z, found {text:?}"));
    let (seconds, rest) = text.split_at_checked(14).ok_or_else(refused)?;
    let fraction = rest.strip_suffix('Z').ok_or_else(refused)?;
    let sound = match fraction.strip_prefix('.') {
        None => fraction.is_empty(),
        Some(digits) => {
            !digits.is_empty() && !digits.ends_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
    };
    if !sound || bytes.len() > 64 {
        return Err(refused());
    }
    let part = |from: usize, to: usize| seconds.get(from..to).unwrap_or_default();
    format!("{}-{}-{}T{}:{}:{}Z", part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 12), part(12, 14))
        .parse()
        .map_err(|_| refused())
}

fn accuracy_is_sound(element: Element<'_>) -> Result<(), TokenFault> {
    let mut fields = Fields::open("Accuracy", element, tag::SEQUENCE)?;
    fields.optional(tag::INTEGER)?;
    fields.optional(tag::primitive(0))?;
    fields.optional(tag::primitive(1))?;
    fields.end()
}

fn refuse_critical(extensions: Element<'_>) -> Result<(), TokenFault> {
    let mut list = Fields::inside(PLACE, extensions.value)?;
    while let Some(extension) = list.any()? {
        let mut fields = Fields::open("Extension", extension, tag::SEQUENCE)?;
        let object = fields.object()?;
        if fields.optional(tag::BOOLEAN)?.is_some_and(|critical| critical.value != [0]) {
            return Err(fault(format!("expected no critical extension, found {object}")));
        }
        fields.required(tag::OCTETS)?;
        fields.end()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_cut_to_seconds() {
        for (text, expected) in [
            ("20240515080000Z", "2024-05-15T08:00:00Z"),
            ("20240515080000.5Z", "2024-05-15T08:00:00Z"),
            ("20240229235959.999999Z", "2024-02-29T23:59:59Z"),
        ] {
            assert_eq!(time(text.as_bytes()).unwrap().to_string(), expected);
        }
        for text in [
            "",
            "2024051508Z",
            "20240515080000",
            "20240515080000.Z",
            "20240515080000.50Z",
            "20240515080000,5Z",
            "20240515080000+0000",
            "20230229000000Z",
            "20240515240000Z",
            "20240515080060Z",
            "2024-5150800-0Z",
            "2024051508000\u{e9}Z",
        ] {
            assert!(time(text.as_bytes()).is_err(), "{text}");
        }
        let long = format!("20240515080000.{}Z", "1".repeat(80));
        assert!(time(long.as_bytes()).is_err());
    }

    #[test]
    fn serial_numbers_and_nonces() {
        assert_eq!(serial(&[0]).unwrap(), "00");
        assert_eq!(serial(&[0, 0x80]).unwrap(), "80");
        assert!(serial(&[0x80]).is_err());
        assert!(serial(&[1; 65]).is_err());
        assert_eq!(unsigned(&[0]), Some(0));
        assert_eq!(unsigned(&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Some(u64::MAX));
        assert_eq!(unsigned(&[1, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(unsigned(&[0x80]), None);
    }
}
