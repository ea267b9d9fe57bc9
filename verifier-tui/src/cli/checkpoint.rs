//! The commands about checkpoints: what may be asked.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Format, Question, Trust};

/// What to do with checkpoints.
#[derive(Debug, Clone, Subcommand)]
pub enum CheckpointCommand {
    /// Verify a chain and keep its newest checkpoint in a file of your own.
    #[command(
        after_help = "Examples:\n  verifier checkpoint save evidence/demo --key <VKEY> --out q2.checkpoint --leaves\n  \
                      verifier checkpoint save evidence/demo --checkpoint q1.checkpoint --out q2.checkpoint\n\nKeep the \
                      file where the owner of the evidence cannot reach it. Next time\n`verifier verify PATH --checkpoint \
                      q2.checkpoint` proves that nothing before it was changed,\nwhoever holds the keys. With --leaves a \
                      later change is named by its record."
    )]
    Save(Box<Save>),
    /// Say what a checkpoint pins and who signed it, and how to check that by hand.
    #[command(
        after_help = "Examples:\n  verifier checkpoint show q2.checkpoint\n  verifier checkpoint show q2.checkpoint --key \
                            <VKEY> --witness <VKEY>\n\nExit codes: 0 what was asked holds, 1 a given key did not sign it, 2 \
                            wrong usage"
    )]
    Show(Show),
    /// Say whether of two checkpoints one extends the other.
    #[command(
        after_help = "Example:\n  verifier checkpoint compare q1.checkpoint q2.checkpoint\n\nA root alone does not tell \
                            what is under it: for two sizes the leaf hashes of the larger\nare needed (checkpoint save \
                            --leaves), or the chain itself.\n\nExit codes: 0 the same or extended, 1 a fork or another chain, \
                            2 wrong usage, 5 undecided"
    )]
    Compare(Compare),
}

/// `checkpoint save`.
#[derive(Debug, Clone, Args)]
pub struct Save {
    /// The file to keep it in; it must not exist, and lies outside of the evidence.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Also keep the hash of every record, in FILE.leaves.
    #[arg(long)]
    pub leaves: bool,
    /// Form of the answer on standard output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Whose checkpoint.
    #[command(flatten)]
    pub question: Question,
}

/// `checkpoint show`.
#[derive(Debug, Clone, Args)]
pub struct Show {
    /// The checkpoint.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// A key that should have signed it.
    #[arg(long = "key", value_name = "VKEY", value_parser = super::trust::log_key)]
    pub keys: Vec<verify_core::verify::TrustedKey>,
    /// A witness that should have cosigned it.
    #[arg(long = "witness", value_name = "VKEY", value_parser = super::trust::witness_key)]
    pub witnesses: Vec<verify_core::checkpoint::VerifierKey>,
    /// Form of the answer on standard output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `checkpoint compare`.
#[derive(Debug, Clone, Args)]
pub struct Compare {
    /// One checkpoint.
    #[arg(value_name = "A")]
    pub first: PathBuf,
    /// Another one.
    #[arg(value_name = "B")]
    pub second: PathBuf,
    /// Form of the answer on standard output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

impl Save {
    /// The question to ask next time: the same evidence and keys, and the checkpoint kept now.
    #[must_use]
    pub fn next_time(&self) -> Question {
        let trust = Trust {
            keys: self.question.trust.keys.clone(),
            key_files: self.question.trust.key_files.clone(),
            authorities: self.question.trust.authorities.clone(),
            checkpoints: vec![self.out.clone()],
            ..Trust::default()
        };
        Question {
            trust,
            from: None,
            to: None,
            head: None,
            only: Vec::new(),
            from_scratch: false,
            accept_explained: false,
            fail_on: None,
            ..self.question.clone()
        }
    }
}
