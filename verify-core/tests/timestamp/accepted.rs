//! Tokens that hold, under OpenSSL and here.

use der::Decode as _;

use verify_core::limits::Limits;
use verify_core::timestamp::{Authorities, Request, Token, check_answer, verify};

use crate::authority::{Authority, ISSUER, P256, P384, Plan, RSA};
use crate::{imprint, judge, statement, trusted};

fn plans() -> Vec<(&'static str, Plan)> {
    let plain = Plan::default;
    vec![
        ("P-256", plain()),
        ("RSA", Plan { key: RSA, ..plain() }),
        ("P-384 with SHA-384", Plan { key: P384, digest: "sha384", ..plain() }),
        ("P-256 with SHA-384", Plan { key: P256, digest: "sha384", ..plain() }),
        ("certificate id in SHA-1", Plan { certificate_id: "sha1", ..plain() }),
        ("certificate id in SHA-512", Plan { certificate_id: "sha512", ..plain() }),
        (
            "RSA with SHA-512 over an intermediate",
            Plan {
                key: RSA,
                digest: "sha512",
                certificate_id: "sha1",
                intermediate: Some(ISSUER),
                ..plain()
            },
        ),
        ("the root in the token too", Plan { intermediate: Some(ISSUER), with_root: true, ..plain() }),
        (
            "certificate ids of the whole chain",
            Plan { intermediate: Some(ISSUER), more: "ess_cert_id_chain=yes", ..plain() },
        ),
        (
            "every optional field",
            Plan {
                more: "accuracy=secs:1,millisecs:500,microsecs:100\nordering=yes\ntsa_name=yes\nclock_precision_digits=6",
                ..plain()
            },
        ),
        ("no key usage", Plan { signer: "extendedKeyUsage=critical,timeStamping\n", ..plain() }),
    ]
}

#[test]
fn what_openssl_accepts_holds() {
    for (name, plan) in plans() {
        let authority = Authority::planned(plan);
        let response = authority.stamp(imprint().as_bytes());
        assert!(authority.openssl_accepts(&response, imprint().as_bytes()), "{name}: openssl refuses");
        let stamp = judge(&response, &trusted(&authority)).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(stamp.authority, "CN=Time signer,O=Example Trust", "{name}");
        assert_eq!((stamp.serial.as_str(), stamp.policy.as_str()), ("02", "1.2.3.4.1"), "{name}");
    }
}

#[test]
fn fields_are_those_other_parsers_read() {
    let authority = Authority::start();
    let response = authority.stamp(imprint().as_bytes());
    let token = Token::parse(&response, &Limits::default()).unwrap();
    let read = x509_tsp::TstInfo::from_der(&statement(&response)).unwrap();
    assert_eq!(token.imprint().unwrap().as_bytes(), read.message_imprint.hashed_message.as_bytes());
    assert_eq!(u64::try_from(token.time().unix()).unwrap(), read.gen_time.to_unix_duration().as_secs());
    assert_eq!(token.policy(), read.policy.to_string());
    let nonce =
        read.nonce.unwrap().as_bytes().iter().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
    assert_eq!(token.nonce(), Some(nonce));
    let text = authority.openssl_text(&response);
    let serial = text.lines().find_map(|line| line.strip_prefix("Serial number: 0x")).unwrap();
    assert_eq!(token.serial_hex(), serial.to_lowercase());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(u64::try_from(token.time().unix()).unwrap()) < 600, "{text}");
}

#[test]
fn an_answer_to_our_request_is_ours() {
    let authority = Authority::start();
    for nonce in [0, 1, 0x80, u64::MAX] {
        let request = Request::new(imprint(), nonce);
        let response = authority.answer(&request.to_der());
        let token = check_answer(&request, &response, &Limits::default()).unwrap();
        assert_eq!(token.nonce(), Some(nonce));
        verify(&token, &imprint(), &trusted(&authority)).unwrap();
        let other = Request::new(imprint(), 7);
        let fault = check_answer(&other, &response, &Limits::default()).unwrap_err();
        assert_eq!(fault.to_string(), format!("expected the nonce 7, found {nonce}"));
        let other = Request::new(verify_core::digest::Digest::of(b"other"), nonce);
        let fault = check_answer(&other, &response, &Limits::default()).unwrap_err();
        assert_eq!(fault.code(), verify_core::finding::Code::TsImprint);
    }
}

#[test]
fn an_answer_without_a_nonce_is_not_ours() {
    let authority = Authority::start();
    let response = authority.stamp_with(imprint().as_bytes(), &["-cert", "-no_nonce"]);
    let fault = check_answer(&Request::new(imprint(), 1), &response, &Limits::default()).unwrap_err();
    assert_eq!(fault.to_string(), "expected the nonce 1, found none");
    judge(&response, &trusted(&authority)).unwrap();
}

#[test]
fn a_path_ends_at_whatever_certificate_was_given() {
    let authority = Authority::planned(Plan { intermediate: Some(ISSUER), ..Plan::default() });
    let response = authority.stamp(imprint().as_bytes());
    for name in ["root", "intermediate", "signer"] {
        for bytes in [authority.pem(name), authority.der(name)] {
            let given = Authorities::from_pem(&bytes).unwrap();
            assert_eq!(given.len(), 1);
            judge(&response, &given).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        }
    }
    // Several in one file, with text between them, one of them twice, one of somebody else.
    let other = Authority::start();
    let text = b"# who we trust\n".to_vec();
    let file =
        [text, other.pem("root"), authority.pem("root"), b"\n\n".to_vec(), authority.pem("root")].concat();
    let mut given = Authorities::from_pem(&file).unwrap();
    assert_eq!(given.len(), 2);
    given.extend(trusted(&authority));
    assert_eq!(given.len(), 2);
    judge(&response, &given).unwrap();
}

#[test]
fn signatures_with_pss_padding_hold() {
    let authority = Authority::planned(Plan { key: RSA, ..Plan::default() });
    let statement = statement(&authority.stamp(imprint().as_bytes()));
    let pss = ["-cades", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32"];
    let response = authority.forge(&statement, &pss);
    judge(&response, &trusted(&authority)).unwrap();
}

#[test]
fn a_signer_named_by_its_key_holds() {
    let authority = Authority::start();
    let statement = statement(&authority.stamp(imprint().as_bytes()));
    let response = authority.forge(&statement, &["-cades", "-keyid"]);
    judge(&response, &trusted(&authority)).unwrap();
}
