//! Manifests: the schema, the types and the canonical form say the same; a source of one commit never panics.

#![no_main]

use libfuzzer_sys::fuzz_target;
use verify_core::canon;
use verify_core::format::{DocumentKind, check_document};
use verify_core::model::Manifest;
use verify_core::source::Memory;
use verify_core::verify::{Options, Silent, verify};
use verify_core_fuzz::{NoPolicies, limits};

fuzz_target!(|data: &[u8]| {
    let limits = limits();
    if let Ok(value) = canon::read_canonical(data, &limits)
        && check_document(DocumentKind::Manifest, &value).is_empty()
    {
        let manifest: Manifest = serde_json::from_value(value).expect("what keeps the schema is understood");
        let written = canon::to_vec_of(&manifest).expect("what was read can be written");
        assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(data));
    }
    let files = [("chain/0000000000.json".to_owned(), data.to_vec())].into();
    let options = Options { limits, ..Options::default() };
    let report = verify(&Memory { files }, &options, &NoPolicies, &Silent);
    assert_ne!(report.verdict.exit_code, 0, "a commit without its package is never verified");
});
