//! A bucket that cannot be reached, as people see it: what the program says, and how it ends.

use serde_json::Value;

use super::doctor::{doctor, place};
use super::place::{CONFIG, DECISION, Place};
use super::seaweed::SERVER;

fn run(place: &Place, arguments: &[&str], expected: i32) -> String {
    let output = place.run(&[arguments, &CONFIG[..]].concat());
    let told = String::from_utf8(output.stdout).unwrap();
    let why = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(expected), "{arguments:?}: {told}{why}");
    told + &why
}

#[test]
fn a_bucket_out_of_reach_is_told_and_made_up_for() {
    let bucket = SERVER.bucket();
    let place = place(&bucket, &SERVER.address());
    assert!(run(&place, &["store", "flush"], 2).contains("no spool is configured"));
    place.edit("# spool = \"/var/lib/collector/spool\"", "spool = \"spool\"");
    assert!(run(&place, &["store", "flush"], 0).contains("nothing waits in the spool"));
    let told = run(&place, &["collect"], 3);
    assert!(told.contains("as record 1\ntime      sealed 2") && told.contains(", stored 2"), "{told}");

    // Nobody listens on port 9 of this machine.
    let (there, nowhere) =
        (format!("endpoint_url = \"{}\"", SERVER.address()), "endpoint_url = \"http://127.0.0.1:9\"");
    place.edit(&there, nowhere);
    let told = run(&place, &["collect"], 4);
    assert!(told.contains("into the spool, not stored yet; it is to become record 2"), "{told}");
    assert!(told.contains(", stored not yet\n") && told.contains("spool     1 cycle waits in "), "{told}");
    let output = place.run(&[&["collect", "--format", "json"], &CONFIG[..]].concat());
    assert_eq!(output.status.code(), Some(4));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document["sealed_utc"].is_string() && document["stored_utc"].is_null(), "{document}");
    assert_eq!(document["spool"]["waiting"], 2);
    assert!(document["spool"]["away"].as_str().unwrap().contains("cannot be reached"), "{document}");
    assert_eq!(document["omissions"][0]["proof"], "store", "{document}");
    let refused = run(&place, &[&["approve", "schedule"], &DECISION[..]].concat(), 4);
    assert!(
        refused.contains("only cycles wait in a spool") && refused.contains("hint: run again"),
        "{refused}"
    );
    assert!(run(&place, &["store", "flush"], 4).contains("spool     2 cycles wait in "));

    place.edit(nowhere, &there);
    let (told, checks) = doctor(&place, 1);
    let spool = checks.iter().find(|check| check["name"] == "spool").unwrap();
    assert!(spool["answer"] == "missing" && told.contains("2 cycles wait, sealed 2"), "{told}");
    let told = run(&place, &["store", "flush"], 0);
    for record in 2..=3 {
        assert!(told.contains(&format!(" from the spool as record {record}: sealed 2")), "{told}");
    }
    assert!(told.contains("nothing waits in the spool"), "{told}");
    let (_, checks) = doctor(&place, 1);
    assert_eq!(checks.iter().find(|check| check["name"] == "spool").unwrap()["answer"], "ok");
    assert!(run(&place, &["collect"], 3).contains("as record 4\n"));
}

#[test]
fn a_folder_of_evidence_takes_no_spool() {
    let place = Place::new();
    place.edit("root = \"evidence\"", "root = \"evidence\"\nspool = \"spool\"");
    let told = place.refused(&[&["collect"], &CONFIG[..]].concat(), 2);
    assert!(told.contains("store.spool has no meaning for a folder"), "{told}");
}
