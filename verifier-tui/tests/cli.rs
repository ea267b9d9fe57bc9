//! What a person types and reads: exit code, standard output and standard error of the real program.

#![expect(clippy::unwrap_used, reason = "a test that cannot start its program has failed")]

use std::path::Path;
use std::process::{Command, Output};

fn verifier(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_verifier")).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// One message, one hint, nothing on standard output.
fn refuses(arguments: &[&str], code: i32, message: &str) {
    let output = verifier(arguments);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
    assert_eq!(text(&output.stdout), "", "{arguments:?}");
    assert!(told.starts_with("error: ") && told.contains(message), "{arguments:?}: {told}");
    assert_eq!(
        (told.matches("error: ").count(), told.matches("\nhint: ").count()),
        (1, 1),
        "{arguments:?}: {told}"
    );
    assert!(!told.contains("panicked") && told.lines().count() == 3, "{arguments:?}: {told}");
}

#[test]
fn wrong_usage_is_one_message_and_two() {
    refuses(&[], 2, "nothing to verify was named");
    refuses(&["verify"], 2, "nothing to verify was named");
    refuses(&["verify", "x", "--format", "xml"], 2, "invalid value 'xml' for '--format <FORMAT>'");
    refuses(&["verify", "x", "--frmo", "2026-05-01"], 2, "unexpected argument '--frmo'");
    refuses(&["verify", "x", "--from", "yesterday"], 2, "expected a day like 2026-05-01");
    refuses(&["verify", "x", "--from", "2026-05-02", "--to", "2026-05-01"], 2, "lies after --to");
    refuses(&["verify", "x", "--head", "1:abc"], 2, "expected SEQ:SHA256");
    refuses(&["verify", "x", "--only", "all"], 2, "expected some of structure");
    refuses(&["verify", "x", "y"], 2, "unexpected argument 'y'");
    refuses(&["completions", "tcl"], 2, "invalid value 'tcl'");
}

#[test]
fn what_was_typed_is_shown_but_never_acted_on() {
    let output = verifier(&["verify", "x", "--from", "\u{1b}]52;c;eA==\u{7}\u{202e}"]);
    let told = text(&output.stderr);
    assert!(told.contains("\\u{1b}]52") && told.contains("\\u{202e}"), "{told}");
    assert!(!told.contains('\u{1b}') && !told.contains('\u{7}') && !told.contains('\u{202e}'));
    refuses(&["verify", "no\u{1b}[2Jfolder"], 5, "there is no folder or file no\\u{1b}[2Jfolder");
}

#[test]
fn nothing_to_verify_is_inconclusive() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    refuses(&["verify", path], 5, "no evidence found in");
    refuses(&[path], 5, "no evidence found in");
    std::fs::write(folder.path().join("notes.txt"), "hello").unwrap();
    refuses(&["verify", path], 5, "1 file there that belong to no record, e.g. notes.txt");
    refuses(&["verify", folder.path().join("absent").to_str().unwrap()], 5, "there is no folder or file");
}

#[test]
fn a_broken_zip_is_no_evidence_of_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.zip"), b"PK\x03\x04 and then nothing").unwrap();
    let output = verifier(&["verify", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("FAILED (exit code 1)"));
    assert!(text(&output.stdout).contains("PKG-ZIP-STRUCT [critical]"), "{}", text(&output.stdout));
}

#[test]
fn machines_get_a_report_even_when_there_is_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path(), Path::new("/nonexistent/evidence")] {
        let output = verifier(&["verify", path.to_str().unwrap(), "--format", "json"]);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(5), ""));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (&report["verdict"]["word"], &report["verdict"]["exit_code"]),
            (&"inconclusive".into(), &5.into())
        );
        assert_eq!(report["tool"], concat!("verifier ", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn help_and_version_are_answers() {
    for arguments in [&["--help"][..], &["verify", "--help"], &["completions", "--help"]] {
        let output = verifier(arguments);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{arguments:?}");
        assert!(text(&output.stdout).contains("Example"), "{arguments:?}");
        assert!(!text(&output.stdout).contains("replay-worker"), "the worker is nobody's command");
    }
    let version = verifier(&["--version"]);
    assert_eq!(text(&version.stdout), concat!("verifier ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn the_help_names_every_exit_code() {
    let output = verifier(&["--help"]);
    let help = text(&output.stdout);
    let codes = help.split("Exit codes").nth(1).unwrap();
    let numbers: Vec<u8> =
        codes.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    let table: Vec<u8> = verifier_tui::exit::TABLE.iter().map(|(code, _)| *code).collect();
    assert_eq!(numbers, table);
}

#[test]
fn completions_are_printed() {
    let output = verifier(&["completions", "bash"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("_verifier()"));
}

#[test]
fn a_reader_that_goes_away_changes_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.zip"), b"PK\x03\x04").unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_verifier"))
        .args(["verify", folder.path().to_str().unwrap()])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_no_success() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_verifier")).arg("--help").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(70));
    assert!(text(&output.stderr).starts_with("error: the answer cannot be written"));
}
