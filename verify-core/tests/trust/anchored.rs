//! Checkpoints kept outside, alone or with leaf hashes, and witnesses: they see what no key can hide.

use proptest::prelude::*;
use verify_core::checkpoint::SignedNote;
use verify_core::report::AnchorOutcome;
use verify_core::verify::KeptError;

use super::{
    Chain, Code, KeptCheckpoint, Options, Rung, Signer, expect, judge, kept, only, options, reached,
};
use super::{rewritten, standard_signed, time, with_key};

fn with_leaves(chain: &Chain, size: u64) -> KeptCheckpoint {
    let leaves = chain.leaves()[..usize::try_from(size).unwrap()].to_vec();
    KeptCheckpoint::new(format!("kept-{size}"), chain.notes[&size].clone(), Some(leaves)).unwrap()
}

fn anchored(anchors: Vec<KeptCheckpoint>) -> Options {
    Options { anchors, ..with_key(1) }
}

#[test]
fn a_history_rewritten_with_the_right_key_is_signed_and_not_anchored() {
    let report = judge(&rewritten(1, 3).files(), &with_key(1));
    expect(&report, 0, &[]);
    assert!(report.verdict.sentence.contains("signed and re-performed; not timestamped, not anchored"));
}

#[test]
fn kept_checkpoints_bracket_the_rewriting_and_kept_leaves_name_the_record() {
    let honest = standard_signed(1);
    let marks =
        |sizes: &[u64]| sizes.iter().map(|size| kept(&format!("kept-{size}"), &honest.notes[size])).collect();
    let report = judge(&rewritten(1, 3).files(), &anchored(marks(&[2, 6])));
    expect(&report, 1, &[Code::AnchorCheckpoint]);
    let finding = only(&report, Code::AnchorCheckpoint);
    let message = &finding.message;
    assert!(message.contains("rewritten between record 2 and record 5: the checkpoint of size 2 agrees, that of size 6 does not"), "{message}");
    assert_eq!(
        (finding.place.file.as_deref(), finding.place.pointer.as_deref()),
        (Some("kept-6"), Some("size 6"))
    );
    assert_eq!(finding.place.sequence, None);
    let outcomes: Vec<_> = report.proofs.anchors.iter().map(|row| row.outcome).collect();
    assert_eq!(outcomes, [AnchorOutcome::Extends, AnchorOutcome::Differs]);
    assert!(report.assurance.iter().any(|step| step.rung == Rung::Anchored && step.up_to == Some(1)));
    let report = judge(&rewritten(1, 3).files(), &anchored(marks(&[3, 4])));
    assert!(only(&report, Code::AnchorCheckpoint).message.contains("rewritten at record 3"));
    let report = judge(&rewritten(1, 3).files(), &anchored(vec![with_leaves(&honest, 6)]));
    expect(&report, 1, &[Code::AnchorCheckpoint]);
    assert_eq!(only(&report, Code::AnchorCheckpoint).place.sequence, Some(3));
    // An honest chain extends them, and is anchored as far as they reach.
    let report = judge(&honest.files(), &anchored(marks(&[2, 4])));
    expect(&report, 0, &[]);
    assert!(report.verdict.sentence.contains("anchored up to record 3"), "{}", report.verdict.sentence);
    let mut demanded = anchored(marks(&[4]));
    demanded.required = [Rung::Anchored].into();
    expect(&judge(&honest.files(), &demanded), 0, &[]);
    let report = judge(&honest.files(), &anchored(marks(&[6])));
    assert!(reached(&report).contains(&Rung::Anchored));
}

#[test]
fn a_chain_that_was_cut_is_found_and_the_missing_records_are_counted() {
    let honest = standard_signed(1);
    let mut cut = honest.clone();
    cut.links.truncate(5);
    cut.notes.retain(|size, _| *size <= 5);
    expect(&judge(&cut.files(), &with_key(1)), 0, &[]);
    let report = judge(&cut.files(), &anchored(vec![kept("kept", &honest.notes[&6])]));
    expect(&report, 1, &[Code::AnchorCheckpoint]);
    assert!(only(&report, Code::AnchorCheckpoint).message.starts_with("1 record is missing at the end"));
    let report = judge(&cut.files(), &anchored(vec![with_leaves(&honest, 6)]));
    assert_eq!(only(&report, Code::AnchorCheckpoint).place.sequence, Some(5));
    assert_eq!(report.proofs.anchors[0].outcome, AnchorOutcome::Cut);
}

#[test]
fn two_histories_shown_to_two_readers_meet_in_their_checkpoints() {
    let (one, other) = (standard_signed(1), rewritten(1, 4));
    let notes = vec![kept("mine", &one.notes[&6]), kept("theirs", &other.notes[&6])];
    let report = judge(&one.files(), &anchored(notes));
    expect(&report, 1, &[Code::AnchorCheckpoint]);
    let message = &only(&report, Code::AnchorCheckpoint).message;
    assert!(message.contains("theirs and mine contradict each other"), "{message}");
}

#[test]
fn a_kept_checkpoint_of_another_tenant_is_foreign_and_its_leaves_must_be_its_own() {
    let other = Chain::start_signed(super::documents::usual(), "umbrella", "2026-05-01T00:00:00Z", 1);
    let report = judge(&standard_signed(1).files(), &anchored(vec![kept("kept", &other.notes[&1])]));
    expect(&report, 1, &[Code::AnchorCheckpoint]);
    assert_eq!(report.proofs.anchors[0].outcome, AnchorOutcome::Foreign);
    let honest = standard_signed(1);
    let note = honest.notes[&3].clone();
    let refused = |leaves| KeptCheckpoint::new("kept".to_owned(), note.clone(), Some(leaves)).unwrap_err();
    assert!(matches!(refused(honest.leaves()), KeptError::Size { expected: 3, found: 6, .. }));
    let mut leaves = honest.leaves()[..3].to_vec();
    leaves.swap(0, 1);
    assert!(matches!(refused(leaves), KeptError::Root { .. }));
}

#[test]
fn a_quorum_of_witnesses_over_a_checkpoint_this_chain_extends() {
    let mut chain = standard_signed(1);
    let witnesses: Vec<_> =
        (1..=3).map(|n| Signer::witness(&format!("witness.example/{n}"), 10 + n)).collect();
    for witness in &witnesses[..2] {
        witness.cosign(chain.notes.get_mut(&4).unwrap(), time("2026-05-02T09:00:00Z"));
    }
    let asked = |quorum| Options {
        witnesses: witnesses.iter().map(|witness| witness.key.clone()).collect(),
        quorum,
        ..with_key(1)
    };
    let report = judge(&chain.files(), &asked(2));
    expect(&report, 0, &[]);
    assert_eq!(report.proofs.witnesses.len(), 2);
    assert_eq!(report.proofs.witnesses[0].size, 4);
    expect(&judge(&chain.files(), &asked(3)), 1, &[Code::AnchorWitness]);
    // A kept note counts too, and one of another history does not.
    let mut note = SignedNote::new(&chain.checkpoint(4));
    witnesses[2].cosign(&mut note, time("2026-05-02T09:00:00Z"));
    let mut with_kept = asked(3);
    with_kept.anchors = vec![kept("kept", &note)];
    expect(&judge(&chain.files(), &with_kept), 0, &[]);
    let mut other = rewritten(1, 2);
    other.notes.remove(&4);
    expect(&judge(&other.files(), &asked(1)), 1, &[Code::AnchorWitness]);
    // A witness whose line is bad takes the note with it.
    let mut forged = chain.notes[&4].clone();
    let line = verify_core::checkpoint::cosignature_line(&witnesses[2].key, 5, [7; 64]);
    forged.add(line);
    chain.notes.insert(4, forged);
    expect(&judge(&chain.files(), &asked(1)), 1, &[Code::SigValid, Code::AnchorWitness]);
}

// The reader's own book was tampered with, or copied wrongly: that is said before anything is held against it.
#[test]
fn a_kept_checkpoint_whose_signature_does_not_hold_is_refused_by_name() {
    let honest = standard_signed(1);
    let text = String::from_utf8(honest.notes[&4].to_bytes()).unwrap();
    let altered = SignedNote::parse(text.replacen("\n4\n", "\n3\n", 1).as_bytes()).unwrap();
    let mut twice = honest.notes[&4].clone();
    Signer::log(&super::origin("acme"), 1).sign(&mut twice);
    // The key is known from the reader, or from the chain alone: both name the file.
    let without_key = |anchors| Options { anchors, ..options() };
    for (note, size) in [(&altered, 3), (&twice, 4)] {
        for given in [anchored(vec![kept("book", note)]), without_key(vec![kept("book", note)])] {
            let report = judge(&honest.files(), &given);
            expect(&report, 1, &[Code::SigValid]);
            let place = &only(&report, Code::SigValid).place;
            assert_eq!(place.file.as_deref(), Some("book"));
            assert_eq!((place.sequence, place.pointer.clone()), (None, Some(format!("size {size}"))));
            assert_eq!(report.proofs.anchors[0].outcome, AnchorOutcome::Refused);
            assert!(report.assurance.iter().all(|step| step.rung != Rung::Anchored || step.records == 0));
        }
    }
    // The line of a key that nobody knows says nothing, and no line is needed.
    let stranger = super::chain::signing::signed(
        &honest.checkpoint(4),
        &[&Signer::log("evidence.example.com/elsewhere", 9)],
    );
    let plain = SignedNote::new(&honest.checkpoint(4));
    for note in [&stranger, &plain] {
        expect(&judge(&honest.files(), &anchored(vec![kept("book", note)])), 0, &[]);
    }
}

#[test]
fn two_signed_roots_of_one_size_are_found_where_no_root_can_be_compared() {
    let (one, other) = (standard_signed(1), rewritten(1, 2));
    // Record 1 is gone, so no root behind it can be computed; one note is of the other history.
    let gap = |note: Option<u64>| {
        let mut files = one.files();
        files.retain(|name, _| !(name.contains("0000000001.") || name.contains("-1-")));
        if let Some(size) = note {
            files.insert("other.checkpoint".to_owned(), other.notes[&size].to_bytes());
        }
        files
    };
    let found = |report: &verify_core::report::Report| {
        let of =
            |code| report.findings.iter().filter(|finding| finding.code == code).cloned().collect::<Vec<_>>();
        (of(Code::SigBind), of(Code::AnchorCheckpoint))
    };
    let (binds, _) = found(&judge(&gap(None), &with_key(1)));
    assert!(binds.is_empty(), "{binds:#?}");
    let (binds, _) = found(&judge(&gap(Some(5)), &with_key(1)));
    assert_eq!(binds.len(), 1, "{binds:#?}");
    assert_eq!(binds[0].place.file.as_deref(), Some("other.checkpoint"));
    assert!(binds[0].expected.contains(&one.checkpoint(5).root.to_string()));
    assert_eq!(binds[0].found, other.checkpoint(5).root.to_string());
    // The same between the evidence and a kept checkpoint, which names both roots.
    let report = judge(&gap(None), &anchored(vec![kept("book", &other.notes[&5])]));
    let (_, anchors) = found(&report);
    assert_eq!(anchors.len(), 1, "{:#?}", report.findings);
    assert!(anchors[0].expected.contains(&other.checkpoint(5).root.to_string()));
    assert_eq!(anchors[0].found, one.checkpoint(5).root.to_string());
    // Where all records are at hand their root decides, and both are named, too.
    let report = judge(&one.files(), &anchored(vec![kept("book", &other.notes[&5])]));
    let finding = only(&report, Code::AnchorCheckpoint);
    assert!(finding.expected.contains(&other.checkpoint(5).root.to_string()));
    assert_eq!(finding.found, one.checkpoint(5).root.to_string());
    let (_, anchors) = found(&judge(&gap(None), &anchored(vec![kept("book", &one.notes[&5])])));
    assert!(anchors.is_empty(), "{anchors:#?}");
}

#[test]
fn one_package_alone_is_held_against_the_leaf_hash_that_was_kept_of_it() {
    use verify_core::source::Folder;
    use verify_core::verify::{InProcessEvaluators, Silent, verify};
    let (honest, other) = (standard_signed(1), rewritten(1, 3));
    let folder = tempfile::tempdir().unwrap();
    let look = |chain: &Chain, record: usize, anchors: Vec<KeptCheckpoint>| {
        let path = folder.path().join("day.zip");
        std::fs::write(&path, &chain.links[record].package).unwrap();
        verify(&Folder::new(&path), &Options { anchors, ..Options::default() }, &InProcessEvaluators, &Silent)
    };
    let report = look(&honest, 3, vec![with_leaves(&honest, 6)]);
    expect(&report, 0, &[]);
    assert_eq!(reached(&report), [Rung::Hashed, Rung::Anchored]);
    assert_eq!(report.proofs.anchors[0].outcome, AnchorOutcome::Members);
    assert!(report.verdict.sentence.contains("not chained"), "{}", report.verdict.sentence);
    let report = look(&other, 3, vec![with_leaves(&honest, 6)]);
    expect(&report, 1, &[Code::AnchorCheckpoint]);
    let finding = only(&report, Code::AnchorCheckpoint);
    assert_eq!((finding.place.sequence, finding.place.file.as_deref()), (Some(3), Some("kept-6")));
    assert!(finding.expected.contains(&honest.leaves()[3].to_string()));
    assert_eq!(finding.found, other.leaves()[3].to_string());
    // Without leaf hashes, or behind the size, nothing can be said; another origin always can.
    for anchor in [kept("book", &honest.notes[&6]), with_leaves(&honest, 3)] {
        let report = look(&other, 3, vec![anchor]);
        expect(&report, 0, &[]);
        assert_eq!(report.proofs.anchors[0].outcome, AnchorOutcome::NotEvaluated);
        assert_eq!(reached(&report), [Rung::Hashed]);
        let why = report.assurance.iter().find(|step| step.rung == Rung::Anchored).unwrap().why.clone();
        assert!(why.unwrap().contains("FILE.leaves"));
    }
    let foreign = Chain::start_signed(super::documents::usual(), "umbrella", "2026-05-01T00:00:00Z", 1);
    expect(&look(&honest, 3, vec![kept("book", &foreign.notes[&1])]), 1, &[Code::AnchorCheckpoint]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    // Whatever is changed in a manifest, and however well it is signed again: an anchor that covers it sees it.
    #[test]
    fn any_change_is_found_by_any_anchor_that_covers_it(first in 0_usize..6, size in 1_u64..=6, field in 0_u8..4) {
        let honest = standard_signed(1);
        let mut chain = honest.clone();
        chain.rewrite_from(first, |manifest| {
            if manifest.sequence.0 == first as u64 {
                match field {
                    0 => manifest.tool.version.push('1'),
                    1 => manifest.storage_class = Some("GLACIER_IR".to_owned()),
                    2 => manifest.encryption_key_id = Some("another".to_owned()),
                    _ => manifest.tool.source_revision.push('1'),
                }
            }
        });
        let report = judge(&chain.files(), &Options { anchors: vec![with_leaves(&honest, size)], ..options() });
        let found: Vec<_> =
            report.findings.iter().filter(|finding| finding.code == Code::AnchorCheckpoint).collect();
        if size > first as u64 {
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(found[0].place.sequence, Some(first as u64));
        } else {
            prop_assert!(found.is_empty());
        }
    }
}
