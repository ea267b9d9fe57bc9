//! Tampering is named: for each way of changing real evidence, the exact codes and the exit code.
//!
//! The evidence is the demo month as `collector` writes it. Its one honest finding is the cycle of 28 May,
//! which was never run: exit 3. Every change must show beyond that.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test ends at the first surprise, and names of members are always lower case"
)]

#[path = "support/evidence.rs"]
mod evidence;
#[path = "support/forge.rs"]
mod forge;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use collector::demo::scenario::Scenario;
use evidence::{judge, outcome, play};
use forge::{Forge, raw_members, raw_zip};
use verify_core::coverage::Period;
use verify_core::digest::Digest;
use verify_core::model::Kind;
use verify_core::report::Report;
use verify_core::source::{Folder, Memory};
use verify_core::verify::{Group, KnownRecord, Options};

const USERS: usize = 20;

static MONTH: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let scenario = Scenario::default_month().unwrap();
    play(&folder.path().join("evidence"), 30, USERS, 7, "reference", scenario);
    folder
});

static SOUND: LazyLock<Memory> =
    LazyLock::new(|| Memory::copy_of(&Folder::new(MONTH.path().join("evidence")), 10_000, 1 << 30).unwrap());

fn forge() -> Forge {
    Forge::open(&MONTH.path().join("evidence"))
}

fn found(memory: &Memory) -> (BTreeSet<&'static str>, u8) {
    outcome(&judge(memory, &Options::default()))
}

/// What the month itself shows, plus `codes`.
fn beside_the_gap(codes: &[&'static str]) -> BTreeSet<&'static str> {
    codes.iter().copied().chain(["CHAIN-CADENCE"]).collect()
}

fn expect(memory: &Memory, codes: &[&'static str], exit: u8) {
    let report = judge(memory, &Options::default());
    assert_eq!(outcome(&report), (beside_the_gap(codes), exit), "{:#?}", report.findings);
}

fn package_of(memory: &Memory, text: &str) -> String {
    memory.files.keys().find(|name| name.contains(text) && name.ends_with(".zip")).unwrap().clone()
}

#[test]
fn the_month_itself_shows_its_gap_and_nothing_else() {
    let report = judge(&*SOUND, &Options::default());
    assert_eq!(outcome(&report), (beside_the_gap(&[]), 3), "{:#?}", report.findings);
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    assert_eq!(
        report.verdict.sentence,
        "whole, but 1 cycle is missing (chained and re-performed; not signed, not timestamped, not anchored, not locked)"
    );
    // Taken apart and put together again, it is the same: the forger itself changes nothing.
    assert_eq!(forge().as_is(), *SOUND);
    assert_eq!(forge().rewrite_from(0), *SOUND);
}

#[test]
fn outside_of_the_gap_the_exit_code_is_0() {
    let period = Period {
        from_utc: Some("2026-05-01T00:00:00Z".parse().unwrap()),
        to_utc: Some("2026-05-27T23:59:59Z".parse().unwrap()),
    };
    let report = judge(&*SOUND, &Options { period, ..Options::default() });
    assert_eq!(outcome(&report), (BTreeSet::new(), 0), "{:#?}", report.findings);
}

#[test]
fn from_scratch_gives_an_equal_report() {
    use verify_core::verify::Mode;
    for memory in [SOUND.clone(), tampered_result()] {
        let incremental = judge(&memory, &Options::default());
        let threads = judge(&memory, &Options { threads: 3, ..Options::default() });
        assert_eq!(incremental, threads);
        let mut scratch = judge(&memory, &Options { mode: Mode::FromScratch, ..Options::default() });
        scratch.mode.clone_from(&incremental.mode);
        assert_eq!(incremental, scratch);
    }
}

#[test]
fn renaming_and_flattening_change_nothing() {
    let sound = judge(&*SOUND, &Options::default());
    let renamed: Memory = Memory {
        files: SOUND
            .files
            .iter()
            .enumerate()
            .map(|(index, (_, bytes))| (format!("{index}.bin"), bytes.clone()))
            .collect(),
    };
    let bare: Memory = Memory {
        files: SOUND
            .files
            .iter()
            .filter(|(name, _)| name.ends_with(".zip"))
            .enumerate()
            .map(|(index, (_, bytes))| (format!("package {index}.zip"), bytes.clone()))
            .collect(),
    };
    for memory in [renamed, bare] {
        let report = judge(&memory, &Options::default());
        assert_eq!(report.verdict, sound.verdict, "{:#?}", report.findings);
        assert_eq!(report.coverage, sound.coverage);
        assert_eq!(report.findings, sound.findings);
        assert_eq!(report.drift, sound.drift);
    }
}

// Every 97th byte of every file, each file from another start: over all files every kind of place is hit.
// The container's own tests flip every byte of a package.
#[test]
fn any_flipped_byte_fails() {
    let small =
        Memory { files: SOUND.files.iter().filter(|(name, _)| is_of_days(name, 1..=4)).map(owned).collect() };
    assert_eq!(judge(&small, &Options::default()).verdict.exit_code, 0);
    let mut tried = 0;
    for (number, name) in small.files.keys().enumerate() {
        let length = small.files[name].len();
        let step = (length / 24).max(1);
        for position in (number % step..length).step_by(step) {
            let mut memory = small.clone();
            if let Some(byte) = memory.files.get_mut(name).and_then(|bytes| bytes.get_mut(position)) {
                *byte ^= 0x01;
            }
            let only = Some(BTreeSet::from([Group::Signatures]));
            let report = judge(&memory, &Options { only, ..Options::default() });
            assert_eq!(report.verdict.exit_code, 1, "{name} byte {position}: {:#?}", report.findings);
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried}");
}

fn is_of_days(name: &str, days: std::ops::RangeInclusive<u32>) -> bool {
    if let Some(number) = name.strip_prefix("chain/") {
        // Genesis, day 1 and its approval, days 2 to 4.
        return number
            .get(..10)
            .and_then(|digits| digits.parse::<u32>().ok())
            .is_some_and(|n| n <= days.end() + 1);
    }
    days.into_iter().any(|day| name.contains(&format!("/2026/05/{day:02}/")))
}

fn owned((name, bytes): (&String, &Vec<u8>)) -> (String, Vec<u8>) {
    (name.clone(), bytes.clone())
}

#[test]
fn a_member_added_removed_or_renamed() {
    let index = forge().index_of("evidence-2026-05-06");
    let change = |edit: &dyn Fn(&mut forge::Record)| {
        let mut forge = forge();
        edit(&mut forge.records[index]);
        forge.as_is()
    };
    let added = change(&|record| {
        record.members.insert("notes.txt".to_owned(), b"see attachment".to_vec());
    });
    expect(&added, &["PKG-MEMBERS", "PKG-SUMS"], 1);
    let removed = change(&|record| {
        record.members.remove("validation.json");
    });
    expect(&removed, &["PKG-MEMBERS", "PKG-SUMS"], 1);
    let renamed = change(&|record| {
        let bytes = record.members.remove("drift.json").unwrap();
        record.members.insert("drift2.json".to_owned(), bytes);
    });
    expect(&renamed, &["PKG-MEMBERS", "PKG-SUMS"], 1);
    let emptied = change(&|record| record.members.clear());
    expect(&emptied, &["PKG-MEMBERS", "PKG-SUMS"], 1);
}

#[test]
fn a_member_duplicated_or_reordered() {
    let name = package_of(&SOUND, "evidence-2026-05-06");
    let members = raw_members(&SOUND.files[&name]);
    assert_eq!(raw_zip(&members), SOUND.files[&name]);
    let with = |members: &[forge::RawMember]| {
        let mut memory = SOUND.clone();
        memory.files.insert(name.clone(), raw_zip(members));
        memory
    };
    let mut twice = members.clone();
    twice.insert(3, members[3].clone());
    assert_contains(&with(&twice), "PKG-ZIP-DUP");
    let mut reordered = members.clone();
    reordered.swap(3, 4);
    assert_contains(&with(&reordered), "PKG-ZIP-STRUCT");
}

fn assert_contains(memory: &Memory, code: &'static str) {
    let (codes, exit) = found(memory);
    assert!(codes.contains(code), "{codes:?}");
    assert_eq!(exit, 1);
}

#[test]
fn a_member_swapped_with_all_digests_made_to_fit() {
    let mut forge = forge();
    let index = forge.index_of("evidence-2026-05-06");
    forge.records[index].edit("validation.json", |value| {
        value["validation_results"]["controls_validated"][0]["description"] = "something else".into();
    });
    forge.records[index].rehash();
    // Only this record is rewritten: the next one still names the old manifest.
    let (codes, exit) = found(&forge.as_is());
    assert_eq!((codes.contains("CHAIN-LINK"), codes.contains("POLICY-REPLAY"), exit), (true, true, 1));
}

#[test]
fn a_package_replaced_by_another_days() {
    let mut memory = SOUND.clone();
    let other = memory.files[&package_of(&memory, "evidence-2026-05-05")].clone();
    memory.files.insert(package_of(&memory, "evidence-2026-05-06"), other);
    let report = judge(&memory, &Options::default());
    assert_eq!(outcome(&report), (beside_the_gap(&["PKG-MISSING"]), 1));
    assert!(report.findings.iter().any(|finding| finding.code.as_str() == "CHAIN-DUP"));
}

fn without(memory: &Memory, sequences: &[u64]) -> Memory {
    let forge = forge();
    let mut memory = memory.clone();
    for record in forge.records.iter().filter(|record| sequences.contains(&record.manifest.sequence.0)) {
        memory.files.remove(&record.package_name);
        memory.files.remove(&format!("chain/{}", record.manifest.sequence.commit_name()));
        memory.files.remove(&format!("chain/{:010}.checkpoint", record.manifest.sequence.0));
    }
    memory
}

#[test]
fn two_neighbours_removed() {
    let memory = without(&SOUND, &[5, 6]);
    let report = judge(&memory, &Options::default());
    assert_eq!(outcome(&report), (beside_the_gap(&["CHAIN-GAP"]), 1));
    assert_eq!(report.coverage.missing, 3, "two removed cycles and the one never run");
}

#[test]
fn a_commit_or_a_package_removed() {
    let forge = forge();
    let record = &forge.records[6];
    let mut memory = SOUND.clone();
    memory.files.remove(&record.package_name);
    expect(&memory, &["PKG-MISSING"], 1);
    let mut memory = SOUND.clone();
    memory.files.remove(&format!("chain/{}", record.manifest.sequence.commit_name()));
    expect(&memory, &["CHAIN-COPY"], 1);
    // Commits cut off at the end, packages left behind.
    let mut memory = SOUND.clone();
    for record in forge.records.iter().rev().take(3) {
        memory.files.remove(&format!("chain/{}", record.manifest.sequence.commit_name()));
    }
    assert_contains(&memory, "CHAIN-COPY");
}

#[test]
fn the_end_cut_off() {
    let newest = forge().records.last().unwrap().manifest.sequence.0;
    let known = KnownRecord {
        sequence: newest,
        manifest_sha256: Digest::of(&forge().records.last().unwrap().manifest_bytes()),
    };
    // Cut before the gap, so that nothing else is wrong with what is left.
    let memory = without(&SOUND, &(27..=newest).collect::<Vec<_>>());
    let report = judge(&memory, &Options::default());
    assert_eq!(outcome(&report), (BTreeSet::new(), 0), "{:#?}", report.findings);
    assert!(
        report
            .not_claimed
            .iter()
            .any(|sentence| sentence.contains("up to record 26") && sentence.contains("cut")),
        "{:?}",
        report.not_claimed
    );
    let to_utc = Some("2026-05-30T23:59:59Z".parse().unwrap());
    let report = judge(&memory, &Options { period: Period { from_utc: None, to_utc }, ..Options::default() });
    assert_eq!(outcome(&report), (BTreeSet::from(["CHAIN-PERIOD"]), 3));
    let report = judge(&memory, &Options { head: Some(known), ..Options::default() });
    assert_eq!(outcome(&report), (BTreeSet::from(["CHAIN-TRUNCATED"]), 3));
    // Whole again, the kept record is found; another record with that number is a rewritten history.
    let report = judge(&*SOUND, &Options { head: Some(known), ..Options::default() });
    assert_eq!(outcome(&report), (beside_the_gap(&[]), 3));
    let other = KnownRecord { manifest_sha256: Digest::of(b"another"), ..known };
    let report = judge(&*SOUND, &Options { head: Some(other), ..Options::default() });
    assert_eq!(outcome(&report), (beside_the_gap(&["ANCHOR-HEAD"]), 1));
}

#[test]
fn two_commits_exchanged() {
    let mut memory = SOUND.clone();
    let (a, b) = ("chain/0000000005.json", "chain/0000000006.json");
    let (first, second) = (memory.files[a].clone(), memory.files[b].clone());
    memory.files.insert(a.to_owned(), second);
    memory.files.insert(b.to_owned(), first);
    // Names are never load-bearing: the verdict stays, the misleading names are reported.
    let report = judge(&memory, &Options::default());
    assert_eq!(outcome(&report), (beside_the_gap(&[]), 3));
    let named = report.findings.iter().filter(|finding| finding.code.as_str() == "CHAIN-ORDER").count();
    assert_eq!(named, 2);
}

#[test]
fn any_manifest_field_changed_and_rehashed() {
    let sound = forge();
    let index = sound.index_of("evidence-2026-05-06");
    let value = serde_json::to_value(&sound.records[index].manifest).unwrap();
    let fields: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
    assert!(fields.len() >= 30, "{fields:?}");
    for field in fields {
        let mut changed = value.clone();
        forge::change_field(&mut changed, &field);
        let Ok(manifest) = serde_json::from_value(changed) else { continue };
        let mut forge = sound.clone();
        forge.records[index].manifest = manifest;
        let structure = Options { only: Some(BTreeSet::new()), ..Options::default() };
        let (codes, exit) = outcome(&judge(&forge.as_is(), &structure));
        assert_eq!(exit, 1, "{field}: {codes:?}");
        let named = ["CHAIN-LINK", "CHAIN-GAP", "CHAIN-ID", "CHAIN-ORIGIN", "CHAIN-FORK", "CHAIN-GENESIS"];
        assert!(named.iter().any(|code| codes.contains(code)), "{field}: {codes:?}");
    }
}

/// A rewrite by somebody who also recomputes every digest and link to the end of the chain.
fn rewritten(text: &str, change: impl FnOnce(&mut forge::Record)) -> Memory {
    let mut forge = forge();
    let index = forge.index_of(text);
    change(&mut forge.records[index]);
    forge.rewrite_from(index)
}

fn tampered_result() -> Memory {
    rewritten("evidence-2026-05-09", |record| {
        record.edit("validation.json", |value| {
            let results = &mut value["validation_results"];
            results["controls_validated"][0]["status"] = "PASS".into();
            results["controls_validated"][0]["status_with_exceptions"] = "PASS".into();
            results["policy_violations"] = serde_json::json!([]);
        });
    })
}

#[test]
fn a_hidden_violation_shows_in_the_replay() {
    expect(&tampered_result(), &["POLICY-REPLAY"], 4);
}

#[test]
fn hidden_drift_shows_in_the_replay() {
    let memory = rewritten("evidence-2026-05-09", |record| {
        record.edit("drift.json", |value| {
            value["against_previous"]["resources"]["security_roles"]["changes"] = serde_json::json!([]);
        });
    });
    expect(&memory, &["DRIFT-REPLAY"], 4);
}

#[test]
fn a_changed_state_shows_against_the_kept_bodies() {
    let memory = rewritten("evidence-2026-05-06", |record| {
        record.edit("snapshot.json", |value| {
            value["security_roles"][0]["name"] = "Renamed".into();
        });
    });
    let (codes, exit) = found(&memory);
    assert!(codes.contains("NORM-REPLAY") && codes.contains("DRIFT-REPLAY"), "{codes:?}");
    assert_eq!(exit, 4);
}

/// Changes one field of the first exchange that gave entities of the resource.
fn edit_exchange(record: &mut forge::Record, resource: &str, field: &str, value: &serde_json::Value) {
    let bytes = record.members.get_mut("transcript.jsonl").unwrap();
    let mut lines: Vec<serde_json::Value> = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    let own = |line: &&mut serde_json::Value| line["resource"] == resource && line["entities"].is_u64();
    lines.iter_mut().find(own).unwrap()[field] = value.clone();
    *bytes = lines
        .iter()
        .flat_map(|line| [verify_core::canon::to_vec(line).unwrap(), b"\n".to_vec()].concat())
        .collect();
}

#[test]
fn members_missing_or_unknown_are_named_even_when_all_is_rewritten() {
    for member in ["drift.json", "validation.json", "transcript.jsonl", "verify.py"] {
        let memory = rewritten("evidence-2026-05-06", |record| drop(record.members.remove(member)));
        assert_contains(&memory, "PKG-MEMBERS");
    }
    let memory = rewritten("evidence-2026-05-06", |record| {
        record.members.insert("notes.txt".to_owned(), b"see attachment".to_vec());
    });
    assert_contains(&memory, "PKG-MEMBERS");
}

#[test]
fn a_period_without_cycles_is_inconclusive() {
    let from_utc = Some("2030-01-01T00:00:00Z".parse().unwrap());
    let report = judge(&*SOUND, &Options { period: Period { from_utc, to_utc: None }, ..Options::default() });
    assert_eq!(report.verdict.exit_code, 5, "{}", report.verdict.sentence);
}

#[test]
fn a_transcript_that_tells_another_story_is_named_even_when_all_is_rewritten() {
    let changes: [(&str, &str, serde_json::Value); 8] = [
        ("a refused page that counts entities", "status", 403.into()),
        ("a request that writes", "method", "DELETE".into()),
        ("an exchange before those it follows", "started_utc", "2020-01-01T00:00:00.000Z".into()),
        ("another body received than kept", "received_sha256", Digest::of(b"x").to_string().into()),
        ("another size than kept", "bytes", 1.into()),
        ("another total than recorded", "reported_total", 9_999.into()),
        ("a resource nobody declared", "resource", "somewhere_else".into()),
        ("fewer entities than recorded", "entities", 1.into()),
    ];
    for (what, field, value) in changes {
        let memory =
            rewritten("evidence-2026-05-06", |record| edit_exchange(record, "security_roles", field, &value));
        let (codes, exit) = found(&memory);
        assert!(codes.contains("COLLECT-TRANSCRIPT"), "{what}: {codes:?}");
        assert_eq!(exit, 1, "{what}");
    }
}

#[test]
fn a_loosened_rule_is_a_finding_until_it_is_approved() {
    for (member, code) in [
        ("policies/controls/mfa_privileged.rego", "RULES-UNAPPROVED"),
        ("policies/data/approved_networks.json", "RULES-UNAPPROVED"),
        ("profile/reference.toml", "RULES-UNAPPROVED"),
    ] {
        let memory = rewritten("evidence-2026-05-06", |record| {
            let bytes = record.members.get_mut(member).unwrap_or_else(|| panic!("no member {member}"));
            if member.ends_with(".json") {
                let mut value: serde_json::Value = serde_json::from_slice(bytes).unwrap();
                value.as_object_mut().map(|object| object.insert("zzz".into(), 1.into()));
                *bytes = verify_core::canon::to_vec(&value).unwrap();
            } else {
                bytes.extend_from_slice(b"\n# loosened\n");
            }
        });
        let (codes, exit) = found(&memory);
        assert!(codes.contains(code), "{member}: {codes:?}");
        assert_eq!(exit, 1);
    }
    let schedule =
        rewritten("evidence-2026-05-06", |record| record.manifest.schedule.tolerance_seconds = 86_400);
    assert_contains(&schedule, "RULES-UNAPPROVED");
    let schemas = rewritten("evidence-2026-05-06", |record| {
        let member = record.members.keys().find(|name| name.starts_with("schemas/")).unwrap().clone();
        record.members.remove(&member);
    });
    assert_contains(&schemas, "RULES-UNAPPROVED");
}

#[test]
fn another_baseline_than_the_approved_one() {
    let mut forge = forge();
    let index = forge.index_of("evidence-2026-05-20");
    let drifted = forge.index_of("evidence-2026-05-09");
    let named = forge.records[drifted].manifest.clone();
    let baseline = forge.records[index].manifest.baseline.as_mut().unwrap();
    baseline.sequence = named.sequence;
    baseline.state_sha256 = named.state_sha256.unwrap();
    baseline.collection_id = named.collection_id;
    let (codes, exit) = found(&forge.rewrite_from(index));
    assert!(codes.contains("RULES-BASELINE"), "{codes:?}");
    assert_eq!(exit, 1);
}

#[test]
fn a_package_of_another_tenant_mixed_in() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("other");
    play(&out, 2, USERS, 8, "genesys-cloud", Scenario::default_month().unwrap().first_days(2));
    let other = Memory::copy_of(&Folder::new(&out), 1_000, 1 << 30).unwrap();
    let package = package_of(&other, "evidence-2026-05-02");
    let mut memory = SOUND.clone();
    memory.files.insert("packages/2026/05/02/stray.zip".to_owned(), other.files[&package].clone());
    let (codes, exit) = found(&memory);
    assert!(codes.contains("CHAIN-ID") || codes.contains("CHAIN-ORIGIN"), "{codes:?}");
    assert_eq!(exit, 1);
}

#[test]
fn nothing_and_no_evidence_are_inconclusive() {
    let empty = judge(&Memory::default(), &Options::default());
    assert_eq!(empty.verdict.exit_code, 5);
    let mut strays = Memory::default();
    strays.files.insert("holiday.jpg".to_owned(), vec![0xff, 0xd8, 0xff]);
    assert_eq!(judge(&strays, &Options::default()).verdict.exit_code, 5);
    let missing = judge(&Folder::new("/nonexistent/evidence"), &Options::default());
    assert_eq!(missing.verdict.exit_code, 5);
}

#[test]
fn one_package_alone_is_hashed_and_claims_nothing_about_its_neighbours() {
    let name = package_of(&SOUND, "evidence-2026-05-13");
    let report = judge(&Folder::new(MONTH.path().join("evidence").join(&name)), &Options::default());
    assert_eq!(outcome(&report), (BTreeSet::new(), 0), "{:#?}", report.findings);
    assert!(report.verdict.sentence.starts_with("verified (hashed; not chained, not signed, "));
    assert_eq!(report.coverage.expected, 0);
    assert!(report.not_claimed.iter().any(|sentence| sentence.contains("judged alone")));
    // CC7.2 reads the state before, which is not here: no replay is claimed for it.
    let schedules = report.controls.iter().find(|row| row.control_id == "CC7.2").unwrap();
    assert_eq!(schedules.cells[0].replayed, None);
}

#[test]
fn every_kind_of_record_in_the_month_is_seen() {
    let report: Report = judge(&*SOUND, &Options::default());
    let kinds: BTreeSet<Kind> = report.records.iter().map(|record| record.kind).collect();
    assert_eq!(kinds, BTreeSet::from([Kind::Genesis, Kind::Snapshot, Kind::Approval, Kind::Failure]));
}
