//! The command that copies evidence out of a store: what may be asked.

use std::path::PathBuf;

use clap::Args;

use super::{Format, LimitOptions, StoreOptions};

/// `fetch`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Example:\n  verifier fetch s3://bucket/root --profile auditor --out q2\n  verifier verify q2 --receipt \
                  q2.receipt.json\n\nCopies every object as it was first written, and writes down in FOLDER.receipt.json \
                  what the store\ntold about its locks; a copy that is not whole gets none. The receipt is your own word for it: keep it, or its SHA-256, where \
                  nobody\nelse can write.\n\nExit codes: 0 everything was copied, 2 wrong usage, 5 something could not be read or stored: the\ncopy is not whole"
)]
pub struct Fetch {
    /// Where it is kept.
    #[arg(value_name = "PATH", help = "Where it is kept: s3://BUCKET/ROOT")]
    pub path: PathBuf,
    /// The folder to write; it must not exist, nor FOLDER.receipt.json beside it.
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Form of the answer on standard output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// How the store is reached.
    #[command(flatten)]
    pub store: StoreOptions,
    /// Limits on what is read.
    #[command(flatten)]
    pub limits: LimitOptions,
}
