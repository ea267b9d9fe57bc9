//! What reaches a person, character by character.

use super::*;

#[test]
fn plain_and_foreign_letters_stay() {
    for text in [
        "",
        "role-7 (a/b) ~ 100%",
        "Qualité Überwachung",
        "監査 証跡",
        "Ελλάδα",
        "e\u{301}",
        "C:\\new\\users",
    ] {
        assert_eq!(escape(text), text);
        assert!(is_safe(text), "{text}");
    }
}

#[test]
fn what_a_terminal_acts_on_hides_or_reorders_is_shown_as_its_number() {
    for (text, shown) in [
        ("\u{1b}[31mRED", "\\u{1b}[31mRED"),
        ("\u{1b}]52;c;eA==\u{7}", "\\u{1b}]52;c;eA==\\u{7}"),
        ("PASS\rFAIL\n\t", "PASS\\u{d}FAIL\\u{a}\\u{9}"),
        ("\u{7f}\u{9b}31m\u{0}", "\\u{7f}\\u{9b}31m\\u{0}"),
        ("a\u{202e}b\u{2066}c", "a\\u{202e}b\\u{2066}c"),
        ("a\u{200b}b\u{feff}c\u{ad}", "a\\u{200b}b\\u{feff}c\\u{ad}"),
        ("\u{e0041}\u{e007f}", "\\u{e0041}\\u{e007f}"),
        ("\u{e000}\u{10ffff}\u{378}", "\\u{e000}\\u{10ffff}\\u{378}"),
        ("a\u{a0}b\u{3000}c\u{2028}", "a\\u{a0}b\\u{3000}c\\u{2028}"),
        ("\u{3164}\u{fe0f}\u{34f}\u{e0100}\u{2800}", "\\u{3164}\\u{fe0f}\\u{34f}\\u{e0100}\\u{2800}"),
    ] {
        assert_eq!(escape(text), shown);
        assert!(!is_safe(text));
        assert!(is_safe(&escape(text)));
        assert_eq!(Untrusted(text).to_string(), shown);
    }
}

#[test]
fn a_literal_escape_is_told_from_a_made_one() {
    assert_eq!(escape("\\u{202e}"), "\\u{5c}u{202e}");
    assert_eq!(escape("\u{202e}"), "\\u{202e}");
    assert_eq!(escape("\\users"), "\\users");
}

#[test]
fn a_tower_of_marks_is_cut_open() {
    let tower = format!("a{}", "\u{301}".repeat(6));
    assert_eq!(escape(&tower), format!("a{}\\u{{301}}\\u{{301}}", "\u{301}".repeat(4)));
}

#[test]
fn long_text_is_cut_and_the_rest_counted() {
    let text = "x".repeat(LONGEST + 5);
    assert_eq!(escape(&text), format!("{}\u{2026} [5 more bytes]", "x".repeat(LONGEST)));
    assert_eq!(escape_within("äöü", 2), "äö\u{2026} [2 more bytes]");
}

#[test]
fn every_character_is_either_shown_as_it_is_or_as_ascii() {
    for character in ('\0'..=char::MAX).step_by(1) {
        let text = character.to_string();
        let shown = escape(&text);
        assert!(shown == text.as_str() || shown.is_ascii(), "{character:?}");
        assert!(is_safe(&shown), "{character:?}");
        assert!(!shown.chars().any(char::is_control), "{character:?}");
    }
}

#[test]
fn padding_counts_the_shown_form() {
    assert_eq!(format!("[{:<8}]", Untrusted("\u{7}")), "[\\u{7}   ]");
}

#[test]
fn json_on_a_terminal_is_the_same_document() {
    let value = serde_json::json!({"a\u{202e}": "\u{7f}\u{9b}\u{e0041}é\u{301}\u{feff}", "b": [1, null]});
    let json = value.to_string();
    let shown = harmless_json(&json);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    assert!(shown.contains("\\u202e") && shown.contains("\\udb40\\udc41") && shown.contains('é'));
    assert!(!shown.contains('\u{7f}') && !shown.contains('\u{9b}') && !shown.contains('\u{feff}'));
}
