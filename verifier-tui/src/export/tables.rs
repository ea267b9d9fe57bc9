//! The tables of an export: one file for each list of the report, one row for each entry.

use serde_json::Value;
use verify_core::model::{ChangeKind, ControlStatus, Outcome};
use verify_core::report::{Against, Report};

use super::csv::{Cell, Table};
use crate::words;

/// Every table with the name of its file.
#[must_use]
pub fn all(report: &Report) -> Vec<(&'static str, Table)> {
    vec![
        ("findings.csv", findings(report)),
        ("cycles.csv", cycles(report)),
        ("controls.csv", controls(report)),
        ("violations.csv", violations(report)),
        ("drift.csv", drift(report)),
        ("records.csv", records(report)),
    ]
}

fn findings(report: &Report) -> Table {
    let mut table = Table::new(&[
        "code", "severity", "sequence", "file", "member", "pointer", "message", "expected", "found", "means",
    ]);
    for finding in &report.findings {
        let place = &finding.place;
        table.row([
            Cell::text(finding.code.as_str()),
            Cell::text(words::severity(finding.severity)),
            Cell::number(place.sequence),
            Cell::maybe(place.file.as_deref()),
            Cell::maybe(place.member.as_deref()),
            Cell::maybe(place.pointer.as_deref()),
            Cell::text(&finding.message),
            Cell::text(&finding.expected),
            Cell::text(&finding.found),
            Cell::text(finding.code.meaning()),
        ]);
    }
    table
}

fn cycles(report: &Report) -> Table {
    let mut table = Table::new(&["scheduled_utc", "status", "records", "incomplete_resources"]);
    for row in &report.coverage.rows {
        let records: Vec<_> = row.sequences.iter().map(ToString::to_string).collect();
        table.row([
            Cell::time(Some(row.scheduled_utc)),
            Cell::text(row.status.as_str()),
            Cell::text(records.join(" ")),
            Cell::Number(row.incomplete_resources),
        ]);
    }
    table
}

fn controls(report: &Report) -> Table {
    let mut table = Table::new(&[
        "control_id",
        "policy",
        "criteria",
        "description",
        "sequence",
        "scheduled_utc",
        "recorded",
        "replayed",
        "with_exceptions",
        "reason",
    ]);
    for control in &report.controls {
        for cell in &control.cells {
            table.row([
                Cell::text(&control.control_id),
                Cell::text(&control.policy),
                Cell::text(control.criteria.join(" ")),
                Cell::text(&control.description),
                Cell::Number(cell.sequence),
                Cell::time(cell.scheduled_utc),
                Cell::text(cell.recorded.as_str()),
                Cell::maybe(cell.replayed.map(ControlStatus::as_str)),
                Cell::text(cell.with_exceptions.as_str()),
                Cell::maybe(cell.reason.as_deref()),
            ]);
        }
    }
    table
}

fn violations(report: &Report) -> Table {
    let mut table = Table::new(&[
        "sequence",
        "scheduled_utc",
        "control_id",
        "resource",
        "entity",
        "message",
        "exception_sequence",
    ]);
    for row in &report.violations {
        table.row([
            Cell::Number(row.sequence),
            Cell::time(row.scheduled_utc),
            Cell::text(&row.control_id),
            Cell::text(&row.resource),
            Cell::text(&row.entity),
            Cell::text(&row.message),
            Cell::number(row.exception_sequence),
        ]);
    }
    table
}

fn drift(report: &Report) -> Table {
    let mut table = Table::new(&[
        "sequence",
        "scheduled_utc",
        "against",
        "against_sequence",
        "resource",
        "change",
        "entity",
        "pointer",
        "previous",
        "new",
        "set_removed",
        "set_added",
        "provenance",
    ]);
    // Values stand as JSON, so that the text "1" and the number 1 differ.
    let json = |value: &Value| if value.is_null() { Cell::Empty } else { Cell::text(value.to_string()) };
    let list = |values: Option<&Vec<Value>>| Cell::maybe(values.map(|v| Value::Array(v.clone()).to_string()));
    for row in &report.drift {
        let change = &row.change;
        table.row([
            Cell::Number(row.sequence),
            Cell::time(row.scheduled_utc),
            Cell::text(match row.against {
                Against::Baseline => "baseline",
                Against::Previous => "previous",
            }),
            Cell::Number(row.against_sequence),
            Cell::text(&row.resource),
            Cell::text(match change.change {
                ChangeKind::Added => "added",
                ChangeKind::Removed => "removed",
                ChangeKind::Changed => "changed",
                ChangeKind::Reidentified => "reidentified",
            }),
            Cell::text(&change.entity),
            Cell::text(&change.pointer),
            json(&change.previous),
            json(&change.new),
            list(change.set_removed.as_ref()),
            list(change.set_added.as_ref()),
            json(&change.provenance),
        ]);
    }
    table
}

fn records(report: &Report) -> Table {
    let mut table = Table::new(&[
        "sequence",
        "kind",
        "collection_id",
        "scheduled_utc",
        "sealed_utc",
        "manifest_sha256",
        "package",
        "package_bytes",
        "rungs",
        "findings",
        "state_sha256",
        "incomplete_resources",
        "drift_previous",
        "drift_baseline",
        "violations",
        "note",
    ]);
    for record in &report.records {
        let incomplete: Vec<_> = record
            .resources
            .iter()
            .filter(|(_, outcome)| **outcome != Outcome::Complete)
            .map(|(name, outcome)| format!("{name}: {}", outcome.as_str()))
            .collect();
        let rungs: Vec<_> = record.rungs.iter().map(|rung| rung.word()).collect();
        table.row([
            Cell::Number(record.sequence),
            Cell::text(record.kind.as_str()),
            Cell::text(&record.collection_id),
            Cell::time(record.scheduled_utc),
            Cell::time(Some(record.sealed_utc)),
            Cell::text(record.manifest_sha256.to_string()),
            Cell::maybe(record.package.as_deref()),
            Cell::Number(record.package_bytes),
            Cell::text(rungs.join(" ")),
            Cell::Number(record.findings),
            Cell::maybe(record.state_sha256.map(|digest| digest.to_string())),
            Cell::text(incomplete.join(", ")),
            Cell::number(record.drift_previous),
            Cell::number(record.drift_baseline),
            Cell::Number(record.violations),
            Cell::maybe(record.note.as_deref()),
        ]);
    }
    table
}
