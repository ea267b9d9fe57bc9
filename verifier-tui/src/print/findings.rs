//! The findings, the heaviest first.

use verify_core::report::Report;

use super::Sheet;
use crate::display::escape;
use crate::words;

/// Findings printed in full; a wrecked folder can have as many as it has bytes.
const MOST_FINDINGS: usize = 200;

pub(super) fn findings(report: &Report, sheet: &mut Sheet) {
    let all = report.findings.len() as u64 + report.findings_omitted;
    sheet.title(&format!("FINDINGS ({})", words::grouped(all)));
    if report.findings.is_empty() {
        sheet.line("  none");
    }
    let ordered = words::by_weight(&report.findings);
    for finding in ordered.iter().take(MOST_FINDINGS) {
        let severity = words::severity(finding.severity);
        sheet.wrapped(
            "  ",
            4,
            &format!("{} [{severity}] {}", finding.code, escape(&words::place(&finding.place))),
        );
        for (name, text) in [
            ("", escape(&finding.message)),
            ("expected ", escape(&finding.expected)),
            ("found    ", escape(&finding.found)),
            ("means    ", finding.code.meaning().into()),
            ("do       ", words::hint(finding.code).into()),
        ] {
            if !text.is_empty() {
                sheet.wrapped(&format!("      {name}"), 15, &text);
            }
        }
    }
    if ordered.len() > MOST_FINDINGS {
        let rest = (ordered.len() - MOST_FINDINGS) as u64;
        sheet.line(&format!("  and {} more, see --format json", words::counted(rest, "finding")));
    }
    if report.findings_omitted > 0 {
        let omitted = words::counted(report.findings_omitted, "finding");
        sheet.line(&format!("  and {omitted} counted under CHECKS, not listed: too many alike"));
    }
}
