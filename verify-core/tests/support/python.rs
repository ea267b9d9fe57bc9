//! Runs `verify.py` with the `python3` of the machine, which must be there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::chain::write_files;

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) const TO_GAP: [&str; 2] = ["--to", "2026-05-03"];

pub(crate) fn python(arguments: &[&str]) -> Output {
    Command::new("python3").arg("-I").arg("-S").args(arguments).output().expect("python3 must be installed")
}

pub(crate) fn script(folder: &Path) -> String {
    let path = folder.join("verify-own-copy.py");
    fs::write(&path, verify_core::VERIFY_PY).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Exit code and the distinct codes of the findings with the sequence they name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) exit: i32,
    pub(crate) codes: BTreeSet<String>,
    pub(crate) document: Value,
}

pub(crate) fn run(evidence: &Path, options: &[&str]) -> Answer {
    let own = tempfile::tempdir().unwrap();
    let script = script(own.path());
    let mut arguments = vec![script.as_str(), evidence.to_str().unwrap(), "--json"];
    arguments.extend(options);
    let output = python(&arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    let document: Value = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    let exit = output.status.code().unwrap();
    assert_eq!(document["exit_code"], exit);
    let findings = document["findings"].as_array().unwrap();
    let codes = findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect();
    Answer { exit, codes, document }
}

pub(crate) fn judge(files: &Files, options: &[&str]) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), files);
    run(folder.path(), options)
}

/// Asserts the exit code and exactly these codes, over the days before the gap.
#[track_caller]
pub(crate) fn expect(files: &Files, options: &[&str], exit: i32, codes: &[&str]) {
    let answer = judge(files, options);
    let codes: BTreeSet<String> = codes.iter().map(|code| (*code).to_owned()).collect();
    assert_eq!((answer.exit, &answer.codes), (exit, &codes), "{:#}", answer.document);
}

pub(crate) fn packages_only(files: &Files) -> Files {
    let packages = files.iter().filter(|(name, _)| name.starts_with("packages/"));
    packages.map(|(name, bytes)| (name.rsplit('/').next().unwrap().to_owned(), bytes.clone())).collect()
}

/// Runs Python statements that have the functions of `verify.py` in `v`.
pub(crate) fn with_functions(statements: &str, argument: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let program = format!(
        "import runpy,sys,types\nv=types.SimpleNamespace(**runpy.run_path(sys.argv[1]))\n{statements}"
    );
    let output = python(&["-c", &program, &script(folder.path()), argument]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
