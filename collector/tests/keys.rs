//! `collector key` as people meet it: keys are made, shown and changed, and the verifier believes the result.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::os::unix::fs::PermissionsExt;

use verify_core::checkpoint::SignatureState;
use verify_core::finding::Code;
use verify_core::verify::TrustedKey;

#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "support/place.rs"]
mod place;

use place::{CONFIG, Place, about_signatures, has, rotate, strs, trusted};

#[test]
fn a_generated_key_is_its_owners_alone_and_is_never_overwritten() {
    let place = Place::new();
    let key = place.generate("keys/log.key");
    assert_eq!(key.name(), "evidence.example.com/acme-corp/production");
    let file = place.path("keys/log.key");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("PRIVATE+KEY+"), "the form of Go's note package");
    let told = place.refused(&[&["key", "generate", "--out", "keys/log.key"], &CONFIG[..]].concat(), 2);
    assert!(told.contains("never overwritten") && told.contains("--out"), "{told}");
    for inside in ["evidence/log.key", "evidence/chain/../x/log.key"] {
        let told = place.refused(&[&["key", "generate", "--out", inside], &CONFIG[..]].concat(), 2);
        assert!(told.contains("lies in the evidence"), "{told}");
        assert!(!place.path(inside).exists());
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    assert_ne!(place.generate("keys/other.key"), key, "every key is another");
    // The seed is base64 and may hold '+' itself: it is all that follows the four fields before it.
    let seed = text.trim().splitn(5, '+').last().unwrap().to_owned();
    assert_eq!(seed.len(), 44, "33 bytes: the kind of key and the seed");
    place.edit("# key = ", "key = ");
    let shown = place.done(&[&["key", "show"], &CONFIG[..]].concat());
    assert!(shown.contains(&key.to_string()) && shown.contains("there is no chain"), "{shown}");
    assert!(!shown.contains(&seed), "the private half is never shown");
}

#[test]
fn a_shared_key_file_is_refused_before_anything_is_written() {
    let place = Place::new();
    place.generate("keys/log.key");
    place.edit("# key = ", "key = ");
    std::fs::set_permissions(place.path("keys/log.key"), std::fs::Permissions::from_mode(0o640)).unwrap();
    let told = place.refused(&[&["collect"], &CONFIG[..]].concat(), 2);
    assert!(told.contains("expected 600 or 400"), "{told}");
    assert!(!place.path("evidence").exists());
}

#[test]
fn the_shown_pem_is_that_of_the_key_and_openssl_reads_it() {
    let place = Place::new();
    let key = place.generate("keys/log.key");
    place.edit("# key = ", "key = ");
    place.collect();
    let shown = place.done(&[&["key", "show"], &CONFIG[..]].concat());
    assert!(shown.contains(&format!("key      {key}\n")), "{shown}");
    assert!(shown.contains(&format!("id       {}\n", key.id())), "{shown}");
    assert!(shown.contains("from record 0 on"), "{shown}");
    let pem = place.done(&[&["key", "show", "--pem"], &CONFIG[..]].concat());
    place.openssl_verifies(&pem, 1);
}

#[test]
fn a_change_of_keys_is_signed_by_both_and_goes_on_with_the_new_one() {
    let place = Place::new();
    let old = place.generate("keys/log.key");
    place.edit("# key = ", "key = ");
    place.collect();
    let new = place.generate("keys/next.key");
    let change = rotate(&["--new", "file:keys/next.key"]);
    let told = place.done(&strs(&change));
    assert!(told.contains("recorded key change as record 2") && !told.contains("warning"), "{told}");
    let note = place.note(2);
    assert_eq!((note.check(&old), note.check(&new)), (SignatureState::Signed, SignatureState::Signed));
    // The same command again changes nothing; the outgoing key writes nothing any more.
    assert!(place.done(&strs(&change)).contains("nothing was written"));
    let told = place.refused(&[&["collect"], &CONFIG[..]].concat(), 2);
    assert!(told.contains(&format!("signed by {new}")) && told.contains("new key in [signing]"), "{told}");
    place.edit("file:keys/log.key", "file:keys/next.key");
    place.collect();
    let note = place.note(3);
    assert_eq!((note.check(&old), note.check(&new)), (SignatureState::NotSigned, SignatureState::Signed));
    let shown = place.done(&[&["key", "show"], &CONFIG[..]].concat());
    assert!(
        shown.contains("from record 2 on") && shown.contains(&format!("earlier  {old} for records 0 to 1"))
    );
    // Whoever was given the old key alone believes the new one by the old one's word.
    for keys in [Vec::new(), vec![trusted(&old, 0)]] {
        assert_eq!(about_signatures(&place.verified(keys)), [""; 0]);
    }
    // A key that was given up never returns.
    let told = place.refused(&strs(&rotate(&["--new", "file:keys/log.key"])), 2);
    assert!(told.contains("was the chain's key"), "{told}");
}

#[test]
fn a_change_that_broke_off_is_completed_by_the_same_command() {
    let place = Place::new();
    let old = place.generate("keys/log.key");
    place.edit("# key = ", "key = ");
    place.collect();
    let new = place.generate("keys/next.key");
    let change = rotate(&["--new", "file:keys/next.key"]);
    place.done(&strs(&change));
    // As a run leaves it that ended between the commit and its note.
    let note = place.path("evidence/chain/0000000002.checkpoint");
    let signed = std::fs::read(&note).unwrap();
    std::fs::remove_file(&note).unwrap();
    // The new key alone cannot complete it; it carries on, and says so.
    place.edit("file:keys/log.key", "file:keys/next.key");
    let told = place.refused(&strs(&change), 4);
    assert!(told.contains("cannot be completed") && told.contains(&old.to_string()), "{told}");
    let output = place.run(&[&["collect"], &CONFIG[..]].concat());
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("lacks the outgoing key's signature"), "{told}");
    assert!(
        place.done(&[&["key", "show"], &CONFIG[..]].concat()).contains("lacks the outgoing key's signature")
    );
    assert!(has(&place.verified(Vec::new()), Code::SigRotate), "without the old key's word it is a finding");
    place.edit("file:keys/next.key", "file:keys/log.key");
    assert!(place.done(&strs(&change)).contains("completed the key change of record 2"));
    assert_eq!(
        std::fs::read(&note).unwrap(),
        signed,
        "the very note: nothing in it depends on when it is made"
    );
    let report = place.verified(vec![trusted(&old, 0)]);
    assert!(!has(&report, Code::SigRotate) && !has(&report, Code::SigKey), "{:?}", about_signatures(&report));
    assert_eq!(place.note(3).check(&new), SignatureState::Signed);
}

#[test]
fn an_emergency_change_needs_no_old_key_and_stays_a_finding() {
    let place = Place::new();
    let old = place.generate("keys/log.key");
    place.edit("# key = ", "key = ");
    place.collect();
    let new = place.generate("keys/next.key");
    std::fs::remove_file(place.path("keys/log.key")).unwrap();
    let told = place.refused(&strs(&rotate(&["--new", "file:keys/next.key"])), 2);
    assert!(told.contains("--emergency"), "{told}");
    let told = place.done(&strs(&rotate(&["--new", "file:keys/next.key", "--emergency"])));
    assert!(told.contains("is a finding until"), "{told}");
    let note = place.note(2);
    assert_eq!((note.check(&old), note.check(&new)), (SignatureState::NotSigned, SignatureState::Signed));
    place.edit("file:keys/log.key", "file:keys/next.key");
    place.collect();
    assert!(has(&place.verified(Vec::new()), Code::SigRotate));
    let both = vec![TrustedKey { to: Some(1), ..trusted(&old, 0) }, trusted(&new, 2)];
    assert_eq!(about_signatures(&place.verified(both)), [""; 0]);
}

#[test]
fn a_chain_begun_without_a_key_is_signed_from_the_change_on() {
    let place = Place::new();
    place.collect();
    let new = place.generate("keys/log.key");
    let emergency = rotate(&["--new", "file:keys/log.key", "--emergency"]);
    assert!(place.refused(&strs(&emergency), 2).contains("no key can be lost"));
    place.done(&strs(&rotate(&["--new", "file:keys/log.key"])));
    assert_eq!(place.note(2).check(&new), SignatureState::Signed);
    assert!(!place.path("evidence/chain/0000000001.checkpoint").exists());
    let told = place.refused(&[&["collect"], &CONFIG[..]].concat(), 2);
    assert!(told.contains("names no key"), "{told}");
    place.edit("# key = ", "key = ");
    place.collect();
    assert_eq!(about_signatures(&place.verified(vec![trusted(&new, 2)])), [""; 0]);
}

#[test]
fn keys_that_cannot_be_are_refused_and_never_repeated() {
    let place = Place::new();
    let told = place.refused(&[&["key", "show"], &CONFIG[..]].concat(), 2);
    assert!(told.contains("no key is configured"), "{told}");
    place.collect();
    for (new, words) in [
        ("PRIVATE+KEY+a+01234567+AYEKFALVFGyNhPJEMzD1QIDr", "is not understood"),
        ("file:absent.key", "cannot be read"),
        ("env:COLLECTOR_CLIENT_SECRET", "holds no private key"),
    ] {
        let told = place.refused(&strs(&rotate(&["--new", new])), 2);
        assert!(told.contains(words) && !told.contains("AYEK") && !told.contains("a-secret"), "{told}");
    }
}
