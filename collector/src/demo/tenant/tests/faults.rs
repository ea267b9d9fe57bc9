//! Every fault is one switch: visible on its resource, gone when switched off, and nowhere else.

use super::client::{Bench, ids};
use crate::demo::tenant::{Dialect, Fault, FaultSwitch};

const USERS: &str = "/api/v2/users?state=any&pageSize=100";
const ROLES: &str = "/api/v2/authorization/roles?pageSize=100";

/// What a client that only counts sees of 250 users on three pages.
fn reading(bench: &Bench) -> (usize, usize, usize) {
    let pages = bench.pages(USERS);
    let entities: Vec<_> =
        pages.iter().flat_map(|page| page["entities"].as_array().unwrap().clone()).collect();
    let mut unique = ids(&entities);
    unique.sort_unstable();
    unique.dedup();
    (pages.len(), entities.len(), unique.len())
}

fn totals(bench: &Bench, field: &str) -> Vec<u64> {
    bench.pages(USERS).iter().map(|page| page[field].as_u64().unwrap()).collect()
}

/// Asserts what each fault looks like on users. The match has no catch-all: a new fault needs its line.
fn assert_seen(bench: &Bench, fault: Fault) {
    let first = || bench.get(USERS);
    match fault {
        Fault::RepeatedPage => assert_eq!((reading(bench), reading(bench)), ((3, 300, 200), (3, 300, 200))),
        Fault::RepeatedPageOnce => {
            assert_eq!((reading(bench), reading(bench)), ((3, 300, 200), (3, 250, 250)));
        }
        Fault::ShortPage => {
            assert_eq!((reading(bench), totals(bench, "total")), ((3, 249, 249), vec![250; 3]));
        }
        Fault::DuplicateId => assert_eq!(reading(bench), (3, 250, 249)),
        Fault::WrongTotal => assert_eq!(totals(bench, "total"), [257, 257, 257]),
        Fault::MovingTotal => {
            assert_eq!(
                (totals(bench, "total"), totals(bench, "total")),
                (vec![251, 252, 253], vec![251, 252, 253])
            );
        }
        Fault::MovingTotalOnce => {
            assert_eq!((totals(bench, "total"), totals(bench, "total")), (vec![251, 252, 253], vec![250; 3]));
        }
        Fault::PageCountChanges => assert_eq!(totals(bench, "pageCount"), [3, 4, 4]),
        Fault::EndlessNext => {
            let (pages, _, unique) = reading(bench);
            assert_eq!((pages, unique), (20, 250));
        }
        Fault::EmptyNextLoop => assert_eq!(reading(bench), (20, 250, 250)),
        Fault::CrossHostNext => {
            let next = first().json()["nextUri"].as_str().unwrap().to_owned();
            assert!(next.starts_with("http://foreign.invalid/api/v2/users?"), "{next}");
        }
        Fault::Redirect => {
            let got = first();
            assert_eq!(
                (got.status, got.location.as_deref()),
                (302, Some("http://foreign.invalid/api/v2/users"))
            );
        }
        Fault::NoContent => assert_eq!((first().status, first().body.len()), (204, 0)),
        Fault::TruncatedBody => assert!(bench.try_get(USERS).is_err()),
        Fault::InvalidJson => {
            let got = first();
            assert_eq!(got.status, 200);
            assert!(serde_json::from_slice::<serde_json::Value>(&got.body).is_err());
        }
        Fault::DuplicateKeyJson => {
            let text = String::from_utf8(first().body).unwrap();
            assert_eq!(text.matches("\"entities\":").count(), 2);
        }
        Fault::NullContainer => assert!(first().json()["entities"].is_null()),
        Fault::BreakingSchema => assert!(first().json()["entities"][0]["name"].is_object()),
        Fault::HtmlBody => {
            let got = first();
            assert_eq!((got.status, got.content_type.as_deref()), (200, Some("text/html; charset=utf-8")));
        }
        Fault::WrongContent => {
            let got = first();
            assert!(got.status == 200 && got.json()["entities"].is_null() && got.json()["status"] == "ok");
        }
        Fault::NotFound => assert_eq!((first().status, first().status), (404, 404)),
        Fault::Forbidden => assert_eq!(first().json()["code"], "missing.permissions"),
        Fault::ServerError => assert_eq!((first().status, first().status), (500, 500)),
        Fault::ServerErrorOnce => assert_eq!((first().status, first().status), (500, 200)),
        Fault::SlowThenOk => {
            let begun = std::time::Instant::now();
            assert_eq!(first().status, 200);
            assert!(begun.elapsed() >= std::time::Duration::from_millis(300));
        }
        Fault::HugeRetryAfter => {
            let got = first();
            assert_eq!((got.status, got.retry_after.as_deref()), (429, Some("86400")));
        }
    }
}

#[test]
fn every_fault_is_seen_on_its_resource_alone_and_gone_when_switched_off() {
    for fault in Fault::all() {
        let bench = Bench::quiet(Dialect::GenesysCloud);
        bench.tenant.set_faults(vec![FaultSwitch::new("users", fault, None).unwrap()]);
        assert_seen(&bench, fault);
        assert_eq!(bench.entities(ROLES).len(), 24, "{fault}");
        bench.tenant.set_faults(Vec::new());
        assert_eq!(reading(&bench), (3, 250, 250), "{fault}");
    }
}

#[test]
fn paging_faults_are_seen_on_token_lists_of_one_page_too() {
    let roles = "/api/v2/security/roles?pageSize=100";
    let bench = Bench::quiet(Dialect::Reference);
    let switch =
        |fault| bench.tenant.set_faults(vec![FaultSwitch::new("security_roles", fault, None).unwrap()]);
    let pages = |bench: &Bench| -> Vec<usize> {
        bench.pages(roles).iter().map(|page| page["entities"].as_array().unwrap().len()).collect()
    };
    switch(Fault::RepeatedPage);
    assert_eq!(pages(&bench), [24, 24]);
    switch(Fault::EndlessNext);
    assert_eq!(pages(&bench), [24; 20]);
    switch(Fault::EmptyNextLoop);
    assert_eq!(pages(&bench)[..3], [24, 0, 0]);
    switch(Fault::CrossHostNext);
    let token = bench.get(roles).json()["nextPageToken"].as_str().unwrap().to_owned();
    assert!(token.starts_with("http://foreign.invalid/"), "{token}");
    assert_eq!(bench.get("/api/v2/security/roles?pageToken=http%3A%2F%2Fforeign.invalid").status, 400);
}

#[test]
fn a_fault_of_one_day_is_over_the_next() {
    let mut bench = Bench::quiet(Dialect::GenesysCloud);
    bench.tenant.set_faults(vec!["users=not_found@2".parse().unwrap()]);
    for (day, expected) in [(1, 200), (2, 404), (3, 200)] {
        bench.tenant.set_day(day, super::client::utc("2026-05-01T08:00:00Z"));
        bench.sign_in(Dialect::GenesysCloud);
        assert_eq!(bench.get(USERS).status, expected, "day {day}");
    }
}

#[test]
fn the_root_object_and_lists_without_links_show_their_faults() {
    let bench = Bench::quiet(Dialect::GenesysCloud);
    let settings = "/api/v2/organizations/authentication/settings";
    let switch =
        |resource, fault| bench.tenant.set_faults(vec![FaultSwitch::new(resource, fault, None).unwrap()]);
    switch("org_auth_settings", Fault::BreakingSchema);
    assert!(bench.get(settings).json()["multifactorAuthenticationRequired"].is_object());
    switch("org_auth_settings", Fault::DuplicateKeyJson);
    let text = String::from_utf8(bench.get(settings).body).unwrap();
    assert_eq!(text.matches("\"domainAllowlist\":").count(), 2);
    let division = bench.entities("/api/v2/authorization/divisions")[0]["id"].as_str().unwrap().to_owned();
    let grants = format!("/api/v2/authorization/divisions/{division}/grants?pageSize=100");
    switch("role_grants", Fault::EndlessNext);
    assert_eq!(bench.pages(&grants).len(), 20);
    switch("role_grants", Fault::BreakingSchema);
    assert!(bench.get(&grants).json()["entities"][0]["subjectId"].is_object());
}
