//! The command line: what may be asked. What it does stands in `command/`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use verify_core::model::CollectionId;
use verify_core::time::UtcTime;

use crate::demo::tenant::FaultSwitch;
use crate::store::s3::S3Location;

mod key;
mod record;
mod store;

pub use key::{KeyCommand, RotateArguments};
pub use record::{ExceptionArguments, ExplanationArguments, RecordCommand};
pub use store::{DoctorArguments, FlushArguments, StoreCommand};

/// Collects SOC 2 evidence of contact centre configuration, unattended.
///
/// Signs in with a read-only identity, reads every configured resource completely, compares it with
/// the approved baseline, evaluates policies, and seals all of it into a chain of evidence packages.
#[derive(Debug, Parser)]
#[command(
    name = "collector",
    version,
    propagate_version = true,
    after_help = "Examples:
  collector demo                              a month of evidence from an embedded tenant, no account needed
  collector init                              write a commented configuration
  collector collect --config collector.toml   run the cycle that is due now
  collector approve baseline --config collector.toml --by j.doe --ticket CHG-42 --reason \"quarterly review\"

Exit codes:
  0 done   1 sealed, with something that needs attention   2 usage or configuration
  3 platform or sign-in failed, failure sealed   4 store refused or out of reach   70 internal error   130 interrupted"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented configuration to start from.
    #[command(after_help = "Example:\n  collector init --out /etc/collector/acme.toml")]
    Init(InitArguments),
    /// Run the cycle that is due now and seal its evidence.
    #[command(
        after_help = "The newest slot whose tolerance holds the present moment is answered. Outside of any \
                      tolerance nothing is\nwritten: today's state is never yesterday's.\n\nExamples:\n  \
                      collector collect --config collector.toml\n  collector collect --config collector.toml \
                      --format json --fail-on drift,violations"
    )]
    Collect(CollectArguments),
    /// Collect a simulated month from an embedded tenant: no account, no cloud.
    #[command(
        after_help = "Examples:\n  collector demo\n  collector demo --days 60 --seed 7 --out /tmp/evidence\n  \
                      collector demo --fault users=repeated_page@5\n  collector demo --store s3://bucket/demo"
    )]
    Demo(DemoArguments),
    /// Record that a person approved a baseline or a changed rule.
    #[command(
        after_help = "Examples:\n  collector approve baseline --config collector.toml --by j.doe --ticket \
                      CHG-42 --reason \"quarterly review\"\n  collector approve policies --config \
                      collector.toml --by j.doe --ticket CHG-43 --reason \"new trunk network\""
    )]
    Approve(ApproveArguments),
    /// Look at the approved baseline.
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Record an exception, or why a cycle is missing.
    #[command(subcommand)]
    Record(RecordCommand),
    /// Make, show or change the key that signs the chain.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Examine the store: can it hold evidence, and what would make it hold it better.
    #[command(
        after_help = "Ends with 0 if everything is right, 1 if something deserves attention, 4 if the bucket cannot hold \
                      evidence.\n\nExample:\n  collector doctor --config collector.toml"
    )]
    Doctor(DoctorArguments),
    /// Work on the store.
    #[command(subcommand)]
    Store(StoreCommand),
    /// Work on policies.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Print a completion script for a shell.
    #[command(after_help = "Example:\n  collector completions bash > /etc/bash_completion.d/collector")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArguments {
    /// File to write; an existing one is never touched.
    #[arg(long, value_name = "FILE", default_value = "collector.toml")]
    pub out: PathBuf,
}

/// The configuration to use.
#[derive(Debug, Args)]
pub struct ConfigArgument {
    /// Configuration of the chain.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document with stable fields, for machines.
    Json,
}

/// What makes `collect` end with exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// A resource was not read completely.
    Incomplete,
    /// A body broke its schema.
    Quarantine,
    /// The state differs from the approved baseline.
    Drift,
    /// A control failed without a valid exception.
    Violations,
    /// Nothing: 0 whenever evidence was sealed.
    Never,
}

/// Arguments of `collect`.
#[derive(Debug, Args)]
pub struct CollectArguments {
    /// The chain.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Slot to answer, e.g. 2026-05-01T08:00:00Z; its tolerance must hold the present moment.
    #[arg(long, value_name = "UTC")]
    pub scheduled: Option<UtcTime>,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// What needs attention: exit code 1.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "incomplete,quarantine,drift,violations")]
    pub fail_on: Vec<FailOn>,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Simulated days.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_660))]
    pub days: u32,
    /// Users of the tenant.
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub users: u32,
    /// Folder for the evidence; it must not exist.
    #[arg(long, value_name = "FOLDER", default_value = "evidence/demo")]
    pub out: PathBuf,
    /// Put the evidence into a bucket with object lock instead, e.g. `s3://bucket/demo`, under a GOVERNANCE
    /// lock of one day.
    #[arg(long, value_name = "S3", conflicts_with = "out")]
    pub store: Option<S3Location>,
    /// Address of the bucket's server, if it is not AWS.
    #[arg(long, value_name = "URL", requires = "store", value_parser = endpoint)]
    pub endpoint_url: Option<String>,
    /// Region of the bucket, if the environment does not name it.
    #[arg(long, requires = "store")]
    pub region: Option<String>,
    /// Everything random comes from this number: equal seeds give equal bytes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Events of the month instead of the built-in ones.
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// API the embedded tenant speaks.
    #[arg(long, value_enum, default_value_t)]
    pub profile: DemoProfile,
    /// Break one resource: RESOURCE=KIND, on one day only with @DAY. May be repeated.
    #[arg(long, value_name = "RESOURCE=KIND[@DAY]")]
    pub fault: Vec<FaultSwitch>,
}

/// API the embedded tenant speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum DemoProfile {
    /// Plain lists with page tokens.
    #[default]
    Reference,
    /// Paths and paging of Genesys Cloud CX.
    GenesysCloud,
}

impl DemoProfile {
    /// Name of the profile.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::GenesysCloud => "genesys-cloud",
        }
    }
}

/// What can be approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ApprovalSubject {
    /// A snapshot becomes the state that later ones are compared with.
    Baseline,
    /// Policies, their data and mapping, as configured now.
    Policies,
    /// Schemas, as configured now.
    Schemas,
    /// The platform profile, as configured now.
    Profile,
    /// The schedule, as configured now.
    Schedule,
}

/// Who decided, on what grounds.
#[derive(Debug, Args)]
pub struct Decision {
    /// The person who approved.
    #[arg(long, value_name = "PERSON", value_parser = one_line)]
    pub by: String,
    /// Change ticket.
    #[arg(long, value_parser = one_line)]
    pub ticket: String,
    /// Why.
    #[arg(long, value_parser = one_line)]
    pub reason: String,
}

/// Arguments of `approve`.
#[derive(Debug, Args)]
pub struct ApproveArguments {
    /// What is approved.
    #[arg(value_enum)]
    pub subject: ApprovalSubject,
    /// The chain.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Who, ticket, why.
    #[command(flatten)]
    pub decision: Decision,
    /// Snapshot that becomes the baseline; the newest if absent.
    #[arg(long, value_name = "ID")]
    pub collection_id: Option<CollectionId>,
}

/// Subcommands of `baseline`.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Show the approved baseline and who approved it.
    #[command(after_help = "Example:\n  collector baseline show --config collector.toml")]
    Show {
        /// The chain.
        #[command(flatten)]
        config: ConfigArgument,
        /// Form of the output.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// Subcommands of `policy`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Run the tests that stand beside policies.
    #[command(
        after_help = "Examples:\n  collector policy test\n  collector policy test --policies my/policies"
    )]
    Test {
        /// Folder of policies with their `tests/`; the built-in ones if absent.
        #[arg(long, value_name = "FOLDER")]
        policies: Option<PathBuf>,
    },
}

/// An address to which credentials may be sent.
fn endpoint(text: &str) -> Result<String, String> {
    if reqwest::Url::parse(text).is_ok_and(|url| crate::aws::keeps_to_itself(&url)) {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err("expected https, or http to this machine".to_owned())
    }
}

/// A text that fits on one line of a report.
fn one_line(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("expected some text, found none".to_owned());
    }
    if text.chars().count() > 500 || text.chars().any(char::is_control) {
        return Err("expected one line of at most 500 characters".to_owned());
    }
    Ok(text.to_owned())
}
