//! The `collector` program: arguments in, exit code out. Everything else is the library's.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use collector::cli::Cli;
use collector::command;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = io::stdout().lock();
    let result = command::run(cli, &mut out);
    let flushed = out.flush();
    match result {
        Ok(ending) if flushed.is_ok() => ending.into(),
        Ok(_) => collector::exit::Ending::Internal.into(),
        Err(error) => {
            // A closed standard error leaves nobody to tell; the exit code still says it.
            let _told = error.tell(&mut io::stderr().lock());
            error.ending.into()
        }
    }
}
