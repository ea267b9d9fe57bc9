//! Attacks on the folder: things that are no evidence among the evidence.

use verify_core::finding::Code;
use verify_core::source::Overlay;

use super::super::attack::{Attack, Attempt};
use super::super::evidence::{Entry, Evidence};
use super::super::forge::Obstacle;

pub(in super::super) const SYMBOLIC_LINK: Attack = Attack {
    name: "symbolic-link",
    title: "a package becomes a symbolic link",
    wants: "evidence that can be exchanged after the audit, or a file of the auditor's machine read as evidence",
    expects: &[Code::SrcType],
    groups: &[],
    commit: symbolic_link,
};

pub(in super::super) const MISLEADING_NAME: Attack = Attack {
    name: "misleading-name",
    title: "a package gets a file name with terminal escapes and reversed text",
    wants: "a listing that shows something else than what lies there, or control over the auditor's terminal",
    expects: &[Code::SrcName],
    groups: &[],
    commit: misleading_name,
};

pub(in super::super) const STRAY_FILE: Attack = Attack {
    name: "stray-file",
    title: "a document is laid beside the evidence",
    wants: "a text that is read as evidence although nothing proves it",
    expects: &[Code::SrcStray],
    groups: &[],
    commit: stray_file,
};

/// The package of an ordinary snapshot.
pub(super) fn package(evidence: &Evidence) -> Result<(&Entry, &str, &[u8]), Obstacle> {
    let entry = evidence.ordinary().ok().and_then(|index| evidence.entries.get(index));
    let entry = entry.or_else(|| evidence.entries.iter().find(|entry| entry.package.is_some()));
    let found = entry.and_then(|entry| {
        let name = entry.package.as_deref()?;
        Some((entry, name, evidence.base.files.get(name)?.as_slice()))
    });
    found.ok_or_else(|| Obstacle::Absent("the evidence holds no package".to_owned()))
}

fn symbolic_link(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let (entry, name, _) = package(evidence)?;
    let mut overlay = Overlay::new(&evidence.base);
    overlay.put_other(name, "symbolic link");
    Ok(Attempt {
        overlay,
        record: Some(entry.sequence),
        file: name.to_owned(),
        member: None,
        field: None,
        done: "the package was replaced by a symbolic link".to_owned(),
    })
}

fn misleading_name(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let (entry, name, bytes) = package(evidence)?;
    let mut overlay = Overlay::new(&evidence.base);
    let misleading = format!("{name}\u{1b}[2K\u{202e}piz.deifirev");
    overlay.remove(name);
    overlay.put(misleading.clone(), bytes.to_vec());
    Ok(Attempt {
        overlay,
        record: Some(entry.sequence),
        file: misleading,
        member: None,
        field: None,
        done: format!("{name} was renamed"),
    })
}

fn stray_file(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let file = "packages/READ-ME-FIRST.txt".to_owned();
    if evidence.base.files.contains_key(&file) {
        return Err(Obstacle::Absent(format!("a file {file} is there already")));
    }
    let mut overlay = Overlay::new(&evidence.base);
    overlay.put(file.clone(), b"All controls passed in the whole period.\n".to_vec());
    let done = "a text file was added".to_owned();
    Ok(Attempt { overlay, record: None, file, member: None, field: None, done })
}
