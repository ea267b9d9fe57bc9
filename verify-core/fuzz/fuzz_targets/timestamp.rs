//! Time-stamp tokens: hostile DER is read without harm, and only the corpus' own authority can be believed.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use verify_core::digest::Digest;
use verify_core::timestamp::{Authorities, Token, verify};
use verify_core_fuzz::limits;

/// Root of the authority that made the tokens of the corpus.
static AUTHORITIES: LazyLock<Authorities> =
    LazyLock::new(|| Authorities::from_pem(include_bytes!("../authority.pem")).expect("written by seeds"));

/// What these tokens are over.
static IMPRINT: LazyLock<Digest> = LazyLock::new(|| Digest::of(b"fuzz"));

fuzz_target!(|data: &[u8]| {
    let _certificates = Authorities::from_pem(data);
    match Token::parse(data, &limits()) {
        Err(fault) => {
            let _code = fault.code();
            assert!(!fault.to_string().is_empty());
        }
        Ok(token) => {
            assert!(token.authority().chars().count() <= 512);
            let foreign = verify(&token, &Digest::of(data), &AUTHORITIES);
            assert!(foreign.is_err(), "a token over the bytes that hold it");
            if let Ok(stamp) = verify(&token, &IMPRINT, &AUTHORITIES) {
                assert_eq!((stamp.time, token.imprint()), (token.time(), Some(*IMPRINT)));
                // Nothing that is signed may be changed: the statement is that of the authority's tokens.
                assert!(stamp.authority.contains("CN="), "{}", stamp.authority);
            }
        }
    }
});
