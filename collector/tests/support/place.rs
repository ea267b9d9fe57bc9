//! A folder in which the program is run as people run it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use verify_core::checkpoint::{SignedNote, VerifierKey};
use verify_core::finding::Code;
use verify_core::limits::Limits;
use verify_core::model::Manifest;
use verify_core::package::{Inflater, scan};
use verify_core::report::Report;
use verify_core::source::Folder;
use verify_core::verify::{InProcessEvaluators, Options, Silent, TrustedKey, verify};

pub(crate) const DECISION: [&str; 6] = ["--by", "j.doe", "--ticket", "CHG-50", "--reason", "yearly change"];
pub(crate) const CONFIG: [&str; 2] = ["--config", "collector.toml"];

/// A folder with a configuration whose slots are always open, and whose platform nobody is.
pub(crate) struct Place {
    folder: tempfile::TempDir,
    environment: RefCell<Vec<(String, String)>>,
    told: RefCell<Vec<u8>>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Self { folder, environment: RefCell::default(), told: RefCell::default() };
        place.done(&["init"]);
        // A port that was free a moment ago and that nobody listens on: every cycle is a sealed failure.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let profile =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles/reference.toml"))
                .unwrap();
        let profile: String = profile
            .lines()
            .filter(|line| !line.starts_with("attempts_per_page"))
            .map(|line| {
                if line == "[pacing]" {
                    "[pacing]\nattempts_per_page = 1\n".to_owned()
                } else {
                    format!("{line}\n")
                }
            })
            .collect();
        std::fs::write(place.path("own.toml"), profile).unwrap();
        place.edit("profile = \"genesys-cloud\"", "profile = \"./own.toml\"");
        place.edit("cron = \"0 8 * * *\"", "cron = \"* * * * *\"");
        place.edit(
            "# api_base = \"https://api.example.com\"",
            &format!("api_base = \"http://127.0.0.1:{port}\""),
        );
        place.edit(
            "# sign_in_base = \"https://login.example.com\"",
            &format!("sign_in_base = \"http://127.0.0.1:{port}\""),
        );
        place
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Sets a variable for every later run.
    pub(crate) fn set(&self, name: &str, value: &str) {
        self.environment.borrow_mut().push((name.to_owned(), value.to_owned()));
    }

    /// Leaves a variable out from now on.
    pub(crate) fn unset(&self, name: &str) {
        self.environment.borrow_mut().retain(|(set, _)| set != name);
    }

    /// Everything that was told so far, on standard output and standard error.
    pub(crate) fn told(&self) -> Vec<u8> {
        self.told.borrow().clone()
    }

    /// Whether `secret` stands in anything that was told so far or is in the evidence, packed or not.
    pub(crate) fn shows(&self, secret: &[u8]) -> bool {
        let holds = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
        let mut folders = vec![self.path("evidence")];
        let mut found = holds(&self.told.borrow());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = std::fs::read(&path).unwrap();
                found |= holds(&bytes);
                if path.extension().is_some_and(|ending| ending == "zip") {
                    let container = scan(&bytes, &Limits::default()).unwrap();
                    for member in container.members() {
                        found |= holds(&Inflater::new().read(member).unwrap().0);
                    }
                }
            }
        }
        found
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub(crate) fn edit(&self, from: &str, to: &str) {
        let path = self.path("collector.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_collector"));
        // Nothing of this machine's own access to AWS may take part in a test.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            command.env_remove(name);
        }
        let nowhere = self.path("no-such-file");
        let output = command
            .args(arguments)
            .current_dir(self.folder())
            .env("COLLECTOR_CLIENT_SECRET", "a-secret")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", &nowhere)
            .env("AWS_SHARED_CREDENTIALS_FILE", &nowhere)
            .env("RUST_LOG", "trace")
            .envs(self.environment.borrow().iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        let mut told = self.told.borrow_mut();
        told.extend_from_slice(&output.stdout);
        told.extend_from_slice(&output.stderr);
        output
    }

    /// Standard output of a run that must end with 0.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Standard error of a run that must end with `code` and write nothing to standard output.
    pub(crate) fn refused(&self, arguments: &[&str], code: i32) -> String {
        let output = self.run(arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(output.stdout.is_empty() && told.contains("hint: "), "{told}");
        told
    }

    /// Seals one record, a failure; what was told.
    pub(crate) fn collect(&self) -> String {
        let output = self.run(&[&["collect"], &CONFIG[..]].concat());
        assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Whether the note beside record `sequence` exists.
    pub(crate) fn has_note(&self, sequence: u64) -> bool {
        self.path(&format!("evidence/chain/{sequence:010}.checkpoint")).exists()
    }

    pub(crate) fn manifest(&self, sequence: u64) -> Manifest {
        let path = self.path(&format!("evidence/chain/{sequence:010}.json"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    /// Makes a key; its public half.
    pub(crate) fn generate(&self, file: &str) -> VerifierKey {
        let told = self.done(&[&["key", "generate", "--out", file], &CONFIG[..]].concat());
        let line = told.lines().find_map(|line| line.strip_prefix("public key: ")).unwrap();
        line.parse().unwrap()
    }

    pub(crate) fn note(&self, sequence: u64) -> SignedNote {
        let bytes = std::fs::read(self.path(&format!("evidence/chain/{sequence:010}.checkpoint"))).unwrap();
        SignedNote::parse(&bytes).unwrap()
    }

    /// That `openssl` takes the first signature of a note for one of the key in `pem`.
    #[track_caller]
    pub(crate) fn openssl_verifies(&self, pem: &str, sequence: u64) {
        std::fs::write(self.path("log.pem"), pem).unwrap();
        let note = self.note(sequence);
        std::fs::write(self.path("text"), note.text()).unwrap();
        std::fs::write(self.path("signature"), &note.lines().first().unwrap().signature).unwrap();
        let verified = Command::new("openssl")
            .current_dir(self.folder())
            .args("pkeyutl -verify -pubin -inkey log.pem -rawin -in text -sigfile signature".split(' '))
            .output()
            .unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    }

    pub(crate) fn verified(&self, keys: Vec<TrustedKey>) -> Report {
        let options = Options { keys, ..Options::default() };
        verify(&Folder::new(self.path("evidence")), &options, &InProcessEvaluators, &Silent)
    }
}

/// Arguments of a change of keys.
pub(crate) fn rotate(more: &[&str]) -> Vec<String> {
    let all = [&["key", "rotate"], &CONFIG[..], &DECISION, more].concat();
    all.into_iter().map(str::to_owned).collect()
}

pub(crate) fn strs(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

pub(crate) fn trusted(key: &VerifierKey, from: u64) -> TrustedKey {
    TrustedKey { key: key.clone(), from, to: None }
}

pub(crate) fn has(report: &Report, code: Code) -> bool {
    report.findings.iter().any(|finding| finding.code == code)
}

/// Whether any finding speaks against signatures or keys.
pub(crate) fn about_signatures(report: &Report) -> Vec<String> {
    let about = |finding: &&verify_core::finding::Finding| finding.code.as_str().starts_with("SIG-");
    report
        .findings
        .iter()
        .filter(about)
        .map(|finding| format!("{}: {}", finding.code, finding.message))
        .collect()
}
