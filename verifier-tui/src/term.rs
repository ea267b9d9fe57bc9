//! The terminal: owned while screens are shown, given back however the program ends.
//!
//! A guard restores it on the ordinary way out, and a panic hook on the other. Both write only
//! this program's own sequences; the text of a panic is escaped, since it may quote evidence.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(unix)]
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use crate::display::escape;

/// The terminal as the screens use it.
pub type Screens = Terminal<CrosstermBackend<io::Stdout>>;

static TAKEN: AtomicBool = AtomicBool::new(false);
static PANICKED: AtomicBool = AtomicBool::new(false);

/// Holds the terminal; dropping it gives it back.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal.
    pub fn take() -> io::Result<(Self, Screens)> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let guard = Self(());
        execute!(io::stdout(), EnterAlternateScreen)?;
        Ok((guard, Terminal::new(CrosstermBackend::new(io::stdout()))?))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // Nothing more can be done for a terminal that refuses.
        let _restored = disable_raw_mode();
        let _restored = execute!(io::stdout(), LeaveAlternateScreen, Show);
    }
}

/// Signals by which other processes ask this one to end.
#[cfg(unix)]
const ENDING: [i32; 4] = [
    signal_hook::consts::SIGTERM,
    signal_hook::consts::SIGHUP,
    signal_hook::consts::SIGINT,
    signal_hook::consts::SIGQUIT,
];

/// Tells whether another process asked this one to end.
#[derive(Debug, Default)]
pub struct Ended(std::sync::Arc<std::sync::atomic::AtomicUsize>);

impl Ended {
    /// The signal, once there was one.
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        i32::try_from(self.0.load(Ordering::Relaxed)).ok().filter(|signal| *signal != 0)
    }
}

/// From here on the signals that usually end a process only say so: it must give the terminal back first.
pub fn listen_for_the_end() -> io::Result<Ended> {
    let ended = Ended::default();
    #[cfg(unix)]
    for signal in ENDING {
        let value = usize::try_from(signal).unwrap_or_default();
        signal_hook::flag::register_usize(signal, std::sync::Arc::clone(&ended.0), value)?;
    }
    Ok(ended)
}

/// How long the loop of the screens has to end by itself.
#[cfg(unix)]
const GRACE: Duration = Duration::from_secs(1);
/// How often it is looked whether somebody asked.
#[cfg(unix)]
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// From here on a closed terminal ends this process, and so does a signal that the loop of the screens did not act on:
/// a read from a terminal that is gone never returns, and its reader would take a processor until the machine is halted.
#[cfg(unix)]
pub fn end_with_the_terminal(ended: &Ended) -> io::Result<()> {
    let ended = Ended(std::sync::Arc::clone(&ended.0));
    std::thread::Builder::new().name("end".to_owned()).spawn(move || {
        let signal = loop {
            if let Some(signal) = ended.signal() {
                break signal;
            }
            if is_closed() {
                break signal_hook::consts::SIGHUP;
            }
            std::thread::sleep(BETWEEN_LOOKS);
        };
        std::thread::sleep(GRACE);
        give_back();
        end_by(signal);
    })?;
    Ok(())
}

/// Elsewhere a closed terminal ends its processes.
#[cfg(not(unix))]
pub fn end_with_the_terminal(_: &Ended) -> io::Result<()> {
    Ok(())
}

/// Whether the other side of the terminal is gone.
#[cfg(unix)]
fn is_closed() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let out = io::stdout();
    let mut asked = [PollFd::new(&out, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut asked, Some(&at_once)).is_ok() && asked.iter().any(|out| out.revents().contains(PollFlags::HUP))
}

/// Ends this process as the signal does that nobody listens for. Returns only where that is not possible.
pub fn end_by(signal: i32) {
    #[cfg(unix)]
    let _refused = signal_hook::low_level::emulate_default_handler(signal);
    #[cfg(not(unix))]
    let _ = signal;
}

/// From here on a panic restores the terminal first and is told in one escaped line.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        PANICKED.store(true, Ordering::SeqCst);
        give_back();
        let payload = panic.payload();
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
        let _told = writeln!(
            io::stderr(),
            "error: internal error{}: {}\n\nhint: this is a defect of the verifier, not a statement about the evidence",
            escape(&place),
            escape(message)
        );
    }));
}

/// Whether any thread of this program has panicked since [`install_panic_hook`].
#[must_use]
pub fn panicked() -> bool {
    PANICKED.load(Ordering::SeqCst)
}
