//! The request for a token: `TimeStampReq` of RFC 3161, section 2.4.1.

use crate::digest::Digest;

/// SHA-256 as `AlgorithmIdentifier` with the parameters NULL, as every authority understands it.
const SHA_256: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00];

/// A request for a token over one SHA-256 digest, with a nonce, that asks for the signer's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    imprint: Digest,
    nonce: u64,
}

impl Request {
    /// A request over `imprint`. The `nonce` must be fresh and unpredictable: it ties the answer to this request.
    #[must_use]
    pub const fn new(imprint: Digest, nonce: u64) -> Self {
        Self { imprint, nonce }
    }

    /// The digest to be stamped.
    #[must_use]
    pub const fn imprint(&self) -> Digest {
        self.imprint
    }

    /// The nonce that the answer must repeat.
    #[must_use]
    pub const fn nonce(&self) -> u64 {
        self.nonce
    }

    /// The request in DER, to be sent as `application/timestamp-query`.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let imprint = sequence(&[&SHA_256[..], &element(0x04, self.imprint.as_bytes())]);
        sequence(&[
            &element(0x02, &[1]),
            &imprint,
            &element(0x02, &unsigned(self.nonce)),
            // certReq TRUE: without the signer's certificate nobody can verify the token later.
            &element(0x01, &[0xff]),
        ])
    }
}

/// The shortest two's complement of a number that is never negative.
fn unsigned(number: u64) -> Vec<u8> {
    let mut bytes: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    if bytes.first().is_none_or(|first| *first > 0x7f) {
        bytes.insert(0, 0);
    }
    bytes
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

/// An element of at most 127 bytes, which is all that a request holds: the longest has 71.
fn element(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = u8::try_from(value.len()).unwrap_or(u8::MAX);
    debug_assert!(length < 0x80, "short form of the length");
    [&[tag, length], value].concat()
}

#[cfg(test)]
mod tests {
    use der::Decode;
    use x509_tsp::{TimeStampReq, TspVersion};

    use super::*;

    #[test]
    fn another_parser_reads_it_back() {
        for nonce in [0, 1, 0x7f, 0x80, 0xff, 0x0102_0304_0506_0708, u64::MAX] {
            let request = Request::new(Digest::of(b"abc"), nonce);
            let read = TimeStampReq::from_der(&request.to_der()).unwrap();
            assert_eq!(read.version, TspVersion::V1);
            assert_eq!(read.message_imprint.hash_algorithm.oid.to_string(), "2.16.840.1.101.3.4.2.1");
            assert!(read.message_imprint.hash_algorithm.parameters.unwrap().is_null());
            assert_eq!(read.message_imprint.hashed_message.as_bytes(), Digest::of(b"abc").as_bytes());
            let bytes = read.nonce.unwrap();
            assert!(bytes.as_bytes()[0] < 0x80, "never negative");
            let value = bytes.as_bytes().iter().fold(0_u128, |value, byte| (value << 8) | u128::from(*byte));
            assert_eq!(value, u128::from(nonce));
            assert!(read.cert_req);
            assert!(read.req_policy.is_none() && read.extensions.is_none());
        }
    }

    #[test]
    fn the_bytes_are_those_of_openssl() {
        // printf abc > f; openssl ts -query -data f -sha256 -cert -no_nonce | xxd -p
        let openssl = "30390201013031300d060960864801650304020105000420\
            ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0101ff";
        // A nonce of one adds three bytes before the last element.
        let expected = openssl.replacen("3039", "303c", 1).replace("0101ff", "0201010101ff");
        assert_eq!(crate::timestamp::hexadecimal(&Request::new(Digest::of(b"abc"), 1).to_der()), expected);
    }
}
