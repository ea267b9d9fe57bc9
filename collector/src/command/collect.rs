//! `collector collect`: one cycle, answered to people or machines.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use verify_core::limits::Limits;
use verify_core::profile::{Profile, RedactWith};

use super::{CommandError, open, spool, store, warn_of};
use crate::cli::{CollectArguments, Format};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::cycle::{Cycle, CycleEnd, CycleOutcome, CycleReport};
use crate::exit::Ending;
use crate::extract::ResponseSchemas;
use crate::http::{ApiClient, ClientSecret, ClientSettings, Endpoints};
use crate::notes::told;
use crate::progress::ProgressClock;
use crate::registers::Registers;
use crate::secret::Services;
use crate::session::Session;
use crate::slot::due;
use crate::spool::{Drain, SpoolStore};
use crate::store::{Store, StoreError};

mod refusal;

/// Runs the command.
pub(super) fn run(arguments: &CollectArguments, out: &mut dyn Write) -> Result<Ending, CommandError> {
    let config = Config::read(&arguments.config.config)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let told: &mut dyn Write = match arguments.format {
        Format::Text => &mut *out,
        Format::Json => &mut std::io::sink(),
    };
    let end = runtime.block_on(async {
        tokio::select! {
            biased;
            interrupted = tokio::signal::ctrl_c() => interrupted.map(|()| None).map_err(CommandError::from),
            end = collect(&config, arguments, told) => end.map(Some),
        }
    })?;
    // Sealing never waits, so an interrupt falls between records and never into one.
    let Some((end, spool)) = end else {
        return Err(CommandError::new(Ending::Interrupted, "interrupted before the cycle was sealed")
            .hint("run the same command again while the slot is open"));
    };
    let mut ending = match (&end, arguments.format) {
        (CycleEnd::Answered(answer), Format::Json) => {
            let document = serde_json::json!({
                "outcome": {"kind": "already_answered"},
                "scheduled_utc": answer.slot,
                "sequence": answer.sequence,
            });
            json(out, document, spool.as_ref())?;
            Ending::Done
        }
        (CycleEnd::Answered(answer), Format::Text) => {
            writeln!(
                out,
                "slot {} has a complete snapshot already: record {}; nothing was read or written",
                answer.slot, answer.sequence
            )?;
            Ending::Done
        }
        (CycleEnd::Sealed(report), Format::Json) => {
            json(out, serde_json::to_value(report).map_err(std::io::Error::from)?, spool.as_ref())?;
            report.ending(&arguments.fail_on)
        }
        (CycleEnd::Sealed(report), Format::Text) => {
            text(out, report)?;
            report.ending(&arguments.fail_on)
        }
    };
    if let Some(spool) = &spool {
        if arguments.format == Format::Text {
            spool::tell_waiting(&spool.store, &spool.drain, out)?;
        }
        if spool.drain.waiting > 0 {
            ending = Ending::StoreRefused;
        } else if ending == Ending::Done && !spool.drain.warnings.is_empty() {
            ending = Ending::Attention;
        }
    }
    Ok(ending)
}

/// The spool, what left it before the cycle, and what waits in it afterwards.
struct Spooled {
    store: Arc<SpoolStore>,
    drain: Drain,
}

async fn collect(
    config: &Config,
    arguments: &CollectArguments,
    told: &mut dyn Write,
) -> Result<(CycleEnd, Option<Spooled>), CommandError> {
    let session = open::session_of(config)?;
    let slot = due(&config.schedule, session.now(), arguments.scheduled)?;
    let registers = match &config.inputs {
        Some(folder) => Registers::read(folder)?,
        None => Registers::default(),
    };
    store::warn_before_first(&session);
    let (session, store) = spool::before(config, session)?;
    let profile = &session.rules.profile;
    refuse_missing_key(profile)?;
    let file = |member: &str| session.rules.members.get(member).map(Vec::as_slice);
    let schemas = ResponseSchemas::compile(profile, file, &Limits::default())?;
    let mut client = client(config, &session)?;
    let (mut drain, mut chain) = match &store {
        Some(store) => store.begin(&session)?,
        None => (Drain::default(), session.chain_or_genesis()?),
    };
    spool::tell(&drain, told)?;
    let cycle = Cycle {
        session: &session,
        name: &config.cycle,
        service_account_id: &config.identity.service_account_id,
        schemas: &schemas,
        redaction_key: None,
        propagation_wait_seconds: config.propagation_wait_seconds,
        slot,
    };
    let end = cycle.run(&mut client, &mut chain, &registers).await?;
    let spooled = match store {
        Some(store) => {
            drain.waiting = store.waiting().map_err(StoreError::from)?.len();
            drain.away = store.away();
            Some(Spooled { store, drain })
        }
        None => None,
    };
    Ok((end, spooled))
}

/// The secret of the identity. A service that does not give it now is a failure of the cycle like a platform that is
/// down, and sealed as one; whatever else is wrong with it ends the run.
fn client_secret(config: &Config) -> Result<ClientSecret, CommandError> {
    let source = &config.identity.client_secret;
    match source.load(&Services::from(config)) {
        Ok(secret) => {
            warn_of(source.warning());
            Ok(ClientSecret::AtHand(secret))
        }
        Err(error) if error.is_passing() => Ok(ClientSecret::Unreachable(told(&error))),
        Err(error) => Err(error.into()),
    }
}

fn client(config: &Config, session: &Session) -> Result<ApiClient, CommandError> {
    let client_secret = client_secret(config)?;
    let mut seed = [0_u8; 8];
    getrandom::fill(&mut seed).map_err(|error| {
        CommandError::new(Ending::Internal, format!("the system gives no random numbers: {error}"))
    })?;
    let endpoints = Endpoints {
        domain: &config.tenant.domain,
        api_base: config.tenant.api_base.as_deref(),
        sign_in_base: config.tenant.sign_in_base.as_deref(),
    };
    let settings = ClientSettings::new(
        &session.rules.profile,
        endpoints,
        &config.identity.client_id,
        client_secret,
        u64::from_le_bytes(seed),
    )?;
    let clock: Arc<dyn Clock> = if std::io::stderr().is_terminal() {
        Arc::new(ProgressClock::new(SystemClock))
    } else {
        Arc::new(SystemClock)
    };
    Ok(ApiClient::new(settings, clock)?)
}

/// A profile that redacts by digest needs a key, which this configuration cannot name yet.
fn refuse_missing_key(profile: &Profile) -> Result<(), CommandError> {
    let needs = profile
        .resources
        .iter()
        .find(|resource| resource.redact.iter().any(|redaction| redaction.with == RedactWith::Digest));
    match needs {
        None => Ok(()),
        Some(resource) => Err(CommandError::new(
            Ending::Usage,
            format!("the profile redacts {} by digest, which needs a key", resource.id),
        )
        .hint("redact with \"nothing\" instead")),
    }
}

/// Writes `document`, and under `spool` what became of the records that waited, if there is a spool.
fn json(
    out: &mut dyn Write,
    mut document: serde_json::Value,
    spool: Option<&Spooled>,
) -> Result<(), CommandError> {
    if let (Some(spool), Some(fields)) = (spool, document.as_object_mut()) {
        let drain = serde_json::to_value(&spool.drain).map_err(std::io::Error::from)?;
        fields.insert("spool".to_owned(), drain);
    }
    serde_json::to_writer_pretty(&mut *out, &document).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

fn text(out: &mut dyn Write, report: &CycleReport) -> Result<(), CommandError> {
    let (id, sequence) = (&report.collection_id, report.sequence);
    match report.stored_utc {
        Some(_) => writeln!(out, "sealed {id} as record {sequence}")?,
        None => {
            writeln!(out, "sealed {id} into the spool, not stored yet; it is to become record {sequence}")?;
        }
    }
    writeln!(out, "time      {}", spool::times(report.sealed_utc, report.stored_utc, "not yet"))?;
    if let CycleOutcome::Failed(failure) = &report.outcome {
        writeln!(out, "the platform could not be read: {} ({})", failure.message, failure.code)?;
    }
    writeln!(out, "manifest  {}", report.manifest_sha256)?;
    writeln!(out, "package   {}", report.package)?;
    match &report.checkpoint {
        Some(note) => writeln!(out, "signed    {note}")?,
        None => writeln!(out, "signed    no")?,
    }
    writeln!(out, "resources {} of {} complete", report.complete(), report.resources.len())?;
    for (name, resource) in &report.resources {
        let reason = resource.reason.as_deref().map(|reason| format!("  {reason}")).unwrap_or_default();
        writeln!(out, "  {name:<24} {:<12} {:>8}{reason}", resource.outcome.as_str(), resource.count)?;
    }
    if let Some(drift) = &report.drift {
        match drift.against_baseline {
            Some(count) => writeln!(out, "drift     {count} change(s) against the baseline")?,
            None => writeln!(out, "drift     no baseline is approved yet")?,
        }
    }
    for control in &report.controls {
        let reason = control.reason.as_deref().map(|reason| format!("  {reason}")).unwrap_or_default();
        writeln!(
            out,
            "  {:<24} {:<14} {} violation(s){reason}",
            control.control_id,
            control.status.as_str(),
            control.violations
        )?;
    }
    for subject in &report.unapproved_rules {
        writeln!(
            out,
            "warning: {subject} differ from the approved ones: a finding until `collector approve {subject}`"
        )?;
    }
    for warning in &report.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    Ok(())
}
