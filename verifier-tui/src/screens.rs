//! The loop of the screens: messages in, frames out. The report outlives it.

use std::io;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event};
use verify_core::report::Report;
use verify_core::source::Source;

use crate::app::{Command, Message, Model, Phase, update};
use crate::cli::{Question, headless_command};
use crate::stop::Stop;
use crate::term::{self, Guard};
use crate::ui::{self, Theme};
use crate::worker::screens::Threads;

/// How long a key may wait while nothing happens.
const PATIENCE: Duration = Duration::from_millis(40);

/// How long a verification that is to stop may take to say what it knows.
const GRACE: Duration = Duration::from_millis(800);

/// How it ended.
#[derive(Debug)]
pub enum Left {
    /// With a report.
    Complete(Box<Report>),
    /// Before the verification was complete, with what was known until then.
    Stopped(Box<Report>),
    /// Before the verification was complete, without a word from it.
    Early,
    /// A thread broke.
    Crashed,
    /// Another process ended it with this signal.
    Signalled(i32),
}

/// Shows the screens until the user leaves.
pub fn run(
    question: &Question,
    evidence: std::sync::Arc<dyn Source>,
    options: verify_core::verify::Options,
    stop: &Stop,
) -> io::Result<Left> {
    let theme = Theme::from_no_color(std::env::var_os("NO_COLOR").as_deref());
    let ended = term::listen_for_the_end()?;
    term::end_with_the_terminal(&ended)?;
    let (guard, mut terminal) = Guard::take()?;
    let size = terminal.size()?;
    let source = question.path.to_string_lossy().into_owned();
    let mut model = Model::new(source, headless_command(question), (size.width, size.height));
    let (sender, receiver) = mpsc::channel();
    let threads = Threads::start(evidence, options, stop.clone(), sender)?;
    let mut changed = true;
    loop {
        if changed {
            terminal.draw(|frame| ui::render(&model, theme, frame))?;
        }
        let mut messages: Vec<Message> = Vec::new();
        let mut patience = PATIENCE;
        while event::poll(patience)? {
            messages.extend(message_of(&event::read()?));
            // Everything that waits is taken before the next frame.
            patience = Duration::ZERO;
        }
        if let Some(signal) = ended.signal() {
            drop(guard);
            return Ok(Left::Signalled(signal));
        }
        messages.extend(receiver.try_iter());
        changed = !messages.is_empty();
        for message in messages {
            match update(&mut model, message) {
                Some(Command::Inspect(package)) => threads.inspect(package)?,
                Some(Command::Quit) => {
                    let left = left(model, stop, &receiver);
                    drop(guard);
                    return Ok(left);
                }
                None => {}
            }
        }
    }
}

fn left(model: Model, stop: &Stop, receiver: &Receiver<Message>) -> Left {
    match (model.phase, model.report) {
        (Phase::Crashed, _) => Left::Crashed,
        (_, Some(report)) => Left::Complete(report),
        (_, None) => {
            stop.ask();
            known_until_now(receiver)
        }
    }
}

/// What a verification that was asked to stop has to say.
fn known_until_now(receiver: &Receiver<Message>) -> Left {
    let deadline = Instant::now() + GRACE;
    loop {
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Message::Done(report)) => return Left::Stopped(report),
            Ok(Message::Crashed) => return Left::Crashed,
            Ok(_) => {}
            Err(_) => return Left::Early,
        }
    }
}

fn message_of(event: &Event) -> Option<Message> {
    match event {
        Event::Key(key) => Some(Message::Key(*key)),
        Event::Resize(columns, rows) => Some(Message::Resize(*columns, *rows)),
        _ => None,
    }
}
