//! The `verifier` program: arguments in, exit code out. Everything else is the library's.

use std::process::ExitCode;

fn main() -> ExitCode {
    verifier_tui::run::main(std::env::args_os())
}
