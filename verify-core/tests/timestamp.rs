//! Tokens of a real authority, and everything that is not one. Needs `openssl` on the path.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::format_collect,
    reason = "a test ends at the first surprise"
)]

#[path = "timestamp/accepted.rs"]
mod accepted;
#[path = "support/authority.rs"]
mod authority;
#[path = "timestamp/bytes.rs"]
mod bytes;
#[path = "timestamp/certificates.rs"]
mod certificates;
#[path = "timestamp/signed.rs"]
mod signed;

use verify_core::digest::Digest;
use verify_core::finding::Code;
use verify_core::limits::Limits;
use verify_core::timestamp::{Authorities, Stamp, Token, TokenFault, verify};

use authority::Authority;

/// What the tokens of these tests are over.
fn imprint() -> Digest {
    Digest::of(b"evidence.example.com/acme\n1\nroot\n\n")
}

fn trusted(authority: &Authority) -> Authorities {
    Authorities::from_pem(&authority.pem("root")).unwrap()
}

fn judge(response: &[u8], authorities: &Authorities) -> Result<Stamp, TokenFault> {
    verify(&Token::parse(response, &Limits::default())?, &imprint(), authorities)
}

/// The response is refused with `code`, and the message says `words`.
#[track_caller]
fn refused(response: &[u8], authorities: &Authorities, code: Code, words: &str) {
    let fault = judge(response, authorities).expect_err(words);
    assert_eq!(fault.code(), code, "{fault}");
    let text = fault.to_string();
    assert!(text.contains(words), "expected {words:?} in {text:?}");
    assert!(!text.ends_with('.') && !text.starts_with(char::is_uppercase), "{text:?}");
}

/// The signed statement in a response, found by another parser.
fn statement(response: &[u8]) -> Vec<u8> {
    use der::Decode as _;
    let response = x509_tsp::TimeStampResp::from_der(response).unwrap();
    let content = response.time_stamp_token.unwrap().content;
    let signed: cms::signed_data::SignedData = content.decode_as().unwrap();
    signed.encap_content_info.econtent.unwrap().value().to_vec()
}

/// Replaces the one place where `from` stands by `to`, of equal length.
#[track_caller]
fn exchanged(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> =
        (0..=bytes.len() - from.len()).filter(|place| bytes[*place..].starts_with(from)).collect();
    assert_eq!(places.len(), 1, "places found");
    let mut bytes = bytes.to_vec();
    bytes[places[0]..places[0] + to.len()].copy_from_slice(to);
    bytes
}
