//! Contents of records under honest hashes: one member of a snapshot, failure or approval is replaced, and the
//! package is sealed again, so that every check behind the hashes meets hostile content.
//!
//! The first byte of an input chooses record and member, the rest is the member's new content.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use verify_core::source::Memory;
use verify_core::verify::{Options, Silent, verify};
use verify_core_fuzz::{NoPolicies, limits};

#[allow(dead_code)]
#[path = "../../tests/support/chain.rs"]
mod chain;
#[allow(dead_code)]
#[path = "../../tests/support/documents.rs"]
mod documents;

/// A chain whose packages are small, so that sealing them again is cheap.
static CHAIN: LazyLock<chain::Chain> = LazyLock::new(|| {
    let mut documents = documents::usual();
    documents.verify_py = b"#".to_vec();
    let mut chain = chain::Chain::start(documents, "acme", "2026-05-01T00:00:00Z");
    chain.snapshot("2026-05-01T08:00:00Z");
    chain.approve_baseline(1, "2026-05-01T12:00:00Z");
    chain.snapshot("2026-05-02T08:00:00Z");
    chain.failure("2026-05-03T08:00:00Z");
    chain.explanation("2026-05-04T08:00:00Z", "2026-05-05T10:00:00Z");
    chain
});

fuzz_target!(|data: &[u8]| {
    let Some((choice, content)) = data.split_first() else { return };
    let records = CHAIN.links.len();
    let choice = usize::from(*choice);
    let mut chain = CHAIN.clone();
    let link = &mut chain.links[choice % records];
    let member = choice / records % link.members.len();
    let name = link.members.keys().nth(member).expect("it is among them").clone();
    link.members.insert(name, content.to_vec());
    link.reseal();
    let options = Options { limits: limits(), ..Options::default() };
    let report = verify(&Memory { files: chain.files() }, &options, &NoPolicies, &Silent);
    report.to_json().expect("every report can be written");
});
