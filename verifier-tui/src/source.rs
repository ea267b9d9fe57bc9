//! From the PATH argument to a source: a folder, a package, or a place in S3; with a receipt, if one is given.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use verify_core::limits::Limits;
use verify_core::source::{Folder, RECEIPT_BYTES, Receipt, Received, Source};

use crate::cli::{Question, StoreOptions};
use crate::exit::Ending;
use crate::refusal::Refusal;

/// Whether a path means a store that is reached over the network.
pub(crate) fn is_remote(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.starts_with("s3://"))
}

/// Opens what the question is about.
pub(crate) fn of(question: &Question) -> Result<Box<dyn Source>, Refusal> {
    open(&question.path, &question.store, &question.limits.limits())
}

/// Opens the evidence at `path`. Of a folder nothing is looked at yet; no socket is opened for it.
pub(crate) fn open(path: &Path, store: &StoreOptions, limits: &Limits) -> Result<Box<dyn Source>, Refusal> {
    if !is_remote(path) {
        refuse_store_options(store)?;
        let folder = Folder::new(path);
        return Ok(match &store.receipt {
            None => Box::new(folder),
            Some(file) => Box::new(Received::new(folder, receipt(file)?)),
        });
    }
    if store.receipt.is_some() {
        let message = "--receipt is for a copy of evidence: a store is asked for its locks itself";
        return Err(Refusal::new(Ending::Usage, message, "leave it out, or name the folder with the copy"));
    }
    remote(path, store, limits)
}

fn refuse_store_options(store: &StoreOptions) -> Result<(), Refusal> {
    match store.given_for_a_store() {
        None => Ok(()),
        Some(option) => Err(Refusal::new(
            Ending::Usage,
            format!("--{option} is about a store, and PATH names a folder"),
            "evidence in S3 is named like s3://BUCKET/ROOT",
        )),
    }
}

#[cfg(feature = "s3")]
fn remote(path: &Path, store: &StoreOptions, limits: &Limits) -> Result<Box<dyn Source>, Refusal> {
    use crate::s3::{OpenError, S3Place, S3Source};
    let usage = |message: String| Refusal::new(Ending::Usage, message, "name it like s3://BUCKET/ROOT");
    let place: S3Place = path
        .to_string_lossy()
        .parse()
        .map_err(|error| usage(format!("{} is no place in S3: {error}", path.display())))?;
    let source = S3Source::open(place, store, limits).map_err(|error| match &error {
        OpenError::Region => Refusal::new(Ending::Usage, error.to_string(), "give --region"),
        OpenError::PlainHttp => Refusal::new(Ending::Usage, error.to_string(), "name an https address"),
        OpenError::Thread(cause) => Refusal::new(Ending::Internal, format!("{error}: {cause}"), ""),
    })?;
    Ok(Box::new(source))
}

#[cfg(not(feature = "s3"))]
fn remote(path: &Path, _: &StoreOptions, _: &Limits) -> Result<Box<dyn Source>, Refusal> {
    Err(Refusal::new(
        Ending::Usage,
        format!("{} cannot be read: this verifier was built without network code", path.display()),
        "copy the evidence into a folder, or use a build with the feature s3",
    ))
}

fn receipt(file: &Path) -> Result<Receipt, Refusal> {
    let shown = file.display();
    let refused = |why: String| {
        Refusal::new(Ending::Usage, format!("--receipt {shown}: {why}"), "verifier fetch writes receipts")
    };
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(RECEIPT_BYTES + 1).read_to_end(&mut bytes));
    let read = read.map_err(|error| refused(format!("cannot be read: {error}")))?;
    if read as u64 > RECEIPT_BYTES {
        return Err(refused(format!("more than {RECEIPT_BYTES} bytes, a receipt is never so large")));
    }
    Receipt::parse(&bytes).map_err(|error| {
        let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
        refused(format!("{error}{cause}"))
    })
}
