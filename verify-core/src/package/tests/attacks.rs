//! Every known attack on a zip reader, forged byte by byte, with the exact codes it must give.
//!
//! The sample has its members at `parts[2]` (`raw/users/0001.json`), `[3]` (`snapshot.json`),
//! `[4]` (`transcript.jsonl`, empty) and `[5]` (`verify.py`); `[0]` and `[1]` are the unlisted ones.

mod members;
mod structure;

use super::forge::{Head, Part, Zip, deflate};
use super::judge;
use super::writer::honest;

/// Forges the sample with one change and judges it.
fn forged(change: impl FnOnce(&mut Zip)) -> Vec<&'static str> {
    let mut zip = honest();
    change(&mut zip);
    judge(&zip.bytes())
}

/// The sample with one change to both headers of `snapshot.json`.
fn both(change: impl Fn(&mut Head)) -> Vec<&'static str> {
    forged(|zip| zip.parts[3].both(change))
}

/// The sample with one change to the local header of `snapshot.json`.
fn local(change: impl FnOnce(&mut Head)) -> Vec<&'static str> {
    forged(|zip| change(zip.parts[3].local()))
}

/// The sample with one change to the directory entry of `snapshot.json`.
fn central(change: impl FnOnce(&mut Head)) -> Vec<&'static str> {
    forged(|zip| change(zip.parts[3].central()))
}

/// The sample with a further honest member, which the list does not name.
fn with_member(name: &[u8]) -> Vec<&'static str> {
    forged(|zip| {
        zip.push(Part::of(name, 8, b"{}", deflate(b"{}", 6)));
    })
}
