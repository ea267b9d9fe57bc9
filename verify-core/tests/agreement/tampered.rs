//! Agreement on evidence that was tampered with: bits, files, and documents repaired after the change.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use verify_core::canon;

use super::chain::{Chain, Link, standard};
use super::compare::{Case, Cases, compare};
use super::python::{Files, packages_only};

/// One bit of one file is flipped, at places spread over the file.
fn flips(chain: &Chain, place: &str, count: usize, cases: &mut Cases) {
    let files = chain.files();
    let size = files[place].len();
    for at in (0..count).map(|index| index * size / count) {
        let mut flipped = files.clone();
        flipped.get_mut(place).unwrap()[at] ^= 1 << (at % 8);
        cases.insert(format!("{}-{at:06}", place.rsplit('/').next().unwrap()), Case::to_gap(flipped));
    }
}

#[test]
fn flipped_bits() {
    let chain = standard();
    let mut cases = Cases::from([("clean".to_owned(), Case::to_gap(chain.files()))]);
    for index in [0, 2, 3, 5] {
        flips(&chain, &chain.links[index].place, 60, &mut cases);
        flips(&chain, &chain.links[index].commit_place(), 60, &mut cases);
    }
    // The newest commit must not quietly count as absent because of an unsafe name.
    let mut unsafe_name = chain.files();
    let commit = unsafe_name.get_mut(&chain.head().commit_place()).unwrap();
    let text = String::from_utf8(commit.clone()).unwrap();
    *commit = text.replace("\"collection_id\":\"evidence", "\"collection_id\":\"-vidence").into_bytes();
    cases.insert("unsafe-name".to_owned(), Case::to_gap(unsafe_name));
    compare(&cases);
}

#[test]
fn files_removed_and_exchanged() {
    let files = standard().files();
    let mut cases = Cases::new();
    let names: Vec<&String> = files.keys().collect();
    for (index, name) in names.iter().enumerate() {
        let mut rest = files.clone();
        rest.remove(*name);
        cases.insert(format!("without-{index:02}"), Case::to_gap(rest.clone()));
        let next = names[(index + 1) % names.len()];
        rest.remove(next);
        cases.insert(format!("without-two-{index:02}"), Case::to_gap(rest));
        let mut exchanged = files.clone();
        exchanged.insert((*name).clone(), files[next].clone());
        cases.insert(format!("replaced-{index:02}"), Case::to_gap(exchanged.clone()));
        exchanged.insert(next.clone(), files[*name].clone());
        cases.insert(format!("exchanged-{index:02}"), Case::to_gap(exchanged));
    }
    compare(&cases);
}

/// Every value of a document, one after the other, is replaced by another one, or removed.
fn mutants(document: &Value) -> Vec<(String, Value)> {
    fn walk(value: &Value, at: &str, places: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, inner) in members {
                    let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                    places.push(at.clone());
                    walk(inner, &at, places);
                }
            }
            Value::Array(items) => {
                for (index, inner) in items.iter().enumerate().take(2) {
                    places.push(format!("{at}/{index}"));
                    walk(inner, &format!("{at}/{index}"), places);
                }
            }
            _ => {}
        }
    }
    let mut places = Vec::new();
    walk(document, "", &mut places);
    let others =
        [json!(null), json!(""), json!(7), json!("2026-05-05T08:06:00Z"), json!({}), json!([]), json!("~/x")];
    let mut mutants = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let mut mutant = document.clone();
        *mutant.pointer_mut(place).unwrap() = others[index % others.len()].clone();
        mutants.push((format!("{index:03}-other"), mutant));
        let (parent, name) = place.rsplit_once('/').unwrap();
        let mut mutant = document.clone();
        if let Some(Value::Object(members)) = mutant.pointer_mut(parent) {
            members.remove(&name.replace("~1", "/").replace("~0", "~"));
            members.insert("sup/er~fluous".to_owned(), json!(1));
            mutants.push((format!("{index:03}-gone"), mutant));
        }
    }
    mutants
}

/// A changed member in a package that was sealed again, as one who holds the tool could do it.
fn resealed(chain: &Chain, index: usize, member: &str, content: Vec<u8>) -> Files {
    let mut chain = chain.clone();
    let link: &mut Link = &mut chain.links[index];
    link.members.insert(member.to_owned(), content);
    link.reseal();
    chain.files()
}

#[test]
fn fields_of_documents_are_changed_and_sealed_again() {
    let chain = standard();
    let mut cases = Cases::new();
    let documents = [
        (0, "genesis.json"),
        (2, "approval.json"),
        (4, "failure.json"),
        (5, "snapshot.json"),
        (5, "validation.json"),
        (5, "drift.json"),
    ];
    for (index, member) in documents {
        let document: Value = serde_json::from_slice(&chain.links[index].members[member]).unwrap();
        for (name, mutant) in mutants(&document) {
            let files = resealed(&chain, index, member, canon::to_vec(&mutant).unwrap());
            cases.insert(format!("{member}-{name}"), Case::to_gap(files));
        }
    }
    compare(&cases);
}

#[test]
fn lines_of_the_transcript_are_changed_and_sealed_again() {
    let chain = standard();
    let mut cases = Cases::new();
    for index in [4, 5] {
        let text = String::from_utf8(chain.links[index].members["transcript.jsonl"].clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let document: Value = serde_json::from_str(line).unwrap();
            for (name, mutant) in mutants(&document) {
                let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
                changed[number] = String::from_utf8(canon::to_vec(&mutant).unwrap()).unwrap();
                let content = changed.join("\n") + "\n";
                let files = resealed(&chain, index, "transcript.jsonl", content.into_bytes());
                cases.insert(format!("{index}-{number}-{name}"), Case::to_gap(files));
            }
        }
        let mut reversed = lines.iter().rev().copied().collect::<Vec<_>>().join("\n");
        reversed.push('\n');
        for (name, content) in
            [("empty", String::new()), ("reversed", reversed), ("cut", text[..40].to_owned())]
        {
            let files = resealed(&chain, index, "transcript.jsonl", content.into_bytes());
            cases.insert(format!("{index}-{name}"), Case::to_gap(files));
        }
    }
    compare(&cases);
}

#[test]
fn fields_of_manifests_are_changed_and_hashed_again() {
    let chain = standard();
    let mut cases = Cases::new();
    for index in [0, 2, 4, 5] {
        let document: Value = serde_json::from_slice(&chain.links[index].commit).unwrap();
        for (turn, (name, mutant)) in mutants(&document).into_iter().enumerate() {
            let mut forged = chain.clone();
            forged.links[index].set_manifest(canon::to_vec(&mutant).unwrap());
            let bare = turn % 4 == index % 4;
            let files = if bare { packages_only(&forged.files()) } else { forged.files() };
            cases.insert(format!("{index}-{name}"), Case::to_gap(files));
        }
    }
    compare(&cases);
}

#[test]
fn members_are_added_removed_and_exchanged() {
    let chain = standard();
    let mut cases = Cases::new();
    for index in [0, 2, 4, 5] {
        let members: BTreeMap<String, Vec<u8>> = chain.links[index].members.clone();
        for (at, name) in members.keys().enumerate() {
            let mut changed = chain.clone();
            changed.links[index].members.remove(name);
            if name != &chain.links[index].manifest.kind.payload_member() {
                changed.links[index].reseal();
                cases.insert(format!("{index}-without-{at}"), Case::to_gap(changed.files()));
            }
            let content =
                if name.strip_suffix(".json").is_some() { b"[]".to_vec() } else { b"other\n".to_vec() };
            cases.insert(format!("{index}-other-{at}"), Case::to_gap(resealed(&chain, index, name, content)));
        }
        for name in
            ["note.txt", "inputs/a.json", "raw/users/0001.json", "checkpoint.tsr", "policies/x.json", "raw/x"]
        {
            let files = resealed(&chain, index, name, b"{\"a\":1.50}".to_vec());
            cases.insert(format!("{index}-with-{}", name.replace('/', "_")), Case::to_gap(files));
        }
    }
    compare(&cases);
}
