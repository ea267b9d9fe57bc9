//! The command line of the drill.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use verify_core::checkpoint::note::NOTE_BYTES;
use verify_core::checkpoint::{KeyKind, SignedNote, VerifierKey};
use verify_core::coverage::Period;
use verify_core::verify::{KeptCheckpoint, KnownRecord, Options, TrustedKey};

use super::attack::{ATTACKS, Attack};
use crate::cli::{Format, PeriodError, TOOL, When, values};
use crate::exit::Ending;
use crate::refusal::Refusal;

/// What to drill, and what is known from outside.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Folder with the evidence. It is copied into memory and never written.
    #[arg(value_name = "PATH", required_unless_present = "list")]
    pub path: Option<PathBuf>,
    /// List the attacks and end.
    #[arg(long, conflicts_with_all = ["path", "only", "out"])]
    pub list: bool,
    /// Commit these attacks alone.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', value_parser = name)]
    pub only: Vec<&'static str>,
    /// Form of the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write the report to a new file, outside of the evidence.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Start of the audited period: YYYY-MM-DD (its first second, UTC) or a UTC time.
    #[arg(long, value_name = "DATE")]
    pub from: Option<When>,
    /// End of the audited period; without it a cut-off end cannot be seen.
    #[arg(long, value_name = "DATE")]
    pub to: Option<When>,
    /// A record kept from an earlier report; without it a perfect rewrite cannot be seen.
    #[arg(long, value_name = "SEQ:SHA256", value_parser = values::head)]
    pub head: Option<KnownRecord>,
    /// The log's key as it was handed to you; without it another key cannot be told from it.
    #[arg(long = "key", value_name = "VKEY", value_parser = key)]
    pub keys: Vec<VerifierKey>,
    /// A checkpoint kept from an earlier audit; without one a perfect rewrite cannot be seen.
    #[arg(long = "checkpoint", value_name = "FILE")]
    pub checkpoints: Vec<PathBuf>,
    /// Threads to use [default: one per processor].
    #[arg(long, value_name = "N", value_parser = values::threads)]
    pub threads: Option<usize>,
}

fn name(text: &str) -> Result<&'static str, String> {
    let known = ATTACKS.iter().find(|attack| attack.name == text);
    known.map(|attack| attack.name).ok_or_else(|| "verifier drill --list names the attacks".to_owned())
}

fn key(text: &str) -> Result<VerifierKey, String> {
    let key: VerifierKey = text.parse().map_err(|error| described(&error))?;
    if key.kind() == KeyKind::Log { Ok(key) } else { Err("expected the key of a log (type 0x01)".to_owned()) }
}

fn described(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// A checkpoint that the user kept, in a file of their own.
fn kept(path: &Path) -> Result<KeptCheckpoint, Refusal> {
    let shown = path.display();
    let refused = |why: String| {
        Refusal::new(
            Ending::Usage,
            format!("{shown}: {why}"),
            "give the checkpoint as it was kept, byte for byte",
        )
    };
    let limit = NOTE_BYTES as u64;
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes));
    read.map_err(|error| refused(format!("cannot be read: {error}")))?;
    let note = SignedNote::parse_kept(&bytes).map_err(|error| refused(described(&error)))?;
    KeptCheckpoint::new(shown.to_string(), note, None).map_err(|error| refused(error.to_string()))
}

impl Arguments {
    /// The attacks asked for, each with its number.
    #[must_use]
    pub fn attacks(&self) -> Vec<(usize, Attack)> {
        ATTACKS
            .iter()
            .enumerate()
            .filter(|(_, attack)| self.only.is_empty() || self.only.contains(&attack.name))
            .map(|(index, attack)| (index + 1, *attack))
            .collect()
    }

    /// How the copies are verified.
    pub fn options(&self) -> Result<Options, Refusal> {
        let period =
            Period { from_utc: self.from.map(When::first_second), to_utc: self.to.map(When::last_second) };
        if let (Some(from), Some(to)) = (period.from_utc, period.to_utc)
            && from > to
        {
            let error = PeriodError { from: from.to_string(), to: to.to_string() };
            return Err(Refusal::new(Ending::Usage, error.to_string(), "a period begins before it ends"));
        }
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = self.threads.unwrap_or(processors);
        let trusted = |key: &VerifierKey| TrustedKey { key: key.clone(), from: 0, to: None };
        Ok(Options {
            period,
            head: self.head,
            keys: self.keys.iter().map(trusted).collect(),
            anchors: self.checkpoints.iter().map(|path| kept(path)).collect::<Result<_, _>>()?,
            threads,
            tool: TOOL.to_owned(),
            ..Options::default()
        })
    }
}
