//! What the tests of the container share: one small real package, and the whole judgement on it.

mod attacks;
mod bytes;
#[path = "../../tests/support/zip_forge.rs"]
mod forge;
mod listing;
mod tools;
mod writer;

use super::{Inflater, MANIFEST, PackageWriter, SUMS, compare, scan};
use crate::digest::Digest;
use crate::limits::Limits;
use crate::model::FileEntry;

const MANIFEST_TEXT: &[u8] = br#"{"manifest_version":"1.0"}"#;

/// The listed members of the sample, in another order than the container's.
const MEMBERS: [(&str, &[u8]); 4] = [
    ("verify.py", b"import hashlib\nimport json\n"),
    ("snapshot.json", br#"{"users":[{"id":"u1","role":"admin"},{"id":"u2","role":"admin"}]}"#),
    ("raw/users/0001.json", br#"{"entities":[{"id":"u1"},{"id":"u2"}]}"#),
    ("transcript.jsonl", b""),
];

/// A package with what was sealed of it.
struct Sealed {
    bytes: Vec<u8>,
    list: Vec<FileEntry>,
    manifest: Digest,
}

fn seal<'a>(members: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Sealed {
    let mut writer = PackageWriter::new(&Limits::default());
    for (path, bytes) in members {
        writer.add(path, bytes).unwrap();
    }
    let list = writer.entries().cloned().collect();
    let sums = writer.sums(MANIFEST_TEXT);
    let mut bytes = Vec::new();
    writer.finish(MANIFEST_TEXT, &sums, &mut bytes).unwrap();
    Sealed { bytes, list, manifest: Digest::of(MANIFEST_TEXT) }
}

fn sample() -> Sealed {
    seal(MEMBERS)
}

impl Sealed {
    /// The codes of everything that is wrong with `bytes` as a delivery of this package, in the
    /// order of the checks: container, contents, list, sums. A manifest with another digest
    /// stands for the comparison with the committed manifest.
    fn judge(&self, bytes: &[u8], inflater: &mut Inflater) -> Vec<&'static str> {
        let container = match scan(bytes, &Limits::default()) {
            Ok(container) => container,
            Err(faults) => {
                assert!(!faults.is_empty());
                return faults.iter().map(|fault| fault.code.as_str()).collect();
            }
        };
        let mut codes: Vec<_> =
            compare::check_members(&self.list, &container).iter().map(|fault| fault.code.as_str()).collect();
        for member in container.members() {
            let (content, digest) = match inflater.read(member) {
                Ok(read) => read,
                Err(fault) => {
                    codes.push(fault.code.as_str());
                    continue;
                }
            };
            assert_eq!(content.len() as u64, member.size());
            match member.name().as_str() {
                MANIFEST if digest != self.manifest => codes.push("CHAIN-COPY"),
                MANIFEST => {}
                SUMS => codes.extend(
                    compare::check_sums(&self.list, self.manifest, &content).map(|fault| fault.code.as_str()),
                ),
                name => {
                    let entry = self.list.iter().find(|entry| entry.path == name);
                    let faults = entry.map(|entry| compare::check_member(entry, member, digest));
                    codes.extend(faults.into_iter().flatten().map(|fault| fault.code.as_str()));
                }
            }
        }
        codes
    }
}

/// Judges `bytes` as a delivery of the sample.
fn judge(bytes: &[u8]) -> Vec<&'static str> {
    sample().judge(bytes, &mut Inflater::new())
}
