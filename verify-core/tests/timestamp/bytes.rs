//! Bytes that are no token, or no longer one.

use verify_core::digest::Digest;
use verify_core::finding::Code;
use verify_core::limits::Limits;
use verify_core::timestamp::{Authorities, AuthorityError, Request, Token, check_answer};

use crate::authority::{Authority, ISSUER, Plan};
use crate::{exchanged, imprint, judge, refused, trusted};

/// Where a response holds its status: `30 82 .. .. 30 03 02 01 <status>`.
const STATUS: usize = 8;

#[test]
fn no_changed_byte_goes_unnoticed() {
    let authority = Authority::planned(Plan { intermediate: Some(ISSUER), ..Plan::default() });
    let authorities = trusted(&authority);
    let response = authority.stamp(imprint().as_bytes());
    judge(&response, &authorities).unwrap();
    for place in 0..response.len() {
        for mask in [0x01, 0x02, 0x20, 0x80, 0xff] {
            let mut changed = response.clone();
            changed[place] ^= mask;
            match judge(&changed, &authorities) {
                Err(fault) => assert!(matches!(fault.code(), Code::TsValid | Code::TsImprint), "{fault}"),
                // Granted became granted with modifications: the one byte that nobody signs.
                Ok(_) => assert_eq!((place, mask), (STATUS, 0x01), "byte {place} of {}", response.len()),
            }
        }
    }
}

#[test]
fn no_shorter_and_no_longer_response_is_one() {
    let authority = Authority::start();
    let authorities = trusted(&authority);
    let response = authority.stamp(imprint().as_bytes());
    for length in 0..response.len() {
        assert_eq!(judge(&response[..length], &authorities).unwrap_err().code(), Code::TsValid);
    }
    let longer = [&response[..], &[0]].concat();
    refused(&longer, &authorities, Code::TsValid, "expected nothing after the end, found 1 bytes");
}

#[test]
fn a_response_has_a_limit() {
    let authority = Authority::start();
    let response = authority.stamp(imprint().as_bytes());
    let limits = Limits { token_bytes: response.len(), ..Limits::default() };
    Token::parse(&response, &limits).unwrap();
    let limits = Limits { token_bytes: response.len() - 1, ..limits };
    let fault = Token::parse(&response, &limits).unwrap_err();
    assert_eq!(fault.code(), Code::TsValid);
    assert_eq!(
        fault.to_string(),
        format!("expected at most {} bytes, found {}", response.len() - 1, response.len())
    );
    refused(&vec![0x30; (64 << 10) + 1], &trusted(&authority), Code::TsValid, "expected at most 65536 bytes");
}

#[test]
fn a_token_over_other_bytes_is_of_something_else() {
    let authority = Authority::start();
    let other = Digest::of(b"another checkpoint");
    let response = authority.stamp(other.as_bytes());
    assert!(!authority.openssl_accepts(&response, imprint().as_bytes()));
    let words = format!("expected the imprint {}, found {other}", imprint());
    refused(&response, &trusted(&authority), Code::TsImprint, &words);
}

#[test]
fn an_imprint_of_another_algorithm_is_never_ours() {
    let authority = Authority::start();
    let query = ["-cert", "-sha512", "-digest"];
    let longer = "00".repeat(64);
    let response = authority.stamp_with(imprint().as_bytes(), &[&query[..], &[longer.as_str()]].concat());
    assert_eq!(Token::parse(&response, &Limits::default()).unwrap().imprint(), None);
    refused(&response, &trusted(&authority), Code::TsImprint, "2.16.840.1.101.3.4.2.3 with 64 bytes");
}

#[test]
fn a_refusal_is_not_a_token() {
    let authority = Authority::start();
    // SHA-384 is not among the digests this authority takes.
    let longer = "00".repeat(48);
    let response = authority.stamp_with(imprint().as_bytes(), &["-sha384", "-digest", &longer]);
    refused(&response, &trusted(&authority), Code::TsValid, "found 2 (");
    let fault = check_answer(&Request::new(imprint(), 1), &response, &Limits::default()).unwrap_err();
    assert!(fault.to_string().contains("expected status 0"), "{fault}");
}

#[test]
fn a_token_without_its_certificate_cannot_be_verified() {
    let authority = Authority::start();
    let response = authority.stamp_with(imprint().as_bytes(), &[]);
    refused(&response, &trusted(&authority), Code::TsValid, "found no certificate there");
}

#[test]
fn a_file_without_certificates_is_no_authority() {
    let authority = Authority::start();
    for (bytes, expected) in [
        (Vec::new(), AuthorityError::Empty),
        (b"we trust nobody\n".to_vec(), AuthorityError::Empty),
        (authority.pem("signer")[30..].to_vec(), AuthorityError::Empty),
        (vec![b'x'; (1 << 20) + 1], AuthorityError::Size { found: (1 << 20) + 1 }),
    ] {
        assert_eq!(Authorities::from_pem(&bytes), Err(expected));
    }
    let mut der = authority.der("root");
    der.push(0);
    let error = Authorities::from_pem(&der).unwrap_err();
    assert!(error.to_string().starts_with("certificate 1 is not X.509 in DER: "), "{error}");
    let base64 = authority.pem("root");
    let broken = exchanged(&base64, b"-----BEGIN CERTIFICATE-----\nMII", b"-----BEGIN CERTIFICATE-----\n*II");
    assert!(matches!(Authorities::from_pem(&broken), Err(AuthorityError::Pem { number: 1, .. })));
}
