//! Work beside the main thread: policies in child processes, verification and inspection for the screens.

pub mod child;
pub mod replay;
pub mod screens;

pub use child::Children;

/// Name of the hidden subcommand that evaluates policies for a parent process.
pub const REPLAY_WORKER: &str = "replay-worker";
