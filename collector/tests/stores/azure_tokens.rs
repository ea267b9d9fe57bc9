//! Azure: who asks. Tokens come from a client secret, a federated token or the machine, are used again, renewed when
//! the service no longer takes them, and show nowhere.

use collector::azure::{AzureAccess, AzureError, CallFault, STORAGE_SCOPE, VAULT_SCOPE};
use collector::config::AzureConfig;
use collector::secret::SecretSource;
use collector::store::{Store, StoreError};

use super::azure::{open, settings};
use super::azure_double::{
    AzureDouble, CLIENT_SECRET, FEDERATED_TOKEN, SIGNATURE, Setup, TOKEN, write_secret,
};
use super::put;

fn connect(config: &AzureConfig, variables: &[(&str, &str)]) -> Result<AzureAccess, AzureError> {
    AzureAccess::connect_in(config, &|name| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn every_kind_of_identity_gives_a_token_that_is_kept_by_scope() {
    let double = AzureDouble::start();
    let (address, token) = (double.address(), double.file("token").display().to_string());
    let application = [
        ("AZURE_TENANT_ID", "acme.example"),
        ("AZURE_CLIENT_ID", "collector"),
        ("AZURE_AUTHORITY_HOST", &*address),
    ];
    let [tenant, client, host] = application;
    let none = AzureConfig::default();
    for (config, variables, asked) in [
        (double.config(), vec![], "secret"),
        (none.clone(), vec![tenant, client, host, ("AZURE_CLIENT_SECRET", CLIENT_SECRET)], "secret"),
        (none.clone(), vec![tenant, client, host, ("AZURE_FEDERATED_TOKEN_FILE", &*token)], "assertion"),
        (none.clone(), vec![("AZURE_POD_IDENTITY_AUTHORITY_HOST", &*address)], "machine itself"),
        (none, vec![client, ("AZURE_POD_IDENTITY_AUTHORITY_HOST", &*address)], "machine collector"),
    ] {
        let before = double.asked().len();
        let access = connect(&config, &variables).unwrap();
        let first = access.token(STORAGE_SCOPE).unwrap();
        assert!(first.expose().starts_with(TOKEN), "{asked}");
        assert!(access.token(STORAGE_SCOPE).unwrap() == first, "it is used again");
        assert!(access.token(VAULT_SCOPE).unwrap() != first, "another scope, another token");
        assert_eq!(double.asked()[before..], [asked, asked]);
        let told = format!("{access:?} {config:?} {first:?}");
        for secret in [CLIENT_SECRET, FEDERATED_TOKEN, TOKEN] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}

#[test]
fn a_refused_identity_is_told_by_its_code() {
    let double = AzureDouble::start();
    write_secret(&double.file("secret"), "a-wrong-secret");
    let error = connect(&double.config(), &[]).unwrap().token(STORAGE_SCOPE).unwrap_err();
    assert_eq!(error.to_string(), "Microsoft Entra ID answers invalid_client (HTTP status 401)");
    assert!(error.hint().contains("renew"), "{}", error.hint());
    assert!(!format!("{error:?}").contains("CANARY") && !format!("{error:?}").contains("wrong-secret"));
    // Port 1 answers nobody: this machine has no identity.
    let nobody =
        connect(&AzureConfig::default(), &[("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1")]);
    let error = nobody.unwrap().token(STORAGE_SCOPE).unwrap_err();
    assert!(matches!(error, AzureError::Token { fault: CallFault::NoIdentity, .. }), "{error:?}");
}

#[test]
fn a_token_that_is_no_longer_taken_is_renewed_once() {
    let double = AzureDouble::start();
    let container = double.container(Setup::VersionLevel);
    let store = open(settings(&double.address(), &container), &double.config());
    put(&store, "packages/a.zip", b"package").unwrap();
    double.revoke();
    assert_eq!(store.package("packages/a.zip").unwrap(), b"package");
    assert_eq!(double.asked(), ["secret", "secret"]);
}

#[test]
fn a_signature_serves_in_place_of_a_token_and_shows_nowhere() {
    let double = AzureDouble::start();
    let container = double.container(Setup::VersionLevel);
    let config = AzureConfig { sas: Some(SecretSource::File(double.file("sas"))), ..AzureConfig::default() };
    let store = open(settings(&double.address(), &container), &config);
    put(&store, "packages/a.zip", b"package").unwrap();
    assert!(double.asked().is_empty(), "no token was asked for");
    let gone = open(settings("http://127.0.0.1:1", &container), &config);
    let error = gone.records().unwrap_err();
    assert!(matches!(error, StoreError::Azure { .. }), "{error:?}");
    let told = format!("{store:?} {error:?} {error} {}", store.location());
    let secret = SIGNATURE.rsplit('=').next().unwrap();
    assert!(!told.contains(secret), "{told}");
}
