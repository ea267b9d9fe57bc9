//! Section 13 of the format takes one package of the demo apart by hand: every digest and every size it
//! quotes must be one that the demo gives, on the line that quotes it, and the commands over its checkpoint print
//! what it says. Needs `bash` and `openssl` on the path.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends at the first surprise")]

use std::collections::BTreeSet;

use collector::demo::scenario::Scenario;
use verify_core::model::{Kind, Manifest};

#[path = "../../verify-core/tests/support/by_hand.rs"]
mod by_hand;
#[expect(dead_code, reason = "this test verifies nothing, it only plays the demo")]
#[path = "support/evidence.rs"]
mod evidence;

/// The format.
const FORMAT: &str = include_str!("../../verify-core/docs/format.md");

/// Days of the demo that the section speaks of, and the sequence of the package it takes apart.
const DAYS: u32 = 2;
const SEQUENCE: u64 = 3;

#[test]
fn the_worked_example_quotes_the_demo() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("evidence");
    evidence::play(&root, DAYS, 250, 1, "reference", Scenario::default_month().unwrap().first_days(DAYS));
    let bytes = std::fs::read(root.join(format!("chain/{SEQUENCE:010}.json"))).unwrap();
    let manifest: Manifest = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(manifest.kind, Kind::Snapshot);

    let file = |path: &str| manifest.files.iter().find(|file| file.path == path).unwrap();
    let (drift, register) = (file("drift.json"), file("inputs/schedule-approvals.json"));
    let listed = |path: &str| format!("{:>9}  1980-01-01 00:00   {path}", file(path).size);
    let previous = manifest.previous_snapshot_sha256.unwrap();
    let state = manifest.state_sha256.unwrap();
    let mut lines = vec![
        listed("drift.json"),
        listed("inputs/schedule-approvals.json"),
        listed("snapshot.json"),
        format!("{}  drift.json", drift.sha256),
        format!("{}  -", drift.sha256),
        format!("{}  -", manifest.payload_sha256),
        format!("    \"inputs_sha256\": \"{}\",", manifest.inputs_sha256),
        format!("    \"payload_sha256\": \"{}\",", manifest.payload_sha256),
        format!("    \"previous_snapshot_sha256\": \"{previous}\","),
        format!("    \"scheduled_utc\": \"{}\",", manifest.scheduled_utc.unwrap()),
        format!("    \"sequence\": {SEQUENCE},"),
        format!("    \"state_sha256\": \"{state}\","),
        format!("{previous}  -"),
        format!("{state} state_sha256"),
        format!("{}  -", register.sha256),
        format!("$ printf '{{\"inputs/schedule-approvals.json\":\"%s\"}}' {} | sha256sum", register.sha256),
        format!("{}  -", manifest.inputs_sha256),
    ];
    lines.extend(
        manifest.resources.iter().map(|(name, resource)| format!("{} {name}", resource.sha256.unwrap())),
    );

    // The checkpoint by hand, over the demo's own signed chain.
    let by_hand = by_hand::Block::checkpoint();
    let (holds, printed) = by_hand.run(&root);
    assert!(holds, "{printed}");
    assert_eq!(printed, by_hand.printed());

    let (_, section) = FORMAT.split_once("\n## 13. ").unwrap();
    for line in &lines {
        assert!(section.lines().any(|quoted| quoted == line), "section 13 must hold the line\n{line}");
    }
    let known: BTreeSet<&str> = lines.iter().flat_map(|line| digests(line)).collect();
    for quoted in digests(section) {
        assert!(known.contains(quoted), "section 13 quotes {quoted}, which the demo does not give");
    }
}

/// Every word of 64 hexadecimal digits.
fn digests(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_hexdigit()).filter(|word| word.len() == 64)
}
