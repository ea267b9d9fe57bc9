//! Verifying a folder opens no socket: the real program and its children, traced call by call.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot trace its program has failed"
)]

#[expect(dead_code, reason = "other tests tamper with more of it")]
#[path = "../../verify-core/tests/support/chain.rs"]
mod chain;
#[path = "../../verify-core/tests/support/documents.rs"]
mod documents;

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Once;

/// Installs `strace` where a package manager can, and fails with what to do where it cannot.
fn strace_is_there() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let there = || Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success());
        if there() {
            return;
        }
        for arguments in
            [&["update", "-q"][..], &["install", "-y", "-q", "--no-install-recommends", "strace"]]
        {
            let _tried = Command::new("apt-get").args(arguments).output();
        }
        assert!(
            there(),
            "strace must be installed to prove that no socket is opened (apt-get install strace)"
        );
    });
}

/// Runs a program and everything it starts; gives its output and the network calls that were made.
fn traced(program: &[&str]) -> (Output, Vec<String>) {
    strace_is_there();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("calls");
    let output = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=%network", "-e", "signal=none", "-o"])
        .arg(&log)
        .args(program)
        .output()
        .unwrap();
    let calls = std::fs::read_to_string(&log).unwrap_or_else(|error| {
        panic!("strace wrote nothing ({error}): {}", String::from_utf8_lossy(&output.stderr))
    });
    (output, calls.lines().map(str::to_owned).collect())
}

fn evidence() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    chain::write_files(folder.path(), &chain::standard().files());
    folder
}

fn verifier(arguments: &[&str], path: &Path) -> (Output, Vec<String>) {
    let mut program = vec![env!("CARGO_BIN_EXE_verifier"), arguments[0], path.to_str().unwrap()];
    program.extend(&arguments[1..]);
    traced(&program)
}

#[test]
fn verifying_opens_no_socket_and_neither_do_its_children() {
    let folder = evidence();
    for format in ["text", "json"] {
        let (output, calls) = verifier(&["verify", "--to", "2026-05-03", "--format", format], folder.path());
        let told = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{told}{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(calls, [""; 0], "{format}");
        if format == "json" {
            let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            let replay =
                report["checks"].as_array().unwrap().iter().find(|check| check["code"] == "POLICY-REPLAY");
            assert!(replay.unwrap()["passed"].as_u64().unwrap() > 0, "policies ran in children");
        }
    }
    let out = folder.path().with_extension("export");
    let (output, calls) = verifier(&["export", "--out", out.to_str().unwrap()], folder.path());
    std::fs::remove_dir_all(&out).unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(calls, [""; 0], "export");
}

/// The trace does see sockets, also those of a child.
#[test]
fn the_trace_sees_a_socket() {
    let child =
        "import subprocess,sys; subprocess.run([sys.executable, '-c', 'import socket; socket.socket()'])";
    let (output, calls) = traced(&["python3", "-I", "-c", child]);
    assert!(output.status.success());
    assert!(calls.iter().any(|call| call.contains("socket(")), "{calls:?}");
}
