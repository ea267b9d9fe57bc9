//! The command line of `collector doctor` and `collector store`.

use clap::{Args, Subcommand};

use super::{ConfigArgument, Format};
use crate::store::s3::plan::Form;

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// The chain whose store is examined.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Subcommands of `store`.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Print what makes the configured bucket or container, its key and the policies it needs. Nothing is asked or made.
    #[command(
        after_help = "Examples:\n  collector store plan --config collector.toml > evidence.tf\n  collector store \
                      plan --config collector.toml --form cli > evidence.sh"
    )]
    Plan {
        /// The chain whose store is planned.
        #[command(flatten)]
        config: ConfigArgument,
        /// As what.
        #[arg(long, value_enum, default_value_t)]
        form: Form,
    },
}
