//! Every event changes exactly what it names: whole states are compared from day to day.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::client::{Bench, utc};
use crate::demo::scenario::{Event, Scenario};
use crate::demo::tenant::{Dialect, TenantConfig};

const REFERENCE: [(&str, &str); 6] = [
    ("telephony_trunks", "/api/v2/telephony/providers/edge"),
    ("routing_queues", "/api/v2/routing/queues"),
    ("users", "/api/v2/admin/users"),
    ("security_roles", "/api/v2/security/roles"),
    ("groups", "/api/v2/admin/groups"),
    ("wfm_schedules", "/api/v2/wfm/schedules"),
];

const GENESYS: [(&str, &str); 6] = [
    ("users", "/api/v2/users?state=any"),
    ("security_roles", "/api/v2/authorization/roles?userCount=false"),
    ("groups", "/api/v2/groups"),
    ("routing_queues", "/api/v2/routing/queues"),
    ("telephony_trunks", "/api/v2/telephony/providers/edges/trunks"),
    ("telephony_trunk_bases", "/api/v2/telephony/providers/edges/trunkbasesettings"),
];

/// Fields that move without a change of the configuration, or tell who changed it.
const NOISE: [&str; 23] = [
    "status",
    "connected_status",
    "selfUri",
    "updatedDate",
    "etag",
    "member_count",
    "presence",
    "last_login",
    "user_count",
    "dateModified",
    "modifiedBy",
    "routingStatus",
    "userCount",
    "unusedPermissions",
    "roleNeedsUpdate",
    "memberCount",
    "userMemberCount",
    "joinedMemberCount",
    "connectedStatus",
    "optionsStatus",
    "ipStatus",
    "grantMadeAt",
    "createdBy",
];

type State = BTreeMap<(String, String), Value>;

fn settled(resource: &str, mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|name, _| !NOISE.contains(&name.as_str()));
        if resource != "wfm_schedules" {
            members.remove("version");
        }
        if resource == "telephony_trunks" && members.contains_key("trunkBase") {
            members.remove("enabled");
        }
        for member in members.values_mut() {
            *member = settled(resource, member.take());
        }
    }
    if let Some(elements) = value.as_array_mut() {
        for element in elements.iter_mut() {
            *element = settled(resource, element.take());
        }
        elements.sort_by_key(Value::to_string);
    }
    value
}

fn state(bench: &Bench, lists: &[(&str, &str)]) -> State {
    let mut state = State::new();
    for (resource, path) in lists {
        let separator = if path.contains('?') { '&' } else { '?' };
        for entity in bench.entities(&format!("{path}{separator}pageSize=100")) {
            let id = entity["id"].as_str().unwrap().to_owned();
            assert!(state.insert(((*resource).to_owned(), id), settled(resource, entity)).is_none());
        }
    }
    state
}

fn differing(one: &State, two: &State) -> BTreeSet<(String, String)> {
    let keys = one.keys().chain(two.keys());
    keys.filter(|key| one.get(*key) != two.get(*key)).cloned().collect()
}

fn set(places: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    places.iter().map(|(resource, id)| ((*resource).to_owned(), (*id).to_owned())).collect()
}

/// Plays a story and compares, on every day that shows whole lists, the entities that really differ
/// from the baseline with those the scenario says differ. Returns them by day.
fn played(scenario: &Scenario, days: u32, seed: u64) -> BTreeMap<u32, BTreeSet<(String, String)>> {
    let mut config = TenantConfig::new(seed, 120);
    config.throttle = false;
    let mut bench = Bench::new(config, Dialect::Reference);
    let mut baseline = State::new();
    let mut shown = BTreeMap::new();
    for day in 1..=days {
        bench.tenant.play_day(scenario, day, scenario.midnight(day).plus_seconds(8 * 3_600)).unwrap();
        // Tokens that die and lists that break have tests of their own; here the organization is looked at.
        let hidden = |event: &Event| {
            use Event::{BreakingBody, Denied, Fault, Outage, Skipped, TokenExpiry};
            matches!(
                event,
                Outage { .. }
                    | Denied { .. }
                    | BreakingBody { .. }
                    | Fault { .. }
                    | TokenExpiry { .. }
                    | Skipped { .. }
            )
        };
        if scenario.events_on(day).any(hidden) {
            continue;
        }
        bench.sign_in(Dialect::Reference);
        let today = state(&bench, &REFERENCE);
        if day == 1 {
            baseline.clone_from(&today);
        }
        let changed = differing(&baseline, &today);
        let said: BTreeSet<(String, String)> = scenario
            .differing(day)
            .into_keys()
            .map(|(resource, name)| (resource.to_owned(), id_of(&name, resource, &[&today, &baseline])))
            .collect();
        assert_eq!(changed, said, "day {day}");
        if scenario.events_on(day).any(|event| matches!(event, Event::BaselineApproval { .. })) {
            baseline = today;
        }
        if !changed.is_empty() {
            shown.insert(day, changed);
        }
    }
    shown
}

/// The id behind an id or name of the scenario.
fn id_of(name: &str, resource: &str, states: &[&State]) -> String {
    let entities = states.iter().flat_map(|state| state.iter()).filter(|((kind, _), _)| kind == resource);
    let mut named = entities.filter(|((_, id), entity)| id == name || entity["name"] == name);
    named.next().map(|((_, id), _)| id.clone()).unwrap()
}

#[test]
fn the_default_month_shows_its_story_and_nothing_else() {
    let seen = played(&Scenario::default_month().unwrap(), 30, 11);
    let expected = [
        (9, set(&[("security_roles", "role-0000000003")])),
        (10, set(&[("security_roles", "role-0000000003")])),
        (11, set(&[("security_roles", "role-0000000003")])),
        (13, set(&[("wfm_schedules", "schedule-0003")])),
        (15, set(&[("telephony_trunks", "trunk-02")])),
        (20, set(&[("users", "user-000003")])),
        (21, set(&[("users", "user-000003")])),
        (23, set(&[("routing_queues", "queue-0009"), ("users", "user-000011")])),
    ];
    assert_eq!(seen, expected.into());
}

#[test]
fn another_story_on_another_seed_shows_what_it_says_too() {
    let text = include_str!("../../../../../fixtures/scenarios/sixty-days.toml");
    let scenario = Scenario::from_toml(text).unwrap();
    scenario.check(60, 120).unwrap();
    let seen = played(&scenario, 60, 7);
    assert_eq!(seen[&10].len(), 2);
    // Made on a day that is not run, seen on the next.
    assert!(!seen.contains_key(&25));
    assert_eq!(seen[&26], set(&[("users", "user-000005")]));
    // Approved on day 36 after the snapshot.
    assert_eq!(seen[&36], set(&[("routing_queues", "queue-0004"), ("security_roles", "role-0000000010")]));
    assert!(!seen.contains_key(&37));
    assert_eq!(seen.keys().copied().collect::<Vec<_>>().last(), Some(&60));
}

fn event(text: &str) -> Event {
    Scenario::from_toml(&format!("start = \"2026-05-01\"\n[[event]]\nday = 2\n{text}")).unwrap().events()[0]
        .clone()
}

#[test]
fn each_change_touches_its_own_entity_in_both_dialects() {
    let cases = [
        (
            "kind = \"role_change\"\nrole = \"Agent\"\nadd = [\"telephony:edit\"]",
            "security_roles",
            "security_roles",
        ),
        (
            "kind = \"trunk_change\"\ntrunk = \"trunk-04\"\nadd = [\"192.0.2.9\"]",
            "telephony_trunks",
            "telephony_trunk_bases",
        ),
        (
            "kind = \"trunk_change\"\ntrunk = \"Carrier_04\"\nremove = [\"203.0.113.40\"]",
            "telephony_trunks",
            "telephony_trunk_bases",
        ),
        ("kind = \"user_title\"\nuser = \"user-000020\"\ntitle = \"Coach\"", "users", "users"),
        ("kind = \"queue_added\"\nname = \"New\"", "routing_queues", "routing_queues"),
        ("kind = \"queue_removed\"\nqueue = \"queue-0002\"", "routing_queues", "routing_queues"),
        // Roles of a user are grants in the genesys-cloud dialect, and it shows no schedules.
        ("kind = \"user_roles\"\nuser = \"user-000020\"\nadd = [\"Billing_Viewer\"]", "users", ""),
        (
            "kind = \"schedule_change\"\nschedule = \"schedule-0001\"\neditor = \"user-000010\"\nmove_minutes = 5",
            "wfm_schedules",
            "",
        ),
    ];
    for (text, in_reference, in_genesys) in cases {
        for (dialect, lists, expected) in
            [(Dialect::Reference, &REFERENCE, in_reference), (Dialect::GenesysCloud, &GENESYS, in_genesys)]
        {
            let bench = Bench::quiet(dialect);
            let before = state(&bench, lists);
            bench.tenant.apply(&event(text)).unwrap();
            let changed = differing(&before, &state(&bench, lists));
            let resources: Vec<&str> = changed.iter().map(|(resource, _)| resource.as_str()).collect();
            let expected: Vec<&str> = Some(expected).into_iter().filter(|name| !name.is_empty()).collect();
            assert_eq!(resources, expected, "{text}");
        }
    }
}

#[test]
fn a_role_that_is_granted_is_one_grant_more() {
    let bench = Bench::quiet(Dialect::GenesysCloud);
    let home = bench.entities("/api/v2/authorization/divisions");
    let home = home.iter().find(|division| division["homeDivision"] == true).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/api/v2/authorization/divisions/{home}/grants?pageSize=100");
    let grants = |bench: &Bench| -> BTreeSet<String> {
        let pair = |grant: &Value| format!("{} {}", grant["subjectId"], grant["role"]["name"]);
        bench.entities(&path).iter().map(pair).collect()
    };
    let before = grants(&bench);
    bench
        .tenant
        .apply(&event("kind = \"user_roles\"\nuser = \"user-000003\"\nadd = [\"Telephony_Admin\"]"))
        .unwrap();
    let after = grants(&bench);
    let new: Vec<&String> = after.difference(&before).collect();
    assert!(new.len() == 1 && new[0].contains("Telephony_Admin"), "{new:?}");
    assert_eq!(before.difference(&after).count(), 0);
}

#[test]
fn a_revert_restores_the_state_but_says_who_wrote_last() {
    let mut bench = Bench::quiet(Dialect::Reference);
    let before = state(&bench, &REFERENCE);
    let stamp = |bench: &Bench| {
        let trunks = bench.entities("/api/v2/telephony/providers/edge");
        let trunk = trunks.iter().find(|trunk| trunk["id"] == "trunk-02").unwrap().clone();
        (trunk["version"].as_u64().unwrap(), trunk["dateModified"].as_str().unwrap().to_owned())
    };
    let (version, _) = stamp(&bench);
    bench
        .tenant
        .apply(&event("kind = \"trunk_change\"\ntrunk = \"trunk-02\"\nadd = [\"192.0.2.66\"]"))
        .unwrap();
    bench.tenant.set_day(3, utc("2026-05-03T08:00:00Z"));
    bench.sign_in(Dialect::Reference);
    bench
        .tenant
        .apply(&event("kind = \"revert\"\nresource = \"telephony_trunks\"\nentity = \"trunk-02\""))
        .unwrap();
    assert!(differing(&before, &state(&bench, &REFERENCE)).is_empty());
    assert_eq!(stamp(&bench), (version + 2, "2026-05-03T06:30:00Z".to_owned()));
}
