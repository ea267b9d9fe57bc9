//! `verifier drill`: from arguments to exit code.

use std::path::Path;

use verify_core::digest::Digest;
use verify_core::verify::Observer as _;

use super::arguments::Arguments;
use super::evidence::Evidence;
use super::known::Remembering;
use super::meter::Meter;
use super::run::run;
use super::{DrillReport, print};
use crate::cli::Format;
use crate::display::{escape, harmless_json};
use crate::exit::Ending;
use crate::output;
use crate::refusal::Refusal;
use crate::run::{no_evidence, nothing_found, reachable, tell_after, write_out};
use crate::stop::Stop;
use crate::worker::Children;

/// Runs the drill and tells what it showed.
pub fn drill(arguments: &Arguments) -> Result<u8, Refusal> {
    let Some(path) = arguments.path.as_deref().filter(|_| !arguments.list) else {
        write_out(print::list().as_bytes())?;
        return Ok(Ending::Done.code());
    };
    let options = arguments.options(path)?;
    reachable(path)?;
    let out = arguments.out.as_deref();
    if let Some(out) = out {
        output::outside(out, path)?;
    }
    let stop = Stop::of_interrupts()?;
    let source = crate::source::open(
        path,
        &arguments.store,
        arguments.locks.receipt.as_deref(),
        &options.limits,
        &stop,
    )?;
    let meter = Meter::start(stop);
    let children = Children::new(&options.limits);
    let evaluators = Remembering::new(&children);
    let evidence = Evidence::of(&source, &options, &evaluators, &meter);
    let evidence = evidence.map_err(|error| {
        meter.clear();
        let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
        let hint = "a drill needs the whole evidence; ask for permission to read it, or drill a copy";
        Refusal::new(Ending::Inconclusive, format!("{error}{cause}"), hint)
    })?;
    // A drill that was stopped at its very beginning is still told as one.
    if nothing_found(&evidence.report) && !meter.cancelled() {
        meter.clear();
        return Err(no_evidence(path, &evidence.report));
    }
    let report = run(&evidence, &arguments.attacks(), &evaluators, &meter);
    meter.clear();
    tell(&report, arguments.format, out)?;
    Ok(report.summary.exit_code)
}

fn tell(report: &DrillReport, format: Format, out: Option<&Path>) -> Result<(), Refusal> {
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
    output::create(out, &bytes)?;
    let shown = out.display();
    let sentence = print::verdict(report);
    let told = format!(
        "{sentence}\nreport       {}\nsha256       {}\n",
        escape(&shown.to_string()),
        Digest::of(&bytes)
    );
    tell_after(told.as_bytes(), Some(&shown.to_string()))
}
