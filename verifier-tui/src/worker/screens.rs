//! Verification and inspection for the screens, on threads of their own. They only send messages.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;

use verify_core::report::RecordSummary;
use verify_core::source::Source;
use verify_core::verify::{self, Observer, Options, Progress};

use super::Children;
use crate::app::Message;
use crate::stop::Stop;

/// The threads behind the screens.
pub struct Threads {
    evidence: Arc<dyn Source>,
    options: Options,
    sender: Sender<Message>,
    stop: Stop,
}

/// Passes on what the verification tells.
struct Relay {
    sender: Sender<Message>,
    stop: Stop,
}

impl Observer for Relay {
    fn progress(&self, progress: Progress) {
        // The screens may be gone already; the verification is told by `stop`.
        let _sent = self.sender.send(Message::Progress(progress));
    }

    fn record(&self, record: &RecordSummary) {
        let _sent = self.sender.send(Message::Record(Box::new(record.clone())));
    }

    fn cancelled(&self) -> bool {
        self.stop.is_asked()
    }
}

impl Threads {
    /// Starts the verification; `stop` ends it.
    pub fn start(
        evidence: Arc<dyn Source>,
        options: Options,
        stop: Stop,
        sender: Sender<Message>,
    ) -> std::io::Result<Self> {
        let threads = Self { evidence, options, sender, stop: stop.clone() };
        let relay = Relay { sender: threads.sender.clone(), stop };
        let (source, options) = (Arc::clone(&threads.evidence), threads.options.clone());
        thread::Builder::new().name("verify".to_owned()).spawn(move || {
            let work = || verify::verify(&*source, &options, &Children::new(&options.limits), &relay);
            let message = match std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
                Ok(_) if crate::term::panicked() => Message::Crashed,
                Ok(report) => Message::Done(Box::new(report)),
                Err(_panic) => Message::Crashed,
            };
            let _sent = relay.sender.send(message);
        })?;
        Ok(threads)
    }

    /// Recomputes the members of one package.
    pub fn inspect(&self, package: String) -> std::io::Result<()> {
        let (source, limits, sender) = (Arc::clone(&self.evidence), self.options.limits, self.sender.clone());
        thread::Builder::new().name("inspect".to_owned()).spawn(move || {
            let result = verify::inspect(&*source, &package, &limits).map_err(|error| chain(&error));
            let _sent = sender.send(Message::Inspected { package, result });
        })?;
        Ok(())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.stop.ask();
    }
}

/// An error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
