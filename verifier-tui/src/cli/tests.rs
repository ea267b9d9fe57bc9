//! What is understood, what is refused, and that the question can be written down again.

use clap::{CommandFactory, Parser};

use super::*;

const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn question(arguments: &[&str]) -> Question {
    let all = ["verifier", "verify"].iter().chain(arguments);
    match Cli::try_parse_from(all).unwrap().command {
        Some(Command::Verify { question, .. }) => *question,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_definition_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn a_path_alone_means_screens() {
    let cli = Cli::try_parse_from(["verifier", "evidence/demo", "--from", "2026-05-01"]).unwrap();
    assert!(cli.command.is_none());
    assert_eq!(cli.question.unwrap().path.to_str(), Some("evidence/demo"));
    let error = Cli::try_parse_from(["verifier"]).unwrap_err();
    assert_eq!(error.kind(), clap::error::ErrorKind::MissingRequiredArgument);
}

#[test]
fn days_are_whole_utc_days() {
    let options = question(&["x", "--from", "2026-05-01", "--to", "2026-05-31"]).options().unwrap();
    assert_eq!(options.period.from_utc.unwrap().to_string(), "2026-05-01T00:00:00Z");
    assert_eq!(options.period.to_utc.unwrap().to_string(), "2026-05-31T23:59:59Z");
    let options = question(&["x", "--to", "2026-05-31T08:00:00Z"]).options().unwrap();
    assert_eq!(options.period.to_utc.unwrap().to_string(), "2026-05-31T08:00:00Z");
}

#[test]
fn a_period_that_ends_before_it_begins_is_refused() {
    let error = question(&["x", "--from", "2026-05-02", "--to", "2026-05-01"]).options().unwrap_err();
    assert_eq!(error.to_string(), "--from 2026-05-02T00:00:00Z lies after --to 2026-05-01T23:59:59Z");
}

#[test]
fn wrong_values_are_refused_with_what_was_expected() {
    for (arguments, expected) in [
        (vec!["--from", "01.05.2026"], "expected a day like 2026-05-01"),
        (vec!["--from", "2026-02-30"], "expected a day like 2026-05-01"),
        (vec!["--to", "2026-05-01T08:00:00+02:00"], "expected a day like 2026-05-01"),
        (vec!["--head", "12"], "expected SEQ:SHA256"),
        (vec!["--head", &format!("x:{DIGEST}")], "no sequence number"),
        (vec!["--head", "12:d41d8cd98f00b204e9800998ecf8427e"], "MD5"),
        (vec!["--only", "chian"], "expected some of structure, chain"),
        (vec!["--threads", "0"], "expected a number from 1 to 256"),
        (vec!["--max-depth", "100000"], "expected a number from 1 to 512"),
        (vec!["--max-package", "2GB"], "expected bytes"),
        (vec!["--max-package", "99999999999GiB"], "expected bytes"),
    ] {
        let all = ["verifier", "verify", "x"].iter().copied().chain(arguments.iter().copied());
        let error = Cli::try_parse_from(all).unwrap_err().to_string();
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
}

#[test]
fn limits_and_switches_arrive() {
    let options = question(&[
        "x",
        "--max-package=2GiB",
        "--max-members=5",
        "--max-expansion=9",
        "--max-cycles=7",
        "--max-policy-seconds=8",
        "--from-scratch",
        "--accept-explained",
        "--fail-on=violations",
        "--threads=3",
        "--only=drift,chain",
    ])
    .options()
    .unwrap();
    assert_eq!(options.limits.package_bytes, 2 << 30);
    assert_eq!((options.limits.members, options.limits.expansion), (5, 9));
    assert_eq!((options.limits.cycles, options.limits.policy_seconds), (7, 8));
    assert_eq!(options.mode, Mode::FromScratch);
    assert!(options.accept_explained && options.fail_on_violations);
    assert_eq!(options.threads, 3);
    assert_eq!(options.only.unwrap().into_iter().collect::<Vec<_>>(), [Group::Chain, Group::Drift]);
}

/// Messages about a limit name its option, and the help its usual value.
#[test]
fn every_limit_that_a_message_names_is_an_option_with_its_usual_value() {
    use verify_core::limits::{Limits, option};
    let command = Cli::command();
    let verify = command.find_subcommand("verify").unwrap();
    let usual = Limits::default();
    let size = |bytes: u64| match bytes {
        _ if bytes.is_multiple_of(1 << 30) => format!("{}GiB", bytes >> 30),
        _ => format!("{}MiB", bytes >> 20),
    };
    let values = [
        (option::PACKAGE, size(usual.package_bytes)),
        (option::MEMBERS, usual.members.to_string()),
        (option::MEMBER, size(usual.member_bytes)),
        (option::INFLATED, size(usual.total_bytes)),
        (option::EXPANSION, usual.expansion.to_string()),
        (option::DEPTH, usual.json_depth.to_string()),
        (option::VALUES, usual.json_values.to_string()),
        (option::SNAPSHOT_VALUES, usual.snapshot_values.to_string()),
        (option::MANIFEST, size(usual.manifest_bytes)),
        (option::FILES, usual.files.to_string()),
        (option::CYCLES, usual.cycles.to_string()),
        (option::POLICY_SECONDS, usual.policy_seconds.to_string()),
        (option::POLICY_MEMORY, size(usual.policy_bytes)),
    ];
    let shown = |option: &str| {
        let long = option.strip_prefix("--").unwrap();
        let found = verify.get_arguments().find(|argument| argument.get_long() == Some(long));
        found.unwrap_or_else(|| panic!("{option}")).get_help().unwrap().to_string()
    };
    for (option, value) in &values {
        assert!(shown(option).ends_with(&format!("[default: {value}]")), "{option}: {}", shown(option));
    }
    let limits =
        verify.get_arguments().filter(|argument| argument.get_help_heading() == Some(limits::LIMITS));
    assert_eq!(limits.count(), values.len());
}

#[test]
fn the_headless_command_asks_the_same_question() {
    let arguments = [
        "it's here/demo",
        "--from",
        "2026-05-01",
        "--head",
        &format!("7:{DIGEST}"),
        "--only",
        "chain,drift",
        "--fail-on",
        "violations",
        "--max-member",
        "4096",
    ];
    let asked = question(&arguments);
    let command = headless_command(&asked);
    let expected = format!(
        "verifier verify 'it'\\''s here/demo' --from 2026-05-01 --head 7:{DIGEST} --only chain,drift \
         --fail-on violations --max-member 4096"
    );
    assert_eq!(command, expected);
    let stored = "s3://bucket/root --profile auditor --region eu-central-1 --endpoint-url \
                  'http://127.0.0.1:1/?x' --lock-days 2555";
    let arguments: Vec<String> = stored.replace('\'', "").split(' ').map(str::to_owned).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert_eq!(headless_command(&question(&arguments)), format!("verifier verify {stored}"));
    let kept = "s3://bucket --cache kept/here --cache-size 4096";
    let arguments: Vec<&str> = kept.split(' ').collect();
    assert_eq!(headless_command(&question(&arguments)), format!("verifier verify {kept}"));
    let arguments = ["s3://bucket", "--no-cache"];
    assert_eq!(headless_command(&question(&arguments)), "verifier verify s3://bucket --no-cache");
    let contradicting = ["verifier", "s3://bucket", "--no-cache", "--cache", "x"];
    assert!(Cli::try_parse_from(contradicting).is_err());
    let open = "verifier verify s3://bucket --no-sign-request";
    assert_eq!(headless_command(&question(&["s3://bucket", "--no-sign-request"])), open);
    assert_eq!(headless_command(&question(&["evidence/demo"])), "verifier verify evidence/demo");
    assert_eq!(headless_command(&question(&["a\u{1b}b"])), "verifier verify 'a\\u{1b}b'");
}
