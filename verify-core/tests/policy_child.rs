//! Policies evaluated in a child process: what kills or stops the child is a finding, never a pass.
//!
//! This test is its own child: called with `serve` it evaluates, with `crash` it dies and with `hang`
//! it never answers. So it has its own `main`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail by panic"
)]

use std::collections::BTreeMap;
use std::io;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use verify_core::finding::Code;
use verify_core::model::ControlStatus;
use verify_core::policy::child::{ChildEvaluator, Spawn, read_frame, serve};
use verify_core::policy::{Evaluator, PolicyFiles};

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("serve") => serve(&mut io::stdin(), &mut io::stdout()).unwrap(),
        Some("crash") => {
            read_frame(&mut io::stdin()).unwrap();
            std::process::abort();
        }
        Some("hang") => std::thread::sleep(Duration::from_mins(10)),
        _ => {
            answers_as_in_process();
            hostile_policies_give_their_error();
            recursion_is_refused();
            a_dead_child_is_a_limit_and_the_next_one_works();
            a_hanging_child_is_stopped();
            println!("policy_child: 5 tests passed");
        }
    }
}

/// Starts children of the given modes, one after the other; the last mode repeats.
struct Modes {
    left: Vec<&'static str>,
    child: Arc<Mutex<Option<Child>>>,
    watch: Option<Sender<()>>,
}

impl Modes {
    fn new(modes: &[&'static str]) -> Self {
        Self { left: modes.to_vec(), child: Arc::default(), watch: None }
    }
}

impl Spawn for Modes {
    type Input = ChildStdin;
    type Output = ChildStdout;

    fn spawn(&mut self) -> io::Result<(ChildStdin, ChildStdout)> {
        let mode = if self.left.len() > 1 { self.left.remove(0) } else { self.left[0] };
        let mut child = Command::new(std::env::current_exe()?)
            .arg(mode)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let pipes = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        *self.child.lock().unwrap() = Some(child);
        Ok(pipes)
    }

    fn begun(&mut self) {
        let (sender, receiver) = mpsc::channel::<()>();
        let child = Arc::clone(&self.child);
        std::thread::spawn(move || {
            if receiver.recv_timeout(Duration::from_secs(5)) == Err(mpsc::RecvTimeoutError::Timeout)
                && let Some(child) = child.lock().unwrap().as_mut()
            {
                child.kill().unwrap();
            }
        });
        self.watch = Some(sender);
    }

    fn ended(&mut self) {
        self.watch = None;
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            child.kill().ok();
            child.wait().unwrap();
        }
    }
}

const PASS: &str = r#"result := {"status": "PASS", "violations": [], "reason": null}"#;

fn policies(text: &str) -> PolicyFiles {
    let controls = br#"{"controls":[{"control_id":"T1","policy":"probe","description":"d","criteria":[],
        "evidence_reference":"users","reads":{}}]}"#;
    PolicyFiles::new(BTreeMap::from([
        ("controls.json".to_owned(), controls.to_vec()),
        ("controls/probe.rego".to_owned(), format!("package controls.probe\n{text}").into_bytes()),
    ]))
    .unwrap()
}

fn ask(evaluator: &mut ChildEvaluator<Modes>, text: &str, input: &[u8]) -> Result<ControlStatus, Code> {
    let policies = policies(text);
    evaluator
        .evaluate(&policies, &policies.controls()[0], input)
        .map(|outcome| outcome.status)
        .map_err(|error| error.code())
}

fn answers_as_in_process() {
    let mut evaluator = ChildEvaluator::new(Modes::new(&["serve"]));
    assert_eq!(ask(&mut evaluator, PASS, b"{}"), Ok(ControlStatus::Pass));
    let failing = r#"result := {"status": "FAIL", "violations": [{"resource": "users", "entity": input.id,
        "message": "m", "details": {}}], "reason": null}"#;
    assert_eq!(ask(&mut evaluator, failing, br#"{"id":"u1"}"#), Ok(ControlStatus::Fail));
    assert_eq!(ask(&mut evaluator, failing, br#"{"id":1}"#), Err(Code::PolicyParse));
    assert_eq!(ask(&mut evaluator, failing, b"{"), Err(Code::PolicyParse));
    // An input of some size goes through the pipes whole.
    let long = format!(r#"{{"id":"{}"}}"#, "x".repeat(3 << 20));
    assert_eq!(ask(&mut evaluator, failing, long.as_bytes()), Ok(ControlStatus::Fail));
}

fn hostile_policies_give_their_error() {
    let mut evaluator = ChildEvaluator::new(Modes::new(&["serve"]));
    for (text, code) in [
        (format!("x := time.now_ns()\n{PASS}"), Code::PolicyBuiltin),
        (format!("x := {}1\n{PASS}", "[".repeat(40)), Code::PolicyLimits),
        ("x := [".to_owned(), Code::PolicyParse),
    ] {
        assert_eq!(ask(&mut evaluator, &text, b"{}"), Err(code), "{text}");
        assert_eq!(ask(&mut evaluator, PASS, b"{}"), Ok(ControlStatus::Pass));
    }
}

fn recursion_is_refused() {
    for text in [
        format!("f(a) := f(a + 1)\nx := f(1)\n{PASS} if x"),
        format!("f(a) := g(a)\ng(a) := f(a)\nx := f(1)\n{PASS} if x"),
        format!("a if b\nb if a\n{PASS} if a"),
        format!("f(a) := data.controls.probe.f(a)\n{PASS} if f(1)"),
        format!("f(a) := [x | some x in f(a)]\n{PASS} if f(1)"),
        format!("f(a) := data.controls[\"probe\"].f(a)\n{PASS} if f(1)"),
        format!("x := data.controls[input.name].x\n{PASS} if x"),
        format!("import data.controls as c\nf(a) := c.probe.f(a)\n{PASS} if f(1)"),
        format!("f(a) := data[k].probe.f(a) if k := input.name\n{PASS} if f(1)"),
    ] {
        let mut evaluator = ChildEvaluator::new(Modes::new(&["serve"]));
        let code = ask(&mut evaluator, &text, br#"{"name":"probe"}"#).unwrap_err();
        assert_eq!(code, Code::PolicyParse, "{text}");
    }
}

fn a_dead_child_is_a_limit_and_the_next_one_works() {
    let mut evaluator = ChildEvaluator::new(Modes::new(&["crash", "serve"]));
    assert_eq!(ask(&mut evaluator, PASS, b"{}"), Err(Code::PolicyLimits));
    assert_eq!(ask(&mut evaluator, PASS, b"{}"), Ok(ControlStatus::Pass));
}

fn a_hanging_child_is_stopped() {
    let mut evaluator = ChildEvaluator::new(Modes::new(&["hang", "serve"]));
    assert_eq!(ask(&mut evaluator, PASS, b"{}"), Err(Code::PolicyLimits));
    assert_eq!(ask(&mut evaluator, PASS, b"{}"), Ok(ControlStatus::Pass));
}
