//! Places that hold nothing to verify, and what to say of them.

use std::io;
use std::path::Path;

use verify_core::finding::Code;
use verify_core::report::Report;
use verify_core::verify;

use crate::exit::Ending;
use crate::refusal::Refusal;
use crate::source;
use crate::words;

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
    if report.verdict.sentence.contains(verify::CANCELLED) {
        return Refusal::new(
            Ending::Inconclusive,
            format!("stopped before anything was verified in {}: there is no verdict", path.display()),
            "",
        );
    }
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
