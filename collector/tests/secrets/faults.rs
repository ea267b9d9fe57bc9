//! Every way in which a vault does not give a secret: what is told, whether the cycle is sealed, and that no word of
//! the vault and no token goes where it should not.

use std::time::Instant;

use super::SECRET;
use super::key_vault_double::{CLIENT_SECRET, Double, MESSAGE, Mood, TOKEN};
use super::managers::{at_azure, set_identity};
use super::search::Search;
use super::tap::Tap;

#[test]
fn faults_that_pass_are_sealed_and_others_end_the_run() {
    let (runtime, vault) = Double::start();
    let stage = at_azure(&vault);
    vault.keep("collector", SECRET);
    stage.setting("client_secret", &vault.source("collector"));
    let passing = [
        (
            Mood::Refuses(403, "Forbidden", Some("ForbiddenByRbac")),
            "ForbiddenByRbac (HTTP status 403): the collector's",
            2,
        ),
        (Mood::Refuses(403, "Forbidden", Some("ForbiddenByFirewall")), "the firewall of the vault", 2),
        (Mood::Refuses(401, "Unauthorized", None), "Unauthorized (HTTP status 401): the token", 2),
        (Mood::Refuses(429, "Throttled", None), "Throttled (HTTP status 429): too many requests", 4),
        (Mood::Refuses(500, "two words", None), "no error code (HTTP status 500)", 4),
        (Mood::Stumbles(3), "ServiceUnavailable (HTTP status 503)", 3),
        (Mood::Endless, "the answer is larger than 262144 bytes", 2),
        (Mood::Says("<html>CANARY of the vault</html>"), "answers in no known form", 2),
        (Mood::Says("{\"value\":\"CANARY of the vault\"}"), "answers in no known form", 2),
        (Mood::Says("{\"value\":7,\"id\":\"https://x/secrets/collector/1\"}"), "answers in no known form", 2),
        (Mood::Other, "answers with another secret", 2),
        (
            Mood::Says(
                "{\"value\":\"CANARY\",\"id\":\"https://x/secrets/collector\",\"attributes\":{\"enabled\":false}}",
            ),
            "says that the secret is disabled",
            2,
        ),
    ];
    for (mood, words, requests) in passing {
        vault.set(mood.clone());
        let (code, message) = stage.failure();
        assert!(code == "secret_unreachable" && message.contains(words), "{mood:?}: {message}");
        assert!(message.contains("Azure Key Vault does not give http://127.0.0.1:"), "{message}");
        assert_eq!(vault.asked().len(), requests, "{mood:?}: {:?}", vault.asked());
    }
    vault.disable("collector");
    vault.set(Mood::Good);
    assert!(stage.failure().1.contains("SecretDisabled (HTTP status 403): the secret is disabled"));
    vault.keep("collector", SECRET);
    for (mood, words) in [
        (Mood::Refuses(404, "SecretNotFound", None), "no such secret or version in this vault"),
        (Mood::Refuses(400, "BadParameter", None), "BadParameter (HTTP status 400)"),
        (Mood::Redirects("https://evil.example.com/".to_owned()), "no error code (HTTP status 302)"),
        (Mood::Open, "gives the secret to somebody without a token"),
        (Mood::Mumbles, "asks for no bearer token of a resource"),
    ] {
        vault.set(mood.clone());
        let told = stage.refused();
        assert!(
            told.contains(words) && told.contains("hint: correct identity.client_secret"),
            "{mood:?}: {told}"
        );
    }
    // A stumble is no fall: asked again a moment later.
    vault.set(Mood::Stumbles(2));
    stage.snapshot();
    let search =
        Search::of(&[("secret", SECRET), ("token", TOKEN), ("identity", CLIENT_SECRET), ("text", MESSAGE)]);
    assert_eq!(search.places(&stage.place, &[]), [""; 0]);
    runtime.shutdown_background();
}

#[test]
fn a_vault_gets_no_token_for_somebody_else() {
    let (runtime, vault) = Double::start();
    let stage = at_azure(&vault);
    vault.keep("collector", SECRET);
    stage.setting("client_secret", &vault.source("collector"));
    for resource in
        ["https://management.azure.com", "https://vault.azure.net", "https://graph.microsoft.com/"]
    {
        vault.set(Mood::Wants(resource.to_owned()));
        let told = stage.refused();
        assert!(told.contains("asks for a token for a resource that is not its own domain"), "{told}");
        assert_eq!(vault.scopes(), [""; 0], "nobody was asked for a token");
        assert_eq!(vault.asked().len(), 1, "and none was presented");
    }
    runtime.shutdown_background();
}

#[test]
fn without_an_identity_or_an_authority_there_is_no_token() {
    let (runtime, vault) = Double::start();
    let stage = at_azure(&vault);
    vault.keep("collector", SECRET);
    stage.setting("client_secret", &vault.source("collector"));
    vault.refuse_tokens(Some(503));
    let (code, message) = stage.failure();
    assert!(code == "secret_unreachable" && message.contains("HTTP status 503"), "{message}");
    vault.refuse_tokens(None);
    stage.place.unset("AZURE_CLIENT_SECRET");
    stage.place.set("AZURE_CLIENT_SECRET", "wrong-s3cret");
    let report = stage.collect();
    assert!(report.to_string().contains("invalid_client"), "{report:#}");
    stage.place.unset("AZURE_TENANT_ID");
    stage.place.set("AZURE_TENANT_ID", "");
    let told = stage.refused();
    assert!(
        told.contains("the secret cannot be asked for") && told.contains("not by tenant and client"),
        "{told}"
    );
    let search = Search::of(&[("wrong", "wrong-s3cret"), ("text", MESSAGE)]);
    assert_eq!(search.places(&stage.place, &[]), [""; 0]);
    runtime.shutdown_background();
}

#[test]
fn a_silent_vault_is_waited_for_no_longer_than_half_a_minute() {
    let (runtime, vault) = Double::start();
    let stage = at_azure(&vault);
    vault.keep("collector", SECRET);
    stage.setting("client_secret", &vault.source("collector"));
    vault.set(Mood::Silent);
    let begun = Instant::now();
    let (_, message) = stage.failure();
    assert!(message.contains("no answer in time") && begun.elapsed().as_secs() < 30, "{message}");
    runtime.shutdown_background();
}

#[test]
fn token_and_secret_are_on_the_wire_to_the_vault_and_nowhere_else() {
    let (runtime, vault) = Double::start();
    let tap = Tap::before(&vault.address());
    let stage = at_azure(&vault);
    set_identity(&stage.place, &tap.address());
    vault.keep("collector", SECRET);
    stage.setting("client_secret", &format!("azure-keyvault:{}/secrets/collector", tap.address()));
    // The double names itself as the resource, which on loopback is the same host.
    stage.snapshot();
    let search = Search::of(&[("secret", SECRET), ("token", TOKEN), ("identity", CLIENT_SECRET)]);
    let wire = search.found_in(&tap.seen());
    for form in ["secret as JSON", "token as it is", "identity as it is"] {
        assert!(wire.contains(&form), "{wire:?}");
    }
    assert_eq!(search.places(&stage.place, &[]), [""; 0]);
    runtime.shutdown_background();
}
