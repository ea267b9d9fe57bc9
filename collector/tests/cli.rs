//! The program as people meet it: bad input of every kind gives one clear message, a hint and the
//! right exit code, and good input does what the help says.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::path::Path;
use std::process::{Command, Output};

/// Runs the program in `folder`.
fn collector(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_collector"))
        .args(arguments)
        .current_dir(folder)
        .env("COLLECTOR_CLIENT_SECRET", "a-secret-that-must-not-show")
        .output()
        .unwrap()
}

/// Expects exit code 2, nothing on standard output, and `error:` and `hint:` lines that say `words`.
fn refused(folder: &Path, arguments: &[&str], words: &[&str]) {
    let output = collector(folder, arguments);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
    assert!(output.stdout.is_empty(), "{arguments:?}: {told}");
    assert!(told.starts_with("error: "), "{arguments:?}: {told}");
    assert!(told.contains("hint: ") || told.contains("For more information"), "{arguments:?}: {told}");
    for word in words {
        assert!(told.contains(word), "{arguments:?} does not say {word:?}: {told}");
    }
    assert!(!told.contains("panicked") && !told.contains("must-not-show"), "{arguments:?}: {told}");
}

/// A folder with the configuration of `init`, `from` replaced by `to`.
fn configured(from: &str, to: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    assert!(collector(folder.path(), &["init"]).status.success());
    let path = folder.path().join("collector.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    folder
}

#[test]
fn wrong_arguments_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    refused(here, &["colect"], &["colect"]);
    refused(here, &["collect"], &["--config"]);
    refused(here, &["demo", "--days", "0"], &["--days"]);
    refused(here, &["demo", "--fault", "users=nonsense"], &["unknown fault"]);
    refused(here, &["demo", "--scenario", "absent.toml"], &["absent.toml", "cannot be read"]);
    refused(here, &["approve", "everything", "--config", "c.toml"], &["everything"]);
    let by = ["--by", " ", "--ticket", "T", "--reason", "R"];
    refused(here, &[&["approve", "baseline", "--config", "c.toml"], &by[..]].concat(), &["--by"]);
    refused(here, &["policy", "test", "--policies", "absent"], &["absent", "cannot be read"]);
}

#[test]
fn wrong_configurations_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let collect = ["collect", "--config", "collector.toml"];
    refused(folder.path(), &collect, &["collector.toml", "cannot be read", "collector init"]);
    std::fs::write(folder.path().join("collector.toml"), [0xff, 0xfe]).unwrap();
    refused(folder.path(), &collect, &["not UTF-8 at byte 0"]);
    let cases = [
        ("origin = ", "orgin = ", "line 5, column 1"),
        ("cron = \"0 8 * * *\"", "cron = \"8am\"", "expected five cron fields"),
        ("profile = \"genesys-cloud\"", "profile = \"nobody\"", "no profile \"nobody\" is shipped"),
        ("policies = \"built-in\"", "policies = \"mine\"", "cannot be read"),
        ("env:COLLECTOR_CLIENT_SECRET", "must-not-show", "no reference to a secret"),
    ];
    for (from, to, words) in cases {
        refused(configured(from, to).path(), &collect, &[words]);
    }
    // Every minute is due, so the run gets as far as the secret.
    let folder = configured("cron = \"0 8 * * *\"", "cron = \"* * * * *\"");
    let path = folder.path().join("collector.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("env:COLLECTOR_CLIENT_SECRET", "env:COLLECTOR_NEVER_SET")).unwrap();
    refused(folder.path(), &collect, &["COLLECTOR_NEVER_SET", "not set"]);
    assert!(!folder.path().join("evidence").exists(), "nothing may be written before everything is known");
}

#[test]
fn slots_that_are_not_open_are_refused() {
    // One minute a year: not now.
    let folder = configured("cron = \"0 8 * * *\"", "cron = \"0 0 29 2 *\"");
    let collect = ["collect", "--config", "collector.toml"];
    refused(folder.path(), &collect, &["no cycle is due", "the next cycle can start at"]);
    let asked = [&collect[..], &["--scheduled", "2024-02-29T00:00:00Z"]].concat();
    refused(folder.path(), &asked, &["is answered from", "stays missed"]);
    let asked = [&collect[..], &["--scheduled", "yesterday"]].concat();
    refused(folder.path(), &asked, &["expected a UTC time"]);
}

#[test]
fn commands_that_need_a_chain_say_so() {
    let folder = configured("root", "root");
    let decision = ["--by", "j.doe", "--ticket", "T-1", "--reason", "because"];
    let config = ["--config", "collector.toml"];
    for command in [&["approve", "baseline"][..], &["approve", "policies"]] {
        refused(folder.path(), &[command, &config, &decision].concat(), &["there is no chain"]);
    }
    refused(folder.path(), &[&["baseline", "show"][..], &config].concat(), &["there is no chain"]);
    let slot = ["--slot", "2026-05-28T08:00:00Z"];
    let explain = [&["record", "explanation"][..], &config, &slot, &decision].concat();
    refused(folder.path(), &explain, &["there is no chain"]);
}

#[test]
fn an_existing_folder_or_file_is_never_overwritten() {
    let folder = configured("root", "root");
    refused(folder.path(), &["init"], &["collector.toml cannot be written", "--out"]);
    std::fs::create_dir(folder.path().join("taken")).unwrap();
    refused(folder.path(), &["demo", "--out", "taken"], &["taken exists already", "verifier taken"]);
}

#[test]
fn a_platform_that_cannot_be_reached_is_a_sealed_failure() {
    let folder = configured("cron = \"0 8 * * *\"", "cron = \"* * * * *\"");
    let path = folder.path().join("collector.toml");
    let profile =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles/reference.toml"))
            .unwrap();
    // One try, so that the test need not wait for repetitions.
    let profile: String = profile.lines().filter(|line| !line.starts_with("attempts_per_page")).fold(
        String::new(),
        |text, line| {
            let extra = if line == "[pacing]" { "\nattempts_per_page = 1" } else { "" };
            text + line + extra + "\n"
        },
    );
    std::fs::write(folder.path().join("own.toml"), profile).unwrap();
    // A port that was free a moment ago and that nobody listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = std::fs::read_to_string(&path)
        .unwrap()
        .replace("profile = \"genesys-cloud\"", "profile = \"./own.toml\"")
        .replace(
            "# api_base = \"https://api.example.com\"",
            &format!("api_base = \"http://127.0.0.1:{port}\""),
        )
        .replace(
            "# sign_in_base = \"https://login.example.com\"",
            &format!("sign_in_base = \"http://127.0.0.1:{port}\""),
        );
    std::fs::write(&path, text).unwrap();
    let output = collector(folder.path(), &["collect", "--config", "collector.toml", "--format", "json"]);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["outcome"]["kind"], "failed");
    assert_eq!(report["outcome"]["failure"]["stage"], "sign_in");
    assert_eq!(report["sequence"], 1);
    assert!(folder.path().join("evidence/chain/0000000001.json").exists());
}

#[test]
fn the_built_in_policies_pass_their_tests() {
    let folder = tempfile::tempdir().unwrap();
    let output = collector(folder.path(), &["policy", "test"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.ends_with(" 0 failed\n"), "{told}");
}

#[test]
fn help_and_completions_are_there() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["init", "collect", "demo", "approve"] {
        let output = collector(folder.path(), &[command, "--help"]);
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && told.contains("Example"), "{command}: {told}");
    }
    let output = collector(folder.path(), &["completions", "bash"]);
    assert!(output.status.success() && String::from_utf8(output.stdout).unwrap().contains("collector"));
}
