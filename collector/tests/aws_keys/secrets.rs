//! The text of a key in AWS Secrets Manager.

use serde_json::json;
use verify_core::checkpoint::SignatureState;

use super::ministack::MiniStack;
use super::place::{CONFIG, Place, trusted};
use super::{ACCESS_SECRET, assert_signed, name_key, place};

/// Keeps `text` as the secret `name`.
fn keep(server: &MiniStack, name: &str, text: &str) {
    server.call(
        "secretsmanager.CreateSecret",
        &json!({"Name": name, "SecretString": text, "ClientRequestToken": "0123456789abcdef0123456789abcdef"}),
    );
}

/// The text of a key file, and its seed as it is written there and as it is.
fn key_file(place: &Place, file: &str) -> (String, Vec<Vec<u8>>) {
    use base64::Engine as _;
    let text = std::fs::read_to_string(place.path(file)).unwrap();
    let encoded = text.trim().splitn(5, '+').last().unwrap().to_owned();
    let raw = base64::engine::general_purpose::STANDARD.decode(&encoded).unwrap();
    let hex: String = raw[1..].iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect();
    (text, vec![encoded.into_bytes(), raw[1..].to_vec(), hex.into_bytes(), b"PRIVATE+KEY".to_vec()])
}

fn digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).unwrap()
}

#[test]
fn a_key_from_secrets_manager_makes_the_very_notes_of_the_file_and_shows_nowhere() {
    let server = MiniStack::start();
    let place = place(&server.address());
    let key = place.generate("keys/log.key");
    name_key(&place, "file:keys/log.key");
    place.collect();
    let (text, seed) = key_file(&place, "keys/log.key");
    // As `aws secretsmanager create-secret --secret-string file://keys/log.key` keeps it: with its line end.
    keep(&server, "prod/evidence-key", &text);
    std::fs::remove_file(place.path("keys/log.key")).unwrap();
    let note = place.path("evidence/chain/0000000001.checkpoint");
    let signed = std::fs::read(&note).unwrap();
    std::fs::remove_file(&note).unwrap();
    place.edit("file:keys/log.key", "aws-secretsmanager:prod/evidence-key");
    let told = place.collect();
    assert!(!told.contains("warning"), "{told}");
    assert_eq!(std::fs::read(&note).unwrap(), signed, "made anew with the key from Secrets Manager");
    assert_eq!(place.note(2).check(&key), SignatureState::Signed);
    assert_signed(&place, vec![trusted(&key, 0)], 0);
    let pem = place.done(&[&["key", "show", "--pem"], &CONFIG[..]].concat());
    assert_eq!(pem, key.public_pem());
    for secret in &seed {
        assert!(!place.shows(secret), "part of the private key stands in evidence or output");
    }
    assert!(!place.shows(ACCESS_SECRET.as_bytes()));
    assert!(place.shows(key.to_string().as_bytes()), "what is public is found, so the search works");
}

#[test]
fn secrets_that_are_not_there_or_are_no_key_are_refused_and_not_repeated() {
    let server = MiniStack::start();
    let place = place(&server.address());
    let collect = [&["collect"], &CONFIG[..]].concat();
    name_key(&place, "aws-secretsmanager:prod/absent");
    let told = place.refused(&collect, 2);
    assert!(told.contains("prod/absent") && told.contains("ResourceNotFoundException"), "{told}");
    assert!(told.contains("no such secret") && told.contains("[aws] region"), "{told}");
    for (name, text, words) in [
        ("json", "{\"key\":\"hunter2-hunter2\"}", "holds no private key"),
        ("short", "hunter2-hunter2", "expected PRIVATE+KEY"),
        ("lines", "hunter2-hunter2\nhunter2-hunter2", "several lines"),
        ("cut", "PRIVATE+KEY+a+01234567+hunter2-hunter2", "holds no private key"),
    ] {
        keep(&server, name, text);
        place.edit("aws-secretsmanager:prod/absent", &format!("aws-secretsmanager:{name}"));
        let told = place.refused(&collect, 2);
        assert!(told.contains(words) && told.contains(name) && !told.contains("hunter2"), "{told}");
        place.edit(&format!("aws-secretsmanager:{name}"), "aws-secretsmanager:prod/absent");
    }
    server.call(
        "secretsmanager.CreateSecret",
        &json!({"Name": "binary", "SecretBinary": "aHVudGVyMi1odW50ZXIy", "ClientRequestToken": "0123456789abcdef0123456789abcdef"}),
    );
    place.edit("aws-secretsmanager:prod/absent", "aws-secretsmanager:binary");
    let told = place.refused(&collect, 2);
    assert!(told.contains("as binary, expected a text"), "{told}");
    assert!(!place.path("evidence").exists(), "nothing was written");
}

#[test]
fn a_secret_is_never_asked_for_in_the_clear() {
    let place = Place::new();
    place.set("AWS_ACCESS_KEY_ID", "AKIDEVIDENCE");
    place.set("AWS_SECRET_ACCESS_KEY", ACCESS_SECRET);
    place.edit("# region = ", "region = ");
    name_key(&place, "aws-secretsmanager:prod/evidence-key");
    // An address for documentation, RFC 5737: nobody is there, and nobody is asked.
    place.set("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://192.0.2.1");
    let told = place.refused(&[&["collect"], &CONFIG[..]].concat(), 2);
    assert!(told.contains("plain http to another machine"), "{told}");
}
