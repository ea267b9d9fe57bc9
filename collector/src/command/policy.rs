//! `collector policy test`: the tests beside policies, run by the engine that judges evidence.

use std::io::Write;

use verify_core::policy::{PolicyTest, run_tests};

use super::CommandError;
use crate::cli::PolicyCommand;
use crate::exit::Ending;
use crate::rules::policy_files_with_tests;

/// Runs the command.
pub(super) fn run(command: &PolicyCommand, out: &mut dyn Write) -> Result<Ending, CommandError> {
    let PolicyCommand::Test { policies } = command;
    let files = policy_files_with_tests(policies.as_deref())?;
    let tests = run_tests(&files).map_err(|error| {
        CommandError::new(Ending::Usage, error).hint("correct the policy; the place is file and line")
    })?;
    if tests.is_empty() {
        return Err(CommandError::new(Ending::Usage, "there is no test")
            .hint("tests are rules named test_… in files below tests/"));
    }
    for PolicyTest { name, passed, reason } in &tests {
        let word = if *passed { "pass" } else { "FAIL" };
        let reason = reason.as_deref().map(|reason| format!("  {reason}")).unwrap_or_default();
        writeln!(out, "{word}  {name}{reason}")?;
    }
    let failed = tests.iter().filter(|test| !test.passed).count();
    writeln!(out, "{} passed, {failed} failed", tests.len() - failed)?;
    Ok(if failed == 0 { Ending::Done } else { Ending::Attention })
}
