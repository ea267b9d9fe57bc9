//! KMS that is down, refuses, or answers wrongly: cycles are sealed all the same, say what they lack, and
//! later runs make up for it.

use std::net::TcpListener;

use serde_json::json;
use verify_core::model::Proof;

use super::kms_double::{Double, MESSAGE, Mood};
use super::ministack::MiniStack;
use super::place::{CONFIG, Place, trusted};
use super::{ACCESS_SECRET, assert_signed, name_key, place, public};

/// Why record `sequence` lacks the note before it.
fn omission(place: &Place, sequence: u64) -> String {
    let omissions = place.manifest(sequence).omissions;
    assert_eq!(omissions.len(), 1, "{omissions:?}");
    assert_eq!(omissions[0].proof, Proof::Checkpoint);
    omissions[0].reason.clone()
}

/// The address of nobody.
fn nobody() -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("http://127.0.0.1:{port}")
}

#[test]
fn while_kms_is_down_records_declare_what_they_lack_and_a_later_run_signs() {
    let server = MiniStack::start();
    let id = server.make_signing_key();
    let key = public(&server, &id);
    let place = place(&nobody());
    let down = std::fs::read_to_string(place.path("collector.toml")).unwrap();
    let down = down.lines().find(|line| line.starts_with("endpoint_url")).unwrap();
    let up = format!("endpoint_url = \"{}\"", server.address());
    name_key(&place, &format!("aws-kms:{id}"));
    // A signed chain cannot be begun without its key.
    let told = place.refused(&[&["collect"], &CONFIG[..]].concat(), 4);
    assert!(told.contains("cannot be reached") && told.contains("nothing was written"), "{told}");
    assert!(!place.path("evidence").exists());
    place.edit(down, &up);
    place.collect();
    place.edit(&up, down);
    for sequence in [2, 3] {
        let told = place.collect();
        assert!(told.contains("cannot be reached") && told.contains("the next run makes up"), "{told}");
        assert!(!place.has_note(sequence), "record {sequence} is committed, and not signed");
    }
    assert_eq!(place.manifest(2).omissions, [], "record 1 was signed in time");
    let reason = omission(&place, 3);
    assert!(reason.contains("AWS KMS") && reason.contains("cannot be reached"), "{reason}");
    place.edit(down, &up);
    let told = place.collect();
    assert!(!told.contains("warning"), "{told}");
    assert!(place.has_note(3) && place.has_note(4), "the newest note was made up for first");
    assert_eq!(place.manifest(4).omissions, []);
    assert_signed(&place, vec![trusted(&key, 0)], 1);
    assert!(!place.shows(ACCESS_SECRET.as_bytes()));
}

#[test]
fn a_disabled_key_is_declared_with_its_reason() {
    let server = MiniStack::start();
    let id = server.make_signing_key();
    let key = public(&server, &id);
    let place = place(&server.address());
    name_key(&place, &format!("aws-kms:{id}"));
    place.collect();
    server.call("TrentService.DisableKey", &json!({"KeyId": id}));
    let told = place.collect();
    assert!(told.contains("DisabledException") && !place.has_note(2), "{told}");
    place.collect();
    let reason = omission(&place, 3);
    assert!(reason.contains("DisabledException") && reason.contains("the key is disabled"), "{reason}");
    server.call("TrentService.EnableKey", &json!({"KeyId": id}));
    let told = place.collect();
    assert!(!told.contains("warning") && place.has_note(3) && place.has_note(4), "{told}");
    assert_signed(&place, vec![trusted(&key, 0)], 1);
}

#[test]
fn no_bad_answer_of_kms_becomes_a_note_and_none_of_its_words_evidence() {
    let (runtime, double) = Double::start();
    let place = place(&double.address());
    name_key(&place, "aws-kms:alias/evidence");
    place.collect();
    let sign = [
        (Mood::OtherKey, "does not verify with the public key"),
        (Mood::OtherText, "does not verify with the public key"),
        (Mood::Short, "does not verify with the public key"),
        (Mood::Nothing, "does not verify with the public key"),
        (Mood::Page, "in no known form"),
        (
            Mood::Refuses("AccessDeniedException", 400),
            "AccessDeniedException (HTTP status 400): the collector's",
        ),
        (Mood::Refuses("KMSInvalidStateException", 400), "KMSInvalidStateException"),
        (Mood::Refuses("NotFoundException", 400), "NotFoundException"),
        (Mood::Refuses("no code, CANARY", 400), "no error code (HTTP status 400)"),
    ];
    let mut sequence = 2;
    for (mood, words) in sign {
        double.set("Sign", mood);
        let told = place.collect();
        assert!(told.contains(words) && !place.has_note(sequence), "{mood:?}: {told}");
        if sequence > 2 {
            let reason = omission(&place, sequence);
            assert!(reason.contains(words), "{mood:?}: {reason}");
        }
        sequence += 1;
    }
    // The same at the first call: the key may be the right one, so the cycle goes on.
    for code in ["AccessDeniedException", "DisabledException", "UnrecognizedClientException"] {
        double.set("GetPublicKey", Mood::Refuses(code, 400));
        let told = place.collect();
        assert!(told.contains(code) && !place.has_note(sequence), "{told}");
        assert!(omission(&place, sequence).contains(code));
        sequence += 1;
    }
    double.set("GetPublicKey", Mood::Good);
    double.set("Sign", Mood::Good);
    let told = place.collect();
    assert!(!told.contains("warning") && place.has_note(sequence - 1) && place.has_note(sequence), "{told}");
    for secret in [MESSAGE, "CANARY", ACCESS_SECRET] {
        assert!(!place.shows(secret.as_bytes()), "{secret}");
    }
    runtime.shutdown_background();
}

#[test]
fn a_throttled_or_broken_kms_is_asked_three_times_and_no_more() {
    let (runtime, double) = Double::start();
    let place = place(&double.address());
    name_key(&place, "aws-kms:alias/evidence");
    let show = [&["key", "show"], &CONFIG[..]].concat();
    for (code, status) in [("ThrottlingException", 400), ("KMSInternalException", 500), ("Unavailable", 503)]
    {
        double.set("GetPublicKey", Mood::Refuses(code, status));
        let told = place.refused(&show, 4);
        assert!(told.contains(code) && told.contains("run again"), "{told}");
        assert_eq!(double.asked("GetPublicKey"), 3, "{code}");
    }
    double.set("GetPublicKey", Mood::Silent);
    let begun = std::time::Instant::now();
    let told = place.refused(&show, 4);
    assert!(told.contains("does not answer in time"), "{told}");
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    runtime.shutdown_background();
}

#[test]
fn without_credentials_a_cycle_is_sealed_and_says_so() {
    let (runtime, double) = Double::start();
    let place = place(&double.address());
    name_key(&place, "aws-kms:alias/evidence");
    place.collect();
    place.unset("AWS_SECRET_ACCESS_KEY");
    let told = place.collect();
    assert!(told.contains("no AWS credentials are found") && !place.has_note(2), "{told}");
    place.collect();
    assert!(omission(&place, 3).contains("no AWS credentials are found"));
    assert_eq!(double.asked("Sign"), 2, "genesis and the first cycle");
    runtime.shutdown_background();
}
