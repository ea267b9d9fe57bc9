//! Reports to draw and print in tests: one month as an auditor could meet it, in four endings.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use verify_core::digest::Digest;
use verify_core::finding::{Code, Finding, Place};
use verify_core::model::{Change, ChangeKind, ControlStatus, Kind, Outcome, Tenant};
use verify_core::report::{
    Against, ChainSummary, CheckSummary, ControlCell, ControlRow, Coverage, DriftRow, Grounds, Head,
    IncompleteRow, LadderStep, PinItem, Proofs, REPORT_VERSION, RecordSummary, Report, RuleRow, Rung,
    SlotRow, SlotStatus, ViolationRow, judge,
};
use verify_core::time::UtcTime;

mod hostile;
mod proven;
pub(crate) use hostile::{hostile, inspection};

pub(crate) fn time(text: &str) -> UtcTime {
    text.parse().unwrap()
}

fn slot(day: u64) -> UtcTime {
    time(&format!("2026-05-{day:02}T08:00:00Z"))
}

pub(crate) fn digest(seed: &str) -> Digest {
    Digest::of(seed.as_bytes())
}

fn record(sequence: u64, kind: Kind, day: u64) -> RecordSummary {
    let snapshot = kind == Kind::Snapshot;
    let cycle = snapshot || kind == Kind::Failure;
    let prefix = if snapshot { "evidence" } else { kind.as_str() };
    let collection_id = format!("{prefix}-2026-05-{day:02}-0800");
    let resource = |name: &str| (name.to_owned(), Outcome::Complete);
    RecordSummary {
        sequence,
        kind,
        scheduled_utc: cycle.then(|| slot(day)),
        sealed_utc: slot(day).plus_seconds(131),
        manifest_sha256: digest(&format!("manifest {sequence}")),
        package: Some(format!("packages/2026/05/{day:02}/{collection_id}-{sequence}-0badcafe.zip")),
        collection_id,
        package_bytes: 48_213,
        rungs: standing(snapshot),
        findings: 0,
        state_sha256: snapshot.then(|| digest(&format!("state {sequence}"))),
        resources: if snapshot {
            ["security_roles", "telephony_trunks", "users"].map(resource).into()
        } else {
            BTreeMap::new()
        },
        counts: if snapshot {
            [("security_roles", 12), ("telephony_trunks", 4), ("users", 250)]
                .map(|(name, n)| (name.to_owned(), n))
                .into()
        } else {
            BTreeMap::new()
        },
        drift_previous: snapshot.then_some(0),
        drift_baseline: (snapshot && day > 1).then_some(0),
        violations: 0,
        note: None,
    }
}

/// The digests that all records of the sample are judged by, and its baseline.
fn rules() -> Vec<RuleRow> {
    let row = |item: PinItem, from| RuleRow {
        item,
        sha256: digest(item.as_str()),
        from,
        to: 9,
        records: 10 - from,
    };
    let [policies, schemas, profile, baseline] = PinItem::ALL;
    vec![row(policies, 0), row(schemas, 0), row(profile, 0), row(baseline, 3)]
}

fn control(id: &str, description: &str) -> ControlRow {
    ControlRow {
        control_id: id.to_owned(),
        description: description.to_owned(),
        criteria: vec![id.to_owned(), "CC6.6".to_owned()],
        policy: "privileged_mfa".to_owned(),
        evidence_reference: "snapshot.json#/security_roles".to_owned(),
        pass: 0,
        fail: 0,
        not_evaluated: 0,
        cells: Vec::new(),
    }
}

fn cell(sequence: u64, day: u64, recorded: ControlStatus, reason: Option<&str>) -> ControlCell {
    ControlCell {
        sequence,
        scheduled_utc: Some(slot(day)),
        recorded,
        replayed: Some(recorded),
        with_exceptions: recorded,
        reason: reason.map(str::to_owned),
    }
}

fn drift(sequence: u64, day: u64, against: Against, change: Change) -> DriftRow {
    let against_sequence = if against == Against::Baseline { 1 } else { sequence - 1 };
    DriftRow {
        sequence,
        scheduled_utc: Some(slot(day)),
        against,
        against_sequence,
        resource: "security_roles".to_owned(),
        change,
    }
}

fn change(pointer: &str, previous: Value, new: Value) -> Change {
    Change {
        change: ChangeKind::Changed,
        entity: "role-0000000007".to_owned(),
        pointer: pointer.to_owned(),
        previous,
        new,
        set_removed: None,
        set_added: None,
        provenance: json!({"dateModified": "2026-05-04T07:12:00Z", "modifiedBy": "user-000042"}),
    }
}

fn check(code: Code, passed: u64, failed: u64, not_evaluated: u64, reason: &str) -> CheckSummary {
    let reasons =
        if not_evaluated > 0 { [(reason.to_owned(), not_evaluated)].into() } else { BTreeMap::new() };
    CheckSummary { code, passed, failed, not_evaluated, reasons }
}

/// Nine quiet days: genesis, approval of the baseline, snapshots.
pub(crate) fn verified() -> Report {
    let mut records =
        vec![record(0, Kind::Genesis, 1), record(1, Kind::Snapshot, 1), record(2, Kind::Approval, 1)];
    if let [genesis, _, approval] = records.as_mut_slice() {
        genesis.note = Some("first rules approved by j.doe (CHG-1): set-up".to_owned());
        approval.note = Some("baseline approved by j.doe (CHG-42): quarterly review".to_owned());
    }
    records.extend((2..=9).map(|day| record(day + 1, Kind::Snapshot, day)));
    let mut mfa = control("CC6.1", "every holder of a privileged role signs in with a second factor");
    let mut approvals = control("CC7.2", "a changed schedule carries two distinct approvals");
    for snapshot in records.iter().filter(|record| record.kind == Kind::Snapshot) {
        let day = if snapshot.sequence == 1 { 1 } else { snapshot.sequence - 1 };
        mfa.cells.push(cell(snapshot.sequence, day, ControlStatus::Pass, None));
        mfa.pass += 1;
        if day == 1 {
            let reason = Some("there is no previous state of wfm_schedules");
            approvals.cells.push(cell(snapshot.sequence, day, ControlStatus::NotEvaluated, reason));
            approvals.not_evaluated += 1;
        } else {
            approvals.cells.push(cell(snapshot.sequence, day, ControlStatus::Pass, None));
            approvals.pass += 1;
        }
    }
    let rows: Vec<SlotRow> = (1..=9)
        .map(|day| SlotRow {
            scheduled_utc: slot(day),
            status: SlotStatus::Sealed,
            sequences: vec![if day == 1 { 1 } else { day + 1 }],
            incomplete_resources: 0,
        })
        .collect();
    let coverage = Coverage {
        from_utc: Some(time("2026-05-01T00:00:00Z")),
        to_utc: Some(time("2026-05-09T23:59:59Z")),
        requested: true,
        expected: 9,
        sealed: 9,
        rows,
        ..Coverage::default()
    };
    let checks = vec![
        check(Code::PkgHashMember, 210, 0, 0, ""),
        check(Code::ChainLink, 10, 0, 0, ""),
        check(Code::ChainCadence, 9, 0, 0, ""),
        check(Code::AnchorHead, 0, 0, 1, "no record kept from outside was given (--head)"),
        check(Code::PolicyReplay, 18, 0, 0, ""),
        check(Code::SrcType, 0, 0, 0, ""),
        check(Code::PkgZipExtra, 0, 0, 0, ""),
    ];
    let head =
        Head { sequence: 10, manifest_sha256: digest("manifest 10"), sealed_utc: slot(9).plus_seconds(131) };
    let mut report = Report {
        report_version: REPORT_VERSION.to_owned(),
        tool: "verifier 0.1.0".to_owned(),
        source: "evidence/demo".to_owned(),
        mode: "incremental".to_owned(),
        verdict: judge(Grounds::nothing(&coverage)),
        assurance: Vec::new(),
        proofs: Proofs::default(),
        bundle: None,
        chain: Some(ChainSummary {
            origin: "evidence.example.com/acme-corp/production".to_owned(),
            tenant: Tenant {
                platform: "reference".to_owned(),
                region: "eu-west-1".to_owned(),
                organization_id: "3f0c7f0a".to_owned(),
                subdomain: "acme-corp".to_owned(),
            },
            chain_id: Some(digest("manifest 0")),
            records: 11,
            head,
            uncommitted: 0,
        }),
        coverage,
        checks,
        records,
        controls: vec![mfa, approvals],
        violations: Vec::new(),
        drift: Vec::new(),
        drift_rows_omitted: 0,
        rules: rules(),
        pins: Vec::new(),
        locks: None,
        incomplete: Vec::new(),
        findings: Vec::new(),
        findings_omitted: 0,
        not_claimed: vec![
            "The evidence shows what the platform answered, not whether it told the truth.".to_owned(),
        ],
    };
    decide(&mut report);
    report
}

/// An unapproved role change on day 4, reverted on day 6; users quarantined on day 7; day 8 never run.
pub(crate) fn gaps() -> Report {
    let mut report = verified();
    report.records.retain(|record| record.sequence != 9);
    let [_, moved, ..] = report.coverage.rows.as_mut_slice() else { panic!("nine slots") };
    moved.sequences = vec![3];
    if let Some(missing) = report.coverage.rows.get_mut(7) {
        *missing = SlotRow { status: SlotStatus::Missing, sequences: Vec::new(), ..missing.clone() };
    }
    report.coverage.sealed -= 1;
    report.coverage.missing += 1;
    for (sequence, day, status) in [(5, 4, ControlStatus::Fail), (6, 5, ControlStatus::Fail)] {
        let violation = ViolationRow {
            sequence,
            scheduled_utc: Some(slot(day)),
            control_id: "CC6.1".to_owned(),
            resource: "security_roles".to_owned(),
            entity: "role-0000000007".to_owned(),
            message: "privileged role without enforced second factor: Quality_Supervisor".to_owned(),
            exception_sequence: None,
        };
        report.violations.push(violation);
        set_cell(&mut report, "CC6.1", sequence, status, None);
        let mut permission = change(
            "/permissions",
            json!(["routing:queue:view"]),
            json!(["routing:queue:view", "telephony:edit"]),
        );
        permission.set_added = Some(vec![json!("telephony:edit")]);
        permission.set_removed = Some(Vec::new());
        let mfa = change("/mfa_enforced", json!(true), json!(false));
        report.drift.extend([
            drift(sequence, day, Against::Baseline, permission.clone()),
            drift(sequence, day, Against::Baseline, mfa.clone()),
        ]);
        if day == 4 {
            report.drift.extend([
                drift(sequence, day, Against::Previous, permission),
                drift(sequence, day, Against::Previous, mfa),
            ]);
        }
    }
    let mut back = change("/mfa_enforced", json!(false), json!(true));
    back.provenance = Value::Null;
    report.drift.push(drift(7, 6, Against::Previous, back));
    report.incomplete.push(IncompleteRow {
        sequence: 8,
        scheduled_utc: Some(slot(7)),
        resource: "users".to_owned(),
        outcome: Outcome::Quarantined,
        reason: "page 2: /entities/17/email is missing (schema users/2)".to_owned(),
    });
    set_cell(&mut report, "CC6.1", 8, ControlStatus::NotEvaluated, Some("users is quarantined"));
    for (sequence, previous, baseline) in [(5, 2, 2), (6, 0, 2), (7, 1, 0)] {
        if let Some(record) = report.records.iter_mut().find(|record| record.sequence == sequence) {
            (record.drift_previous, record.drift_baseline) = (Some(previous), Some(baseline));
        }
    }
    if let Some(record) = report.records.iter_mut().find(|record| record.sequence == 8) {
        record.resources.insert("users".to_owned(), Outcome::Quarantined);
        record.counts.remove("users");
    }
    if let Some(row) = report.coverage.rows.get_mut(6) {
        row.incomplete_resources = 1;
    }
    for control in &mut report.controls {
        control.cells.retain(|cell| cell.sequence != 9);
        let count = |status| control.cells.iter().filter(|cell| cell.recorded == status).count() as u64;
        let counts =
            (count(ControlStatus::Pass), count(ControlStatus::Fail), count(ControlStatus::NotEvaluated));
        (control.pass, control.fail, control.not_evaluated) = counts;
    }
    let place = Place { pointer: Some(slot(8).to_string()), ..Place::default() };
    let message = "a scheduled cycle has neither a snapshot nor a failure record";
    report.findings.push(Finding::new(Code::ChainCadence, place, "a record", "none", message));
    proven::raise(&mut report);
    decide(&mut report);
    report
}

/// As [`gaps`], with a changed member in record 5.
pub(crate) fn failed() -> Report {
    let mut report = gaps();
    let place = Place {
        sequence: Some(5),
        file: Some("packages/2026/05/04/evidence-2026-05-04-0800-5-0badcafe.zip".to_owned()),
        member: Some("validation.json".to_owned()),
        pointer: None,
    };
    let (expected, found) = (digest("as sealed").to_string(), digest("as found").to_string());
    let message = "the member's bytes are not those the manifest names";
    report.findings.insert(0, Finding::new(Code::PkgHashMember, place, expected, found, message));
    if let Some(record) = report.records.iter_mut().find(|record| record.sequence == 5) {
        (record.findings, record.rungs) = (1, Vec::new());
    }
    decide(&mut report);
    report
}

/// Nothing that could be read.
pub(crate) fn inconclusive() -> Report {
    let mut report = verified();
    report.chain = None;
    report.records.clear();
    report.controls.clear();
    report.coverage = Coverage::default();
    report.checks = vec![check(Code::ChainEmpty, 0, 0, 1, "the source could not be read")];
    report.verdict = judge(Grounds::nothing(&report.coverage));
    report
}

/// Every report of this module with its name.
pub(crate) fn all() -> [(&'static str, Report); 4] {
    [("verified", verified()), ("gaps", gaps()), ("failed", failed()), ("inconclusive", inconclusive())]
}

fn set_cell(report: &mut Report, control: &str, sequence: u64, status: ControlStatus, reason: Option<&str>) {
    let cells =
        report.controls.iter_mut().filter(|row| row.control_id == control).flat_map(|row| &mut row.cells);
    for cell in cells.filter(|cell| cell.sequence == sequence) {
        (cell.recorded, cell.replayed, cell.with_exceptions) = (status, Some(status), status);
        cell.reason = reason.map(str::to_owned);
    }
}

/// What a record without signatures can stand on.
fn standing(snapshot: bool) -> Vec<Rung> {
    let mut rungs = vec![Rung::Hashed, Rung::Chained];
    if snapshot {
        rungs.push(Rung::RePerformed);
    }
    rungs
}

fn assurance(report: &Report) -> Vec<LadderStep> {
    let step = |rung: Rung| {
        let applies = |record: &&RecordSummary| rung != Rung::RePerformed || record.kind == Kind::Snapshot;
        let of = report.records.iter().filter(applies).count() as u64;
        let records = report.records.iter().filter(|record| record.rungs.contains(&rung)).count() as u64;
        let why = match rung {
            Rung::Signed => "no key was given from outside (--key)",
            Rung::Timestamped => "no authority was given (--tsa)",
            Rung::Anchored if records > 0 => "no kept checkpoint covers the rest",
            Rung::Anchored => "no checkpoint kept outside was given (--checkpoint)",
            Rung::Locked => "the store was not asked",
            Rung::Hashed | Rung::Chained | Rung::RePerformed => "findings speak against it",
        };
        let reached = records == of && of > 0;
        let first = report.records.iter().take_while(|record| record.rungs.contains(&rung)).count() as u64;
        let up_to = (rung == Rung::Anchored && records > 0 && first == records).then(|| records - 1);
        LadderStep { rung, reached, records, of, up_to, why: (!reached).then(|| why.to_owned()) }
    };
    Rung::ALL.into_iter().map(step).collect()
}

fn decide(report: &mut Report) {
    report.assurance = assurance(report);
    report.verdict = judge(Grounds {
        findings: &report.findings,
        assurance: &report.assurance,
        records: report.records.len() as u64,
        evaluated: report.checks.iter().map(|check| check.passed + check.failed).sum(),
        violations: report.violations.len() as u64,
        ..Grounds::nothing(&report.coverage)
    });
}
