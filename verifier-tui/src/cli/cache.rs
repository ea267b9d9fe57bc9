//! What is kept of evidence in S3 on this machine: the command that shows it and takes it away.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{CheckpointCommand, Cli, Command, StoreOptions};

/// `cache`.
#[derive(Debug, Clone, Subcommand)]
pub enum CacheCommand {
    /// Say where it is and how much it is.
    Show {
        /// The folder that --cache named [default: the one for this user's caches].
        #[arg(long, value_name = "DIR")]
        cache: Option<PathBuf>,
    },
    /// Take all of it away.
    Clear {
        /// The folder that --cache named [default: the one for this user's caches].
        #[arg(long, value_name = "DIR")]
        cache: Option<PathBuf>,
    },
}

impl Cli {
    /// What is asked about, and how it is reached.
    #[must_use]
    pub fn place(&self) -> Option<(&Path, &StoreOptions)> {
        let question = match &self.command {
            Some(Command::Drill(drill)) => return Some((drill.path.as_deref()?, &drill.store)),
            Some(Command::Fetch(fetch)) => return Some((&fetch.path, &fetch.store)),
            Some(Command::Verify { question, .. } | Command::Export { question, .. }) => question,
            Some(Command::Checkpoint(CheckpointCommand::Save(save))) => &save.question,
            Some(Command::Prove(prove)) => &prove.question,
            Some(_) => return None,
            None => self.question.as_ref()?,
        };
        Some((&question.path, &question.store))
    }
}
