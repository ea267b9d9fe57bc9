//! Agreement on signatures, key changes, anchors and bundles (F-120 to F-140), and what must be found.

use std::collections::BTreeMap;

use verify_core::checkpoint::SignedNote;
use verify_core::model::Proof;
use verify_core::verify::{KeptCheckpoint, KnownRecord, TrustedKey};

use super::chain::signing::{Signer, signed};
use super::chain::{Chain, origin, standard, standard_signed};
use super::compare::{Case, Cases, compare};
use super::python::{Files, packages_only};

const LOG: u8 = 1;
const OTHER: u8 = 2;

fn key(seed: u8, from: u64, to: Option<u64>) -> TrustedKey {
    TrustedKey { key: Signer::log(&origin("acme"), seed).key, from, to }
}

/// A chain over the days before its gap, asked with the key it was signed with.
fn with_key(files: Files) -> Case {
    Case { keys: vec![key(LOG, 0, None)], ..Case::to_gap(files) }
}

fn kept(chain: &Chain, size: u64, leaves: bool) -> KeptCheckpoint {
    let note = chain.notes[&size].clone();
    let leaves = leaves.then(|| chain.leaves()[..usize::try_from(size).unwrap()].to_vec());
    KeptCheckpoint::new(format!("kept-{size}.checkpoint"), note, leaves).unwrap()
}

/// Compares every case, and asserts that each of the codes named is found in it.
fn judge(cases: Vec<(&str, Case, &[&str])>) {
    let named = |(name, case, codes): (&str, Case, &[&str])| {
        let must = codes.iter().map(|code| (*code).to_owned()).collect();
        (name.to_owned(), Case { must: Some(must), ..case })
    };
    compare(&cases.into_iter().map(named).collect::<Cases>());
}

/// The newest record carries these bytes as `checkpoint`, or none, and its own note is left out.
fn carrying(chain: &Chain, member: Option<Vec<u8>>) -> Files {
    let mut chain = chain.clone();
    chain.notes.pop_last();
    let link = chain.links.last_mut().unwrap();
    link.members.remove("checkpoint");
    if let Some(bytes) = member {
        link.members.insert("checkpoint".to_owned(), bytes);
    }
    link.reseal();
    chain.files()
}

#[test]
fn keys_given_by_the_reader() {
    let files = standard_signed(LOG).files();
    let asked = |keys: Vec<TrustedKey>| Case { keys, ..Case::to_gap(files.clone()) };
    judge(vec![
        ("none", asked(vec![]), &[]),
        ("right", asked(vec![key(LOG, 0, None)]), &[]),
        ("wrong", asked(vec![key(OTHER, 0, None)]), &["SIG-KEY"]),
        ("either", asked(vec![key(OTHER, 0, None), key(LOG, 0, None)]), &[]),
        ("right-to-record-2", asked(vec![key(LOG, 0, Some(2))]), &[]),
        ("wrong-from-record-3", asked(vec![key(LOG, 0, Some(2)), key(OTHER, 3, None)]), &["SIG-KEY"]),
        ("wrong-for-one-record", asked(vec![key(OTHER, 4, Some(4))]), &["SIG-KEY"]),
        ("bare", Case { files: packages_only(&files), ..asked(vec![key(OTHER, 0, None)]) }, &["SIG-KEY"]),
        // A chain that was never signed, or was stripped, is not taken for one that needs no signature.
        ("stripped", with_key(standard().files()), &["SIG-PRESENT"]),
        ("unsigned", Case::to_gap(standard().files()), &[]),
        (
            "unsigned-then",
            Case { keys: vec![key(LOG, 4, None)], ..Case::to_gap(standard().files()) },
            &["SIG-PRESENT"],
        ),
    ]);
}

#[test]
fn the_checkpoint_that_a_record_carries() {
    let chain = standard_signed(LOG);
    let right = chain.notes[&5].to_bytes();
    let mut flipped = right.clone();
    let at = flipped.len() - 10;
    flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
    let mut twice = chain.notes[&5].clone();
    Signer::log(&origin("acme"), LOG).sign(&mut twice);
    let mut cosigned = chain.notes[&5].clone();
    Signer::witness("witness.example.org", 9)
        .cosign(&mut cosigned, super::chain::time("2026-05-05T09:00:00Z"));
    let stranger = signed(&chain.checkpoint(5), &[&Signer::log(&origin("acme"), OTHER)]);
    let mut other = standard_signed(LOG);
    other.rewrite_from(1, |manifest| manifest.tool.version = "9".to_owned());
    let foreign = signed(
        &Chain::start_signed(super::documents::usual(), "umbrella", "2026-05-01T00:00:00Z", LOG)
            .checkpoint(1),
        &[&Signer::log(&origin("umbrella"), LOG)],
    );
    let text = String::from_utf8(right.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let spelled = |size: &str| format!("{}\n{size}\n{}\n\n{}\n", lines[0], lines[2], lines[4]).into_bytes();
    let carry = |bytes: Vec<u8>| with_key(carrying(&chain, Some(bytes)));
    judge(vec![
        ("right", carry(right.clone()), &[]),
        ("none", with_key(carrying(&chain, None)), &["SIG-PRESENT"]),
        ("older", carry(chain.notes[&3].to_bytes()), &["SIG-PRESENT"]),
        ("of-itself", carry(chain.notes[&6].to_bytes()), &["SIG-BIND"]),
        ("flipped", carry(flipped), &["SIG-VALID"]),
        ("twice", carry(twice.to_bytes()), &["SIG-VALID"]),
        ("cosigned", carry(cosigned.to_bytes()), &[]),
        ("stranger", carry(stranger.to_bytes()), &["SIG-KEY"]),
        ("stranger-no-key", Case::to_gap(carrying(&chain, Some(stranger.to_bytes()))), &["SIG-KEY"]),
        ("other-history", carry(other.notes[&5].to_bytes()), &["SIG-BIND"]),
        ("other-origin", carry(foreign.to_bytes()), &["SIG-BIND"]),
        ("empty", carry(Vec::new()), &["SIG-VALID"]),
        ("without-signature", carry(format!("{}\n\n", lines[..3].join("\n")).into_bytes()), &["SIG-VALID"]),
        ("leading-zero", carry(spelled("05")), &["SIG-VALID"]),
        ("size-0", carry(spelled("0")), &["SIG-VALID"]),
        ("huge-size", carry(spelled("18446744073709551615")), &["SIG-VALID"]),
        ("beyond", carry(spelled("18446744073709551616")), &["SIG-VALID"]),
        ("carriage-return", carry(text.replace('\n', "\r\n").into_bytes()), &["SIG-VALID"]),
        ("trailing", carry([right.clone(), b"\n".to_vec()].concat()), &["SIG-VALID"]),
        ("cut", carry(right[..right.len() - 1].to_vec()), &["SIG-VALID"]),
        ("not-utf8", carry([right.clone(), vec![0xff, b'\n']].concat()), &["SIG-VALID"]),
        ("control", carry(text.replace("acme", "ac\u{7f}me").into_bytes()), &["SIG-VALID"]),
        (
            "many-lines",
            carry([right.clone(), format!("{}\n", lines[4]).repeat(101).into_bytes()].concat()),
            &["SIG-VALID"],
        ),
        ("too-long", carry([right.clone(), vec![b'x'; 70_000]].concat()), &["SIG-VALID"]),
    ]);
}

#[test]
fn notes_in_files_of_their_own() {
    let chain = standard_signed(LOG);
    let whole = chain.files();
    let place = |size: u64| format!("chain/{:010}.checkpoint", size - 1);
    let change = |change: &dyn Fn(&mut Files)| {
        let mut files = whole.clone();
        change(&mut files);
        with_key(files)
    };
    let stranger = signed(&chain.checkpoint(4), &[&Signer::log(&origin("acme"), OTHER)]).to_bytes();
    let mut other = standard_signed(LOG);
    other.rewrite_from(3, |manifest| manifest.tool.version = "9".to_owned());
    let put = |size: u64, bytes: &[u8]| {
        change(&|files: &mut Files| drop(files.insert(place(size), bytes.to_vec())))
    };
    let renamed: Files =
        whole.iter().enumerate().map(|(n, (_, bytes))| (format!("f{n}"), bytes.clone())).collect();
    judge(vec![
        ("all-gone", change(&|files| files.retain(|name, _| !name.ends_with(".checkpoint"))), &[]),
        ("exchanged", put(3, &whole[&place(4)]), &["CHAIN-ORDER"]),
        ("stranger", put(4, &stranger), &["SIG-KEY"]),
        ("other-history", put(5, &other.notes[&5].to_bytes()), &["SIG-BIND"]),
        ("same-history", put(3, &other.notes[&3].to_bytes()), &[]),
        ("damaged", put(4, b"no note at all\n"), &["SIG-VALID"]),
        ("too-long", put(4, &vec![b'a'; 70_000]), &["SIG-VALID"]),
        ("renamed", with_key(renamed), &[]),
        (
            "elsewhere",
            change(&|files| drop(files.insert("note.txt".to_owned(), stranger.clone()))),
            &["SIG-KEY"],
        ),
        (
            "token",
            change(&|files| drop(files.insert("chain/0000000004.tsr".to_owned(), b"\x30\x82".to_vec()))),
            &[],
        ),
        (
            "leaves",
            change(&|files| drop(files.insert("kept.leaves".to_owned(), b"00\n".to_vec()))),
            &["SRC-STRAY"],
        ),
        (
            "cut-but-signed",
            change(&|files| {
                files.retain(|name, _| {
                    name.ends_with(".checkpoint") || !(name.contains("00000005.") || name.contains("-5-"))
                });
            }),
            &["SIG-BIND"],
        ),
    ]);
}

/// Three snapshots, a key change, and two more: records 0 to 6, the change at 4.
fn rotated(emergency: bool) -> Chain {
    let mut chain = Chain::start_signed(super::documents::usual(), "acme", "2026-05-01T00:00:00Z", LOG);
    for day in 1..=3 {
        chain.snapshot(&format!("2026-05-0{day}T08:00:00Z"));
    }
    chain.change_key(Signer::log(&origin("acme"), OTHER), emergency, "2026-05-03T12:00:00Z");
    chain.snapshot("2026-05-04T08:00:00Z");
    chain.snapshot("2026-05-05T08:00:00Z");
    chain
}

#[test]
fn the_key_is_changed() {
    let asked = |chain: &Chain, keys: Vec<TrustedKey>| Case { files: chain.files(), keys, ..Case::default() };
    let proper = rotated(false);
    let emergency = rotated(true);
    // A change that claims to be proper, without the old signature anywhere.
    let mut forged = rotated(true);
    let mut alone = forged.links[4].members["key_change.json"].clone();
    alone =
        String::from_utf8(alone).unwrap().replace("\"emergency\":true", "\"emergency\":false").into_bytes();
    forged.links[4].members.insert("key_change.json".to_owned(), alone);
    forged.rewrite_from(4, |_| {});
    let unsigned_yet = {
        let mut chain = proper.clone();
        chain.links.truncate(5);
        chain.notes.retain(|size, _| *size < 5);
        chain
    };
    let changed = |name: &str, from: &str, to: &str| {
        let mut chain = rotated(false);
        let text = String::from_utf8(chain.links[4].members[name].clone()).unwrap().replace(from, to);
        chain.links[4].members.insert(name.to_owned(), text.into_bytes());
        chain.links[4].reseal();
        Case { files: chain.files(), ..Case::default() }
    };
    let old = Signer::log(&origin("acme"), LOG).key.to_string();
    let third = Signer::log(&origin("acme"), 3).key.to_string();
    let foreign = Signer::log(&origin("umbrella"), LOG).key.to_string();
    let new = Signer::log(&origin("acme"), OTHER).key.to_string();
    judge(vec![
        ("proper", asked(&proper, vec![]), &[]),
        ("proper-handed-on", asked(&proper, vec![key(LOG, 0, None)]), &[]),
        ("proper-only-new", asked(&proper, vec![key(OTHER, 4, None)]), &[]),
        ("proper-new-too-early", asked(&proper, vec![key(OTHER, 0, None)]), &["SIG-KEY"]),
        ("proper-old-to-4", asked(&proper, vec![key(LOG, 0, Some(4))]), &[]),
        ("proper-third", asked(&proper, vec![key(3, 5, None)]), &["SIG-KEY"]),
        ("emergency", asked(&emergency, vec![]), &["SIG-ROTATE"]),
        ("emergency-old-given", asked(&emergency, vec![key(LOG, 0, None)]), &["SIG-ROTATE", "SIG-KEY"]),
        ("emergency-new-given", asked(&emergency, vec![key(LOG, 0, Some(3)), key(OTHER, 4, None)]), &[]),
        ("emergency-new-given-later", asked(&emergency, vec![key(OTHER, 5, None)]), &["SIG-ROTATE"]),
        ("forged", asked(&forged, vec![]), &["SIG-ROTATE"]),
        ("unsigned-yet", asked(&unsigned_yet, vec![key(LOG, 0, None)]), &[]),
        ("another-old-key", changed("key_change.json", &old, &third), &["SIG-ROTATE"]),
        ("foreign-old-key", changed("key_change.json", &old, &foreign), &["SCHEMA-BIND"]),
        ("no-old-key", changed("key_change.json", &format!("\"{old}\""), "null"), &["SIG-ROTATE"]),
        ("wrong-id", changed("key_change.json", &new, &new.replacen('+', "+0", 1)), &["SCHEMA-TYPE"]),
        (
            "other-id",
            changed("key_change.json", &format!("+{}", &new.split('+').nth(1).unwrap()), "+00000000"),
            &["SCHEMA-TYPE"],
        ),
        (
            "wrong-record",
            changed("key_change.json", "\"first_sequence\":4", "\"first_sequence\":5"),
            &["SCHEMA-BIND"],
        ),
        ("no-payload", changed("key_change.json", "\"ticket\"", "\"tocket\""), &["SCHEMA-REQUIRED"]),
    ]);
}

#[test]
fn signing_failed_and_was_declared() {
    let mut chain = Chain::start_signed(super::documents::usual(), "acme", "2026-05-01T00:00:00Z", LOG);
    chain.snapshot("2026-05-01T08:00:00Z");
    chain.notes.remove(&2);
    chain.omissions = vec![Proof::Checkpoint];
    chain.snapshot("2026-05-02T08:00:00Z");
    let asked =
        |chain: &Chain| Case { files: chain.files(), keys: vec![key(LOG, 0, None)], ..Case::default() };
    let declared = asked(&chain);
    chain.notes.remove(&3);
    chain.snapshot("2026-05-03T08:00:00Z");
    let silent = asked(&chain);
    judge(vec![("declared", declared, &["SIG-LATE"]), ("silent", silent, &["SIG-LATE", "SIG-PRESENT"])]);
}

#[test]
fn checkpoints_kept_outside() {
    let chain = standard_signed(LOG);
    let anchored = |chain: &Chain, anchors: Vec<KeptCheckpoint>| Case { anchors, ..with_key(chain.files()) };
    let mut rewritten = chain.clone();
    rewritten.rewrite_from(3, |manifest| manifest.tool.version = "9".to_owned());
    let mut cut = chain.clone();
    cut.links.truncate(4);
    cut.notes.retain(|size, _| *size <= 4);
    let mut fork = cut.clone();
    fork.failure("2026-05-03T08:00:00Z");
    fork.failure("2026-05-05T08:00:00Z");
    let mut resigned = Chain::start_signed(super::documents::usual(), "acme", "2026-04-30T00:00:00Z", LOG);
    resigned.snapshot("2026-05-01T08:00:00Z");
    let mut gap = chain.files();
    gap.retain(|name, _| !(name.contains("00000002.") || name.contains("-2-")));
    let foreign = Chain::start_signed(super::documents::usual(), "umbrella", "2026-05-01T00:00:00Z", LOG);
    let plain = SignedNote::parse_kept(chain.checkpoint(4).text().as_bytes());
    assert!(plain.is_err(), "a kept checkpoint ends with an empty line");
    let plain = SignedNote::parse_kept(format!("{}\n", chain.checkpoint(4).text()).as_bytes()).unwrap();
    let plain = KeptCheckpoint::new("plain.txt".to_owned(), plain, None).unwrap();
    let text = String::from_utf8(chain.notes[&4].to_bytes()).unwrap().replacen("\n4\n", "\n3\n", 1);
    let altered = SignedNote::parse(text.as_bytes()).unwrap();
    let altered = KeptCheckpoint::new("altered.txt".to_owned(), altered, None).unwrap();
    let all = |leaves: bool| [1, 3, 4, 6].iter().map(|size| kept(&chain, *size, leaves)).collect::<Vec<_>>();
    judge(vec![
        ("extends", anchored(&chain, all(false)), &[]),
        ("extends-with-leaves", anchored(&chain, all(true)), &[]),
        ("plain", anchored(&chain, vec![plain.clone()]), &[]),
        ("rewritten", anchored(&rewritten, all(false)), &["ANCHOR-CHECKPOINT"]),
        ("rewritten-with-leaves", anchored(&rewritten, all(true)), &["ANCHOR-CHECKPOINT"]),
        ("rewritten-plain", anchored(&rewritten, vec![plain]), &["ANCHOR-CHECKPOINT"]),
        ("rewritten-behind", anchored(&rewritten, vec![kept(&chain, 3, true)]), &[]),
        ("cut", anchored(&cut, all(false)), &["ANCHOR-CHECKPOINT"]),
        ("cut-with-leaves", anchored(&cut, all(true)), &["ANCHOR-CHECKPOINT"]),
        ("fork-with-leaves", anchored(&fork, all(true)), &["ANCHOR-CHECKPOINT"]),
        ("resigned", anchored(&resigned, all(true)), &["ANCHOR-CHECKPOINT"]),
        ("foreign", anchored(&chain, vec![kept(&foreign, 1, true)]), &["ANCHOR-CHECKPOINT"]),
        ("gap", Case { files: gap.clone(), ..anchored(&chain, all(true)) }, &["CHAIN-GAP"]),
        (
            "gap-rewritten",
            Case { files: gap.clone(), ..anchored(&rewritten, vec![kept(&rewritten, 6, true)]) },
            &["CHAIN-GAP", "ANCHOR-CHECKPOINT"],
        ),
        (
            "gap-two-roots",
            Case { files: gap.clone(), ..anchored(&rewritten, vec![kept(&rewritten, 5, false)]) },
            &["CHAIN-GAP", "ANCHOR-CHECKPOINT"],
        ),
        (
            "gap-two-notes",
            with_key({
                let other = ("zz.checkpoint".to_owned(), rewritten.notes[&5].to_bytes());
                gap.into_iter().chain([other]).collect()
            }),
            &["CHAIN-GAP", "SIG-BIND"],
        ),
        ("altered", anchored(&chain, vec![altered]), &["SIG-VALID"]),
    ]);
}

/// Samples of the chain with proofs over its newest note.
fn bundle(chain: &Chain, sequences: &[u64]) -> Files {
    let (files, note) = (chain.files(), chain.notes.last_key_value().unwrap().1);
    let mut sample = Files::new();
    for sequence in sequences {
        let link = &chain.links[usize::try_from(*sequence).unwrap()];
        sample.insert(link.place.clone(), files[&link.place].clone());
        sample.insert(link.commit_place(), link.commit.clone());
        sample.insert(proof_place(*sequence), chain.proof(*sequence, note).to_bytes());
    }
    sample
}

fn proof_place(sequence: u64) -> String {
    format!("chain/{sequence:010}.tlog-proof")
}

#[test]
fn samples_with_proofs() {
    let chain = standard_signed(LOG);
    let sample = bundle(&chain, &[1, 3, 5]);
    let asked = |files: Files| Case { files, keys: vec![key(LOG, 0, None)], ..Case::default() };
    let change = |change: &dyn Fn(&mut Files)| {
        let mut files = sample.clone();
        change(&mut files);
        asked(files)
    };
    let mut other = chain.clone();
    other.rewrite_from(3, |manifest| manifest.tool.version = "9".to_owned());
    let mut earlier = chain.clone();
    earlier.rewrite_from(2, |manifest| manifest.tool.version = "9".to_owned());
    let older = chain.proof(1, &chain.notes[&4]).to_bytes();
    let text = String::from_utf8(sample[&proof_place(3)].clone()).unwrap();
    let put = |sequence: u64, bytes: Vec<u8>| {
        change(&|files: &mut Files| drop(files.insert(proof_place(sequence), bytes.clone())))
    };
    let anchor =
        |chain: &Chain, size: u64| Case { anchors: vec![kept(chain, size, true)], ..asked(sample.clone()) };
    let forged = bundle(&other, &[1, 3, 5])[&chain.links[3].place].clone();
    judge(vec![
        ("whole", asked(sample.clone()), &[]),
        ("wrong-key", Case { keys: vec![key(OTHER, 0, None)], ..asked(sample.clone()) }, &["SIG-KEY"]),
        ("bare", change(&|files| files.retain(|name, _| name.strip_suffix(".json").is_none())), &[]),
        (
            "renamed",
            asked(
                sample.iter().enumerate().map(|(n, (_, bytes))| (format!("f{n}"), bytes.clone())).collect(),
            ),
            &[],
        ),
        ("no-proof", change(&|files| drop(files.remove(&proof_place(3)))), &["SIG-BIND"]),
        ("exchanged", put(3, sample[&proof_place(5)].clone()), &["SIG-BIND", "CHAIN-ORDER"]),
        ("over-another-note", put(1, older), &["SIG-BIND"]),
        ("other-history", put(3, bundle(&other, &[3])[&proof_place(3)].clone()), &["SIG-BIND"]),
        ("cut-hash", put(3, text.replacen(text.lines().nth(2).unwrap(), "", 1).into_bytes()), &["SIG-BIND"]),
        ("no-index", put(3, text.replace("index 3", "index 03").into_bytes()), &["SIG-VALID", "SIG-BIND"]),
        (
            "huge",
            put(3, [text.clone().into_bytes(), vec![b'x'; 140_000]].concat()),
            &["SIG-VALID", "SIG-BIND"],
        ),
        (
            "other-package",
            change(&|files| drop(files.insert(chain.links[3].place.clone(), forged.clone()))),
            &["PKG-MISSING"],
        ),
        ("surplus-proof", put(2, chain.proof(2, &chain.notes[&6]).to_bytes()), &[]),
        ("anchored", anchor(&chain, 6), &[]),
        ("anchored-older", anchor(&chain, 4), &[]),
        ("anchored-older-elsewhere", anchor(&other, 4), &["ANCHOR-CHECKPOINT"]),
        (
            "two-notes",
            change(&|files| {
                files.insert("chain/0000000002.checkpoint".to_owned(), earlier.notes[&3].to_bytes());
            }),
            &["SIG-BIND"],
        ),
        ("anchored-elsewhere", anchor(&other, 6), &["ANCHOR-CHECKPOINT"]),
        (
            "head-missing",
            Case {
                head: Some(KnownRecord { sequence: 9, manifest_sha256: chain.head().digest() }),
                ..asked(sample.clone())
            },
            &[],
        ),
    ]);
}

#[test]
fn one_package_alone() {
    let chain = standard_signed(LOG);
    let alone = |bytes: Vec<u8>, keys: Vec<TrustedKey>| Case {
        files: BTreeMap::from([(String::new(), bytes)]),
        keys,
        ..Case::default()
    };
    let package = chain.links[5].package.clone();
    let mut other = chain.clone();
    other.rewrite_from(2, |manifest| manifest.tool.version = "9".to_owned());
    let old = carrying(&chain, Some(chain.notes[&3].to_bytes()))[&chain.links[5].place].clone();
    judge(vec![
        ("right.zip", alone(package.clone(), vec![key(LOG, 0, None)]), &[]),
        ("wrong.zip", alone(package.clone(), vec![key(OTHER, 0, None)]), &["SIG-KEY"]),
        ("older.zip", alone(old, vec![key(LOG, 0, None)]), &[]),
        ("genesis.zip", alone(chain.links[0].package.clone(), vec![]), &[]),
        (
            "anchored.zip",
            Case { anchors: vec![kept(&chain, 6, true)], ..alone(package.clone(), vec![]) },
            &[],
        ),
        ("behind.zip", Case { anchors: vec![kept(&other, 5, true)], ..alone(package.clone(), vec![]) }, &[]),
        (
            "no-leaves.zip",
            Case { anchors: vec![kept(&other, 6, false)], ..alone(package.clone(), vec![]) },
            &[],
        ),
        (
            "rewritten.zip",
            Case { anchors: vec![kept(&other, 6, true)], ..alone(package, vec![]) },
            &["ANCHOR-CHECKPOINT"],
        ),
    ]);
}

#[test]
fn digests_that_the_reader_pinned() {
    let chain = standard_signed(LOG);
    let manifest = &chain.links[5].manifest;
    let baseline = manifest.baseline.as_ref().unwrap().state_sha256;
    let other = verify_core::digest::Digest::of(b"other");
    let right = format!(
        "policies={} schemas={} profile={}",
        manifest.policies_sha256, manifest.schemas_sha256, manifest.profile_sha256
    );
    let asked = |files: Files, pins: &str| Case {
        pins: pins.split(' ').map(|pin| pin.parse().unwrap()).collect(),
        ..with_key(files)
    };
    let files = chain.files();
    let wrong: &[&str] = &["POLICY-PIN"];
    let mut gap = chain.files();
    gap.remove(&chain.links[3].place);
    let alone = BTreeMap::from([(String::new(), chain.links[3].package.clone())]);
    judge(vec![
        ("right", asked(files.clone(), &format!("{right} baseline={baseline}")), &[]),
        ("wrong-policies", asked(files.clone(), &format!("policies={other}")), wrong),
        ("wrong-for-one-record", asked(files.clone(), &format!("{right} schemas={other}@3-3")), &[]),
        ("wrong-at-one-record", asked(files.clone(), &format!("schemas={other}@3-3")), wrong),
        ("wrong-behind-the-end", asked(files.clone(), &format!("profile={other}@6-")), &[]),
        ("wrong-baseline", asked(files.clone(), &format!("baseline={other}")), wrong),
        ("wrong-baseline-where-there-is-none", asked(files, &format!("baseline={other}@0-2")), &[]),
        (
            "wrong-without-package",
            asked(gap, &format!("policies={other}@3-3")),
            &["POLICY-PIN", "PKG-MISSING"],
        ),
        ("alone.zip", Case { to: None, ..asked(alone, &format!("policies={other}")) }, wrong),
        (
            "bundle",
            Case { to: None, ..asked(bundle(&chain, &[1, 3]), &format!("policies={other}@3-")) },
            wrong,
        ),
    ]);
}
