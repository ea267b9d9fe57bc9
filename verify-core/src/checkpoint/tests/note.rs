//! Checkpoints and signed notes: one spelling, and a line of a known key is good or the note is not.

use ed25519_dalek::Signer as _;
use proptest::prelude::*;

use super::{ORIGIN, checkpoint, pair, signed_note};
use crate::checkpoint::{
    BadSignature, Checkpoint, KeyId, KeyKind, NoteError, SignatureLine, SignatureState, SignedNote,
    VerifierKey, log_signature_line,
};
use crate::model::Origin;

/// Checkpoints that public logs signed, with their keys.
const PUBLIC: [(&str, &str); 2] = [
    (
        "log2025-1.rekor.sigstore.dev+cf119915+AbfK5adZJxsI323FwGD2AJJ9F4i89cfDuLdGJBIYntuO",
        "log2025-1.rekor.sigstore.dev\n34356369\ndA9mMr0smTXgo7nGsE01Zdc5KOOqTs2/zYfdSqxO+ks=\n\n\
         — log2025-1.rekor.sigstore.dev zxGZFQZgTebN28s0D7vKP5gX8R+CsXCved700HCQAHgDHbdkaH3tfx7+DMPkccNhzsnSy7LijLzWMa+evZduylLs0wc=\n",
    ),
    (
        "transparency.dev-aw-ftlog-ci-2+f77c6276+AZXqiaARpwF4MoNOxx46kuiIRjrML0PDTm+c7BLaAMt6",
        "transparency.dev/armored-witness/firmware_transparency/ci/2\n56\n7azctENRYLlBCBQ5OX2qxxIKCTOeCda1KfTwjdt0wdA=\n\n\
         — transparency.dev-aw-ftlog-ci-2 93xidocoWXVph2jEuzW2oovU+IjU71+FeVGKtKXQknSla2HCvr6RYHRSdJfxpo4kj5geqxkjrDXcbpiSo7lK96X4Dgc=\n",
    ),
];

const ROOT: &str = "dA9mMr0smTXgo7nGsE01Zdc5KOOqTs2/zYfdSqxO+ks=";

#[test]
fn checkpoints_of_public_logs_verify() {
    for (key, text) in PUBLIC {
        let key: VerifierKey = key.parse().unwrap();
        let note = SignedNote::parse(text.as_bytes()).unwrap();
        assert_eq!(note.check(&key), SignatureState::Signed, "{key}");
        assert_eq!(note.to_bytes(), text.as_bytes());
        assert!(text.starts_with(note.text()));
        let size = note.checkpoint().size;
        let altered = text.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size + 1), 1);
        let larger = SignedNote::parse(altered.as_bytes()).unwrap();
        assert_eq!(larger.check(&key), SignatureState::Bad(BadSignature::Equation));
    }
}

#[test]
fn a_checkpoint_has_one_spelling() {
    let text = format!("{ORIGIN}\n7\n{ROOT}\n");
    let parsed = Checkpoint::parse(&text).unwrap();
    assert_eq!((parsed.origin.as_str(), parsed.size, parsed.text()), (ORIGIN, 7, text.clone()));
    for size in ["1", "9", "10", "18446744073709551615"] {
        let text = format!("{ORIGIN}\n{size}\n{ROOT}\n");
        assert_eq!(Checkpoint::parse(&text).unwrap().text(), text);
    }
    let sizes = [
        "",
        "0",
        "01",
        "+1",
        "-1",
        " 1",
        "1 ",
        "1.0",
        "0x1",
        "1e3",
        "١",
        "18446744073709551616",
        "99999999999999999999999",
    ];
    for size in sizes {
        let error = Checkpoint::parse(&format!("{ORIGIN}\n{size}\n{ROOT}\n")).unwrap_err();
        assert!(matches!(error, NoteError::Line { line: 2, .. }), "{size:?}: {error}");
    }
    let longest = "o".repeat(200);
    assert!(Checkpoint::parse(&format!("{longest}\n7\n{ROOT}\n")).is_ok());
    for origin in ["", " ", "a b", "../x", "a+b", "é", &"o".repeat(201)] {
        let error = Checkpoint::parse(&format!("{origin}\n7\n{ROOT}\n")).unwrap_err();
        assert!(matches!(error, NoteError::Origin { line: 1, .. }), "{origin:?}: {error}");
    }
    let roots = [
        "",
        "dA9mMr0smTXgo7nGsE01Zdc5KOOqTs2/zYfdSqxO+ks", // padding missing
        "dA9mMr0smTXgo7nGsE01Zdc5KOOqTs2/zYfdSqxO+kt=", // a spare bit is set
        "dA9mMr0smTXgo7nGsE01Zdc5KOOqTs2_zYfdSqxO-ks=", // the alphabet for addresses
        "dA9mMr0smTXgo7nGsE01Zdc5KOOqTs2/zYfdSqxO+g==", // 31 bytes
        "dA9mMr0smTXgo7nGsE01Zdc5KOOqTs2/zYfdSqxO+ktr", // 33 bytes
        "dA9mMr0smTXgo7nGsE01Zdc5KOOqTs2/zYfdSqxO+ks==", // padding twice
        "dA9mMr0smTXgo7nGsE01 Zdc5KOOqTs2/zYfdSqxO+ks=", // white space
    ];
    for root in roots {
        let error = Checkpoint::parse(&format!("{ORIGIN}\n7\n{root}\n")).unwrap_err();
        assert!(matches!(error, NoteError::Base64 { line: 3, .. }), "{root}: {error}");
    }
}

#[test]
fn a_checkpoint_has_three_lines() {
    let text = format!("{ORIGIN}\n7\n{ROOT}\n");
    for end in 0..text.len() {
        assert!(Checkpoint::parse(&text[..end]).is_err(), "cut after {end} bytes");
    }
    for altered in [
        format!("{text}\n"),
        format!("{text}extension\n"),
        format!("\n{text}"),
        format!("\u{feff}{text}"),
        text.replace('\n', "\r\n"),
        text.replace('\n', "\r"),
    ] {
        assert!(Checkpoint::parse(&altered).is_err(), "{altered:?}");
    }
}

/// What each attack on a note is refused as.
#[test]
fn a_note_has_one_spelling() {
    let note = String::from_utf8(signed_note(7, 1).to_bytes()).unwrap();
    let (text, line) = note.split_once("\n\n").unwrap();
    let cases: [(String, &str); 17] = [
        (note.replace('\n', "\r\n"), "control character"),
        (note.replace(&format!("— {ORIGIN}"), &format!("— {ORIGIN}\t")), "control character"),
        (note.replace("— ", "— \u{1b}"), "control character"),
        (note.replace("— ", "— \u{7f}"), "control character"),
        (note.trim_end().to_owned(), "the end of the text"),
        (format!("{text}\n{line}"), "an empty line"),
        (format!("{text}\n\n\n{line}"), "a signature line"),
        (format!("{text}\nextension\n\n{line}"), "an empty line"),
        (format!("{text}\n\n"), "the end of the text"),
        (format!("{text}\n"), "the end of the text"),
        (format!("{note}\n"), "a signature line"),
        (note.replace("— ", "- "), "a signature line"),
        (note.replace("— ", "—  "), "a signature line"),
        (note.replace(&format!("— {ORIGIN}"), "— a+b"), "a signature line"),
        (note.replace(&format!("— {ORIGIN}"), "— a\u{3000}b"), "a signature line"),
        (note.replace(&format!("— {ORIGIN} "), "— "), "a signature line"),
        (format!("{text}\n\n— {ORIGIN} AAAAAA==\n"), "a signature line"),
    ];
    for (altered, expected) in cases {
        assert_ne!(altered, note);
        let error = SignedNote::parse(altered.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{altered:?}: {error}");
    }
    let error = SignedNote::parse(b"a\xff\n7\n").unwrap_err();
    assert_eq!(error, NoteError::Encoding { position: 1 });
    let unpadded = note.trim_end_matches(['=', '\n']).to_owned() + "\n";
    assert!(matches!(SignedNote::parse(unpadded.as_bytes()), Err(NoteError::Base64 { line: 5, .. })));
}

#[test]
fn limits_hold_to_the_last_line_and_byte() {
    let mut note = SignedNote::new(&checkpoint(7));
    let unknown = SignatureLine::new("someone.else", KeyId::from_bytes([9; 4]), vec![1]).unwrap();
    for _ in 0..100 {
        note.add(unknown.clone());
    }
    assert_eq!(SignedNote::parse(&note.to_bytes()).unwrap().lines().len(), 100);
    note.add(unknown);
    let error = SignedNote::parse(&note.to_bytes()).unwrap_err();
    assert_eq!(error, NoteError::TooMany { what: "signature lines", limit: 100 });

    let sized = |bytes: usize| {
        let mut note = SignedNote::new(&checkpoint(7));
        // A line of 4 + name + 1 + 8 + 1 bytes, for a signature of one byte.
        let name = "n".repeat(bytes - note.to_bytes().len() - 14);
        note.add(SignatureLine::new(&name, KeyId::from_bytes([9; 4]), vec![1]).unwrap());
        note.to_bytes()
    };
    assert_eq!(sized(65_536).len(), 65_536);
    assert!(SignedNote::parse(&sized(65_536)).is_ok());
    let error = SignedNote::parse(&sized(65_537)).unwrap_err();
    assert_eq!(error, NoteError::TooLong { limit: 65_536, found: 65_537 });
}

#[test]
fn a_kept_checkpoint_needs_no_signature_but_its_empty_line() {
    let kept = SignedNote::new(&checkpoint(7));
    assert_eq!(SignedNote::parse_kept(&kept.to_bytes()), Ok(kept.clone()));
    assert!(matches!(SignedNote::parse(&kept.to_bytes()), Err(NoteError::End { line: 5, .. })));
    assert!(matches!(SignedNote::parse_kept(kept.text().as_bytes()), Err(NoteError::End { line: 4, .. })));
    let signed = signed_note(7, 1);
    assert_eq!(SignedNote::parse_kept(&signed.to_bytes()), Ok(signed));
}

#[test]
fn lines_of_others_say_nothing() {
    let (_, key) = pair(KeyKind::Log, ORIGIN, 1);
    let mut note = signed_note(7, 1);
    let unknown = [
        SignatureLine::new("someone.else", key.id(), vec![0; 64]),
        SignatureLine::new(ORIGIN, KeyId::from_bytes([0; 4]), vec![0; 64]),
        SignatureLine::new(ORIGIN, KeyId::from_bytes([0; 4]), vec![0; 64]),
    ];
    for line in unknown {
        note.add(line.unwrap());
    }
    assert_eq!(note.check(&key), SignatureState::Signed);
    assert_eq!(note.check(&pair(KeyKind::Log, ORIGIN, 2).1), SignatureState::NotSigned);
    assert_eq!(note.check(&pair(KeyKind::Witness, ORIGIN, 1).1), SignatureState::NotSigned);
}

#[test]
fn a_bad_line_of_a_known_key_is_never_no_line() {
    let (signing, key) = pair(KeyKind::Log, ORIGIN, 1);
    let bad = |note: &SignedNote| match note.check(&key) {
        SignatureState::Bad(reason) => reason,
        other => panic!("{other:?}"),
    };
    let elsewhere = signing.sign(checkpoint(8).text().as_bytes()).to_bytes();
    let mut note = SignedNote::new(&checkpoint(7));
    note.add(log_signature_line(&key, elsewhere));
    assert_eq!(bad(&note), BadSignature::Equation);

    let mut short = SignedNote::new(&checkpoint(7));
    short.add(SignatureLine::new(ORIGIN, key.id(), vec![1; 63]).unwrap());
    assert_eq!(bad(&short), BadSignature::Length { expected: 64, found: 63 });

    let mut twice = signed_note(7, 1);
    twice.add(twice.lines()[0].clone());
    assert_eq!(bad(&twice), BadSignature::Repeated { found: 2 });
    let mut good_and_bad = signed_note(7, 1);
    good_and_bad.add(log_signature_line(&key, elsewhere));
    assert_eq!(bad(&good_and_bad), BadSignature::Repeated { found: 2 });
}

#[test]
fn both_keys_of_a_change_sign_one_note() {
    let mut note = signed_note(7, 1);
    let (signing, new) = pair(KeyKind::Log, ORIGIN, 2);
    note.add(log_signature_line(&new, signing.sign(note.text().as_bytes()).to_bytes()));
    let note = SignedNote::parse(&note.to_bytes()).unwrap();
    for seed in [1, 2] {
        assert_eq!(note.check(&pair(KeyKind::Log, ORIGIN, seed).1), SignatureState::Signed);
    }
}

#[test]
fn the_imprint_holds_the_logs_lines_and_no_others() {
    let mut note = signed_note(7, 1);
    let before = note.imprint_bytes();
    assert_eq!(before, note.to_bytes());
    note.add(SignatureLine::new("witness.example.com", KeyId::from_bytes([9; 4]), vec![1; 72]).unwrap());
    assert_eq!(note.imprint_bytes(), before, "a cosignature does not change it");
    assert_ne!(note.to_bytes(), before);
    note.add(SignatureLine::new(ORIGIN, KeyId::from_bytes([9; 4]), vec![1; 64]).unwrap());
    assert_ne!(note.imprint_bytes(), before, "a second key of the log does");
}

#[test]
fn lines_that_could_not_be_read_again_cannot_be_made() {
    let id = KeyId::from_bytes([9; 4]);
    for name in ["", "a b", "a+b", "a\nb", "a\u{2003}b", "a\u{9b}b"] {
        assert!(matches!(SignatureLine::new(name, id, vec![1]), Err(NoteError::Name { .. })), "{name:?}");
    }
    assert_eq!(SignatureLine::new("a", id, vec![]), Err(NoteError::NoSignature));
}

proptest! {
    /// Whatever is accepted is written back byte for byte: no altered byte goes unseen.
    #[test]
    fn what_is_read_is_written_back(at in any::<prop::sample::Index>(), byte in any::<u8>(), insert in any::<bool>()) {
        let mut bytes = signed_note(7, 1).to_bytes();
        let at = at.index(bytes.len());
        if insert { bytes.insert(at, byte) } else { bytes[at] = byte }
        if let Ok(note) = SignedNote::parse(&bytes) {
            prop_assert_eq!(note.to_bytes(), bytes);
        }
    }

    /// Every note that can be made can be read.
    #[test]
    fn what_is_written_is_read_back(
        origin in "[A-Za-z0-9][A-Za-z0-9._/-]{0,60}", size in 1_u64.., root in any::<[u8; 32]>(),
        lines in prop::collection::vec(("[a-zé№-]{1,20}", any::<[u8; 4]>(), prop::collection::vec(any::<u8>(), 1..90)), 1..9),
    ) {
        let origin: Origin = origin.parse().unwrap();
        let mut note = SignedNote::new(&Checkpoint { origin, size, root: crate::digest::Digest::from_bytes(root) });
        for (name, id, signature) in lines {
            note.add(SignatureLine::new(&name, KeyId::from_bytes(id), signature).unwrap());
        }
        prop_assert_eq!(SignedNote::parse(&note.to_bytes()), Ok(note));
    }

    /// No bytes at all make it panic.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,80}") {
        let _ = (SignedNote::parse(&bytes), SignedNote::parse_kept(&bytes), Checkpoint::parse(&text), text.parse::<VerifierKey>());
    }
}
