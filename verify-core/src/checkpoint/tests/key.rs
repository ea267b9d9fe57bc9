//! Verifier keys: those of public logs and witnesses are read, and nothing that differs from them.

use crate::checkpoint::{KeyError, KeyKind, VerifierKey};

/// The example key of the Go checksum database's notes.
pub(super) const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
/// The Go checksum database; its base64 holds a plus sign.
const SUMDB: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
/// Witnesses in public service.
const WITNESSES: [&str; 2] = [
    "witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G",
    "staging.witness.transparency.goog/ring-any-bells+2e1a8dc9+BG5JTpLc3FJtwzgh1Uv+Qelz9qeOH2bfWjS1s0s+y4rL",
];

#[test]
fn keys_in_public_use_are_read_and_written_back() {
    for text in [PETER, SUMDB, WITNESSES[0], WITNESSES[1]] {
        let key: VerifierKey = text.parse().unwrap();
        assert_eq!(key.to_string(), text);
        assert_eq!(format!("{key:?}"), text);
        let kind = if WITNESSES.contains(&text) { KeyKind::Witness } else { KeyKind::Log };
        assert_eq!(key.kind(), kind, "{text}");
        assert_eq!(VerifierKey::new(kind, key.name(), *key.public()), Ok(key));
    }
    let peter: VerifierKey = PETER.parse().unwrap();
    assert_eq!((peter.name(), peter.id().to_string().as_str()), ("PeterNeumann", "c74f20a3"));
}

#[test]
fn the_purpose_is_part_of_the_id() {
    let log: VerifierKey = PETER.parse().unwrap();
    let witness = VerifierKey::new(KeyKind::Witness, log.name(), *log.public()).unwrap();
    assert_ne!(log.id(), witness.id());
    assert!(PETER.replace("+AR", "+BB").parse::<VerifierKey>().is_err(), "type changed, id kept");
}

#[test]
fn no_part_and_no_neighbour_of_a_key_is_a_key() {
    for (start, _) in PETER.char_indices() {
        for end in start + 1..=PETER.len() {
            let part = &PETER[start..end];
            assert_eq!(part.parse::<VerifierKey>().is_ok(), part == PETER, "{part}");
        }
        let mut bytes = PETER.as_bytes().to_vec();
        bytes[start] += 1;
        let neighbour = String::from_utf8(bytes).unwrap();
        assert!(neighbour.parse::<VerifierKey>().is_err(), "{neighbour}");
    }
}

#[test]
fn each_refusal_names_what_is_wrong() {
    let refused = |text: &str| text.parse::<VerifierKey>().unwrap_err();
    // Both ids were computed for the altered keys, so nothing else is wrong with them.
    let longer = "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==";
    assert!(matches!(refused(longer), KeyError::Base64(_)), "spare bits");
    let unknown = "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_eq!(refused(unknown), KeyError::Kind { found: 0x65 });
    assert_eq!(refused("a+00000000+AQ=="), KeyError::Length { found: 1 });
    assert_eq!(refused("a+00000000+"), KeyError::Length { found: 0 });
    assert!(matches!(refused("PeterNeumann"), KeyError::Parts { .. }));
    assert!(matches!(refused(&"a".repeat(400)), KeyError::TooLong { found: 400 }));
    assert!(matches!(refused(&PETER.replace("c74f20a3", "C74F20A3")), KeyError::Id { .. }));
    let wrong_id = refused(&PETER.replace("c74f20a3", "c74f20a4")).to_string();
    assert_eq!(wrong_id, r#"expected key id c74f20a3 for this name and key, found "c74f20a4""#);
    assert!(matches!(refused(&format!("{PETER}\n")), KeyError::Base64(_)));
    assert!(matches!(refused(&format!(" {PETER}")), KeyError::Name { .. }));
}

#[test]
fn names_that_could_not_stand_in_a_note_are_refused() {
    let new = |name: &str| VerifierKey::new(KeyKind::Log, name, [1; 32]);
    for name in ["", "a b", "a+b", "a\nb", "a\u{a0}b", "a\u{2028}b", "a\u{7f}b", "a\u{1b}[31mb", "a\u{85}b"] {
        assert!(matches!(new(name), Err(KeyError::Name { .. })), "{name:?}");
    }
    assert!(matches!(new(&"n".repeat(256)), Err(KeyError::Name { .. })));
    let longest = new(&"n".repeat(255)).unwrap();
    assert_eq!(longest.to_string().parse(), Ok(longest));
}

#[test]
fn a_key_is_a_string_in_json() {
    let key: VerifierKey = serde_json::from_str(&format!("\"{SUMDB}\"")).unwrap();
    assert_eq!(serde_json::to_string(&key).unwrap(), format!("\"{SUMDB}\""));
    let error = serde_json::from_str::<VerifierKey>("\"sum.golang.org\"").unwrap_err();
    assert!(error.to_string().starts_with("expected <name>+<8 hex digits>+<base64>"), "{error}");
}

#[test]
fn a_public_key_in_der_has_one_form() {
    let head = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let read = |der: &[u8]| VerifierKey::from_public_der(KeyKind::Log, "example.com/log", der);
    let der = [head.as_slice(), &[7; 32]].concat();
    assert_eq!(read(&der).unwrap().unwrap().public(), &[7; 32]);
    assert_eq!(read(&der[..43]), None, "cut");
    assert_eq!(read(&[der.as_slice(), &[0]].concat()), None, "longer");
    let mut other = der;
    other[8] = 0x6f;
    assert_eq!(read(&other), None, "another algorithm: Ed448 is 1.3.101.113, X448 is 1.3.101.111");
}
