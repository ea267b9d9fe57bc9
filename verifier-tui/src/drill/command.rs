//! `verifier drill`: from arguments to exit code.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use verify_core::digest::Digest;
use verify_core::source::Folder;

use super::arguments::Arguments;
use super::evidence::Evidence;
use super::known::Remembering;
use super::meter::Meter;
use super::run::run;
use super::{DrillReport, print};
use crate::cli::Format;
use crate::display::{escape, harmless_json};
use crate::exit::Ending;
use crate::refusal::Refusal;
use crate::run::{no_evidence, nothing_found, reachable, write_out};
use crate::worker::Children;

/// Runs the drill and tells what it showed.
pub fn drill(arguments: &Arguments) -> Result<u8, Refusal> {
    let Some(path) = arguments.path.as_deref().filter(|_| !arguments.list) else {
        write_out(print::list().as_bytes())?;
        return Ok(Ending::Done.code());
    };
    let options = arguments.options()?;
    reachable(path)?;
    let out = arguments.out.as_deref().map(|out| new_file(out, path)).transpose()?;
    let meter = Meter::start().map_err(|error| {
        Refusal::new(Ending::Internal, format!("interrupts cannot be listened for: {error}"), "")
    })?;
    let children = Children::new(&options.limits);
    let evaluators = Remembering::new(&children);
    let evidence = Evidence::of(&Folder::new(path), &options, &evaluators, &meter);
    let evidence = evidence.map_err(|error| {
        meter.clear();
        let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
        let hint = "a drill needs the whole evidence; ask for permission to read it, or drill a copy";
        Refusal::new(Ending::Inconclusive, format!("{error}{cause}"), hint)
    })?;
    if nothing_found(&evidence.report) {
        meter.clear();
        return Err(no_evidence(path, &evidence.report));
    }
    let report = run(&evidence, &arguments.attacks(), &evaluators, &meter);
    meter.clear();
    tell(&report, arguments.format, out)?;
    Ok(report.summary.exit_code)
}

/// A place for a file that is not there yet, and not inside of the evidence.
fn new_file(out: &Path, evidence: &Path) -> Result<PathBuf, Refusal> {
    let shown = out.display();
    let refused = |why: &str| {
        Refusal::new(Ending::Usage, format!("{shown} {why}"), "name a new file outside of the evidence")
    };
    if fs::symlink_metadata(out).is_ok() {
        return Err(refused("is there already"));
    }
    let folder = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let folder = folder.canonicalize().map_err(|error| refused(&format!("cannot be created: {error}")))?;
    let inside = evidence.canonicalize().is_ok_and(|evidence| folder.starts_with(evidence));
    if inside { Err(refused("lies inside of the evidence")) } else { Ok(out.to_owned()) }
}

fn tell(report: &DrillReport, format: Format, out: Option<PathBuf>) -> Result<(), Refusal> {
    let bytes = match format {
        Format::Text => print::text(report).into_bytes(),
        Format::Json => {
            let json = report.to_json().map_err(|error| {
                Refusal::new(Ending::Internal, format!("the report cannot be written as JSON: {error}"), "")
            })?;
            let mut json = harmless_json(&String::from_utf8_lossy(&json)).into_owned();
            json.push('\n');
            json.into_bytes()
        }
    };
    let Some(out) = out else { return write_out(&bytes) };
    let written = OpenOptions::new().write(true).create_new(true).open(&out).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()
    });
    let shown = out.display();
    written.map_err(|error| {
        let message = format!("the report cannot be written to {shown}: {error}");
        Refusal::new(Ending::Internal, message, "name another file; an incomplete one is no report")
    })?;
    let sentence = print::verdict(report);
    let told = format!(
        "{sentence}\nreport       {}\nsha256       {}\n",
        escape(&shown.to_string()),
        Digest::of(&bytes)
    );
    write_out(told.as_bytes())
}
