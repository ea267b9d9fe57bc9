//! Tokens of a real authority over the notes of a chain: whose, over what, and when. Needs `openssl` on the path.

use verify_core::digest::Digest;
use verify_core::model::Proof;
use verify_core::time::UtcTime;
use verify_core::timestamp::Authorities;

use super::authority::Authority;
use super::by_hand::Block;
use super::chain::signing::Signer;
use super::chain::write_files;
use super::statement::statement;
use super::{
    Chain, Code, Options, Rung, documents, expect, judge, only, origin, reached, standard_signed, time,
    with_key,
};

/// A token of `authority` over the note of `size`, at a time of our choice.
fn stamp(authority: &Authority, chain: &Chain, size: u64, at: UtcTime) -> Vec<u8> {
    let imprint = Digest::of(&chain.notes[&size].imprint_bytes());
    authority.forge(&statement(&imprint, at), &["-cades"])
}

fn trusting(authority: &Authority) -> Options {
    Options { authorities: Authorities::from_pem(&authority.pem("root")).unwrap(), ..with_key(1) }
}

/// Genesis and two snapshots, each note stamped `lag` seconds after its record was sealed, and carried by the next.
fn chain(authority: &Authority, lag: i64) -> Chain {
    let mut chain = Chain::start_signed(documents::usual(), "acme", "2026-05-01T00:00:00Z", 1);
    let stamp_head = |chain: &mut Chain| {
        let (size, sealed) = (chain.links.len() as u64, chain.head().manifest.sealed_utc);
        chain.tokens.insert(size, stamp(authority, chain, size, sealed.plus_seconds(lag)));
    };
    stamp_head(&mut chain);
    for day in 1..=3 {
        chain.snapshot(&format!("2026-05-0{day}T08:00:00Z"));
        stamp_head(&mut chain);
    }
    chain
}

#[test]
fn a_stamped_chain_is_timestamped_for_whoever_has_the_authority_from_outside() {
    let authority = Authority::start();
    let files = chain(&authority, 60).files();
    let report = judge(&files, &trusting(&authority));
    expect(&report, 0, &[]);
    assert!(reached(&report).contains(&Rung::Timestamped), "{}", report.verdict.sentence);
    let stamps = report.proofs.stamps.unwrap();
    assert_eq!((stamps.tokens, stamps.valid), (4, 4));
    assert_eq!(stamps.newest_utc, Some(time("2026-05-03T08:07:00Z")));
    assert!(stamps.authority.unwrap().contains("Time signer"));
    // Without the authority a token proves nothing, and what it is over is still judged.
    let report = judge(&files, &with_key(1));
    expect(&report, 0, &[]);
    assert!(!reached(&report).contains(&Rung::Timestamped));
    let imprint = report.checks.iter().find(|check| check.code == Code::TsImprint).unwrap();
    assert_eq!((imprint.passed, imprint.failed), (7, 0));
    // Without the key a valid token counts for nobody's checkpoint.
    let report = judge(&files, &Options { keys: Vec::new(), ..trusting(&authority) });
    expect(&report, 0, &[]);
    assert!(!reached(&report).contains(&Rung::Timestamped));
    let renamed = files.values().enumerate().map(|(n, bytes)| (format!("f{n}"), bytes.clone())).collect();
    expect(&judge(&renamed, &trusting(&authority)), 0, &[]);
}

#[test]
fn a_token_of_a_foreign_authority_is_none() {
    let (own, foreign) = (Authority::start(), Authority::start());
    let report = judge(&chain(&foreign, 60).files(), &trusting(&own));
    expect(&report, 1, &[Code::TsValid]);
    assert!(!reached(&report).contains(&Rung::Timestamped));
}

#[test]
fn a_token_over_another_checkpoint_is_found_beside_the_chain_and_inside_a_package() {
    let authority = Authority::start();
    let mut beside = chain(&authority, 60);
    let other = beside.tokens[&2].clone();
    beside.tokens.insert(4, other);
    expect(&judge(&beside.files(), &trusting(&authority)), 1, &[Code::TsImprint]);
    expect(&judge(&beside.files(), &with_key(1)), 1, &[Code::TsImprint]);
    let mut inside = chain(&authority, 60);
    let other = inside.tokens[&1].clone();
    inside.links[3].members.insert("checkpoint.tsr".to_owned(), other);
    inside.links[3].reseal();
    inside.tokens.remove(&4);
    inside.rewrite_from(4, |_| ());
    inside.sign();
    let report = judge(&inside.files(), &trusting(&authority));
    expect(&report, 1, &[Code::TsImprint]);
    assert_eq!(only(&report, Code::TsImprint).place.member.as_deref(), Some("checkpoint.tsr"));
    let mut unknown = chain(&authority, 60).files();
    let elsewhere =
        authority.forge(&statement(&Digest::of(b"elsewhere"), time("2026-05-01T00:01:00Z")), &["-cades"]);
    unknown.insert("chain/note.bin".to_owned(), elsewhere);
    expect(&judge(&unknown, &trusting(&authority)), 1, &[Code::TsImprint]);
}

#[test]
fn garbage_in_a_token_s_place_is_no_stray() {
    let authority = Authority::start();
    let mut files = chain(&authority, 60).files();
    files.insert("chain/0000000003.tsr".to_owned(), b"not a token".to_vec());
    expect(&judge(&files, &trusting(&authority)), 1, &[Code::TsValid]);
    expect(&judge(&files, &with_key(1)), 1, &[Code::TsValid]);
}

#[test]
fn a_token_before_its_record_or_long_after_it_contradicts_the_recorded_time() {
    let authority = Authority::start();
    expect(&judge(&chain(&authority, -301).files(), &trusting(&authority)), 1, &[Code::TsSkew]);
    expect(&judge(&chain(&authority, -299).files(), &trusting(&authority)), 0, &[]);
    // History made again on the last day, back-dated: every record carries a token younger than itself.
    let report = judge(&chain(&authority, 90 * 86_400).files(), &trusting(&authority));
    assert_eq!(report.verdict.exit_code, 1);
    assert!(report.findings.iter().any(|finding| finding.code == Code::TsSkew));
    assert!(!reached(&report).contains(&Rung::Timestamped));
}

#[test]
fn an_authority_that_was_down_is_declared_filled_in_later_and_shown() {
    let authority = Authority::start();
    let build = |omissions: &[Proof]| {
        let mut chain = chain(&authority, 60);
        // The next note could not be stamped at once.
        chain.snapshot("2026-05-04T08:00:00Z");
        chain.omissions = omissions.to_vec();
        chain.snapshot("2026-05-05T08:00:00Z");
        let late = stamp(&authority, &chain, 5, time("2026-05-06T08:00:00Z"));
        chain.tokens.insert(5, late);
        let next = stamp(&authority, &chain, 6, time("2026-05-05T09:00:00Z"));
        chain.tokens.insert(6, next);
        chain.snapshot("2026-05-06T08:00:00Z");
        let newest = stamp(&authority, &chain, 7, time("2026-05-06T09:00:00Z"));
        chain.tokens.insert(7, newest);
        chain
    };
    let all = |mut options: Options| {
        options.period = verify_core::coverage::Period::default();
        options
    };
    let report = judge(&build(&[Proof::Timestamp]).files(), &all(trusting(&authority)));
    // The token that came late, and the record that says so, with its reason.
    expect(&report, 0, &[Code::TsLate]);
    let declared = report.findings.iter().find(|finding| finding.place.sequence == Some(5)).unwrap();
    assert!(declared.found.starts_with("declared: "), "{declared:?}");
    // Record 4 was not seen within a day of its sealing by its own token, nor by the one after it.
    assert!(report.verdict.sentence.contains("timestamped 6 of 7"), "{}", report.verdict.sentence);
    let report = judge(&build(&[]).files(), &all(trusting(&authority)));
    expect(&report, 1, &[Code::TsPresent, Code::TsSkew]);
    assert_eq!(only(&report, Code::TsPresent).place.sequence, Some(5));
}

#[test]
fn a_chain_without_any_token_is_honest_until_an_authority_is_given() {
    let authority = Authority::start();
    let files = standard_signed(1).files();
    expect(&judge(&files, &with_key(1)), 0, &[]);
    expect(&judge(&files, &trusting(&authority)), 1, &[Code::TsPresent]);
}

// What the format tells a person to paste is what these commands do, cosignatures of witnesses or not.
#[test]
fn a_token_is_checked_by_hand_with_the_commands_of_the_format() {
    let authority = Authority::start();
    let mut chain = chain(&authority, 60);
    Signer::witness("witness.example/1", 11)
        .cosign(chain.notes.get_mut(&4).unwrap(), time("2026-05-03T09:00:00Z"));
    let folder = tempfile::tempdir().unwrap();
    let run = |chain: &Chain, root: &Authority| {
        write_files(folder.path(), &chain.files());
        std::fs::write(folder.path().join("root.pem"), root.pem("root")).unwrap();
        let key = Signer::log(&origin("acme"), 1).key.to_string();
        let block = Block::checkpoint().with_key(&key).then(Block::token());
        let (holds, printed) = block.run(folder.path());
        let expected = block.printed();
        assert!(expected.ends_with("\nsame\nVerification: OK\n"), "{expected}");
        (holds, printed == expected, printed)
    };
    let (holds, same, printed) = run(&chain, &authority);
    assert!(holds && same, "{printed}");
    let (holds, same, printed) = run(&chain, &Authority::start());
    assert!(!holds && !same && printed.contains("\nsame\n"), "another authority: {printed}");
    let other = chain.tokens[&3].clone();
    chain.tokens.insert(4, other);
    let (holds, same, printed) = run(&chain, &authority);
    assert!(!holds && !same && printed.contains("\nsame\n"), "the token of another note: {printed}");
}
