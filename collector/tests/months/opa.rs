//! OPA itself gives the same whole result for every control of every snapshot of both months.
//!
//! A verification from scratch evaluates everything anew; what each policy saw and answered is written
//! down on the way. The runner `fixtures/tools/opa_parity.py` then asks OPA, which it installs as a
//! library below the target folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use verify_core::model::{Control, ControlStatus};
use verify_core::policy::{Evaluator, InProcess, PolicyError, PolicyFiles, PolicyOutcome};
use verify_core::report::Report;
use verify_core::source::Folder;
use verify_core::verify::{Evaluators, Mode, Options, Silent, verify};

use super::{GENESYS, REFERENCE};

/// Evaluates in this process and writes down every case.
struct Recorder {
    inner: InProcess,
    seen: Arc<Mutex<Vec<Value>>>,
}

impl Evaluator for Recorder {
    fn evaluate(
        &mut self,
        policies: &PolicyFiles,
        control: &Control,
        input_json: &[u8],
    ) -> Result<PolicyOutcome, PolicyError> {
        let result = self.inner.evaluate(policies, control, input_json);
        let case = json!({
            "control": control.policy,
            "input": serde_json::from_slice::<Value>(input_json).unwrap(),
            "result": match &result {
                Ok(outcome) => serde_json::to_value(outcome).unwrap(),
                Err(error) => json!({ "error": true, "message": error.to_string() }),
            },
        });
        self.seen.lock().unwrap().push(case);
        result
    }
}

#[derive(Default)]
struct Recording(Arc<Mutex<Vec<Value>>>);

impl Evaluators for Recording {
    fn make(&self) -> Box<dyn Evaluator + Send> {
        Box::new(Recorder { inner: InProcess::new(), seen: Arc::clone(&self.0) })
    }
}

/// The report on a month, and every case that was evaluated for it.
fn recorded(root: &Path) -> (Report, Vec<Value>) {
    let recording = Recording::default();
    let options = Options { mode: Mode::FromScratch, ..Options::default() };
    let report = verify(&Folder::new(root), &options, &recording, &Silent);
    assert_eq!(report.verdict.exit_code, 3, "{:#?}", report.findings);
    let cases = std::mem::take(&mut *recording.0.lock().unwrap());
    // Every answer that was recorded came out of a policy; the engine alone says "not evaluated" here.
    let answered: u64 = report.controls.iter().map(|row| row.pass + row.fail).sum();
    let without = |case: &&Value| case["result"]["status"] == "NOT_EVALUATED";
    assert_eq!(cases.iter().filter(without).count(), 0);
    assert_eq!(u64::try_from(cases.len()).unwrap(), answered);
    (report, cases)
}

/// Every control passed, failed and could not be evaluated at least once; each failure names entities.
fn every_status_is_seen(report: &Report, controls: &[&str]) {
    let all: BTreeSet<_> = report.controls.iter().map(|row| row.control_id.as_str()).collect();
    assert_eq!(all, BTreeSet::from(["CC6.1", "CC6.3", "CC6.6", "CC7.2"]));
    for row in report.controls.iter().filter(|row| controls.contains(&row.control_id.as_str())) {
        let figures = (row.pass, row.fail, row.not_evaluated);
        assert!(row.pass > 20 && row.fail > 0 && row.not_evaluated > 0, "{}: {figures:?}", row.control_id);
        for cell in &row.cells {
            let named = report.violations.iter().filter(|violation| {
                violation.sequence == cell.sequence && violation.control_id == row.control_id
            });
            assert_eq!(
                named.filter(|violation| !violation.entity.is_empty()).count() > 0,
                cell.recorded == ControlStatus::Fail,
                "{} in record {}",
                row.control_id,
                cell.sequence
            );
            assert_eq!(cell.reason.is_some(), cell.recorded == ControlStatus::NotEvaluated);
        }
    }
}

#[test]
fn opa_gives_the_same_documents_over_both_months() {
    let (report, mut cases) = recorded(&REFERENCE.root);
    every_status_is_seen(&report, &["CC6.1", "CC6.3", "CC6.6", "CC7.2"]);
    // There the second factor is a setting of the whole organization, which the story never touches,
    // and the profile reads no schedules: CC6.1 does not fail, CC7.2 is never evaluated.
    let (report, more) = recorded(&GENESYS.root);
    every_status_is_seen(&report, &["CC6.3", "CC6.6"]);
    cases.extend(more);

    let temporary = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = temporary.join("month-cases.json");
    std::fs::write(&file, serde_json::to_vec(&cases).unwrap()).unwrap();
    let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/tools/opa_parity.py");
    let done = Command::new("python3")
        .arg(runner)
        .arg("--cache")
        .arg(temporary.join("opa-cases"))
        .arg(&file)
        .output()
        .unwrap_or_else(|error| panic!("python3 is needed to run OPA as a library: {error}"));
    let text = String::from_utf8_lossy(&done.stdout);
    let shown: String = text.chars().take(20_000).collect();
    assert!(done.status.success(), "{shown}\n{}", String::from_utf8_lossy(&done.stderr));
    let counts: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let compared: u64 = counts["compared"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(compared, u64::try_from(cases.len()).unwrap(), "{counts}");
    assert_eq!((&counts["unanswered"], &counts["wrong"]), (&json!(0), &json!(0)), "{counts}");
}
