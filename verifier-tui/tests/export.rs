//! `verifier export` as a user runs it: where it writes, where it refuses to, and how it ends.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot run its program has failed"
)]

#[expect(dead_code, reason = "other tests tamper with more of it")]
#[path = "../../verify-core/tests/support/chain.rs"]
mod chain;
#[path = "../../verify-core/tests/support/documents.rs"]
mod documents;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const FILES: [&str; 8] = [
    "SHA256SUMS",
    "controls.csv",
    "cycles.csv",
    "drift.csv",
    "findings.csv",
    "records.csv",
    "report.json",
    "violations.csv",
];

fn export(evidence: &Path, out: &Path) -> Output {
    let program = env!("CARGO_BIN_EXE_verifier");
    Command::new(program).arg("export").arg(evidence).arg("--out").arg(out).output().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_new_or_empty_folder_gets_the_files_and_the_exit_code_is_the_verdicts() {
    let place = tempfile::tempdir().unwrap();
    let evidence = place.path().join("evidence");
    chain::write_files(&evidence, &chain::standard().files());
    fs::create_dir(place.path().join("empty")).unwrap();
    for name in ["new", "empty"] {
        let out = place.path().join(name);
        let output = export(&evidence, &out);
        let told = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(3), "{told}{}", String::from_utf8_lossy(&output.stderr));
        assert!(told.starts_with("GAPS (exit code 3)") && told.contains("8 files in "), "{told}");
        assert_eq!(names(&out), FILES);
        let sums =
            Command::new("sha256sum").args(["-c", "--strict", "SHA256SUMS"]).current_dir(&out).output();
        assert!(sums.unwrap().status.success());
        let report: serde_json::Value =
            serde_json::from_slice(&fs::read(out.join("report.json")).unwrap()).unwrap();
        assert_eq!(report["verdict"]["exit_code"], 3);
        #[cfg(unix)]
        for name in FILES {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(out.join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}

#[test]
fn nothing_is_written_anywhere_else() {
    let place = tempfile::tempdir().unwrap();
    let evidence = place.path().join("evidence");
    chain::write_files(&evidence, &chain::standard().files());
    let full = place.path().join("full");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("notes.txt"), "mine").unwrap();
    let file = place.path().join("file");
    fs::write(&file, "mine").unwrap();
    let mut refused = vec![full.clone(), file, evidence.join("export"), place.path().join("no/such/place")];
    #[cfg(unix)]
    {
        // A link to an empty folder is somebody else's choice of a place.
        fs::create_dir(place.path().join("target")).unwrap();
        std::os::unix::fs::symlink(place.path().join("target"), place.path().join("link")).unwrap();
        refused.push(place.path().join("link"));
    }
    let before = names(&evidence);
    for out in refused {
        let output = export(&evidence, &out);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{}: {told}", out.display());
        assert!(told.contains("new or empty"), "{told}");
    }
    assert_eq!((names(&evidence), names(&full)), (before, vec!["notes.txt".to_owned()]));
    #[cfg(unix)]
    assert_eq!(names(&place.path().join("target")), [""; 0]);
}

#[test]
fn no_evidence_makes_no_folder() {
    let place = tempfile::tempdir().unwrap();
    let evidence = place.path().join("evidence");
    fs::create_dir(&evidence).unwrap();
    let out = place.path().join("out");
    let output = export(&evidence, &out);
    assert_eq!(output.status.code(), Some(5));
    assert!(!out.exists());
}

/// Evidence whose texts are formulas and escape sequences: harmless in every table, text and JSON.
#[test]
fn hostile_evidence_is_exported_and_printed_harmlessly() {
    let attack = "=cmd|'/C calc'!A0\u{1b}]52;c;eA==\u{7}\u{202e}\u{200b}";
    let mut documents = documents::usual();
    for entities in documents.resources.values_mut() {
        entities[0]["name"] = attack.into();
    }
    let mut chain = chain::Chain::start(documents, "acme", "2026-05-01T00:00:00Z");
    chain.snapshot("2026-05-01T08:00:00Z");
    chain.explanation("2026-05-02T08:00:00Z", "2026-05-03T10:00:00Z");
    let link = chain.links.last_mut().unwrap();
    let explanation = serde_json::json!({"explanation": {"scheduled_utc": "2026-05-02T08:00:00Z",
        "explained_by": attack, "ticket": attack, "reason": attack, "written_after": 1}});
    link.members.insert("explanation.json".to_owned(), documents::bytes(&explanation));
    link.reseal();
    let place = tempfile::tempdir().unwrap();
    let evidence = place.path().join("evidence");
    chain::write_files(&evidence, &chain.files());
    fs::write(evidence.join("=1+1\u{202e}\u{1b}[31m.txt"), attack).unwrap();
    let out = place.path().join("out");
    export(&evidence, &out);
    let mut outputs: Vec<(String, Vec<u8>)> =
        FILES.iter().map(|name| ((*name).to_owned(), fs::read(out.join(name)).unwrap())).collect();
    for format in ["text", "json"] {
        let program = env!("CARGO_BIN_EXE_verifier");
        let output = Command::new(program).arg("verify").arg(&evidence).args(["--format", format]).output();
        outputs.push((format.to_owned(), output.unwrap().stdout));
    }
    let mut seen = 0;
    for (name, bytes) in outputs {
        let text = String::from_utf8(bytes).unwrap();
        let plain = |c: char| matches!(c, '\n' | '\r') || verifier_tui::display::is_safe(&c.to_string());
        assert!(text.chars().all(plain), "{name}");
        seen += usize::from(text.contains("\\u{202e}") || text.contains("\\u202e"));
        if name.split_once('.').is_some_and(|(_, end)| end == "csv") {
            for line in text.lines() {
                assert!(
                    !line.contains(",=") && !line.contains("\"=") && !line.starts_with('='),
                    "{name}: {line}"
                );
            }
        }
    }
    assert!(seen >= 4, "the attack must be seen, in {seen} outputs");
}
