//! Proofs and kept leaves as text: one spelling, bounded, and true only for their record.

use proptest::prelude::*;

use super::{checkpoint, signed_note};
use crate::checkpoint::proof::PROOF_HASHES;
use crate::checkpoint::tree::{inclusion_proof, leaf, root};
use crate::checkpoint::{
    Checkpoint, InclusionProof, KeyId, NoteError, SignatureLine, SignedNote, parse_leaves, write_leaves,
};
use crate::digest::Digest;

fn leaves(count: u8) -> Vec<Digest> {
    (0..count).map(|number| leaf(&[number])).collect()
}

/// The proof that record `index` is among `count`.
fn proof(count: u8, index: u64) -> InclusionProof {
    let leaves = leaves(count);
    let pinned = Checkpoint { size: u64::from(count), root: root(&leaves).unwrap(), ..checkpoint(1) };
    let mut note = SignedNote::new(&pinned);
    note.add(SignatureLine::new("someone", KeyId::from_bytes([9; 4]), vec![1; 64]).unwrap());
    InclusionProof { index, hashes: inclusion_proof(&leaves, index).unwrap(), note }
}

#[test]
fn a_proof_holds_for_its_record_alone() {
    for count in [1, 2, 5, 33] {
        for index in 0..count {
            let written = proof(count, u64::from(index)).to_bytes();
            let read = InclusionProof::parse(&written).unwrap();
            assert_eq!(read.to_bytes(), written);
            for (other, leaf) in leaves(count).iter().enumerate() {
                assert_eq!(read.holds(leaf), other == usize::from(index));
            }
        }
    }
    let beyond = InclusionProof { index: u64::MAX, ..proof(5, 4) };
    assert_eq!(InclusionProof::parse(&beyond.to_bytes()), Ok(beyond.clone()), "well formed");
    assert!(!beyond.holds(&leaves(5)[4]), "and false");
}

#[test]
fn a_proof_has_one_spelling() {
    let text = String::from_utf8(proof(5, 1).to_bytes()).unwrap();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 1\n"), "{text}");
    assert_eq!(text.lines().count(), 2 + 3 + 1 + 5, "{text}");
    let hash = text.lines().nth(2).unwrap();
    let cases = [
        (text.replace("@v1", "@v2"), "line 1"),
        (text.replace("index 1", "extra AAAA\nindex 1"), "line 2"),
        (text.replace("index 1", "index 01"), "line 2"),
        (text.replace("index 1", "index  1"), "line 2"),
        (text.replace("index 1", "index -1"), "line 2"),
        (text.replace("index 1", "Index 1"), "line 2"),
        (text.replace("index 1", "index 18446744073709551616"), "line 2"),
        (text.replace(hash, "AAAA"), "line 3"),
        (text.replace(hash, &hash.replace('=', "")), "line 3"),
        (text.replace('\n', "\r\n"), "control character"),
        (text.replacen("\n\n", "\n", 1), "bad base64"),
        (text.trim_end().to_owned(), "the end of the text"),
        (format!("{text}\n"), "a signature line"),
        (text.split_once("\n— ").unwrap().0.to_owned() + "\n", "the end of the text"),
    ];
    for (altered, expected) in cases {
        assert_ne!(altered, text);
        let error = InclusionProof::parse(altered.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{altered:?}: {error}");
    }
}

#[test]
fn a_proof_is_bounded() {
    let hash = Digest::of(b"");
    let longest = InclusionProof { hashes: vec![hash; PROOF_HASHES], ..proof(5, 1) };
    assert!(InclusionProof::parse(&longest.to_bytes()).is_ok());
    let longer = InclusionProof { hashes: vec![hash; PROOF_HASHES + 1], ..proof(5, 1) };
    let error = InclusionProof::parse(&longer.to_bytes()).unwrap_err();
    assert_eq!(error, NoteError::TooMany { what: "hashes", limit: 64 });

    let mut large = proof(5, 1);
    let name = "n".repeat(65_000);
    large.note.add(SignatureLine::new(&name, KeyId::from_bytes([9; 4]), vec![1]).unwrap());
    assert!(InclusionProof::parse(&large.to_bytes()).is_ok());
    large.note.add(SignatureLine::new(&name, KeyId::from_bytes([9; 4]), vec![1]).unwrap());
    assert!(matches!(InclusionProof::parse(&large.to_bytes()), Err(NoteError::TooLong { .. })));
    let mut note_too_large = proof(5, 1);
    let name = "n".repeat(65_500);
    note_too_large.note.add(SignatureLine::new(&name, KeyId::from_bytes([9; 4]), vec![1]).unwrap());
    let error = InclusionProof::parse(&note_too_large.to_bytes()).unwrap_err();
    assert!(matches!(error, NoteError::TooLong { limit: 65_536, .. }), "{error}");
}

#[test]
fn leaves_are_written_back_and_bounded() {
    // `printf '\0' | sha256sum`: the leaf of an empty manifest.
    let empty = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d\n";
    assert_eq!(write_leaves(&[leaf(b"")]), empty);
    let text = write_leaves(&leaves(9));
    assert_eq!(parse_leaves(text.as_bytes(), 9), Ok(leaves(9)));
    assert_eq!(parse_leaves(b"", 9), Ok(vec![]));
    let error = parse_leaves(text.as_bytes(), 8).unwrap_err();
    assert_eq!(error, NoteError::TooLong { limit: 8 * 65, found: 9 * 65 });
    assert_eq!(parse_leaves(text.as_bytes(), usize::MAX).map(|leaves| leaves.len()), Ok(9));
}

#[test]
fn leaves_have_one_spelling() {
    let text = write_leaves(&leaves(2));
    let second = text.lines().nth(1).unwrap();
    let cases = [
        (text.replace(second, &second.to_uppercase()), "line 2 is not a leaf hash"),
        (text.replace(second, &second[1..]), "line 2 is not a leaf hash"),
        (text.replace(second, &format!(" {second}")), "line 2 is not a leaf hash"),
        (text.replacen('\n', "\n\n", 1), "line 2 is not a leaf hash"),
        (format!("{text}\n"), "line 3 is not a leaf hash"),
        (text.trim_end().to_owned(), "line 2: expected 64 hex digits and its newline"),
        (text.replace('\n', "\r\n"), "control character"),
    ];
    for (altered, expected) in cases {
        let error = parse_leaves(altered.as_bytes(), 100).unwrap_err().to_string();
        assert!(error.contains(expected), "{altered:?}: {error}");
    }
}

proptest! {
    /// Whatever is accepted is written back byte for byte.
    #[test]
    fn what_is_read_is_written_back(at in any::<prop::sample::Index>(), byte in any::<u8>(), insert in any::<bool>()) {
        let alter = |mut bytes: Vec<u8>| {
            let at = at.index(bytes.len());
            if insert { bytes.insert(at, byte) } else { bytes[at] = byte }
            bytes
        };
        let bytes = alter(proof(5, 3).to_bytes());
        if let Ok(read) = InclusionProof::parse(&bytes) {
            prop_assert_eq!(read.to_bytes(), bytes);
        }
        let bytes = alter(write_leaves(&leaves(4)).into_bytes());
        if let Ok(read) = parse_leaves(&bytes, 100) {
            prop_assert_eq!(write_leaves(&read).into_bytes(), bytes);
        }
    }

    /// No bytes at all make it panic.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let with_header = [b"c2sp.org/tlog-proof@v1\nindex 1\n".as_slice(), &bytes].concat();
        let _ = (InclusionProof::parse(&bytes), InclusionProof::parse(&with_header), parse_leaves(&bytes, 4));
    }
}

#[test]
fn the_note_of_a_proof_is_signed_by_somebody() {
    let unsigned = InclusionProof { note: SignedNote::new(&checkpoint(5)), ..proof(5, 1) };
    assert!(matches!(InclusionProof::parse(&unsigned.to_bytes()), Err(NoteError::End { .. })));
    let signed = InclusionProof { note: signed_note(5, 1), ..proof(5, 1) };
    assert_eq!(InclusionProof::parse(&signed.to_bytes()), Ok(signed.clone()));
    assert!(!signed.holds(&leaves(5)[1]), "a note over other records");
}
