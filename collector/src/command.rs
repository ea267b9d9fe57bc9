//! What each command does, and how a run that failed is told.
//!
//! Every command returns an [`Ending`] or a [`CommandError`]; only here do they become an exit code
//! and lines on standard error: `error:`, `caused by:`, `hint:`.

use std::error::Error;
use std::io::{self, Write};

use clap::CommandFactory;

use crate::cli::{Cli, Command, InitArguments};
use crate::config::{ConfigError, write_template};
use crate::exit::Ending;

pub mod approve;
mod baseline;
mod collect;
mod demo;
mod key;
mod open;
mod policy;
mod record;
mod spool;
mod store;

/// A run that could not do its job.
#[derive(Debug)]
pub struct CommandError {
    /// How the run ends.
    pub ending: Ending,
    /// What went wrong, with its causes.
    pub error: Box<dyn Error + Send + Sync>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl CommandError {
    /// An error of `error` that ends the run with `ending`.
    pub fn new(ending: Ending, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { ending, error: error.into(), hint: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Writes the error, its causes and the hint, one line each.
    pub fn tell(&self, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "error: {}", self.error)?;
        let mut cause = self.error.source();
        while let Some(error) = cause {
            writeln!(to, "caused by: {error}")?;
            cause = error.source();
        }
        match &self.hint {
            Some(hint) => writeln!(to, "hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        let hint = error.hint.clone();
        Self::new(Ending::Usage, error).hint(hint)
    }
}

/// Says on standard error why a secret at this place is at risk, if it is.
fn warn_of(place: Option<String>) {
    if let Some(warning) = place {
        // A closed standard error leaves nobody to warn.
        let _told = writeln!(io::stderr().lock(), "warning: {warning}");
    }
}

/// Output that could not be written.
impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        Self::new(Ending::Internal, error)
    }
}

/// Runs one command; `out` is standard output.
pub fn run(cli: Cli, out: &mut dyn Write) -> Result<Ending, CommandError> {
    match cli.command {
        Command::Init(arguments) => init(&arguments, out),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "collector", out);
            Ok(Ending::Done)
        }
        Command::Collect(arguments) => collect::run(&arguments, out),
        Command::Demo(arguments) => demo::run(&arguments, out),
        Command::Approve(arguments) => approve::run(&arguments, out),
        Command::Baseline(command) => baseline::run(&command, out),
        Command::Record(command) => record::run(&command, out),
        Command::Key(command) => key::run(&command, out),
        Command::Doctor(arguments) => store::doctor(&arguments, out),
        Command::Store(command) => store::run(&command, out),
        Command::Policy(command) => policy::run(&command, out),
    }
}

fn init(arguments: &InitArguments, out: &mut dyn Write) -> Result<Ending, CommandError> {
    let path = &arguments.out;
    write_template(path).map_err(|error| {
        let taken = error.kind() == io::ErrorKind::AlreadyExists;
        let hint =
            if taken { "name another file with --out" } else { "check the folder and its permissions" };
        let message = format!("{} cannot be written", path.display());
        CommandError::new(Ending::Usage, Failed { message, source: Box::new(error) }).hint(hint)
    })?;
    writeln!(out, "wrote {}", path.display())?;
    writeln!(out, "next: edit it, then run: collector collect --config {}", path.display())?;
    Ok(Ending::Done)
}

/// A sentence on top of an error.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failed {
    /// What could not be done.
    pub message: String,
    /// Why.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}
