//! The command line: what may be asked, and how the same question is written down again.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use verify_core::coverage::Period;
use verify_core::limits::Limits;

use verify_core::verify::{Group, KnownRecord, Mode, Options};

mod checkpoint;
mod headless;
mod prove;
mod trust;
pub(crate) mod values;

pub use checkpoint::{CheckpointCommand, Compare, Save, Show};
pub use headless::{headless_command, quoted};
pub use prove::Prove;
pub(crate) use trust::log_key;
pub use trust::{Only, Trust};
pub use values::When;

/// Heading of the limits in the help.
const LIMITS: &str = "Limits (evidence is hostile input)";

/// Name and version as they stand in reports.
pub const TOOL: &str = concat!("verifier ", env!("CARGO_PKG_VERSION"));

/// Re-proves SOC 2 evidence of contact centre configuration, offline and without trusting anybody.
///
/// Recomputes every hash, walks the chain, counts the scheduled cycles, and re-runs policies and drift.
/// It only reads: nothing is written beside the evidence, and no network is used.
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
        after_help = "Examples:\n  verifier drill evidence/demo\n  verifier drill evidence/demo --to 2026-05-31 --out drill.txt\n  \
                      verifier drill --list\n\nThe evidence is copied into memory and never written.\n\nExit codes: 0 every attack that could \
                      be committed was caught, 1 one was missed,\n5 nothing could be committed, the drill itself failed, or \
                      it was stopped."
    )]
    Drill(Box<crate::drill::arguments::Arguments>),
    /// Keep a checkpoint of a chain outside of it, read one, or compare two.
    #[command(subcommand, subcommand_required = true, arg_required_else_help = false)]
    Checkpoint(CheckpointCommand),
    /// Hand over a sample of records with proofs that they belong to the signed chain.
    Prove(Box<Prove>),
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
    /// Folder with the evidence, or one package.
    #[arg(value_name = "PATH")]
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
    /// Run these groups of checks alone.
    #[arg(long, value_name = "GROUP,...", value_delimiter = ',', value_parser = trust::only)]
    pub only: Vec<Only>,
    /// What comes from outside of the evidence.
    #[command(flatten)]
    pub trust: Trust,
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
    /// Bytes of one package, e.g. 2GiB [default: 1GiB].
    #[arg(long, help_heading = LIMITS, value_name = "SIZE", value_parser = values::size)]
    pub max_package: Option<u64>,
    /// Members of one package [default: 10000].
    #[arg(long, help_heading = LIMITS, value_name = "N")]
    pub max_members: Option<usize>,
    /// Inflated bytes of one member [default: 256MiB].
    #[arg(long, help_heading = LIMITS, value_name = "SIZE", value_parser = values::size)]
    pub max_member: Option<u64>,
    /// Inflated bytes of one package [default: 1GiB].
    #[arg(long, help_heading = LIMITS, value_name = "SIZE", value_parser = values::size)]
    pub max_inflated: Option<u64>,
    /// Inflated over stored size of one member [default: 200].
    #[arg(long, help_heading = LIMITS, value_name = "N")]
    pub max_expansion: Option<u64>,
    /// Nesting depth of a JSON document [default: 64].
    #[arg(long, help_heading = LIMITS, value_name = "N", value_parser = values::depth)]
    pub max_depth: Option<usize>,
    /// Values of one JSON document or entity, counted by commas and colons [default: 1000000].
    #[arg(long, help_heading = LIMITS, value_name = "N")]
    pub max_values: Option<usize>,
    /// Values of one snapshot, counted by commas and colons [default: 4000000].
    #[arg(long, help_heading = LIMITS, value_name = "N")]
    pub max_snapshot_values: Option<usize>,
    /// Bytes of one manifest [default: 16MiB].
    #[arg(long, help_heading = LIMITS, value_name = "SIZE", value_parser = values::size)]
    pub max_manifest: Option<u64>,
    /// Files and folders in the evidence [default: 1000000].
    #[arg(long, help_heading = LIMITS, value_name = "N")]
    pub max_files: Option<usize>,
    /// Cycles that the schedule promises [default: 1000000].
    #[arg(long, help_heading = LIMITS, value_name = "N")]
    pub max_cycles: Option<usize>,
    /// Seconds of one evaluation of a policy [default: 5].
    #[arg(long, help_heading = LIMITS, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub max_policy_seconds: Option<u64>,
    /// Memory of a process that evaluates policies [default: 640MiB].
    #[arg(long, help_heading = LIMITS, value_name = "SIZE", value_parser = values::size)]
    pub max_policy_memory: Option<u64>,
}

impl Question {
    /// The limits that hold.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            package_bytes: self.max_package.unwrap_or(usual.package_bytes),
            members: self.max_members.unwrap_or(usual.members),
            member_bytes: self.max_member.unwrap_or(usual.member_bytes),
            total_bytes: self.max_inflated.unwrap_or(usual.total_bytes),
            expansion: self.max_expansion.unwrap_or(usual.expansion),
            json_depth: self.max_depth.unwrap_or(usual.json_depth),
            json_values: self.max_values.unwrap_or(usual.json_values),
            snapshot_values: self.max_snapshot_values.unwrap_or(usual.snapshot_values),
            manifest_bytes: self.max_manifest.unwrap_or(usual.manifest_bytes),
            files: self.max_files.unwrap_or(usual.files),
            cycles: self.max_cycles.unwrap_or(usual.cycles),
            policy_seconds: self.max_policy_seconds.unwrap_or(usual.policy_seconds),
            policy_bytes: self.max_policy_memory.unwrap_or(usual.policy_bytes),
            ..usual
        }
    }
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

impl Question {
    /// The options of the verification, but for what [`Trust`] names: that has to be opened first.
    pub fn options(&self) -> Result<Options, PeriodError> {
        let period =
            Period { from_utc: self.from.map(When::first_second), to_utc: self.to.map(When::last_second) };
        if let (Some(from), Some(to)) = (period.from_utc, period.to_utc)
            && from > to
        {
            return Err(PeriodError { from: from.to_string(), to: to.to_string() });
        }
        let only: BTreeSet<Group> = self
            .only
            .iter()
            .filter_map(|only| match only {
                Only::Group(group) => Some(*group),
                Only::Structural => None,
            })
            .collect();
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Options {
            limits: self.limits(),
            mode: if self.from_scratch { Mode::FromScratch } else { Mode::Incremental },
            period,
            head: self.head,
            only: (!only.is_empty()).then_some(only),
            structural: self.only.contains(&Only::Structural),
            accept_explained: self.accept_explained,
            fail_on_violations: self.fail_on == Some(FailOn::Violations),
            threads: self.threads.unwrap_or(processors),
            tool: TOOL.to_owned(),
            ..Options::default()
        })
    }
}

#[cfg(test)]
mod tests;
