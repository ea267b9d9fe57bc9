//! Checkpoints, notes, keys, proofs and leaves: one spelling each, and no signature but the right one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use verify_core::checkpoint::{
    InclusionProof, KeyKind, SignatureState, SignedNote, VerifierKey, parse_leaves, tree, write_leaves,
};

const LEAVES: usize = 1_000;

/// A point that is a key: the base point itself, whose private half no input can use.
const PUBLIC: [u8; 32] = {
    let mut point = [0x66; 32];
    point[0] = 0x58;
    point
};

fuzz_target!(|data: &[u8]| {
    for parsed in [SignedNote::parse(data), SignedNote::parse_kept(data)] {
        let Ok(note) = parsed else { continue };
        assert_eq!(note.to_bytes(), data, "a note has one spelling");
        assert!(note.text().as_bytes().len() <= data.len() && data.starts_with(note.text().as_bytes()));
        let name = &note.checkpoint().origin.to_string();
        if let Ok(key) = VerifierKey::new(KeyKind::Log, name, PUBLIC) {
            assert_ne!(note.check(&key), SignatureState::Signed, "a key nobody holds signed a note");
        }
        let key = VerifierKey::new(KeyKind::Witness, "witness.example", PUBLIC).expect("it is a key");
        assert!(!matches!(note.cosignature(&key), Ok(Some(_))), "a key nobody holds signed a note");
        let _imprint = note.imprint_bytes();
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(key) = text.parse::<VerifierKey>()
    {
        assert_eq!(key.to_string(), text, "a key has one spelling");
        assert!(!key.verify(b"text", &data[..data.len().min(64)]), "no text is its own signature");
        let _pem = key.public_pem();
    }
    if let Ok(proof) = InclusionProof::parse(data) {
        assert_eq!(proof.to_bytes(), data, "a proof has one spelling");
        let foreign = tree::leaf(data);
        assert!(!proof.holds(&foreign), "a proof holds for a leaf that is made from the proof itself");
    }
    if let Ok(leaves) = parse_leaves(data, LEAVES) {
        assert_eq!(write_leaves(&leaves).as_bytes(), data, "leaves have one spelling");
        assert_eq!(tree::root(&leaves).is_some(), !leaves.is_empty());
        assert!(leaves.len() <= LEAVES);
    }
});
