//! The shipped policies.
use super::super::*;
use std::collections::BTreeMap;
use std::path::Path;

pub(super) fn files() -> BTreeMap<String, Vec<u8>> {
    fn collect(folder: &Path, root: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, root, into);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                into.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let mut files = BTreeMap::new();
    collect(&root, &root, &mut files);
    files
}

#[test]
fn loads() {
    let files = PolicyFiles::canonical(files()).unwrap();
    let set = PolicySet::load(&files).unwrap();
    let input = br#"{"platform":"reference","state":{"telephony_trunks":[{"id":"t1","name":"x","ip_addresses":["203.0.113.9","8.8.8.8"]}]},"previous":{},"inputs":{},"provenance":{},"baseline":{}}"#;
    let outcome = set.evaluate(&files.controls()[1], input).unwrap();
    println!("{outcome:?}");
}
