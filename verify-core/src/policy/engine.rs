//! The policy engine: policies checked, compiled once, evaluated on one input at a time.
//!
//! Policies run on the engine's virtual machine, whose instruction budget is a deterministic bound:
//! the same policy on the same input always ends at the same place. The timer stands behind it, for
//! what the budget does not see. Errors of built-in functions make an expression undefined, as OPA
//! has it by default; our own policies check types first and never rely on it.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;
use regorus::rvm::program::Program;
use regorus::rvm::vm::VmError;
use regorus::utils::limits::{ExecutionTimerConfig, PolicyLengthConfig};
use regorus::{Engine, Value};

use super::outcome::PolicyOutcome;
use super::{PolicyError, PolicyErrorKind, PolicyFiles, builtins, scan};
use crate::model::Control;

/// Instructions that any policy may use, whatever its input.
const INSTRUCTIONS: usize = 5_000_000;
/// Instructions more for every byte of input.
const INSTRUCTIONS_PER_BYTE: usize = 20;
/// Wall time of one evaluation.
const LONGEST: Duration = Duration::from_mins(1);
/// Work between two looks at the clock.
const TIMER_INTERVAL: NonZeroU32 = NonZeroU32::new(1_000).expect("not zero");

/// Policies ready to be evaluated.
pub struct PolicySet {
    programs: BTreeMap<String, Arc<Program>>,
    data: Value,
}

impl std::fmt::Debug for PolicySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PolicySet").field("policies", &self.programs.keys()).finish_non_exhaustive()
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
        let ast = serde_json::from_str(&ast).map_err(|error| {
            PolicyError::new(PolicyErrorKind::Limits, "policies", format!("nested too deeply: {error}"))
        })?;
        builtins::check(&ast)?;

        let data = shared_data(files)?;
        engine.add_data(data.clone()).map_err(|error| parse_error("data", &error))?;

        let mut programs = BTreeMap::new();
        for control in files.controls() {
            if !programs.contains_key(&control.policy) {
                programs.insert(control.policy.clone(), compile(&mut engine, &control.policy)?);
            }
        }
        Ok(Self { programs, data })
    }

    /// Evaluates the policy of `control` on one input document.
    ///
    /// # Errors
    /// `Input` for what is no JSON, `Limits` for a spent budget, `Result` for an undefined or
    /// ill-shaped result.
    pub fn evaluate(&self, control: &Control, input_json: &[u8]) -> Result<PolicyOutcome, PolicyError> {
        let policy = control.policy.as_str();
        let failed = |kind, message: String| PolicyError::new(kind, policy, message);
        let program = self.programs.get(policy).ok_or_else(|| {
            failed(PolicyErrorKind::Parse, "expected a policy of this name, found none".to_owned())
        })?;
        let text = std::str::from_utf8(input_json)
            .map_err(|error| failed(PolicyErrorKind::Input, error.to_string()))?;
        let input =
            Value::from_json_str(text).map_err(|error| failed(PolicyErrorKind::Input, error.to_string()))?;

        let mut machine = RegoVM::new();
        machine.load_program(Arc::clone(program));
        machine.set_max_instructions(
            INSTRUCTIONS.saturating_add(input_json.len().saturating_mul(INSTRUCTIONS_PER_BYTE)),
        );
        machine.set_execution_timer_config(Some(ExecutionTimerConfig {
            limit: LONGEST,
            check_interval: TIMER_INTERVAL,
        }));
        machine.set_strict_builtin_errors(false);
        machine.set_data(self.data.clone()).map_err(|error| vm_error(policy, &error))?;
        machine.set_input(input);
        let result = machine.execute().map_err(|error| vm_error(policy, &error))?;
        if result == Value::Undefined {
            return Err(failed(PolicyErrorKind::Result, "expected a result, found it undefined".to_owned()));
        }
        let text = serde_json::to_string(&result)
            .map_err(|error| failed(PolicyErrorKind::Result, error.to_string()))?;
        PolicyOutcome::read(policy, &text)
    }
}

/// The data documents as `data` holds them.
pub(super) fn shared_data(files: &PolicyFiles) -> Result<Value, PolicyError> {
    let mut data = Value::new_object();
    for (name, bytes) in files.data() {
        let refused =
            |message: String| PolicyError::new(PolicyErrorKind::Parse, format!("data/{name}.json"), message);
        let text = std::str::from_utf8(bytes).map_err(|error| refused(error.to_string()))?;
        let value = Value::from_json_str(text).map_err(|error| refused(error.to_string()))?;
        data.as_object_mut().map_err(|error| refused(error.to_string()))?.insert(Value::from(name), value);
    }
    Ok(data)
}

pub(super) fn engine() -> Engine {
    let mut engine = Engine::new();
    engine.set_rego_v0(false);
    engine.set_strict_builtin_errors(false);
    engine.set_gather_prints(true);
    engine
        .set_execution_timer_config(ExecutionTimerConfig { limit: LONGEST, check_interval: TIMER_INTERVAL });
    engine.set_policy_length_config(PolicyLengthConfig {
        max_col: NonZeroU32::new(1_024).unwrap_or(NonZeroU32::MAX),
        max_file_bytes: NonZeroUsize::new(1 << 20).unwrap_or(NonZeroUsize::MAX),
        max_lines: NonZeroUsize::new(20_000).unwrap_or(NonZeroUsize::MAX),
    });
    engine
}

/// Compiles `data.controls.<policy>.result` (F-71). The compiler refuses rules that call themselves.
fn compile(engine: &mut Engine, policy: &str) -> Result<Arc<Program>, PolicyError> {
    let entry = format!("data.controls.{policy}.result");
    let compiled = engine
        .compile_with_entrypoint(&Arc::from(entry.as_str()))
        .map_err(|error| parse_error(policy, &error))?;
    Compiler::compile_from_policy(&compiled, &[&entry])
        .map_err(|error| PolicyError::new(PolicyErrorKind::Parse, policy, error.to_string()))
}

/// The engine prints the place and the line; only its text is kept.
pub(super) fn parse_error(place: &str, error: &impl std::fmt::Display) -> PolicyError {
    PolicyError::new(PolicyErrorKind::Parse, place, format!("{error:#}").trim().to_owned())
}

fn vm_error(policy: &str, error: &VmError) -> PolicyError {
    let kind = match error {
        VmError::InstructionLimitExceeded { .. }
        | VmError::TimeLimitExceeded { .. }
        | VmError::MemoryLimitExceeded { .. }
        | VmError::MemoryBudgetExceeded { .. }
        | VmError::RegexSizeLimitExceeded { .. } => PolicyErrorKind::Limits,
        _ => PolicyErrorKind::Result,
    };
    PolicyError::new(kind, policy, error.to_string())
}
