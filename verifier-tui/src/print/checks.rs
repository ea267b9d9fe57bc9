//! The table of checks: every check once, those that never applied in one compact paragraph.

use verify_core::report::Report;

use super::Sheet;
use crate::display::escape;
use crate::words::counted;

/// Reasons per check that are told; the JSON holds all.
const MOST_REASONS: usize = 5;

pub(super) fn checks(report: &Report, sheet: &mut Sheet) {
    sheet.title("CHECKS (places by result)");
    sheet.line("  check                passed   failed  not evaluated");
    let mut never = Vec::new();
    for check in &report.checks {
        if check.passed + check.failed + check.not_evaluated == 0 {
            never.push(check.code.as_str());
            continue;
        }
        let mark = if check.failed > 0 { "  FAILED" } else { "" };
        sheet.line(&format!(
            "  {:<18} {:>8} {:>8} {:>14}{mark}",
            check.code.as_str(),
            check.passed,
            check.failed,
            check.not_evaluated
        ));
        let mut reasons: Vec<_> = check.reasons.iter().collect();
        reasons.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        for (reason, count) in reasons.iter().take(MOST_REASONS) {
            sheet.wrapped(
                "      ",
                8,
                &format!("not evaluated {}: {}", counted(**count, "time"), escape(reason)),
            );
        }
        if reasons.len() > MOST_REASONS {
            sheet.line(&format!("      and {} more reasons", reasons.len() - MOST_REASONS));
        }
    }
    if !never.is_empty() {
        sheet.wrapped("  ", 4, &format!("nothing to apply to: {}", never.join(", ")));
    }
}
