//! `verifier fetch s3://… --out FOLDER`: evidence for a machine without a network, and a receipt for what only
//! the store can tell.
//!
//! Names of a store are hostile: one that is no plain relative path gets a name of this program's own in the
//! copy, which changes no verdict (places are never load-bearing). What cannot be read is named, and a copy that is
//! not whole gets no receipt: what it lacks would look like what the evidence lacks.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use verify_core::digest::Digest;
use verify_core::limits::Limits;
use verify_core::source::{
    Item, ItemKind, Locks, RECEIPT_VERSION, Receipt, ReceivedObject, Source, SourceError,
};
use verify_core::time::UtcTime;
use verify_core::verify::{Observer as _, Progress};

use crate::checkpoint::Answer;
use crate::cli::{Fetch, TOOL, quoted};
use crate::display::escape;
use crate::exit::Ending;
use crate::output;
use crate::print::Sheet;
use crate::progress::Meter;
use crate::refusal::Refusal;
use crate::source;
use crate::stop::Stop;
use crate::words::{counted, minute};

mod names;

use names::Names;

/// Faults that are told one by one.
const MOST_TOLD: usize = 20;

/// Copies, and writes the receipt.
pub fn fetch(asked: &Fetch) -> Result<Answer, Refusal> {
    let out = new_folder(&asked.out)?;
    let beside = receipt_path(&out);
    output::outside(&out, &asked.path)?;
    output::outside(&beside, &asked.path)?;
    let limits = asked.limits.limits();
    let stop = Stop::of_interrupts()?;
    let store = source::open(&asked.path, &asked.store, None, &limits, &stop)?;
    let Some(locks) = store.locks().filter(|_| source::is_remote(&asked.path)) else {
        return Err(Refusal::new(
            Ending::Usage,
            "fetch copies evidence out of a store, and PATH names a folder",
            "evidence in S3 is named like s3://BUCKET/ROOT",
        ));
    };
    let items = store.list(limits.files).map_err(|error| unreadable(&error))?;
    output::create_folder(&out).map_err(incomplete)?;
    let meter = Meter::start(stop);
    let copied = copy(&*store, locks, &items, &out, &limits, &meter);
    meter.clear();
    let Copied { objects, bytes, faults, .. } = copied?;
    if !faults.is_empty() {
        let from = (store.describe(), locks.asked_utc());
        return Ok(broken_off(&from, &out, objects.len() as u64, bytes, &faults));
    }
    let receipt = Receipt {
        receipt_version: RECEIPT_VERSION.to_owned(),
        tool: TOOL.to_owned(),
        source: store.describe(),
        asked_utc: locks.asked_utc(),
        objects,
        emptied: locks.emptied(),
    };
    let document = receipt.to_json().map_err(|error| {
        Refusal::new(Ending::Internal, format!("the receipt cannot be written as JSON: {error}"), "")
    })?;
    output::create(&beside, &document).map_err(incomplete)?;
    Ok(answer(&out, &beside, &receipt, &Digest::of(&document), bytes))
}

/// The folder to write, without a slash behind it.
fn new_folder(asked: &Path) -> Result<PathBuf, Refusal> {
    if asked.file_name().is_none() {
        let message = format!("--out {} names no new folder", asked.display());
        return Err(Refusal::new(Ending::Usage, message, "name one that does not exist, like --out q2"));
    }
    Ok(asked.components().collect())
}

/// What this machine would not store is no defect of the program.
fn incomplete(refusal: Refusal) -> Refusal {
    let hint = "the copy is not whole and has no receipt: take it away, make room or choose another place, and fetch again";
    Refusal { ending: Ending::Inconclusive, hint: hint.to_owned(), ..refusal }
}

/// `FOLDER.receipt.json`.
fn receipt_path(out: &Path) -> PathBuf {
    let mut name = OsString::from(out.as_os_str());
    name.push(".receipt.json");
    name.into()
}

fn unreadable(error: &SourceError) -> Refusal {
    Refusal::new(Ending::Inconclusive, told(error), "ask for permission to list and get")
}

fn told(error: &SourceError) -> String {
    let cause = std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
    format!("{error}{cause}")
}

/// What was copied.
#[derive(Default)]
struct Copied {
    objects: Vec<ReceivedObject>,
    bytes: u64,
    faults: Vec<String>,
    names: Names,
}

fn copy(
    store: &dyn Source,
    locks: &dyn Locks,
    items: &[Item],
    out: &Path,
    limits: &Limits,
    meter: &Meter,
) -> Result<Copied, Refusal> {
    let mut copied = Copied::default();
    for item in items {
        let (done, total) = (copied.objects.len() as u64, items.len() as u64);
        meter.progress(Progress { stage: "copying", done, total, bytes: copied.bytes });
        if meter.cancelled() {
            copied.faults.push(format!("{} and what follows it: copying was stopped", item.name));
            break;
        }
        if item.kind != ItemKind::File {
            copied.faults.push(format!("{} is no object", item.name));
            continue;
        }
        let bytes = match store.read(item, limits.package_bytes) {
            Ok(bytes) => bytes,
            Err(error) => {
                copied.faults.push(told(&error));
                continue;
            }
        };
        let name = copied.names.of_copy(item);
        let place = out.join(&name);
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(|error| {
                let message = format!("cannot make {}: {error}", folder.display());
                incomplete(Refusal::new(Ending::Inconclusive, message, ""))
            })?;
        }
        output::create(&place, &bytes).map_err(incomplete)?;
        copied.bytes += bytes.len() as u64;
        copied.objects.push(ReceivedObject {
            name: item.name.clone(),
            copied_as: name,
            size: bytes.len() as u64,
            sha256: Digest::of(&bytes),
            locks: locks.of(item),
        });
    }
    Ok(copied)
}

/// The answer where something was not copied.
fn broken_off(
    (from, asked_utc): &(String, UtcTime),
    out: &Path,
    objects: u64,
    bytes: u64,
    faults: &[String],
) -> Answer {
    let code = Ending::Inconclusive.code();
    let json = json!({
        "source": from,
        "asked_utc": asked_utc,
        "folder": out.to_string_lossy(),
        "objects": objects,
        "bytes": bytes,
        "receipt": null,
        "receipt_sha256": null,
        "not_copied": faults,
        "next": null,
        "exit_code": code,
    });
    let mut sheet = Sheet::default();
    let copied = format!("{}, {} from {}", counted(objects, "object"), counted(bytes, "byte"), escape(from));
    sheet.field("copied", &copied);
    sheet.field("to", &escape(&out.to_string_lossy()));
    sheet.field("receipt", "none: the copy is not whole");
    for fault in faults.iter().take(MOST_TOLD) {
        sheet.field("NOT COPIED", &escape(fault));
    }
    if faults.len() > MOST_TOLD {
        sheet.field("NOT COPIED", &format!("and {} more", faults.len() - MOST_TOLD));
    }
    sheet.blank();
    sheet.line("Do not verify this copy: what was not copied would look like missing evidence.");
    sheet.line("Take it away, and fetch again into a new folder once everything can be read.");
    Answer { text: sheet, json, code, written: Some(out.display().to_string()) }
}

fn answer(out: &Path, beside: &Path, receipt: &Receipt, sha256: &Digest, bytes: u64) -> Answer {
    let code = Ending::Done.code();
    let (folder, kept) = (out.to_string_lossy(), beside.to_string_lossy());
    let next = format!("verifier verify {} --receipt {}", quoted(&folder), quoted(&kept));
    let json = json!({
        "source": receipt.source,
        "asked_utc": receipt.asked_utc,
        "folder": folder,
        "objects": receipt.objects.len(),
        "bytes": bytes,
        "receipt": kept,
        "receipt_sha256": sha256,
        "not_copied": [],
        "next": next,
        "exit_code": code,
    });
    let mut sheet = Sheet::default();
    let objects = counted(receipt.objects.len() as u64, "object");
    let from = escape(&receipt.source);
    sheet.field("copied", &format!("{objects}, {} from {from}", counted(bytes, "byte")));
    sheet.field("to", &escape(&folder));
    sheet.field("asked", &format!("{} UTC", minute(receipt.asked_utc)));
    sheet.field("receipt", &escape(&kept));
    sheet.field("its SHA-256", &sha256.to_string());
    sheet.blank();
    sheet.line("The receipt is your own word: keep it where nobody else can write. Then:");
    sheet.line(&format!("  {next}"));
    let written = Some(format!("{} and {}", out.display(), beside.display()));
    Answer { text: sheet, json, code, written }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_named_without_a_slash_behind_it() {
        assert_eq!(receipt_path(&new_folder(Path::new("x/q5/")).unwrap()), Path::new("x/q5.receipt.json"));
        for none in [".", "/", "..", "x/.."] {
            let refusal = new_folder(Path::new(none)).unwrap_err();
            assert!(refusal.ending == Ending::Usage && refusal.message.contains("names no new folder"));
        }
    }
}
