//! The command line of `collector record`.

use clap::{Args, Subcommand};
use verify_core::time::UtcTime;

use super::{ConfigArgument, Decision, one_line};

/// Subcommands of `record`.
#[derive(Debug, Subcommand)]
pub enum RecordCommand {
    /// Accept one violation for a limited time.
    #[command(
        after_help = "Example:\n  collector record exception --config collector.toml --control CC6.1 --resource \
                      security_roles --entity role-0000000007 \\\n    --owner a.lee --by j.doe --ticket CHG-44 \
                      --reason \"migration\" --from 2026-05-09T00:00:00Z --expires 2026-06-01T00:00:00Z"
    )]
    Exception(ExceptionArguments),
    /// Say why a slot has no record.
    #[command(after_help = "Example:\n  collector record explanation --config collector.toml --slot \
                      2026-05-28T08:00:00Z --by j.doe --ticket INC-7 --reason \"host was down\"")]
    Explanation(ExplanationArguments),
}

/// Arguments of `record exception`.
#[derive(Debug, Args)]
pub struct ExceptionArguments {
    /// The chain.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Control, e.g. CC6.1.
    #[arg(long, value_parser = one_line)]
    pub control: String,
    /// Resource of the entity.
    #[arg(long, value_parser = one_line)]
    pub resource: String,
    /// Key of the entity.
    #[arg(long, value_parser = one_line)]
    pub entity: String,
    /// Who carries the risk.
    #[arg(long, value_name = "PERSON", value_parser = one_line)]
    pub owner: String,
    /// Who, ticket, why.
    #[command(flatten)]
    pub decision: Decision,
    /// First moment it covers.
    #[arg(long, value_name = "UTC")]
    pub from: UtcTime,
    /// First moment it no longer covers.
    #[arg(long, value_name = "UTC")]
    pub expires: UtcTime,
}

/// Arguments of `record explanation`.
#[derive(Debug, Args)]
pub struct ExplanationArguments {
    /// The chain.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// The slot without a record.
    #[arg(long, value_name = "UTC")]
    pub slot: UtcTime,
    /// Who, ticket, why.
    #[command(flatten)]
    pub decision: Decision,
}
