use std::path::Path;

use super::*;
use crate::store::azure::{Immutability, PolicyMode};
use crate::store::s3::LockMode;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("etc/collector.toml"))
}

/// The refusal of the template with `from` replaced by `to`.
fn refused(from: &str, to: &str) -> ConfigError {
    assert!(TEMPLATE.contains(from), "{from}");
    parse(&TEMPLATE.replacen(from, to, 1)).unwrap_err()
}

#[test]
fn the_template_is_a_valid_configuration() {
    let config = parse(TEMPLATE).unwrap();
    assert_eq!(config.schedule.cron, "0 8 * * *");
    assert_eq!(config.store, StoreConfig::Folder("etc/evidence".into()));
    assert_eq!(config.rules.profile, Source::BuiltIn("genesys-cloud".to_owned()));
    assert_eq!(config.inputs, None);
    assert_eq!(config.signing_key, None);
}

#[test]
fn the_signing_key_is_named_by_its_place() {
    let text = TEMPLATE.replace("# key = ", "key = ");
    assert_eq!(parse(&text).unwrap().signing_key.unwrap().to_string(), "file:etc/keys/log.key");
    let error = refused("# key = \"file:keys/log.key\"", "key = \"PRIVATE+KEY+a+0123+AAAA\"");
    assert!(error.message.contains("is not understood") && error.place.contains("column 7"), "{error}");
    assert!(!format!("{error:?}").contains("AAAA"), "{error:?}");
}

#[test]
fn aws_is_reached_as_configured_or_by_its_own_order() {
    assert_eq!(parse(TEMPLATE).unwrap().aws, AwsConfig::default());
    let text = TEMPLATE
        .replace("# key = \"file:keys/log.key\"", "key = \"aws-kms:alias/evidence\"")
        .replace("# region = \"eu", "region = \"eu")
        .replace("# profile = \"ev", "profile = \"ev")
        .replace("# endpoint_url = \"https://aws.example.com\"", "endpoint_url = \"http://127.0.0.1:4566/\"");
    let config = parse(&text).unwrap();
    assert_eq!(config.signing_key.unwrap().to_string(), "aws-kms:alias/evidence");
    let expected = AwsConfig {
        region: Some("eu-central-1".to_owned()),
        profile: Some("evidence".to_owned()),
        endpoint_url: Some("http://127.0.0.1:4566".to_owned()),
    };
    assert_eq!(config.aws, expected);
    let url = "# endpoint_url = \"https://aws.example.com\"";
    let error = refused(url, "endpoint_url = \"http://aws.example.com\"");
    assert!(
        error.message.contains("aws.endpoint_url") && error.message.contains("expected https"),
        "{error}"
    );
    let error = refused("# region = \"eu-central-1\"", "region = \"eu central\"");
    assert!(error.message.contains("aws.region"), "{error}");
}

#[test]
fn an_authority_is_named_by_its_address() {
    assert_eq!(parse(TEMPLATE).unwrap().timestamp, None);
    let found = parse(&TEMPLATE.replace("# url = ", "url = ")).unwrap().timestamp.unwrap();
    assert_eq!((found.url.as_str(), found.timeout_seconds), ("http://timestamp.example.com/", 10));
    let url = "# url = \"http://timestamp.example.com\"";
    for bad in ["ftp://a.example", "http://user:hunter2@a.example", "http://a.example/#b", "nonsense"] {
        let error = refused(url, &format!("url = \"{bad}\""));
        assert!(error.message.contains("timestamp.url"), "{bad}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    let error = refused("# timeout_seconds = 10", "timeout_seconds = 61");
    assert!(error.message.contains("expected 1 to 60"), "{error}");
}

#[test]
fn every_refusal_names_line_and_column() {
    let cases = [
        ("cron = \"0 8 * * *\"", "cron = \"0 8 * *\"", "line 31, column 8", "expected five cron fields"),
        ("cron = \"0 8 * * *\"", "cron = \"0 8 30 2 *\"", "line 31, column 8", "no day ever matches"),
        ("cron = \"0 8 * * *\"", "cron = 8", "line 31, column 8", "invalid type"),
        ("tolerance_seconds = 14400", "tolerance_seconds = 0", "line 33, column 21", "expected 1 to 86400"),
        ("region =", "regoin =", "line 8, column 1", "unknown field"),
        ("domain = \"my", "domain = \"https://my", "line 13, column 10", "expected a host name"),
        ("# api_base = \"https:", "api_base = \"http:", "line 15, column 12", "expected https"),
        ("root = \"evidence\"", "root = \"\"", "line 51, column 8", "store.root is empty"),
        (
            "root = \"evidence\"",
            "root = \"e\"\nretention_days = 5",
            "line 52, column 18",
            "no meaning for a folder",
        ),
        ("[rules]", "[rules", "line 37, column 7", "unclosed"),
    ];
    for (from, to, place, message) in cases {
        let error = refused(from, to);
        assert!(error.place.ends_with(place), "{to}: {}", error.place);
        assert!(error.message.contains(message), "{to}: {}", error.message);
        assert!(!error.hint.is_empty());
    }
}

#[test]
fn a_bucket_is_named_with_its_terms() {
    let s3 = "root = \"s3://acme-evidence/soc2/\"\nretention_days = 400\n";
    let with = |more: &str| parse(&TEMPLATE.replacen("root = \"evidence\"\n", &format!("{s3}{more}"), 1));
    let StoreConfig::S3(plain) = with("").unwrap().store else { panic!("a bucket") };
    assert_eq!(plain.location.to_string(), "s3://acme-evidence/soc2");
    assert_eq!((plain.mode, plain.retention_days, plain.legal_hold), (LockMode::Compliance, 400, false));
    assert_eq!((plain.storage_class.as_str(), plain.encryption_key), ("STANDARD", None));
    let key = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let all = format!(
        "object_lock_mode = \"GOVERNANCE\"\nlegal_hold = true\nstorage_class = \"GLACIER_IR\"\n\
         encryption_key_id = \"{key}\"\n"
    );
    let StoreConfig::S3(full) = with(&all).unwrap().store else { panic!("a bucket") };
    assert_eq!((full.mode, full.legal_hold), (LockMode::Governance, true));
    assert_eq!((full.storage_class.as_str(), full.encryption_key.unwrap().as_str()), ("GLACIER_IR", key));
    for (more, words) in [
        ("object_lock_mode = \"compliance\"\n", "expected COMPLIANCE or GOVERNANCE"),
        ("storage_class = \"DEEP_ARCHIVE\"\n", "read at once"),
        ("encryption_key_id = \"alias/evidence\"\n", "one key for ever"),
        ("legal_hold = \"yes\"\n", "invalid type"),
    ] {
        let error = with(more).unwrap_err();
        assert!(error.message.contains(words) && error.place.contains("line 53"), "{more}: {error}");
    }
    let root = "root = \"evidence\"";
    for (to, words) in [
        ("root = \"s3://acme-evidence/soc2\"", "retention_days is missing"),
        ("root = \"s3://acme-evidence\"\nretention_days = 0", "expected 1 to 36500"),
        ("root = \"s3://ACME\"\nretention_days = 5", "no bucket name"),
        ("root = \"gs://acme-evidence/soc2\"", "neither a folder nor a bucket nor a container"),
    ] {
        let error = refused(root, to);
        assert!(error.message.contains(words) && !error.hint.is_empty(), "{to}: {error}");
    }
}

#[test]
fn a_container_is_named_with_its_terms_and_identity() {
    let azure = "root = \"https://acme.blob.core.windows.net/evidence/soc2/\"\nretention_days = 400\n";
    let with = |more: &str| parse(&TEMPLATE.replacen("root = \"evidence\"\n", &format!("{azure}{more}"), 1));
    let StoreConfig::Azure(plain) = with("").unwrap().store else { panic!("a container") };
    assert_eq!(plain.location.to_string(), "https://acme.blob.core.windows.net/evidence/soc2");
    let locked = Immutability { mode: PolicyMode::Locked, retention_days: 400, legal_hold: false };
    assert_eq!((plain.immutability, plain.access_tier.as_str()), (Some(locked), "Hot"));
    let all = "immutability_mode = \"Unlocked\"\nlegal_hold = true\naccess_tier = \"Cold\"\nencryption_scope = \"evidence\"\n";
    let StoreConfig::Azure(full) = with(all).unwrap().store else { panic!("a container") };
    let unlocked = Immutability { mode: PolicyMode::Unlocked, legal_hold: true, ..locked };
    assert_eq!((full.immutability, full.access_tier.as_str()), (Some(unlocked), "Cold"));
    assert_eq!(full.encryption_scope.unwrap().as_str(), "evidence");
    for (more, words) in [
        ("immutability_mode = \"COMPLIANCE\"\n", "expected Locked or Unlocked"),
        ("access_tier = \"Archive\"\n", "read at once"),
        ("object_lock_mode = \"COMPLIANCE\"\n", "no meaning for a container"),
    ] {
        let error = with(more).unwrap_err();
        assert!(error.message.contains(words) && error.place.contains("line 53"), "{more}: {error}");
    }
    let s3 = "root = \"s3://acme-evidence\"\nretention_days = 5\naccess_tier = \"Hot\"";
    assert!(refused("root = \"evidence\"", s3).message.contains("no meaning for a bucket"));
    let root = "root = \"https://acme.blob.core.windows.net/evidence?sig=hunter2\"\nretention_days = 5";
    let error = refused("root = \"evidence\"", root);
    assert!(error.message.contains("is no container") && !error.message.contains("hunter2"), "{error}");

    let azure = |more: &str| parse(&TEMPLATE.replacen("[azure]\n", &format!("[azure]\n{more}\n"), 1));
    let reached = azure("client_secret = \"file:keys/azure\"\nsas = \"env:SAS\"").unwrap().azure;
    assert!(matches!(reached.client_secret, Some(SecretSource::File(path)) if path.ends_with("keys/azure")));
    assert_eq!(reached.sas.unwrap().to_string(), "env:SAS");
    for (more, words) in [
        ("sas = \"hunter2\"", "azure.sas"),
        ("account_id = \"/subscriptions/1\"", "no resource id"),
        ("authority_host = \"http://login.example.com\"", "expected https"),
    ] {
        let error = azure(more).unwrap_err();
        assert!(error.message.contains(words) && !error.message.contains("hunter2"), "{more}: {error}");
    }
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    let error = refused("env:COLLECTOR_CLIENT_SECRET", "hunter2");
    assert!(!error.to_string().contains("hunter2") && !error.hint.contains("hunter2"), "{error}");
}

#[test]
fn a_missing_key_is_named() {
    let error = refused("ticket = \"CHG-0001\"\n", "");
    assert!(error.message.contains("missing field `ticket`"), "{error}");
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("collector.toml");
    write_template(&path).unwrap();
    std::fs::write(&path, "mine").unwrap();
    assert_eq!(write_template(&path).unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
}
