//! What an auditor types with keys and kept checkpoints in hand: the real program over signed chains.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::format_collect,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends at the first surprise"
)]

#[allow(dead_code, reason = "other tests ask more of it")]
#[path = "../../verify-core/tests/support/authority.rs"]
mod authority;
#[allow(dead_code, reason = "other tests tamper with more of it")]
#[path = "../../verify-core/tests/support/chain.rs"]
mod chain;
#[path = "trust/checkpoints.rs"]
mod checkpoints;
#[allow(dead_code, reason = "other tests tamper with more of it")]
#[path = "../../verify-core/tests/support/documents.rs"]
mod documents;
#[path = "trust/options.rs"]
mod options;
#[path = "trust/prove.rs"]
mod prove;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use chain::signing::Signer;
use chain::{Chain, origin, standard_signed, write_files};

/// A folder of the auditor's own with one client's evidence beside it.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    /// The evidence is this chain.
    fn with(chain: &Chain) -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        desk.deliver("evidence", chain);
        desk
    }

    fn deliver(&self, name: &str, chain: &Chain) {
        write_files(&self.path(name), &chain.files());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// The program, run in this folder.
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_verifier"));
        command.args(arguments).current_dir(self.folder.path()).env("NO_COLOR", "1").output().unwrap()
    }

    /// Exit code and standard output; nothing may stand on standard error.
    fn answer(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments);
        assert_eq!(text(&output.stderr), "", "{arguments:?}");
        (output.status.code().unwrap(), text(&output.stdout).to_owned())
    }

    fn json(&self, arguments: &[&str]) -> (i32, serde_json::Value) {
        let (code, text) = self.answer(&[arguments, &["--format", "json"]].concat());
        (code, serde_json::from_str(&text).unwrap())
    }

    /// One message and one hint on standard error, nothing on standard output.
    fn refuses(&self, arguments: &[&str], code: i32, parts: &[&str]) {
        let output = self.run(arguments);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
        assert!(told.starts_with("error: ") && told.lines().count() == 3, "{arguments:?}: {told}");
        for part in parts {
            assert!(told.contains(part), "{arguments:?} must say {part:?}: {told}");
        }
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The verifier key of the chain made from `seed`.
fn key(seed: u8) -> String {
    Signer::log(&origin("acme"), seed).key.to_string()
}

/// The text without its line breaks.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            found.extend(files_below(&path).into_iter().map(|below| format!("{name}/{below}")));
        } else {
            found.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
    found.sort();
    found
}

/// Records 3 and later are sealed again with another version of the tool, all hashes and signatures right.
fn rewritten() -> Chain {
    let mut chain = standard_signed(1);
    chain.rewrite_from(3, |manifest| {
        if manifest.sequence.0 == 3 {
            manifest.tool.version.push('1');
        }
    });
    chain
}
