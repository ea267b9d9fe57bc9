//! What this program says when it cannot give an answer: one message, one hint, one exit code.

use std::fmt;
use std::io::{self, Write};

use crate::display::escape;
use crate::exit::Ending;

/// A refusal. Its texts are escaped when they are shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// How the program ends.
    pub ending: Ending,
    /// What is wrong, one sentence.
    pub message: String,
    /// What to do, one sentence; empty when there is nothing to suggest.
    pub hint: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape(&self.message))
    }
}

impl Refusal {
    /// A refusal.
    #[must_use]
    pub fn new(ending: Ending, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { ending, message: message.into(), hint: hint.into() }
    }

    /// Writes it for people.
    pub fn tell(&self, writer: &mut impl Write) -> io::Result<()> {
        writeln!(writer, "error: {self}")?;
        if !self.hint.is_empty() {
            writeln!(writer, "\nhint: {}", escape(&self.hint))?;
        }
        Ok(())
    }
}
