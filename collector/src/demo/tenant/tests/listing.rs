//! Pages cover every entity exactly once, in both dialects, whatever the page size.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::client::{Bench, ids};
use crate::demo::tenant::{Dialect, TenantConfig};

const REFERENCE_LISTS: [(&str, usize); 6] = [
    ("/api/v2/telephony/providers/edge", 6),
    ("/api/v2/routing/queues", 14),
    ("/api/v2/admin/users", 250),
    ("/api/v2/security/roles", 24),
    ("/api/v2/admin/groups", 15),
    ("/api/v2/wfm/schedules", 12),
];

const GENESYS_LISTS: [(&str, usize); 7] = [
    ("/api/v2/authorization/divisions?", 3),
    ("/api/v2/users?state=any&", 250),
    ("/api/v2/authorization/roles?userCount=false&", 24),
    ("/api/v2/groups?", 15),
    ("/api/v2/routing/queues?", 14),
    ("/api/v2/telephony/providers/edges/trunks?", 6),
    ("/api/v2/telephony/providers/edges/trunkbasesettings?", 6),
];

fn assert_covered(bench: &Bench, path: &str, expected: usize) {
    let entities = bench.entities(path);
    let unique: BTreeSet<String> = ids(&entities).into_iter().collect();
    assert_eq!((entities.len(), unique.len()), (expected, expected), "{path}");
    assert!(bench.pages(path).iter().all(|page| page["total"] == expected), "{path}");
}

#[test]
fn every_list_of_both_dialects_is_covered_once_by_its_pages() {
    let reference = Bench::new(TenantConfig::new(7, 250), Dialect::Reference);
    for (path, expected) in REFERENCE_LISTS {
        for size in [100, 17] {
            assert_covered(&reference, &format!("{path}?pageSize={size}"), expected);
        }
    }
    let genesys = Bench::new(TenantConfig::new(7, 250), Dialect::GenesysCloud);
    for (path, expected) in GENESYS_LISTS {
        for size in [100, 17] {
            assert_covered(&genesys, &format!("{path}pageSize={size}"), expected);
        }
    }
}

#[test]
fn nested_lists_of_all_parents_hold_every_grant_and_member() {
    let bench = Bench::quiet(Dialect::GenesysCloud);
    let divisions = ids(&bench.entities("/api/v2/authorization/divisions"));
    let mut grants = BTreeSet::new();
    let mut read = 0;
    for division in &divisions {
        for grant in bench.entities(&format!("/api/v2/authorization/divisions/{division}/grants?pageSize=40"))
        {
            assert_eq!(grant["division"]["id"], division.as_str());
            grants.insert(format!("{}/{}", grant["subjectId"], grant["role"]["id"]));
            read += 1;
        }
    }
    let organization = super::super::Organization::generate(7, 250);
    let held: usize = organization.users.iter().map(|user| user.roles.len()).sum();
    assert_eq!((read, grants.len()), (held + 3, held + 3));

    let groups = ids(&bench.entities("/api/v2/groups"));
    let mut members = 0;
    for group in &groups {
        let listed = bench.entities(&format!("/api/v2/groups/{group}/individuals"));
        members += ids(&listed).into_iter().collect::<BTreeSet<_>>().len();
    }
    assert_eq!(members, organization.groups.iter().map(|group| group.members.len()).sum::<usize>());
    assert_eq!(bench.get("/api/v2/groups/unknown/individuals").status, 404);
}

#[test]
fn the_order_is_fixed_within_a_reading_and_another_in_the_next() {
    let bench = Bench::quiet(Dialect::Reference);
    let path = "/api/v2/admin/users?pageSize=100";
    let first = ids(&bench.entities(path));
    let second = ids(&bench.entities(path));
    assert_ne!(first, second);
    // The second page of an old reading is refused, because its order is gone.
    let token = bench.get(path).json()["nextPageToken"].as_str().unwrap().to_owned();
    bench.get(path);
    assert_eq!(bench.get(&format!("{path}&pageToken={token}")).status, 400);
}

#[test]
fn wrong_pages_and_paths_are_refused() {
    let reference = Bench::quiet(Dialect::Reference);
    assert_eq!(reference.get("/api/v2/admin/users?pageSize=101").status, 400);
    assert_eq!(reference.get("/api/v2/admin/users?pageSize=0").status, 400);
    assert_eq!(reference.get("/api/v2/admin/users?pageToken=guess").status, 400);
    assert_eq!(reference.get("/api/v2/users").status, 404);
    let genesys = Bench::quiet(Dialect::GenesysCloud);
    assert_eq!(genesys.get("/api/v2/users?pageNumber=0").status, 400);
    assert_eq!(genesys.get("/api/v2/users?pageSize=500").status, 200);
    assert_eq!(genesys.get("/api/v2/authorization/roles?pageSize=500").status, 400);
    assert_eq!(genesys.get("/api/v2/admin/users").status, 404);
}

#[test]
fn next_links_keep_the_other_parameters_and_name_no_host() {
    let bench = Bench::quiet(Dialect::GenesysCloud);
    let page = bench.get("/api/v2/users?state=any&pageSize=100").json();
    assert_eq!(page["nextUri"], "/api/v2/users?pageSize=100&pageNumber=2&state=any");
    assert_eq!(page["pageCount"], 3);
    let last = bench.get("/api/v2/users?state=any&pageSize=100&pageNumber=3").json();
    assert!(last["nextUri"].is_null());
}

#[test]
fn a_hundred_thousand_users_are_rendered_page_by_page() {
    let mut config = TenantConfig::new(7, 100_000);
    config.throttle = false;
    let bench = Bench::new(config, Dialect::Reference);
    let path = "/api/v2/admin/users?pageSize=100";
    // Page 1 orders the whole list; the pages after it must cost no more than what is on them.
    let first = bench.get(path).json();
    assert_eq!(first["total"], 100_000);
    let mut next = first["nextPageToken"].as_str().map(str::to_owned);
    let begun = Instant::now();
    for _ in 0..50 {
        let page = bench.get(&format!("{path}&pageToken={}", next.unwrap())).json();
        assert_eq!(page["entities"].as_array().map(Vec::len), Some(100));
        next = page["nextPageToken"].as_str().map(str::to_owned);
    }
    // Generous for a loaded machine with unoptimized code: rendering the whole list per page takes minutes.
    assert!(begun.elapsed() < Duration::from_secs(20), "50 pages took {:?}", begun.elapsed());
}
