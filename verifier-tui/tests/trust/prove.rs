//! `verifier prove`: a sample replays as in the whole chain, and what is not of the chain shows.

use std::fs;

use serde_json::Value;

use super::{Desk, files_below, key, standard_signed, text};
use crate::chain::standard;

fn prove<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["prove", "evidence", "--out", "sample"], more].concat()
}

/// Passed, failed and not evaluated places of a check.
fn check(report: &Value, code: &str) -> (u64, u64, u64) {
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["code"] == code).unwrap();
    let number = |field: &str| check[field].as_u64().unwrap();
    (number("passed"), number("failed"), number("not_evaluated"))
}

fn rungs(report: &Value, sequence: u64) -> String {
    let records = report["records"].as_array().unwrap();
    let record = records.iter().find(|record| record["sequence"] == sequence).unwrap();
    record["rungs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rung| rung.as_str().unwrap())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn a_sample_holds_what_its_replays_need_and_nothing_else() {
    let desk = Desk::with(&standard_signed(1));
    let (code, told) = desk.answer(&prove(&["--key", &key(1), "--records", "3"]));
    assert_eq!(code, 0, "{told}");
    assert!(
        told.contains("written      sample: 4 records of 6") && told.contains("sampled      3\n"),
        "{told}"
    );
    assert!(told.contains("beside       0-2: "), "{told}");
    assert!(told.replace('\n', " ").contains("sampled: 4 of 6 records"), "{told}");
    let expected: Vec<String> = (0..4)
        .map(|sequence| format!("chain/{sequence:010}.json"))
        .chain((0..4).map(|sequence| format!("chain/{sequence:010}.tlog-proof")))
        .chain((0..4).map(|sequence| format!("packages/{sequence}.zip")))
        .collect();
    let mut expected = expected;
    expected.sort();
    assert_eq!(files_below(&desk.path("sample")), expected);
    // The command that is printed is the one that works.
    let next = told.lines().last().unwrap().trim().strip_prefix("verifier ").unwrap();
    let (code, report) = desk.json(&next.split(' ').collect::<Vec<_>>());
    assert_eq!(code, 0);
    assert_eq!(report["bundle"], serde_json::json!({"records": 4, "of": 6}));
    assert_eq!(report["coverage"]["expected"], 0);
}

#[test]
fn replays_in_the_sample_end_as_in_the_whole_chain() {
    let desk = Desk::with(&standard_signed(1));
    let given = ["--key", &key(1)];
    let (_, whole) = desk.json(&[&["verify", "evidence"], &given[..]].concat());
    let (code, _) = desk.answer(&prove(&[&given[..], &["--sample", "2", "--seed", "2026"]].concat()));
    assert_eq!(code, 0);
    let (code, sample) = desk.json(&[&["verify", "sample"], &given[..]].concat());
    assert_eq!(code, 0);
    let (_, drawn) = {
        fs::rename(desk.path("sample"), desk.path("first")).unwrap();
        desk.json(&prove(&[&given[..], &["--sample", "2", "--seed", "2026"]].concat()))
    };
    assert_eq!(files_below(&desk.path("first")), files_below(&desk.path("sample")), "a draw can be repeated");
    let sampled: Vec<u64> =
        drawn["sampled"].as_array().unwrap().iter().map(|it| it.as_u64().unwrap()).collect();
    assert_eq!(sampled.len(), 2);
    for sequence in sampled {
        assert_eq!(rungs(&sample, sequence), rungs(&whole, sequence), "record {sequence}");
        assert!(rungs(&sample, sequence).ends_with("signed re_performed"), "record {sequence}");
    }
    assert_eq!(check(&sample, "DRIFT-REPLAY").1, 0);
    assert!(check(&sample, "DRIFT-REPLAY").0 > 0 && check(&sample, "POLICY-REPLAY").0 > 0);
}

#[test]
fn the_draw_is_the_one_that_the_help_states() {
    let desk = Desk::with(&standard_signed(1));
    let (_, drawn) = desk.json(&prove(&["--sample", "1", "--seed", "2026"]));
    // printf '2026 N' | sha256sum for the snapshots 1, 3 and 5.
    let smallest = [1_u64, 3, 5].into_iter().min_by_key(|sequence| {
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("printf '2026 {sequence}' | sha256sum")])
            .output()
            .unwrap();
        text(&output.stdout).to_owned()
    });
    assert_eq!(drawn["sampled"], serde_json::json!([smallest.unwrap()]));
}

#[test]
fn a_removed_package_is_not_evaluated_and_a_foreign_one_is_no_member() {
    let desk = Desk::with(&standard_signed(1));
    let given = ["--key", &key(1)];
    let (code, _) = desk.answer(&prove(&[&given[..], &["--records", "3"]].concat()));
    assert_eq!(code, 0);
    let verify = [&["verify", "sample"], &given[..]].concat();
    for name in ["chain/0000000001.json", "chain/0000000001.tlog-proof", "packages/1.zip"] {
        fs::remove_file(desk.path("sample").join(name)).unwrap();
    }
    let (code, report) = desk.json(&verify);
    assert_eq!(code, 0);
    assert_eq!(check(&report, "DRIFT-REPLAY").0, 0);
    assert!(check(&report, "DRIFT-REPLAY").2 > 0);
    // A record of the same tenant that was rewritten afterwards: right hashes, wrong history.
    let other = super::rewritten();
    fs::write(desk.path("sample/chain/0000000003.json"), &other.links[3].commit).unwrap();
    fs::write(desk.path("sample/packages/3.zip"), &other.links[3].package).unwrap();
    let (code, told) = desk.answer(&verify);
    assert_eq!(code, 1);
    assert!(told.contains("SIG-BIND [critical] record 3"), "{told}");
}

#[test]
fn what_cannot_be_proven_is_refused() {
    let desk = Desk::with(&standard_signed(1));
    let keyed = key(1);
    desk.refuses(&prove(&[]), 2, &["--records", "--sample"]);
    desk.refuses(&prove(&["--records", "3", "--sample", "1", "--seed", "x"]), 2, &["cannot be used with"]);
    desk.refuses(&prove(&["--sample", "1"]), 2, &["--seed"]);
    desk.refuses(&prove(&["--sample", "9", "--seed", "x"]), 2, &["expected a number from 1 to 3", "found 9"]);
    desk.refuses(&prove(&["--records", "6"]), 2, &["record 6 is not covered", "covers 6 records"]);
    desk.refuses(&prove(&["--records", "5-3"]), 2, &["in rising order"]);
    desk.refuses(&prove(&["--records", "3", "--key", &key(2)]), 1, &["nothing was written", "SIG-KEY"]);
    desk.refuses(
        &["prove", "evidence", "--records", "3", "--out", "evidence/sample"],
        2,
        &["inside of the evidence"],
    );
    assert!(!desk.path("sample").exists());
    let (code, _) = desk.answer(&prove(&["--records", "3", "--key", &keyed]));
    assert_eq!(code, 0);
    desk.refuses(&prove(&["--records", "3"]), 2, &["sample exists already"]);
    desk.refuses(&["prove", "sample", "--records", "3", "--out", "again"], 2, &["this is a sample already"]);
    desk.refuses(&["checkpoint", "save", "sample", "--out", "again"], 5, &["this is a sample, not a chain"]);
    let unsigned = Desk::with(&standard());
    unsigned.refuses(&prove(&["--records", "3"]), 2, &["holds no signed checkpoint"]);
}

/// What a sample does not claim cannot be attacked in it; whatever changes a record still is.
#[test]
fn a_drill_of_a_sample_asks_for_nothing_that_a_sample_does_not_claim() {
    let desk = Desk::with(&standard_signed(1));
    let (code, _) = desk.answer(&prove(&["--key", &key(1), "--records", "3"]));
    assert_eq!(code, 0);
    let (code, report) = desk.json(&["drill", "sample", "--key", &key(1)]);
    let ended = |outcome: &str| -> Vec<&Value> {
        let attacks = report["attacks"].as_array().unwrap().iter();
        attacks.filter(|attack| attack["outcome"] == outcome).collect()
    };
    assert_eq!((ended("missed").len(), ended("error").len(), code), (0, 0, 0), "{:#?}", ended("missed"));
    let unclaimed: Vec<&str> = ended("not_evaluated")
        .into_iter()
        .filter(|attack| attack["reason"] == "a sample does not claim it")
        .map(|attack| attack["name"].as_str().unwrap())
        .collect();
    for name in ["removed-record", "removed-genesis", "removed-and-relinked", "weakened-policy", "cut-tail"] {
        assert!(unclaimed.contains(&name), "{name}: {unclaimed:?}");
    }
    assert!(ended("caught").iter().any(|attack| attack["name"] == "flipped-byte"));
}

#[test]
fn a_drill_of_one_package_attacks_no_chain() {
    let chain = standard_signed(1);
    let desk = Desk::with(&chain);
    desk.write("one.zip", &chain.links[3].package);
    let (code, report) = desk.json(&["drill", "one.zip"]);
    let attacks = report["attacks"].as_array().unwrap();
    for attack in attacks {
        assert!(attack["outcome"] != "missed" && attack["outcome"] != "error", "{attack:#}");
    }
    let named = |name: &str| attacks.iter().find(|attack| attack["name"] == name).unwrap();
    assert_eq!(named("fork")["reason"], "one package alone is no chain");
    assert_eq!(code, 0);
}

/// F-25: the name makes it a package, in a folder or alone.
#[test]
fn one_file_named_zip_is_judged_as_a_package() {
    let chain = standard_signed(1);
    let desk = Desk::with(&chain);
    let package = [b"#!/bin/sh\n", chain.links[3].package.as_slice()].concat();
    for name in ["pre.zip", "pre.ZIP"] {
        desk.write(name, &package);
        let (code, told) = desk.answer(&["verify", name]);
        assert_eq!(code, 1, "{told}");
        assert!(told.contains("PKG-ZIP-PREFIX"), "{told}");
    }
    desk.write("whole.zip", &chain.links[3].package);
    let (code, told) = desk.answer(&["verify", "whole.zip"]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("judged alone"), "{told}");
    desk.write("pre.bin", "hello");
    desk.refuses(&["verify", "pre.bin"], 5, &["the file is neither a package nor a manifest"]);
}
