//! Policies in child processes of the real program: equal answers, and nothing a policy does reaches the parent.

#![expect(clippy::unwrap_used, reason = "a test that cannot start its program has failed")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use verifier_tui::worker::Children;
use verify_core::model::ControlStatus;
use verify_core::policy::{Evaluator, InProcess, PolicyErrorKind, PolicyFiles};
use verify_core::verify::Evaluators;

const CONTROLS: &str = r#"{"controls":[{"control_id":"CC6.1","criteria":["CC6.1"],"description":"d","evidence_reference":"e","policy":"p","reads":{"reference":{"resources":["users"]}}}]}"#;

fn policies(body: &str) -> PolicyFiles {
    let text = format!("package controls.p\n\nimport rego.v1\n\n{body}\n");
    let files = [("controls.json", CONTROLS.to_owned()), ("controls/p.rego", text)];
    let files: BTreeMap<_, _> =
        files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
    PolicyFiles::canonical(files).unwrap()
}

fn children(longest: Duration) -> Box<dyn Evaluator + Send> {
    Children::of(env!("CARGO_BIN_EXE_verifier"), longest).make()
}

/// Fails for every user whose name is `x`.
const NAMED_X: &str = r#"violations := [v | some u in input.state.users; u.name == "x"; v := {"resource": "users", "entity": u.id, "message": "m", "details": {}}]
result := {"status": "FAIL", "violations": violations, "reason": null} if count(violations) > 0
result := {"status": "PASS", "violations": [], "reason": null} if count(violations) == 0"#;

const INPUT: &[u8] = br#"{"state":{"users":[{"id":"u1","name":"x"},{"id":"u2","name":"y"}]}}"#;

/// Doubles a text forty times: a terabyte, in forty cheap steps.
fn memory_bomb() -> String {
    let doublings: Vec<_> =
        (1..=40).map(|step| format!("s{step} := concat(\"\", [s{0}, s{0}])\n", step - 1)).collect();
    let first = "s0 := \"0123456789abcdef\"\n";
    first.to_owned()
        + &doublings.concat()
        + "result := {\"status\": \"PASS\", \"violations\": [], \"reason\": null} if count(s40) > 0"
}

#[test]
fn a_child_answers_as_this_process_does() {
    let policies = policies(NAMED_X);
    let control = &policies.controls()[0];
    let mut child = children(Duration::from_mins(1));
    let expected = InProcess::new().evaluate(&policies, control, INPUT).unwrap();
    assert_eq!(expected.status, ControlStatus::Fail);
    assert_eq!(child.evaluate(&policies, control, INPUT).unwrap(), expected);
    let nobody = br#"{"state":{"users":[]}}"#;
    assert_eq!(child.evaluate(&policies, control, nobody).unwrap().status, ControlStatus::Pass);
}

#[test]
fn a_policy_that_eats_memory_ends_its_child_and_nothing_else() {
    let bomb = policies(&memory_bomb());
    let good = policies(NAMED_X);
    let mut child = children(Duration::from_mins(1));
    let error = child.evaluate(&bomb, &bomb.controls()[0], INPUT).unwrap_err();
    assert_eq!(error.kind, PolicyErrorKind::Limits, "{error}");
    let outcome = child.evaluate(&good, &good.controls()[0], INPUT).unwrap();
    assert_eq!(outcome.status, ControlStatus::Fail, "the next child is sound");
}

#[test]
fn a_policy_that_takes_too_long_is_stopped() {
    let policies = policies(&memory_bomb());
    let started = Instant::now();
    let mut child = children(Duration::from_millis(1));
    let error = child.evaluate(&policies, &policies.controls()[0], INPUT).unwrap_err();
    assert_eq!(error.kind, PolicyErrorKind::Limits);
    assert!(error.message.contains("died or was stopped"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_policy_that_never_ends_is_named() {
    let body = "f(x) := f(x + 1)\nresult := f(0)";
    let policies = policies(body);
    let error =
        children(Duration::from_mins(1)).evaluate(&policies, &policies.controls()[0], INPUT).unwrap_err();
    assert!(matches!(error.kind, PolicyErrorKind::Limits | PolicyErrorKind::Parse), "{error}");
}

#[test]
fn a_program_that_cannot_be_started_is_no_pass() {
    let policies = policies(NAMED_X);
    let mut child = Children::of("/nonexistent/verifier", Duration::from_secs(5)).make();
    let error = child.evaluate(&policies, &policies.controls()[0], INPUT).unwrap_err();
    assert_eq!(error.kind, PolicyErrorKind::Limits);
}

/// The worker itself opens nothing and ends with its input.
#[test]
fn the_worker_ends_with_its_input_and_refuses_noise() {
    use std::io::Write;
    use std::process::{Command, Stdio};

    let mut worker = Command::new(env!("CARGO_BIN_EXE_verifier"))
        .args(["replay-worker", "671088640"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    worker.stdin.take().unwrap().write_all(b"\x00\x00\x00\x02{}").unwrap();
    let output = worker.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(70));
    let mut quiet = Command::new(env!("CARGO_BIN_EXE_verifier"))
        .args(["replay-worker", "671088640"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    assert_eq!(quiet.wait().unwrap().code(), Some(0));
}
