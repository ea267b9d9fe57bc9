//! The whole text of each ending, and what must hold for all of them.

use unicode_width::UnicodeWidthStr;

use super::*;
use crate::sample;

mod schema;

#[test]
fn whole_reports() {
    for (name, report) in sample::all() {
        insta::assert_snapshot!(format!("text_{name}"), text(&report));
    }
}

#[test]
fn only_the_head_line_may_pass_eighty_columns() {
    for (name, report) in sample::all() {
        for line in text(&report).lines().filter(|line| line.width() > 80) {
            assert!(line.starts_with("  --head "), "{name}: {line}");
        }
    }
}

#[test]
fn the_head_line_can_be_given_back() {
    let report = sample::verified();
    let head = report.chain.as_ref().unwrap().head.clone();
    let expected = format!("  --head {}:{}\n", head.sequence, head.manifest_sha256);
    assert!(text(&report).contains(&expected));
}

#[test]
fn nothing_hostile_is_printed() {
    for attack in [
        "\u{1b}[2J\u{1b}]52;c;eA==\u{7}",
        "a\u{202e}b",
        "x\r\nVERIFIED (exit code 0)",
        "\u{9b}31m\u{7f}",
        "\u{e0041}\u{200b}",
    ] {
        let printed = text(&sample::hostile(attack));
        assert!(printed.lines().all(crate::display::is_safe), "{attack:?}");
        assert!(!printed.lines().any(|line| line.starts_with("VERIFIED")), "a forged line");
        assert!(printed.contains(&*crate::display::escape(attack)), "{attack:?} must be seen");
    }
}

#[test]
fn a_mass_change_does_not_flood_the_story() {
    let mut report = sample::gaps();
    let first = report.drift.first().unwrap().clone();
    for number in 0..50_000 {
        let mut row = first.clone();
        row.change.entity = format!("role-{number:010}");
        report.drift.push(row);
    }
    let printed = text(&report);
    assert!(printed.lines().count() < 400);
    assert!(printed.contains("drift: 49,988 entities more, see the drift screen"));
}

#[test]
fn a_wrecked_folder_does_not_flood_the_findings() {
    let mut report = sample::failed();
    let first = report.findings.first().unwrap().clone();
    report.findings = vec![first; 5_000];
    let printed = text(&report);
    assert!(printed.contains("FINDINGS (5,000)") && printed.contains("and 4,800 findings more"));
    assert_eq!(printed.matches("PKG-HASH-MEMBER [critical]").count(), 200);
}

#[test]
fn json_is_one_document_and_a_newline() {
    let report = sample::hostile("a\u{202e}b\u{7f}");
    let shown = render(&report, Format::Json).unwrap();
    assert_eq!(shown.iter().position(|byte| *byte == b'\n'), Some(shown.len() - 1));
    let parse = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
    assert_eq!(parse(&report.to_json().unwrap()), parse(&shown));
    assert!(String::from_utf8(shown).unwrap().trim_end().chars().all(|c| !c.is_control() && c != '\u{202e}'));
}
