//! `verifier verify` with what comes from outside: what it reaches, and every bad input.

use verify_core::checkpoint::write_leaves;
use verify_core::digest::Digest;

use super::authority::Authority;
use super::{Desk, flat, key, rewritten, standard_signed};
use crate::chain::signing::{Signer, signed};
use crate::chain::time;

/// The standard chain ends on 2026-05-05 and lacks a day, so this is as good as it gets.
const UP_TO: [&str; 2] = ["--to", "2026-05-03"];

fn verify<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["verify", "evidence"], &UP_TO[..], more].concat()
}

fn records_on(report: &serde_json::Value, rung: &str) -> u64 {
    let steps = report["assurance"].as_array().unwrap();
    steps.iter().find(|step| step["rung"] == rung).unwrap()["records"].as_u64().unwrap()
}

#[test]
fn keys_and_checkpoints_raise_the_rungs_and_the_report_says_whose() {
    let chain = standard_signed(1);
    let desk = Desk::with(&chain);
    let (code, report) = desk.json(&verify(&[]));
    assert_eq!((code, records_on(&report, "signed")), (0, 0));
    let (code, report) = desk.json(&verify(&["--key", &key(1)]));
    assert_eq!((code, records_on(&report, "signed"), records_on(&report, "anchored")), (0, 6, 0));
    desk.write("q1.checkpoint", chain.notes[&4].to_bytes());
    let (code, report) = desk.json(&verify(&["--key", &key(1), "--checkpoint", "q1.checkpoint"]));
    assert_eq!((code, records_on(&report, "anchored")), (0, 4));
    let (code, told) = desk.answer(&verify(&["--key", &key(1), "--checkpoint", "q1.checkpoint"]));
    assert_eq!(code, 0);
    assert!(flat(&told).contains("q1.checkpoint: 4 records, extended by this chain"), "{told}");
    assert!(
        flat(&told).contains("given by you, for records from 0 on; the evidence names it for 0 to 5"),
        "{told}"
    );
    assert!(flat(&told).contains("verifier checkpoint save evidence --key VKEY --out FILE"), "{told}");
    // Both ways of handing over a key are one.
    desk.write("keys.txt", format!("{}@0-\n\n", key(1)));
    let (code, report) = desk.json(&verify(&["--key-file", "keys.txt"]));
    assert_eq!((code, records_on(&report, "signed")), (0, 6));
}

#[test]
fn a_rewritten_chain_is_green_until_something_was_kept_outside() {
    let desk = Desk::with(&rewritten());
    let chain = standard_signed(1);
    let (code, told) = desk.answer(&verify(&["--key", &key(1)]));
    assert_eq!(code, 0);
    assert!(flat(&told).contains("not anchored"), "{told}");
    desk.write("two", chain.notes[&2].to_bytes());
    desk.write("five", chain.notes[&5].to_bytes());
    let (code, told) =
        desk.answer(&verify(&["--key", &key(1), "--checkpoint", "two", "--checkpoint", "five"]));
    assert_eq!(code, 1);
    assert!(flat(&told).contains("ANCHOR-CHECKPOINT [critical] five"), "{told}");
    assert!(flat(&told).contains("two: 2 records, extended by this chain"), "{told}");
    assert!(flat(&told).contains("five: 5 records, NOT what this chain holds"), "{told}");
    // With the leaf hashes the very record is named.
    let leaves = write_leaves(&chain.leaves()[..5]);
    desk.write("five.leaves", leaves);
    let (code, told) = desk.answer(&verify(&["--checkpoint", "five"]));
    assert_eq!(code, 1);
    assert!(flat(&told).contains("ANCHOR-CHECKPOINT [critical] record 3"), "{told}");
}

#[test]
fn pinned_digests_are_asked_of_every_record_in_their_range_and_listed() {
    let chain = standard_signed(1);
    let desk = Desk::with(&chain);
    let (code, report) = desk.json(&verify(&[]));
    assert_eq!((code, report["pins"].as_array().unwrap().len()), (0, 0));
    // What can be pinned is what the report lists.
    let rules = report["rules"].as_array().unwrap();
    let items: Vec<&str> = rules.iter().map(|row| row["item"].as_str().unwrap()).collect();
    assert_eq!(items, ["policies", "schemas", "profile", "baseline"]);
    let listed: Vec<String> = rules
        .iter()
        .map(|row| format!("{}={}", row["item"].as_str().unwrap(), row["sha256"].as_str().unwrap()))
        .collect();
    let (_, told) = desk.answer(&verify(&[]));
    for row in rules {
        assert!(told.contains(row["sha256"].as_str().unwrap()), "{told}");
    }
    let pins: Vec<&str> = listed.iter().flat_map(|pin| ["--pin", pin.as_str()]).collect();
    let (code, report) = desk.json(&verify(&pins));
    assert_eq!(code, 0);
    let counts: Vec<u64> =
        report["pins"].as_array().unwrap().iter().map(|row| row["records"].as_u64().unwrap()).collect();
    assert_eq!(counts, [6, 6, 6, 2]);
    let other = format!("policies={}@2-3", Digest::of(b"other"));
    let (code, told) = desk.answer(&verify(&["--pin", &other]));
    assert_eq!(code, 1);
    let told = flat(&told);
    assert!(
        told.contains("POLICY-PIN [critical] record 2") && told.contains("POLICY-PIN [critical] record 3"),
        "{told}"
    );
    assert!(!told.contains("POLICY-PIN [critical] record 4"), "{told}");
    assert!(told.contains("at records 2 to 3: stated by 0 records"), "{told}");
    for (bad, part) in [
        ("policies", "expected one of policies, schemas, profile, baseline and =SHA256"),
        ("schedule=00", "expected one of policies, schemas, profile, baseline and =SHA256"),
        ("profile=00", "expected 64 hex digits, found 2"),
        (&other.replace("2-3", "3-2"), "as @FROM-TO or @FROM-, rising, found @3-2"),
    ] {
        desk.refuses(&verify(&["--pin", bad]), 2, &["--pin", part]);
    }
}

#[test]
fn witnesses_are_counted() {
    let mut chain = standard_signed(1);
    let witnesses = [Signer::witness("one.example", 41), Signer::witness("two.example", 42)];
    witnesses[0].cosign(chain.notes.get_mut(&5).unwrap(), time("2026-05-05T09:00:00Z"));
    let desk = Desk::with(&chain);
    let [one, two] = witnesses.map(|witness| witness.key.to_string());
    let both = ["--key", &key(1), "--witness", &one, "--witness", &two];
    let (code, told) = desk.answer(&verify(&both));
    assert_eq!(code, 1);
    assert!(flat(&told).contains("ANCHOR-WITNESS [high]"), "{told}");
    let (code, told) = desk.answer(&verify(&[&both[..], &["--quorum", "1"]].concat()));
    assert_eq!(code, 0);
    assert!(flat(&told).contains("one.example cosigned 5 records on 2026-05-05 09:00 UTC"), "{told}");
}

#[test]
fn tokens_of_a_given_authority_are_judged() {
    let authority = Authority::start();
    let mut chain = standard_signed(1);
    let imprint = Digest::of(&chain.notes[&5].imprint_bytes());
    chain.tokens.insert(5, authority.stamp(imprint.as_bytes()));
    let desk = Desk::with(&chain);
    desk.write("root.pem", authority.pem("root"));
    // The token is of today, the records are not: nobody may call that in time.
    let given = ["--key", &key(1), "--tsa", "root.pem"];
    let (code, told) = desk.answer(&verify(&given));
    assert_eq!(code, 1);
    assert!(flat(&told).contains("TS-SKEW [high]"), "{told}");
    let (code, report) =
        desk.json(&verify(&[&given[..], &["--time-lag", "3650d", "--only", "time,signatures"]].concat()));
    assert!(
        report["proofs"]["stamps"]["valid"] == 1 && report["proofs"]["stamps"]["tokens"] == 1,
        "{code}: {report:#}"
    );
    assert!(records_on(&report, "timestamped") > 0);
}

#[test]
fn what_is_required_and_not_reached_is_inconclusive_and_says_why() {
    let desk = Desk::with(&standard_signed(1));
    for (rung, why) in [
        ("signed", "no key was given from outside (--key)"),
        ("timestamped", "no authority was given (--tsa)"),
        ("anchored", "no checkpoint kept outside was given (--checkpoint)"),
        ("locked", "a folder"),
    ] {
        let (code, told) = desk.answer(&verify(&["--require", rung]));
        let told = flat(&told);
        assert_eq!(code, 5, "{rung}: {told}");
        assert!(told.starts_with("INCONCLUSIVE (exit code 5)") && told.contains(why), "{rung}: {told}");
    }
    let (code, _) = desk.answer(&verify(&["--key", &key(1), "--require", "signed"]));
    assert_eq!(code, 0);
}

#[test]
fn structural_is_what_the_second_implementation_checks() {
    let desk = Desk::with(&standard_signed(1));
    let (code, report) = desk.json(&verify(&["--only", "structural", "--key", &key(1)]));
    assert_eq!(code, 0);
    let evaluated = |code: &str| {
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["code"] == code).unwrap();
        check["passed"].as_u64().unwrap() + check["failed"].as_u64().unwrap()
    };
    assert!(evaluated("SIG-KEY") > 0 && evaluated("PKG-HASH-MEMBER") > 0);
    assert_eq!((evaluated("POLICY-REPLAY"), evaluated("SCHEMA-SNAPSHOT")), (0, 0));
}

#[test]
fn every_bad_input_is_wrong_usage_that_says_what_was_expected() {
    let chain = standard_signed(1);
    let desk = Desk::with(&chain);
    let witness = Signer::witness("one.example", 41).key.to_string();
    desk.write("nothing", "");
    desk.write("words", "hello\n");
    desk.write("keys.txt", format!("{}\nhello\n", key(1)));
    desk.write("large", vec![b'x'; 70_000]);
    desk.write("kept", chain.notes[&3].to_bytes());
    desk.write("kept.leaves", "hello\n");
    desk.write("short", chain.notes[&3].to_bytes());
    desk.write("short.leaves", write_leaves(&chain.leaves()[..2]));
    desk.write("other", chain.notes[&3].to_bytes());
    desk.write("other.leaves", write_leaves(&chain.leaves()[1..4]));
    let log = key(1);
    for (arguments, parts) in [
        (vec!["--key", "hello"], vec!["--key", "expected <name>+<8 hex digits>+<base64>"]),
        (vec!["--key", &witness], vec!["--witness"]),
        (vec!["--witness", &log], vec!["give it with --key"]),
        (vec!["--key-file", "absent"], vec!["cannot read absent", "verifier keys"]),
        (vec!["--key-file", "nothing"], vec!["nothing: expected at least one verifier key, found none"]),
        (vec!["--key-file", "keys.txt"], vec!["keys.txt: line 2: expected <name>+"]),
        (vec!["--checkpoint", "absent"], vec!["cannot read absent", "a checkpoint"]),
        (vec!["--checkpoint", "evidence"], vec!["cannot read evidence"]),
        (vec!["--checkpoint", "words"], vec!["words: expected a checkpoint"]),
        (vec!["--checkpoint", "large"], vec!["large: expected a checkpoint in at most 65536 bytes"]),
        (vec!["--checkpoint", "kept"], vec!["kept.leaves: expected kept leaf hashes"]),
        (vec!["--checkpoint", "short"], vec!["short.leaves does not belong to short", "expected 3, found 2"]),
        (vec!["--checkpoint", "other"], vec!["other.leaves does not belong to other", "expected the root"]),
        (vec!["--quorum", "1"], vec!["--witness"]),
        (vec!["--witness", &witness, "--quorum", "2"], vec!["expected a number from 1 to 1", "found 2"]),
        (vec!["--witness", &witness, "--quorum", "0"], vec!["expected a number from 1 to 1", "found 0"]),
        (vec!["--tsa", "absent"], vec!["cannot read absent", "certificates"]),
        (vec!["--tsa", "words"], vec!["words: expected certificates", "found none"]),
        (vec!["--time-lag", "24"], vec!["e.g. 90m, 24h or 7d"]),
        (vec!["--require", "hashed"], vec!["expected some of signed, timestamped, anchored, locked"]),
        (vec!["--only", "sigs"], vec!["signatures, anchors, time, locks, structural"]),
    ] {
        desk.refuses(&verify(&arguments), 2, &parts);
    }
}

#[test]
fn a_foreign_key_makes_an_unknown_author() {
    let desk = Desk::with(&standard_signed(1));
    let (code, told) = desk.answer(&verify(&["--key", &key(2)]));
    assert_eq!(code, 1);
    assert!(flat(&told).contains("SIG-KEY [critical]"), "{told}");
    // A checkpoint of another chain is no anchor of this one.
    let other = Signer::log("evidence.example.com/other/production", 3);
    let mut checkpoint = standard_signed(1).checkpoint(3);
    checkpoint.origin = "evidence.example.com/other/production".parse().unwrap();
    desk.write("foreign", signed(&checkpoint, &[&other]).to_bytes());
    let (code, told) = desk.answer(&verify(&["--checkpoint", "foreign"]));
    assert_eq!(code, 1);
    assert!(flat(&told).contains("foreign: 3 records, of another chain"), "{told}");
}

/// A rewritten chain must not be green with the copies in hand that were taken from it.
#[test]
fn nothing_is_taken_from_inside_the_evidence() {
    let chain = standard_signed(1);
    let desk = Desk::with(&chain);
    desk.write("evidence/mine", chain.notes[&4].to_bytes());
    desk.write("kept", chain.notes[&4].to_bytes());
    desk.write("evidence/keys", key(1));
    desk.write("evidence/root.pem", "hello");
    std::os::unix::fs::symlink(desk.path("evidence/mine"), desk.path("link")).unwrap();
    for (option, file) in [
        ("--checkpoint", "evidence/mine"),
        ("--checkpoint", "evidence/chain/../mine"),
        ("--checkpoint", "link"),
        ("--key-file", "evidence/keys"),
        ("--tsa", "evidence/root.pem"),
    ] {
        let parts = [option, file, "lies inside of the evidence", "keep your copy outside"];
        desk.refuses(&verify(&[option, file]), 2, &parts);
        desk.refuses(&["drill", "evidence", option, file], 2, &parts);
        desk.refuses(&["checkpoint", "save", "evidence", "--out", "new", option, file], 2, &parts);
        desk.refuses(&["prove", "evidence", "--records", "3", "--out", "new", option, file], 2, &parts);
        desk.refuses(&["export", "evidence", "--out", "new", option, file], 2, &parts);
    }
    desk.write("evidence/leaves", write_leaves(&chain.leaves()[..4]));
    std::os::unix::fs::symlink(desk.path("evidence/leaves"), desk.path("kept.leaves")).unwrap();
    desk.refuses(&verify(&["--checkpoint", "kept"]), 2, &["kept.leaves lies inside of the evidence"]);
    assert!(!desk.path("new").exists());
}

/// `--only` must not turn a failure green by leaving out the check that would show it.
#[test]
fn what_is_given_is_judged_or_refused() {
    let chain = standard_signed(1);
    let desk = Desk::with(&chain);
    desk.write("kept", chain.notes[&4].to_bytes());
    desk.write("keys", key(1));
    desk.write("root.pem", Authority::start().pem("root"));
    let (log, foreign) = (key(1), key(2));
    let witness = Signer::witness("one.example", 41).key.to_string();
    let pin = format!("policies={}", Digest::of(b"other"));
    for (given, only, parts) in [
        (
            ["--key", &foreign],
            "chain",
            ["--key was given, but --only leaves out signatures", "add signatures"],
        ),
        (["--key-file", "keys"], "time", ["--key-file was given", "add signatures"]),
        (["--checkpoint", "kept"], "structure", ["--only leaves out anchors", "add anchors to --only"]),
        (["--witness", &witness], "signatures", ["--only leaves out anchors", "add anchors to --only"]),
        (["--witness", &witness], "structural", ["--only structural leaves out ANCHOR-WITNESS", "--witness"]),
        (["--tsa", "root.pem"], "signatures", ["--only leaves out time", "add time to --only"]),
        (["--tsa", "root.pem"], "structural", ["--only structural leaves out TS-VALID", "verify.py"]),
        (["--pin", &pin], "chain", ["--only leaves out rules", "add rules to --only"]),
    ] {
        desk.refuses(&verify(&[&given[..], &["--only", only]].concat()), 2, &parts);
    }
    let (code, _) = desk.answer(&verify(&["--key", &foreign, "--only", "chain,signatures"]));
    assert_eq!(code, 1);
    // The head is judged with the chain, which always runs.
    let head = format!("5:{}", chain.links[4].digest());
    let (code, told) = desk.answer(&verify(&["--head", &head, "--only", "structure"]));
    assert!(code == 1 && told.contains("ANCHOR-HEAD"), "{told}");
    for only in ["structure", "structural"] {
        let save = ["checkpoint", "save", "evidence", "--out", "new", "--key", &log, "--only", only];
        desk.refuses(&save, 2, &["--only was given, but what is kept rests on the whole verification"]);
        let prove = ["prove", "evidence", "--records", "3", "--out", "new", "--key", &log, "--only", only];
        desk.refuses(&prove, 2, &["--only was given, but a proof rests on the whole verification"]);
    }
    let save = ["checkpoint", "save", "evidence", "--out", "new", "--pin", &pin];
    desk.refuses(&save, 1, &["nothing was kept", "POLICY-PIN"]);
    assert!(!desk.path("new").exists());
}

/// Later records cannot be anchored yet: what is demanded is what can be, and the verdict says how far it reaches.
#[test]
fn anchored_is_demanded_up_to_the_newest_checkpoint_given() {
    let chain = standard_signed(1);
    let desk = Desk::with(&chain);
    desk.write("two", chain.notes[&2].to_bytes());
    desk.write("four", chain.notes[&4].to_bytes());
    let (code, told) =
        desk.answer(&verify(&["--checkpoint", "two", "--checkpoint", "four", "--require", "anchored"]));
    assert_eq!(code, 0, "{told}");
    assert!(flat(&told).contains("anchored up to record 3;"), "{told}");
    let (_, help) = desk.answer(&["verify", "--help"]);
    assert!(flat(&help).contains("up to the newest checkpoint given"), "{help}");
    assert!(flat(&help).contains("counts only with --key"), "{help}");
}
