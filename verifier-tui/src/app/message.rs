//! Everything that can happen to the screens, and everything they can ask for.

use ratatui::crossterm::event::KeyEvent;
use verify_core::report::{RecordSummary, Report};
use verify_core::verify::{Inspection, Progress};

/// Something happened.
#[derive(Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// The terminal has another size: columns, rows.
    Resize(u16, u16),
    /// The verification moved on.
    Progress(Progress),
    /// A record is judged; links to its neighbours come with the report.
    Record(Box<RecordSummary>),
    /// The verification is complete.
    Done(Box<Report>),
    /// A thread broke: there will be no report.
    Crashed,
    /// A package was opened, or could not be.
    Inspected {
        /// Its name in the source.
        package: String,
        /// Its members, or why not.
        result: Result<Inspection, String>,
    },
}

/// Something is to be done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Recompute the members of a package and answer with [`Message::Inspected`].
    Inspect(String),
    /// Leave.
    Quit,
}
