//! Sessions quoted in a manual, run again in one folder, in the order in which they stand there.
//!
//! A fenced block belongs to a session if it begins with `$ ` and a command. A line `…` stands for any number of lines,
//! `…` within a line for any text; `VKEY` in a command is the key that the demo printed. Everything else is compared
//! as it is, but for blanks at the end of a line.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What stands for what is left out.
const LEFT_OUT: char = '\u{2026}';

/// One command and what is quoted of its output.
struct Step<'a> {
    command: &'a str,
    quoted: Vec<&'a str>,
}

/// Runs every quoted session of `manual` and compares.
pub(crate) fn hold(manual: &str) {
    let folder = tempfile::tempdir().unwrap();
    let verifier = verifier();
    let copy = concat!(env!("CARGO_MANIFEST_DIR"), "/../verify-core/python/verify.py");
    std::fs::copy(copy, folder.path().join("verify.py")).unwrap();
    let mut key = String::new();
    let steps = steps(manual);
    assert!(steps.len() >= 8, "the manual quotes {} commands only", steps.len());
    let mut faults = Vec::new();
    for step in steps {
        let printed = run(step.command, folder.path(), &verifier, &key);
        if let Some(found) = printed.lines().find_map(|line| line.strip_prefix("signed by: ")) {
            found.trim().clone_into(&mut key);
        }
        if let Err(line) = compare(&step.quoted, &printed) {
            faults.push(format!("`{}` does not print there:\n{line}", step.command));
        }
    }
    assert!(faults.is_empty(), "README.md quotes what is not so:\n{}", faults.join("\n"));
}

fn steps(manual: &str) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for block in manual.split("```\n").skip(1).step_by(2).filter(|block| block.starts_with("$ ")) {
        for line in block.lines() {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step { command, quoted: Vec::new() }),
                (None, Some(step)) => step.quoted.push(line),
                (None, None) => {}
            }
        }
    }
    steps
}

/// The program of the other crate, as it is now: nothing here depends on it, so Cargo has to be asked.
fn verifier() -> PathBuf {
    let collector = Path::new(env!("CARGO_BIN_EXE_collector"));
    let profile = collector.parent().unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "-p", "verifier-tui", "--bin", "verifier", "--target-dir"]);
    cargo.arg(profile.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "the verifier does not build");
    profile.join(format!("verifier{}", std::env::consts::EXE_SUFFIX))
}

fn run(command: &str, folder: &Path, verifier: &Path, key: &str) -> String {
    let collector = env!("CARGO_BIN_EXE_collector");
    let command = command.replace("cargo run --release -p collector --", "collector");
    let mut words = command.split_whitespace();
    let program = match words.next() {
        Some("collector") => Path::new(collector),
        Some("verifier") => verifier,
        Some("python3") => Path::new("python3"),
        other => panic!("no program of a session: {other:?}"),
    };
    let arguments = words.map(|word| if word == "VKEY" { key } else { word });
    let output =
        Command::new(program).args(arguments).current_dir(folder).env("NO_COLOR", "1").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!matches!(output.status.code(), None | Some(2 | 70)), "{command}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

/// The first quoted line that is not where it should be.
fn compare<'q>(quoted: &[&'q str], printed: &str) -> Result<(), &'q str> {
    let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
    let (mut rest, mut gap) = (printed.as_slice(), false);
    for line in quoted {
        if line.trim() == LEFT_OUT.to_string() {
            gap = true;
            continue;
        }
        let at = rest.iter().position(|found| matches(line.trim_end(), found));
        match at {
            Some(at) if gap || at == 0 => rest = rest.get(at + 1..).unwrap_or_default(),
            _ => return Err(line),
        }
        gap = false;
    }
    if gap || rest.is_empty() { Ok(()) } else { Err("(the end)") }
}

fn matches(quoted: &str, printed: &str) -> bool {
    let mut parts = quoted.split(LEFT_OUT);
    let Some(mut rest) = parts.next().and_then(|first| printed.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    true
}

#[test]
fn what_is_left_out_is_all_that_may_differ() {
    let printed = "one\ntwo 2\nthree\n\nfive   \n";
    for quoted in [
        &["one", "two 2", "three", "", "five"][..],
        &["\u{2026}"],
        &["one", "\u{2026}", "five"],
        &["\u{2026}", "t\u{2026} 2", "\u{2026}"],
        &["one", "tw\u{2026}", "\u{2026}ree", "", "f\u{2026}v\u{2026}"],
    ] {
        assert_eq!(compare(quoted, printed), Ok(()), "{quoted:?}");
    }
    for (quoted, wrong) in [
        (&["one", "two"][..], "two"),
        (&["one"], "(the end)"),
        (&["one", "three", "\u{2026}"], "three"),
        (&["\u{2026}", "three", "two 2"], "two 2"),
        (&["one", "two\u{2026}3", "\u{2026}"], "two\u{2026}3"),
    ] {
        assert_eq!(compare(quoted, printed), Err(wrong), "{quoted:?}");
    }
}
