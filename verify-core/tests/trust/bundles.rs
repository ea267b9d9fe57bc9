//! Bundles: sampled records with proofs. They never look like a whole chain, and prove nothing by themselves.

use std::collections::BTreeMap;

use verify_core::coverage::Period;
use verify_core::report::Report;

use super::chain::signing::signed;
use super::{
    Chain, Code, Options, Rung, Signer, expect, judge, kept, only, origin, reached, standard_signed, time,
};

/// Packages and proofs of these records over the note of all six.
fn bundle(chain: &Chain, sequences: &[usize]) -> BTreeMap<String, Vec<u8>> {
    let note = &chain.notes[&(chain.links.len() as u64)];
    let mut files = BTreeMap::new();
    for sequence in sequences {
        let link = &chain.links[*sequence];
        files.insert(link.place.clone(), link.package.clone());
        files.insert(
            format!("chain/{sequence:010}.tlog-proof"),
            chain.proof(*sequence as u64, note).to_bytes(),
        );
    }
    files
}

fn keyed() -> Options {
    Options { period: Period::default(), ..super::with_key(1) }
}

fn check(report: &Report, code: Code) -> (u64, u64, bool) {
    let check = report.checks.iter().find(|check| check.code == code).unwrap();
    (check.passed, check.failed, check.not_evaluated > 0)
}

#[test]
fn a_sample_is_proven_and_always_said_to_be_one() {
    let chain = standard_signed(1);
    let report = judge(&bundle(&chain, &[1, 3, 5]), &keyed());
    expect(&report, 0, &[]);
    assert!(report.verdict.sentence.ends_with("; sampled: 3 of 6 records, coverage not claimed"));
    let size = report.bundle.unwrap();
    assert_eq!((size.records, size.of), (3, 6));
    let rungs = reached(&report);
    assert!(rungs.starts_with(&[Rung::Hashed, Rung::Chained, Rung::Signed]), "{rungs:?}");
    for code in
        [Code::ChainGap, Code::ChainGenesis, Code::ChainCadence, Code::ChainPeriod, Code::RulesUnapproved]
    {
        assert_eq!(check(&report, code), (0, 0, true), "{code}");
    }
    assert_eq!(report.coverage.expected, 0);
}

#[test]
fn a_replay_whose_earlier_side_is_absent_is_not_evaluated_and_one_whose_is_there_is() {
    let chain = standard_signed(1);
    let report = judge(&bundle(&chain, &[3]), &keyed());
    expect(&report, 0, &[]);
    assert_eq!(check(&report, Code::DriftReplay), (0, 0, true));
    // Records 2 and 4 are no snapshots: 5 names the payload of 3, so nothing was left out between them.
    let report = judge(&bundle(&chain, &[1, 3, 5]), &keyed());
    assert_eq!(
        check(&report, Code::DriftReplay),
        (6, 0, false),
        "{:#?}",
        report.checks.iter().find(|check| check.code == Code::DriftReplay)
    );
}

#[test]
fn a_period_or_a_note_nobody_vouches_for_is_not_enough() {
    let files = bundle(&standard_signed(1), &[1, 3]);
    let to_utc = Some(time("2026-05-03T23:59:59Z"));
    let report = judge(&files, &Options { period: Period { from_utc: None, to_utc }, ..keyed() });
    assert_eq!(report.verdict.exit_code, 5);
    let report = judge(&files, &Options::default());
    expect(&report, 0, &[]);
    assert!(!reached(&report).contains(&Rung::Chained));
    assert!(report.verdict.sentence.contains("not chained"), "{}", report.verdict.sentence);
    let why = report.assurance.iter().find(|step| step.rung == Rung::Chained).unwrap().why.clone().unwrap();
    assert!(why.contains("nobody vouches for"));
    // Kept outside, the same note vouches for itself.
    let anchors = vec![kept("kept", &standard_signed(1).notes[&6])];
    let report = judge(&files, &Options { anchors, ..Options::default() });
    expect(&report, 0, &[]);
    assert!(reached(&report).contains(&Rung::Anchored) && reached(&report).contains(&Rung::Chained));
}

#[test]
fn proofs_that_do_not_hold_or_are_of_several_notes() {
    let chain = standard_signed(1);
    let mut swapped = bundle(&chain, &[1, 3]);
    let other = swapped["chain/0000000001.tlog-proof"].clone();
    swapped.insert("chain/0000000003.tlog-proof".to_owned(), other);
    let report = judge(&swapped, &keyed());
    expect(&report, 1, &[Code::SigBind, Code::ChainOrder]);
    assert_eq!(only(&report, Code::SigBind).place.sequence, Some(3));
    let mut two = bundle(&chain, &[1, 3]);
    let smaller = chain.proof(3, &chain.notes[&5]);
    two.insert("chain/0000000003.tlog-proof".to_owned(), smaller.to_bytes());
    expect(&judge(&two, &keyed()), 1, &[Code::SigBind]);
    let mut broken = bundle(&chain, &[1, 3]);
    broken.insert("chain/0000000003.tlog-proof".to_owned(), b"nothing".to_vec());
    expect(&judge(&broken, &keyed()), 1, &[Code::SigValid, Code::SigBind]);
    let mut forged = chain.clone();
    forged.notes.insert(6, signed(&chain.checkpoint(6), &[&Signer::log(&origin("acme"), 2)]));
    expect(&judge(&bundle(&forged, &[1, 3]), &keyed()), 1, &[Code::SigKey]);
}

#[test]
fn a_garbage_proof_never_turns_a_gap_into_a_sample() {
    let chain = standard_signed(1);
    let mut files = chain.files();
    files.remove(&chain.links[3].place);
    files.remove(&chain.links[3].commit_place());
    files.insert("chain/0000000001.tlog-proof".to_owned(), b"c2sp.org/tlog-proof@v1\n".to_vec());
    assert_eq!(judge(&files, &keyed()).verdict.exit_code, 1);
}

// In a sample nobody can compare the root of an old note: it must not lend its signature to records it never covered.
#[test]
fn an_old_note_of_the_right_key_vouches_for_nothing_in_a_bundle() {
    let honest = standard_signed(1);
    let mut forged = Chain::start_signed(super::documents::usual(), "acme", "2026-05-01T00:00:00Z", 1);
    forged.snapshot("2026-05-01T08:00:00Z");
    forged.change_key(Signer::log(&origin("acme"), 3), false, "2026-05-01T12:00:00Z");
    forged.notes.insert(3, honest.notes[&3].clone());
    forged.snapshot("2026-05-02T08:00:00Z");
    forged.snapshot("2026-05-03T08:00:00Z");
    let report = judge(&bundle(&forged, &[2, 3]), &keyed());
    expect(&report, 1, &[Code::SigKey]);
    assert!(report.assurance.iter().all(|step| step.rung != Rung::Signed || step.records == 0));
    assert_eq!(report.proofs.checkpoint.unwrap().size, 5);
}

#[test]
fn every_record_of_a_sample_is_held_against_the_leaf_hashes_that_were_kept() {
    let chain = standard_signed(1);
    let files = bundle(&chain, &[1, 3, 5]);
    let leaves = |chain: &Chain, size: usize| {
        let (note, leaves) = (chain.notes[&(size as u64)].clone(), chain.leaves()[..size].to_vec());
        vec![super::KeptCheckpoint::new("book".to_owned(), note, Some(leaves)).unwrap()]
    };
    // An older checkpoint than the bundle's note: its root cannot be computed, the leaves can be compared.
    let report = judge(&files, &Options { anchors: leaves(&chain, 4), ..keyed() });
    expect(&report, 0, &[]);
    let anchored = report.assurance.iter().find(|step| step.rung == Rung::Anchored).unwrap();
    assert_eq!((anchored.records, anchored.of, anchored.up_to), (2, 3, Some(3)));
    let other = super::rewritten(1, 3);
    let report = judge(&files, &Options { anchors: leaves(&other, 4), ..keyed() });
    expect(&report, 1, &[Code::AnchorCheckpoint]);
    assert_eq!(only(&report, Code::AnchorCheckpoint).place.sequence, Some(3));
    // The reader's leaf hashes vouch for a sample whose note nobody signed for.
    let report = judge(&files, &Options { anchors: leaves(&chain, 4), ..Options::default() });
    let chained = report.assurance.iter().find(|step| step.rung == Rung::Chained).unwrap();
    assert_eq!((chained.records, chained.of), (2, 3));
    // A note inside a package of the sample is of another history than one beside it: two roots of one size.
    let mut two = files;
    two.insert("chain/0000000002.checkpoint".to_owned(), super::rewritten(1, 2).notes[&3].to_bytes());
    let report = judge(&two, &keyed());
    expect(&report, 1, &[Code::SigBind]);
    assert_eq!(only(&report, Code::SigBind).place.file.as_deref(), Some("chain/0000000002.checkpoint"));
}
