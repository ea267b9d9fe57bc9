//! The command line: what may be asked, and how the same question is written down again.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Parser, Subcommand, ValueEnum};
use verify_core::coverage::Period;
use verify_core::time::UtcTime;

use verify_core::verify::{Group, KnownRecord, Mode, Options};

use crate::exit::Ending;
use crate::refusal::Refusal;

mod cache;
mod checkpoint;
mod fetch;
mod headless;
mod limits;
mod prove;
mod store;
mod trust;
pub(crate) mod values;

pub use cache::CacheCommand;
pub use checkpoint::{CheckpointCommand, Compare, Save, Show};
pub use fetch::Fetch;
pub use headless::{headless_command, quoted};
pub use limits::LimitOptions;
pub use prove::Prove;
pub use store::{LockOptions, StoreOptions};
pub use trust::{Only, Trust};
pub(crate) use trust::{key_text, log_key};
pub use values::When;

/// Name and version as they stand in reports.
pub const TOOL: &str = concat!("verifier ", env!("CARGO_PKG_VERSION"));

/// Re-proves SOC 2 evidence of contact centre configuration, offline and without trusting anybody.
///
/// Recomputes every hash, walks the chain, counts the scheduled cycles, and re-runs policies and drift.
/// It only reads: nothing is written beside the evidence, and no network is used for a folder.
#[derive(Debug, Parser)]
#[command(
    name = "verifier",
    version,
    styles = clap::builder::Styles::plain(),
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    after_help = "Examples:
  verifier evidence/demo                        browse the evidence on screens
  verifier verify evidence/demo                 the same answer as text
  verifier verify evidence/demo --format json   and for machines
  verifier s3://bucket/root --profile auditor   the same where it is kept, with its locks
  verifier verify evidence/demo --from 2026-05-01 --to 2026-05-31
  verifier verify evidence/demo --key <VKEY> --checkpoint q1.checkpoint
                                                who signed it, and that it extends what you kept
  verifier checkpoint save evidence/demo --key <VKEY> --out q2.checkpoint

Exit codes (the same in every mode):
  0 verified         1 integrity failed           2 wrong usage
  3 whole, but cycles are missing or cut          4 whole, but a replay differs
  5 inconclusive     6 violations (--fail-on)    70 internal error"
)]
pub struct Cli {
    /// What to do; without it, PATH is shown on screens.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What to browse.
    #[command(flatten)]
    pub question: Option<Question>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Verify and print the answer.
    #[command(
        after_help = "Examples:\n  verifier verify evidence/demo\n  verifier verify evidence/demo --only chain,coverage\n  \
                      verifier verify evidence/demo --key <VKEY> --checkpoint q1.checkpoint --require signed\n  \
                      verifier verify evidence/demo --key <OLD>@0-41 --key <NEW>@42- --tsa authority.pem\n  \
                      verifier verify evidence/demo --format json > report.json\n\nWhat was not asked for with --only \
                      counts as not evaluated, and the report says so."
    )]
    Verify {
        /// Form of the answer on standard output.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// What to verify.
        #[command(flatten)]
        question: Box<Question>,
    },
    /// Verify, and write the answer as tables for spreadsheets and as JSON.
    #[command(
        after_help = "Example:\n  verifier export evidence/demo --out workpapers/demo\n\nWrites findings.csv, cycles.csv, \
                      controls.csv, violations.csv, drift.csv, records.csv, report.json and SHA256SUMS.\nCells that a \
                      spreadsheet would take for a formula begin with an apostrophe. Ends with the exit code of the verdict."
    )]
    Export {
        /// Folder for the files: new or empty, outside of the evidence.
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
        /// Form of the tables.
        #[arg(long, value_enum, default_value_t)]
        format: ExportFormat,
        /// What to verify.
        #[command(flatten)]
        question: Box<Question>,
    },
    /// Attack a copy of the evidence in every known way, and show which check catches each attack.
    #[command(
        after_help = "Examples:\n  verifier drill evidence/demo\n  verifier drill evidence/demo --to 2026-05-31 --key <VKEY> \
                      --checkpoint q1.checkpoint --tsa authority.pem\n  verifier drill evidence/demo --key <VKEY> > drill.txt\n  \
                      verifier drill evidence/demo --key <VKEY> --format json > drill.json\n  verifier drill evidence/demo --only \
                      fail-to-pass,zip-bomb\n  verifier drill --list\n\nThe evidence is copied into memory and never written. An attack \
                      that only something from\noutside of the evidence can show is not evaluated where that was not given, and \
                      the report\nnames the option.\n\nExit codes: 0 every attack that could be committed was caught, 1 one was \
                      missed,\n5 nothing could be committed, the drill itself failed, or it was stopped."
    )]
    Drill(Box<crate::drill::arguments::Arguments>),
    /// Keep a checkpoint of a chain outside of it, read one, or compare two.
    #[command(subcommand, subcommand_required = true, arg_required_else_help = false)]
    Checkpoint(CheckpointCommand),
    /// Hand over a sample of records with proofs that they belong to the signed chain.
    Prove(Box<Prove>),
    /// Copy evidence out of a store, with a receipt of what the store told about its locks.
    Fetch(Box<Fetch>),
    /// Show or take away what is kept of evidence in S3 on this machine.
    #[command(subcommand, subcommand_required = true, arg_required_else_help = false)]
    Cache(CacheCommand),
    /// Print a completion script for a shell.
    #[command(after_help = "Example:\n  verifier completions bash > /etc/bash_completion.d/verifier")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Evaluates policies for a parent process, under limits.
    #[command(hide = true, name = crate::worker::REPLAY_WORKER)]
    ReplayWorker {
        /// Bytes of memory.
        memory: u64,
    },
}

/// Form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document with a published schema, for machines.
    Json,
}

/// Form of exported tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ExportFormat {
    /// Comma-separated values, RFC 4180.
    #[default]
    Csv,
}

/// What turns a verified answer into a failing exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Recorded violations of a control that no exception covers.
    Violations,
}

/// What is to be verified, and how strictly.
#[derive(Debug, Clone, Args)]
// A group with flattened arguments would be empty, and then no question would ever be there.
#[group(args = ["path"])]
pub struct Question {
    /// Folder with the evidence, or one package, or a place in S3.
    #[arg(value_name = "PATH", help = "Folder with the evidence, or one package, or s3://BUCKET/ROOT")]
    pub path: PathBuf,
    /// Start of the period: YYYY-MM-DD (its first second, UTC) or a UTC time.
    #[arg(long, value_name = "DATE")]
    pub from: Option<When>,
    /// End of the period: YYYY-MM-DD (its last second, UTC) or a UTC time.
    #[arg(long, value_name = "DATE")]
    pub to: Option<When>,
    /// A record kept from an earlier report: its sequence and the SHA-256 of its manifest.
    #[arg(long, value_name = "SEQ:SHA256", value_parser = values::head)]
    pub head: Option<KnownRecord>,
    /// Run these groups of checks alone. Refused where it leaves out what judges a key, checkpoint, pin, witness or
    /// authority that was given, and by checkpoint save and prove, which rest on the whole.
    #[arg(long, value_name = "GROUP,...", value_delimiter = ',', value_parser = trust::only)]
    pub only: Vec<Only>,
    /// What comes from outside of the evidence.
    #[command(flatten)]
    pub trust: Trust,
    /// Where it is kept, if not in a folder.
    #[command(flatten)]
    pub store: StoreOptions,
    /// What is asked of its locks.
    #[command(flatten)]
    pub locks: LockOptions,
    /// Parse everything again, nothing answered from what was seen before: slower, same answer.
    #[arg(long)]
    pub from_scratch: bool,
    /// Accept cycles that were only explained afterwards.
    #[arg(long)]
    pub accept_explained: bool,
    /// End with exit code 6 if the evidence is verified but records violations.
    #[arg(long, value_enum)]
    pub fail_on: Option<FailOn>,
    /// Threads to use [default: one per processor].
    #[arg(long, value_name = "N", value_parser = values::threads)]
    pub threads: Option<usize>,
    /// Limits on what is read.
    #[command(flatten)]
    pub limits: LimitOptions,
}

/// A question that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("--from {from} lies after --to {to}")]
pub struct PeriodError {
    /// Start as given.
    pub from: String,
    /// End as given.
    pub to: String,
}

impl From<PeriodError> for Refusal {
    fn from(error: PeriodError) -> Self {
        Self::new(Ending::Usage, error.to_string(), "a period begins before it ends")
    }
}

/// The audited period.
pub(crate) fn period(from: Option<When>, to: Option<When>) -> Result<Period, PeriodError> {
    let period = Period { from_utc: from.map(When::first_second), to_utc: to.map(When::last_second) };
    match (period.from_utc, period.to_utc) {
        (Some(from), Some(to)) if from > to => {
            Err(PeriodError { from: from.to_string(), to: to.to_string() })
        }
        _ => Ok(period),
    }
}

/// The time of this computer.
pub(crate) fn now() -> UtcTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    UtcTime::from_unix(i64::try_from(since).unwrap_or(i64::MAX))
}

/// Threads to use: one per processor, if nothing else is said.
pub(crate) fn threads(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
}

impl Question {
    /// Refuses `--only` where `what` rests on the whole verification.
    pub(crate) fn refuse_only(&self, what: &str) -> Result<(), Refusal> {
        if self.only.is_empty() {
            return Ok(());
        }
        Err(Refusal::new(
            Ending::Usage,
            format!("--only was given, but {what} rests on the whole verification"),
            "leave --only out; verifier verify takes it",
        ))
    }

    /// The options of the verification, but for what [`Trust`] names: that has to be opened first.
    pub fn options(&self) -> Result<Options, PeriodError> {
        let only: BTreeSet<Group> = self
            .only
            .iter()
            .filter_map(|only| match only {
                Only::Group(group) => Some(*group),
                Only::Structural => None,
            })
            .collect();
        Ok(Options {
            limits: self.limits.limits(),
            mode: if self.from_scratch { Mode::FromScratch } else { Mode::Incremental },
            period: period(self.from, self.to)?,
            head: self.head,
            lock_days: self.locks.lock_days,
            now_utc: Some(now()),
            only: (!only.is_empty()).then_some(only),
            structural: self.only.contains(&Only::Structural),
            accept_explained: self.accept_explained,
            fail_on_violations: self.fail_on == Some(FailOn::Violations),
            threads: threads(self.threads),
            tool: TOOL.to_owned(),
            ..Options::default()
        })
    }
}

#[cfg(test)]
mod tests;
