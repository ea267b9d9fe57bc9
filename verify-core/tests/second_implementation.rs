//! `verify.py` against a small chain, whole and tampered with. Needs `python3` on the path.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends at the first surprise"
)]

#[path = "second_implementation/bindings.rs"]
mod bindings;
#[path = "second_implementation/bounds.rs"]
mod bounds;
#[path = "support/chain.rs"]
mod chain;
#[path = "second_implementation/chain_tampering.rs"]
mod chain_tampering;
#[path = "second_implementation/container_tampering.rs"]
mod container_tampering;
#[path = "support/documents.rs"]
mod documents;
#[path = "second_implementation/json.rs"]
mod json;
#[path = "support/python.rs"]
mod python;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::json;

use chain::{standard, write_files};
use python::{Files, TO_GAP, expect, judge, packages_only, python, run, script};

#[test]
fn a_whole_chain_is_verified_over_the_days_it_covers() {
    let files = standard().files();
    let answer = judge(&files, &TO_GAP);
    assert_eq!((answer.exit, answer.codes.len()), (0, 0), "{:#}", answer.document);
    let rows = answer.document["coverage"]["rows"].as_array().unwrap();
    let status: Vec<_> = rows.iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(status, ["sealed", "sealed", "failed"]);
    assert_eq!(answer.document["head"]["sequence"], 5);
    assert_eq!(answer.document["head"]["manifest_sha256"], json!(standard().head().digest()));
    assert!(answer.document["not_evaluated"].as_array().unwrap().len() > 3);
    assert_eq!(judge(&files, &TO_GAP), answer, "the same evidence gives the same answer");
}

#[test]
fn a_day_without_record_is_missing_until_it_is_explained_and_then_still_exit_3() {
    let mut chain = standard();
    expect(&chain.files(), &[], 3, &["CHAIN-CADENCE"]);
    expect(&chain.files(), &["--from", "2026-05-05"], 0, &[]);
    expect(&chain.files(), &["--from", "2026-05-05", "--to", "2026-05-07"], 3, &["CHAIN-PERIOD"]);
    chain.explanation("2026-05-04T08:00:00Z", "2026-05-05T10:00:00Z");
    expect(&chain.files(), &[], 3, &[]);
}

#[test]
fn renamed_flattened_or_bare_files_give_the_same_verdict() {
    let files = standard().files();
    let renamed: Files =
        files.iter().enumerate().map(|(n, (_, bytes))| (format!("f{n}"), bytes.clone())).collect();
    expect(&renamed, &TO_GAP, 0, &[]);
    expect(&packages_only(&files), &TO_GAP, 0, &[]);
}

#[test]
fn one_package_alone_is_hashed_not_chained() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("day.zip");
    let mut package = standard().links[3].package.clone();
    fs::write(&path, &package).unwrap();
    let answer = run(&path, &[]);
    assert_eq!((answer.exit, answer.codes.len()), (0, 0), "{:#}", answer.document);
    assert!(answer.document["not_evaluated"][0].as_str().unwrap().contains("one package alone"));
    package[200] ^= 1;
    fs::write(&path, &package).unwrap();
    assert_eq!(run(&path, &[]).exit, 1);
}

#[test]
fn nothing_is_inconclusive_and_wrong_usage_is_exit_2() {
    expect(&Files::new(), &[], 5, &["CHAIN-EMPTY"]);
    let readme = Files::from([("README".to_owned(), b"nothing here".to_vec())]);
    expect(&readme, &[], 5, &["SRC-STRAY", "CHAIN-EMPTY"]);
    assert_eq!(run(Path::new("/nowhere/at/all"), &[]).exit, 5);
    let folder = tempfile::tempdir().unwrap();
    for wrong in ["--to=yesterday", "--head=5", "--unknown"] {
        assert_eq!(python(&[&script(folder.path()), ".", wrong]).status.code(), Some(2), "{wrong}");
    }
}

#[cfg(unix)]
#[test]
fn links_and_misleading_names_are_reported() {
    use std::os::unix::ffi::OsStringExt;
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), &standard().files());
    let name = std::ffi::OsString::from_vec(b"\x1b[31m\xff.txt".to_vec());
    fs::write(folder.path().join(name), "x").unwrap();
    let answer = run(folder.path(), &TO_GAP);
    assert_eq!(answer.exit, 0, "{:#}", answer.document);
    assert_eq!(answer.codes, BTreeSet::from(["SRC-NAME".to_owned(), "SRC-STRAY".to_owned()]));
    let text = python(&[&script(tempfile::tempdir().unwrap().path()), folder.path().to_str().unwrap()]);
    assert!(!text.stdout.contains(&0x1b), "a terminal never sees what evidence says");
    std::os::unix::fs::symlink("/etc/hostname", folder.path().join("link.zip")).unwrap();
    let answer = run(folder.path(), &TO_GAP);
    assert!(answer.exit == 1 && answer.codes.contains("SRC-TYPE"), "{:#}", answer.document);
}
