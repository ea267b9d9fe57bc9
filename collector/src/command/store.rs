//! `collector doctor` and `collector store plan`: whether a store can hold evidence, and how to make one.

use std::io::Write;

use super::{CommandError, open, spool, warn_of};
use crate::cli::{DoctorArguments, Format, StoreCommand};
use crate::config::{Config, StoreConfig};
use crate::exit::Ending;
use crate::notes::told;
use crate::secret::SecretSource;
use crate::session::Session;
use crate::signing::KeySource;
use crate::store::examination::{Answer, Examination};
use crate::store::s3::plan::{Form, plan};
use crate::store::{StoreError, azure};

/// Examines the configured store.
pub(super) fn doctor(arguments: &DoctorArguments, out: &mut dyn Write) -> Result<Ending, CommandError> {
    let config = Config::read(&arguments.config.config)?;
    warn_of(config.identity.client_secret.warning());
    warn_of(config.signing_key.as_ref().and_then(KeySource::warning));
    for secret in [&config.azure.client_secret, &config.azure.sas] {
        warn_of(secret.as_ref().and_then(SecretSource::warning));
    }
    let session = open::without_key(&config)?;
    let nothing_to_ask = || Examination { place: session.store.location(), checks: Vec::new() };
    let mut examination = session.store.examination()?.unwrap_or_else(nothing_to_ask);
    examination.checks.extend(spool::examined(&config, &session)?);
    match arguments.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &examination).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        Format::Text => text(&examination, kind(&config.store), out)?,
    }
    Ok(if !examination.is_fit() {
        Ending::StoreRefused
    } else if examination.is_right() {
        Ending::Done
    } else {
        Ending::Attention
    })
}

/// Examines the store in which a chain is about to begin, and warns of what it lacks: later is too late for the first
/// record. What is a must is refused by the store itself; a store that does not answer is the run's to tell.
pub(super) fn warn_before_first(session: &Session) {
    if !matches!(session.store.records(), Ok(0)) {
        return;
    }
    let checks = match session.store.examination() {
        Ok(examination) => examination.map(|examination| examination.checks).unwrap_or_default(),
        Err(error) => return warn_of(Some(format!("the store could not be examined: {}", told(&error)))),
    };
    for check in checks.iter().filter(|check| check.answer != Answer::Ok) {
        let mend = check.mend.as_ref().map(|mend| format!("; mend: {mend}")).unwrap_or_default();
        warn_of(Some(format!("store: {} {}: {}{mend}", check.name, check.answer.as_str(), check.found)));
    }
}

/// What such a place is called.
const fn kind(store: &StoreConfig) -> &'static str {
    match store {
        StoreConfig::Folder(_) => "folder",
        StoreConfig::S3(_) => "bucket",
        StoreConfig::Azure(_) => "container",
    }
}

fn text(examination: &Examination, kind: &str, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "store {}", examination.place)?;
    if examination.checks.is_empty() {
        return writeln!(
            out,
            "a folder has no lock, retention or key to examine: whoever owns it can remove evidence, \
             and only kept checkpoints show it"
        );
    }
    for check in &examination.checks {
        let must =
            if check.must && check.answer != Answer::Ok { " (nothing is written without it)" } else { "" };
        writeln!(out, "{:<13}  {:<20}  {}{must}", check.answer.as_str(), check.name, check.found)?;
        if let Some(mend) = &check.mend {
            writeln!(out, "               mend: {mend}")?;
        }
    }
    let left = examination.checks.iter().filter(|check| check.answer != Answer::Ok).count();
    match (examination.is_fit(), left) {
        (false, _) => writeln!(out, "this {kind} cannot hold evidence"),
        (true, 0) => writeln!(out, "this {kind} can hold evidence"),
        (true, left) => writeln!(
            out,
            "this {kind} can hold evidence; {left} of {} deserve attention",
            examination.checks.len()
        ),
    }
}

/// Runs `collector store …`.
pub(super) fn run(command: &StoreCommand, out: &mut dyn Write) -> Result<Ending, CommandError> {
    let (config, form) = match command {
        StoreCommand::Plan { config, form } => (config, form),
        StoreCommand::Flush(arguments) => return spool::flush(arguments, out),
    };
    let config = Config::read(&config.config)?;
    let settings = match &config.store {
        StoreConfig::S3(settings) => settings,
        StoreConfig::Azure(settings) if *form == Form::Cli => {
            write!(out, "{}", azure::plan::plan(settings))?;
            return Ok(Ending::Done);
        }
        StoreConfig::Azure(_) => {
            return Err(CommandError::new(Ending::Usage, "a container is planned as calls of `az` only")
                .hint("add --form cli"));
        }
        StoreConfig::Folder(_) => {
            return Err(CommandError::new(
                Ending::Usage,
                "the configured store is a folder, which needs no plan",
            )
            .hint("name a bucket in the configuration: [store] root = \"s3://bucket/root\""));
        }
    };
    let Some(region) = config.aws.region.clone().or_else(|| std::env::var("AWS_REGION").ok()) else {
        return Err(CommandError::new(Ending::Usage, "no region is known in which the bucket is to be made")
            .hint("name it in the configuration, [aws] region = \"eu-central-1\", or as AWS_REGION"));
    };
    write!(out, "{}", plan(settings, &region, *form))?;
    Ok(Ending::Done)
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        let hint = error.hint();
        Self::new(Ending::StoreRefused, error).hint(hint)
    }
}
