use super::*;

#[test]
fn the_default_month_can_be_played() {
    let month = Scenario::default_month().unwrap();
    month.check(30, 250).unwrap();
    month.check(60, 15).unwrap();
    assert_eq!(month.midnight(1).to_string(), "2026-05-01T00:00:00Z");
    assert!(month.is_skipped(28));
}
