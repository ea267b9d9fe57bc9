//! The assurance ladder: every rung with how many records stand on it, what that proves and what not.

use verify_core::report::Report;

use super::Sheet;
use crate::display::escape;
use crate::words;

/// Columns before the texts.
const INDENT: usize = 27;

pub(super) fn assurance(report: &Report, sheet: &mut Sheet) {
    sheet.title("ASSURANCE (records by rung)");
    for step in &report.assurance {
        let head = format!("  {:<13} {:>10} ", step.rung.word(), words::share(step));
        let mut texts = Vec::new();
        if step.records > 0 {
            texts.push(format!("proves: {}", words::proves(step.rung)));
            texts.push(format!("open: {}", words::open(step.rung)));
        }
        if let Some(why) = &step.why {
            let whom = step.up_to.map_or_else(String::new, |record| format!(" after record {record}"));
            texts.push(format!("not reached{whom}: {}", escape(why)));
        }
        for (index, text) in texts.iter().enumerate() {
            let first = if index == 0 { head.clone() } else { " ".repeat(INDENT) };
            sheet.wrapped(&first, INDENT + 2, text);
        }
    }
    sheet.title("HELD AGAINST");
    for (name, text) in words::held_against(report) {
        sheet.wrapped(&format!("  {name:<11} "), 14, &text);
    }
}
