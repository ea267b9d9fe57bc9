//! The `collector` program: arguments in, exit code out. Everything else is the library's.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use collector::cli::Cli;
use collector::command;

fn main() -> ExitCode {
    // Before anything is read: a crash must not write secrets to a disk.
    collector::process::forbid_images();
    let cli = Cli::parse();
    let mut out = UntilClosed(io::stdout().lock());
    let result = command::run(cli, &mut out);
    let flushed = out.flush();
    match result {
        Ok(ending) if flushed.is_ok() => ending.into(),
        Ok(_) => collector::exit::Ending::Internal.into(),
        Err(error) => {
            // A closed standard error leaves nobody to tell; the exit code still says it.
            let _told = error.tell(&mut io::stderr().lock());
            error.ending.into()
        }
    }
}

/// Standard output until its reader goes away, as `collector demo | head` does; from then on nothing is
/// written, and the work and its exit code stay what they are.
struct UntilClosed<W>(W);

impl<W: Write> Write for UntilClosed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            result => result,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }
}
