//! Attacks on the zip as a whole: what belongs to it, where it lies, how much of it there is.

use super::super::super::scan;
use super::super::forge::{Part, Zip};
use super::super::writer::honest;
use super::super::{judge, sample};
use super::{both, central, forged};
use crate::limits::Limits;

#[test]
fn two_members_of_one_name() {
    let twin = Part::new("snapshot.json", b"{}");
    let codes = forged(|zip| {
        zip.parts.insert(4, twin.clone());
        zip.directory_order = (0..7).collect();
    });
    assert_eq!(codes, ["PKG-ZIP-DUP"]);
    let codes = forged(|zip| {
        zip.parts.insert(1, Part::new("manifest.json", b"{}"));
        zip.directory_order = (0..7).collect();
    });
    assert_eq!(codes, ["PKG-ZIP-DUP"]);
}

#[test]
fn a_member_that_is_not_in_the_directory() {
    for index in 0..=6 {
        let codes = forged(|zip| {
            let mut hidden = Part::new("hidden.json", b"{}");
            hidden.central = None;
            zip.parts.insert(index, hidden);
            zip.directory_order = (0..7).collect();
        });
        assert_eq!(codes, ["PKG-ZIP-HIDDEN"], "before member {index}");
    }
}

#[test]
fn bytes_between_and_after_the_members() {
    for index in 1..6 {
        let codes = forged(|zip| zip.parts[index].before = b"\0".to_vec());
        assert_eq!(codes, ["PKG-ZIP-GAP"], "before member {index}");
    }
    assert_eq!(forged(|zip| zip.before_directory = b"junk".to_vec()), ["PKG-ZIP-GAP"]);
    assert_eq!(forged(|zip| zip.after_directory = b"junk".to_vec()), ["PKG-ZIP-GAP"]);
}

#[test]
fn members_that_overlap() {
    // A second directory entry for the same bytes, under another name.
    let alias = |zip: &mut Zip, name: &str| {
        let mut alias = zip.parts[5].clone();
        (alias.local, alias.data) = (None, Vec::new());
        alias.central().name = name.as_bytes().to_vec();
        alias.points_to = Some(5);
        zip.push(alias);
    };
    assert_eq!(forged(|zip| alias(zip, "verify.pz")), ["PKG-ZIP-HEADERS", "PKG-ZIP-OVERLAP"]);
    assert_eq!(forged(|zip| alias(zip, "verify.py")), ["PKG-ZIP-DUP", "PKG-ZIP-OVERLAP"]);

    // A bomb of the "full overlap" kind: many names for one kernel.
    let codes = forged(|zip| {
        for index in 0..20 {
            alias(zip, &format!("zz{index:02}.bin"));
        }
    });
    assert_eq!(codes.iter().filter(|code| **code == "PKG-ZIP-OVERLAP").count(), 20);

    // A bomb of the "quoted overlap" kind: a stored Deflate block quotes the next local header,
    // so that each stream runs on into the member behind it.
    let mut zip = honest();
    let kernel = Part::new("zz.bin", &[b'x'; 500]);
    let mut quoted = Zip::new(vec![kernel.clone()]).bytes();
    quoted.truncate(30 + 6 + kernel.data.len());
    let header = u16::try_from(30 + 6).unwrap();
    let mut stream = vec![0];
    stream.extend(header.to_le_bytes());
    stream.extend((!header).to_le_bytes());
    let content: Vec<u8> = quoted[..36].iter().copied().chain([b'x'; 500]).collect();
    let mut outer = Part::of(b"za.bin", 8, &content, stream);
    outer.both(|head| head.stored_size += u32::try_from(quoted.len()).unwrap());
    zip.push(outer);
    zip.push(kernel);
    assert_eq!(judge(&zip.bytes()), ["PKG-ZIP-OVERLAP"]);
}

#[test]
fn bytes_before_the_package() {
    for offsets_count_prefix in [true, false] {
        for prefix in [b"M".to_vec(), b"#!/bin/sh\nexit\n".to_vec(), vec![0; 100_000]] {
            let codes = forged(|zip| {
                (zip.prefix, zip.offsets_count_prefix) = (prefix, offsets_count_prefix);
            });
            assert_eq!(codes, ["PKG-ZIP-PREFIX"], "offsets right: {offsets_count_prefix}");
        }
        // Two packages in one file; the last end record wins with most readers.
        let codes = forged(|zip| {
            (zip.prefix, zip.offsets_count_prefix) = (sample().bytes, offsets_count_prefix);
        });
        assert_eq!(codes, ["PKG-ZIP-PREFIX"], "two packages, offsets right: {offsets_count_prefix}");
    }
}

#[test]
fn bytes_after_the_package() {
    for length in [1, 22, 65_535, 65_536, 65_537, 200_000] {
        let codes = forged(|zip| zip.trailer = vec![b'x'; length]);
        assert_eq!(codes, ["PKG-ZIP-TRAILER"], "{length} bytes");
    }
}

#[test]
fn comments() {
    assert_eq!(forged(|zip| zip.comment = b"x".to_vec()), ["PKG-ZIP-COMMENT"]);
    assert_eq!(forged(|zip| zip.comment = vec![b'x'; 65_535]), ["PKG-ZIP-COMMENT"]);
    assert_eq!(central(|head| head.comment = b"approved".to_vec()), ["PKG-ZIP-COMMENT"]);
}

#[test]
fn a_package_inside_the_comment_of_another() {
    let inner = sample().bytes;
    assert_eq!(forged(|zip| zip.comment = inner), ["PKG-ZIP-COMMENT", "PKG-ZIP-PREFIX"]);

    // The same with offsets that fit: the inner package is forged behind the outer one.
    let mut outer = honest();
    let mut inner = honest();
    inner.prefix = outer.bytes();
    let comment_bytes = inner.bytes().len() - inner.prefix.len();
    outer.comment = vec![0; comment_bytes];
    inner.prefix = outer.bytes();
    inner.prefix.truncate(inner.prefix.len() - comment_bytes);
    assert_eq!(judge(&inner.bytes()), ["PKG-ZIP-COMMENT", "PKG-ZIP-PREFIX"]);
}

#[test]
fn an_end_record_that_lies() {
    for lie in [1, 46, u32::MAX, 0_u32.wrapping_sub(46), 1 << 30] {
        assert_eq!(forged(|zip| zip.directory_lie.0 = lie), ["PKG-ZIP-STRUCT"], "directory size + {lie}");
        let codes = forged(|zip| zip.directory_lie.1 = lie);
        assert!(matches!(codes[..], ["PKG-ZIP-STRUCT" | "PKG-ZIP-PREFIX"]), "offset + {lie}: {codes:?}");
    }
    for counts in [[0, 0, 7, 7], [0, 0, 5, 5], [0, 0, 6, 7], [1, 0, 6, 6], [0, 1, 6, 6], [0, 0, 0, 0]] {
        assert_eq!(forged(|zip| zip.counts = Some(counts)), ["PKG-ZIP-STRUCT"], "{counts:?}");
    }
}

#[test]
fn limits_hold_before_anything_is_inflated() {
    let flood = forged(|zip| {
        for index in 0..60_000 {
            zip.push(Part::of(format!("zz{index:05}").as_bytes(), 8, b"", vec![3, 0]));
        }
    });
    assert_eq!(flood, ["PKG-ZIP-LIMITS"]);

    let bytes = sample().bytes;
    let codes = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        let faults = scan(&bytes, &limits).unwrap_err();
        faults.into_iter().map(|fault| (fault.code.as_str(), fault.message)).collect::<Vec<_>>()
    };
    let limit = |message| vec![("PKG-ZIP-LIMITS", message)];
    assert_eq!(codes(|l| l.package_bytes = 1_000), limit("the package is too large"));
    assert_eq!(codes(|l| l.members = 5), limit("too many members"));
    assert_eq!(codes(|l| l.manifest_bytes = 25), limit("the member is too large"));
    assert_eq!(codes(|l| l.total_bytes = 500), limit("the members are too large together"));
    assert_eq!(codes(|l| l.member_bytes = 60).len(), 2, "SHA256SUMS and snapshot.json");
    assert_eq!(codes(|l| (l.expansion, l.expansion_floor) = (1, 50)), limit("the member expands too much"));

    // A real bomb: 100 MiB from 100 KiB.
    let mut zip = honest();
    let content = vec![0; 100 << 20];
    zip.push(Part::new("zz.bin", &content));
    assert_eq!(judge(&zip.bytes()), ["PKG-ZIP-LIMITS"]);
}

#[test]
fn things_that_are_no_package() {
    assert_eq!(judge(b""), ["PKG-ZIP-STRUCT"]);
    assert_eq!(judge(b"PK"), ["PKG-ZIP-STRUCT"]);
    assert_eq!(judge(&[0; 22]), ["PKG-ZIP-STRUCT"]);
    assert_eq!(judge(br#"{"manifest_version":"1.0"}"#), ["PKG-ZIP-STRUCT"]);
    // An empty zip is sound but no package.
    assert_eq!(judge(&Zip::new(Vec::new()).bytes()), ["PKG-MEMBERS", "PKG-MEMBERS"]);
    let codes = forged(|zip| {
        zip.parts.remove(0);
        zip.directory_order.pop();
    });
    assert_eq!(codes, ["PKG-MEMBERS"]);
    // An entry that points into the middle of a member.
    assert_eq!(central(|head| head.offset = Some(40)), ["PKG-ZIP-STRUCT"]);
}

#[test]
fn constants_and_order() {
    assert_eq!(both(|head| head.time = 0x6000), ["PKG-ZIP-STRUCT"]);
    assert_eq!(both(|head| head.date = 0x5ab8), ["PKG-ZIP-STRUCT"]);
    assert_eq!(both(|head| head.version = 10), ["PKG-ZIP-STRUCT"]);
    assert_eq!(central(|head| head.made_by = 20), ["PKG-ZIP-STRUCT"]);
    assert_eq!(central(|head| head.disk = 1), ["PKG-ZIP-STRUCT"]);
    assert_eq!(central(|head| head.internal = 1), ["PKG-ZIP-STRUCT"]);
    assert_eq!(central(|head| head.external = 0o100_755 << 16), ["PKG-ZIP-STRUCT"]);
    assert_eq!(central(|head| head.external = 0), ["PKG-ZIP-STRUCT"]);
    assert_eq!(central(|head| head.external |= 1), ["PKG-ZIP-STRUCT"]);
    assert_eq!(forged(|zip| zip.parts.swap(2, 3)), ["PKG-ZIP-STRUCT"]);
    assert_eq!(forged(|zip| zip.parts.swap(0, 1)), ["PKG-ZIP-STRUCT"]);
    // Directory and file in two orders: wrong by name and by place.
    assert_eq!(forged(|zip| zip.directory_order.swap(2, 3)), ["PKG-ZIP-STRUCT", "PKG-ZIP-STRUCT"]);
}

#[test]
fn a_flood_of_faults_is_cut() {
    let mut zip = honest();
    for index in 0..1_000 {
        zip.push(Part::of(format!("zz{index:05}").as_bytes(), 99, b"", vec![3, 0]));
    }
    let faults = scan(&zip.bytes(), &Limits::default()).unwrap_err();
    assert_eq!(faults.len(), super::super::scan::MAX_FAULTS);
}
