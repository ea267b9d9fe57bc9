//! The client secret and the signing key from AWS Secrets Manager (`MiniStack`) and Azure Key Vault (our double).

use serde_json::json;

use super::key_vault_double::{self, Double, Mood};
use super::ministack::MiniStack;
use super::place::{CONFIG, Place};
use super::tls::{Front, certificate};
use super::{SECRET, Stage};

/// Keeps `text` as the secret `name`.
fn keep(server: &MiniStack, name: &str, text: &str) {
    server.call(
        "secretsmanager.CreateSecret",
        &json!({"Name": name, "SecretString": text, "ClientRequestToken": "0123456789abcdef0123456789abcdef"}),
    );
}

/// A stage whose AWS is at `address`.
fn at_aws(address: &str) -> Stage {
    let stage = Stage::new();
    stage.place.set("AWS_ACCESS_KEY_ID", "AKIDEVIDENCE");
    stage.place.set("AWS_SECRET_ACCESS_KEY", "an-access-secret");
    stage.place.edit("# region = ", "region = ");
    stage
        .place
        .edit("# endpoint_url = \"https://aws.example.com\"", &format!("endpoint_url = \"{address}\""));
    stage
}

/// A stage with an Azure identity that the double knows.
pub(crate) fn at_azure(double: &Double) -> Stage {
    let stage = Stage::new();
    set_identity(&stage.place, &double.address());
    stage
}

/// The identity that the double knows, in the environment as Azure's own tools read it.
pub(crate) fn set_identity(place: &Place, authority: &str) {
    for (name, value) in [
        ("AZURE_TENANT_ID", key_vault_double::TENANT),
        ("AZURE_CLIENT_ID", key_vault_double::CLIENT),
        ("AZURE_CLIENT_SECRET", key_vault_double::CLIENT_SECRET),
        ("AZURE_AUTHORITY_HOST", authority),
    ] {
        place.unset(name);
        place.set(name, value);
    }
}

fn forget_evidence(stage: &Stage) {
    std::fs::remove_dir_all(stage.place.path("evidence")).unwrap();
}

#[test]
fn secrets_manager_keeps_the_client_secret_alone_or_in_a_document() {
    let server = MiniStack::start();
    let stage = at_aws(&server.address());
    keep(&server, "prod/plain", SECRET);
    let document = json!({"client_id": "x", "client_secret": SECRET, "port": 443}).to_string();
    keep(&server, "prod/document", &document);
    for source in ["prod/plain", "prod/document#client_secret"] {
        stage.setting("client_secret", &format!("aws-secretsmanager:{source}"));
        stage.snapshot();
        forget_evidence(&stage);
    }
    for (source, words) in [
        ("prod/absent", "no such secret"),
        ("prod/document#password", "secret prod/document has no member password"),
        ("prod/document#port", "has a member port that is no string"),
        ("prod/plain#client_secret", "is no JSON object, expected one with member client_secret"),
    ] {
        stage.setting("client_secret", &format!("aws-secretsmanager:{source}"));
        let told = stage.refused();
        assert!(told.contains(words), "{source}: {told}");
    }
    // The whole document is no secret of the client: the platform refuses it, and that is sealed.
    stage.setting("client_secret", "aws-secretsmanager:prod/document");
    assert_eq!(stage.failure().0, "sign_in_refused");
}

#[test]
fn a_manager_that_is_down_is_a_sealed_failure_and_the_slot_can_still_be_answered() {
    let server = MiniStack::start();
    let stage = at_aws(&server.address());
    keep(&server, "prod/plain", SECRET);
    stage.setting("client_secret", "aws-secretsmanager:prod/plain");
    // A port that was free a moment ago and that nobody listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    stage.setting("endpoint_url", &format!("http://127.0.0.1:{port}"));
    let (code, message) = stage.failure();
    assert_eq!(code, "secret_unreachable");
    assert!(
        message.contains("AWS Secrets Manager does not give prod/plain: it cannot be reached"),
        "{message}"
    );
    stage.setting("endpoint_url", &server.address());
    stage.snapshot();
}

#[test]
fn a_key_vault_keeps_client_secret_and_signing_key() {
    let (runtime, vault) = Double::start();
    let stage = at_azure(&vault);
    let key = stage.place.generate("keys/log.key");
    let text = std::fs::read_to_string(stage.place.path("keys/log.key")).unwrap();
    std::fs::remove_file(stage.place.path("keys/log.key")).unwrap();
    vault.keep("log-key", &text);
    vault.keep("collector", SECRET);
    stage.place.edit("# key = \"file:keys/log.key\"", &format!("key = \"{}\"", vault.source("log-key")));
    stage.setting("client_secret", &vault.source("collector"));
    stage.snapshot();
    assert!(stage.place.has_note(1), "signed with the key from the vault");
    let shown = stage.place.done(&[&["key", "show"], &CONFIG[..]].concat());
    assert!(shown.contains(&format!("key      {key}\n")), "{shown}");
    // A question without a token, its challenge, a token for the vault itself, and the question again.
    let asked = vault.asked();
    assert_eq!(asked[..2], ["open /secrets/log-key", "token /secrets/log-key"]);
    let scope = format!("{}/.default", vault.address());
    assert!(vault.scopes().iter().all(|asked| *asked == scope), "{:?}", vault.scopes());

    // A version, and a member of a document.
    vault.keep("document", &json!({"client_secret": SECRET}).to_string());
    let version = "4387e9f3d6e14c459867679a90fd0f79";
    for source in [format!("collector/{version}"), "document#client_secret".to_owned()] {
        forget_evidence(&stage);
        stage.setting("client_secret", &vault.source(&source));
        stage.snapshot();
    }
    stage.setting("client_secret", &vault.source("collector/00000000000000000000000000000000"));
    let told = stage.refused();
    assert!(told.contains("SecretNotFound (HTTP status 404): there is no such secret or version"), "{told}");
    runtime.shutdown_background();
}

#[test]
fn a_vault_and_its_authority_are_asked_over_tls_under_a_certificate_that_is_trusted() {
    let (runtime, vault) = Double::start();
    let stage = at_azure(&vault);
    let folder = stage.place.folder();
    certificate(folder, "server");
    certificate(folder, "stranger");
    let front = Front::before(&vault.address(), folder);
    set_identity(&stage.place, &front.address());
    vault.keep("collector", SECRET);
    vault.set(Mood::Wants(front.address()));
    stage.setting("client_secret", &format!("azure-keyvault:{}/secrets/collector", front.address()));
    stage.place.set("SSL_CERT_FILE", "stranger.pem");
    let (code, message) = stage.failure();
    assert!(code == "secret_unreachable" && message.contains("no connection could be made"), "{message}");
    assert_eq!(vault.asked(), [""; 0], "nobody was asked under a certificate of somebody else");
    stage.place.unset("SSL_CERT_FILE");
    stage.place.set("SSL_CERT_FILE", "server.pem");
    stage.snapshot();
    assert_eq!(vault.scopes(), [format!("{}/.default", front.address())]);
    runtime.shutdown_background();
}

#[test]
fn a_vault_that_is_down_leaves_a_record_unsigned_until_it_is_back() {
    let (runtime, vault) = Double::start();
    let stage = at_azure(&vault);
    stage.place.generate("keys/log.key");
    vault.keep("log-key", &std::fs::read_to_string(stage.place.path("keys/log.key")).unwrap());
    stage.place.edit("# key = \"file:keys/log.key\"", &format!("key = \"{}\"", vault.source("log-key")));
    // A secret that the platform refuses: every cycle is sealed, and none answers the slot.
    stage.in_a_file("another-secret");
    stage.failure();
    assert!(stage.place.has_note(1));
    vault.set(Mood::Refuses(503, "ServiceUnavailable", None));
    let report = stage.collect();
    let warned = report["warnings"].to_string();
    assert!(
        warned.contains("Azure Key Vault does not give") && warned.contains("ServiceUnavailable"),
        "{report:#}"
    );
    assert!(!stage.place.has_note(2));
    vault.set(Mood::Good);
    stage.in_a_file(SECRET);
    stage.snapshot();
    assert!(stage.place.has_note(2) && stage.place.has_note(3), "the missing note was made up for");
    runtime.shutdown_background();
}
