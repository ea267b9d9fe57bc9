//! The command line of the drill: what `verify` takes from outside, it takes in the same words.

use std::path::{Path, PathBuf};

use clap::Args;
use verify_core::verify::{KnownRecord, Options};

use super::attack::{ATTACKS, Attack};
use crate::cli::{
    Format, LimitOptions, LockOptions, StoreOptions, TOOL, Trust, When, period, threads, values,
};
use crate::refusal::Refusal;
use crate::run::trusting;

/// What to drill, and what is known from outside.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// The evidence: a folder or a place in S3. It is copied into memory and never written.
    #[arg(
        value_name = "PATH",
        required_unless_present = "list",
        help = "Folder with the evidence, or s3://BUCKET/ROOT. It is copied into memory and never written"
    )]
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
    /// End of the audited period: YYYY-MM-DD (its last second, UTC) or a UTC time.
    #[arg(long, value_name = "DATE")]
    pub to: Option<When>,
    /// A record kept from an earlier report: its sequence and the SHA-256 of its manifest.
    #[arg(long, value_name = "SEQ:SHA256", value_parser = values::head)]
    pub head: Option<KnownRecord>,
    /// What comes from outside of the evidence.
    #[command(flatten)]
    pub trust: Trust,
    /// Where it is kept, if not in a folder.
    #[command(flatten)]
    pub store: StoreOptions,
    /// What is asked of its locks.
    #[command(flatten)]
    pub locks: LockOptions,
    /// Threads to use [default: one per processor].
    #[arg(long, value_name = "N", value_parser = values::threads)]
    pub threads: Option<usize>,
    /// Limits on what is read.
    #[command(flatten)]
    pub limits: LimitOptions,
}

fn name(text: &str) -> Result<&'static str, String> {
    let known = ATTACKS.iter().find(|attack| attack.name == text);
    known.map(|attack| attack.name).ok_or_else(|| "verifier drill --list names the attacks".to_owned())
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

    /// How copies of the evidence at `evidence` are verified; the files that the reader brought are opened here.
    pub fn options(&self, evidence: &Path) -> Result<Options, Refusal> {
        let options = Options {
            limits: self.limits.limits(),
            period: period(self.from, self.to)?,
            head: self.head,
            lock_days: self.locks.lock_days,
            threads: threads(self.threads),
            tool: TOOL.to_owned(),
            ..Options::default()
        };
        trusting(options, &self.trust, evidence)
    }
}
