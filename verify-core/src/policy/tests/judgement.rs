//! The judgement over the shipped policies: missing input, exceptions, memo, order.

use std::borrow::Cow;
use std::cell::Cell;

use serde_json::{Value, json};

use super::*;
use crate::digest::Digest;
use crate::model::{Control, ControlStatus, Exception, Outcome, Sequence};

#[derive(Default, Clone)]
struct Held {
    outcomes: BTreeMap<String, Outcome>,
    parts: BTreeMap<String, Vec<u8>>,
}

fn name(part: Part<'_>) -> String {
    match part {
        Part::State(name) => format!("state {name}"),
        Part::Previous(name) => format!("previous {name}"),
        Part::Baseline(name) => format!("baseline {name}"),
        Part::Register(name) => format!("register {name}"),
        Part::Provenance(name) => format!("provenance {name}"),
    }
}

impl Held {
    fn with(mut self, part: Part<'_>, value: &Value) -> Self {
        if let Part::State(resource) = part {
            self.outcomes.insert(resource.to_owned(), Outcome::Complete);
        }
        self.parts.insert(name(part), crate::canon::to_vec(value).unwrap());
        self
    }

    fn ending(mut self, resource: &str, outcome: Outcome) -> Self {
        self.outcomes.insert(resource.to_owned(), outcome);
        self.parts.remove(&name(Part::State(resource)));
        self
    }

    fn without(mut self, part: Part<'_>) -> Self {
        self.parts.remove(&name(part));
        self
    }
}

impl Material for Held {
    fn outcome(&self, resource: &str) -> Option<Outcome> {
        self.outcomes.get(resource).copied()
    }

    fn digest(&self, part: Part<'_>) -> Option<Digest> {
        self.parts.get(&name(part)).map(|bytes| Digest::of(bytes))
    }

    fn bytes(&self, part: Part<'_>) -> Option<Cow<'_, [u8]>> {
        self.parts.get(&name(part)).map(|bytes| Cow::Borrowed(bytes.as_slice()))
    }
}

/// Counts how often it is asked.
struct Counting<'a>(InProcess, &'a Cell<usize>);

impl Evaluator for Counting<'_> {
    fn evaluate(
        &mut self,
        policies: &PolicyFiles,
        control: &Control,
        input: &[u8],
    ) -> Result<PolicyOutcome, PolicyError> {
        self.1.set(self.1.get() + 1);
        self.0.evaluate(policies, control, input)
    }
}

fn green() -> Held {
    let schedule = json!([{"id": "s1", "name": "Week", "version": 1, "shifts": []}]);
    Held::default()
        .with(Part::State("security_roles"), &json!([{"id": "r1", "name": "Admin", "permissions": ["admin:write"], "mfa_enforced": true},
            {"id": "r2", "name": "Phone", "permissions": ["telephony:edit"], "mfa_enforced": true}]))
        .with(Part::State("users"), &json!([{"id": "u1", "role_ids": ["r1"], "group_ids": []}, {"id": "u2", "role_ids": ["r2"], "group_ids": []}]))
        .with(Part::State("groups"), &json!([]))
        .with(Part::State("telephony_trunks"), &json!([{"id": "t1", "name": "T", "ip_addresses": ["203.0.113.9"]}]))
        .with(Part::State("wfm_schedules"), &schedule)
        .with(Part::Previous("wfm_schedules"), &schedule)
        .with(Part::Register("schedule-approvals"), &json!({"approvals": []}))
        .with(Part::Provenance("wfm_schedules"), &json!({"s1": {"/modifiedBy": "ed"}}))
}

fn cycle() -> CycleFacts {
    CycleFacts {
        collection_id: "evidence-2026-05-09-0800".parse().unwrap(),
        scheduled_utc: "2026-05-09T08:00:00Z".parse().unwrap(),
        started_utc: "2026-05-09T08:00:05Z".parse().unwrap(),
    }
}

fn judged_on(
    platform: &str,
    material: &Held,
    exceptions: &[(Sequence, Exception)],
    memo: &Memo,
    asked: &Cell<usize>,
) -> Judgement {
    let policies = PolicyFiles::canonical(shipped()).unwrap();
    let case = Case { platform, material, cycle: &cycle(), exceptions };
    judge(&policies, case, &mut Counting(InProcess::new(), asked), memo)
}

fn judged(material: &Held) -> Judgement {
    judged_on("reference", material, &[], &Memo::new(), &Cell::new(0))
}

fn statuses(judgement: &Judgement) -> Vec<(&str, &str)> {
    judgement.controls.iter().map(|control| (control.control_id.as_str(), control.status.as_str())).collect()
}

#[test]
fn every_control_passes_on_a_green_state() {
    let judgement = judged(&green());
    assert_eq!(
        statuses(&judgement),
        [("CC6.1", "PASS"), ("CC6.3", "PASS"), ("CC6.6", "PASS"), ("CC7.2", "PASS")]
    );
    assert_eq!(judgement.controls[1].criteria[0], "CC6.6");
    assert!(judgement.violations.is_empty() && judgement.errors.is_empty());
}

#[test]
fn violations_name_entities_and_are_sorted() {
    let material = green()
        .with(
            Part::State("users"),
            &json!([{"id": "u9", "role_ids": ["r1", "r2"]}, {"id": "u1", "role_ids": ["r2", "r1"]}]),
        )
        .with(
            Part::State("telephony_trunks"),
            &json!([{"id": "t1", "name": "T", "ip_addresses": ["8.8.8.8", "1.1.1.1"]}]),
        );
    let judgement = judged(&material);
    let found: Vec<_> = judgement
        .violations
        .iter()
        .map(|violation| {
            (violation.control_id.as_str(), violation.resource.as_str(), violation.entity.as_str())
        })
        .collect();
    assert_eq!(
        found,
        [
            ("CC6.3", "telephony_trunks", "t1"),
            ("CC6.3", "telephony_trunks", "t1"),
            ("CC6.6", "users", "u1"),
            ("CC6.6", "users", "u9")
        ]
    );
    assert!(judgement.violations[0].message < judgement.violations[1].message);
    assert_eq!(statuses(&judgement)[2], ("CC6.6", "FAIL"));
}

#[test]
fn a_control_cannot_pass_on_missing_input() {
    for (outcome, words) in [
        (Outcome::Partial, "users was read in part only"),
        (Outcome::Denied, "reading users was denied"),
        (Outcome::NotLicensed, "the tenant does not have users"),
        (Outcome::Quarantined, "an answer for users is in quarantine"),
        (Outcome::Failed, "reading users failed"),
    ] {
        let judgement = judged(&green().ending("users", outcome));
        assert_eq!(
            statuses(&judgement),
            [("CC6.1", "NOT_EVALUATED"), ("CC6.3", "PASS"), ("CC6.6", "NOT_EVALUATED"), ("CC7.2", "PASS")]
        );
        assert_eq!(judgement.controls[0].reason.as_deref(), Some(words));
    }
    for (part, words) in [
        (Part::Previous("wfm_schedules"), "there is no earlier complete state of wfm_schedules"),
        (Part::Register("schedule-approvals"), "the register schedule-approvals was not given"),
        (Part::State("wfm_schedules"), "wfm_schedules is missing from the snapshot"),
    ] {
        let judgement = judged(&green().without(part));
        assert_eq!(judgement.controls[3].status, ControlStatus::NotEvaluated);
        assert_eq!(judgement.controls[3].reason.as_deref(), Some(words));
    }
    let nothing = judged(&Held::default());
    assert!(nothing.controls.iter().all(|control| control.status == ControlStatus::NotEvaluated));
    assert_eq!(nothing.controls[1].reason.as_deref(), Some("telephony_trunks was not collected"));
}

#[test]
fn a_platform_without_an_entry_is_not_evaluated() {
    let judgement = judged_on("nice-cxone", &green(), &[], &Memo::new(), &Cell::new(0));
    for control in &judgement.controls {
        assert_eq!(control.status, ControlStatus::NotEvaluated);
        assert_eq!(control.reason.as_deref(), Some("the policy does not know the platform nice-cxone"));
    }
}

#[test]
fn exceptions_hold_from_their_first_moment_until_their_expiry() {
    let material = green().with(Part::State("users"), &json!([{"id": "u1", "role_ids": ["r1", "r2"]}]));
    let exception = |from: &str, until: &str, entity: &str| Exception {
        control_id: "CC6.6".into(),
        resource: "users".into(),
        entity: entity.into(),
        owner: "o".into(),
        approved_by: "a".into(),
        ticket: "t".into(),
        reason: "r".into(),
        valid_from_utc: from.parse().unwrap(),
        expires_utc: until.parse().unwrap(),
    };
    for (from, until, entity, holds) in [
        ("2026-05-09T08:00:00Z", "2026-05-09T08:00:01Z", "u1", true),
        ("2026-05-01T00:00:00Z", "2026-05-09T08:00:00Z", "u1", false),
        ("2026-05-09T08:00:01Z", "2026-06-01T00:00:00Z", "u1", false),
        ("2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z", "u2", false),
    ] {
        let exceptions =
            [(Sequence(3), exception(from, until, entity)), (Sequence(7), exception(from, until, entity))];
        let judgement = judged_on("reference", &material, &exceptions, &Memo::new(), &Cell::new(0));
        let control = &judgement.controls[2];
        assert_eq!(control.status, ControlStatus::Fail);
        assert_eq!(control.status_with_exceptions == ControlStatus::Pass, holds, "{from} {until}");
        assert_eq!(judgement.violations[0].exception_sequence, holds.then_some(Sequence(7)));
    }
}

#[test]
fn the_memo_answers_equal_projections_and_no_others() {
    let (memo, asked) = (Memo::new(), Cell::new(0));
    let first = judged_on("reference", &green(), &[], &memo, &asked);
    assert_eq!(asked.get(), 4);
    assert_eq!(judged_on("reference", &green(), &[], &memo, &asked), first);
    assert_eq!(asked.get(), 4);
    // A part that one control reads makes that control's policy run again, and no other.
    let changed = green().with(
        Part::State("telephony_trunks"),
        &json!([{"id": "t1", "name": "T", "ip_addresses": ["8.8.8.8"]}]),
    );
    let second = judged_on("reference", &changed, &[], &memo, &asked);
    assert_eq!(asked.get(), 5);
    assert_eq!(second, judged(&changed));
    let stamped = green().with(Part::Provenance("wfm_schedules"), &json!({"s1": {"/modifiedBy": "other"}}));
    judged_on("reference", &stamped, &[], &memo, &asked);
    assert_eq!(asked.get(), 6);
    // A resource that is not complete today is never answered from yesterday.
    let denied =
        judged_on("reference", &green().ending("telephony_trunks", Outcome::Denied), &[], &memo, &asked);
    assert_eq!(denied.controls[1].status, ControlStatus::NotEvaluated);
}

#[test]
fn bytes_that_are_not_those_announced_are_an_error_and_no_pass() {
    struct Lying(Held);
    impl Material for Lying {
        fn outcome(&self, resource: &str) -> Option<Outcome> {
            self.0.outcome(resource)
        }
        fn digest(&self, part: Part<'_>) -> Option<Digest> {
            self.0.digest(part).map(|_| Digest::of(b"something else"))
        }
        fn bytes(&self, part: Part<'_>) -> Option<Cow<'_, [u8]>> {
            self.0.bytes(part)
        }
    }
    let policies = PolicyFiles::canonical(shipped()).unwrap();
    let material = Lying(green());
    let case = Case { platform: "reference", material: &material, cycle: &cycle(), exceptions: &[] };
    let judgement = judge(&policies, case, &mut InProcess::new(), &Memo::new());
    assert_eq!(judgement.errors.len(), 4);
    assert!(judgement.errors.iter().all(|(_, error)| error.kind == PolicyErrorKind::Input));
    assert!(judgement.controls.iter().all(|control| control.status == ControlStatus::NotEvaluated));
}

#[test]
fn equal_material_gives_equal_judgements() {
    let material =
        green().with(Part::State("users"), &json!([{"id": "u1", "role_ids": ["r1", "r2"]}, {"id": "u2"}]));
    assert_eq!(judged(&material), judged(&material));
}
