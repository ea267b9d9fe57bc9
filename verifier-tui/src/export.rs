//! `verifier export`: the report as tables that spreadsheets open, and as the JSON they were made from.
//!
//! Every cell is text out of evidence until proven otherwise: characters that hide or reorder are shown as
//! escapes, and what a spreadsheet would take for a formula gets a leading apostrophe ([`csv`]). Files are
//! made only in the folder the user named, which must be new or empty and outside of the evidence ([`folder`]).

use std::io;

use verify_core::digest::Digest;
use verify_core::report::Report;
use verify_core::verify;

use crate::cli::{Format, Question};
use crate::display::escape;
use crate::exit::Ending;
use crate::print;
use crate::progress::Meter;
use crate::refusal::Refusal;
use crate::run::{no_evidence, nothing_found, options, reachable, tell_after};
use crate::stop::Stop;
use crate::words;
use crate::worker::Children;

pub mod csv;
pub mod folder;
pub mod tables;
#[cfg(test)]
mod tests;

use folder::Place;

/// Name of the list of digests.
pub const SUMS: &str = "SHA256SUMS";

/// The files of an export: name and content, the list of their digests last.
pub fn files(report: &Report) -> Result<Vec<(&'static str, Vec<u8>)>, serde_json::Error> {
    let mut files: Vec<_> =
        tables::all(report).into_iter().map(|(name, table)| (name, table.into_bytes())).collect();
    files.push(("report.json", print::render(report, Format::Json)?));
    let sums: Vec<_> = files
        .iter()
        .map(|(name, bytes)| {
            format!(
                "{}  {name}
",
                Digest::of(bytes)
            )
        })
        .collect();
    files.push((SUMS, sums.concat().into_bytes()));
    Ok(files)
}

/// Verifies, writes the files and tells the verdict, whose exit code it ends with.
pub fn export(question: &Question, out: &std::path::Path) -> Result<u8, Refusal> {
    let options = options(question)?;
    reachable(&question.path)?;
    let place = Place::check(out, &question.path)?;
    let stop = Stop::of_interrupts()?;
    let source = crate::source::of(question, &stop)?;
    let meter = Meter::start(stop);
    let report = verify::verify(&source, &options, &Children::new(&options.limits), &meter);
    meter.clear();
    if nothing_found(&report) {
        return Err(no_evidence(&question.path, &report));
    }
    let unusable = |what: &str, error: &dyn std::error::Error| {
        let message = format!("{what}: {error}");
        Refusal::new(Ending::Internal, message, "an incomplete export is no report; name another folder")
    };
    let files = files(&report).map_err(|error| unusable("the report cannot be written as JSON", &error))?;
    let write = || -> io::Result<()> {
        let folder = place.open()?;
        files.iter().try_for_each(|(name, bytes)| folder.create(name, bytes))
    };
    write().map_err(|error| unusable(&format!("the export to {} failed", out.display()), &error))?;
    let verdict = &report.verdict;
    let told = format!(
        "{} (exit code {}): {}\n{} in {}, listed in {SUMS}\n",
        words::verdict(verdict.word),
        verdict.exit_code,
        escape(&verdict.sentence),
        words::counted(files.len() as u64, "file"),
        escape(&out.to_string_lossy())
    );
    tell_after(told.as_bytes(), Some(&out.to_string_lossy()))?;
    Ok(verdict.exit_code)
}
