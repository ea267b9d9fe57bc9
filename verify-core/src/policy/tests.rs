//! Tests of the policy module over the shipped policies and over hostile ones.

mod hostile;
mod judgement;

use std::collections::BTreeMap;
use std::path::Path;

use super::*;

fn collect(folder: &Path, below: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, below, into);
        } else {
            let parts = path.strip_prefix(below).unwrap().components();
            let name: Vec<_> = parts.map(|part| part.as_os_str().to_str().unwrap()).collect();
            into.insert(name.join("/"), std::fs::read(&path).unwrap());
        }
    }
}

/// The files of the repository's `policies/` folder.
fn shipped() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let mut files = BTreeMap::new();
    collect(&folder, &folder, &mut files);
    files
}

/// One control `T1` with the given policy text, which may use the data document `data.list`.
fn single(policy: &str) -> PolicyFiles {
    let controls = r#"{"controls":[{"control_id":"T1","policy":"probe","description":"d","criteria":["CC6.1"],
        "evidence_reference":"users","reads":{"reference":{"resources":["users"]}}}]}"#;
    PolicyFiles::canonical(BTreeMap::from([
        ("controls.json".to_owned(), controls.as_bytes().to_vec()),
        ("controls/probe.rego".to_owned(), policy.as_bytes().to_vec()),
        ("data/list.json".to_owned(), b"[1, 2, 3]".to_vec()),
    ]))
    .unwrap()
}
