//! The program is run with known secrets through success and failure; then everything it left behind is searched.
//!
//! A search that cannot find anything would pass as well. So the same forms are found on the wire, where they belong,
//! and the same search finds what is public in the same places.

use std::path::Path;

use super::echo::{self, Echo};
use super::place::CONFIG;
use super::search::{Search, haystacks};
use super::tap::Tap;
use super::{CLIENT, SECRET, Stage, mode};

/// The name of the service account, which belongs into every manifest and every package.
const PUBLIC: &str = "svc-evidence-collector-01";

#[track_caller]
fn nowhere(stage: &Stage, secrets: &[(&str, &str)], except: &[&str]) {
    assert_eq!(Search::of(secrets).places(&stage.place, except), [""; 0]);
}

/// Two dialects: the secret in a form, and in a header of basic authentication. The embedded tenant compares what is
/// in that header without decoding it further, so there the secret has only characters that need no code.
#[test]
fn a_secret_that_served_is_on_the_wire_and_nowhere_else() {
    for (profile, secret, forms) in [
        ("./own.toml", SECRET, ["secret percent-encoded"]),
        ("genesys-cloud", "Kx7q9zP-canary-41_~.plain", ["secret in base64"]),
    ] {
        let stage = Stage::with(secret);
        let tap = Tap::before(&stage.tenant.base_url());
        stage.platform_at(&tap.address());
        stage.setting("profile", profile);
        stage.in_a_file(&format!("{secret}\n"));
        let key = stage.place.generate("keys/log.key");
        stage.place.edit("# key = \"file:keys/log.key\"", "key = \"file:keys/log.key\"");
        let private = std::fs::read_to_string(stage.place.path("keys/log.key")).unwrap();
        // Base64 has plus signs, too.
        let seed = private.trim().splitn(5, '+').last().unwrap().to_owned();
        stage.snapshot();
        let tokens = tap.tokens();
        assert!(!tokens.is_empty());
        let mut secrets = vec![("secret", secret), ("seed", seed.as_str())];
        secrets.extend(tokens.iter().map(|token| ("token", token.as_str())));
        let search = Search::of(&secrets);
        let wire = tap.seen();
        let found = search.found_in(&wire);
        assert!(found.contains(&"token as it is"), "{found:?}");
        for form in forms {
            assert!(found.contains(&form), "{found:?}");
        }
        assert_eq!(search.places(&stage.place, &["client-secret", "keys/log.key"]), [""; 0]);
        // The files that are left out do hold them.
        let found = search.places(&stage.place, &[]);
        assert!(found.contains(&"secret as it is in client-secret".to_owned()), "{found:?}");
        assert!(found.contains(&"seed as it is in keys/log.key".to_owned()), "{found:?}");
        // What is public stands where a secret would: in the output, in manifests, in packages packed and unpacked.
        let public = Search::of(&[("account", PUBLIC), ("key", &key.to_string()), ("client", CLIENT)]);
        let found = public.places(&stage.place, &[]).join("\n");
        assert!(found.contains("account as it is in evidence/chain/0000000001.json"), "{found}");
        assert!(found.contains(".zip, member "), "{found}");
        assert!(found.contains("key as it is in what was told"), "{found}");
        assert!(found.contains("client as it is in collector.toml"), "{found}");
    }
}

#[test]
fn a_platform_that_repeats_credentials_gets_them_into_nothing() {
    let echo = Echo::start();
    let stage = Stage::new();
    stage.platform_at(&echo.address());
    stage.in_a_file(SECRET);
    // Every header that a profile can name for the transcript.
    let profile = stage.place.path("own.toml");
    let text = std::fs::read_to_string(&profile).unwrap();
    let headers = "[pacing]\nused_header = \"x-ratelimit-used\"\nallowed_header = \"x-ratelimit-allowed\"\n\
                   reset_header = \"x-ratelimit-reset\"\ncorrelation_header = \"x-correlation-id\"\n";
    std::fs::write(&profile, text.replace("[pacing]\n", headers)).unwrap();
    for answers in
        [(400, 200), (401, 200), (403, 200), (500, 200), (200, 200), (200, 401), (200, 403), (200, 500)]
    {
        echo.set(answers);
        let report = stage.collect();
        assert_eq!(report["outcome"]["kind"], "failed", "{answers:?}: {report:#}");
    }
    let secrets = [("secret", SECRET), ("token", echo::TOKEN)];
    nowhere(&stage, &secrets, &["client-secret"]);
    let seen = echo.seen();
    let wire = Search::of(&secrets);
    let wire = wire.found_in(&seen);
    assert!(wire.contains(&"secret percent-encoded") && wire.contains(&"token as it is"), "{wire:?}");
    // Only what repeats a credential is left out of the transcript.
    let sealed = haystacks(&stage.place, &[]);
    let holds = |words: &str| sealed.iter().any(|(_, bytes)| String::from_utf8_lossy(bytes).contains(words));
    assert!(
        holds("the answer repeats a credential of this program") && holds("\"x-ratelimit-used\":\"none\"")
    );
}

#[test]
fn a_secret_that_cannot_serve_is_not_repeated() {
    let stage = Stage::new();
    let wrong = "wr0ng/s3cret+42";
    stage.in_a_file(wrong);
    assert_eq!(stage.failure().0, "sign_in_refused");
    stage.place.set("COLLECTOR_WRONG", wrong);
    stage.setting("client_secret", "env:COLLECTOR_WRONG");
    assert_eq!(stage.failure().0, "sign_in_refused");
    // Nobody else may read it, it is one line, and it is a reference that stands in the configuration.
    stage.setting("client_secret", "file:client-secret");
    mode(&stage.place.path("client-secret"), 0o644);
    assert!(stage.refused().contains("has mode 644, expected 600 or 400; run: chmod 600"));
    mode(&stage.place.path("client-secret"), 0o600);
    stage.in_a_file(&format!("{wrong}\n{wrong}\n"));
    assert!(stage.refused().contains("several lines"));
    stage.in_a_file(&wrong.repeat(2_000));
    assert!(stage.refused().contains("more than 16 KiB"));
    for pasted in [
        wrong.to_owned(),
        format!("{wrong}:x"),
        format!("env:{wrong}"),
        format!("vault:{wrong}"),
        format!("aws-secretsmanager:{wrong} x"),
        format!("aws-secretsmanager:name#{wrong}"),
        format!("azure-keyvault:{wrong}"),
        format!("azure-keyvault:https://acme.vault.azure.net/{wrong}"),
    ] {
        stage.setting("client_secret", &pasted);
        let told = stage.refused();
        assert!(told.contains("identity.client_secret") && told.contains("hint: write file:"), "{told}");
    }
    nowhere(&stage, &[("secret", wrong)], &["client-secret", "collector.toml"]);
    assert!(
        Path::new(&stage.place.path("evidence/chain/0000000002.json")).exists(),
        "two failures were sealed"
    );
}

#[test]
fn a_variable_comes_with_a_warning_wherever_it_is_named() {
    let stage = Stage::new();
    stage.place.set("COLLECTOR_CLIENT_SECRET", SECRET);
    let warned = |arguments: &[&str]| {
        let output = stage.place.run(&[arguments, &CONFIG[..]].concat());
        let told = String::from_utf8(output.stderr).unwrap();
        let warnings: Vec<String> =
            told.lines().filter_map(|line| line.strip_prefix("warning: ")).map(str::to_owned).collect();
        (output.status.code(), warnings)
    };
    for arguments in [["collect"], ["doctor"]] {
        let (code, warnings) = warned(&arguments);
        assert!(matches!(code, Some(0 | 1)), "{code:?} {warnings:?}");
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        for words in
            ["COLLECTOR_CLIENT_SECRET", "child processes", "file:PATH with mode 600", "secret manager"]
        {
            assert!(warnings[0].contains(words), "{warnings:?}");
        }
    }
    stage.in_a_file(SECRET);
    assert_eq!(warned(&["doctor"]).1, [""; 0]);
    stage.place.edit("# key = \"file:keys/log.key\"", "key = \"env:COLLECTOR_LOG_KEY\"");
    assert!(warned(&["doctor"]).1[0].contains("COLLECTOR_LOG_KEY"));
    nowhere(&stage, &[("secret", SECRET)], &["client-secret"]);
}
