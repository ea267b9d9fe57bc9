//! Signatures, anchors, witnesses and bundles: what each shows of a dishonest client, and what it does not.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::format_collect,
    reason = "a test ends at the first surprise"
)]

#[path = "trust/anchored.rs"]
mod anchored;
#[allow(dead_code, reason = "other tests ask more of it")]
#[path = "support/authority.rs"]
mod authority;
#[path = "trust/bundles.rs"]
mod bundles;
#[path = "support/by_hand.rs"]
mod by_hand;
#[allow(dead_code, reason = "other tests tamper with more of it")]
#[path = "support/chain.rs"]
mod chain;
#[allow(dead_code, reason = "other tests tamper with more of it")]
#[path = "support/documents.rs"]
mod documents;
#[path = "trust/signed.rs"]
mod signed;
#[path = "trust/stamped.rs"]
mod stamped;
#[path = "support/statement.rs"]
mod statement;

use std::collections::{BTreeMap, BTreeSet};

use verify_core::checkpoint::SignedNote;
use verify_core::coverage::Period;
use verify_core::finding::{Code, Finding};
use verify_core::report::{Report, Rung};
use verify_core::source::Memory;
use verify_core::verify::{InProcessEvaluators, KeptCheckpoint, Options, Silent, TrustedKey, verify};

use chain::signing::Signer;
use chain::{Chain, origin, standard_signed, time};

/// Options that ask for the days the standard chain covers.
fn options() -> Options {
    let to_utc = Some(time("2026-05-03T23:59:59Z"));
    Options { period: Period { from_utc: None, to_utc }, ..Options::default() }
}

/// As [`options`], with the key made from `seed` given from outside.
fn with_key(seed: u8) -> Options {
    let key = Signer::log(&origin("acme"), seed).key;
    Options { keys: vec![TrustedKey { key, from: 0, to: None }], ..options() }
}

fn kept(name: &str, note: &SignedNote) -> KeptCheckpoint {
    KeptCheckpoint::new(name.to_owned(), note.clone(), None).unwrap()
}

fn judge(files: &BTreeMap<String, Vec<u8>>, options: &Options) -> Report {
    let report = verify(&Memory { files: files.clone() }, options, &InProcessEvaluators, &Silent);
    serde_json::from_slice::<Report>(&report.to_json().unwrap()).unwrap()
}

fn codes(report: &Report) -> BTreeSet<Code> {
    report.findings.iter().map(|finding| finding.code).collect()
}

#[track_caller]
fn expect(report: &Report, exit: u8, expected: &[Code]) {
    let found = (report.verdict.exit_code, codes(report));
    assert_eq!(found, (exit, expected.iter().copied().collect()), "{:#?}", report.findings);
}

fn only(report: &Report, code: Code) -> &Finding {
    let mut found = report.findings.iter().filter(|finding| finding.code == code);
    let one = found.next().unwrap_or_else(|| panic!("no {code}: {:#?}", report.findings));
    assert_eq!(found.count(), 0, "{:#?}", report.findings);
    one
}

fn reached(report: &Report) -> Vec<Rung> {
    report.assurance.iter().filter(|step| step.reached).map(|step| step.rung).collect()
}

/// The standard chain, one of its manifests edited from record `first` on, everything hashed, linked and signed again.
fn rewritten(seed: u8, first: usize) -> Chain {
    let mut chain = standard_signed(seed);
    chain.rewrite_from(first, |manifest| {
        if manifest.sequence.0 == first as u64 {
            "9.9.9".clone_into(&mut manifest.tool.version);
        }
    });
    chain
}
