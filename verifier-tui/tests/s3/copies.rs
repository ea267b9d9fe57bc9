//! Copies of evidence with what the store told about its locks.

use std::process::Command;

use serde_json::{Value, json};
use verify_core::digest::Digest;

use super::seaweed::{AUDITOR, SERVER};
use super::{compliance, findings, locked, package, parsed, report, rung, verifier};

#[test]
fn a_copy_with_its_receipt_is_judged_like_the_store() {
    let files = locked("COMPLIANCE", None);
    let bucket = SERVER.bucket(&files, Some(&compliance()));
    let name = package(&files);
    SERVER.put(&bucket, &format!("acme/{name}"), b"another content", None);
    SERVER.put(&bucket, "acme/a name: no path", b"no evidence", None);
    SERVER.put(&bucket, "acme/chain/0000000002.json/under", b"in the way", None);
    let place = format!("s3://{bucket}/acme");
    let folder = tempfile::tempdir().unwrap();
    let (out, kept) = (folder.path().join("q2"), folder.path().join("q2.receipt.json"));
    let fetch = ["fetch", &place, "--out", out.to_str().unwrap(), "--format", "json"];
    let (exit, answer) = parsed(&verifier(&fetch, AUDITOR, &SERVER.address()));
    assert_eq!((exit, answer["objects"].as_u64()), (0, Some(files.len() as u64 + 2)), "{answer}");
    assert_eq!(std::fs::read(out.join(&name)).unwrap(), files[&name], "the first version");
    let again = verifier(&fetch, AUDITOR, &SERVER.address());
    assert_eq!(again.status.code(), Some(2), "nothing is written over");
    let judged = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_verifier"))
            .args(["verify", out.to_str().unwrap(), "--to", "2026-05-03", "--format", "json"])
            .args(more)
            .output()
            .unwrap();
        parsed(&output)
    };
    let receipt = ["--receipt", kept.to_str().unwrap()];
    let ((in_copy, copy), (in_store, store)) = (judged(&receipt), report(&bucket, &[]));
    let codes = |report| findings(report).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
    assert_eq!(codes(&store), ["LOCK-VERSIONS", "SRC-STRAY", "SRC-STRAY"]);
    assert_eq!((in_copy, codes(&copy)), (in_store, codes(&store)));
    assert_eq!(rung(&copy, "locked"), rung(&store, "locked"));
    assert_eq!(judged(&[]).0, 0, "without the receipt nobody can tell");
    // What was copied and is gone, or has other bytes, is a finding.
    let commit = out.join("chain/0000000002.json");
    let bytes = std::fs::read(&commit).unwrap();
    std::fs::remove_file(&commit).unwrap();
    let (exit, lost) = judged(&receipt);
    let of_receipt = |report: &Value| {
        let rows = report["findings"].as_array().unwrap().iter().filter(|row| row["code"] == "LOCK-RECEIPT");
        rows.map(|row| (row["place"]["file"].clone(), row["found"].clone())).collect::<Vec<_>>()
    };
    assert_eq!((exit, of_receipt(&lost)), (1, vec![(json!("chain/0000000002.json"), json!("nothing"))]));
    std::fs::write(&commit, bytes).unwrap();
    let other = files.keys().find(|name| name.contains("/evidence-")).unwrap();
    std::fs::copy(out.join(&name), out.join(other)).unwrap();
    let (exit, changed) = judged(&receipt);
    let found = json!(Digest::of(&files[&name]).to_string());
    assert_eq!((exit, of_receipt(&changed)), (1, vec![(json!(other), found)]));
    let why = rung(&changed, "locked")["why"].to_string();
    assert!(why.contains("the receipt is about other bytes"), "{why}");
    // A receipt out of the copy is the word of whoever made the copy.
    let inside = out.join("receipt.json");
    std::fs::copy(&kept, &inside).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_verifier"))
        .args(["verify", out.to_str().unwrap(), "--receipt", inside.to_str().unwrap()])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("a receipt from there proves nothing"), "{told}");
}
