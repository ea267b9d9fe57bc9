//! From arguments to exit code. The report outlives the screens: whichever mode shows it, its exit code
//! is the program's.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};
use verify_core::finding::Code;
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
use crate::term;
use crate::trust;
use crate::words;
use crate::worker::{self, Children};
use verify_core::verify;

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
    let source = source::of(question)?;
    let meter = Meter::start();
    let evaluators = Children::new(&options.limits);
    let report = verify::verify(&source, options, &evaluators, &meter);
    meter.clear();
    Ok(report)
}

/// Shows the screens, and after them the verdict in one line.
fn screens(question: &Question) -> Result<u8, Refusal> {
    let options = options(question)?;
    reachable(&question.path)?;
    let source = source::of(question)?;
    let left = crate::screens::run(question, source.into(), options).map_err(|error| {
        Refusal::new(
            Ending::Inconclusive,
            format!("the terminal cannot show the screens: {error}"),
            format!("{} prints the same as text", headless_command(question)),
        )
    })?;
    match left {
        Left::Complete(report) if nothing_found(&report) => Err(no_evidence(&question.path, &report)),
        Left::Complete(report) => {
            let verdict = &report.verdict;
            let word = words::verdict(verdict.word);
            let line = format!("{word} (exit code {}): {}\n", verdict.exit_code, escape(&verdict.sentence));
            write_out(line.as_bytes())?;
            Ok(verdict.exit_code)
        }
        Left::Early => Err(Refusal::new(
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

/// A place that cannot be looked into is told before anything else.
pub(crate) fn reachable(path: &Path) -> Result<(), Refusal> {
    if source::is_remote(path) {
        return Ok(());
    }
    let shown = path.display();
    match std::fs::metadata(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Refusal::new(
            Ending::Inconclusive,
            format!("there is no folder or file {shown}"),
            "name the folder that holds chain/ and packages/; collector demo makes one to try",
        )),
        Err(error) => Err(Refusal::new(
            Ending::Inconclusive,
            format!("cannot look into {shown}: {error}"),
            "ask for permission to read it, or verify a copy",
        )),
    }
}

/// Nothing that is a record, and nothing that claims to be one and is broken.
pub(crate) fn nothing_found(report: &Report) -> bool {
    report.chain.is_none() && report.records.is_empty() && report.decisive().next().is_none()
}

pub(crate) fn no_evidence(path: &Path, report: &Report) -> Refusal {
    let unread = report.checks.iter().any(|check| check.code == Code::ChainEmpty && check.not_evaluated > 0);
    if unread {
        return Refusal::new(
            Ending::Inconclusive,
            format!("no evidence could be read in {}: {}", path.display(), report.verdict.sentence),
            "ask for permission to read it, or verify a copy",
        );
    }
    let strays: Vec<_> = report.findings.iter().filter(|finding| finding.code == Code::SrcStray).collect();
    let but = match strays.first().and_then(|finding| finding.place.file.as_deref()) {
        Some(_) if !path.is_dir() => ": the file is neither a package nor a manifest".to_owned(),
        Some(first) => format!(": {} there that belong to no record, e.g. {first}", files(strays.len())),
        None => String::new(),
    };
    Refusal::new(
        Ending::Inconclusive,
        format!("no evidence found in {}{but}", path.display()),
        "name the folder that holds chain/ and packages/; collector demo makes one to try",
    )
}

fn files(number: usize) -> String {
    words::counted(number as u64, "file")
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
