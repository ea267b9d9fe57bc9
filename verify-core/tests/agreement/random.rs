//! Some hundred small changes, chosen by a seeded generator: bytes of files, fields of documents repaired
//! afterwards as far as a chain can be repaired, files cut, removed and exchanged.

use serde_json::{Value, json};
use verify_core::canon;
use verify_core::verify::{KeptCheckpoint, TrustedKey};

use super::chain::signing::Signer;
use super::chain::{Chain, origin, standard, standard_signed};
use super::compare::{Case, Cases, compare};
use super::python::{Files, packages_only};

/// `SplitMix64`: the same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.roll(items.len())]
    }
}

/// Changes bytes of one file, or the files themselves.
fn change_files(files: &mut Files, dice: &mut Dice) {
    let names: Vec<String> = files.keys().cloned().collect();
    let (name, other) = (dice.pick(&names).clone(), dice.pick(&names).clone());
    let mut bytes = files.remove(&name).unwrap();
    let at = dice.roll(bytes.len());
    match dice.roll(8) {
        0 => bytes.truncate(at),
        1 => drop(bytes.splice(at..at, *b"\n")),
        2 => drop(bytes.remove(at)),
        3 => bytes = files.get(&other).cloned().unwrap_or(bytes),
        4 => return,
        5 => {
            files.insert(format!("copy-of/{name}"), bytes.clone());
        }
        _ => bytes[at] ^= 1 << dice.roll(8),
    }
    files.insert(name, bytes);
}

/// Replaces one value somewhere in a document.
fn change_value(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Object(members) if !members.is_empty() && dice.roll(6) > 0 => {
            let names: Vec<String> = members.keys().cloned().collect();
            change_value(members.get_mut(dice.pick(&names)).unwrap(), dice);
        }
        Value::Array(items) if !items.is_empty() && dice.roll(6) > 0 => {
            let index = dice.roll(items.len());
            change_value(&mut items[index], dice);
        }
        Value::Number(number) if dice.roll(2) == 0 => *value = json!(number.as_u64().unwrap_or(1) + 1),
        Value::String(text) if !text.is_empty() && dice.roll(3) > 0 => {
            let mut letters: Vec<char> = text.chars().collect();
            let at = dice.roll(letters.len());
            letters[at] = *dice.pick(&['0', '1', 'a', 'Z', '-', ' ', 'é']);
            *text = letters.into_iter().collect();
        }
        other => {
            *other =
                dice.pick(&[json!(null), json!(true), json!(0), json!("x"), json!([]), json!({})]).clone();
        }
    }
}

/// Changes a member or a manifest, and makes everything that follows from it follow again.
fn change_record(chain: &mut Chain, dice: &mut Dice) {
    let index = dice.roll(chain.links.len());
    let link = &mut chain.links[index];
    let documents: Vec<String> = link
        .members
        .keys()
        .filter(|name| {
            name.strip_suffix(".json").is_some() || *name == "transcript.jsonl" || *name == "checkpoint"
        })
        .cloned()
        .collect();
    let member = dice.pick(&documents).clone();
    let bytes = link.members.get_mut(&member).unwrap();
    match member.as_str() {
        "checkpoint" => {
            let at = dice.roll(bytes.len());
            bytes[at] ^= 1 << dice.roll(7);
        }
        "transcript.jsonl" => {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let number = dice.roll(lines.len());
            let mut value: Value = serde_json::from_str(&lines[number]).unwrap();
            change_value(&mut value, dice);
            lines[number] = String::from_utf8(canon::to_vec(&value).unwrap()).unwrap();
            *bytes = (lines.join("\n") + "\n").into_bytes();
        }
        _ => {
            let mut value: Value = serde_json::from_slice(bytes).unwrap();
            change_value(&mut value, dice);
            *bytes = canon::to_vec(&value).unwrap();
        }
    }
    match dice.roll(3) {
        0 => chain.links[index].reseal(),
        1 => {
            let mut manifest: Value = serde_json::from_slice(&chain.links[index].commit).unwrap();
            change_value(&mut manifest, dice);
            chain.links[index].set_manifest(canon::to_vec(&manifest).unwrap());
        }
        _ => chain.rewrite_from(index.max(1), |_| {}),
    }
}

fn signed_case(chain: &Chain, files: Files, dice: &mut Dice) -> Case {
    let seed = if dice.roll(8) == 0 { 2 } else { 1 };
    let key = Signer::log(&origin("acme"), seed).key;
    let size = 1 + dice.roll(chain.links.len()) as u64;
    let leaves = standard_signed(1).leaves()[..usize::try_from(size).unwrap()].to_vec();
    let note = standard_signed(1).notes[&size].clone();
    let kept = KeptCheckpoint::new("kept".to_owned(), note, (dice.roll(2) == 0).then_some(leaves)).unwrap();
    Case {
        keys: vec![TrustedKey { key, from: dice.roll(3) as u64, to: None }],
        anchors: vec![kept],
        ..Case::to_gap(files)
    }
}

/// Two seeds; a failure names the case, which its seed and number make again.
#[test]
fn random_changes() {
    for seed in [20_261_124, 8_032] {
        let mut dice = Dice(seed);
        let mut cases = Cases::new();
        for number in 0..120 {
            let signed = dice.roll(2) == 0;
            let mut chain = if signed { standard_signed(1) } else { standard() };
            let repaired = dice.roll(2) == 0;
            if repaired {
                change_record(&mut chain, &mut dice);
            }
            let mut files = chain.files();
            if dice.roll(4) == 0 {
                files = packages_only(&files);
            }
            if !repaired {
                change_files(&mut files, &mut dice);
            }
            let case = if signed { signed_case(&chain, files, &mut dice) } else { Case::to_gap(files) };
            cases.insert(format!("{seed}-{number:03}"), case);
        }
        compare(&cases);
    }
}
