//! The second implementation, `verify.py`, over a month and over tampered copies of it: the same exit
//! code, and the same findings wherever both implementations look.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use verify_core::coverage::Period;
use verify_core::digest::Digest;
use verify_core::source::{Folder, Memory};
use verify_core::verify::{KnownRecord, Options};

use super::evidence::judge;
use super::forge::Forge;
use super::{GENESYS, REFERENCE};

fn python(arguments: &[&str]) -> (i32, Value) {
    let done = Command::new("python3").args(["-I", "-S"]).args(arguments).output();
    let done = done.unwrap_or_else(|error| panic!("python3 is needed: {error}"));
    let text = String::from_utf8(done.stdout).unwrap();
    let document = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&done.stderr)));
    (done.status.code().unwrap(), document)
}

/// The codes `verify.py` knows.
fn known(script: &str) -> BTreeSet<String> {
    let program = "import json, runpy, sys; print(json.dumps(list(runpy.run_path(sys.argv[1])['CODES'])))";
    let (_, codes) = python(&["-c", program, script]);
    codes.as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

/// Both implementations over one folder; the codes both know, and the exit code.
struct Both {
    _own: tempfile::TempDir,
    script: String,
    known: BTreeSet<String>,
}

impl Both {
    fn new() -> Self {
        let own = tempfile::tempdir().unwrap();
        let path = own.path().join("verify.py");
        std::fs::write(&path, verify_core::VERIFY_PY).unwrap();
        let script = path.to_str().unwrap().to_owned();
        let known = known(&script);
        assert!(known.len() > 50, "{known:?}");
        Self { _own: own, script, known }
    }

    #[track_caller]
    fn agree(&self, name: &str, root: &Path, options: &Options, flags: &[&str], exit: u8, named: &[&str]) {
        let report = judge(&Folder::new(root), options);
        let codes: BTreeSet<String> = report.findings.iter().map(|f| f.code.as_str().to_owned()).collect();
        let shared: BTreeSet<&str> =
            codes.intersection(&self.known).map(std::string::String::as_str).collect();
        let mut arguments = vec![self.script.as_str(), root.to_str().unwrap(), "--json"];
        arguments.extend(flags);
        let (second_exit, document) = python(&arguments);
        let second: BTreeSet<&str> = document["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["code"].as_str().unwrap())
            .collect();
        assert_eq!(second, shared, "{name}: {:#}\n{:#?}", document["findings"], report.findings);
        assert_eq!((second_exit, report.verdict.exit_code), (i32::from(exit), exit), "{name}: {codes:?}");
        for code in named {
            assert!(shared.contains(code), "{name}: {code} is not among {shared:?}");
        }
        assert_eq!(document["coverage"]["rows"].as_array().map(Vec::len), Some(report.coverage.rows.len()));
    }

    #[track_caller]
    fn agree_on(&self, name: &str, memory: &Memory, exit: u8, named: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in &memory.files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        self.agree(name, folder.path(), &Options::default(), &[], exit, named);
    }
}

#[test]
fn both_implementations_agree_on_the_months() {
    let both = Both::new();
    let all = Options::default();
    both.agree("reference", &REFERENCE.root, &all, &[], 3, &["CHAIN-CADENCE"]);
    both.agree("genesys-cloud", &GENESYS.root, &all, &[], 3, &["CHAIN-CADENCE"]);

    let time = |text: &str| Some(text.parse().unwrap());
    let period = |from, to| Options { period: Period { from_utc: from, to_utc: to }, ..Options::default() };
    let whole = period(time("2026-05-02T00:00:00Z"), time("2026-05-27T23:59:59Z"));
    both.agree("no gap", &REFERENCE.root, &whole, &["--from", "2026-05-02", "--to", "2026-05-27"], 0, &[]);
    let beyond = period(time("2026-05-29T00:00:00Z"), time("2026-06-02T23:59:59Z"));
    let flags = ["--from", "2026-05-29", "--to", "2026-06-02"];
    both.agree("beyond the end", &REFERENCE.root, &beyond, &flags, 3, &["CHAIN-PERIOD"]);

    let head = |sequence, text: &str| Options {
        head: Some(KnownRecord { sequence, manifest_sha256: Digest::of(text.as_bytes()) }),
        ..Options::default()
    };
    let kept = |sequence: u64, text: &str| format!("{sequence}:{}", Digest::of(text.as_bytes()));
    let flags = kept(9, "another");
    both.agree("other head", &REFERENCE.root, &head(9, "another"), &["--head", &flags], 1, &["ANCHOR-HEAD"]);
    let flags = kept(40, "later");
    both.agree(
        "later head",
        &REFERENCE.root,
        &head(40, "later"),
        &["--head", &flags],
        3,
        &["CHAIN-TRUNCATED"],
    );
}

#[test]
fn both_implementations_name_the_same_tampering() {
    let both = Both::new();
    let sound = Memory::copy_of(&Folder::new(&REFERENCE.root), 10_000, 1 << 30).unwrap();
    let forge = || Forge::open(&REFERENCE.root);
    let package = |text: &str| {
        sound.files.keys().find(|name| name.contains(text) && name.ends_with(".zip")).unwrap().clone()
    };
    let changed = |change: &dyn Fn(&mut Memory)| {
        let mut memory = sound.clone();
        change(&mut memory);
        memory
    };
    let (fifth, sixth) = (package("evidence-2026-05-05"), package("evidence-2026-05-06"));

    let flipped = changed(&|memory| {
        let bytes = memory.files.get_mut(&fifth).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
    });
    both.agree_on("a flipped byte", &flipped, 1, &[]);
    let removed = changed(&|memory| {
        memory.files.remove(&fifth).unwrap();
    });
    both.agree_on("a package removed", &removed, 1, &["PKG-MISSING"]);
    let replaced = changed(&|memory| {
        let other = memory.files[&sixth].clone();
        memory.files.insert(fifth.clone(), other);
    });
    both.agree_on("a package replaced by another day's", &replaced, 1, &["PKG-MISSING"]);
    let exchanged = changed(&|memory| {
        let (first, second) = ("chain/0000000005.json", "chain/0000000006.json");
        let (one, two) = (memory.files[first].clone(), memory.files[second].clone());
        memory.files.extend([(first.to_owned(), two), (second.to_owned(), one)]);
    });
    both.agree_on("two commits exchanged", &exchanged, 3, &["CHAIN-ORDER"]);
    let stray = changed(&|memory| {
        memory.files.insert("notes.txt".to_owned(), b"remember".to_vec());
    });
    both.agree_on("a stray file", &stray, 3, &["SRC-STRAY"]);

    let mut two_days_less = forge();
    two_days_less.records.drain(5..7);
    both.agree_on("two neighbours removed", &two_days_less.as_is(), 1, &["CHAIN-GAP"]);
    let mut edited = forge();
    let index = edited.index_of("evidence-2026-05-09");
    edited.records[index].edit("validation.json", |value| {
        value["validation_results"]["policy_violations"] = serde_json::json!([]);
    });
    both.agree_on("a result edited", &edited.as_is(), 1, &["PKG-HASH-MEMBER"]);
    let mut rehashed = edited.clone();
    rehashed.records[index].rehash();
    both.agree_on("and its manifest made to fit", &rehashed.as_is(), 1, &["CHAIN-LINK"]);

    let mut loosened = forge();
    let index = loosened.index_of("evidence-2026-05-06");
    let rule = loosened.records[index].members.get_mut("policies/controls/mfa_privileged.rego").unwrap();
    rule.extend_from_slice(b"\n# loosened\n");
    both.agree_on("a rule loosened", &loosened.rewrite_from(index), 1, &["RULES-UNAPPROVED"]);
    let mut rebased = forge();
    let index = rebased.index_of("evidence-2026-05-20");
    let drifted = rebased.records[rebased.index_of("evidence-2026-05-09")].manifest.clone();
    let baseline = rebased.records[index].manifest.baseline.as_mut().unwrap();
    baseline.sequence = drifted.sequence;
    baseline.state_sha256 = drifted.state_sha256.unwrap();
    baseline.collection_id = drifted.collection_id;
    both.agree_on("another baseline", &rebased.rewrite_from(index), 1, &["RULES-BASELINE"]);
}
