//! The spool in front of the store: emptied before anything is written, and what of it people are told.

use std::io::Write;
use std::sync::Arc;

use verify_core::time::UtcTime;

use super::{CommandError, open};
use crate::cli::{FlushArguments, Format};
use crate::config::Config;
use crate::exit::Ending;
use crate::session::Session;
use crate::spool::{Drain, Spool, SpoolError, SpoolStore};
use crate::store::StoreError;
use crate::store::examination::Check;

/// Puts the configured spool before the store of `session`, if one is configured.
pub(super) fn before(
    config: &Config,
    session: Session,
) -> Result<(Session, Option<Arc<SpoolStore>>), StoreError> {
    let Some(folder) = &config.spool else { return Ok((session, None)) };
    let spool = Spool::open(folder, &session.store.location())?;
    let store = Arc::new(SpoolStore::new(Arc::clone(&session.store), spool));
    Ok((Session { store: store.clone(), ..session }, Some(store)))
}

/// Empties the spool first, for a command whose record cannot wait in one.
pub(super) fn emptied(
    config: &Config,
    session: Session,
    out: &mut dyn Write,
) -> Result<Session, CommandError> {
    let (session, store) = before(config, session)?;
    let Some(store) = store else { return Ok(session) };
    let drain = store.drain(&session)?;
    tell(&drain, out)?;
    match drain.away {
        None => Ok(session),
        Some(reason) => Err(StoreError::from(SpoolError::OnlyCycles { reason }).into()),
    }
}

/// What left the spool.
pub(super) fn tell(drain: &Drain, out: &mut dyn Write) -> std::io::Result<()> {
    for record in &drain.stored {
        let (id, sequence) = (&record.collection_id, record.sequence);
        let times = times(record.sealed_utc, record.stored_utc, "by an earlier run");
        writeln!(out, "stored {id} from the spool as record {sequence}: {times}")?;
        if let Some(waited) = &record.waited {
            writeln!(out, "  it says: {waited}")?;
        }
    }
    if drain.linked_anew > 0 {
        let behind = drain.linked_behind.map_or_else(String::new, |head| format!(" behind record {head}"));
        writeln!(out, "{} linked anew{behind}", cycles(drain.linked_anew))?;
    }
    drain.warnings.iter().try_for_each(|warning| writeln!(out, "warning: {warning}"))
}

/// Both moments of a record, apart.
pub(super) fn times(sealed_utc: UtcTime, stored_utc: Option<UtcTime>, otherwise: &str) -> String {
    let stored = stored_utc.map_or_else(|| otherwise.to_owned(), |stored| stored.to_string());
    format!("sealed {sealed_utc}, stored {stored}")
}

/// What still waits, and why, in one line; nothing is said of an empty spool.
pub(super) fn tell_waiting(store: &SpoolStore, drain: &Drain, out: &mut dyn Write) -> std::io::Result<()> {
    if drain.waiting == 0 {
        return Ok(());
    }
    let reason = drain.away.as_deref().unwrap_or("they are stored by the next run");
    let (wait, folder) = (cycles_wait(drain.waiting), store.spool().folder().display());
    writeln!(out, "spool     {wait} in {folder}: {reason}")
}

/// Runs `collector store flush`.
pub(super) fn flush(arguments: &FlushArguments, out: &mut dyn Write) -> Result<Ending, CommandError> {
    let config = Config::read(&arguments.config.config)?;
    let (session, store) = before(&config, open::session_of(&config)?)?;
    let Some(store) = store else {
        return Err(CommandError::new(Ending::Usage, "no spool is configured")
            .hint("name one in the configuration: [store] spool = \"/var/lib/collector/spool\""));
    };
    let drain = store.drain(&session)?;
    match arguments.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &drain).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        Format::Text => {
            tell(&drain, out)?;
            match drain.waiting {
                0 => writeln!(out, "nothing waits in the spool")?,
                _ => tell_waiting(&store, &drain, out)?,
            }
        }
    }
    Ok(match (drain.waiting, drain.warnings.is_empty()) {
        (0, true) => Ending::Done,
        (0, false) => Ending::Attention,
        _ => Ending::StoreRefused,
    })
}

/// What waits, for `collector doctor`; an error says why that cannot be learned.
pub(super) fn examined(config: &Config, session: &Session) -> Result<Option<Check>, StoreError> {
    let Some(folder) = &config.spool else { return Ok(None) };
    let name = "spool";
    if !folder.exists() {
        return Ok(Some(Check::of(name, true, "empty: no run has used it yet", String::new)));
    }
    let spool = Spool::open(folder, &session.store.location())?;
    let waiting = spool.waiting(session.store.as_ref())?;
    let found = match (waiting.first(), waiting.last()) {
        (Some(first), Some(last)) => format!(
            "{}, sealed {} to {}",
            cycles_wait(waiting.len()),
            first.manifest.sealed_utc,
            last.manifest.sealed_utc
        ),
        _ => "empty".to_owned(),
    };
    let gone = spool.gone()?;
    let found = match gone.first() {
        None => found,
        Some(first) => format!("{found}; {} gone that waited, {first} the first", gone.len()),
    };
    let mend = || {
        let stored = "`collector store flush` stores what waits; so does the next run of any other command";
        let missing = "bring back from a backup what is gone, or record an explanation";
        if gone.is_empty() { stored.to_owned() } else { format!("{stored}; {missing}") }
    };
    Ok(Some(Check::of(name, waiting.is_empty() && gone.is_empty(), found, mend)))
}

fn cycles(number: usize) -> String {
    if number == 1 { "1 cycle was".to_owned() } else { format!("{number} cycles were") }
}

fn cycles_wait(number: usize) -> String {
    if number == 1 { "1 cycle waits".to_owned() } else { format!("{number} cycles wait") }
}

#[cfg(test)]
mod tests {
    use verify_core::model::Sequence;

    use super::*;

    #[test]
    fn of_what_was_linked_anew_only_its_place_is_told() {
        let drain = Drain { linked_anew: 2, linked_behind: Some(Sequence(9)), ..Drain::default() };
        let mut out = Vec::new();
        assert!(tell(&drain, &mut out).is_ok());
        assert_eq!(out, b"2 cycles were linked anew behind record 9\n");
    }
}
