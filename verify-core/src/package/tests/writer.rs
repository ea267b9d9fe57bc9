//! The writer: the same members give the same bytes, and nothing is written that a reader refuses.

use std::io::Write as _;

use super::super::{PackError, PackageWriter, PackedMember, Packer};
use super::forge::{Part, Zip};
use super::{MANIFEST_TEXT, MEMBERS, judge, sample, seal};
use crate::limits::Limits;

fn error(limits: &Limits, members: &[(&str, &[u8])]) -> String {
    let mut writer = PackageWriter::new(limits);
    for (path, bytes) in members {
        if let Err(error) = writer.add(path, bytes) {
            return error.to_string();
        }
    }
    let sums = writer.sums(MANIFEST_TEXT);
    writer.finish(MANIFEST_TEXT, &sums, Vec::new()).unwrap_err().to_string()
}

#[test]
fn two_writes_in_any_order_are_byte_identical() {
    let mut reversed = MEMBERS;
    reversed.reverse();
    assert_eq!(seal(MEMBERS).bytes, seal(reversed).bytes);
    assert_eq!(judge(&sample().bytes), Vec::<&str>::new());
}

#[test]
fn an_independent_writer_gives_the_same_bytes() {
    assert_eq!(honest().bytes(), sample().bytes);
}

/// The sample, forged without a lie.
pub(super) fn honest() -> Zip {
    let sealed = sample();
    let lines = sealed.list.iter().map(|entry| (entry.path.as_str(), entry.sha256));
    let sums = super::super::sums_text(std::iter::once(("manifest.json", sealed.manifest)).chain(lines));
    let mut parts = vec![Part::new("manifest.json", MANIFEST_TEXT), Part::new("SHA256SUMS", &sums)];
    for entry in &sealed.list {
        let (name, content) = MEMBERS.iter().find(|(name, _)| *name == entry.path).unwrap();
        parts.push(Part::new(name, content));
    }
    Zip::new(parts)
}

#[test]
fn the_pieces_a_member_comes_in_do_not_change_it() {
    let content: Vec<u8> =
        (0..300_000_u32).flat_map(|index| (index.wrapping_mul(2_654_435_761) >> 20).to_le_bytes()).collect();
    let whole = PackedMember::pack("snapshot.json", &content).unwrap();
    for piece in [1_000, 65_535, 65_536, 65_537, 500_000] {
        let mut packer = Packer::new("snapshot.json").unwrap();
        content.chunks(piece).for_each(|chunk| packer.write_all(chunk).unwrap());
        let member = packer.finish().unwrap();
        assert_eq!(member.entry(), whole.entry(), "pieces of {piece} bytes");
    }
    assert_eq!(whole.entry().size, 1_200_000);
}

#[test]
fn names_that_no_reader_accepts_are_refused() {
    let limits = Limits::default();
    assert_eq!(error(&limits, &[("../x", b"")]), "\"../x\" cannot name a member");
    assert_eq!(error(&limits, &[("manifest.json", b"")]), "manifest.json is reserved");
    assert_eq!(error(&limits, &[("SHA256SUMS", b"")]), "SHA256SUMS is reserved");
    for members in [
        [("a", b"".as_slice()), ("a", b"")],
        [("a", b""), ("A", b"")],
        [("a/b", b""), ("A", b"")],
        [("x", b""), ("sha256sums", b"")],
    ] {
        let message = error(&limits, &members);
        assert!(message.ends_with("collides with the name of another member"), "{message}");
    }
}

#[test]
fn what_a_reader_with_the_same_limits_refuses_is_not_written() {
    let limits = Limits::default();
    let small = |change: fn(&mut Limits)| {
        let mut limits = limits;
        change(&mut limits);
        error(&limits, &[("a", &[b'x'; 4_000])])
    };
    assert_eq!(small(|l| l.member_bytes = 3_999), "size of a is 4000, the limit is 3999");
    assert_eq!(small(|l| l.members = 2), "number of members is 3, the limit is 2");
    assert_eq!(small(|l| l.manifest_bytes = 25), "size of manifest.json is 26, the limit is 25");
    assert!(small(|l| l.total_bytes = 4_000).starts_with("size of all members is 41"));
    assert!(small(|l| l.package_bytes = 100).starts_with("size of the package is "));
    assert!(
        small(|l| (l.expansion, l.expansion_floor) = (2, 100))
            .starts_with("size of a at this compressed size is 4000")
    );
}

#[test]
fn a_failing_sink_is_an_error() {
    let writer = PackageWriter::new(&Limits::default());
    let full: &mut [u8] = &mut [0; 40];
    let error = writer.finish(MANIFEST_TEXT, b"", full).unwrap_err();
    assert!(matches!(error, PackError::Write(_)), "{error}");
}

#[test]
fn members_can_be_packed_on_other_threads() {
    let expected = sample().bytes;
    let mut writer = PackageWriter::new(&Limits::default());
    let packed = std::thread::scope(|scope| {
        let packers = MEMBERS.map(|(path, bytes)| scope.spawn(move || PackedMember::pack(path, bytes)));
        packers.map(|thread| thread.join().unwrap().unwrap())
    });
    for member in packed {
        writer.push(member).unwrap();
    }
    let sums = writer.sums(MANIFEST_TEXT);
    let mut bytes = Vec::new();
    let written = writer.finish(MANIFEST_TEXT, &sums, &mut bytes).unwrap();
    assert_eq!((bytes.len() as u64, &bytes), (written, &expected));
}
