//! Checkpoints in the reader's hands: kept, read, compared. `verifier checkpoint …`

mod compare;
mod save;
mod show;

use serde_json::{Value, json};
use verify_core::verify::KeptCheckpoint;

use crate::cli::{CheckpointCommand, Format};
use crate::display::harmless_json;
use crate::print::Sheet;
use crate::refusal::Refusal;

/// What one of these commands answers.
pub struct Answer {
    /// For people.
    pub text: Sheet,
    /// For machines: fields are only ever added.
    pub json: Value,
    /// Exit code.
    pub code: u8,
    /// The files that were written, whether or not anybody reads the answer.
    pub written: Option<String>,
}

impl Answer {
    /// The answer in the form asked for.
    #[must_use]
    pub fn into_bytes(self, format: Format) -> Vec<u8> {
        match format {
            Format::Text => self.text.into_text().into_bytes(),
            Format::Json => format!("{}\n", harmless_json(&self.json.to_string())).into_bytes(),
        }
    }
}

/// Does what was asked; gives the answer and the form it was asked for in.
pub fn run(command: &CheckpointCommand) -> Result<(Answer, Format), Refusal> {
    match command {
        CheckpointCommand::Save(save) => Ok((save::save(save)?, save.format)),
        CheckpointCommand::Show(show) => Ok((show::show(show)?, show.format)),
        CheckpointCommand::Compare(compare) => Ok((compare::compare(compare)?, compare.format)),
    }
}

/// What is pinned, for machines.
fn pinned(kept: &KeptCheckpoint) -> Value {
    let checkpoint = kept.note().checkpoint();
    json!({
        "file": kept.name(),
        "origin": checkpoint.origin.as_str(),
        "size": checkpoint.size,
        "root_sha256": checkpoint.root,
        "leaves": kept.leaves().map(<[_]>::len),
    })
}
