//! The rules that were used, the story by day, and the table of controls.

use verify_core::report::Report;

use super::Sheet;
use crate::display::escape;
use crate::story::{Stretch, tell};
use crate::words::counted;

pub(super) fn story(report: &Report, sheet: &mut Sheet) {
    let story = tell(report);
    if story.stretches.is_empty() && story.records_outside == 0 {
        return;
    }
    sheet.title("WHAT HAPPENED (UTC)");
    for stretch in &story.stretches {
        sheet.wrapped("  ", 4, &stretch.heading());
        let Stretch::Day { events, .. } = stretch else { continue };
        for event in events {
            let time: String = event.time.to_string().chars().skip(11).take(5).collect();
            let record = event.sequence.map_or_else(|| "-".to_owned(), |sequence| format!("#{sequence}"));
            sheet.wrapped(&format!("    {time} {record:<5} "), 16, &event.headline);
            for detail in &event.details {
                sheet.wrapped("                ", 18, detail);
            }
        }
    }
    if story.records_outside > 0 {
        let outside = counted(story.records_outside, "record");
        sheet.wrapped("  ", 4, &format!("{outside} outside the requested period: verified, not told here"));
    }
}

/// Digests that are told; the JSON holds all.
const MOST_RULES: usize = 20;

/// What the records were judged by: an auditor who was told the approved digests compares, and pins them.
pub(super) fn rules(report: &Report, sheet: &mut Sheet) {
    if report.rules.is_empty() {
        return;
    }
    sheet.title("RULES AND BASELINE (to pin one: --pin ITEM=SHA256@FROM-TO)");
    for row in report.rules.iter().take(MOST_RULES) {
        let span = if row.from == row.to {
            format!("record {}", row.from)
        } else if row.records == row.to - row.from + 1 {
            format!("records {} to {}", row.from, row.to)
        } else {
            format!("{} from record {} to {}", counted(row.records, "record"), row.from, row.to)
        };
        sheet.line(&format!("  {:<8}  {span}", row.item));
        sheet.line(&format!("            {}", row.sha256));
    }
    if report.rules.len() > MOST_RULES {
        sheet.line(&format!("  and {} more in the JSON", report.rules.len() - MOST_RULES));
    }
}

pub(super) fn controls(report: &Report, sheet: &mut Sheet) {
    if report.controls.is_empty() {
        return;
    }
    sheet.title("CONTROLS (snapshots by recorded result)");
    sheet.line("  control        pass    fail   not evaluated  what it asks (criteria)");
    for control in &report.controls {
        let id = escape(&control.control_id);
        let figures =
            format!("  {id:<11} {:>7} {:>7} {:>15}  ", control.pass, control.fail, control.not_evaluated);
        let criteria: Vec<_> = control.criteria.iter().map(|criterion| escape(criterion)).collect();
        sheet.wrapped(&figures, 47, &format!("{} ({})", escape(&control.description), criteria.join(", ")));
    }
}
