//! The policy engine: policies checked, compiled once, evaluated on one input at a time.
//!
//! Policies run on the engine's interpreter. Its virtual machine is faster and counts instructions,
//! but it keeps undefined values in comprehensions and calls, which turned a missing field into a
//! pass in tests against OPA. The timer bounds an evaluation; what it does not interrupt, one
//! long call of a function, is refused by name or stopped from outside ([`super::child`]).
//! Errors of built-in functions make an expression undefined, as OPA has it by default; our own
//! policies check types first and never rely on it.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use regorus::utils::limits::{ExecutionTimerConfig, PolicyLengthConfig};
use regorus::{Engine, LimitError, Value};

use super::outcome::PolicyOutcome;
use super::{PolicyError, PolicyErrorKind, PolicyFiles, builtins, recursion, scan, syntax};
use crate::digest::Digest;
use crate::model::Control;

/// The timer of an evaluation: it looks at the clock after so much work.
const TIMER: ExecutionTimerConfig = ExecutionTimerConfig {
    limit: Duration::from_mins(1),
    check_interval: match NonZeroU32::new(1_000) {
        Some(interval) => interval,
        None => NonZeroU32::MAX,
    },
};

/// Policies ready to be evaluated.
pub struct PolicySet {
    /// By policy name: the engine prepared for its result.
    policies: BTreeMap<String, Engine>,
    inputs: LastInput,
}

impl std::fmt::Debug for PolicySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PolicySet").field("policies", &self.policies.keys()).finish_non_exhaustive()
    }
}

impl PolicySet {
    /// Checks and compiles the policy of every control. Files below `tests/` are not looked at.
    ///
    /// # Errors
    /// `Limits` for what is too large, too deep or unbounded, `NotDeterministic` for a function that
    /// is, `Parse` for everything the engine does not accept.
    pub fn load(files: &PolicyFiles) -> Result<Self, PolicyError> {
        let mut engine = engine();
        for (path, bytes) in files.modules() {
            let text = scan::scan(path, bytes)?;
            engine.add_policy(path.to_owned(), text.to_owned()).map_err(|error| parse_error(path, &error))?;
        }
        let ast = engine.get_ast_as_json().map_err(|error| parse_error("policies", &error))?;
        let ast: serde_json::Value = serde_json::from_str(&ast).map_err(|error| {
            PolicyError::new(PolicyErrorKind::Limits, "policies", format!("nested too deeply: {error}"))
        })?;
        let modules = syntax::modules(&ast);
        builtins::check(&modules)?;
        recursion::check(&modules)?;

        engine.add_data(shared_data(files)?).map_err(|error| parse_error("data", &error))?;

        let mut policies = BTreeMap::new();
        for control in files.controls() {
            if !policies.contains_key(&control.policy) {
                policies.insert(control.policy.clone(), compile(&engine, &control.policy)?);
            }
        }
        Ok(Self { policies, inputs: LastInput::default() })
    }

    /// Evaluates the policy of `control` on one input document.
    ///
    /// # Errors
    /// `Input` for what is no JSON, `Limits` for a spent budget, `Result` for an undefined or
    /// ill-shaped result.
    pub fn evaluate(&self, control: &Control, input_json: &[u8]) -> Result<PolicyOutcome, PolicyError> {
        let policy = control.policy.as_str();
        let failed = |kind, message: String| PolicyError::new(kind, policy, message);
        let prepared = self.policies.get(policy).ok_or_else(|| {
            failed(PolicyErrorKind::Parse, "expected a policy of this name, found none".to_owned())
        })?;
        let input =
            self.inputs.value_of(input_json).map_err(|message| failed(PolicyErrorKind::Input, message))?;

        let mut engine = prepared.clone();
        engine.set_input(input);
        let result = engine.eval_rule(entry_point(policy)).map_err(|error| {
            let limited = error.downcast_ref::<LimitError>().is_some();
            let kind = if limited { PolicyErrorKind::Limits } else { PolicyErrorKind::Result };
            failed(kind, format!("{error:#}").trim().to_owned())
        })?;
        if result == Value::Undefined {
            let message = "expected a result, found it undefined".to_owned();
            return Err(failed(PolicyErrorKind::Result, message));
        }
        let text = serde_json::to_string(&result)
            .map_err(|error| failed(PolicyErrorKind::Result, error.to_string()))?;
        PolicyOutcome::read(policy, &text)
    }
}

/// The last large input as a value. Controls that read the same resources follow each other, and
/// reading a large input costs about as much as judging it.
#[derive(Default)]
struct LastInput(Mutex<Option<(Digest, Value)>>);

/// Smaller inputs are read again, so that they do not drive out a large one.
const LARGE_INPUT: usize = 64 * 1024;

impl LastInput {
    fn value_of(&self, json: &[u8]) -> Result<Value, String> {
        let read = || {
            let text = std::str::from_utf8(json).map_err(|error| error.to_string())?;
            Value::from_json_str(text).map_err(|error| error.to_string())
        };
        if json.len() < LARGE_INPUT {
            return read();
        }
        let digest = Digest::of(json);
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, value)) = last.as_ref().filter(|(known, _)| *known == digest) {
            return Ok(value.clone());
        }
        // Let go first: two large inputs need not be held at once.
        *last = None;
        let value = read()?;
        *last = Some((digest, value.clone()));
        Ok(value)
    }
}

/// The data documents as `data` holds them.
pub(super) fn shared_data(files: &PolicyFiles) -> Result<Value, PolicyError> {
    let mut data = BTreeMap::new();
    for (name, bytes) in files.data() {
        let refused =
            |message: String| PolicyError::new(PolicyErrorKind::Parse, format!("data/{name}.json"), message);
        let text = std::str::from_utf8(bytes).map_err(|error| refused(error.to_string()))?;
        let value = Value::from_json_str(text).map_err(|error| refused(error.to_string()))?;
        data.insert(Value::from(name), value);
    }
    Ok(Value::from(data))
}

pub(super) fn engine() -> Engine {
    let mut engine = Engine::new();
    engine.set_rego_v0(false);
    engine.set_strict_builtin_errors(false);
    engine.set_gather_prints(true);
    engine.set_execution_timer_config(TIMER);
    engine.set_policy_length_config(PolicyLengthConfig {
        max_col: NonZeroU32::new(1_024).unwrap_or(NonZeroU32::MAX),
        max_file_bytes: NonZeroUsize::new(1 << 20).unwrap_or(NonZeroUsize::MAX),
        max_lines: NonZeroUsize::new(20_000).unwrap_or(NonZeroUsize::MAX),
    });
    engine
}

/// The rule that answers for a policy (F-71).
fn entry_point(policy: &str) -> String {
    format!("data.controls.{policy}.result")
}

/// Prepares the engine for one policy, so that clones of it evaluate at once.
fn compile(engine: &Engine, policy: &str) -> Result<Engine, PolicyError> {
    let entry = entry_point(policy);
    let mut engine = engine.clone();
    engine
        .compile_with_entrypoint(&Arc::from(entry.as_str()))
        .map_err(|error| parse_error(policy, &error))?;
    Ok(engine)
}

/// The engine prints the place and the line; only its text is kept.
pub(super) fn parse_error(place: &str, error: &impl std::fmt::Display) -> PolicyError {
    PolicyError::new(PolicyErrorKind::Parse, place, format!("{error:#}").trim().to_owned())
}
