//! Attacks on signed and stamped chains, with and without what an auditor keeps outside of them. Needs `openssl`.

use std::collections::BTreeMap;

use verify_core::digest::Digest;
use verify_core::finding::Code;
use verify_core::source::Memory;
use verify_core::timestamp::Authorities;
use verify_core::verify::{InProcessEvaluators, KeptCheckpoint, Options, Silent, TrustedKey};

use super::super::ATTACKS;
use super::super::evidence::Evidence;
use super::super::report::{AttackOutcome, DrillReport};
use super::authority::Authority;
use super::chain::{Chain, standard_signed};
use super::{documents, drill};

fn drilled(chain: &Chain, options: &Options) -> DrillReport {
    let memory = Memory { files: chain.files() };
    drill(&Evidence::of(&memory, options, &InProcessEvaluators, &Silent).unwrap(), ATTACKS)
}

fn key(chain: &Chain) -> TrustedKey {
    TrustedKey { key: chain.signer.as_ref().unwrap().key.clone(), from: 0, to: None }
}

fn kept(chain: &Chain) -> KeptCheckpoint {
    let (_, note) = chain.notes.last_key_value().unwrap();
    KeptCheckpoint::new("last-quarter.checkpoint".to_owned(), note.clone(), None).unwrap()
}

fn ended(report: &DrillReport, outcome: AttackOutcome) -> BTreeMap<&str, Option<Code>> {
    let attacks = report.attacks.iter().filter(|attack| attack.outcome == outcome);
    attacks.map(|attack| (attack.name.as_str(), attack.caught_by.as_ref().map(|it| it.code))).collect()
}

#[test]
fn every_attack_on_a_signed_chain_is_caught_by_the_check_it_names() {
    let chain = standard_signed(7);
    let options = Options { keys: vec![key(&chain)], anchors: vec![kept(&chain)], ..Options::default() };
    let report = drilled(&chain, &options);
    let caught = ended(&report, AttackOutcome::Caught);
    for (name, code) in [
        ("altered-signature", Code::SigValid),
        ("rewritten-under-signature", Code::SigBind),
        ("removed-checkpoint", Code::SigPresent),
        ("another-key", Code::SigKey),
        ("cut-tail", Code::AnchorCheckpoint),
        ("perfect-rewrite", Code::AnchorCheckpoint),
        ("new-genesis", Code::AnchorCheckpoint),
    ] {
        assert_eq!(caught.get(name), Some(&Some(code)), "{name}: {:#?}", report.attacks);
    }
    let left: Vec<&str> = ended(&report, AttackOutcome::NotEvaluated).into_keys().collect();
    assert_eq!(
        left,
        [
            "back-dated-token",
            "denied-as-empty",
            "erased-drift",
            "exchanged-token",
            "fail-to-pass",
            "foreign-token",
            "removed-token",
            "rewritten-body"
        ]
    );
    assert_eq!(report.summary.exit_code, 0, "{:#?}", report.summary);
}

// Whoever holds nothing but the evidence cannot tell a key from another, nor a rewrite by the key's owner.
#[test]
fn without_the_key_another_one_is_not_called_caught() {
    let report = drilled(&standard_signed(7), &Options::default());
    let left = ended(&report, AttackOutcome::NotEvaluated);
    for name in ["another-key", "cut-tail", "perfect-rewrite", "new-genesis"] {
        assert!(left.contains_key(name), "{name}: {left:?}");
    }
    let caught = ended(&report, AttackOutcome::Caught);
    assert_eq!(caught.get("rewritten-under-signature"), Some(&Some(Code::SigBind)));
    assert_eq!(report.summary.missed, 0, "{:#?}", report.attacks);
}

fn stamped(authority: &Authority) -> Chain {
    let mut chain = Chain::start_signed(documents::usual(), "acme", "2026-05-01T00:00:00Z", 7);
    for day in 1..=4 {
        let size = chain.links.len() as u64;
        let imprint = Digest::of(&chain.notes[&size].imprint_bytes());
        chain.tokens.insert(size, authority.stamp(imprint.as_bytes()));
        chain.snapshot(&format!("2026-05-0{day}T08:00:00Z"));
    }
    chain
}

#[test]
fn attacks_on_time_stamps_are_named_and_need_the_authority() {
    let authority = Authority::start();
    let chain = stamped(&authority);
    let without = Options { keys: vec![key(&chain)], ..Options::default() };
    let with =
        Options { authorities: Authorities::from_pem(&authority.pem("root")).unwrap(), ..without.clone() };
    let report = drilled(&chain, &with);
    let caught = ended(&report, AttackOutcome::Caught);
    for (name, code) in [
        ("exchanged-token", Code::TsImprint),
        ("removed-token", Code::TsPresent),
        ("back-dated-token", Code::TsValid),
        ("foreign-token", Code::TsValid),
        ("another-key", Code::SigKey),
    ] {
        assert_eq!(caught.get(name), Some(&Some(code)), "{name}: {:#?}", report.attacks);
    }
    assert_eq!((report.summary.missed, report.summary.errors), (0, 0), "{:#?}", report.attacks);
    let report = drilled(&chain, &without);
    let caught = ended(&report, AttackOutcome::Caught);
    assert!(caught.contains_key("exchanged-token") && caught.contains_key("removed-token"), "{caught:?}");
    for name in ["back-dated-token", "foreign-token"] {
        let attack = report.attacks.iter().find(|attack| attack.name == name).unwrap();
        assert_eq!(
            (attack.outcome, attack.needs.as_slice()),
            (AttackOutcome::NotEvaluated, &["--tsa".to_owned()][..])
        );
        assert!(attack.reason.as_deref().unwrap().starts_with("needs --tsa: "), "{attack:#?}");
    }
}
