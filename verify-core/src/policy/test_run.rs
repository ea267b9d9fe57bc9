//! The tests beside policies, run by the engine that judges evidence.
//!
//! A test is a rule `test_…` in a file below `tests/`, as `opa test` has it; it passes if it is
//! `true`. The policies must pass every check that evidence demands before their tests count.

use std::collections::BTreeMap;

use regorus::Value;

use super::engine::{engine, parse_error, shared_data};
use super::files::has_extension;
use super::{PolicyError, PolicyFiles, PolicySet, scan, syntax};

/// One test and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyTest {
    /// Full name of the rule, e.g. `data.controls.mfa_privileged_test.test_pass`.
    pub name: String,
    /// Whether it is true.
    pub passed: bool,
    /// What it was instead.
    pub reason: Option<String>,
}

/// Runs every test in `files`, which are named by their path below `policies/`.
///
/// # Errors
/// As [`PolicySet::load`], for policies and tests alike.
pub fn run_tests(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<PolicyTest>, PolicyError> {
    let policies = PolicyFiles::canonical(files.clone())?;
    PolicySet::load(&policies)?;
    let mut engine = engine();
    for (path, bytes) in files.iter().filter(|(path, _)| has_extension(path, "rego")) {
        let text = scan::scan(path, bytes)?;
        engine.add_policy(path.clone(), text.to_owned()).map_err(|error| parse_error(path, &error))?;
    }
    engine.add_data(shared_data(&policies)?).map_err(|error| parse_error("data", &error))?;
    let ast = engine.get_ast_as_json().map_err(|error| parse_error("tests", &error))?;
    let ast: serde_json::Value = serde_json::from_str(&ast).map_err(|error| parse_error("tests", &error))?;
    let mut tests = Vec::new();
    for name in syntax::rule_paths(&syntax::modules(&ast)) {
        if !name.rsplit('.').next().is_some_and(|rule| rule.starts_with("test_")) {
            continue;
        }
        let reason = match engine.eval_rule(name.clone()) {
            Ok(Value::Bool(true)) => None,
            Ok(Value::Undefined) => Some("undefined".to_owned()),
            Ok(value) => Some(value.to_string().chars().take(200).collect()),
            Err(error) => Some(one_line(&format!("{error:#}"))),
        };
        tests.push(PolicyTest { passed: reason.is_none(), name, reason });
    }
    Ok(tests)
}

/// The engine's message with its drawing of the source line folded into one line.
fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
