//! One package is changed: single bits, members, bytes around members.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{Chain, standard, write_files};
use super::python::{Files, TO_GAP, expect, with_functions};

/// Flips one bit at every offset of the list in one file of a chain; answers exit code and codes.
const FLIP: &str = r"
folder, name = sys.argv[2].split('|')
path = folder + '/' + name
whole = open(path, 'rb').read()
last = v.moment(True)('2026-05-03')
for at in OFFSETS(len(whole)):
    flipped = bytearray(whole)
    flipped[at] ^= 1 << at % 8
    with open(path, 'wb') as file:
        file.write(flipped)
    result = v.verify(folder, None, last, None)
    print(at, result['exit_code'], *sorted({row['code'] for row in result['findings']}))
";

/// Every line of the answer of [`FLIP`] must be exit 1; returns the codes seen.
fn flip(chain: &Chain, place: &str, offsets: &str) -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), &chain.files());
    let argument = format!("{}|{place}", folder.path().display());
    let answer = with_functions(&format!("OFFSETS = lambda size: {offsets}\n{FLIP}"), &argument);
    assert!(answer.lines().count() > 50, "{answer}");
    for line in answer.lines() {
        assert_eq!(line.split(' ').nth(1), Some("1"), "byte {line}");
    }
    answer.lines().flat_map(|line| line.split(' ').skip(2)).map(str::to_owned).collect()
}

#[test]
fn any_flipped_byte_of_a_package_is_found() {
    let chain = standard();
    let place = &chain.links[3].place;
    let headers = flip(&chain, place, "list(range(0, 43)) + list(range(size - 160, size))");
    for code in ["PKG-ZIP-STRUCT", "PKG-ZIP-HEADERS", "PKG-MISSING"] {
        assert!(headers.contains(code), "{headers:?}");
    }
    let anywhere = flip(&chain, place, "range(0, size, size // 150)");
    assert!(anywhere.contains("PKG-HASH-MEMBER") || anywhere.contains("PKG-ZIP-CRC"), "{anywhere:?}");
}

#[test]
fn any_flipped_byte_of_a_committed_manifest_is_found() {
    let chain = standard();
    for index in [0, 3, 5] {
        flip(&chain, &chain.links[index].commit_place(), "range(0, size, size // 80)");
    }
}

/// The members of record 3 are changed while its manifest stays as it was committed.
fn with_members(change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) -> Files {
    let mut chain = standard();
    let link = &mut chain.links[3];
    let manifest = link.commit.clone();
    change(&mut link.members);
    link.set_manifest(manifest);
    chain.files()
}

#[test]
fn members_added_removed_renamed_or_changed() {
    let added = with_members(|members| {
        members.insert("notes.txt".to_owned(), b"hello".to_vec());
    });
    expect(&added, &TO_GAP, 1, &["PKG-MEMBERS", "PKG-SUMS"]);
    let removed = with_members(|members| {
        members.remove("drift.json");
    });
    expect(&removed, &TO_GAP, 1, &["PKG-MEMBERS", "PKG-SUMS"]);
    let renamed = with_members(|members| {
        let bytes = members.remove("policies/data/limits.json").unwrap();
        members.insert("policies/data/limit.json".to_owned(), bytes);
    });
    expect(&renamed, &TO_GAP, 1, &["PKG-MEMBERS", "PKG-SUMS"]);
    let payload = with_members(|members| {
        let text = String::from_utf8(members["snapshot.json"].clone()).unwrap();
        members.insert("snapshot.json".to_owned(), text.replace("admin", "agent").into_bytes());
    });
    let codes = ["PKG-HASH-MEMBER", "PKG-HASH-PAYLOAD", "PKG-SUMS"];
    expect(&payload, &TO_GAP, 1, &codes);
    let results = with_members(|members| {
        let text = String::from_utf8(members["validation.json"].clone()).unwrap();
        members.insert("validation.json".to_owned(), text.replace("false", "true").into_bytes());
    });
    expect(&results, &TO_GAP, 1, &["PKG-HASH-MEMBER", "PKG-SUMS"]);
}

/// The package of record 3 with its raw bytes changed.
fn with_package(change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Files {
    let mut chain = standard();
    let link = &mut chain.links[3];
    link.package = change(std::mem::take(&mut link.package));
    chain.files()
}

fn replaced(bytes: &[u8], before: &[u8], after: &[u8]) -> Vec<u8> {
    assert_eq!(before.len(), after.len());
    let mut changed = bytes.to_vec();
    for at in 0..changed.len() - before.len() {
        if changed[at..].starts_with(before) {
            changed[at..at + after.len()].copy_from_slice(after);
        }
    }
    changed
}

#[test]
fn members_duplicated_or_reordered_and_bytes_outside_members() {
    let twin = |name: &'static [u8]| {
        let mut chain = standard();
        let link = chain.links.last_mut().unwrap();
        link.members.insert("inputs/users/0001.json".to_owned(), b"[1]".to_vec());
        link.members.insert("inputs/users/0002.json".to_owned(), b"[2]".to_vec());
        link.reseal();
        let behind_manifest = 30 + "manifest.json".len() + link.commit.len();
        let renamed = replaced(&link.package[behind_manifest..], b"inputs/users/0002.json", name);
        link.package.splice(behind_manifest.., renamed);
        chain.files()
    };
    expect(&twin(b"inputs/users/0002.json"), &TO_GAP, 0, &[]);
    expect(&twin(b"inputs/users/0001.json"), &TO_GAP, 1, &["PKG-ZIP-DUP"]);
    expect(&twin(b"inputs/users/0001.JSON"), &TO_GAP, 1, &["PKG-ZIP-COLLIDE", "PKG-ZIP-STRUCT"]);
    expect(&twin(b"inputs/users/../2.json"), &TO_GAP, 1, &["PKG-ZIP-NAME"]);
    expect(&twin(b"inputs/users/0000.json"), &TO_GAP, 1, &["PKG-ZIP-STRUCT"]);
    let prefix = with_package(|package| [b"#!/bin/sh\n".to_vec(), package].concat());
    expect(&prefix, &TO_GAP, 1, &["PKG-ZIP-PREFIX", "PKG-MISSING"]);
    let trailer = with_package(|package| [package, b"more".to_vec()].concat());
    expect(&trailer, &TO_GAP, 1, &["PKG-ZIP-TRAILER"]);
    let comment = with_package(|mut package| {
        let at = package.len() - 2;
        package[at] = 4;
        [package, b"note".to_vec()].concat()
    });
    expect(&comment, &TO_GAP, 1, &["PKG-ZIP-COMMENT"]);
    let cut = with_package(|package| package[..package.len() / 2].to_vec());
    expect(&cut, &TO_GAP, 1, &["PKG-ZIP-STRUCT"]);
}
