//! Every known attack on a zip reader, forged byte by byte, with the exact codes it must give.
//!
//! The sample has its members at `parts[2]` (`raw/users/0001.json`), `[3]` (`snapshot.json`),
//! `[4]` (`transcript.jsonl`, empty) and `[5]` (`verify.py`); `[0]` and `[1]` are the unlisted ones.

use super::super::scan;
use super::forge::{Head, Part, Zip, deflate};
use super::writer::honest;
use super::{MEMBERS, judge, sample};
use crate::limits::Limits;

/// Forges the sample with one change and judges it.
fn forged(change: impl FnOnce(&mut Zip)) -> Vec<&'static str> {
    let mut zip = honest();
    change(&mut zip);
    judge(&zip.bytes())
}

/// The sample with one change to both headers of `snapshot.json`.
fn both(change: impl Fn(&mut Head)) -> Vec<&'static str> {
    forged(|zip| zip.parts[3].both(change))
}

/// The sample with one change to the local header of `snapshot.json`.
fn local(change: impl FnOnce(&mut Head)) -> Vec<&'static str> {
    forged(|zip| change(zip.parts[3].local()))
}

/// The sample with one change to the directory entry of `snapshot.json`.
fn central(change: impl FnOnce(&mut Head)) -> Vec<&'static str> {
    forged(|zip| change(zip.parts[3].central()))
}

/// The sample with a further honest member, which the list does not name.
fn with_member(name: &[u8]) -> Vec<&'static str> {
    forged(|zip| {
        zip.push(Part::of(name, 8, b"{}", deflate(b"{}", 6)));
    })
}

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
fn names_that_are_one_on_some_system() {
    for name in ["Snapshot.json", "SNAPSHOT.JSON", "Raw", "Raw/users/0001.JSON"] {
        let codes = forged(|zip| {
            zip.parts.insert(2, Part::new(name, b"{}"));
            zip.directory_order = (0..7).collect();
        });
        assert_eq!(codes, ["PKG-ZIP-COLLIDE"], "{name}");
    }
    assert_eq!(with_member(b"verify.py."), ["PKG-ZIP-COLLIDE"]);
    assert_eq!(with_member(b"verify.py/x"), ["PKG-ZIP-COLLIDE"]);
}

#[test]
fn local_header_and_directory_differ() {
    assert_eq!(local(|head| head.name = b"snapshot.jsom".to_vec()), ["PKG-ZIP-HEADERS"]);
    assert_eq!(local(|head| head.method = 0), ["PKG-ZIP-HEADERS"]);
    assert_eq!(local(|head| head.crc ^= 1), ["PKG-ZIP-HEADERS"]);
    assert_eq!(local(|head| head.stored_size += 1), ["PKG-ZIP-HEADERS"]);
    assert_eq!(local(|head| head.size += 1), ["PKG-ZIP-HEADERS"]);
    assert_eq!(local(|head| head.flags = 1 << 11), ["PKG-ZIP-HEADERS"]);
    assert_eq!(local(|head| head.flags = 1 << 3), ["PKG-ZIP-HEADERS"]);
    assert_eq!(local(|head| head.time = 1), ["PKG-ZIP-HEADERS"]);
    assert_eq!(local(|head| head.version = 10), ["PKG-ZIP-HEADERS"]);
    assert_eq!(central(|head| head.crc ^= 1), ["PKG-ZIP-HEADERS"]);
    assert_eq!(central(|head| head.name = b"snapshot.jsom".to_vec()), ["PKG-ZIP-HEADERS"]);
    // A shorter name moves where the data starts, so the headers differ in length and name.
    assert_eq!(local(|head| head.name = b"snapshot.jso".to_vec()), ["PKG-ZIP-HEADERS", "PKG-ZIP-HEADERS"]);
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

/// An extra field.
fn extra(tag: u16, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    [&tag.to_le_bytes(), &length.to_le_bytes(), content].concat()
}

#[test]
fn zip64_structures() {
    let huge = extra(1, &[(1_u64 << 63).to_le_bytes(), 9_u64.to_le_bytes()].concat());
    assert_eq!(both(|head| head.extra.clone_from(&huge)), ["PKG-ZIP-ZIP64"]);
    assert_eq!(central(|head| head.extra.clone_from(&huge)), ["PKG-ZIP-ZIP64", "PKG-ZIP-HEADERS"]);
    assert_eq!(local(|head| head.extra.clone_from(&huge))[..2], ["PKG-ZIP-HEADERS", "PKG-ZIP-ZIP64"]);
    let second = [extra(0x5455, &[0; 5]), huge.clone()].concat();
    assert_eq!(both(|head| head.extra.clone_from(&second)), ["PKG-ZIP-ZIP64"]);

    // The mark of zip64 in a size comes with sizes that break the limits.
    let marked = both(|head| (head.size, head.extra) = (u32::MAX, huge.clone()));
    assert_eq!(marked, ["PKG-ZIP-ZIP64", "PKG-ZIP-ZIP64", "PKG-ZIP-LIMITS", "PKG-ZIP-LIMITS"]);
    assert_eq!(central(|head| head.offset = Some(u32::MAX)), ["PKG-ZIP-ZIP64", "PKG-ZIP-STRUCT"]);

    let record = [
        b"PK\x06\x06".as_slice(),
        &44_u64.to_le_bytes(),
        &[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &(1_u64 << 40).to_le_bytes(),
        &(1_u64 << 40).to_le_bytes(),
        &[0; 16],
    ]
    .concat();
    let locator = [b"PK\x06\x07".as_slice(), &[0; 4], &u64::MAX.to_le_bytes(), &1_u32.to_le_bytes()].concat();
    assert_eq!(forged(|zip| zip.after_directory.clone_from(&locator)), ["PKG-ZIP-ZIP64"]);
    let whole = [record, locator].concat();
    assert_eq!(forged(|zip| zip.after_directory.clone_from(&whole)), ["PKG-ZIP-ZIP64"]);
    // The directory's size includes them.
    let codes = forged(|zip| {
        zip.directory_lie.0 = u32::try_from(whole.len()).unwrap();
        zip.after_directory.clone_from(&whole);
    });
    assert_eq!(codes, ["PKG-ZIP-ZIP64"]);
    let codes = forged(|zip| (zip.counts, zip.after_directory) = (Some([0, 0, 0xffff, 0xffff]), whole));
    assert_eq!(codes, ["PKG-ZIP-ZIP64"]);
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
fn sizes_that_lie() {
    assert_eq!(both(|head| head.size -= 1), ["PKG-ZIP-SIZES"]);
    assert_eq!(both(|head| head.size = 0), ["PKG-ZIP-SIZES"]);
    assert_eq!(both(|head| head.size += 1), ["PKG-ZIP-SIZES"]);
    assert_eq!(both(|head| head.size += 1_000_000), ["PKG-ZIP-SIZES"]);
    assert_eq!(both(|head| head.size = u32::MAX - 1), ["PKG-ZIP-LIMITS", "PKG-ZIP-LIMITS"]);
    // The compressed size reaches into the next member, or past the last one.
    assert_eq!(both(|head| head.stored_size += 1), ["PKG-ZIP-OVERLAP"]);
    for more in [1, 1_000, u32::MAX / 2] {
        let codes = forged(|zip| zip.parts[5].both(|head| head.stored_size += more));
        assert_eq!(codes, ["PKG-ZIP-SIZES"], "+ {more}");
    }
    assert_eq!(both(|head| head.stored_size -= 1), ["PKG-ZIP-GAP"]);
    // An uncompressed member has one size.
    let codes = forged(|zip| zip.parts[0].both(|head| head.size += 1));
    assert_eq!(codes, ["PKG-ZIP-SIZES"]);
}

#[test]
fn streams_that_do_not_end_where_the_member_ends() {
    let content = MEMBERS[1].1;
    let with_stream =
        |stream: Vec<u8>| forged(|zip| zip.parts[3] = Part::of(b"snapshot.json", 8, content, stream));
    let good = deflate(content, 6);
    assert_eq!(with_stream([good.clone(), b"hidden".to_vec()].concat()), ["PKG-ZIP-SIZES"]);
    assert_eq!(with_stream([good.clone(), vec![0]].concat()), ["PKG-ZIP-SIZES"]);
    assert_eq!(with_stream(good[..good.len() - 1].to_vec()), ["PKG-ZIP-SIZES"]);
    assert_eq!(with_stream(Vec::new()), ["PKG-ZIP-SIZES"]);
    // Block type 3 does not exist.
    assert_eq!(with_stream(vec![0b111]), ["PKG-ZIP-STRUCT"]);
}

#[test]
fn a_wrong_crc() {
    assert_eq!(both(|head| head.crc ^= 1), ["PKG-ZIP-CRC"]);
    let codes = forged(|zip| zip.parts[0].both(|head| head.crc = 0));
    assert_eq!(codes, ["PKG-ZIP-CRC"]);
}

#[test]
fn extra_fields() {
    // Unicode Path: some readers take the name from here.
    let path = [vec![1], crc32fast::hash(b"readme.txt").to_le_bytes().to_vec(), b"manifest.json".to_vec()];
    let path = extra(0x7075, &path.concat());
    assert_eq!(both(|head| head.extra.clone_from(&path)), ["PKG-ZIP-EXTRA"]);
    assert_eq!(central(|head| head.extra.clone_from(&path)), ["PKG-ZIP-EXTRA", "PKG-ZIP-HEADERS"]);
    assert_eq!(local(|head| head.extra = vec![7])[..2], ["PKG-ZIP-HEADERS", "PKG-ZIP-EXTRA"]);
    // A time stamp, and a field that is longer than the space it has.
    assert_eq!(both(|head| head.extra = extra(0x5455, &[0; 5])), ["PKG-ZIP-EXTRA"]);
    assert_eq!(both(|head| head.extra = vec![0x55, 0x54, 0xff, 0xff]), ["PKG-ZIP-EXTRA"]);
}

#[test]
fn names_that_attack_the_reader() {
    let long = vec![b'a'; 60_000];
    let names: [&[u8]; 20] = [
        b"",
        b"/etc/passwd",
        b"C:\\x",
        b"C:/x",
        b"../x",
        b"..\\x",
        b"raw/../../x",
        b"./snapshot.json",
        b"raw/",
        b"raw//x",
        b"x\0.json",
        &long,
        b"x\x1b]52;c;eA==\x07",
        "x\u{202e}nosj".as_bytes(),
        "e\u{301}".as_bytes(),
        "\u{e9}".as_bytes(),
        b"\xff\xfe",
        b".hidden",
        b"a b",
        b"a/b/c/d/e",
    ];
    for name in names {
        assert_eq!(with_member(name), ["PKG-ZIP-NAME"], "{}", name[..name.len().min(20)].escape_ascii());
    }
    // Flag bit 11 only says that the name is UTF-8; here it is not, and the flag is never written.
    let codes = forged(|zip| {
        zip.push(Part::of(b"\xff", 8, b"", deflate(b"", 6))).both(|head| head.flags = 1 << 11);
    });
    assert_eq!(codes, ["PKG-ZIP-NAME", "PKG-ZIP-METHOD"]);
}

#[test]
fn members_that_are_no_regular_files() {
    for (what, mode) in
        [("link", 0o120_777_u32), ("folder", 0o040_755), ("pipe", 0o010_644), ("device", 0o020_644)]
    {
        let codes = central(|head| head.external = mode << 16);
        assert_eq!(codes, ["PKG-ZIP-TYPE", "PKG-ZIP-STRUCT"], "{what}");
    }
    assert_eq!(central(|head| head.external |= 0x10), ["PKG-ZIP-TYPE", "PKG-ZIP-STRUCT"]);
}

#[test]
fn methods_and_flags_that_are_never_written() {
    for method in [1, 6, 9, 12, 14, 93, 95, 98, 99, 0xffff] {
        assert_eq!(both(|head| head.method = method), ["PKG-ZIP-METHOD"], "method {method}");
    }
    for flags in [1, 1 << 1, 1 << 2, 1 << 5, 1 << 6, 1 << 11, 1 << 13, 1 | 1 << 3] {
        assert_eq!(both(|head| head.flags = flags), ["PKG-ZIP-METHOD"], "flags {flags:#x}");
    }
    // Stored and Deflate are both known, but each member has its one method.
    let codes = forged(|zip| zip.parts[3] = Part::of(b"snapshot.json", 0, b"{}", b"{}".to_vec()));
    assert_eq!(codes, ["PKG-ZIP-METHOD"]);
    let codes = forged(|zip| zip.parts[0] = Part::of(b"manifest.json", 8, b"{}", deflate(b"{}", 6)));
    assert_eq!(codes, ["PKG-ZIP-METHOD"]);
}

#[test]
fn sizes_after_the_data() {
    assert_eq!(both(|head| head.flags = 1 << 3), ["PKG-ZIP-HEADERS"]);
    let codes = forged(|zip| {
        zip.parts[3].both(|head| head.flags = 1 << 3);
        let head = zip.parts[3].local().clone();
        let fields = [head.crc, head.stored_size, head.size].map(u32::to_le_bytes);
        zip.parts[3].after = [b"PK\x07\x08".as_slice(), &fields.concat()].concat();
    });
    assert_eq!(codes, ["PKG-ZIP-HEADERS", "PKG-ZIP-GAP"]);
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
