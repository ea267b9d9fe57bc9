//! The command line of the drill.

use std::path::PathBuf;

use clap::Args;
use verify_core::coverage::Period;
use verify_core::verify::{KnownRecord, Options};

use super::attack::{ATTACKS, Attack};
use crate::cli::{Format, PeriodError, TOOL, When, values};

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
    /// Threads to use [default: one per processor].
    #[arg(long, value_name = "N", value_parser = values::threads)]
    pub threads: Option<usize>,
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

    /// How the copies are verified.
    pub fn options(&self) -> Result<Options, PeriodError> {
        let period =
            Period { from_utc: self.from.map(When::first_second), to_utc: self.to.map(When::last_second) };
        if let (Some(from), Some(to)) = (period.from_utc, period.to_utc)
            && from > to
        {
            return Err(PeriodError { from: from.to_string(), to: to.to_string() });
        }
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = self.threads.unwrap_or(processors);
        Ok(Options { period, head: self.head, threads, tool: TOOL.to_owned(), ..Options::default() })
    }
}
