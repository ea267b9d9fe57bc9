//! From the PATH argument to a source: a folder, a package, or a place in S3; with a receipt, if one is given. And what
//! is kept of places in S3 on this machine.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use verify_core::limits::Limits;
use verify_core::source::{Folder, RECEIPT_BYTES, Receipt, Received, Source};

use crate::cache;
use crate::cli::{CacheCommand, Question, StoreOptions};
use crate::display::escape;
use crate::exit::Ending;
use crate::output::from_outside;
use crate::refusal::Refusal;
use crate::run::write_out;
use crate::stop::Stop;
use crate::words::counted;

/// Whether a path means a store that is reached over the network.
pub(crate) fn is_remote(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.starts_with("s3://"))
}

/// Opens what the question is about.
pub(crate) fn of(question: &Question, stop: &Stop) -> Result<Box<dyn Source>, Refusal> {
    open(&question.path, &question.store, question.locks.receipt.as_deref(), &question.limits.limits(), stop)
}

/// Opens the evidence at `path`; nothing waits for a store any more once `stop` is asked. Of a folder nothing is
/// looked at yet; no socket is opened for it.
pub(crate) fn open(
    path: &Path,
    store: &StoreOptions,
    given: Option<&Path>,
    limits: &Limits,
    stop: &Stop,
) -> Result<Box<dyn Source>, Refusal> {
    if !is_remote(path) {
        refuse_store_options(store)?;
        let folder = Folder::new(path);
        return Ok(match given {
            None => Box::new(folder),
            Some(file) => {
                from_outside(file, path, "--receipt", "a receipt")?;
                Box::new(Received::new(folder, receipt(file)?))
            }
        });
    }
    if given.is_some() {
        let message = "--receipt is for a copy of evidence: a store is asked for its locks itself";
        return Err(Refusal::new(Ending::Usage, message, "leave it out, or name the folder with the copy"));
    }
    remote(path, store, limits, stop)
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
fn remote(
    path: &Path,
    store: &StoreOptions,
    limits: &Limits,
    stop: &Stop,
) -> Result<Box<dyn Source>, Refusal> {
    use crate::s3::{OpenError, S3Place, S3Source};
    let usage = |message: String| Refusal::new(Ending::Usage, message, "name it like s3://BUCKET/ROOT");
    let place: S3Place = path
        .to_string_lossy()
        .parse()
        .map_err(|error| usage(format!("{} is no place in S3: {error}", path.display())))?;
    let cache = kept(path, store)?;
    let source = S3Source::open(place, store, limits, cache, stop).map_err(|error| match &error {
        OpenError::Region => Refusal::new(Ending::Usage, error.to_string(), "give --region"),
        OpenError::PlainHttp => Refusal::new(Ending::Usage, error.to_string(), "name an https address"),
        OpenError::Stopped => Refusal::new(Ending::Inconclusive, error.to_string(), ""),
        OpenError::Thread(cause) => Refusal::new(Ending::Internal, format!("{error}: {cause}"), ""),
    })?;
    Ok(Box::new(source))
}

#[cfg(not(feature = "s3"))]
fn remote(path: &Path, _: &StoreOptions, _: &Limits, _: &Stop) -> Result<Box<dyn Source>, Refusal> {
    Err(Refusal::new(
        Ending::Usage,
        format!("{} cannot be read: this verifier was built without network code", path.display()),
        "copy the evidence into a folder, or use a build with the feature s3",
    ))
}

/// What names a place in a cache.
fn named(path: &Path, store: &StoreOptions) -> String {
    let path = path.to_string_lossy();
    format!("{} {}", path.trim_end_matches('/'), store.endpoint_url.as_deref().unwrap_or_default())
}

/// Where fetched objects are kept. Only a folder that was asked for must be usable; that the usual one is not costs
/// nothing but time, and is told.
#[cfg(feature = "s3")]
fn kept(path: &Path, store: &StoreOptions) -> Result<Option<cache::Cache>, Refusal> {
    use std::io::Write as _;

    if store.no_cache {
        return Ok(None);
    }
    let most_bytes = store.cache_size.unwrap_or(cache::USUAL_BYTES);
    let place = named(path, store);
    let told = |error: &cache::CacheError| {
        let cause = std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
        format!("{error}{cause}")
    };
    if let Some(base) = &store.cache {
        let cache = cache::Cache::open(base, &place, most_bytes).map_err(|error| {
            let message = format!("--cache: {}", told(&error));
            Refusal::new(Ending::Usage, message, "name a folder that is yours alone, or give --no-cache")
        })?;
        return Ok(Some(cache));
    }
    let opened = cache::usual_base()
        .ok_or(cache::CacheError::Homeless)
        .and_then(|base| cache::Cache::open(&base, &place, most_bytes));
    match opened {
        Ok(cache) => Ok(Some(cache)),
        Err(error) => {
            let note =
                format!("note: an interrupted run would begin anew, nothing is kept: {}", told(&error));
            // A closed standard error leaves nobody to tell.
            let _told = writeln!(std::io::stderr(), "{}", escape(&note));
            Ok(None)
        }
    }
}

/// Takes away what was kept of a place until its verification was over; what was to be kept longer stays.
pub(crate) fn forget(path: &Path, store: &StoreOptions) {
    if is_remote(path)
        && store.cache.is_none()
        && let Some(base) = cache::usual_base()
    {
        // What stays is shown and taken away by `verifier cache`.
        let _gone = cache::forget(&base, &named(path, store));
    }
}

/// `verifier cache`.
pub(crate) fn cache(command: &CacheCommand) -> Result<u8, Refusal> {
    let (base, clear) = match command {
        CacheCommand::Show { cache } => (cache, false),
        CacheCommand::Clear { cache } => (cache, true),
    };
    let Some(base) = base.clone().or_else(cache::usual_base) else {
        let message = cache::CacheError::Homeless.to_string();
        return Err(Refusal::new(Ending::Usage, message, "name the folder with --cache"));
    };
    let folder = cache::folder(&base);
    let done = if clear { cache::clear(&base) } else { cache::held(&base) };
    let (files, bytes) = done.map_err(|error| {
        let message = format!("{} cannot be looked into or taken away: {error}", folder.display());
        Refusal::new(Ending::Internal, message, "")
    })?;
    let (files, bytes) = (counted(files, "file"), counted(bytes, "byte"));
    let folder = folder.to_string_lossy();
    let what = if clear { "taken away" } else { "kept" };
    write_out(format!("{what}: {files}, {bytes}, in {}\n", escape(&folder)).as_bytes())?;
    Ok(Ending::Done.code())
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
