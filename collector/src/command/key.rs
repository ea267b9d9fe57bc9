//! `collector key`: the key that signs the chain is made, shown and changed (F-125, F-128).
//!
//! A private key is written once, for its owner alone, and never printed. A change is a record; what a
//! run that broke off left of it is completed by asking for the same change again.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use verify_core::checkpoint::VerifierKey;
use verify_core::model::{KeyChange, KeyChangeDocument, Kind, Sequence};
use zeroize::Zeroizing;

use super::approve::tell_warnings;
use super::{CommandError, Failed, open, spool, warn_of};
use crate::chain::{ChainState, KeyPeriod};
use crate::cli::{KeyCommand, RotateArguments};
use crate::config::{Config, StoreConfig};
use crate::exit::Ending;
use crate::notes;
use crate::seal::SealedRecord;
use crate::secret::Services;
use crate::session::{Built, Session, SessionError, small_record};
use crate::signing::{self, KeyMismatch, KeySource, Keyring, PrivateKey, Signer, write_key_file};

/// Runs the command.
pub(super) fn run(command: &KeyCommand, out: &mut dyn Write) -> Result<Ending, CommandError> {
    match command {
        KeyCommand::Generate { config, out: file } => generate(&config.config, file, out),
        KeyCommand::Show { config, pem } => show(&config.config, *pem, out),
        KeyCommand::Rotate(arguments) => rotate(arguments, out),
    }
}

fn generate(config: &Path, file: &Path, out: &mut dyn Write) -> Result<Ending, CommandError> {
    let Config { origin, store, .. } = Config::read(config)?;
    // No file of this machine lies inside a bucket.
    if let StoreConfig::Folder(root) = &store {
        refuse_inside(root, file)?;
    }
    let mut seed = Zeroizing::new([0_u8; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(|error| {
        CommandError::new(Ending::Internal, format!("the system gives no random numbers: {error}"))
    })?;
    let private = PrivateKey::from_seed(origin.as_str(), &seed).map_err(|error| {
        CommandError::new(Ending::Usage, error).hint("a key bears the name of its chain: correct `origin`")
    })?;
    write_key_file(file, &private).map_err(|error| {
        let taken = error.kind() == std::io::ErrorKind::AlreadyExists;
        let (message, hint) = if taken {
            ("exists already and is never overwritten", "name another file with --out")
        } else {
            ("cannot be written", "check the folder and its permissions")
        };
        let message = format!("{} {message}", file.display());
        CommandError::new(Ending::Usage, Failed { message, source: Box::new(error) }).hint(hint)
    })?;
    let place = std::path::absolute(file)?;
    writeln!(out, "wrote {}; keep a copy of it apart from the evidence", file.display())?;
    writeln!(out, "public key: {}", private.key())?;
    writeln!(out, "  give this line to your auditors on another way than the evidence")?;
    writeln!(out, "next: in {}, under [signing]: key = \"file:{}\"", config.display(), place.display())?;
    Ok(Ending::Done)
}

/// A private key in the evidence would be handed to whoever gets the evidence.
fn refuse_inside(root: &Path, file: &Path) -> Result<(), CommandError> {
    let real = |path: &Path| {
        let path = std::path::absolute(path)?;
        let existing = path.ancestors().find(|part| part.exists()).unwrap_or(&path);
        let rest = path.strip_prefix(existing).unwrap_or(Path::new(""));
        Ok::<_, std::io::Error>(existing.canonicalize()?.join(rest))
    };
    if real(file)?.starts_with(real(root)?) {
        let message = format!("{} lies in the evidence, {}", file.display(), root.display());
        return Err(CommandError::new(Ending::Usage, message)
            .hint("a private key must not travel with the evidence: name a file outside with --out"));
    }
    Ok(())
}

fn show(config: &Path, pem: bool, out: &mut dyn Write) -> Result<Ending, CommandError> {
    let config = Config::read(config)?;
    let session = open::without_key(&config)?;
    let chain = session.chain()?;
    let periods = chain.as_ref().map_or(&[][..], |chain| chain.log.periods());
    let Some((newest, earlier)) = periods.split_last() else {
        return show_configured(&config, chain.is_some(), pem, out);
    };
    if pem {
        write!(out, "{}", newest.key.public_pem())?;
        return Ok(Ending::Done);
    }
    writeln!(out, "key      {}", newest.key)?;
    writeln!(out, "id       {}", newest.key.id())?;
    writeln!(out, "signs    from record {} on{}", newest.from, how(newest))?;
    for (period, next) in earlier.iter().zip(periods.iter().skip(1)).rev() {
        let last = next.from.0.saturating_sub(1);
        writeln!(out, "earlier  {} for records {} to {last}{}", period.key, period.from, how(period))?;
    }
    if let Some(chain) = &chain
        && let Some(change) =
            notes::open_change(session.store.as_ref(), &chain.log).map_err(SessionError::from)?
    {
        writeln!(out, "warning: the key change in record {change} lacks the outgoing key's signature")?;
    }
    Ok(Ending::Done)
}

/// How a key came into force, if not by the genesis or by the key before.
const fn how(period: &KeyPeriod) -> &'static str {
    if period.emergency { " (emergency: without the word of the key before)" } else { "" }
}

/// The configured key of a chain that does not exist or is not signed.
fn show_configured(
    config: &Config,
    exists: bool,
    pem: bool,
    out: &mut dyn Write,
) -> Result<Ending, CommandError> {
    let Some(source) = &config.signing_key else {
        return Err(CommandError::new(Ending::Usage, "the chain is not signed and no key is configured")
            .hint("make a key with `collector key generate`"));
    };
    let signer = signing::open(source, &config.origin, &Services::from(config))?;
    warn_of(source.warning());
    if pem {
        write!(out, "{}", signer.key().public_pem())?;
        return Ok(Ending::Done);
    }
    writeln!(out, "key      {}", signer.key())?;
    writeln!(out, "id       {}", signer.key().id())?;
    let state = if exists {
        "nothing: the chain is not signed; begin with `collector key rotate`"
    } else {
        "nothing yet: there is no chain"
    };
    writeln!(out, "signs    {state}")?;
    Ok(Ending::Done)
}

fn rotate(arguments: &RotateArguments, out: &mut dyn Write) -> Result<Ending, CommandError> {
    let config = Config::read(&arguments.config.config)?;
    let source = arguments.new.parse::<KeySource>()?;
    let new = signing::open(&source, &config.origin, &Services::from(&config))?;
    warn_of(source.warning());
    let outgoing = match &config.signing_key {
        Some(source) if !arguments.emergency => {
            Some(signing::open(source, &config.origin, &Services::from(&config)).map_err(|error| {
                // A service that is down is no reason to do without the key it holds.
                let lost = !error.is_passing();
                let error = CommandError::from(error);
                if lost {
                    error.hint(
                        "the outgoing key must sign the change; if it is lost or stolen, change it with --emergency",
                    )
                } else {
                    error
                }
            })?)
        }
        Some(_) | None => None,
    };
    let keys = Keyring::of_change(outgoing.clone(), Arc::clone(&new));
    let session = spool::emptied(&config, Session { keys, ..open::without_key(&config)? }, out)?;
    let mut chain = open::existing_chain(&session)?;
    if let Some(period) = chain.log.periods().last()
        && period.key == *new.key()
    {
        return complete(&session, &chain, period, out);
    }
    refuse(&chain, outgoing.as_deref(), new.key(), arguments.emergency)?;
    let old_key = chain.log.key().cloned();
    let record = change(&session, &mut chain, old_key.as_ref(), new.key(), arguments)?;
    writeln!(out, "recorded key change as record {} ({})", record.sequence, record.collection_id)?;
    if let Some(old) = &old_key {
        let last = record.sequence.0.saturating_sub(1);
        writeln!(out, "old key: {old}\n  signs up to record {last}")?;
    }
    writeln!(out, "new key: {}\n  signs from record {} on", new.key(), record.sequence)?;
    writeln!(out, "  give both lines to your auditors on another way than the evidence")?;
    if arguments.emergency {
        writeln!(out, "warning: an emergency change is a finding until an auditor is given the new key")?;
    }
    tell_warnings(out, &record)?;
    writeln!(out, "next: name the new key in {}, under [signing]", arguments.config.config.display())?;
    Ok(if record.checkpoint.is_some() { Ending::Done } else { Ending::Attention })
}

/// The change stands in the chain already: its note is made, if it is missing.
fn complete(
    session: &Session,
    chain: &ChainState,
    period: &KeyPeriod,
    out: &mut dyn Write,
) -> Result<Ending, CommandError> {
    let sequence = period.from;
    let store = session.store.as_ref();
    let missing =
        notes::held(store, &chain.origin, &chain.log, sequence).map_err(SessionError::from)?.is_none();
    if !missing {
        writeln!(out, "{} signs from record {sequence} on already; nothing was written", period.key)?;
        return Ok(Ending::Done);
    }
    match notes::complete(store, chain, sequence, &session.keys).map_err(SessionError::from)? {
        Ok(_) => {
            writeln!(out, "completed the key change of record {sequence}: its checkpoint is signed now")?;
            Ok(Ending::Done)
        }
        Err(reason) => Err(CommandError::new(
            Ending::StoreRefused,
            format!("the key change of record {sequence} cannot be completed: {reason}"),
        )
        .hint("name the outgoing key in [signing] until the change is complete, then the new one")),
    }
}

/// Refuses what would not be a change from the chain's key to a new one.
fn refuse(
    chain: &ChainState,
    outgoing: Option<&dyn Signer>,
    new: &VerifierKey,
    emergency: bool,
) -> Result<(), CommandError> {
    let usage = |message: String| CommandError::new(Ending::Usage, message);
    if let Some(period) = chain.log.periods().iter().find(|period| period.key == *new) {
        return Err(usage(format!("{new} was the chain's key from record {} on", period.from))
            .hint("a key that was given up never returns: make a new one with `collector key generate`"));
    }
    match (chain.log.key(), outgoing) {
        (None, _) if emergency => Err(usage("the chain is not signed: no key can be lost".to_owned())
            .hint("leave --emergency out: the new key signs from this record on")),
        (None, _) => Ok(()),
        (Some(_), _) if emergency => Ok(()),
        (Some(in_force), Some(signer)) if signer.key() == in_force => Ok(()),
        (Some(in_force), outgoing) => {
            let in_force = in_force.to_string();
            Err(CommandError::new(
                Ending::Usage,
                match outgoing {
                    Some(signer) => KeyMismatch::Other { in_force, configured: signer.key().to_string() },
                    None => KeyMismatch::NoKey { in_force },
                },
            )
            .hint("name the outgoing key in [signing]: it must sign the change; without it, use --emergency"))
        }
    }
}

fn change(
    session: &Session,
    chain: &mut ChainState,
    old: Option<&VerifierKey>,
    new: &VerifierKey,
    arguments: &RotateArguments,
) -> Result<SealedRecord, CommandError> {
    let decision = &arguments.decision;
    let record = session.commit::<SessionError>(chain, |chain| {
        if chain.log.key() != old {
            return Ok(None);
        }
        let first_sequence: Sequence = chain.head.next();
        let document = KeyChangeDocument {
            key_change: KeyChange {
                old_key: old.map(ToString::to_string),
                new_key: new.to_string(),
                first_sequence,
                emergency: arguments.emergency,
                approved_by: decision.by.clone(),
                ticket: decision.ticket.clone(),
                reason: decision.reason.clone(),
                approved_utc: session.now(),
            },
        };
        let rules = session.rules.in_force(chain, session.store.as_ref(), &session.schedule, None)?;
        let draft = small_record(Kind::KeyChange, &document, &rules, &decision.by)?;
        Ok(Some(Built { draft, rules }))
    })?;
    record.ok_or_else(|| {
        CommandError::new(Ending::StoreRefused, "another run changed the chain's key meanwhile")
            .hint("look at it with `collector key show`")
    })
}
