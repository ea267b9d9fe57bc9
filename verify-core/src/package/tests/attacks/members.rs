//! Attacks that lie about one member.

use super::super::super::scan;
use super::super::MEMBERS;
use super::super::forge::{Part, deflate};
use super::super::writer::honest;
use super::{both, central, forged, local, with_member};
use crate::limits::Limits;

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
    // An uncompressed member has one size; that is seen before anything is inflated.
    let mut zip = honest();
    zip.parts[0].both(|head| head.size += 1);
    let faults = scan(&zip.bytes(), &Limits::default()).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert_eq!(
        (faults[0].code.as_str(), faults[0].message),
        ("PKG-ZIP-SIZES", "an uncompressed member has two sizes")
    );
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
