//! Work beside the screens and the main thread.

/// Name of the hidden subcommand that evaluates policies for a parent process.
pub const REPLAY_WORKER: &str = "replay-worker";

/// The child's side.
pub fn replay() -> Result<u8, crate::refusal::Refusal> {
    Ok(0)
}
