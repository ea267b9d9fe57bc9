//! Opens what the reader brought: kept checkpoints, key files, certificates.
//!
//! These files are the reader's own, yet they are read under limits, and whatever is wrong with one is
//! said before any evidence is read: a key that was silently left out would turn a failure green.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use verify_core::checkpoint::note::NOTE_BYTES;
use verify_core::checkpoint::{SignedNote, VerifierKey, parse_leaves};
use verify_core::report::Rung;
use verify_core::timestamp::Authorities;
use verify_core::verify::{KeptCheckpoint, Pin, TrustedKey};

use crate::cli::{Trust, log_key};
use crate::exit::Ending;
use crate::output::from_outside;
use crate::refusal::Refusal;

/// Bytes of a file of keys or certificates.
const LARGEST: u64 = 1 << 20;
/// Bytes of one kept leaf hash: 64 digits and the newline.
const LEAF: u64 = 65;
/// Seconds within which a time-stamp is in time, if nothing else is said.
const USUAL_LAG: i64 = 86_400;

/// What the reader brought, opened.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Keys of the log.
    pub keys: Vec<TrustedKey>,
    /// Kept checkpoints.
    pub anchors: Vec<KeptCheckpoint>,
    /// Digests of rules and baselines.
    pub pins: Vec<Pin>,
    /// Keys of witnesses.
    pub witnesses: Vec<VerifierKey>,
    /// How many of them must have signed.
    pub quorum: usize,
    /// Certificates of authorities.
    pub authorities: Authorities,
    /// Seconds within which a time-stamp is in time.
    pub time_lag_seconds: i64,
    /// Rungs that must be reached.
    pub required: BTreeSet<Rung>,
}

/// Opens everything that `trust` names. Nothing of it may lie in the evidence at `evidence`.
pub fn load(trust: &Trust, evidence: &Path) -> Result<Given, Refusal> {
    let mut given = Given {
        keys: trust.keys.clone(),
        pins: trust.pins.clone(),
        witnesses: trust.witnesses.clone(),
        quorum: quorum(trust)?,
        time_lag_seconds: trust.time_lag.unwrap_or(USUAL_LAG),
        required: trust.required.iter().copied().collect(),
        ..Given::default()
    };
    for path in &trust.key_files {
        from_outside(path, evidence, "--key-file", "a key")?;
        given.keys.extend(keys(path)?);
    }
    for path in &trust.checkpoints {
        from_outside(path, evidence, "--checkpoint", "a checkpoint")?;
        from_outside(&leaves_path(path), evidence, "--checkpoint", "a list of leaf hashes")?;
        given.anchors.push(kept(path)?);
    }
    for path in &trust.authorities {
        from_outside(path, evidence, "--tsa", "a certificate")?;
        let authorities = Authorities::from_pem(&read(path, LARGEST, "certificates")?)
            .map_err(|error| refused(path, "certificates of a time-stamping authority", &error))?;
        given.authorities.extend(authorities);
    }
    Ok(given)
}

/// A quorum of some is a number of those named; all of them, if nothing else is said.
fn quorum(trust: &Trust) -> Result<usize, Refusal> {
    let distinct: BTreeSet<_> = trust.witnesses.iter().collect();
    match trust.quorum {
        None => Ok(distinct.len()),
        Some(quorum) if (1..=distinct.len()).contains(&quorum) => Ok(quorum),
        Some(quorum) => Err(Refusal::new(
            Ending::Usage,
            format!(
                "--quorum: expected a number from 1 to {}, the witnesses given, found {quorum}",
                distinct.len()
            ),
            "name every witness with --witness VKEY",
        )),
    }
}

fn keys(path: &Path) -> Result<Vec<TrustedKey>, Refusal> {
    let bytes = read(path, LARGEST, "verifier keys")?;
    let wrong = |message: String| {
        let hint = "one verifier key per line, as it was handed over: <name>+<8 hex digits>+<base64>, then @FROM-TO \
                    if it is not good for all records";
        Refusal::new(Ending::Usage, format!("{}: {message}", path.display()), hint)
    };
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| wrong("expected text in UTF-8, found other bytes".to_owned()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let keys: Vec<_> = lines
        .map(|(index, line)| {
            log_key(line.trim()).map_err(|error| wrong(format!("line {}: {error}", index + 1)))
        })
        .collect::<Result<_, _>>()?;
    if keys.is_empty() {
        return Err(wrong("expected at least one verifier key, found none".to_owned()));
    }
    Ok(keys)
}

/// A kept checkpoint, with the leaf hashes beside it if there are any.
pub fn kept(path: &Path) -> Result<KeptCheckpoint, Refusal> {
    let bytes = read(path, NOTE_BYTES as u64, "a checkpoint")?;
    let note = SignedNote::parse_kept(&bytes).map_err(|error| refused(path, "a checkpoint", &error))?;
    let beside = leaves_path(path);
    let size = note.checkpoint().size;
    let leaves = if std::fs::symlink_metadata(&beside).is_ok() {
        let bytes = read(&beside, size.saturating_mul(LEAF), "the leaf hashes of that many records")?;
        let limit = usize::try_from(size).unwrap_or(usize::MAX);
        Some(parse_leaves(&bytes, limit).map_err(|error| refused(&beside, "kept leaf hashes", &error))?)
    } else {
        None
    };
    KeptCheckpoint::new(path.to_string_lossy().into_owned(), note, leaves).map_err(|error| {
        Refusal::new(
            Ending::Usage,
            format!("{} does not belong to {}: {error}", beside.display(), path.display()),
            "keep both files as checkpoint save --leaves wrote them, or take the .leaves file away",
        )
    })
}

/// Where the leaf hashes of a kept checkpoint stand: its name with `.leaves` after it.
#[must_use]
pub fn leaves_path(checkpoint: &Path) -> PathBuf {
    let mut name = checkpoint.as_os_str().to_owned();
    name.push(".leaves");
    PathBuf::from(name)
}

fn refused(path: &Path, expected: &str, error: &dyn std::error::Error) -> Refusal {
    let mut message = format!("{}: expected {expected}: {error}", path.display());
    if let Some(cause) = error.source() {
        message.push_str(": ");
        message.push_str(&cause.to_string());
    }
    Refusal::new(Ending::Usage, message, "give the file as it was kept or handed over, byte for byte")
}

/// The whole file, at most `limit` bytes: it is not allocated for before it is known to be that small.
fn read(path: &Path, limit: u64, expected: &str) -> Result<Vec<u8>, Refusal> {
    let failed = |error: &std::io::Error| {
        Refusal::new(
            Ending::Usage,
            format!("cannot read {} (expected {expected}): {error}", path.display()),
            "name a file that exists and that you may read",
        )
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| failed(&error))?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    if bytes.len() as u64 > limit {
        return Err(Refusal::new(
            Ending::Usage,
            format!("{}: expected {expected} in at most {limit} bytes, found more", path.display()),
            "name the file that holds it and nothing else",
        ));
    }
    Ok(bytes)
}
