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

/// Arguments of `store flush`.
#[derive(Debug, Args)]
pub struct FlushArguments {
    /// The chain whose spool is emptied.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Subcommands of `store`.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Store the cycles that wait in the spool, in their order, and say when each was sealed and stored.
    #[command(
        after_help = "`collect`, `approve`, `record` and `key rotate` do the same before anything else. Ends with 0 if \
                      nothing waits any more, 4 if\nthe store cannot be reached or refuses.\n\nExample:\n  collector \
                      store flush --config collector.toml"
    )]
    Flush(FlushArguments),
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
