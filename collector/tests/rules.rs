//! Changed rules: a finding until a person approves them, one subject at a time.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::sync::Arc;

use collector::chain::ChainState;
use collector::cli::Decision;
use collector::command::approve::{Approved, Approving, approve};
use collector::demo::runner::Demo;
use collector::rules::Rules;
use collector::session::{Built, Session, SessionError, small_record};
use verify_core::finding::Code;
use verify_core::model::{Exception, ExceptionDocument, Kind, Subject};

#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "support/runs.rs"]
mod support;

use support::{against, plan, play, verified};

/// The same session with one policy and one schema edited.
fn edited(session: &Session) -> Session {
    let mut members = session.rules.members.clone();
    let loosened = br#"{"networks":["0.0.0.0/0"]}"#.to_vec();
    assert!(members.insert("policies/data/approved_networks.json".to_owned(), loosened).is_some());
    let schema = members.keys().find(|member| member.ends_with("users.state-1.json")).unwrap().clone();
    assert!(members.insert(schema, b"{}".to_vec()).is_some());
    let rules = Rules::of(session.rules.profile.clone(), members, &session.schedule).unwrap();
    Session { rules: Arc::new(rules), ..session.clone() }
}

fn decision() -> Decision {
    Decision { by: "j.doe".to_owned(), ticket: "CHG-7".to_owned(), reason: "a test".to_owned() }
}

/// Commits an exception that carries the rules in force, or the configured ones.
fn exception(session: &Session, chain: &mut ChainState, in_force: bool) {
    let document = ExceptionDocument {
        exception: Exception {
            control_id: "CC6.1".to_owned(),
            resource: "security_roles".to_owned(),
            entity: "role-0000000007".to_owned(),
            owner: "a.lee".to_owned(),
            approved_by: "j.doe".to_owned(),
            ticket: "CHG-8".to_owned(),
            reason: "a test".to_owned(),
            valid_from_utc: "2026-05-01T00:00:00Z".parse().unwrap(),
            expires_utc: "2026-06-01T00:00:00Z".parse().unwrap(),
        },
    };
    let record = session.commit::<SessionError>(chain, |chain| {
        let rules = if in_force {
            session.rules.in_force(chain, session.store.as_ref(), &session.schedule, None)?
        } else {
            session.rules.configured(&session.schedule)
        };
        let draft = small_record(Kind::Exception, &document, &rules, "j.doe")?;
        Ok(Some(Built { draft, rules }))
    });
    assert!(record.unwrap().is_some());
}

#[test]
fn changed_rules_are_approved_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("evidence");
    let mut demo = Demo::begin(plan(root.clone(), 1)).unwrap();
    play(&mut demo);
    let session = edited(demo.session());
    let mut chain = session.chain().unwrap().unwrap();
    assert_eq!(session.rules.unapproved(&chain), [Subject::Policies, Subject::Schemas]);

    // Records that are no cycles carry what is in force, not what somebody configured.
    exception(&session, &mut chain, true);
    assert_eq!(against(&verified(&root)), [""; 0]);

    let policies = Approving::Rule(Subject::Policies);
    let approved = approve(&session, &mut chain, &policies, &decision()).unwrap();
    assert!(matches!(approved, Approved::Recorded(_)), "{approved:?}");
    assert_eq!(session.rules.unapproved(&chain), [Subject::Schemas]);
    assert_eq!(against(&verified(&root)), [""; 0]);
    let again = approve(&session, &mut chain, &policies, &decision()).unwrap();
    assert!(matches!(again, Approved::Already(_)), "{again:?}");

    let schemas = Approving::Rule(Subject::Schemas);
    assert!(matches!(approve(&session, &mut chain, &schemas, &decision()).unwrap(), Approved::Recorded(_)));
    assert_eq!(session.rules.unapproved(&chain), []);
    let report = verified(&root);
    assert_eq!(against(&report), [""; 0]);
    assert_eq!(chain.head.0, 5, "genesis, snapshot, baseline, exception, two approvals");
    demo.end().unwrap();
}

#[test]
fn a_record_with_unapproved_rules_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("evidence");
    let mut demo = Demo::begin(plan(root.clone(), 1)).unwrap();
    play(&mut demo);
    let session = edited(demo.session());
    let mut chain = session.chain().unwrap().unwrap();
    exception(&session, &mut chain, false);
    let report = verified(&root);
    let codes: Vec<Code> = report.findings.iter().map(|finding| finding.code).collect();
    assert!(codes.contains(&Code::RulesUnapproved), "{codes:?}");
    assert_eq!(report.verdict.exit_code, 1);
    demo.end().unwrap();
}
