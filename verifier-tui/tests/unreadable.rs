//! Evidence that may not be read, by the real program under a real user: inconclusive, and named.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot start its program has failed")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the program as somebody who is not root: root may read everything.
fn as_a_user(path: &Path) -> Output {
    let program = env!("CARGO_BIN_EXE_verifier");
    let mut command = if rustix::process::geteuid().is_root() {
        // The copy can be started wherever the original lies.
        let place = path.parent().unwrap().join("verifier");
        fs::copy(program, &place).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(place);
        command
    } else {
        Command::new(program)
    };
    command.arg("verify").arg(path).output().unwrap()
}

fn place() -> (tempfile::TempDir, std::path::PathBuf) {
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let root = place.path().join("evidence");
    fs::create_dir_all(root.join("packages")).unwrap();
    (place, root)
}

fn deny(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn an_unreadable_folder_is_named_and_inconclusive() {
    let (_place, root) = place();
    fs::write(root.join("packages/a.zip"), b"PK\x03\x04").unwrap();
    deny(&root.join("packages"), 0o000);
    let output = as_a_user(&root);
    deny(&root.join("packages"), 0o755);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{told}");
    assert!(told.contains("cannot look into packages: permission denied"), "{told}");
    assert!(!told.contains("no evidence found"), "{told}");
}

#[test]
fn an_unreadable_file_is_named_and_inconclusive() {
    let (_place, root) = place();
    fs::write(root.join("packages/a.zip"), b"PK\x03\x04").unwrap();
    deny(&root.join("packages/a.zip"), 0o000);
    let output = as_a_user(&root);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{told}");
    assert!(told.contains("cannot read packages/a.zip: Permission denied"), "{told}");
}

#[test]
fn an_unreadable_root_is_inconclusive() {
    let (_place, root) = place();
    deny(&root, 0o000);
    let output = as_a_user(&root);
    deny(&root, 0o755);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{told}");
    assert!(told.contains("cannot list") && told.contains("ermission denied"), "{told}");
}
