//! Keys that AWS holds, against an emulation of it that signs for real: a chain whose key never leaves KMS,
//! a key read from Secrets Manager, changes of keys in both directions, and what is refused.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use verify_core::checkpoint::{KeyKind, SignatureState, VerifierKey};
use verify_core::report::Rung;
use verify_core::verify::TrustedKey;

#[path = "aws_keys/faults.rs"]
mod faults;
#[path = "support/kms_double.rs"]
mod kms_double;
#[path = "support/ministack.rs"]
mod ministack;
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "support/place.rs"]
mod place;
#[path = "aws_keys/secrets.rs"]
mod secrets;

use ministack::{MiniStack, REGION};
use place::{CONFIG, Place, about_signatures, rotate, strs, trusted};

const ORIGIN: &str = "evidence.example.com/acme-corp/production";
/// Stands in for what signs requests; like a key, it must show nowhere.
const ACCESS_SECRET: &str = "an-access-secret-that-must-not-show";

/// A place whose AWS is at `address`; no key is configured yet.
fn place(address: &str) -> Place {
    let place = Place::new();
    place.set("AWS_ACCESS_KEY_ID", "AKIDEVIDENCE");
    place.set("AWS_SECRET_ACCESS_KEY", ACCESS_SECRET);
    place.edit("# region = ", "region = ");
    place.edit("# endpoint_url = \"https://aws.example.com\"", &format!("endpoint_url = \"{address}\""));
    place
}

/// Names the key for the first time.
fn name_key(place: &Place, source: &str) {
    place.edit("# key = \"file:keys/log.key\"", &format!("key = \"{source}\""));
}

/// The public half as KMS itself tells it.
fn public(server: &MiniStack, key: &str) -> VerifierKey {
    let answer = server.call("TrentService.GetPublicKey", &json!({"KeyId": key}));
    let der = STANDARD.decode(answer["PublicKey"].as_str().unwrap()).unwrap();
    assert_eq!(der.len(), 44);
    VerifierKey::new(KeyKind::Log, ORIGIN, der[12..].try_into().unwrap()).unwrap()
}

/// The chain verifies, and every record of it is signed by a key given from outside; `late` of them say
/// that the record before them was not signed in time.
fn assert_signed(place: &Place, keys: Vec<TrustedKey>, late: usize) {
    let report = place.verified(keys);
    let told = about_signatures(&report);
    assert!(told.len() == late && told.iter().all(|told| told.starts_with("SIG-LATE")), "{told:?}");
    let step = report.assurance.iter().find(|step| step.rung == Rung::Signed).unwrap();
    assert!(step.reached, "{:?}", step.why);
}

#[test]
fn a_chain_is_signed_by_kms_and_verifies_with_the_key_given_from_outside() {
    let server = MiniStack::start();
    let id = server.make_signing_key();
    let key = public(&server, &id);
    let place = place(&server.address());
    name_key(&place, &format!("aws-kms:{id}"));
    let shown = place.done(&[&["key", "show"], &CONFIG[..]].concat());
    assert!(shown.contains(&format!("key      {key}\n")) && shown.contains("there is no chain"), "{shown}");
    let pem = place.done(&[&["key", "show", "--pem"], &CONFIG[..]].concat());
    assert_eq!(pem, key.public_pem());

    let told = place.collect();
    assert!(told.contains("signed    chain/0000000001.checkpoint") && !told.contains("warning"), "{told}");
    // Other names of the same key serve as well.
    server.call("TrentService.CreateAlias", &json!({"AliasName": "alias/evidence", "TargetKeyId": id}));
    place.edit(&format!("aws-kms:{id}"), "aws-kms:alias/evidence");
    place.collect();
    let arn = format!("aws-kms:arn:aws:kms:{REGION}:000000000000:key/{id}");
    place.edit("aws-kms:alias/evidence", &arn);
    place.edit("region = \"eu-central-1\"", "# region = ");
    place.collect();
    for sequence in 0..=3 {
        assert_eq!(place.note(sequence).check(&key), SignatureState::Signed, "{sequence}");
    }
    assert_signed(&place, vec![trusted(&key, 0)], 0);
    let shown = place.done(&[&["key", "show"], &CONFIG[..]].concat());
    assert!(shown.contains(&format!("key      {key}\n")) && shown.contains("from record 0 on"), "{shown}");

    place.openssl_verifies(&pem, 3);
    assert!(!place.shows(ACCESS_SECRET.as_bytes()));
}

#[test]
fn a_file_key_is_changed_for_one_in_kms_that_for_another_and_back() {
    let server = MiniStack::start();
    let (first, second) = (server.make_signing_key(), server.make_signing_key());
    let place = place(&server.address());
    let file = place.generate("keys/log.key");
    name_key(&place, "file:keys/log.key");
    place.collect();
    let (first_key, second_key) = (public(&server, &first), public(&server, &second));
    let both = |sequence: u64, old: &VerifierKey, new: &VerifierKey| {
        let note = place.note(sequence);
        assert_eq!((note.check(old), note.check(new)), (SignatureState::Signed, SignatureState::Signed));
    };
    let told = place.done(&strs(&rotate(&["--new", &format!("aws-kms:{first}")])));
    assert!(told.contains(&format!("new key: {first_key}")) && !told.contains("warning"), "{told}");
    both(2, &file, &first_key);
    place.edit("file:keys/log.key", &format!("aws-kms:{first}"));
    place.collect();
    place.done(&strs(&rotate(&["--new", &format!("aws-kms:{second}")])));
    both(4, &first_key, &second_key);
    place.edit(&first, &second);
    let last = place.generate("keys/last.key");
    place.done(&strs(&rotate(&["--new", "file:keys/last.key"])));
    both(5, &second_key, &last);
    place.edit(&format!("aws-kms:{second}"), "file:keys/last.key");
    place.collect();
    // Whoever was given the first key alone believes the others by the word of each one before.
    assert_signed(&place, vec![trusted(&file, 0)], 0);
    let shown = place.done(&[&["key", "show"], &CONFIG[..]].concat());
    assert!(shown.contains(&format!("earlier  {first_key} for records 2 to 3")), "{shown}");
}

#[test]
fn a_change_waits_for_an_outgoing_key_that_cannot_sign_now() {
    let server = MiniStack::start();
    let id = server.make_signing_key();
    let place = place(&server.address());
    name_key(&place, &format!("aws-kms:{id}"));
    place.collect();
    let new = place.generate("keys/next.key");
    server.call("TrentService.DisableKey", &json!({"KeyId": id}));
    let output = place.run(&strs(&rotate(&["--new", "file:keys/next.key"])));
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "recorded, and not complete: {told}");
    assert!(told.contains("DisabledException") && !place.has_note(2), "{told}");
    server.call("TrentService.EnableKey", &json!({"KeyId": id}));
    let told = place.done(&strs(&rotate(&["--new", "file:keys/next.key"])));
    assert!(told.contains("completed the key change of record 2"), "{told}");
    let note = place.note(2);
    let old = public(&server, &id);
    assert_eq!((note.check(&old), note.check(&new)), (SignatureState::Signed, SignatureState::Signed));
}

#[test]
fn keys_of_another_kind_and_settings_that_name_none_are_refused_with_what_helps() {
    let server = MiniStack::start();
    let place = place(&server.address());
    let collect = [&["collect"], &CONFIG[..]].concat();
    let make = "aws kms create-key --key-spec ECC_NIST_EDWARDS25519 --key-usage SIGN_VERIFY";
    name_key(&place, "aws-kms:KEY");
    let mut named = "KEY".to_owned();
    let mut rename = |to: &str| {
        place.edit(&format!("aws-kms:{named}\""), &format!("aws-kms:{to}\""));
        to.clone_into(&mut named);
    };
    for (spec, usage, words) in [
        ("ECC_NIST_P256", "SIGN_VERIFY", "is ECC_NIST_P256, expected ECC_NIST_EDWARDS25519"),
        ("RSA_2048", "SIGN_VERIFY", "is RSA_2048"),
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "is not for signing"),
    ] {
        rename(&server.make_key(spec, usage));
        let told = place.refused(&collect, 2);
        assert!(told.contains(words) && told.contains(make), "{told}");
    }
    rename("alias/nobody");
    let told = place.refused(&collect, 2);
    assert!(told.contains("NotFoundException") && told.contains("no such key"), "{told}");
    rename(&server.make_signing_key());
    place.edit("region = \"eu-central-1\"", "# region = ");
    let told = place.refused(&collect, 2);
    assert!(told.contains("no AWS region") && told.contains("[aws] region"), "{told}");
    assert!(!place.path("evidence").exists(), "nothing was written");
}

#[test]
fn region_and_credentials_may_come_from_a_profile() {
    let server = MiniStack::start();
    let id = server.make_signing_key();
    let place = place(&server.address());
    name_key(&place, &format!("aws-kms:{id}"));
    place.edit("region = \"eu-central-1\"", "# region = ");
    place.edit("# profile = ", "profile = ");
    std::fs::write(
        place.path("aws-config"),
        "[profile evidence]\nregion = eu-central-1\naws_access_key_id = AKID\naws_secret_access_key = of-the-profile\n",
    )
    .unwrap();
    place.set("AWS_CONFIG_FILE", "aws-config");
    place.collect();
    assert_eq!(place.note(1).check(&public(&server, &id)), SignatureState::Signed);
    assert!(!place.shows(b"of-the-profile"));
}

#[test]
fn kms_is_asked_over_tls_and_only_under_a_certificate_that_is_trusted() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let place = place(&format!("https://localhost:{port}"));
    for name in ["server", "stranger"] {
        let made = Command::new("openssl")
            .current_dir(place.folder())
            .args(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
                    .split(' '),
            )
            .args([
                "-addext",
                "subjectAltName=DNS:localhost",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
            ])
            .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    let server = MiniStack::start_with_tls(port, place.folder());
    let id = server.make_signing_key();
    name_key(&place, &format!("aws-kms:{id}"));
    place.set("SSL_CERT_FILE", "stranger.pem");
    let told = place.refused(&[&["key", "show"], &CONFIG[..]].concat(), 4);
    assert!(told.contains("cannot be reached"), "{told}");
    place.unset("SSL_CERT_FILE");
    place.set("SSL_CERT_FILE", "server.pem");
    place.collect();
    assert_eq!(place.note(1).check(&public(&server, &id)), SignatureState::Signed);
}
