//! Signatures that are not over this statement, not by this signer, or not of a kind that proves anything.

use verify_core::digest::Digest;
use verify_core::finding::Code;

use crate::authority::{Authority, Plan, RSA};
use crate::{exchanged, imprint, refused, statement, trusted};

#[test]
fn a_statement_under_the_signature_of_another_is_noticed() {
    let authority = Authority::start();
    let ours = authority.stamp(imprint().as_bytes());
    let theirs = authority.stamp(Digest::of(b"theirs").as_bytes());
    let (from, to) = (statement(&theirs), statement(&ours));
    // Equal lengths but for a nonce that begins with a zero byte.
    if from.len() == to.len() {
        let changed = exchanged(&theirs, &from, &to);
        refused(&changed, &trusted(&authority), Code::TsValid, "expected the message digest of TSTInfo");
    }
    let changed = exchanged(&theirs, Digest::of(b"theirs").as_bytes(), imprint().as_bytes());
    assert!(!authority.openssl_accepts(&changed, imprint().as_bytes()));
    refused(&changed, &trusted(&authority), Code::TsValid, "expected the message digest of TSTInfo");
    // With the message digest put right the signature no longer is.
    let digest = Digest::of(&statement(&changed));
    let both = exchanged(&changed, Digest::of(&from).as_bytes(), digest.as_bytes());
    assert!(!authority.openssl_accepts(&both, imprint().as_bytes()));
    refused(&both, &trusted(&authority), Code::TsValid, "expected a signature by the key of the signer");
}

#[test]
fn the_signed_certificate_id_names_the_certificate() {
    for plan in [
        Plan { key: RSA, ..Plan::default() },
        Plan { key: RSA, certificate_id: "sha1", ..Plan::default() },
        Plan { key: RSA, certificate_id: "sha384", ..Plan::default() },
    ] {
        let authority = Authority::planned(plan);
        let response = authority.stamp(imprint().as_bytes());
        // Same key, same names, same serial number, same issuer; a longer life.
        let signer = authority.der("signer");
        let twin = authority.twin_of_signer("20460101000000Z");
        let changed = exchanged(&response, &signer, &twin);
        assert!(!authority.openssl_accepts(&changed, imprint().as_bytes()));
        refused(
            &changed,
            &trusted(&authority),
            Code::TsValid,
            "expected the certificate id of the signer's certificate",
        );
    }
}

#[test]
fn what_must_be_signed_is_signed() {
    let authority = Authority::start();
    let tst_info = statement(&authority.stamp(imprint().as_bytes()));
    let authorities = trusted(&authority);
    let no_id = authority.forge(&tst_info, &[]);
    refused(&no_id, &authorities, Code::TsValid, "expected a signed certificate id");
    let nothing = authority.forge(&tst_info, &["-noattr"]);
    refused(&nothing, &authorities, Code::TsValid, "SignerInfo: expected an element 0xa0");
    let no_certificate = authority.forge(&tst_info, &["-cades", "-nocerts"]);
    refused(&no_certificate, &authorities, Code::TsValid, "found no certificate there");
}

#[test]
fn there_is_one_signer() {
    let (authority, other) = (Authority::start(), Authority::start());
    let tst_info = statement(&authority.stamp(imprint().as_bytes()));
    let path = |name: &str| other.folder().join(name).to_str().unwrap().to_owned();
    let (certificate, key) = (path("signer.pem"), path("signer.key"));
    let response = authority.forge(&tst_info, &["-cades", "-signer", &certificate, "-inkey", &key]);
    refused(&response, &trusted(&authority), Code::TsValid, "expected one signer, found more");
}

#[test]
fn weak_and_unknown_algorithms_prove_nothing() {
    let authority = Authority::start();
    let tst_info = statement(&authority.stamp(imprint().as_bytes()));
    for (digest, words) in [
        ("sha1", "expected SHA-256, SHA-384 or SHA-512, found 1.3.14.3.2.26"),
        ("sha224", "expected SHA-256, SHA-384 or SHA-512, found 2.16.840.1.101.3.4.2.4"),
        // Sound, but the library of the curves has no such pair.
        (
            "sha512",
            "expected RSA, RSASSA-PSS or ECDSA with the token's digest algorithm SHA-512, found 1.2.840.10045.4.3.4",
        ),
    ] {
        let response = authority.forge(&tst_info, &["-cades", "-md", digest]);
        refused(&response, &trusted(&authority), Code::TsValid, words);
    }
    let small = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"];
    let authority = Authority::planned(Plan { key: small, ..Plan::default() });
    let response = authority.stamp(imprint().as_bytes());
    refused(&response, &trusted(&authority), Code::TsValid, "expected a signature by the key of the signer");
    let curve = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"];
    let authority = Authority::planned(Plan { key: curve, ..Plan::default() });
    let response = authority.stamp(imprint().as_bytes());
    refused(&response, &trusted(&authority), Code::TsValid, "expected a key of RSA, P-256 or P-384");
}

#[test]
fn a_statement_is_one_of_rfc_3161() {
    let authority = Authority::start();
    let tst_info = statement(&authority.stamp(imprint().as_bytes()));
    let authorities = trusted(&authority);
    assert_eq!(tst_info[2..5], [0x02, 0x01, 0x01]);
    let mut other = tst_info.clone();
    other[4] = 2;
    refused(
        &authority.forge(&other, &["-cades"]),
        &authorities,
        Code::TsValid,
        "TSTInfo: expected version 1, found 0x02",
    );
    let longer = [&tst_info[..], &[0]].concat();
    refused(
        &authority.forge(&longer, &["-cades"]),
        &authorities,
        Code::TsValid,
        "expected nothing after the end",
    );
    let mut more = tst_info.clone();
    let extension = [0xa1, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x01, 0x01, 0xff, 0x04, 0x00];
    more.extend(extension);
    more[1] += 14;
    refused(
        &authority.forge(&more, &["-cades"]),
        &authorities,
        Code::TsValid,
        "expected no critical extension, found 1.2.3.4",
    );
    // The type of the content is followed by the content, [0]; the attribute of the same type is not.
    let stamp = authority.stamp(imprint().as_bytes());
    let tst_info_type = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04, 0xa0];
    let mut other_type = tst_info_type;
    other_type[10] = 5;
    let changed = exchanged(&stamp, &tst_info_type, &other_type);
    refused(
        &changed,
        &authorities,
        Code::TsValid,
        "expected the content type 1.2.840.113549.1.9.16.1.4, found 1.2.840",
    );
}
