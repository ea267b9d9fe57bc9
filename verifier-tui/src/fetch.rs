//! `verifier fetch s3://… --out FOLDER`: evidence for a machine without a network, and a receipt for what only
//! the store can tell.
//!
//! Names of a store are hostile: one that is no plain relative path gets a name of this program's own in the
//! copy, which changes no verdict (places are never load-bearing). What cannot be read is named, and the copy is
//! not called whole.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use verify_core::digest::Digest;
use verify_core::limits::Limits;
use verify_core::source::{
    Item, ItemKind, Locks, RECEIPT_VERSION, Receipt, ReceivedObject, Source, SourceError,
};
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

/// Longest part of a path that every file system takes.
const LONGEST_PART: usize = 200;
/// Faults that are told one by one.
const MOST_TOLD: usize = 20;

/// Copies, and writes the receipt.
pub fn fetch(asked: &Fetch) -> Result<Answer, Refusal> {
    let beside = receipt_path(&asked.out);
    output::outside(&asked.out, &asked.path)?;
    output::outside(&beside, &asked.path)?;
    let limits = asked.limits.limits();
    if asked.store.lock_days.is_some() {
        return Err(Refusal::new(
            Ending::Usage,
            "--lock-days judges evidence, and fetch only copies it",
            "give it to verifier verify, with the receipt",
        ));
    }
    let stop = Stop::of_interrupts()?;
    let store = source::open(&asked.path, &asked.store, &limits, &stop)?;
    let Some(locks) = store.locks().filter(|_| source::is_remote(&asked.path)) else {
        return Err(Refusal::new(
            Ending::Usage,
            "fetch copies evidence out of a store, and PATH names a folder",
            "evidence in S3 is named like s3://BUCKET/ROOT",
        ));
    };
    let items = store.list(limits.files).map_err(|error| unreadable(&error))?;
    output::create_folder(&asked.out)?;
    let meter = Meter::start(stop);
    let copied = copy(&*store, locks, &items, &asked.out, &limits, &meter);
    meter.clear();
    let Copied { objects, bytes, faults } = copied?;
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
    output::create(&beside, &document)?;
    Ok(answer(asked, &beside, &receipt, &Digest::of(&document), bytes, &faults))
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
        let name = name_of_copy(item);
        let place = out.join(&name);
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(|error| {
                let message = format!("cannot make {}: {error}", folder.display());
                Refusal::new(
                    Ending::Internal,
                    message,
                    "the copy is not complete: take it away and try again",
                )
            })?;
        }
        output::create(&place, &bytes)?;
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

/// The name itself where it is a plain path, else one made of its digest.
fn name_of_copy(item: &Item) -> String {
    if item.exact && item.name.split('/').all(is_plain) {
        return item.name.clone();
    }
    let digest = Digest::of(item.name.as_bytes()).to_string();
    format!("renamed/{}", digest.get(..32).unwrap_or(&digest))
}

fn is_plain(part: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !part.is_empty()
        && part.len() <= LONGEST_PART
        && part.chars().all(letters)
        && part.starts_with(|c: char| c.is_ascii_alphanumeric())
        && part.ends_with(|c: char| c.is_ascii_alphanumeric())
}

fn answer(
    asked: &Fetch,
    beside: &Path,
    receipt: &Receipt,
    sha256: &Digest,
    bytes: u64,
    faults: &[String],
) -> Answer {
    let code = if faults.is_empty() { Ending::Done } else { Ending::Inconclusive }.code();
    let next = format!(
        "verifier verify {} --receipt {}",
        quoted(&asked.out.to_string_lossy()),
        quoted(&beside.to_string_lossy())
    );
    let json = json!({
        "source": receipt.source,
        "asked_utc": receipt.asked_utc,
        "folder": asked.out.to_string_lossy(),
        "objects": receipt.objects.len(),
        "bytes": bytes,
        "receipt": beside.to_string_lossy(),
        "receipt_sha256": sha256,
        "not_copied": faults,
        "next": next,
        "exit_code": code,
    });
    let mut sheet = Sheet::default();
    let objects = counted(receipt.objects.len() as u64, "object");
    let from = escape(&receipt.source);
    sheet.field("copied", &format!("{objects}, {} from {from}", counted(bytes, "byte")));
    sheet.field("to", &escape(&asked.out.to_string_lossy()));
    sheet.field("asked", &format!("{} UTC", minute(receipt.asked_utc)));
    sheet.field("receipt", &escape(&beside.to_string_lossy()));
    sheet.field("its SHA-256", &sha256.to_string());
    for fault in faults.iter().take(MOST_TOLD) {
        sheet.field("NOT COPIED", &escape(fault));
    }
    if faults.len() > MOST_TOLD {
        sheet.field("NOT COPIED", &format!("and {} more", faults.len() - MOST_TOLD));
    }
    sheet.blank();
    sheet.line("The receipt is your own word: keep it where nobody else can write. Then:");
    sheet.line(&format!("  {next}"));
    let written = Some(format!("{} and {}", asked.out.display(), beside.display()));
    Answer { text: sheet, json, code, written }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_never_leaves_its_folder() {
        let name = |name: &str| {
            let item =
                Item { name: name.to_owned(), exact: true, kind: ItemKind::File, size: 0, stamp: None };
            name_of_copy(&item)
        };
        let plain = "packages/2026/05/01/evidence-2026-05-01-0800-0000000001-0badcafe.zip";
        assert_eq!(name(plain), plain);
        for hostile in
            ["", "/", "../x", "a/../b", "/etc/x", "a//b", "a\\b", "C:x", ".x", "x.", "a b", "\u{e9}"]
        {
            let copied = name(hostile);
            assert!(copied.starts_with("renamed/") && copied.len() == 40, "{hostile}: {copied}");
        }
    }
}
