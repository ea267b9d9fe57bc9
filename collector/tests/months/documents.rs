//! Every document of every package against its published schema, every package against common tools.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use verify_core::format::{DocumentKind, check_document};

use super::forge::{Forge, Record};
use super::{GENESYS, REFERENCE};

/// The documents of one package, each with its kind and where it was found.
fn documents(record: &Record) -> Vec<(DocumentKind, String, Vec<u8>)> {
    let mut found = vec![(DocumentKind::Manifest, "manifest.json".to_owned(), record.manifest_bytes())];
    let payload = record.manifest.kind.payload_member();
    for (member, bytes) in &record.members {
        let kind = match member.as_str() {
            name if name == payload => DocumentKind::payload_of(record.manifest.kind),
            "validation.json" => DocumentKind::Validation,
            "drift.json" => DocumentKind::Drift,
            "policies/controls.json" => DocumentKind::Controls,
            "transcript.jsonl" => {
                let lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate();
                found.extend(lines.map(|(number, line)| {
                    (DocumentKind::TranscriptLine, format!("{member}:{}", number + 1), line.to_vec())
                }));
                continue;
            }
            _ => continue,
        };
        found.push((kind, member.clone(), bytes.clone()));
    }
    found
}

fn checked(root: &Path) -> BTreeMap<DocumentKind, usize> {
    let mut counts = BTreeMap::new();
    for record in &Forge::open(root).records {
        for (kind, place, bytes) in documents(record) {
            let document: Value = serde_json::from_slice(&bytes).unwrap();
            let faults = check_document(kind, &document);
            assert!(faults.is_empty(), "{} {place}: {faults:#?}", record.package_name);
            *counts.entry(kind).or_default() += 1;
        }
    }
    counts
}

#[test]
fn every_document_of_every_package_keeps_its_schema() {
    for root in [&REFERENCE.root, &GENESYS.root] {
        let counts = checked(root);
        // Genesis, 28 snapshots, one failure, two approvals; nothing was left unread.
        let expected = [
            (DocumentKind::Manifest, 32),
            (DocumentKind::Controls, 32),
            (DocumentKind::Genesis, 1),
            (DocumentKind::Snapshot, 28),
            (DocumentKind::Validation, 28),
            (DocumentKind::Drift, 28),
            (DocumentKind::Failure, 1),
            (DocumentKind::Approval, 2),
        ];
        for (kind, count) in expected {
            assert_eq!(counts.get(&kind), Some(&count), "{}", kind.as_str());
        }
        assert!(counts[&DocumentKind::TranscriptLine] > 28 * 7, "{counts:?}");
        // The committed copies are the manifests that were judged.
        let committed = std::fs::read_dir(root.join("chain")).unwrap();
        for entry in committed {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "checkpoint") {
                continue;
            }
            let document = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            assert_eq!(check_document(DocumentKind::Manifest, &document), []);
        }
    }
}

/// The packages of both months.
fn packages() -> Vec<PathBuf> {
    fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { collect(&path, into) } else { into.push(path) }
        }
    }
    let mut found = Vec::new();
    for root in [&REFERENCE.root, &GENESYS.root] {
        collect(&root.join("packages"), &mut found);
    }
    found.sort();
    assert_eq!(found.len(), 64, "{found:#?}");
    found
}

fn run(program: &str, arguments: &[&str], packages: &[PathBuf]) -> Output {
    let done = Command::new(program).args(arguments).args(packages).output();
    done.unwrap_or_else(|error| panic!("{program} is needed: {error}"))
}

fn succeed(program: &str, arguments: &[&str], packages: &[PathBuf]) -> String {
    let done = run(program, arguments, packages);
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{text}{}", String::from_utf8_lossy(&done.stderr));
    text
}

const UNZIP: &str = r#"set -eu; for z; do unzip -tq "$z"; done"#;

/// Unpacks each package into a folder of its own and checks all its sums there.
const SUMS: &str = r#"set -eu
here=$1; shift; n=0
for z; do
  n=$((n + 1)); mkdir "$here/$n"; unzip -q "$z" -d "$here/$n"
  (cd "$here/$n"; sha256sum --strict --quiet -c SHA256SUMS; echo "$(find . -type f | wc -l) $(wc -l < SHA256SUMS)")
done"#;

const TESTZIP: &str = "import sys, zipfile
for name in sys.argv[1:]:
    with zipfile.ZipFile(name) as package:
        bad = package.testzip()
    assert bad is None, (name, bad)
print(len(sys.argv) - 1)";

#[test]
fn unzip_python_and_sha256sum_accept_every_package() {
    let packages = packages();
    let tested = succeed("sh", &["-c", UNZIP, "unzip"], &packages);
    assert_eq!(tested.lines().filter(|line| line.starts_with("No errors")).count(), 64, "{tested}");
    assert_eq!(succeed("python3", &["-I", "-S", "-c", TESTZIP], &packages).trim(), "64");
    let folder = tempfile::tempdir().unwrap();
    let sums = succeed("sh", &["-c", SUMS, "sums", folder.path().to_str().unwrap()], &packages);
    assert_eq!(sums.lines().count(), 64, "{sums}");
    for line in sums.lines() {
        // Every file that came out is listed, but the list itself.
        let mut figures = line.split_whitespace().map(|figure| figure.parse::<u32>().unwrap());
        assert_eq!(figures.next(), figures.next().map(|listed| listed + 1), "{line}");
    }
}

#[test]
fn the_tools_do_refuse_a_damaged_package() {
    let mut bytes = std::fs::read(&packages()[3]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    let folder = tempfile::tempdir().unwrap();
    let damaged = [folder.path().join("damaged.zip")];
    std::fs::write(&damaged[0], bytes).unwrap();
    let out = folder.path().join("out");
    std::fs::create_dir(&out).unwrap();
    assert!(!run("sh", &["-c", UNZIP, "unzip"], &damaged).status.success());
    assert!(!run("python3", &["-I", "-S", "-c", TESTZIP], &damaged).status.success());
    assert!(!run("sh", &["-c", SUMS, "sums", out.to_str().unwrap()], &damaged).status.success());
}
