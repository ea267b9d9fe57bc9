//! `collector demo`: a simulated month, its summary, and what to type next.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use super::{CommandError, Failed};
use crate::cli::DemoArguments;
use crate::cycle::CycleError;
use crate::demo::runner::{Demo, DemoError, DemoPlan};
use crate::demo::scenario::Scenario;
use crate::demo::summary::table;
use crate::exit::Ending;
use crate::progress::ProgressLine;

/// Bytes of a scenario file.
const LARGEST_SCENARIO: u64 = 1 << 20;

/// Runs the command.
pub(super) fn run(arguments: DemoArguments, out: &mut dyn Write) -> Result<Ending, CommandError> {
    let scenario = match &arguments.scenario {
        Some(path) => read_scenario(path)?,
        None => Scenario::default_month().map_err(DemoError::from)?.first_days(arguments.days),
    };
    let plan = DemoPlan {
        days: arguments.days,
        users: usize::try_from(arguments.users).unwrap_or(usize::MAX),
        out: arguments.out,
        seed: arguments.seed,
        scenario,
        profile: arguments.profile.id(),
        faults: arguments.fault,
    };
    let mut demo = Demo::begin(plan)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let days = demo.days();
    let played = runtime.block_on(async {
        let mut line = ProgressLine::new(io::stderr().is_terminal());
        let mut played = Vec::new();
        for day in 1..=days {
            tokio::select! {
                biased;
                interrupted = tokio::signal::ctrl_c() => {
                    interrupted?;
                    return Ok::<_, CommandError>(None);
                }
                done = demo.play(day) => played.push(done?),
            }
            line.steps("days", u64::from(day), u64::from(days));
        }
        Ok(Some(played))
    })?;
    let key = demo.key().map(ToString::to_string);
    let place = demo.end()?;
    let Some(played) = played else {
        return Err(CommandError::new(Ending::Interrupted, "interrupted between two records")
            .hint(format!("what was sealed so far is whole; remove {} to start anew", place.display())));
    };
    table(&played, out)?;
    writeln!(out, "\nevidence: {}", place.display())?;
    writeln!(out, "next: cargo run --release -p verifier-tui -- {}", place.display())?;
    writeln!(out, "  or: verifier {}", place.display())?;
    if let Some(key) = key {
        writeln!(out, "signed by: {key}")?;
        writeln!(out, "  so: verifier verify {} --key {key}", place.display())?;
    }
    Ok(Ending::Done)
}

fn read_scenario(path: &Path) -> Result<Scenario, CommandError> {
    let unreadable = |source: io::Error| {
        let message = format!("scenario {} cannot be read", path.display());
        CommandError::new(Ending::Usage, Failed { message, source: Box::new(source) })
            .hint("name a scenario file like fixtures/scenarios/month.toml")
    };
    if fs::metadata(path).map_err(unreadable)?.len() > LARGEST_SCENARIO {
        return Err(CommandError::new(Ending::Usage, format!("{} is larger than 1 MiB", path.display()))
            .hint("name a scenario file like fixtures/scenarios/month.toml"));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    Ok(Scenario::from_toml(&text).map_err(DemoError::from)?)
}

impl From<DemoError> for CommandError {
    fn from(error: DemoError) -> Self {
        match error {
            DemoError::Exists(path) => {
                let path = path.display();
                let hint = format!(
                    "look at it with `verifier {path}`, name another folder with --out, or remove it with `rm -rf {path}`"
                );
                Self::new(Ending::Usage, format!("{path} exists already and is never overwritten")).hint(hint)
            }
            DemoError::Scenario(_) | DemoError::Change { .. } => Self::new(Ending::Usage, error)
                .hint("correct the scenario; fixtures/scenarios/month.toml is an example"),
            DemoError::Session(error) | DemoError::Cycle { source: CycleError::Session(error), .. } => {
                (*error).into()
            }
            other => Self::new(Ending::Internal, other),
        }
    }
}
