use super::*;

fn read(text: &str) -> Result<Scenario, ScenarioError> {
    Scenario::from_toml(&format!("start = \"2026-05-01\"\n{text}"))
}

/// The error of playing one event on day 5 of 30, with its cause.
fn refused(event: &str) -> String {
    let error = read(&format!("[[event]]\nday = 5\n{event}")).unwrap().check(30, 50).unwrap_err();
    let cause = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
    format!("{error}{cause}")
}

#[test]
fn the_default_month_can_be_played() {
    let month = Scenario::default_month().unwrap();
    month.check(30, 250).unwrap();
    month.check(60, 15).unwrap();
    month.clone().first_days(2).check(2, 250).unwrap();
    assert_eq!(month.midnight(1).to_string(), "2026-05-01T00:00:00Z");
    assert_eq!(month.midnight(30).to_string(), "2026-05-30T00:00:00Z");
    assert!(month.is_skipped(28) && !month.is_skipped(27));
}

#[test]
fn unknown_keys_kinds_and_wrong_dates_are_refused() {
    for text in [
        "stop = 3",
        "[[event]]\nday = 5\nkind = \"outage\"\nhours = 3",
        "[[event]]\nday = 5\nkind = \"earthquake\"",
        "[[event]]\nkind = \"outage\"",
        "[[event]]\nday = 5\nkind = \"fault\"\nresource = \"users\"\nfault = \"lost_page\"",
    ] {
        assert!(matches!(read(text), Err(ScenarioError::Toml(_))), "{text}");
    }
    assert!(matches!(Scenario::from_toml("start = \"May 1\""), Err(ScenarioError::Toml(_))));
    assert!(matches!(read("[[event]]\nday = 0\nkind = \"outage\""), Err(ScenarioError::Day { day: 0, .. })));
}

#[test]
fn a_day_beyond_the_run_is_named() {
    let error = Scenario::default_month().unwrap().check(20, 250).unwrap_err();
    assert_eq!(
        error.to_string(),
        "scenario day 22 is out of range: expected 1 to 20, for: users user-000003 reverted"
    );
}

#[test]
fn entities_and_steps_that_do_not_exist_are_named() {
    let cases = [
        ("kind = \"role_change\"\nrole = \"Nobody\"\nadd = [\"x\"]", "unknown role \"Nobody\""),
        ("kind = \"role_change\"\nrole = \"Agent\"", "no permission is added or removed"),
        ("kind = \"user_title\"\nuser = \"user-000051\"\ntitle = \"x\"", "unknown user \"user-000051\""),
        (
            "kind = \"trunk_change\"\ntrunk = \"trunk-07\"\nadd = [\"192.0.2.1\"]",
            "unknown trunk \"trunk-07\"",
        ),
        ("kind = \"trunk_change\"\ntrunk = \"trunk-01\"\nadd = [\"192.0.2.0/24\"]", "expected an IP address"),
        (
            "kind = \"trunk_change\"\ntrunk = \"trunk-01\"\nremove = [\"192.0.2.1\"]",
            "what is removed is not there",
        ),
        ("kind = \"user_roles\"\nuser = \"user-000001\"\nadd = [\"Organization_Admin\"]", "already there"),
        ("kind = \"revert\"\nresource = \"users\"\nentity = \"user-000001\"", "does not differ"),
        (
            "kind = \"revert\"\nresource = \"groups\"\nentity = \"group-0001\"",
            "unknown resource that can be reverted",
        ),
        ("kind = \"denied\"\nresource = \"trunks\"", "unknown resource \"trunks\""),
        ("kind = \"fault\"\nresource = \"org_auth_settings\"\nfault = \"short_page\"", "cannot be seen on"),
        ("kind = \"token_expiry\"\nresource = \"users\"\nrequest = 0", "counted from 1"),
        (
            "kind = \"schedule_revert\"\nschedule = \"schedule-0099\"\neditor = \"user-000010\"",
            "unknown schedule \"schedule-0099\"",
        ),
        (
            "kind = \"schedule_change\"\nschedule = \"schedule-0001\"\neditor = \"user-000010\"\nmove_minutes = 5\n\
             approvals = [{ by = \"user-999999\", ticket = \"T\" }]",
            "unknown user \"user-999999\"",
        ),
        ("kind = \"skipped\"\n[[event]]\nday = 5\nkind = \"outage\"", "is skipped, so it cannot show"),
    ];
    for (event, expected) in cases {
        let error = refused(event);
        assert!(error.contains(expected) && error.contains("day 5"), "{event}: {error}");
    }
}

#[test]
fn events_of_a_file_are_sorted_by_day_and_keep_their_order_within_it() {
    let text = "[[event]]\nday = 9\nkind = \"outage\"\n[[event]]\nday = 2\nkind = \"skipped\"\n\
                [[event]]\nday = 9\nkind = \"denied\"\nresource = \"users\"";
    let scenario = read(text).unwrap();
    let described: Vec<String> = scenario.events().iter().map(Event::describe).collect();
    assert_eq!(described[0], "the collector is not run");
    assert_eq!(described[2], "users answers 403");
    assert_eq!(scenario.events_on(9).count(), 2);
}

#[test]
fn the_register_grows_with_the_approvals_and_names_the_versions() {
    let month = Scenario::default_month().unwrap();
    assert_eq!(month.approvals_register(12), serde_json::json!({ "approvals": [] }));
    let on = |day| month.approvals_register(day)["approvals"].as_array().unwrap().clone();
    assert_eq!(
        on(13),
        [serde_json::json!({
            "schedule_id": "schedule-0003",
            "version": 2,
            "approved_by": "user-000011",
            "approved_utc": "2026-05-13T07:00:00Z",
            "ticket": "CHG-1042",
        })]
    );
    // The restored version has its old number and two approvals of the later date.
    let versions: Vec<_> = on(14).iter().map(|entry| entry["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, [2, 1, 1]);
    assert_eq!(on(14)[2]["approved_utc"], "2026-05-14T07:15:00Z");
    assert_eq!(on(30), on(14));
}

#[test]
fn a_version_never_comes_twice_and_an_approved_baseline_moves_the_way_back() {
    let mut versions = VersionCounter::default();
    versions.change();
    versions.revert();
    versions.change();
    assert_eq!(versions.current, 3);
    versions.approve();
    versions.change();
    assert_eq!(versions.current, 4);
    versions.revert();
    assert_eq!(versions.current, 3);
}

#[test]
fn open_differences_end_with_a_revert_or_the_day_after_an_approval() {
    let month = Scenario::default_month().unwrap();
    let open = |day: u32| -> Vec<(&str, String)> { month.differing(day).into_keys().collect() };
    assert!(open(8).is_empty() && open(12).is_empty() && open(24).is_empty());
    assert_eq!(open(10), [("security_roles", "Quality_Supervisor".to_owned())]);
    assert_eq!(open(23).len(), 2);
}

#[test]
fn headlines_tell_news_and_what_is_still_open() {
    let month = Scenario::default_month().unwrap();
    assert_eq!(month.headline(2), None);
    assert_eq!(month.headline(3), None);
    assert_eq!(month.headline(9).as_deref(), Some("role Quality_Supervisor changed: +telephony:edit"));
    assert_eq!(
        month.headline(10).as_deref(),
        Some("security_roles Quality_Supervisor still differs from the baseline (since day 9)")
    );
    assert_eq!(month.headline(17).as_deref(), Some("platform outage: every request answers 503"));
    assert_eq!(month.headline(28).as_deref(), Some("the collector is not run"));
}

#[test]
fn the_default_month_explains_every_fault() {
    for fault in crate::demo::tenant::Fault::all() {
        let name = fault.to_string();
        let listed = MONTH.lines().filter(|line| line.starts_with('#'));
        let mut words = listed.flat_map(|line| line.split([' ', ',', '.', '#']));
        assert!(words.any(|word| word == name), "{name} is missing in the comment");
    }
}
