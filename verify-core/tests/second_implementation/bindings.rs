//! Small records that contradict the schedule, the clock or themselves: the same finding from both.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use verify_core::model::Kind;
use verify_core::source::Memory;
use verify_core::verify::{InProcessEvaluators, Options, Silent, verify};

use super::chain::{Chain, standard, time};
use super::python::judge;

/// Exit code and codes of both, which must be the same.
#[track_caller]
fn both(chain: &Chain, exit: u8, codes: &[&str]) {
    let files = chain.files();
    let report = verify(&Memory { files: files.clone() }, &Options::default(), &InProcessEvaluators, &Silent);
    let found: BTreeSet<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
    let expected: BTreeSet<&str> = codes.iter().copied().collect();
    assert_eq!((report.verdict.exit_code, found), (exit, expected.clone()), "{:#?}", report.findings);
    let answer = judge(&files, &[]);
    let found: BTreeSet<&str> = answer.codes.iter().map(String::as_str).collect();
    assert_eq!((answer.exit, found), (i32::from(exit), expected), "{:#}", answer.document);
}

#[test]
fn an_explanation_names_a_slot_that_was_due_and_comes_after_it() {
    let explained = |slot: &str, sealed: &str| {
        let mut chain = standard();
        chain.explanation(slot, sealed);
        chain
    };
    both(&explained("2026-05-04T08:00:00Z", "2026-05-05T10:00:00Z"), 3, &[]);
    both(&explained("2026-05-04T09:00:00Z", "2026-05-05T10:00:00Z"), 1, &["SCHEMA-BIND", "CHAIN-CADENCE"]);
    both(&explained("2026-05-06T08:00:00Z", "2026-05-05T10:00:00Z"), 1, &["SCHEMA-BIND", "CHAIN-CADENCE"]);
}

#[test]
fn an_exception_ends_after_it_begins() {
    for (until, exit, codes) in [
        ("2026-05-10T00:00:00Z", 3, &["CHAIN-CADENCE"][..]),
        ("2026-05-06T00:00:00Z", 1, &["SCHEMA-BIND", "CHAIN-CADENCE"]),
        ("2026-05-05T00:00:00Z", 1, &["SCHEMA-BIND", "CHAIN-CADENCE"]),
    ] {
        let mut chain = standard();
        let payload: Value = json!({"exception": {
            "control_id": "CC6.1", "resource": "users", "entity": "u-1", "owner": "ops@example.com",
            "approved_by": "ciso@example.com", "ticket": "RISK-1", "reason": "migration",
            "valid_from_utc": "2026-05-06T00:00:00Z", "expires_utc": until}});
        chain.seal(Kind::Exception, None, time("2026-05-05T12:00:00Z"), |_| {
            (payload, std::collections::BTreeMap::new())
        });
        both(&chain, exit, codes);
    }
}
