//! `collector doctor` and `collector store plan`, as people run them, against two servers.

use std::path::Path;
use std::process::Command;

use aws_sdk_s3::Client;
use serde_json::{Value, json};

use super::ministack::{MiniStack, REGION};
use super::place::{CONFIG, Place};
use super::seaweed::{ACCESS_KEY, SECRET_KEY, SERVER, Seaweed, runtime};

/// A place whose evidence goes into `bucket` at `address`.
pub(crate) fn place(bucket: &str, address: &str) -> Place {
    let place = Place::new();
    place.set("AWS_ACCESS_KEY_ID", ACCESS_KEY);
    place.set("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    place.edit("# region = ", "region = ");
    place.edit("# endpoint_url = \"https://aws.example.com\"", &format!("endpoint_url = \"{address}\""));
    place.edit("root = \"evidence\"", &format!("root = \"s3://{bucket}/acme/prod\"\nretention_days = 3"));
    place
}

pub(crate) fn doctor(place: &Place, expected: i32) -> (String, Vec<Value>) {
    let output = place.run(&[&["doctor"], &CONFIG[..]].concat());
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(expected), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(!told.contains(SECRET_KEY));
    let output = place.run(&[&["doctor", "--format", "json"], &CONFIG[..]].concat());
    assert_eq!(output.status.code(), Some(expected));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    (told, document["checks"].as_array().unwrap().clone())
}

fn answer<'a>(checks: &'a [Value], name: &str) -> &'a str {
    let check = checks.iter().find(|check| check["name"] == name);
    check.unwrap_or_else(|| panic!("{name}: {checks:#?}"))["answer"].as_str().unwrap()
}

#[test]
fn a_bucket_without_lock_is_refused_by_doctor_and_by_the_first_write() {
    let bucket = SERVER.plain_bucket();
    let place = place(&bucket, &SERVER.address());
    let (told, checks) = doctor(&place, 4);
    assert!(told.contains("this bucket cannot hold evidence"), "{told}");
    assert_eq!((answer(&checks, "object lock"), answer(&checks, "versioning")), ("missing", "missing"));
    for mend in ["aws s3api put-object-lock-configuration", "aws s3api put-bucket-versioning"] {
        assert!(told.contains(&format!("mend: {mend} --bucket {bucket}")), "{told}");
    }
    let told = place.refused(&[&["collect"], &CONFIG[..]].concat(), 4);
    assert!(told.contains("cannot hold evidence") && told.contains("hint: run: aws s3api"), "{told}");
    let listed = runtime().block_on(SERVER.client().list_object_versions().bucket(&bucket).send()).unwrap();
    assert_eq!(listed.versions().len(), 0, "nothing was written");
}

#[test]
fn a_bucket_with_lock_and_nothing_else_is_fit_and_what_it_lacks_is_named() {
    let bucket = SERVER.bucket();
    let place = place(&bucket, &SERVER.address());
    let (told, checks) = doctor(&place, 1);
    for (name, expected) in [
        ("object lock", "ok"),
        ("versioning", "ok"),
        ("versions", "ok"),
        ("default retention", "missing"),
        ("TLS only", "missing"),
        ("default encryption", "missing"),
        ("key rotation", "missing"),
    ] {
        assert_eq!(answer(&checks, name), expected, "{name}: {told}");
    }
    assert!(told.contains("this bucket can hold evidence; "), "{told}");
    for check in &checks {
        assert_eq!(check["answer"] == "ok", check["mend"].is_null(), "{check}");
    }
    let policy = checks.iter().find(|check| check["name"] == "TLS only").unwrap()["mend"].as_str().unwrap();
    let policy = policy.split_once("--policy '").unwrap().1.strip_suffix('\'').unwrap();
    let put = SERVER.client().put_bucket_policy().bucket(&bucket).policy(policy);
    runtime().block_on(put.send()).unwrap();
    // The server enforces the printed policy: over plain http, as here, it answers nothing any more.
    let (told, checks) = doctor(&place, 4);
    assert!(checks.iter().filter(|check| check["answer"] == "could_not_ask").count() >= 7, "{told}");
    assert!(told.contains("could not ask  object lock") && told.contains("AccessDenied"), "{told}");
    let told = place.refused(&[&["collect"], &CONFIG[..]].concat(), 4);
    assert!(
        told.contains("AccessDenied") && told.contains("hint: the collector lacks a permission"),
        "{told}"
    );
}

#[test]
fn a_chain_never_begins_around_or_inside_of_another_one() {
    let bucket = SERVER.bucket();
    let middle = place(&bucket, &SERVER.address());
    middle.collect();
    let root = format!("root = \"s3://{bucket}/acme/prod\"");
    for other in ["", "/acme", "/acme/prod/nested", "/acme/prod/nested/deep"] {
        let place = place(&bucket, &SERVER.address());
        place.edit(&root, &format!("root = \"s3://{bucket}{other}\""));
        let first = format!("inside of it: s3://{bucket}/acme/prod/chain/0000000000.json");
        let told = place.refused(&[&["collect"], &CONFIG[..]].concat(), 4);
        assert!(told.contains(&first) && told.contains("hint: name a root beside it"), "{other}: {told}");
        let (told, checks) = doctor(&place, 4);
        assert_eq!(answer(&checks, "root"), "missing", "{told}");
    }
    let beside = place(&bucket, &SERVER.address());
    beside.edit(&root, &format!("root = \"s3://{bucket}/acme/pro\""));
    beside.collect();
    middle.collect();
}

#[test]
fn cycles_go_into_the_bucket_and_faults_end_in_the_right_place() {
    let bucket = SERVER.bucket();
    let place = place(&bucket, &SERVER.address());
    let warned = |expected: bool| {
        let output = place.run(&[&["collect"], &CONFIG[..]].concat());
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{told}");
        let lacks = "warning: store: default retention missing: none; mend: aws s3api put-object-lock";
        assert_eq!(told.contains(lacks), expected, "only before a chain begins: {told}");
    };
    warned(true);
    warned(false);
    let listed = runtime().block_on(SERVER.client().list_object_versions().bucket(&bucket).send()).unwrap();
    assert_eq!(
        listed.versions().len(),
        6,
        "three records: genesis and two cycles, a package and a commit each"
    );
    assert!(listed.versions().iter().all(|version| version.key().unwrap().starts_with("acme/prod/")));
    place.unset("AWS_SECRET_ACCESS_KEY");
    place.set("AWS_SECRET_ACCESS_KEY", "another-secret");
    let told = place.refused(&[&["collect"], &CONFIG[..]].concat(), 4);
    assert!(
        told.contains("SignatureDoesNotMatch") && told.contains("hint: the credentials or the region"),
        "{told}"
    );
    place.edit(&format!("s3://{bucket}/"), "s3://no-such-bucket-here/");
    place.unset("AWS_SECRET_ACCESS_KEY");
    place.set("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    let told = place.refused(&[&["collect"], &CONFIG[..]].concat(), 4);
    assert!(told.contains("NoSuchBucket") && told.contains("store plan"), "{told}");
    assert!(!place.path("evidence").exists(), "nothing was written here instead");
}

#[test]
fn a_folder_has_nothing_to_examine_and_nothing_to_plan() {
    let place = Place::new();
    let told = place.done(&[&["doctor"], &CONFIG[..]].concat());
    assert!(told.contains("a folder has no lock"), "{told}");
    let told = place.refused(&[&["store", "plan"], &CONFIG[..]].concat(), 2);
    assert!(told.contains("root = \"s3://"), "{told}");
    place.edit("root = \"evidence\"", "root = \"s3://acme-evidence\"\nretention_days = 3");
    place.unset("AWS_REGION");
    let told = place.refused(&[&["store", "plan"], &CONFIG[..]].concat(), 2);
    assert!(told.contains("no region") && told.contains("[aws] region"), "{told}");
    place.set("AWS_REGION", "eu-west-1");
    let told = place.done(&[&["store", "plan"], &CONFIG[..]].concat());
    assert!(told.contains("region = \"eu-west-1\"") && told.contains("resource \"aws_s3_bucket\""), "{told}");
}

/// `awscli` for the plan's own calls, installed as the servers are.
fn awscli() -> std::path::PathBuf {
    const PACKAGE: &str = "awscli==1.46.3";
    let base = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(base).unwrap();
    let lock = std::fs::File::create(base.join("awscli.lock")).unwrap();
    lock.lock().unwrap();
    let site = base.join(PACKAGE);
    if !site.is_dir() {
        let partial = base.join("awscli.partial");
        if partial.exists() {
            std::fs::remove_dir_all(&partial).unwrap();
        }
        let done = Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"])
            .arg(&partial)
            .arg(PACKAGE)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        std::fs::rename(&partial, &site).unwrap();
    }
    site
}

#[test]
fn the_printed_plan_makes_a_bucket_that_the_doctor_finds_right() {
    let server = MiniStack::start();
    let place = place("acme-evidence", &server.address());
    let script = place.done(&[&["store", "plan", "--form", "cli"], &CONFIG[..]].concat());
    std::fs::write(place.path("plan.sh"), &script).unwrap();
    let site = awscli();
    // The command as a distribution installs it.
    let aws = format!("#!/bin/sh\nexec python3 {}/bin/aws \"$@\"\n", site.display());
    std::fs::write(place.path("aws"), aws).unwrap();
    let path = format!("{}:{}", place.folder().display(), std::env::var("PATH").unwrap());
    let run = |command: &mut Command| {
        let output = command
            .current_dir(place.folder())
            .env("PATH", &path)
            .env("PYTHONPATH", &site)
            .env("AWS_ENDPOINT_URL", server.address())
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{told}\n{script}");
        String::from_utf8(output.stdout).unwrap()
    };
    run(Command::new("chmod").args(["+x", "aws"]));
    let told = run(Command::new("sh").arg("plan.sh"));
    let line = told.lines().last().unwrap();
    assert!(line.starts_with("encryption_key_id = \"arn:aws:kms:"), "{told}");
    place.edit("retention_days = 3", &format!("retention_days = 3\n{line}"));
    let (told, checks) = doctor(&place, 0);
    assert_eq!(checks.len(), 10, "{told}");
    assert!(told.contains("this bucket can hold evidence\n"), "{told}");
    place.collect();

    // What was there is missed when it is gone.
    let id = line.trim_end_matches('"').rsplit('/').next().unwrap();
    server.call("TrentService.DisableKeyRotation", &json!({"KeyId": id}));
    let access = Seaweed::access(&server.address());
    let client = Client::from_conf(
        aws_sdk_s3::config::Builder::from(access.sdk())
            .region(aws_config_region())
            .force_path_style(true)
            .build(),
    );
    runtime().block_on(async {
        client.delete_public_access_block().bucket("acme-evidence").send().await.unwrap();
        client.delete_bucket_policy().bucket("acme-evidence").send().await.unwrap();
        client.delete_bucket_encryption().bucket("acme-evidence").send().await.unwrap();
    });
    let (told, checks) = doctor(&place, 1);
    for name in ["key rotation", "public access block", "TLS only"] {
        assert_eq!(answer(&checks, name), "missing", "{name}: {told}");
    }
    assert!(
        told.contains(&format!("mend: aws kms enable-key-rotation --key-id arn:aws:kms:{REGION}")),
        "{told}"
    );
}

fn aws_config_region() -> aws_sdk_s3::config::Region {
    aws_sdk_s3::config::Region::new(REGION)
}
