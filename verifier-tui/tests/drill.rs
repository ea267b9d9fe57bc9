//! The tamper drill of the real program, on evidence that these tests make: every attack is caught by the check
//! it names, and the folder stays as it was.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends at the first surprise")]

#[path = "../../verify-core/tests/support/chain.rs"]
#[expect(dead_code, reason = "shared with tests that need more of it")]
mod chain;
#[path = "../../verify-core/tests/support/documents.rs"]
mod documents;
#[path = "support/eventful.rs"]
mod eventful;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use chain::Chain;
use serde_json::Value;
use verify_core::digest::Digest;
use verify_core::source::{Folder, Memory};

const SCHEMA: &str = include_str!("../../fixtures/schemas/drill.schema.json");

/// Attacks that need a signed chain.
const SIGNATURES: [&str; 8] = [
    "altered-signature",
    "another-key",
    "back-dated-token",
    "exchanged-token",
    "foreign-token",
    "removed-checkpoint",
    "removed-token",
    "rewritten-under-signature",
];

/// Every attack on a chain that is not signed, and the check that names it on this evidence.
const CAUGHT: [(&str, &str); 55] = [
    ("symbolic-link", "SRC-TYPE"),
    ("misleading-name", "SRC-NAME"),
    ("stray-file", "SRC-STRAY"),
    ("flipped-byte", "PKG-"),
    ("truncated-package", "PKG-ZIP-STRUCT"),
    ("appended-bytes", "PKG-ZIP-TRAILER"),
    ("prepended-bytes", "PKG-ZIP-PREFIX"),
    ("zip-comment", "PKG-ZIP-COMMENT"),
    ("duplicate-member", "PKG-ZIP-DUP"),
    ("hidden-member", "PKG-ZIP-HIDDEN"),
    ("lying-header", "PKG-ZIP-HEADERS"),
    ("case-collision", "PKG-ZIP-COLLIDE"),
    ("path-traversal", "PKG-ZIP-NAME"),
    ("zip-bomb", "PKG-ZIP-LIMITS"),
    ("renamed-member", "PKG-MEMBERS"),
    ("removed-member", "PKG-MEMBERS"),
    ("added-member", "PKG-MEMBERS"),
    ("exchanged-payload", "PKG-HASH-PAYLOAD"),
    ("exchanged-results", "PKG-HASH-MEMBER"),
    ("repaired-package", "CHAIN-COPY"),
    ("repaired-record", "CHAIN-LINK"),
    ("not-canonical", "JSON-CANON"),
    ("duplicate-key", "JSON-DUPKEY"),
    ("another-days-payload", "SCHEMA-BIND"),
    ("retention", "CHAIN-LINK"),
    ("actor", "CHAIN-LINK"),
    ("back-dated", "CHAIN-TIME"),
    ("short-digest", "SCHEMA-DIGEST"),
    ("downgrade", "SCHEMA-VERSION"),
    ("unknown-field", "SCHEMA-UNKNOWN"),
    ("removed-record", "CHAIN-GAP"),
    ("removed-package", "PKG-MISSING"),
    ("removed-commit", "CHAIN-COPY"),
    ("removed-and-relinked", "CHAIN-CADENCE"),
    ("removed-genesis", "CHAIN-GENESIS"),
    ("copied-as-newest", "CHAIN-DUP"),
    ("replayed-as-newest", "CHAIN-TIME"),
    ("exchanged-records", "CHAIN-LINK"),
    ("fork", "CHAIN-FORK"),
    ("foreign-origin", "CHAIN-ORIGIN"),
    ("foreign-chain", "CHAIN-ID"),
    ("foreign-tenant", "CHAIN-ORIGIN"),
    ("fail-to-pass", "POLICY-REPLAY"),
    ("erased-drift", "DRIFT-REPLAY"),
    ("rewritten-state", "NORM-REPLAY"),
    ("rewritten-body", "NORM-REPLAY"),
    ("short-list", "COLLECT-COMPLETE"),
    ("denied-as-empty", "COLLECT-TRANSCRIPT"),
    ("removed-exchange", "COLLECT-TRANSCRIPT"),
    ("weakened-policy", "RULES-UNAPPROVED"),
    ("thinned-schedule", "RULES-UNAPPROVED"),
    ("replaced-baseline", "RULES-BASELINE"),
    ("cut-tail", "CHAIN-"),
    ("perfect-rewrite", "ANCHOR-HEAD"),
    ("new-genesis", "ANCHOR-HEAD"),
];

fn verifier(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_verifier")).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn folder_of(files: &BTreeMap<String, Vec<u8>>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    chain::write_files(folder.path(), files);
    folder
}

fn head(chain: &Chain) -> String {
    format!("{}:{}", chain.head().manifest.sequence, chain.head().digest())
}

/// Drills a folder; the report must keep its schema, and the folder must stay as it is.
fn drill(folder: &Path, arguments: &[&str]) -> (Value, i32) {
    let before = Memory::copy_of(&Folder::new(folder), 1_000, 1 << 30).unwrap();
    let all = [&["drill", folder.to_str().unwrap(), "--format", "json"], arguments].concat();
    let output = verifier(&all);
    let after = Memory::copy_of(&Folder::new(folder), 1_000, 1 << 30).unwrap();
    assert_eq!(before, after, "the evidence was changed");
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
    let validator = jsonschema::draft202012::new(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    (report, output.status.code().unwrap())
}

/// Attacks that were not evaluated although they need no signed chain.
fn left_out(report: &Value) -> BTreeMap<&str, &str> {
    let mut left = ended(report, "not_evaluated");
    for name in SIGNATURES {
        assert!(left.remove(name).is_some(), "{name}");
    }
    left
}

/// Attacks that ended in this way, with the code or the reason.
fn ended<'r>(report: &'r Value, outcome: &str) -> BTreeMap<&'r str, &'r str> {
    let attacks = report["attacks"].as_array().unwrap().iter();
    attacks
        .filter(|attack| attack["outcome"] == outcome)
        .map(|attack| {
            let code = attack["caught_by"]["code"].as_str();
            (attack["name"].as_str().unwrap(), code.or(attack["reason"].as_str()).unwrap())
        })
        .collect()
}

#[test]
fn every_attack_is_caught_by_the_check_it_names() {
    let chain = eventful::eventful();
    let folder = folder_of(&chain.files());
    let (report, exit) = drill(folder.path(), &["--to", "2026-05-07", "--head", &head(&chain)]);
    let caught = ended(&report, "caught");
    for (name, code) in CAUGHT {
        let found = caught.get(name).unwrap_or_else(|| panic!("{name}: {report:#}"));
        assert!(found.starts_with(code), "{name}: {found}");
    }
    assert_eq!((caught.len(), exit), (CAUGHT.len(), 0));
    let sentence = "55 of 55 attacks were caught; 8 could not be evaluated on this evidence";
    assert_eq!(report["summary"]["sentence"], sentence);
    assert_eq!(left_out(&report), BTreeMap::new());
    assert_eq!(report["untouched"]["findings"], serde_json::json!([{"code": "CHAIN-CADENCE", "count": 1}]));
    let attacks = report["attacks"].as_array().unwrap().iter();
    for attack in attacks.filter(|attack| attack["outcome"] == "caught") {
        let change = &attack["change"];
        assert_ne!(change["before_sha256"], change["after_sha256"], "{attack:#}");
        assert!(attack["expected"].as_array().unwrap().contains(&attack["caught_by"]["code"]), "{attack:#}");
    }
}

#[test]
fn what_only_outside_knowledge_shows_is_never_called_caught() {
    let folder = folder_of(&eventful::eventful().files());
    let (report, exit) = drill(folder.path(), &[]);
    let left = left_out(&report);
    assert_eq!(left.keys().copied().collect::<Vec<_>>(), ["cut-tail", "new-genesis", "perfect-rewrite"]);
    assert!(left.values().all(|reason| reason.contains("alone") && reason.contains("--head")), "{left:?}");
    assert_eq!(exit, 0);
    let sentence = report["summary"]["sentence"].as_str().unwrap();
    assert_eq!(
        sentence,
        "52 of 52 attacks were caught; 8 could not be evaluated on this evidence; 3 need what was not given from outside the evidence"
    );
}

#[test]
fn a_record_kept_from_before_the_attacked_one_shows_nothing() {
    let chain = eventful::eventful();
    let folder = folder_of(&chain.files());
    let old = format!("1:{}", chain.links[1].digest());
    let (report, _) =
        drill(folder.path(), &["--head", &old, "--only", "perfect-rewrite,new-genesis,cut-tail"]);
    assert_eq!(ended(&report, "caught"), BTreeMap::from([("new-genesis", "ANCHOR-HEAD")]));
    assert_eq!(ended(&report, "not_evaluated").len(), 2);
}

#[test]
fn what_was_kept_of_a_signed_chain_is_given_on_the_command_line() {
    let chain = chain::standard_signed(7);
    let folder = folder_of(&chain.files());
    let kept = tempfile::tempdir().unwrap();
    let file = kept.path().join("q2.checkpoint");
    let (size, note) = chain.notes.last_key_value().unwrap();
    std::fs::write(&file, note.to_bytes()).unwrap();
    let (key, shown) = (chain.signer.as_ref().unwrap().key.to_string(), file.to_str().unwrap());
    let only = "altered-signature,another-key,perfect-rewrite,cut-tail";
    let (report, exit) = drill(folder.path(), &["--key", &key, "--checkpoint", shown, "--only", only]);
    let expected = [
        ("altered-signature", "SIG-VALID"),
        ("another-key", "SIG-KEY"),
        ("cut-tail", "ANCHOR-CHECKPOINT"),
        ("perfect-rewrite", "ANCHOR-CHECKPOINT"),
    ];
    assert_eq!((ended(&report, "caught"), exit), (BTreeMap::from(expected), 0));
    assert_eq!(report["outside"]["keys"], serde_json::json!([key]));
    let root = note.checkpoint().root.to_string();
    let kept = serde_json::json!([{"name": shown, "size": size, "root_sha256": root, "leaves": false}]);
    assert_eq!(report["outside"]["checkpoints"], kept);
    let evidence = folder.path().to_str().unwrap();
    for (arguments, message) in [
        (["--key", "nonsense"], "expected"),
        (["--checkpoint", "/nonexistent/q1.checkpoint"], "cannot read"),
        (["--checkpoint", evidence], "cannot read"),
        (["--key-file", "/nonexistent/keys"], "cannot read"),
        (["--tsa", shown], "expected certificates of a time-stamping authority"),
        (["--quorum", "1"], "--witness"),
        (["--max-package", "2GB"], "expected bytes"),
    ] {
        let refused = verifier(&[&["drill", evidence], &arguments[..]].concat());
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(text(&refused.stderr).contains(message), "{}", text(&refused.stderr));
    }
}

/// The options of `verify` are those of the drill: a file of keys with ranges, leaf hashes beside a checkpoint.
#[test]
fn what_was_given_is_in_the_report_and_names_the_record() {
    let chain = chain::standard_signed(7);
    let folder = folder_of(&chain.files());
    let place = tempfile::tempdir().unwrap();
    let (kept, keys) = (place.path().join("q1.checkpoint"), place.path().join("keys"));
    let evidence = folder.path().to_str().unwrap();
    let key = chain.signer.as_ref().unwrap().key.to_string();
    std::fs::write(&keys, format!("{key}@0-100\n")).unwrap();
    let (kept, keys) = (kept.to_str().unwrap(), keys.to_str().unwrap());
    let saved = verifier(&["checkpoint", "save", evidence, "--key-file", keys, "--leaves", "--out", kept]);
    assert_eq!(saved.status.code(), Some(0), "{}", text(&saved.stderr));
    let arguments =
        ["--key-file", keys, "--checkpoint", kept, "--only", "perfect-rewrite", "--require", "signed"];
    let (report, exit) = drill(folder.path(), &arguments);
    assert_eq!((ended(&report, "caught")["perfect-rewrite"], exit), ("ANCHOR-CHECKPOINT", 0));
    let outside = &report["outside"];
    assert_eq!(outside["keys"], serde_json::json!([format!("{key}@0-100")]));
    assert_eq!(
        (&outside["checkpoints"][0]["leaves"], &outside["required"][0]),
        (&true.into(), &"signed".into())
    );
    let attack = &report["attacks"][0];
    let found = attack["caught_by"]["place"]["sequence"].as_u64();
    assert_eq!(found, attack["change"]["record"].as_u64(), "{attack:#}");
}

/// What needs something from outside says so, by the name of the option, and never counts as caught.
#[test]
fn what_needs_the_outside_names_the_option() {
    let folder = folder_of(&chain::standard_signed(7).files());
    let only = "another-key,cut-tail,perfect-rewrite,new-genesis,stray-file";
    let (report, exit) = drill(folder.path(), &["--only", only]);
    assert_eq!((ended(&report, "caught").len(), exit), (1, 0));
    let reasons = ended(&report, "not_evaluated");
    for (name, needs) in [
        ("another-key", "needs --key: "),
        ("cut-tail", "needs --to, --head or --checkpoint: "),
        ("perfect-rewrite", "needs --checkpoint or --head: "),
        ("new-genesis", "needs --checkpoint, --head or --witness: "),
    ] {
        assert!(reasons[name].starts_with(needs), "{name}: {}", reasons[name]);
    }
    assert_eq!(report["summary"]["needing"], 4);
    let sentence = "1 of 1 attacks were caught; 4 need what was not given from outside the evidence";
    assert_eq!(report["summary"]["sentence"], sentence);
    let output = verifier(&["drill", folder.path().to_str().unwrap(), "--only", only]);
    let printed = text(&output.stdout);
    assert!(printed.contains("  not evaluated  needs --to, --head or --checkpoint\n"), "{printed}");
}

#[test]
fn a_quiet_tenant_has_nothing_to_hide() {
    let folder = folder_of(&chain::standard().files());
    let (report, exit) = drill(folder.path(), &[]);
    let left: Vec<_> = left_out(&report).into_keys().collect();
    let expected = [
        "cut-tail",
        "denied-as-empty",
        "erased-drift",
        "fail-to-pass",
        "new-genesis",
        "perfect-rewrite",
        "rewritten-body",
    ];
    assert_eq!((left, exit), (expected.to_vec(), 0), "{:#}", report["summary"]);
}

#[test]
fn a_bare_folder_of_packages_can_be_drilled() {
    let chain = eventful::eventful();
    let packages = chain.links.iter().enumerate();
    let files = packages.map(|(index, link)| (format!("{index}.zip"), link.package.clone())).collect();
    let (report, exit) = drill(folder_of(&files).path(), &["--head", &head(&chain)]);
    let left = left_out(&report);
    assert_eq!(left.keys().copied().collect::<Vec<_>>(), ["removed-commit", "removed-package"], "{left:#?}");
    assert_eq!((ended(&report, "caught").len(), exit), (CAUGHT.len() - 2, 0), "{:#}", report["summary"]);
}

#[test]
fn broken_evidence_is_drilled_as_far_as_it_goes() {
    let chain = eventful::eventful();
    let mut files = chain.files();
    for link in &chain.links {
        let package = files.get_mut(&link.place).unwrap();
        package.truncate(package.len() - 10);
    }
    let (report, exit) = drill(folder_of(&files).path(), &[]);
    assert_eq!(ended(&report, "missed"), BTreeMap::new());
    assert_eq!(ended(&report, "error"), BTreeMap::new());
    let left = ended(&report, "not_evaluated");
    assert_eq!(left["appended-bytes"], "the container of the package is not accepted as it is");
    assert!(left["fail-to-pass"].contains("no sound snapshot records"), "{left:#?}");
    assert!(ended(&report, "caught").contains_key("stray-file"));
    assert_eq!(exit, 0);
}

/// An attack goes where the evidence is sound, and one on a finding that is there already is not evaluated.
#[test]
fn one_broken_package_costs_no_attack() {
    let chain = eventful::eventful();
    let mut files = chain.files();
    let package = files.get_mut(&chain.links[3].place).unwrap();
    package.truncate(package.len() - 10);
    let (report, exit) = drill(folder_of(&files).path(), &["--head", &head(&chain)]);
    let left = left_out(&report);
    assert_eq!(left.keys().copied().collect::<Vec<_>>(), ["erased-drift", "fail-to-pass"], "{left:#?}");
    assert_eq!((ended(&report, "missed"), exit), (BTreeMap::new(), 0), "{:#}", report["summary"]);
}

#[test]
fn a_report_goes_to_a_new_file_outside_of_the_evidence() {
    let folder = folder_of(&chain::standard().files());
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("drill.txt");
    let (evidence, shown) = (folder.path().to_str().unwrap(), out.to_str().unwrap());
    let arguments = ["drill", evidence, "--only", "stray-file,zip-bomb", "--out", shown];
    let output = verifier(&arguments);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report = std::fs::read(&out).unwrap();
    assert!(told.starts_with("TAMPER DRILL (exit code 0): 2 of 2 attacks were caught\n"), "{told}");
    assert!(told.contains(&Digest::of(&report).to_string()), "{told}");
    assert!(text(&report).contains("SRC-STRAY") && text(&report).contains("PKG-ZIP-LIMITS"));
    let again = verifier(&arguments);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("exists already"));
    assert_eq!(std::fs::read(&out).unwrap(), report, "an existing file is never touched");
    let inside = folder.path().join("drill.txt");
    let refused = verifier(&["drill", evidence, "--out", inside.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("lies inside of the evidence") && !inside.exists());
}

#[test]
fn attacks_are_listed_and_named() {
    let output = verifier(&["drill", "--list"]);
    assert_eq!(output.status.code(), Some(0));
    for name in CAUGHT.iter().map(|(name, _)| *name).chain(SIGNATURES) {
        assert!(text(&output.stdout).lines().any(|line| line.ends_with(&format!("  {name}"))), "{name}");
    }
    let output = verifier(&["drill", "x", "--only", "no-such-attack"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("verifier drill --list names the attacks"));
    assert_eq!(verifier(&["drill", "/nonexistent/evidence"]).status.code(), Some(5));
    let empty = tempfile::tempdir().unwrap();
    let output = verifier(&["drill", empty.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(5));
    assert!(text(&output.stderr).contains("no evidence found"), "{}", text(&output.stderr));
}

/// The first interrupt ends the drill with what it has, and the report says that it is a part.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_leaves_a_usable_part() {
    use rustix::process::{Pid, Signal, kill_process};
    use std::process::Stdio;

    let folder = folder_of(&eventful::eventful().files());
    let child = Command::new(env!("CARGO_BIN_EXE_verifier"))
        .args(["drill", folder.path().to_str().unwrap(), "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let listens = || {
        let text = std::fs::read_to_string(&status).unwrap();
        let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap().trim().to_owned();
        u64::from_str_radix(&caught, 16).unwrap() & (1 << (Signal::INT.as_raw() - 1)) != 0
    };
    while !listens() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (summary, attacks) = (&report["summary"], report["attacks"].as_array().unwrap());
    assert_eq!(summary["complete"], false);
    assert!(attacks.len() < CAUGHT.len());
    let sentence = summary["sentence"].as_str().unwrap();
    assert!(sentence.ends_with(&format!("stopped after {} of 63", attacks.len())), "{sentence}");
}
