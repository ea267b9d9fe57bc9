//! A report whose chain is signed, stamped, and anchored up to its sixth record.

use verify_core::report::{
    AnchorOutcome, AnchorRow, CheckpointRow, KeyRow, PinItem, PinRow, Report, Rung, StampRow, WitnessRow,
};

use super::{digest, time};

/// Records that the kept checkpoint covers.
const KEPT: u64 = 6;

/// Raises the records of `report` and says what they rest on.
pub(super) fn raise(report: &mut Report) {
    let size = report.records.len() as u64;
    for record in &mut report.records {
        record.rungs.extend([Rung::Signed, Rung::Timestamped]);
        if record.sequence < KEPT {
            record.rungs.push(Rung::Anchored);
        }
        record.rungs.sort_unstable();
    }
    let proofs = &mut report.proofs;
    let key =
        "evidence.example.com/acme-corp/production+3e91f3c0+AQl1Yml0ZXJzLWFyZS1ub3QtYS1yZWFsLWtleS4uLi4=";
    proofs.keys.push(KeyRow { key: key.to_owned(), from: 0, to: None, given: true });
    let note = "the note as it stands in the evidence".to_owned();
    proofs.checkpoint = Some(CheckpointRow { size, root: digest("root"), note });
    proofs.anchors.push(AnchorRow {
        name: "working-papers/q1.checkpoint".to_owned(),
        size: KEPT,
        root: digest("kept root"),
        outcome: AnchorOutcome::Extends,
    });
    report.pins.push(PinRow {
        item: PinItem::Policies,
        sha256: digest("policies"),
        from: 0,
        to: Some(KEPT),
        records: KEPT + 1,
    });
    proofs.stamps = Some(StampRow {
        tokens: size,
        valid: size,
        newest_utc: Some(time("2026-05-09T08:03:00Z")),
        authority: Some("CN=Time Stamping 4,O=Example Trust,C=CH".to_owned()),
    });
    let seen = time("2026-05-06T09:00:00Z");
    proofs.witnesses.push(WitnessRow { name: "witness.example".to_owned(), size: KEPT, time_utc: seen });
}
