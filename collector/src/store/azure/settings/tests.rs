use super::*;

fn location(text: &str) -> Result<AzureLocation, SettingError> {
    text.parse()
}

#[test]
fn a_place_is_the_address_that_azure_shows() {
    let place = location("https://acme.blob.core.windows.net/evidence/soc2/prod/").unwrap();
    assert_eq!((place.account(), place.container()), ("acme", "evidence"));
    assert_eq!(place.to_string(), "https://acme.blob.core.windows.net/evidence/soc2/prod");
    assert_eq!(place.key("chain/0000000000.json"), "soc2/prod/chain/0000000000.json");
    assert_eq!(
        place.url_of(&place.key("a.zip")),
        "https://acme.blob.core.windows.net/evidence/soc2/prod/a.zip"
    );
    let bare = location("https://acme.z01.blob.storage.azure.net/evidence").unwrap();
    assert_eq!((bare.prefix().as_str(), bare.key("a").as_str()), ("", "a"));
    let own = location("http://127.0.0.1:10000/devstoreaccount1/evidence/root").unwrap();
    assert_eq!((own.account(), own.container()), ("devstoreaccount1", "evidence"));
    assert_eq!(own.container_url(), "http://127.0.0.1:10000/devstoreaccount1/evidence");
}

#[test]
fn what_is_read_differently_elsewhere_is_refused() {
    for text in [
        "https://acme.blob.core.windows.net/ev--idence/root",
        "https://acme.blob.core.windows.net/Evidence/root",
        "https://acme.blob.core.windows.net/evidence/a//b",
        "https://acme.blob.core.windows.net/evidence/../other",
        "https://acme.blob.core.windows.net/evidence/.hidden",
        "https://acme.blob.core.windows.net/evidence/a%2Fb",
        "https://acme.blob.core.windows.net/evidence/root?sv=1&sig=CANARY",
        "https://user@acme.blob.core.windows.net/evidence/root",
        "https://a.blob.core.windows.net/evidence/root",
        "https://acme.example.com/evidence/root",
        "http://acme.blob.core.windows.net/evidence/root",
        "http://127.0.0.1.blob.example.com/evidence/root",
        "http://127.0.0.1:10000/devstoreaccount1",
        "s3://evidence/root",
        "",
    ] {
        let refused = location(text).unwrap_err();
        assert!(!refused.to_string().contains("CANARY"), "{refused}");
    }
}

#[test]
fn modes_tiers_and_scopes_are_known_ones() {
    assert_eq!("Locked".parse::<PolicyMode>().unwrap().lock_mode(), "COMPLIANCE");
    assert_eq!("Unlocked".parse::<PolicyMode>().unwrap().lock_mode(), "GOVERNANCE");
    assert!("locked".parse::<PolicyMode>().is_err() && "COMPLIANCE".parse::<PolicyMode>().is_err());
    assert_eq!("Cold".parse::<AccessTier>().unwrap().as_str(), "Cold");
    assert!("Archive".parse::<AccessTier>().unwrap_err().to_string().contains("Hot, Cool, Cold"));
    assert!("evidence-key".parse::<EncryptionScope>().is_ok() && "a/b".parse::<EncryptionScope>().is_err());
}
