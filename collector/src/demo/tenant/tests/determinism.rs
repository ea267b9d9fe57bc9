//! One seed, two ports: equal bytes. One tenant, two reads: moving noise.

use super::client::{Bench, Got, ids};
use crate::demo::scenario::Scenario;
use crate::demo::tenant::{Dialect, TenantConfig};

const PATHS: [(Dialect, &str); 5] = [
    (Dialect::Reference, "/api/v2/admin/users?pageSize=100"),
    (Dialect::Reference, "/api/v2/wfm/schedules"),
    (Dialect::GenesysCloud, "/api/v2/users?state=any&pageSize=50"),
    (Dialect::GenesysCloud, "/api/v2/authorization/roles"),
    (Dialect::GenesysCloud, "/api/v2/organizations/authentication/settings"),
];

/// Every answer of the same three days of requests, with the throttling on.
fn three_days(seed: u64, side_by_side: bool) -> Vec<Got> {
    let month = Scenario::quiet(jiff::civil::date(2026, 5, 1));
    let mut bench = Bench::new(TenantConfig::new(seed, 250), Dialect::Reference);
    let mut answers = Vec::new();
    for day in 12..15 {
        bench.tenant.play_day(&month, day, month.midnight(day).plus_seconds(8 * 3_600)).unwrap();
        for (dialect, path) in PATHS {
            bench.sign_in(dialect);
            if side_by_side {
                // Requests to other lists in between must change nothing.
                bench.get("/api/v2/organizations/me");
                bench.get("/api/v2/routing/queues");
            }
            answers.extend((0..4).map(|_| bench.get(path)));
        }
    }
    answers
}

#[test]
fn two_tenants_with_one_seed_answer_byte_for_byte_alike() {
    let one = three_days(7, false);
    assert_eq!(one, three_days(7, false));
    assert!(one.iter().any(|got| got.status == 429));
    assert!(one.iter().any(|got| got.status == 200));
    assert!(one.iter().all(|got| !String::from_utf8_lossy(&got.body).contains("127.0.0.1")));
    assert_ne!(one, three_days(8, false));
}

#[test]
fn what_other_lists_are_asked_changes_no_answer() {
    assert_eq!(three_days(7, false), three_days(7, true));
}

#[test]
fn every_read_moves_order_sets_and_status() {
    let bench = Bench::quiet(Dialect::Reference);
    let path = "/api/v2/security/roles?pageSize=100";
    let (one, two) = (bench.entities(path), bench.entities(path));
    assert_ne!(ids(&one), ids(&two));
    let same = |id: &str| {
        let of = |all: &[serde_json::Value]| all.iter().find(|role| role["id"] == id).cloned().unwrap();
        (of(&one), of(&two))
    };
    let mut moved_sets = 0;
    for id in ids(&one) {
        let (before, after) = same(&id);
        for field in ["etag", "selfUri"] {
            assert_ne!(before[field], after[field], "{id} {field}");
        }
        assert_eq!(before["name"], after["name"]);
        moved_sets += usize::from(before["permissions"] != after["permissions"]);
    }
    assert!(moved_sets > 3, "{moved_sets} sets moved");
}
