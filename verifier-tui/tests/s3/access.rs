//! Who may ask for what: the policy of the manual is enough, and less is no verdict.

use std::path::Path;
use std::process::Command;

use super::seaweed::{AUDITOR, MANUAL, MANUAL_BUCKET, SERVER, STRANGER, run};
use super::{command, compliance, findings, locked, parsed, rung, verifier};

#[test]
fn the_policy_of_the_manual_is_enough_and_grants_nothing_else() {
    let files = locked("COMPLIANCE", None);
    SERVER.bucket_named(MANUAL_BUCKET, &files, Some(&compliance()));
    SERVER.put(MANUAL_BUCKET, "elsewhere/x", b"x", None);
    let client = SERVER.client(MANUAL);
    let put = client.put_object().bucket(MANUAL_BUCKET).key("acme/x").body(b"x".to_vec().into());
    assert!(run(put.send()).is_err(), "it can write: the test proves nothing");
    let elsewhere = client.get_object().bucket(MANUAL_BUCKET).key("elsewhere/x");
    assert!(run(elsewhere.send()).is_err(), "it can read everything: the test proves nothing");
    let plain = client.list_objects_v2().bucket(MANUAL_BUCKET);
    assert!(run(plain.send()).is_err(), "it can list otherwise: the test proves nothing");
    let place = format!("s3://{MANUAL_BUCKET}/acme");
    let arguments =
        ["verify", &place, "--to", "2026-05-03", "--require", "locked", "--format", "json", "--no-cache"];
    let (exit, report) = parsed(&verifier(&arguments, MANUAL, &SERVER.address()));
    assert_eq!((exit, findings(&report)), (0, Vec::new()), "{report:#}");
    assert_eq!(rung(&report, "locked")["reached"], true);
}

#[test]
fn whoever_may_only_read_can_do_all_that_and_nothing_else() {
    let files = locked("COMPLIANCE", None);
    let bucket = SERVER.bucket(&files, Some(&compliance()));
    let client = SERVER.client(AUDITOR);
    let put = client.put_object().bucket(&bucket).key("acme/x").body(b"x".to_vec().into());
    assert!(run(put.send()).is_err(), "the auditor can write: the test proves nothing");
    let out = tempfile::tempdir().unwrap();
    let place = format!("s3://{bucket}/acme");
    let ran = |arguments: &[&str]| {
        let output = verifier(arguments, AUDITOR, &SERVER.address());
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {told}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        told
    };
    let text = ran(&["verify", &place, "--to", "2026-05-03"]);
    assert!(
        text.contains("locked")
            && text.split_whitespace().collect::<Vec<_>>().join(" ").contains("days after the asking"),
        "{text}"
    );
    let tables = out.path().join("tables");
    ran(&["export", &place, "--to", "2026-05-03", "--out", tables.to_str().unwrap()]);
    assert!(tables.join("report.json").exists());
    let kept = out.path().join("kept.checkpoint");
    let told = ran(&["checkpoint", "save", &place, "--to", "2026-05-03", "--out", kept.to_str().unwrap()]);
    assert!(
        kept.exists() && told.contains("--endpoint-url"),
        "the next command asks the same server: {told}"
    );
    ran(&["drill", &place, "--to", "2026-05-03", "--only", "rewritten-state"]);
}

#[test]
fn a_profile_that_is_named_speaks_and_not_the_environment() {
    let bucket = SERVER.bucket(&locked("COMPLIANCE", None), Some(&compliance()));
    let place = format!("s3://{bucket}/acme");
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let (id, secret) = AUDITOR;
    let profile = format!("[fieldwork]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    std::fs::write(home.path().join(".aws/credentials"), profile).unwrap();
    let asked = |who, name: &str| {
        let arguments = ["verify", &place, "--to", "2026-05-03", "--no-cache", "--profile", name];
        let output = command(&arguments, who, &SERVER.address(), home.path()).output().unwrap();
        (output.status.code(), [output.stdout, output.stderr].concat())
    };
    let somebody_else = ("AKIDSOMEBODY", "another-secret");
    let (exit, told) = asked(somebody_else, "fieldwork");
    assert_eq!(exit, Some(0), "{}", String::from_utf8_lossy(&told));
    // Credentials that would do are not used instead of a profile that does not exist.
    let (exit, told) = asked(AUDITOR, "no-such-profile");
    assert_eq!(exit, Some(5), "{}", String::from_utf8_lossy(&told));
}

#[test]
fn who_may_not_ask_gets_no_verdict() {
    let files = locked("COMPLIANCE", None);
    let bucket = SERVER.bucket(&files, Some(&compliance()));
    let place = format!("s3://{bucket}/acme");
    let wrong = (AUDITOR.0, "a-wrong-secret");
    for (who, words) in [(STRANGER, "AccessDenied"), (wrong, "SignatureDoesNotMatch")] {
        let output = verifier(&["verify", &place], who, &SERVER.address());
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(5), "{told}");
        assert!(told.contains(words), "{told}");
        assert!(!told.contains(who.1));
    }
    let output = verifier(&["verify", "s3://evidence-nowhere/acme"], AUDITOR, &SERVER.address());
    assert_eq!(output.status.code(), Some(5), "{}", String::from_utf8_lossy(&output.stderr));
    let empty = format!("s3://{bucket}/other");
    let output = verifier(&["verify", &empty], AUDITOR, &SERVER.address());
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{told}");
    assert!(told.contains("no evidence found"), "{told}");
}

#[test]
fn options_of_a_store_are_refused_for_a_folder_and_http_to_others_always() {
    let folder = tempfile::tempdir().unwrap();
    let verifier = |path: &str, arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_verifier"))
            .args(["verify", path])
            .args(arguments)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let path = folder.path().to_str().unwrap();
    for (path, arguments, words) in [
        (path, &["--region", "us-east-1"][..], "--region is about a store"),
        (path, &["--no-sign-request"][..], "--no-sign-request is about a store"),
        ("s3://abc/x", &["--endpoint-url", "http://example.com", "--region", "x"][..], "plain http"),
        ("s3://A/x", &["--region", "x"][..], "no place in S3"),
        ("s3://abc/x", &["--receipt", "r"][..], "--receipt is for a copy"),
    ] {
        let (code, told) = verifier(path, arguments);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(words), "{told}");
    }
    assert!(Path::new(path).is_dir());
}
