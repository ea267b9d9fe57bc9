//! Keys: who signed, who should have, and when the key changed.

use super::{
    Chain, Code, Options, Rung, Signer, TrustedKey, documents, expect, judge, only, options, origin, reached,
};
use super::{rewritten, standard_signed, with_key};
use verify_core::model::Proof;
use verify_core::report::CheckSummary;

fn check(report: &verify_core::report::Report, code: Code) -> CheckSummary {
    report.checks.iter().find(|check| check.code == code).unwrap().clone()
}

#[test]
fn a_signed_chain_is_signed_only_for_whoever_has_the_key_from_outside() {
    let files = standard_signed(1).files();
    let report = judge(&files, &options());
    expect(&report, 0, &[]);
    assert_eq!(reached(&report), [Rung::Hashed, Rung::Chained, Rung::RePerformed]);
    assert!(
        report.verdict.sentence.contains("not signed, not timestamped, not anchored"),
        "{}",
        report.verdict.sentence
    );
    assert!(
        report.not_claimed.iter().any(|sentence| sentence.contains("only in the evidence proves nothing"))
    );
    let report = judge(&files, &with_key(1));
    expect(&report, 0, &[]);
    assert_eq!(reached(&report), [Rung::Hashed, Rung::Chained, Rung::Signed, Rung::RePerformed]);
    assert!(
        report
            .verdict
            .sentence
            .contains("(signed and re-performed; not timestamped, not anchored, not locked)")
    );
    assert_eq!(check(&report, Code::SigPresent).passed, 5);
    assert_eq!(check(&report, Code::SigBind).passed, 11);
    let row = report.proofs.checkpoint.unwrap();
    assert_eq!((row.size, row.root), (6, standard_signed(1).checkpoint(6).root));
    assert_eq!(report.proofs.keys.iter().map(|row| row.given).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn renamed_files_and_a_bare_folder_of_packages_are_judged_the_same() {
    let files = standard_signed(1).files();
    let renamed = files.values().enumerate().map(|(n, bytes)| (format!("f{n}"), bytes.clone())).collect();
    expect(&judge(&renamed, &with_key(1)), 0, &[]);
    let bare = files.into_iter().filter(|(name, _)| name.starts_with("packages/")).collect();
    let report = judge(&bare, &with_key(1));
    expect(&report, 0, &[]);
    // The newest record has no note of its own there.
    assert!(report.verdict.sentence.contains("signed up to record 4"), "{}", report.verdict.sentence);
}

#[test]
fn a_chain_signed_again_from_its_genesis_by_another_key_is_of_an_unknown_author() {
    let report = judge(&standard_signed(2).files(), &options());
    expect(&report, 0, &[]);
    let report = judge(&standard_signed(2).files(), &with_key(1));
    expect(&report, 1, &[Code::SigKey]);
    assert!(!reached(&report).contains(&Rung::Signed));
}

#[test]
fn one_note_signed_by_another_key_is_found_inside_a_package_and_beside_the_chain() {
    let mut chain = standard_signed(1);
    let note = super::chain::signing::signed(&chain.checkpoint(3), &[&Signer::log(&origin("acme"), 2)]);
    chain.links[3].members.insert("checkpoint".to_owned(), note.to_bytes());
    chain.links[3].reseal();
    chain.rewrite_from(4, |_| ());
    let report = judge(&chain.files(), &with_key(1));
    let finding = only(&report, Code::SigKey);
    assert_eq!((finding.place.sequence, finding.place.member.as_deref()), (Some(3), Some("checkpoint")));
    let mut chain = standard_signed(1);
    chain
        .notes
        .insert(4, super::chain::signing::signed(&chain.checkpoint(4), &[&Signer::log(&origin("acme"), 2)]));
    let report = judge(&chain.files(), &options());
    expect(&report, 1, &[Code::SigKey]);
    let place = &only(&report, Code::SigKey).place;
    assert_eq!((place.sequence, place.file.as_deref()), (Some(3), Some("chain/0000000003.checkpoint")));
}

#[test]
fn a_chain_stripped_of_its_signatures_is_no_chain_that_never_had_any() {
    let never = super::chain::standard();
    expect(&judge(&never.files(), &options()), 0, &[]);
    let report = judge(&never.files(), &with_key(1));
    expect(&report, 1, &[Code::SigPresent]);
    assert!(!reached(&report).contains(&Rung::Signed));
    // A key that is good for later records asks nothing of these.
    let mut later = with_key(1);
    later.keys[0].from = 100;
    expect(&judge(&never.files(), &later), 0, &[]);
}

#[test]
fn a_note_that_could_not_be_made_is_declared_and_shown_and_an_undeclared_one_is_a_finding() {
    let build = |omission: &[Proof]| {
        let mut chain = Chain::start_signed(documents::usual(), "acme", "2026-05-01T00:00:00Z", 1);
        chain.snapshot("2026-05-01T08:00:00Z");
        let late = chain.notes.remove(&2).unwrap();
        chain.omissions = omission.to_vec();
        chain.snapshot("2026-05-02T08:00:00Z");
        chain.notes.insert(2, late);
        chain.snapshot("2026-05-03T08:00:00Z");
        chain
    };
    let report = judge(&build(&[Proof::Checkpoint]).files(), &with_key(1));
    expect(&report, 0, &[Code::SigLate]);
    assert!(reached(&report).contains(&Rung::Signed));
    let report = judge(&build(&[]).files(), &with_key(1));
    expect(&report, 1, &[Code::SigPresent]);
    assert_eq!(only(&report, Code::SigPresent).place.sequence, Some(2));
}

#[test]
fn broken_notes_and_bad_signatures_are_never_strays() {
    let mut files = standard_signed(1).files();
    files.insert("chain/0000000003.checkpoint".to_owned(), b"{\"not\": \"a note\"}".to_vec());
    let report = judge(&files, &with_key(1));
    expect(&report, 1, &[Code::SigValid]);
    let mut chain = standard_signed(1);
    let mut note = chain.notes[&4].clone();
    Signer::log(&origin("acme"), 1).sign(&mut note);
    chain.notes.insert(4, note);
    expect(&judge(&chain.files(), &with_key(1)), 1, &[Code::SigValid]);
    let mut files = standard_signed(1).files();
    let other = standard_signed(1).notes[&5].to_bytes();
    files.insert("chain/0000000003.checkpoint".to_owned(), other);
    expect(&judge(&files, &with_key(1)), 0, &[Code::ChainOrder]);
    let mut files = standard_signed(1).files();
    files.retain(|name, _| !name.contains("0000000005") && !name.contains("-5-"));
    files.insert("chain/0000000005.checkpoint".to_owned(), standard_signed(1).notes[&6].to_bytes());
    let report = judge(&files, &with_key(1));
    expect(&report, 1, &[Code::SigBind]);
    assert!(only(&report, Code::SigBind).message.contains("more records than there were"));
}

#[test]
fn the_note_of_another_history_is_bound_to_it() {
    let mut chain = rewritten(1, 2);
    chain.notes.insert(5, standard_signed(1).notes[&5].clone());
    let report = judge(&chain.files(), &with_key(1));
    expect(&report, 1, &[Code::SigBind]);
    assert_eq!(only(&report, Code::SigBind).place.sequence, Some(4));
}

fn changed(emergency: bool) -> Chain {
    let mut chain = Chain::start_signed(documents::usual(), "acme", "2026-05-01T00:00:00Z", 1);
    chain.snapshot("2026-05-01T08:00:00Z");
    chain.change_key(Signer::log(&origin("acme"), 2), emergency, "2026-05-01T12:00:00Z");
    chain.snapshot("2026-05-02T08:00:00Z");
    chain.snapshot("2026-05-03T08:00:00Z");
    chain
}

#[test]
fn a_key_change_signed_by_the_old_key_hands_the_readers_trust_on() {
    let report = judge(&changed(false).files(), &with_key(1));
    expect(&report, 0, &[]);
    assert!(reached(&report).contains(&Rung::Signed));
    // Not beyond what the old key was good for.
    let mut short = with_key(1);
    short.keys[0].to = Some(2);
    let report = judge(&changed(false).files(), &short);
    expect(&report, 0, &[]);
    assert!(report.verdict.sentence.contains("signed up to record 2"), "{}", report.verdict.sentence);
}

#[test]
fn a_change_without_the_old_keys_word_is_a_finding_unless_the_new_key_came_from_outside() {
    expect(&judge(&changed(true).files(), &options()), 1, &[Code::SigRotate]);
    expect(&judge(&changed(true).files(), &with_key(1)), 1, &[Code::SigRotate, Code::SigKey]);
    let mut both = with_key(1);
    both.keys[0].to = Some(1);
    let new = Signer::log(&origin("acme"), 2).key;
    both.keys.push(TrustedKey { key: new, from: 2, to: None });
    let report = judge(&changed(true).files(), &both);
    expect(&report, 0, &[]);
    assert!(reached(&report).contains(&Rung::Signed));
    // Called no emergency, and yet only the new key signed.
    let mut sly = changed(false);
    let only_new = super::chain::signing::signed(&sly.checkpoint(3), &[&Signer::log(&origin("acme"), 2)]);
    sly.notes.insert(3, only_new.clone());
    sly.links[3].members.insert("checkpoint".to_owned(), only_new.to_bytes());
    sly.links[3].reseal();
    sly.rewrite_from(4, |_| ());
    let report = judge(&sly.files(), &options());
    assert_eq!(only(&report, Code::SigRotate).place.sequence, Some(2));
}

#[test]
fn demanded_rungs_that_are_not_reached_are_inconclusive() {
    let demand = |rung, options: Options| Options { required: [rung].into(), ..options };
    let files = standard_signed(1).files();
    expect(&judge(&files, &demand(Rung::Signed, with_key(1))), 0, &[]);
    let report = judge(&files, &demand(Rung::Signed, options()));
    assert_eq!(report.verdict.exit_code, 5);
    assert!(
        report.verdict.sentence.starts_with("inconclusive: --require signed: 6 of 6 records are not signed")
    );
    for rung in [Rung::Timestamped, Rung::Anchored, Rung::Locked] {
        assert_eq!(judge(&files, &demand(rung, with_key(1))).verdict.exit_code, 5, "{rung:?}");
    }
}

#[test]
fn structural_checks_leave_out_the_rest_and_signatures_can_be_left_out() {
    let mut options = with_key(2);
    options.structural = true;
    let report = judge(&standard_signed(1).files(), &options);
    expect(&report, 1, &[Code::SigKey]);
    let replay = check(&report, Code::PolicyReplay);
    assert_eq!((replay.passed, replay.failed), (0, 0));
    assert!(replay.not_evaluated > 0);
    options.structural = false;
    options.only = Some(std::collections::BTreeSet::new());
    expect(&judge(&standard_signed(1).files(), &options), 0, &[]);
}

#[test]
fn one_package_alone_says_who_signed_its_checkpoint_and_no_more() {
    use std::fs;
    use verify_core::source::Folder;
    use verify_core::verify::{InProcessEvaluators, Silent, verify};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("day.zip");
    fs::write(&path, &standard_signed(1).links[3].package).unwrap();
    let look = |options: &Options| verify(&Folder::new(&path), options, &InProcessEvaluators, &Silent);
    let report = look(&with_key(1));
    expect(&report, 0, &[]);
    assert_eq!(reached(&report), [Rung::Hashed]);
    assert_eq!(check(&report, Code::SigKey).passed, 1);
    expect(&look(&with_key(2)), 1, &[Code::SigKey]);
}
