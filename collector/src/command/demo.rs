//! `collector demo`: a simulated month, its summary, and what to type next.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use super::{CommandError, Failed};
use crate::cli::DemoArguments;
use crate::config::AwsConfig;
use crate::cycle::CycleError;
use crate::demo::runner::{Demo, DemoError, DemoPlan};
use crate::demo::scenario::Scenario;
use crate::demo::summary::table;
use crate::exit::Ending;
use crate::progress::ProgressLine;
use crate::store::s3::{LockMode, S3Location, S3Settings, StorageClass};
use crate::store::{S3Store, Store, StoreError};

/// Bytes of a scenario file.
const LARGEST_SCENARIO: u64 = 1 << 20;

/// Runs the command.
pub(super) fn run(arguments: &DemoArguments, out: &mut dyn Write) -> Result<Ending, CommandError> {
    let scenario = match &arguments.scenario {
        Some(path) => read_scenario(path)?,
        None => Scenario::default_month().map_err(DemoError::from)?.first_days(arguments.days),
    };
    let plan = DemoPlan {
        days: arguments.days,
        users: usize::try_from(arguments.users).unwrap_or(usize::MAX),
        out: arguments.out.clone(),
        seed: arguments.seed,
        scenario,
        profile: arguments.profile.id(),
        faults: arguments.fault.clone(),
    };
    let mut demo = match &arguments.store {
        Some(location) => Demo::begin_in(plan, bucket(location, arguments)?)?,
        None => Demo::begin(plan)?,
    };
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
        let hint = match &arguments.store {
            Some(_) => "what was sealed so far is whole; name another root to start anew".to_owned(),
            None => format!("what was sealed so far is whole; remove {place} to start anew"),
        };
        return Err(CommandError::new(Ending::Interrupted, "interrupted between two records").hint(hint));
    };
    table(&played, out)?;
    writeln!(out, "\nevidence: {place}")?;
    let more =
        arguments.endpoint_url.as_ref().map(|url| format!(" --endpoint-url {url}")).unwrap_or_default();
    writeln!(out, "next: cargo run --release -p verifier-tui -- {place}{more}")?;
    writeln!(out, "  or: verifier {place}{more}")?;
    if let Some(key) = key {
        writeln!(out, "signed by: {key}")?;
        writeln!(out, "  so: verifier verify {place}{more} --key {key}")?;
    }
    Ok(Ending::Done)
}

/// The bucket of a demo. A day under a lock that privileged users can lift shows how locks work and leaves
/// nobody with objects that cannot be removed for years.
fn bucket(location: &S3Location, arguments: &DemoArguments) -> Result<Arc<dyn Store>, StoreError> {
    let settings = S3Settings {
        location: location.clone(),
        mode: LockMode::Governance,
        retention_days: 1,
        legal_hold: false,
        storage_class: StorageClass::STANDARD,
        encryption_key: None,
    };
    let aws = AwsConfig {
        region: arguments.region.clone(),
        profile: None,
        endpoint_url: arguments.endpoint_url.clone(),
    };
    Ok(Arc::new(S3Store::connect(settings, &aws)?))
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
            DemoError::Taken(_) => Self::new(Ending::Usage, error)
                .hint("name another root with --store: nothing in it is ever overwritten"),
            DemoError::Store(error) => (*error).into(),
            DemoError::Scenario(_) | DemoError::Change { .. } => Self::new(Ending::Usage, error)
                .hint("correct the scenario; fixtures/scenarios/month.toml is an example"),
            DemoError::Session(error) | DemoError::Cycle { source: CycleError::Session(error), .. } => {
                (*error).into()
            }
            other => Self::new(Ending::Internal, other),
        }
    }
}
