//! The wish to stop: asked for by a key or a signal, looked at wherever something may take long.
//!
//! The first interrupt asks, and what is known until then is still told; the second one ends the program at once.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::exit::Ending;
use crate::refusal::Refusal;

/// How often whoever waits looks whether to go on waiting.
pub const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Whether to stop; every copy tells the same.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks to stop.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The one that interrupts ask: from the first call on they no longer end the program by themselves.
    pub fn of_interrupts() -> Result<Self, Refusal> {
        static STOP: OnceLock<Stop> = OnceLock::new();
        if let Some(stop) = STOP.get() {
            return Ok(stop.clone());
        }
        let stop = Self::default();
        stop.listen().map_err(|error| {
            Refusal::new(Ending::Internal, format!("interrupts cannot be listened for: {error}"), "")
        })?;
        Ok(STOP.get_or_init(|| stop).clone())
    }

    #[cfg(unix)]
    fn listen(&self) -> io::Result<()> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        use signal_hook::flag;

        let again = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order: none is lost while these lines run, and the second one finds the mark of the first and
            // ends the program, as it would have unasked.
            flag::register(signal, Arc::clone(&self.0))?;
            flag::register_conditional_default(signal, Arc::clone(&again))?;
            flag::register(signal, Arc::clone(&again))?;
        }
        Ok(())
    }

    /// Elsewhere an interrupt ends the program.
    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "as on unix")]
    fn listen(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_tells_the_same() {
        let stop = Stop::default();
        let copy = stop.clone();
        assert!(!copy.is_asked());
        stop.ask();
        assert!(copy.is_asked());
    }
}
