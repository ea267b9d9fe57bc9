//! Tokens: who gets one, for which dialect, and how it dies.

use super::client::{Bench, MORNING, utc};
use crate::demo::scenario::Event;
use crate::demo::tenant::{Dialect, TenantConfig};

const USERS: &str = "/api/v2/admin/users";

#[test]
fn a_wrong_secret_gets_no_token() {
    let bench = Bench::quiet(Dialect::Reference);
    let id = bench.tenant.client_id().to_owned();
    let reference = bench.token_request(Dialect::Reference, &id, "wrong");
    assert_eq!((reference.status, &reference.json()["error"]), (400, &"invalid_client".into()));
    let genesys = bench.token_request(Dialect::GenesysCloud, &id, "wrong");
    assert_eq!((genesys.status, &genesys.json()["error"]), (401, &"invalid_client".into()));
}

#[test]
fn a_token_is_good_for_its_own_dialect_and_nothing_else() {
    let mut bench = Bench::quiet(Dialect::Reference);
    assert_eq!(bench.get(USERS).status, 200);
    assert_eq!(bench.get("/api/v2/users").status, 404);
    assert_eq!(bench.get("/api/v2/organizations/me").status, 200);
    bench.sign_in(Dialect::GenesysCloud);
    assert_eq!(bench.get(USERS).status, 404);
    assert_eq!(bench.get("/api/v2/users").status, 200);
    bench.token = "0123456789abcdef0123456789abcdef".to_owned();
    assert_eq!(bench.get(USERS).status, 401);
}

#[test]
fn a_token_dies_at_the_end_of_its_lifetime_by_the_injected_clock() {
    let mut config = TenantConfig::new(7, 20);
    config.throttle = false;
    config.token_lifetime_seconds = 600;
    let bench = Bench::new(config, Dialect::Reference);
    bench.tenant.set_now(utc(MORNING).plus_seconds(599));
    assert_eq!(bench.get(USERS).status, 200);
    bench.tenant.set_now(utc(MORNING).plus_seconds(600));
    assert_eq!(bench.get(USERS).status, 401);
}

#[test]
fn revoked_tokens_and_those_of_yesterday_are_dead() {
    let mut bench = Bench::quiet(Dialect::Reference);
    bench.tenant.revoke_tokens();
    assert_eq!(bench.get(USERS).status, 401);
    bench.sign_in(Dialect::Reference);
    assert_eq!(bench.get(USERS).status, 200);
    bench.tenant.set_day(2, utc("2026-05-02T08:00:00Z"));
    assert_eq!(bench.get(USERS).status, 401);
}

#[test]
fn a_token_expires_once_at_the_scripted_request() {
    let mut bench = Bench::quiet(Dialect::Reference);
    let event = Event::TokenExpiry { day: 1, resource: "users".to_owned(), request: 2 };
    bench.tenant.apply(&event).unwrap();
    let first = bench.get(&format!("{USERS}?pageSize=100"));
    let next = format!("{USERS}?pageSize=100&pageToken={}", first.json()["nextPageToken"].as_str().unwrap());
    assert_eq!(bench.get(&next).status, 401);
    bench.sign_in(Dialect::Reference);
    // The reading goes on where it was interrupted.
    assert_eq!(bench.get(&next).status, 200);
    assert_eq!(bench.tenant.requests(USERS), 3);
}

#[test]
fn an_outage_refuses_sign_in_too_and_is_over_the_next_day() {
    let mut bench = Bench::quiet(Dialect::Reference);
    bench.tenant.apply(&Event::Outage { day: 1 }).unwrap();
    let (id, secret) = (bench.tenant.client_id().to_owned(), bench.tenant.client_secret().to_owned());
    assert_eq!(bench.token_request(Dialect::Reference, &id, &secret).status, 503);
    assert_eq!(bench.token_request(Dialect::GenesysCloud, &id, &secret).status, 503);
    assert_eq!(bench.get(USERS).status, 503);
    bench.tenant.set_day(2, utc("2026-05-02T08:00:00Z"));
    bench.sign_in(Dialect::Reference);
    assert_eq!(bench.get(USERS).status, 200);
}

#[test]
fn the_secret_is_in_no_debug_text() {
    let bench = Bench::quiet(Dialect::Reference);
    let secret = bench.tenant.client_secret();
    assert!(!format!("{:?}", bench.tenant).contains(secret));
    assert!(!format!("{:?}", *bench.tenant.shared.service()).contains(secret));
}
