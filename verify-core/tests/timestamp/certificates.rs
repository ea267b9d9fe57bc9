//! Signers that may not stamp, and paths that lead nowhere.

use verify_core::finding::Code;
use verify_core::limits::Limits;
use verify_core::timestamp::{Authorities, Token, verify};

use crate::authority::{Authority, ISSUER, P384, Plan, SIGNER};
use crate::{exchanged, imprint, judge, refused, statement, trusted};

#[test]
fn a_foreign_authority_of_the_same_names_is_not_trusted() {
    let (ours, theirs) = (Authority::start(), Authority::start());
    let response = theirs.stamp(imprint().as_bytes());
    judge(&response, &trusted(&theirs)).unwrap();
    assert!(!ours.openssl_accepts(&response, imprint().as_bytes()));
    refused(&response, &trusted(&ours), Code::TsValid, "expected a signature by the key of the issuer");
    let other_kind = Authority::planned(Plan { key: P384, ..Plan::default() });
    refused(&response, &trusted(&other_kind), Code::TsValid, "certificate path");
    // Trust is not inherited from below: the signer of another authority vouches for nobody.
    let signer = Authorities::from_pem(&ours.pem("signer")).unwrap();
    refused(&response, &signer, Code::TsValid, "that issue others (0), found none");
    refused(&response, &Authorities::default(), Code::TsValid, "found none");
}

#[test]
fn the_signers_certificate_is_for_time_stamping_alone() {
    let usage = |usage: &'static str| Authority::planned(Plan { signer: usage, ..Plan::default() });
    let tst_info = statement(&Authority::start().stamp(imprint().as_bytes()));
    for (extensions, words) in [
        ("extendedKeyUsage=timeStamping\n", "expected the extended key usage to be critical"),
        (
            "extendedKeyUsage=critical,timeStamping,emailProtection\n",
            "alone, found 1.3.6.1.5.5.7.3.8, 1.3.6.1.5.5.7.3.4",
        ),
        ("extendedKeyUsage=critical,serverAuth\n", "alone, found 1.3.6.1.5.5.7.3.1"),
        ("extendedKeyUsage=critical,anyExtendedKeyUsage\n", "alone, found 2.5.29.37.0"),
        ("basicConstraints=CA:FALSE\n", "found no extended key usage"),
        (
            "extendedKeyUsage=critical,timeStamping\nkeyUsage=digitalSignature,keyEncipherment\n",
            "expected a key usage of digitalSignature or nonRepudiation alone",
        ),
        ("extendedKeyUsage=critical,timeStamping\nkeyUsage=keyAgreement\n", "expected a key usage"),
    ] {
        let authority = usage(extensions);
        let response = authority.forge(&tst_info, &["-cades"]);
        assert!(!authority.openssl_accepts(&response, imprint().as_bytes()), "{extensions}");
        refused(&response, &trusted(&authority), Code::TsValid, words);
        // Being given by the reader does not make it a time-stamp authority either.
        refused(&response, &Authorities::from_pem(&authority.pem("signer")).unwrap(), Code::TsValid, words);
    }
    // The same way of signing with the right certificate holds.
    let authority = usage(SIGNER);
    judge(&authority.forge(&tst_info, &["-cades"]), &trusted(&authority)).unwrap();
}

#[test]
fn every_certificate_is_valid_at_the_tokens_time() {
    let plain = Plan::default;
    let (past, future) = (["20200101000000Z", "20210101000000Z"], ["20440101000000Z", "20450101000000Z"]);
    for (plan, words) in [
        (Plan { valid: past, ..plain() }, "found one that ended at 2021-01-01T00:00:00Z"),
        (Plan { valid: future, ..plain() }, "found one that begins at 2044-01-01T00:00:00Z"),
        (Plan { root_valid: past, ..plain() }, "found none; 1 given are not valid then"),
    ] {
        let authority = Authority::planned(plan);
        let response = authority.stamp(imprint().as_bytes());
        assert!(!authority.openssl_accepts(&response, imprint().as_bytes()), "{words}");
        refused(&response, &trusted(&authority), Code::TsValid, words);
    }
    let authority = Authority::planned(Plan { valid: past, ..plain() });
    let given = Authorities::from_pem(&authority.pem("signer")).unwrap();
    let response = authority.stamp(imprint().as_bytes());
    refused(&response, &given, Code::TsValid, "expected every certificate to be valid at 20");
}

#[test]
fn a_certificate_that_ended_since_was_valid_then() {
    // An authority of 2020: its token is of June, its certificate ended in January, and today is long after.
    let authority =
        Authority::planned(Plan { valid: ["20200101000000Z", "20210101000000Z"], ..Plan::default() });
    let now = statement(&authority.stamp(imprint().as_bytes()));
    let place = now.windows(2).position(|window| window == [0x18, 0x0f]).unwrap() + 2;
    for (time, holds) in [
        (b"20200615120000Z", true),
        (b"20200101000000Z", true),
        (b"20210101000000Z", true),
        (b"20191231235959Z", false),
        (b"20210101000001Z", false),
        (b"19690615120000Z", false),
    ] {
        let then = exchanged(&now, &now[place..place + 15], time);
        let response = authority.forge(&then, &["-cades"]);
        assert_eq!(judge(&response, &trusted(&authority)).is_ok(), holds, "{time:?}");
    }
}

#[test]
fn only_issuers_issue() {
    let forged = |extensions: &'static str| {
        Authority::planned(Plan { intermediate: Some(extensions), ..Plan::default() })
    };
    for (extensions, words) in [
        (SIGNER, "expected issuers that may issue certificates"),
        ("basicConstraints=critical,CA:FALSE\n", "expected issuers that may issue certificates"),
        (
            "basicConstraints=critical,CA:TRUE\nkeyUsage=digitalSignature\n",
            "expected issuers that may issue certificates",
        ),
        (
            "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\nextendedKeyUsage=serverAuth\n",
            "expected issuers that allow time stamping",
        ),
    ] {
        let authority = forged(extensions);
        let response = authority.stamp(imprint().as_bytes());
        refused(&response, &trusted(&authority), Code::TsValid, words);
    }
    // A signer the reader trusts to stamp is not trusted to issue signers.
    let authority = forged(SIGNER);
    let given = Authorities::from_pem(&authority.pem("intermediate")).unwrap();
    refused(&authority.stamp(imprint().as_bytes()), &given, Code::TsValid, "expected issuers that may");
    let authority = forged(ISSUER);
    judge(&authority.stamp(imprint().as_bytes()), &trusted(&authority)).unwrap();
}

#[test]
fn the_token_brings_its_intermediates() {
    let authority = Authority::planned(Plan { intermediate: Some(ISSUER), ..Plan::default() });
    // From now on the token carries the root instead, which helps nobody.
    std::fs::write(authority.folder().join("chain.pem"), authority.pem("root")).unwrap();
    let response = authority.stamp(imprint().as_bytes());
    assert!(!authority.openssl_accepts(&response, imprint().as_bytes()));
    refused(&response, &trusted(&authority), Code::TsValid, "that issue others (1), found none");
    // A reader who was given the intermediate needs no more.
    judge(&response, &Authorities::from_pem(&authority.pem("intermediate")).unwrap()).unwrap();
}

#[test]
fn more_certificates_than_any_authority_sends_are_refused() {
    let authority = Authority::start();
    let tst_info = statement(&authority.stamp(imprint().as_bytes()));
    let others: Vec<Authority> = (0..8).map(|_| Authority::start()).collect();
    let file = others.iter().flat_map(|other| other.pem("root")).collect::<Vec<u8>>();
    let path = authority.folder().join("more.pem");
    std::fs::write(&path, file).unwrap();
    let response = authority.forge(&tst_info, &["-cades", "-certfile", "more.pem"]);
    refused(&response, &trusted(&authority), Code::TsValid, "expected at most 8 certificates");
    std::fs::write(&path, others.iter().skip(1).flat_map(|other| other.pem("root")).collect::<Vec<u8>>())
        .unwrap();
    let response = authority.forge(&tst_info, &["-cades", "-certfile", "more.pem"]);
    let token = Token::parse(&response, &Limits::default()).unwrap();
    verify(&token, &imprint(), &trusted(&authority)).unwrap();
    // Eight certificates that might all have issued each other: the search for a path that is not there ends soon.
    let started = std::time::Instant::now();
    refused(&response, &trusted(&others[0]), Code::TsValid, "certificate path");
    let stranger = Authority::planned(Plan { intermediate: Some(ISSUER), ..Plan::default() });
    let stranger = Authorities::from_pem(&stranger.pem("intermediate")).unwrap();
    refused(&response, &stranger, Code::TsValid, "at most six issuers");
    let spent = started.elapsed();
    assert!(spent.as_secs() < 10, "{spent:?}");
}
