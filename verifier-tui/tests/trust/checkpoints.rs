//! `verifier checkpoint save|show|compare`.

use std::process::Command;

use verify_core::checkpoint::write_leaves;

use super::{Desk, files_below, flat, key, rewritten, standard_signed, text};
use crate::chain::signing::Signer;
use crate::chain::{standard, time};

fn save<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["checkpoint", "save", "evidence", "--out", out], more].concat()
}

#[test]
fn the_newest_note_is_kept_byte_for_byte_and_serves_next_time() {
    let chain = standard_signed(1);
    let desk = Desk::with(&chain);
    let before = files_below(&desk.path("evidence"));
    let (code, told) = desk.answer(&save("q1", &["--key", &key(1), "--leaves"]));
    assert_eq!(code, 0, "{told}");
    assert!(
        told.starts_with("kept         q1: 6 records of evidence.example.com/acme/production\n"),
        "{told}"
    );
    assert!(told.contains("record 5, sealed 2026-05-05 08:06 UTC"), "{told}");
    assert!(told.contains("as signed in the evidence, by a key you gave"), "{told}");
    assert!(told.contains(&chain.checkpoint(6).root.to_string()), "{told}");
    assert_eq!(desk.read("q1"), chain.notes[&6].to_bytes());
    let leaves = write_leaves(&chain.leaves());
    assert_eq!(text(&desk.read("q1.leaves")), leaves);
    assert_eq!(files_below(&desk.path("evidence")), before, "nothing is written beside the evidence");
    // The command that is printed is the one that works.
    let next = told.lines().last().unwrap().trim().strip_prefix("verifier ").unwrap();
    let output = desk.run(&next.split(' ').collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(3), "{next}: {}", text(&output.stderr));
    assert!(
        text(&output.stdout).contains("q1: 6 records, extended by this chain"),
        "{}",
        text(&output.stdout)
    );
}

#[test]
fn fields_for_machines_are_stable() {
    let chain = standard_signed(1);
    let desk = Desk::with(&chain);
    let (code, saved) = desk.json(&save("q1", &[]));
    assert_eq!(code, 0);
    let expected = serde_json::json!({
        "file": "q1", "leaves_file": null, "origin": "evidence.example.com/acme/production", "size": 6,
        "root_sha256": chain.checkpoint(6).root, "signed": true, "key_given": false,
        "head": {"sequence": 5, "manifest_sha256": chain.links[5].digest(), "sealed_utc": "2026-05-05T08:06:00Z"},
        "next": "verifier verify evidence --checkpoint q1", "exit_code": 0
    });
    assert_eq!(saved, expected);
    let (code, shown) = desk.json(&["checkpoint", "show", "q1", "--key", &key(1)]);
    let signer = Signer::log("evidence.example.com/acme/production", 1).key;
    let expected = serde_json::json!({
        "file": "q1", "origin": "evidence.example.com/acme/production", "size": 6,
        "root_sha256": chain.checkpoint(6).root, "leaves": null, "not_signed_by": [], "exit_code": 0,
        "signatures": [{"name": signer.name(), "key_id": signer.id().to_string(), "kind": "log", "state": "holds",
            "time_utc": null, "reason": null}]
    });
    assert_eq!((code, shown), (0, expected));
    let (code, compared) = desk.json(&["checkpoint", "compare", "q1", "q1"]);
    let side = serde_json::json!({"file": "q1", "origin": "evidence.example.com/acme/production", "size": 6,
        "root_sha256": chain.checkpoint(6).root, "leaves": null});
    let expected = serde_json::json!({"relation": "same", "smaller": side, "larger": side, "first_difference": null,
        "exit_code": 0});
    assert_eq!((code, compared), (0, expected));
}

#[test]
fn an_unsigned_chain_is_kept_as_three_lines_and_still_shows_a_rewrite() {
    let chain = standard();
    let desk = Desk::with(&chain);
    let (code, told) = desk.answer(&save("q1", &[]));
    assert_eq!(code, 0);
    assert!(told.contains("not signed: the evidence holds no sound note of this size"), "{told}");
    let kept = desk.read("q1");
    assert_eq!(text(&kept), format!("{}\n", chain.checkpoint(6).text()));
    let mut other = standard();
    other.rewrite_from(5, |manifest| manifest.tool.version.push('1'));
    desk.deliver("rewritten", &other);
    let (code, told) = desk.answer(&["verify", "rewritten", "--checkpoint", "q1"]);
    assert_eq!(code, 1);
    assert!(told.contains("ANCHOR-CHECKPOINT [critical] q1"), "{told}");
}

#[test]
fn nothing_is_kept_of_a_chain_that_does_not_hold() {
    let desk = Desk::with(&standard_signed(1));
    let first = standard_signed(1).notes[&4].to_bytes();
    desk.write("q1", first);
    desk.deliver("rewritten", &rewritten());
    let arguments = ["checkpoint", "save", "rewritten", "--checkpoint", "q1", "--out", "q2", "--leaves"];
    desk.refuses(&arguments, 1, &["nothing was kept", "ANCHOR-CHECKPOINT"]);
    let foreign = key(2);
    desk.refuses(&save("q2", &["--key", &foreign]), 1, &["nothing was kept", "SIG-KEY"]);
    let gone = desk.path("evidence/chain/0000000002.json");
    std::fs::remove_file(gone).unwrap();
    desk.refuses(&save("q2", &[]), 1, &["nothing was kept", "CHAIN-COPY"]);
    let head = format!("99:{}", standard_signed(1).links[0].digest());
    let whole = Desk::with(&standard_signed(1));
    whole.refuses(&save("q2", &["--head", &head]), 3, &["nothing was kept", "CHAIN-TRUNCATED"]);
    whole.refuses(
        &["checkpoint", "save", "absent", "--out", "q2"],
        5,
        &["there is no folder or file absent"],
    );
    assert_eq!(files_below(desk.folder.path()).iter().filter(|name| name.starts_with("q2")).count(), 0);
}

#[test]
fn nothing_is_written_over_or_into_the_evidence() {
    let desk = Desk::with(&standard_signed(1));
    desk.write("old", "mine");
    desk.refuses(&save("old", &[]), 2, &["old exists already"]);
    assert_eq!(desk.read("old"), b"mine");
    desk.write("new.leaves", "mine");
    desk.refuses(&save("new", &["--leaves"]), 2, &["new.leaves exists already"]);
    desk.refuses(&save("evidence/new", &[]), 2, &["lies inside of the evidence"]);
    desk.refuses(&save("evidence/chain/../packages/new", &[]), 2, &["lies inside of the evidence"]);
    desk.refuses(&save("absent/new", &[]), 2, &["cannot write absent/new"]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(desk.path("evidence"), desk.path("elsewhere")).unwrap();
        desk.refuses(&save("elsewhere/new", &[]), 2, &["lies inside of the evidence"]);
        std::os::unix::fs::symlink(desk.path("nowhere"), desk.path("link")).unwrap();
        desk.refuses(&save("link", &[]), 2, &["link exists already"]);
    }
    assert!(!desk.path("new").exists());
}

#[test]
fn a_checkpoint_is_shown_with_who_signed_it() {
    let mut chain = standard_signed(1);
    let witness = Signer::witness("one.example", 41);
    witness.cosign(chain.notes.get_mut(&6).unwrap(), time("2026-05-05T09:00:00Z"));
    let desk = Desk::with(&chain);
    desk.write("kept", chain.notes[&6].to_bytes());
    let (code, told) = desk.answer(&["checkpoint", "show", "kept"]);
    assert_eq!(code, 0);
    let plain = flat(&told);
    assert!(
        plain.contains("size 6 records: 0 to 5") && plain.contains("not checked: no such key was given"),
        "{told}"
    );
    assert!(plain.contains("leaves none kept beside it"), "{told}");
    let cosigner = witness.key.to_string();
    let (code, told) = desk.answer(&["checkpoint", "show", "kept", "--key", &key(1), "--witness", &cosigner]);
    assert_eq!(code, 0);
    let plain = flat(&told);
    assert!(plain.contains("holds, by the key you gave"), "{told}");
    assert!(plain.contains("holds, by the witness you gave, who saw it 2026-05-05 09:00 UTC"), "{told}");
    let (code, told) = desk.answer(&["checkpoint", "show", "kept", "--key", &key(2)]);
    assert_eq!(code, 1);
    assert!(told.contains("NOT SIGNED   by evidence.example.com/acme/production"), "{told}");
    // One character of the root is another: the signature is over other lines.
    let forged = text(&chain.notes[&6].to_bytes()).replacen("\n6\n", "\n7\n", 1);
    desk.write("forged", forged);
    let (code, told) = desk.answer(&["checkpoint", "show", "forged", "--key", &key(1)]);
    assert_eq!(code, 1);
    assert!(flat(&told).contains("BAD: the Ed25519 signature does not verify"), "{told}");
    desk.write("words", "hello\n");
    desk.refuses(&["checkpoint", "show", "words"], 2, &["words: expected a checkpoint"]);
}

/// The steps that are printed are typed as they stand, and openssl agrees; over another size it does not.
#[test]
fn openssl_verifies_a_saved_checkpoint_with_the_printed_steps() {
    let desk = Desk::with(&standard_signed(1));
    let (code, _) = desk.answer(&save("my q1.checkpoint", &["--key", &key(1)]));
    assert_eq!(code, 0);
    let steps = |desk: &Desk| -> String {
        let (_, told) = desk.answer(&["checkpoint", "show", "my q1.checkpoint", "--key", &key(1)]);
        let by_hand = told.split("BY HAND").nth(1).unwrap().to_owned();
        by_hand.lines().skip(1).map(str::trim).collect::<Vec<_>>().join("\n")
    };
    let typed = |script: &str| {
        Command::new("sh").args(["-ec", script]).current_dir(desk.folder.path()).output().unwrap()
    };
    let script = steps(&desk);
    let output = typed(&script);
    assert!(output.status.success(), "{script}\n{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("Signature Verified Successfully"), "{}", text(&output.stdout));
    let forged = text(&desk.read("my q1.checkpoint")).replacen("\n6\n", "\n7\n", 1);
    desk.write("my q1.checkpoint", forged);
    assert!(!typed(&script).status.success());
}

#[test]
fn two_checkpoints_are_compared() {
    let chain = standard_signed(1);
    let desk = Desk::with(&chain);
    desk.deliver("rewritten", &rewritten());
    let (code, _) = desk.answer(&save("new", &["--leaves"]));
    assert_eq!(code, 0);
    let (code, _) = desk.answer(&["checkpoint", "save", "rewritten", "--out", "other", "--leaves"]);
    assert_eq!(code, 0);
    desk.write("old", chain.notes[&3].to_bytes());
    desk.write("older", chain.notes[&2].to_bytes());
    for (first, second, code, part) in [
        ("old", "new", 0, "EXTENDS: new (6 records) continues exactly the 3 records that old pins"),
        ("new", "old", 0, "EXTENDS: new (6 records)"),
        ("new", "new", 0, "SAME: new and new pin the same 6 records"),
        ("new", "other", 1, "FORK: new and other pin two different histories"),
        ("older", "old", 5, "verifier verify PATH --checkpoint older --checkpoint old"),
    ] {
        let (found, told) = desk.answer(&["checkpoint", "compare", first, second]);
        assert_eq!(found, code, "{told}");
        assert!(told.contains(part), "{told}");
    }
    let (_, told) = desk.answer(&["checkpoint", "compare", "new", "other"]);
    assert!(told.contains("the first record that differs is 3"), "{told}");
    desk.refuses(&["checkpoint", "compare", "new"], 2, &["B"]);
    desk.refuses(&["checkpoint", "compare", "new", "absent"], 2, &["cannot read absent"]);
    desk.refuses(&["checkpoint"], 2, &["save, show, compare"]);
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_says_what_was() {
    let desk = Desk::with(&standard_signed(1));
    let told = |arguments: &[&str]| {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_verifier"));
        let output = command.args(arguments).current_dir(desk.folder.path()).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(70));
        text(&output.stderr).to_owned()
    };
    let saved = told(&save("q1", &["--leaves"]));
    assert!(saved.contains("; written before: q1 and q1.leaves\n"), "{saved}");
    assert!(desk.path("q1").exists() && desk.path("q1.leaves").exists());
    let proven = told(&["prove", "evidence", "--records", "3", "--out", "sample"]);
    assert!(proven.contains("; written before: sample\n"), "{proven}");
}
