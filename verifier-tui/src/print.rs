//! The report as plain text for people: readable at 80 columns, without colour, in the order in which an
//! auditor asks. Everything in it comes from the one [`Report`]; nothing is computed twice.

use verify_core::report::Report;

use crate::cli::Format;
use crate::display::harmless_json;

mod assurance;
mod checks;
mod findings;
mod head;
mod sheet;
mod tables;

pub use sheet::Sheet;

/// The whole report as text.
#[must_use]
pub fn text(report: &Report) -> String {
    let mut sheet = Sheet::default();
    head::verdict(report, &mut sheet);
    head::identity(report, &mut sheet);
    assurance::assurance(report, &mut sheet);
    tables::rules(report, &mut sheet);
    head::coverage(report, &mut sheet);
    tables::story(report, &mut sheet);
    tables::controls(report, &mut sheet);
    checks::checks(report, &mut sheet);
    findings::findings(report, &mut sheet);
    head::not_claimed(report, &mut sheet);
    sheet.into_text()
}

/// The whole report in the form asked for. JSON spells every character that a terminal could act on as an escape,
/// wherever it goes: files end up on terminals, too. It means the same document.
pub fn render(report: &Report, format: Format) -> Result<Vec<u8>, serde_json::Error> {
    match format {
        Format::Text => Ok(text(report).into_bytes()),
        Format::Json => {
            let json = report.to_json()?;
            let mut json = harmless_json(&String::from_utf8_lossy(&json)).into_owned();
            json.push('\n');
            Ok(json.into_bytes())
        }
    }
}

#[cfg(test)]
mod tests;
