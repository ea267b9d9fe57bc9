//! From arguments to exit code. The report outlives the screens: whichever mode shows it, its exit code
//! is the program's.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};
use verify_core::report::Report;

use crate::checkpoint::{self, Answer};
use crate::cli::{Cli, Command, ExportFormat, Format, Question, Trust, headless_command};
use crate::display::escape;
use crate::exit::Ending;
use crate::print;
use crate::progress::Meter;
use crate::prove;
use crate::refusal::Refusal;
use crate::screens::Left;
use crate::source;
use crate::stop::Stop;
use crate::term;
use crate::trust;
use crate::words;
use crate::worker::{self, Children};
use verify_core::verify;

mod absent;

pub(crate) use absent::{no_evidence, nothing_found, reachable};

/// Runs the program. Never ends with a panic's own exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    term::install_panic_hook();
    match catch_unwind(AssertUnwindSafe(|| dispatch(arguments))) {
        // A panic on another thread may have cost a part of the answer: no verdict then.
        Ok(Ok(_)) if term::panicked() => Ending::Internal.into(),
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(refusal)) => {
            // A closed standard error leaves nobody to tell; the exit code still says it.
            let _told = refusal.tell(&mut io::stderr().lock());
            refusal.ending.into()
        }
        Err(_panic) => Ending::Internal.into(),
    }
}

fn dispatch(arguments: impl IntoIterator<Item = OsString>) -> Result<u8, Refusal> {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return refused_arguments(&error),
    };
    let place = cli.place().map(|(path, store)| (path.to_owned(), store.clone()));
    let code = carry_out(cli)?;
    if let Some((path, store)) = place
        && code != Ending::Inconclusive.code()
    {
        source::forget(&path, &store);
    }
    Ok(code)
}

fn carry_out(cli: Cli) -> Result<u8, Refusal> {
    match (cli.command, cli.question) {
        (Some(Command::Verify { format, question }), _) => headless(&question, format),
        (Some(Command::Drill(arguments)), _) => crate::drill::command::drill(&arguments),
        (Some(Command::Export { out, format: ExportFormat::Csv, question }), _) => {
            crate::export::export(&question, &out)
        }
        (Some(Command::Checkpoint(command)), _) => {
            let (answer, format) = checkpoint::run(&command)?;
            tell(answer, format)
        }
        (Some(Command::Prove(asked)), _) => tell(prove::prove(&asked)?, asked.format),
        (Some(Command::Fetch(asked)), _) => tell(crate::fetch::fetch(&asked)?, asked.format),
        (Some(Command::Cache(command)), _) => source::cache(&command),
        (Some(Command::Completions { shell }), _) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "verifier", &mut script);
            write_out(&script)?;
            Ok(Ending::Done.code())
        }
        (Some(Command::ReplayWorker { memory }), _) => worker::replay::run(memory),
        (None, Some(question)) if screens_possible() => screens(&question),
        (None, Some(question)) => headless(&question, Format::Text),
        (None, None) => Err(nothing_named()),
    }
}

fn nothing_named() -> Refusal {
    Refusal::new(
        Ending::Usage,
        "nothing to verify was named",
        "verifier PATH browses a folder of evidence or s3://BUCKET/ROOT, verifier verify PATH prints the answer; --help shows examples",
    )
}

fn screens_possible() -> bool {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdout().is_terminal() && !dumb
}

/// Whether all that is missing is what to verify.
fn lacks_only_the_path(error: &clap::Error) -> bool {
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(missing)) => missing.iter().all(|name| name == "<PATH>"),
        _ => true,
    }
}

/// Help and version are answers; everything else is one message. What the user typed is escaped, too.
fn refused_arguments(error: &clap::Error) -> Result<u8, Refusal> {
    // Without styles the only escape sequences in here are those that were typed. The plain form would
    // drop them unseen.
    let text = error.render().ansi().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            write_out(text.as_bytes())?;
            Ok(Ending::Done.code())
        }
        ErrorKind::MissingRequiredArgument if lacks_only_the_path(error) => Err(nothing_named()),
        _ => {
            let mut lines = text
                .lines()
                .map(str::trim)
                .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
            let message: Vec<_> = lines.by_ref().filter(|line| !line.is_empty()).collect();
            let message = message.join(" ");
            let message = message.strip_prefix("error: ").unwrap_or(&message);
            Err(Refusal::new(
                Ending::Usage,
                message,
                "verifier --help and verifier verify --help show examples",
            ))
        }
    }
}

fn tell(answer: Answer, format: Format) -> Result<u8, Refusal> {
    let (code, written) = (answer.code, answer.written.clone());
    tell_after(&answer.into_bytes(format), written.as_deref())?;
    Ok(code)
}

/// Verifies and prints.
fn headless(question: &Question, format: Format) -> Result<u8, Refusal> {
    let report = match format {
        Format::Text => judged(question)?,
        Format::Json => verified(question, &options(question)?)?,
    };
    let bytes = print::render(&report, format).map_err(|error| {
        Refusal::new(Ending::Internal, format!("the report cannot be written as JSON: {error}"), "")
    })?;
    write_out(&bytes)?;
    Ok(report.verdict.exit_code)
}

/// Verifies; a place without any evidence is refused.
pub(crate) fn judged(question: &Question) -> Result<Report, Refusal> {
    let options = options(question)?;
    reachable(&question.path)?;
    let report = verified(question, &options)?;
    if nothing_found(&report) { Err(no_evidence(&question.path, &report)) } else { Ok(report) }
}

fn verified(question: &Question, options: &verify::Options) -> Result<Report, Refusal> {
    let stop = Stop::of_interrupts()?;
    let source = source::of(question, &stop)?;
    let meter = Meter::start(stop);
    let evaluators = Children::new(&options.limits);
    let report = verify::verify(&source, options, &evaluators, &meter);
    meter.clear();
    Ok(report)
}

/// Shows the screens, and after them the verdict in one line.
fn screens(question: &Question) -> Result<u8, Refusal> {
    let options = options(question)?;
    reachable(&question.path)?;
    let stop = Stop::default();
    let source = source::of(question, &stop)?;
    let left = crate::screens::run(question, source.into(), options, &stop).map_err(|error| {
        Refusal::new(
            Ending::Inconclusive,
            format!("the terminal cannot show the screens: {error}"),
            format!("{} prints the same as text", headless_command(question)),
        )
    })?;
    match left {
        Left::Complete(report) if nothing_found(&report) => Err(no_evidence(&question.path, &report)),
        Left::Complete(report) => {
            write_out(verdict_line(&report).as_bytes())?;
            Ok(report.verdict.exit_code)
        }
        Left::Stopped(report) if !report.records.is_empty() => {
            let verified = report.records.len() as u64;
            let records = report.chain.as_ref().map_or(verified, |chain| chain.records);
            let so_far = format!(
                "{verified} of {} verified until then, with {}\n",
                words::counted(records, "record"),
                words::counted(report.findings.len() as u64, "finding")
            );
            write_out((verdict_line(&report) + &so_far).as_bytes())?;
            Ok(report.verdict.exit_code)
        }
        Left::Stopped(_) | Left::Early => Err(Refusal::new(
            Ending::Inconclusive,
            "left before the verification was complete: there is no verdict",
            format!("{} verifies without screens", headless_command(question)),
        )),
        Left::Signalled(signal) => {
            // Whoever sent it sees the program end by it, as it would have without screens.
            crate::term::end_by(signal);
            let message = format!("signal {signal} ended the screens: there is no verdict");
            Err(Refusal::new(Ending::Inconclusive, message, ""))
        }
        Left::Crashed => Err(Refusal::new(
            Ending::Internal,
            "internal error: the verification broke off, there is no verdict",
            "this is a defect of the verifier, not a statement about the evidence",
        )),
    }
}

/// The verdict after the screens.
fn verdict_line(report: &Report) -> String {
    let verdict = &report.verdict;
    let word = words::verdict(verdict.word);
    format!("{word} (exit code {}): {}\n", verdict.exit_code, escape(&verdict.sentence))
}

pub(crate) fn options(question: &Question) -> Result<verify::Options, Refusal> {
    let options = question.options()?;
    question.trust.refuse_silence(&options)?;
    trusting(options, &question.trust, &question.path)
}

/// The same options with what the reader brought from outside of the evidence at `evidence`.
pub(crate) fn trusting(
    options: verify::Options,
    trust: &Trust,
    evidence: &Path,
) -> Result<verify::Options, Refusal> {
    let given = trust::load(trust, evidence)?;
    Ok(verify::Options {
        keys: given.keys,
        anchors: given.anchors,
        pins: given.pins,
        witnesses: given.witnesses,
        quorum: given.quorum,
        authorities: given.authorities,
        time_lag_seconds: given.time_lag_seconds,
        required: given.required,
        ..options
    })
}

/// As [`write_out`], after files were written: if nobody can read the answer, it is still said that they are there.
pub(crate) fn tell_after(bytes: &[u8], written: Option<&str>) -> Result<(), Refusal> {
    write_out(bytes).map_err(|refusal| match written {
        Some(files) => {
            Refusal { message: format!("{}; written before: {files}", refusal.message), ..refusal }
        }
        None => refusal,
    })
}

/// Data goes to standard output. A reader that went away changes nothing about the verdict; a full disk
/// does, because an answer nobody can read must not look like one.
pub(crate) fn write_out(bytes: &[u8]) -> Result<(), Refusal> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Refusal::new(
            Ending::Internal,
            format!("the answer cannot be written to standard output: {error}"),
            "free some space or write elsewhere",
        )),
        _ => Ok(()),
    }
}
