//! The comparison with the manifest's list: a zip can be perfect and still not the sealed one.

use super::super::{Inflater, compare, scan};
use super::forge::{Part, deflate};
use super::writer::honest;
use super::{MEMBERS, judge, sample, seal};
use crate::digest::Digest;
use crate::limits::Limits;

#[test]
fn a_member_added_removed_or_renamed_is_named() {
    let mut zip = honest();
    zip.push(Part::new("zz.json", b"{}"));
    assert_eq!(judge(&zip.bytes()), ["PKG-MEMBERS"]);

    let mut zip = honest();
    zip.parts.pop();
    zip.directory_order.pop();
    assert_eq!(judge(&zip.bytes()), ["PKG-MEMBERS"]);

    let mut zip = honest();
    zip.parts[5].both(|head| head.name = b"verify.rb".to_vec());
    assert_eq!(judge(&zip.bytes()), ["PKG-MEMBERS", "PKG-MEMBERS"]);
}

#[test]
fn a_member_with_other_content_is_named() {
    let mut changed = MEMBERS;
    changed[1].1 = br#"{"users":[]}"#;
    let mut zip = honest();
    zip.parts[3] = Part::new("snapshot.json", changed[1].1);
    // Size, digest, compressed size and compressed digest all differ.
    assert_eq!(judge(&zip.bytes()), ["PKG-HASH-MEMBER"; 4]);
    // With matching SHA256SUMS it differs there as well.
    assert_eq!(
        judge(&seal(changed).bytes),
        ["PKG-SUMS", "PKG-HASH-MEMBER", "PKG-HASH-MEMBER", "PKG-HASH-MEMBER", "PKG-HASH-MEMBER"]
    );
}

#[test]
fn another_compressed_form_of_the_same_content_is_named() {
    let content = MEMBERS[1].1;
    let stored_block = deflate(content, 0);
    let mut zip = honest();
    zip.parts[3] = Part::of(b"snapshot.json", 8, content, stored_block);
    assert_eq!(judge(&zip.bytes()), ["PKG-HASH-MEMBER", "PKG-HASH-MEMBER"]);
}

#[test]
fn sums_and_manifest_are_bound_although_no_list_names_them() {
    let mut zip = honest();
    zip.parts[0] = Part::new("manifest.json", br#"{"manifest_version":"1.1"}"#);
    assert_eq!(judge(&zip.bytes()), ["CHAIN-COPY"]);
    let mut zip = honest();
    zip.parts[1] = Part::new("SHA256SUMS", b"");
    assert_eq!(judge(&zip.bytes()), ["PKG-SUMS"]);
}

#[test]
fn the_list_itself_must_be_ascending_and_must_not_name_the_unlisted() {
    let sealed = sample();
    let container = scan(&sealed.bytes, &Limits::default()).unwrap();
    let codes = |list: &[_]| {
        let faults = compare::check_members(list, &container);
        faults.into_iter().map(|fault| (fault.code.as_str(), fault.message)).collect::<Vec<_>>()
    };
    assert_eq!(codes(&sealed.list), []);

    let mut list = sealed.list.clone();
    list.swap(0, 1);
    assert_eq!(codes(&list), [("PKG-MEMBERS", "the manifest's list is not strictly ascending")]);

    let mut list = sealed.list.clone();
    list.insert(1, list[0].clone());
    assert_eq!(codes(&list), [("PKG-MEMBERS", "the manifest's list is not strictly ascending")]);

    let mut list = sealed.list.clone();
    list[0].path = "SHA256SUMS".to_owned();
    assert_eq!(
        codes(&list),
        [
            ("PKG-MEMBERS", "the manifest lists what it must not list"),
            ("PKG-MEMBERS", "a member is not listed")
        ]
    );
}

#[test]
fn faults_carry_both_digests_in_full() {
    let sealed = sample();
    let container = scan(&sealed.bytes, &Limits::default()).unwrap();
    let entry = &sealed.list[1];
    let member = container.member("snapshot.json").unwrap();
    let (_, digest) = Inflater::new().read(member).unwrap();
    assert_eq!(compare::check_member(entry, member, digest), []);

    let faults = compare::check_member(entry, member, Digest::of(b"abc"));
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].expected, digest.to_string());
    assert_eq!(faults[0].found, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

    let fault = compare::check_sums(&sealed.list, Digest::of(b"abc"), b"").unwrap();
    assert!(fault.expected.contains("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}
