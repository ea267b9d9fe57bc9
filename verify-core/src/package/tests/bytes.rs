//! No byte of a package is free: exhaustive changes, cuts and additions, and random mutations.

use proptest::prelude::*;

use super::super::{Inflater, scan};
use super::forge::{Part, deflate};
use super::writer::honest;
use super::{judge, sample, seal};
use crate::digest::Digest;
use crate::limits::Limits;

#[test]
fn a_change_of_any_byte_is_refused() {
    let sealed = sample();
    let mut inflater = Inflater::new();
    let mut bytes = sealed.bytes.clone();
    for position in 0..bytes.len() {
        // Every single bit, and three wider changes.
        for mask in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x0f, 0x55, 0xff] {
            bytes[position] ^= mask;
            let codes = sealed.judge(&bytes, &mut inflater);
            assert!(!codes.is_empty(), "byte {position} xor {mask:#04x} is free");
            bytes[position] ^= mask;
        }
    }
    assert!(sealed.judge(&bytes, &mut inflater).is_empty());
}

#[test]
fn repairing_the_crc_after_a_change_does_not_help() {
    let sealed = sample();
    let mut inflater = Inflater::new();
    for index in 0..honest().parts.len() {
        for position in 0..honest().parts[index].data.len() {
            for mask in [0x01, 0x20, 0x80] {
                let mut zip = honest();
                let part = &mut zip.parts[index];
                part.data[position] ^= mask;
                let content = if part.local().method == 0 {
                    part.data.clone()
                } else {
                    let mut content = vec![0; 4096];
                    let mut decoder = flate2::Decompress::new(false);
                    // What cannot be inflated keeps its first bytes; it is refused either way.
                    let _ = decoder.decompress(&part.data, &mut content, flate2::FlushDecompress::None);
                    content.truncate(usize::try_from(decoder.total_out()).unwrap());
                    content
                };
                part.both(|head| {
                    head.crc = crc32fast::hash(&content);
                    head.size = u32::try_from(content.len()).unwrap();
                });
                let codes = sealed.judge(&zip.bytes(), &mut inflater);
                assert!(!codes.is_empty(), "member {index} byte {position} xor {mask:#04x} is free");
            }
        }
    }
}

#[test]
fn every_cut_and_every_appended_byte_is_refused() {
    let sealed = sample();
    for length in 0..sealed.bytes.len() {
        assert_eq!(judge(&sealed.bytes[..length]), ["PKG-ZIP-STRUCT"], "cut to {length} bytes");
    }
    for byte in 0..=u8::MAX {
        let mut bytes = sealed.bytes.clone();
        bytes.push(byte);
        assert_eq!(judge(&bytes), ["PKG-ZIP-TRAILER"], "appended {byte:#04x}");
    }
}

#[test]
fn every_inserted_and_every_removed_byte_is_refused() {
    let sealed = sample();
    let mut inflater = Inflater::new();
    for position in 0..sealed.bytes.len() {
        let mut bytes = sealed.bytes.clone();
        let byte = bytes.remove(position);
        assert!(!sealed.judge(&bytes, &mut inflater).is_empty(), "removed byte {position}");
        for inserted in [0, byte, 0xff] {
            let mut bytes = sealed.bytes.clone();
            bytes.insert(position, inserted);
            assert!(!sealed.judge(&bytes, &mut inflater).is_empty(), "inserted at {position}");
        }
    }
}

#[test]
fn every_exchange_of_two_parts_is_refused() {
    let parts = honest().parts.len();
    for first in 0..parts {
        for second in first + 1..parts {
            let mut zip = honest();
            zip.parts.swap(first, second);
            assert!(judge(&zip.bytes()).contains(&"PKG-ZIP-STRUCT"), "members {first} and {second}");
            let mut zip = honest();
            zip.directory_order.swap(first, second);
            assert!(judge(&zip.bytes()).contains(&"PKG-ZIP-STRUCT"), "entries {first} and {second}");
            let mut zip = honest();
            let data = zip.parts[first].data.clone();
            zip.parts[first].data = std::mem::replace(&mut zip.parts[second].data, data);
            assert!(!judge(&zip.bytes()).is_empty(), "data {first} and {second}");
        }
    }
}

/// One careless or hostile edit of a file.
#[derive(Debug, Clone)]
enum Edit {
    Set(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Copy(usize, usize, usize),
    Number(usize, u32),
}

fn edit() -> impl Strategy<Value = Edit> {
    let signature = prop_oneof![
        Just(b"PK\x03\x04".to_vec()),
        Just(b"PK\x01\x02".to_vec()),
        Just(b"PK\x05\x06".to_vec()),
        Just(b"PK\x06\x06".to_vec()),
        Just(b"PK\x06\x07".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..40),
    ];
    let number = prop_oneof![any::<u32>(), Just(u32::MAX), Just(0), Just(0xffff), Just(u32::MAX - 1)];
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        (any::<usize>(), signature).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        (any::<usize>(), 0..80_usize).prop_map(|(at, length)| Edit::Remove(at, length)),
        (any::<usize>(), any::<usize>(), 0..200_usize).prop_map(|(from, to, n)| Edit::Copy(from, to, n)),
        (any::<usize>(), number).prop_map(|(at, number)| Edit::Number(at, number)),
    ]
}

fn apply(bytes: &mut Vec<u8>, edit: Edit) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    match edit {
        Edit::Set(at, byte) => bytes[at % length] = byte,
        Edit::Insert(at, inserted) => {
            let at = at % (length + 1);
            bytes.splice(at..at, inserted);
        }
        Edit::Remove(at, count) => {
            let at = at % length;
            bytes.drain(at..(at + count).min(length));
        }
        Edit::Copy(from, to, count) => {
            let from = from % length;
            let piece = bytes[from..(from + count).min(length)].to_vec();
            let to = to % (length + 1);
            bytes.splice(to..to, piece);
        }
        Edit::Number(at, number) => {
            let at = at % length;
            let end = (at + 4).min(length);
            bytes[at..end].copy_from_slice(&number.to_le_bytes()[..end - at]);
        }
    }
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..2_000),
        (any::<u8>(), 0..200_000_usize).prop_map(|(byte, length)| vec![byte; length]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn edited_packages_are_refused_without_panic(edits in proptest::collection::vec(edit(), 1..6)) {
        let sealed = sample();
        let mut bytes = sealed.bytes.clone();
        for edit in edits {
            apply(&mut bytes, edit);
        }
        let codes = sealed.judge(&bytes, &mut Inflater::new());
        prop_assert_eq!(codes.is_empty(), bytes == sealed.bytes);
    }

    #[test]
    fn garbage_is_refused_without_panic(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..400),
        edits in proptest::collection::vec(edit(), 0..12),
    ) {
        for edit in edits {
            apply(&mut bytes, edit);
        }
        prop_assert!(scan(&bytes, &Limits::default()).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(
        members in proptest::collection::btree_map("[a-z][a-z0-9]{0,8}/[a-z0-9]{1,6}", content(), 0..6),
    ) {
        let sealed = seal(members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
        prop_assert!(sealed.judge(&sealed.bytes, &mut Inflater::new()).is_empty());
        let container = scan(&sealed.bytes, &Limits::default()).unwrap();
        for (name, content) in &members {
            let (bytes, _) = Inflater::new().read(container.member(name).unwrap()).unwrap();
            prop_assert_eq!(&bytes, content);
        }
    }

    #[test]
    fn whatever_is_accepted_keeps_the_limits_and_its_word(
        content in content(),
        level in 0..=9_u32,
        lie in prop_oneof![Just(0_i64), -3..3_i64, any::<i32>().prop_map(i64::from)],
    ) {
        let limits = Limits { member_bytes: 100_000, expansion_floor: 1_000, expansion: 30, ..Limits::default() };
        let truth = i64::try_from(content.len()).unwrap();
        let declared = u32::try_from(truth.saturating_add(lie).clamp(0, i64::from(u32::MAX - 1))).unwrap();
        let mut zip = honest();
        let part = zip.push(Part::of(b"z", 8, &content, deflate(&content, level)));
        part.both(|head| head.size = declared);
        let bytes = zip.bytes();
        let stored = zip.parts[6].data.len() as u64;
        let declared = u64::from(declared);
        let within = declared <= 100_000 && (declared <= 1_000 || declared <= 30 * stored);
        let scanned = scan(&bytes, &limits);
        prop_assert_eq!(scanned.is_ok(), within);
        if let Ok(container) = scanned {
            let mut seen = Vec::new();
            let result = Inflater::new().inflate(container.member("z").unwrap(), |chunk| seen.extend(chunk));
            prop_assert!(seen.len() as u64 <= declared);
            match result {
                Ok(digest) => prop_assert_eq!((digest, seen), (Digest::of(&content), content)),
                Err(fault) => {
                    prop_assert_eq!(fault.code.as_str(), "PKG-ZIP-SIZES");
                    prop_assert_ne!(declared, content.len() as u64);
                }
            }
        }
    }
}
