//! Calls that run on a thread of their own and are waited for.
//!
//! The rest of this program is not asynchronous where it seals and stores; it may itself run inside of a task of
//! another runtime, which must never be blocked on its own. Whoever waits gives up after a stated time.

use std::future::Future;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

/// A call without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfinished {
    /// Longer than anybody waits.
    Late,
    /// It ended without a result.
    Stopped,
}

/// The runtime on which calls run.
#[derive(Debug)]
pub(crate) struct Thread(Option<Runtime>);

impl Thread {
    /// A thread of this name.
    pub(crate) fn start(name: &str) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name(name).enable_all().build()?;
        Ok(Self(Some(runtime)))
    }

    /// Runs `call` and waits for its end, for as long as `patience`.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        patience: Duration,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Unfinished> {
        let (done, result) = mpsc::channel();
        let runtime = self.0.as_ref().ok_or(Unfinished::Stopped)?;
        runtime.spawn(async move {
            // Whoever waits no longer needs no result.
            let _ = done.send(call.await);
        });
        result.recv_timeout(patience).map_err(|error| match error {
            RecvTimeoutError::Timeout => Unfinished::Late,
            RecvTimeoutError::Disconnected => Unfinished::Stopped,
        })
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // Waiting for its end is forbidden inside of another runtime's task, and nothing is worth it.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_waited_for_and_may_be_dropped_inside_of_a_task() {
        let other = Builder::new_current_thread().build().unwrap();
        let patience = Duration::from_secs(30);
        let result = other.block_on(async {
            let thread = Thread::start("test").unwrap();
            let seven = thread.wait(patience, async {
                tokio::time::sleep(Duration::from_millis(1)).await;
                7
            });
            let stopped = thread.wait(patience, async { std::panic::resume_unwind(Box::new("stopped")) });
            let late = thread.wait(Duration::from_millis(1), std::future::pending::<()>());
            (seven.unwrap(), stopped, late)
        });
        assert_eq!(result.0, 7);
        assert!(matches!(result.1, Err(Unfinished::Stopped)));
        assert_eq!(result.2, Err(Unfinished::Late));
    }
}
