//! Which members a record of each kind holds: none missing, none unknown (F-2, section 10).

use super::open::{Opened, TRANSCRIPT};
use super::tally::Tally;
use crate::finding::{Code, Finding};
use crate::model::Kind;

/// Folders every record may hold.
const RULE_FOLDERS: [&str; 3] = ["policies/", "profile/", "schemas/"];

/// Proofs of what stood before a record.
const PROOFS: [&str; 2] = [CHECKPOINT, TOKEN];
/// The signed note over the records before (F-127).
pub(super) const CHECKPOINT: &str = "checkpoint";
/// The token over that note (F-130).
pub(super) const TOKEN: &str = "checkpoint.tsr";

/// Checks the manifest's list of members against the kind of its record.
pub(super) fn check_kind_members(opened: &Opened<'_>, tally: &mut Tally) {
    let kind = opened.manifest.kind;
    let payload = kind.payload_member();
    let mut required = vec![payload.as_str(), "policies/controls.json", "verify.py"];
    let mut folders = RULE_FOLDERS.to_vec();
    match kind {
        Kind::Snapshot => {
            required.extend(["drift.json", TRANSCRIPT, "validation.json"]);
            folders.extend(["inputs/", "raw/"]);
        }
        Kind::Failure => required.push(TRANSCRIPT),
        _ => {}
    }
    // Whether they must be there depends on the chain's key, not on the kind (F-127, F-130).
    let proofs: &[&str] = if kind == Kind::Genesis { &[] } else { &PROOFS };
    let paths = || opened.manifest.files.iter().map(|entry| entry.path.as_str());
    let mut findings = Vec::new();
    for name in required.iter().filter(|name| !paths().any(|path| path == **name)) {
        let message = "a member that every record of its kind holds is missing";
        findings.push(Finding::new(Code::PkgMembers, opened.place_of(name), *name, "none", message));
    }
    for path in paths() {
        let known = required.contains(&path)
            || proofs.contains(&path)
            || folders.iter().any(|folder| path.starts_with(folder));
        if !known {
            let message = "the format knows no such member in a record of this kind";
            findings.push(Finding::new(Code::PkgMembers, opened.place_of(path), "none", path, message));
        }
    }
    tally.all(Code::PkgMembers, findings);
}
