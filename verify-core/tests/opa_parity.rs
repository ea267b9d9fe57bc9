//! The policies give the same whole result documents under OPA itself.
//!
//! Every case of `fixtures/policies` is evaluated here, and so is every copy of it in which one
//! member or element is missing or of another type. The runner `fixtures/tools/opa_parity.py` then
//! compares the results with those of OPA, which it installs as a library below the target folder.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail by panic"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use verify_core::model::Control;
use verify_core::policy::{PolicyFiles, PolicySet};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn collect(folder: &Path, below: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, below, into);
        } else {
            let name =
                path.strip_prefix(below).unwrap().components().map(|part| part.as_os_str().to_str().unwrap());
            into.insert(name.collect::<Vec<_>>().join("/"), std::fs::read(&path).unwrap());
        }
    }
}

fn shipped() -> PolicyFiles {
    let folder = root().join("policies");
    let mut files = BTreeMap::new();
    collect(&folder, &folder, &mut files);
    PolicyFiles::canonical(files).unwrap()
}

fn result(set: &PolicySet, control: &Control, input: &Value) -> Value {
    match set.evaluate(control, input.to_string().as_bytes()) {
        Ok(outcome) => serde_json::to_value(outcome).unwrap(),
        Err(error) => json!({ "error": true, "message": error.to_string() }),
    }
}

/// Copies of the input with one place changed, for every place below the parts a policy reads.
fn damaged(input: &Value) -> Vec<Value> {
    let mut places = Vec::new();
    for part in ["state", "previous", "inputs", "provenance"] {
        // The resources of each part are always there: the judgement sees to it.
        for (name, value) in input[part].as_object().unwrap() {
            below(value, &format!("/{part}/{name}"), &mut places);
        }
    }
    let mut copies = Vec::new();
    for place in places {
        let (parent, last) = place.rsplit_once('/').unwrap();
        let mut copy = input.clone();
        match copy.pointer_mut(parent).unwrap() {
            Value::Object(members) => {
                members.remove(&last.replace("~1", "/"));
            }
            Value::Array(elements) => {
                elements.remove(last.parse().unwrap());
            }
            other => panic!("{other} holds nothing"),
        }
        copies.push(copy);
        for other in [json!(null), json!({})] {
            let mut copy = input.clone();
            *copy.pointer_mut(&place).unwrap() = other;
            copies.push(copy);
        }
    }
    copies
}

fn below(value: &Value, place: &str, into: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.replace('/', "~1"), member)).collect()
        }
        Value::Array(elements) => {
            elements.iter().enumerate().map(|(index, element)| (index.to_string(), element)).collect()
        }
        _ => return,
    };
    for (name, child) in children {
        let place = format!("{place}/{name}");
        below(child, &place, into);
        into.push(place);
    }
}

/// Cases of one control with the results found here: the written ones as expected, then the damaged.
fn cases_of(set: &PolicySet, control: &Control) -> Vec<Value> {
    let path = root().join(format!("fixtures/policies/{}.json", control.policy));
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut results = Vec::new();
    for case in cases {
        let found = result(set, control, &case["input"]);
        assert_eq!(found["status"], case["expect"], "{}: {}: {found}", control.policy, case["name"]);
        let violations = found["violations"].as_array().unwrap();
        let mut entities: Vec<_> = violations.iter().map(|violation| violation["entity"].clone()).collect();
        entities.dedup();
        assert_eq!(Value::from(entities), case["entities"], "{}: {}", control.policy, case["name"]);
        results.push(json!({ "control": control.policy, "input": case["input"], "result": found }));
        for input in damaged(&case["input"]) {
            let found = result(set, control, &input);
            results.push(json!({ "control": control.policy, "input": input, "result": found }));
        }
    }
    results
}

fn run_opa(arguments: &[&Path], tests: bool) {
    let cache =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(if tests { "opa-tests" } else { "opa-cases" });
    let mut command = Command::new("python3");
    command.arg(root().join("fixtures/tools/opa_parity.py")).arg("--cache").arg(&cache).args(arguments);
    if tests {
        command.arg("--tests");
    }
    let done = command.output().expect("python3 is needed to run OPA as a library");
    assert!(
        done.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&done.stdout).chars().take(20_000).collect::<String>(),
        String::from_utf8_lossy(&done.stderr)
    );
    println!("{}", String::from_utf8_lossy(&done.stdout));
}

#[test]
fn every_case_and_every_damaged_copy_gives_the_same_document() {
    let policies = shipped();
    let set = PolicySet::load(&policies).unwrap();
    let results: Vec<Value> = std::thread::scope(|scope| {
        let set = &set;
        let controls: Vec<_> =
            policies.controls().iter().map(|control| scope.spawn(move || cases_of(set, control))).collect();
        controls.into_iter().flat_map(|control| control.join().unwrap()).collect()
    });
    assert!(results.len() > 3_000, "{}", results.len());
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("policy-cases.json");
    std::fs::write(&file, serde_json::to_vec(&results).unwrap()).unwrap();
    run_opa(&[&file], false);
}

#[test]
fn every_test_rule_holds_under_opa() {
    run_opa(&[], true);
}
