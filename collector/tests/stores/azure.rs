//! Azure: what is asked for goes over the wire, is what the server keeps, and cannot be undone; what is kept
//! otherwise, and a container that keeps nothing, is refused. All of it against our double.

use std::time::Duration;

use collector::config::AzureConfig;
use collector::store::azure::{AzureLimits, AzureSettings, Immutability, PolicyMode};
use collector::store::{AzureStore, Commit, Store, StoreError};
use serde_json::json;
use verify_core::model::Sequence;

use super::azure_double::{ACCOUNT, ACCOUNT_ID, AZURE, AzureDouble, Setup};
use super::azurite::{self, AZURITE};
use super::place::{CONFIG, Place};
use super::proxy::Proxy;
use super::{now, put};

const PLACE: &str = "packages/2026/05/01/a-0-00000000.zip";

/// Terms like those of a real chain, in a container of the double or behind a proxy.
pub(crate) fn settings(address: &str, container: &str) -> AzureSettings {
    AzureSettings {
        location: format!("{address}/{ACCOUNT}/{container}/acme/prod").parse().unwrap(),
        immutability: Some(Immutability { mode: PolicyMode::Locked, retention_days: 2, legal_hold: false }),
        access_tier: "Hot".parse().unwrap(),
        encryption_scope: None,
    }
}

/// A container of Azurite, which has nothing to lock with.
pub(crate) fn emulated(container: &str) -> AzureSettings {
    let place = format!("{}/{}/{container}/acme/prod", AZURITE.address(), azurite::ACCOUNT);
    AzureSettings {
        location: place.parse().unwrap(),
        immutability: None,
        ..settings("http://127.0.0.1:1", "none")
    }
}

/// Every term there is.
fn full(address: &str, container: &str) -> AzureSettings {
    AzureSettings {
        immutability: Some(Immutability { mode: PolicyMode::Locked, retention_days: 2, legal_hold: true }),
        access_tier: "Cold".parse().unwrap(),
        encryption_scope: Some("evidence".parse().unwrap()),
        ..settings(address, container)
    }
}

/// Limits that make small things large and nothing last long.
pub(crate) fn limits() -> AzureLimits {
    AzureLimits {
        first_pause: Duration::from_millis(10),
        block_bytes: 5 << 20,
        page_blobs: 3,
        ..AzureLimits::default()
    }
}

pub(crate) fn open(settings: AzureSettings, config: &AzureConfig) -> AzureStore {
    AzureStore::within(settings, config, limits()).unwrap()
}

/// Puts one package and one commit.
fn write(store: &AzureStore, package: &[u8]) {
    put(store, PLACE, package).unwrap();
    assert_eq!(store.commit(Sequence(0), &now(store), b"{}").unwrap(), Commit::Done);
}

fn first_id(container: &str, place: &str) -> String {
    AZURE.look(container, |found| found.versions(&format!("acme/prod/{place}"))[0].id.clone())
}

#[test]
fn every_request_carries_digest_condition_and_policy() {
    let proxy = Proxy::start(AZURE.port());
    let container = AZURE.container(Setup::VersionLevel);
    let store = open(full(&proxy.address(), &container), &AZURE.config());
    write(&store, b"package");
    let heads = proxy.heads();
    let of = |line: &str| {
        let found = heads.iter().position(|head| head.starts_with(line));
        let at = found.unwrap_or_else(|| panic!("{line}: {heads:#?}"));
        (at, heads[at].to_ascii_lowercase())
    };
    let (at, package) = of(&format!("PUT /{ACCOUNT}/{container}/acme/prod/{PLACE}"));
    let day = now(&store).retention_until.unwrap().civil().strftime("%a, %d %b %Y").to_string();
    for field in [
        "if-none-match: *",
        // printf package | openssl dgst -md5 -binary | base64
        "content-md5: 7+kKjmBKfIQOiNA6Z/a32A==",
        // printf package | sha256sum
        "x-ms-meta-sha256: bc4a71180870f7945155fbb02f4b0a2e3faa2a62d6d31b7039013055ed19869a",
        "x-ms-immutability-policy-mode: locked",
        &format!("x-ms-immutability-policy-until-date: {day}"),
        "x-ms-legal-hold: true",
        "x-ms-access-tier: Cold",
        "x-ms-encryption-scope: evidence",
        "x-ms-blob-type: BlockBlob",
    ] {
        assert!(package.contains(&field.to_ascii_lowercase()), "{field}: {package}");
    }
    let (later, commit) = of(&format!("PUT /{ACCOUNT}/{container}/acme/prod/chain/0000000000.json"));
    assert!(at < later, "the package stands before the commit");
    assert!(commit.contains("if-none-match: *") && commit.contains("x-ms-access-tier: hot"), "{commit}");
}

#[test]
fn the_server_keeps_what_was_asked_for() {
    let container = AZURE.container(Setup::VersionLevel);
    let store = open(full(&AZURE.address(), &container), &AZURE.config());
    let large = vec![7_u8; 11 << 20];
    write(&store, &large);
    for (place, tier) in [(PLACE, "Cold"), ("chain/0000000000.json", "Hot")] {
        let versions = AZURE.look(&container, |found| found.versions(&format!("acme/prod/{place}")));
        assert_eq!(versions.len(), 1, "{place}");
        let told = &versions[0].told;
        for (name, value) in [
            ("x-ms-immutability-policy-mode", "locked"),
            ("x-ms-legal-hold", "true"),
            ("x-ms-encryption-scope", "evidence"),
            ("x-ms-access-tier", tier),
        ] {
            assert_eq!(told.get(name).map(String::as_str), Some(value), "{place} {name}");
        }
    }
    let terms = now(&store);
    assert_eq!(terms.object_lock_mode.as_deref(), Some("COMPLIANCE"));
    assert_eq!(
        (terms.storage_class.as_deref(), terms.encryption_key_id.as_deref()),
        (Some("Cold"), Some("evidence"))
    );
    let path = store.payload_path(PLACE, "snapshot.json");
    assert!(path.starts_with(&AZURE.address()) && path.ends_with("a-0-00000000.zip#snapshot.json"), "{path}");
    assert!(store.package(&path).unwrap() == large);
}

#[test]
fn a_stored_version_cannot_be_deleted_or_shortened_and_nothing_written_over_it_counts() {
    let container = AZURE.container(Setup::VersionLevel);
    let store = open(settings(&AZURE.address(), &container), &AZURE.config());
    write(&store, b"package");
    for place in [PLACE, "chain/0000000000.json"] {
        let (path, id) = (format!("{container}/acme/prod/{place}"), first_id(&container, place));
        let version = format!("{path}?versionid={id}");
        let policy = format!("{path}?comp=immutabilityPolicies&versionid={id}");
        let until = ["x-ms-immutability-policy-until-date: Sun, 06 Nov 1994 08:49:37 GMT"];
        let refused = [
            AZURE.call("DELETE", &version, &[]),
            AZURE.call("DELETE", &policy, &[]),
            AZURE.call("PUT", &policy, &[until[0], "x-ms-immutability-policy-mode: locked"]),
            AZURE.call("PUT", &policy, &[until[0], "x-ms-immutability-policy-mode: unlocked"]),
        ];
        for (status, text) in refused {
            assert_eq!(status, 409, "{place}: {text}");
        }
        // What a lock on versions cannot prevent: another version, and the deletion of the name.
        assert_eq!(AZURE.call("PUT", &path, &["x-ms-blob-type: BlockBlob"]).0, 201);
        assert_eq!(AZURE.call("DELETE", &path, &[]).0, 202);
    }
    let other = open(settings(&AZURE.address(), &container), &AZURE.config());
    assert_eq!(other.manifest(Sequence(0)).unwrap(), b"{}");
    assert_eq!(other.package(PLACE).unwrap(), b"package");
    assert_eq!(other.records().unwrap(), 1);
    assert_eq!(other.commit(Sequence(0), &now(&other), b"[]").unwrap(), Commit::Lost);
    assert!(matches!(put(&other, PLACE, b"another"), Err(StoreError::Taken { .. })));
    let hidden =
        other.examine().unwrap().checks.into_iter().find(|check| check.name == "nothing hidden").unwrap();
    assert!(hidden.found.contains("versions") && hidden.mend.is_some(), "{hidden:?}");
}

#[test]
fn what_is_kept_otherwise_is_an_error_that_says_what_differs() {
    let double = AzureDouble::start();
    for (number, (forgotten, what)) in [
        ("x-ms-immutability-policy-mode", "immutability mode"),
        ("x-ms-immutability-policy-until-date", "retention until"),
        ("x-ms-legal-hold", "legal hold"),
        ("x-ms-access-tier", "access tier"),
        ("x-ms-encryption-scope", "encryption scope"),
    ]
    .into_iter()
    .enumerate()
    {
        let container = double.container(Setup::VersionLevel);
        let store = open(full(&double.address(), &container), &double.config());
        double.forget(&[forgotten]);
        let error = put(&store, &format!("packages/{number}.zip"), b"package").unwrap_err();
        let StoreError::NotKept { what: found, .. } = &error else { panic!("{forgotten}: {error:?}") };
        assert_eq!(*found, what);
        assert!(error.hint().contains("doctor"), "{}", error.hint());
    }
}

#[test]
fn a_container_that_keeps_nothing_is_refused_before_the_first_write() {
    let plain = AZURE.container(Setup::Plain);
    let store = open(settings(&AZURE.address(), &plain), &AZURE.config());
    let error = put(&store, "packages/a.zip", b"package").unwrap_err();
    assert!(matches!(error, StoreError::Unfit { .. }), "{error:?}");
    assert!(error.hint().contains("az storage container-rm migrate-vlw"), "{}", error.hint());
    assert!(AZURE.look(&plain, |found| found.names().is_empty()), "nothing was written");
    // Azurite is such a container, too, to whoever asks for a policy.
    let emulated =
        AzureSettings { location: emulated(&AZURITE.container()).location, ..store.settings().clone() };
    let error = put(&open(emulated, &AZURITE.config()), "packages/a.zip", b"package").unwrap_err();
    assert!(matches!(error, StoreError::Unfit { .. }), "{error:?}");
    let gone = open(settings(&AZURE.address(), "no-such-container"), &AZURE.config());
    let error = put(&gone, "packages/a.zip", b"package").unwrap_err();
    assert!(error.hint().contains("make the container"), "{error:?}");
}

#[test]
fn azurite_too_refuses_bytes_that_arrive_as_others() {
    let container = AZURITE.container();
    let headers = ["x-ms-blob-type: BlockBlob", "Content-MD5: 7+kKjmBKfIQOiNA6Z/a32A=="];
    assert_eq!(AZURITE.put(&container, &headers, b"package").0, 201);
    let (status, text) = AZURITE.put(&container, &headers, b"pachage");
    assert!(status == 400 && text.contains("contentMD5 doesn't match"), "{status} {text}");
}

#[test]
fn doctor_tells_what_a_container_and_its_account_lack() {
    let double = AzureDouble::start();
    let place = Place::new();
    let tail = format!("/{ACCOUNT}/");
    let root = |setup| format!("{}{tail}{}/soc2", double.address(), double.container(setup));
    place.edit(
        "root = \"evidence\"",
        &format!("root = \"{}\"\nretention_days = 400", root(Setup::VersionLevel)),
    );
    place.edit(
        "[azure]",
        &format!(
            "[azure]\ntenant_id = \"acme.example\"\nclient_id = \"collector\"\nclient_secret = \"file:{}\"\n\
             authority_host = \"{1}\"\nmanagement_url = \"{1}\"",
            double.file("secret").display(),
            double.address()
        ),
    );
    let doctor = |code: i32| {
        let output = place.run(&[&["doctor"], &CONFIG[..]].concat());
        let told = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{told}{}", String::from_utf8_lossy(&output.stderr));
        told
    };
    let planned = place.done(&[&["store", "plan", "--form", "cli"], &CONFIG[..]].concat());
    assert!(
        planned.contains("az storage container-rm create") && planned.contains(" of 400 days"),
        "{planned}"
    );
    assert!(place.refused(&[&["store", "plan"], &CONFIG[..]].concat(), 2).contains("--form cli"));
    // Nobody said which account it is, and the container has no scope of its own.
    let told = doctor(1);
    assert!(
        told.contains("could not ask")
            && told.contains("account_id")
            && told.contains("encryption-scope create")
    );
    assert!(told.contains("this container can hold evidence; "), "{told}");
    place.edit("retention_days = 400", "retention_days = 400\nencryption_scope = \"evidence\"");
    place.edit("[azure]\n", &format!("[azure]\naccount_id = \"{ACCOUNT_ID}\"\n"));
    let told = doctor(0);
    assert!(told.ends_with("this container can hold evidence\n"), "{told}");
    for (pointer, value, words) in [
        ("/properties/minimumTlsVersion", json!("TLS1_0"), "--min-tls-version TLS1_2"),
        ("/properties/supportsHttpsTrafficOnly", json!(false), "http is let in"),
        ("/properties/allowBlobPublicAccess", json!(true), "--allow-blob-public-access false"),
        ("/properties/encryption/keySource", json!("Microsoft.Storage"), "key source Microsoft.Storage"),
    ] {
        double.describe(pointer, value);
        assert!(doctor(1).contains(words), "{pointer}");
    }
    place.edit(&root(Setup::VersionLevel).replace("evidence-1", "evidence-0"), &root(Setup::Public));
    let told = doctor(1);
    assert!(told.contains("open to everybody") && told.contains("--public-access off"), "{told}");
    place.edit("/evidence-2/", &format!("/{}/", double.container(Setup::Plain)));
    let told = doctor(4);
    assert!(
        told.contains("nothing is written without it") && told.contains("cannot hold evidence"),
        "{told}"
    );
    std::fs::create_dir(place.path("evidence")).unwrap();
    assert!(!place.shows(super::azure_double::CLIENT_SECRET.as_bytes()));
    assert!(!place.shows(super::azure_double::TOKEN.as_bytes()));
}
