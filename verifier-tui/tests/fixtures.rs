//! Both programs over every hostile fixture, within 10 seconds and 1 GiB: the findings and the exit code that
//! the fixture names, nothing but plain text on a terminal, and never a crash.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

#[path = "../../verify-core/tests/support/expected.rs"]
mod expected;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use expected::{Expected, Running, copy_folder};

/// Longest run of one program over one fixture, in seconds of a processor: what else the machine does says nothing.
const SECONDS: &str = "10";
/// A program that waits for something is stopped too, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(2);
/// Address space of a program, in KiB as `ulimit` counts.
const MEMORY_KIB: &str = "1048576";

fn place() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/evidence")
}

/// The folders of all fixtures.
fn names() -> Vec<String> {
    let entries = fs::read_dir(place()).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(names.len() > 200, "{}", names.len());
    names
}

/// A fixture in a folder of its own, set up.
struct Copy {
    folder: tempfile::TempDir,
    expected: Expected,
    _running: Running,
}

impl Copy {
    fn of(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(&place().join(name), folder.path());
        let expected = Expected::read(folder.path());
        if expected.needs_another_user() {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let running = expected.set_up(folder.path());
        Self { folder, expected, _running: running }
    }

    /// Runs a program under limits in the folder; root becomes somebody else where root may do too much.
    fn run(&self, program: &Path, arguments: &[&str]) -> Answer {
        let path = |name: &str| self.folder.path().join(name);
        let limited = "ulimit -v \"$0\" && ulimit -t \"$1\" && shift && exec \"$@\"";
        let mut command = if self.expected.needs_another_user() && rustix::process::geteuid().is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        command.args(["-c", limited, MEMORY_KIB, SECONDS]).arg(program).args(arguments);
        command.current_dir(self.folder.path()).env("NO_COLOR", "1").stdin(Stdio::null());
        command.stdout(File::create(path("stdout")).unwrap()).stderr(File::create(path("stderr")).unwrap());
        let started = Instant::now();
        let mut child = command.spawn().unwrap();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if started.elapsed() > PATIENCE {
                child.kill().unwrap();
                child.wait().unwrap();
                return Answer {
                    exit: None,
                    stdout: String::new(),
                    stderr: "did not end in time".to_owned(),
                };
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let text = |name: &str| String::from_utf8_lossy(&fs::read(path(name)).unwrap()).into_owned();
        Answer { exit: status.code(), stdout: text("stdout"), stderr: text("stderr") }
    }

    /// A program that everybody may start.
    fn reachable(&self, program: &Path) -> PathBuf {
        if !self.expected.needs_another_user() {
            return program.to_owned();
        }
        let copy = self.folder.path().join(program.file_name().unwrap());
        if !copy.exists() {
            fs::copy(program, &copy).unwrap();
        }
        copy
    }
}

struct Answer {
    exit: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Answer {
    /// Exit code and the codes of all findings of a JSON report.
    fn judgement(&self) -> Result<(i32, Vec<String>), String> {
        let stopped = || format!("stopped, after {SECONDS} s of a processor or otherwise: {}", self.stderr);
        let exit = self.exit.ok_or_else(stopped)?;
        let crashed = ["panicked", "Traceback", "overflowed its stack", "internal error"];
        if exit == 70 || crashed.iter().any(|word| self.stderr.contains(word)) {
            return Err(format!("exit {exit}: {}", self.stderr));
        }
        let report: serde_json::Value = serde_json::from_str(&self.stdout)
            .map_err(|error| format!("{error}: {}{}", self.stdout, self.stderr))?;
        let findings = report["findings"].as_array().unwrap().iter();
        let mut codes: Vec<String> =
            findings.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect();
        codes.sort();
        Ok((exit, codes))
    }
}

/// Runs `judge` over every fixture, and lists what it objects to.
fn all(judge: impl Fn(&str, &Copy) -> Result<(), String>) {
    let names = names();
    let faults: Vec<String> = names
        .iter()
        .filter_map(|name| judge(name, &Copy::of(name)).err().map(|fault| format!("{name}: {fault}")))
        .collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), names.len(), faults.join("\n"));
}

#[test]
fn the_verifier_finds_what_every_fixture_names_in_time_and_memory() {
    all(|_, copy| {
        let program = copy.reachable(Path::new(env!("CARGO_BIN_EXE_verifier")));
        let mut arguments = vec!["verify", "evidence", "--format", "json"];
        arguments.extend(copy.expected.args.iter().map(String::as_str));
        let judgement = copy.run(&program, &arguments).judgement()?;
        let expected = (copy.expected.exit, copy.expected.codes.clone());
        if judgement == expected {
            Ok(())
        } else {
            Err(format!("expected {expected:?}, found {judgement:?}"))
        }
    });
}

/// Characters that act on a terminal, reorder what is read, or are not seen.
fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}

#[test]
fn the_verifier_shows_every_fixture_as_plain_text() {
    all(|_, copy| {
        let program = copy.reachable(Path::new(env!("CARGO_BIN_EXE_verifier")));
        let mut arguments = vec!["verify", "evidence"];
        arguments.extend(copy.expected.args.iter().map(String::as_str));
        let answer = copy.run(&program, &arguments);
        if answer.exit != Some(copy.expected.exit) {
            return Err(format!("exit {:?}: {}", answer.exit, answer.stderr));
        }
        let lines = || answer.stdout.lines().chain(answer.stderr.lines());
        match lines().find(|line| line.contains(deceives)) {
            None => Ok(()),
            Some(line) => Err(format!("not plain: {line:?}")),
        }
    });
}

/// Code, record, file, member and pointer of every finding; offsets of bytes are an aid (F-115).
fn places(report: &serde_json::Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let place = |finding: &serde_json::Value| {
        let at = if finding["place"].is_object() { &finding["place"] } else { finding };
        let pointer = at["pointer"].as_str().filter(|pointer| !pointer.starts_with("byte "));
        format!("{} {} {} {} {pointer:?}", finding["code"], at["sequence"], at["file"], at["member"])
    };
    findings.map(place).collect()
}

#[test]
fn the_second_implementation_says_the_same_of_every_fixture_in_time_and_memory() {
    let own = tempfile::tempdir().unwrap();
    fs::set_permissions(own.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let script = own.path().join("verify.py");
    fs::write(&script, verify_core::VERIFY_PY).unwrap();
    all(|_, copy| {
        let common = copy.expected.common_args();
        let program = copy.reachable(Path::new(env!("CARGO_BIN_EXE_verifier")));
        let arguments = ["verify", "evidence", "--format", "json", "--only", "structural"];
        let first = copy.run(&program, &[&arguments, &common[..]].concat());
        let arguments = ["-I", "-S", script.to_str().unwrap(), "evidence", "--json"];
        let second = copy.run(Path::new("python3"), &[&arguments, &common[..]].concat());
        let (exit, _) = first.judgement()?;
        let (second_exit, _) = second.judgement()?;
        let read = |answer: &Answer| places(&serde_json::from_str(&answer.stdout).unwrap());
        let (first, second) = (read(&first), read(&second));
        if exit == second_exit && first == second {
            return Ok(());
        }
        let only = |left: &BTreeSet<String>, right: &BTreeSet<String>| -> Vec<String> {
            left.difference(right).cloned().collect()
        };
        let (first, second) = (only(&first, &second), only(&second, &first));
        Err(format!("verifier {exit}, alone {first:#?}; verify.py {second_exit}, alone {second:#?}"))
    });
}
